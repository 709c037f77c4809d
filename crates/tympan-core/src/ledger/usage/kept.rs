//! Usage as an entry keeps it: one small column whatever was counted.
//!
//! A byte for the version of the form, 1; then, each at most once and in this order:
//!
//! - of every counter that was given, its tag and the count;
//! - [`TWO_SIDED`] for a job printed on both sides;
//! - [`MEDIA`], the number of bytes, and the bytes of the paper's name;
//! - [`CUSTOM`] for each custom count, in the order of their names: the number of bytes of the name,
//!   the name, the count;
//! - [`PART`] or [`PART_WITHOUT_JOBS`] if that is only a part of what was counted.
//!
//! A count is written seven bits a byte, the lowest first, all but the last byte with the highest
//! bit set, in as few bytes as it takes. So each usage has one form, and each form one usage.

use smallvec::SmallVec;
use smol_str::SmolStr;

use crate::ledger::usage::{Counter, MAX_CUSTOM_COUNTS, MAX_MEDIA, Part, Usage};
use crate::measure::{CustomMeasure, MAX_CUSTOM_NAME};
use crate::records::MAX_MEASURES;
use crate::row::{Cell, CellKind, Field};

const VERSION: u8 = 1;
const TWO_SIDED: u8 = 0x40;
const MEDIA: u8 = 0x41;
const CUSTOM: u8 = 0x42;
const PART: u8 = 0x43;
const PART_WITHOUT_JOBS: u8 = 0x44;

/// Bytes of a count at most.
const MAX_COUNT_BYTES: usize = 9;
/// Custom counts at most: those that a host gave, or those that a profile names.
const MOST_CUSTOM: usize = MAX_CUSTOM_COUNTS + MAX_MEASURES;
/// Bytes that usage takes at most: more is not ours.
const MAX_BYTES: usize = 3
    + Counter::ALL.len() * (1 + MAX_COUNT_BYTES)
    + (1 + MAX_COUNT_BYTES + 4 * MAX_MEDIA)
    + MOST_CUSTOM * (2 + MAX_CUSTOM_NAME + MAX_COUNT_BYTES);

/// Usage in the form in which entries keep it, and chains cover it.
#[derive(Clone, PartialEq, Eq)]
pub struct KeptUsage(SmallVec<[u8; 23]>);

impl KeptUsage {
    /// The form of usage that was checked.
    #[must_use]
    pub fn of(usage: &Usage) -> Self {
        let mut kept = SmallVec::new();
        kept.push(VERSION);
        for (counter, count) in usage.counts() {
            kept.push(counter.tag());
            write(&mut kept, count);
        }
        if usage.two_sided {
            kept.push(TWO_SIDED);
        }
        if let Some(media) = &usage.media {
            kept.push(MEDIA);
            write(&mut kept, i64::try_from(media.len()).unwrap_or(i64::MAX));
            kept.extend_from_slice(media.as_bytes());
        }
        for (measure, count) in usage.custom_counts() {
            let name = measure.name();
            kept.push(CUSTOM);
            write(&mut kept, i64::try_from(name.len()).unwrap_or(i64::MAX));
            kept.extend_from_slice(name.as_bytes());
            write(&mut kept, count);
        }
        if let Some(part) = usage.part {
            kept.push(if part.has_jobs {
                PART
            } else {
                PART_WITHOUT_JOBS
            });
        }
        Self(kept)
    }

    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Whether it is only a part of what was counted.
    #[must_use]
    pub fn is_part(&self) -> bool {
        let last = self.0.last().copied();
        matches!(last, Some(PART | PART_WITHOUT_JOBS)) && self.usage().is_part()
    }

    /// What was used.
    #[must_use]
    pub fn usage(&self) -> Usage {
        // Nothing becomes one of these that is not a form of usage.
        Reader(&self.0).usage().unwrap_or_default()
    }
}

impl std::fmt::Debug for KeptUsage {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.usage().fmt(formatter)
    }
}

impl serde::Serialize for KeptUsage {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.usage().serialize(serializer)
    }
}

impl<'de> serde::Deserialize<'de> for KeptUsage {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Usage::deserialize(deserializer).map(|usage| Self::of(&usage))
    }
}

impl Field for KeptUsage {
    const KIND: CellKind = CellKind::Bytes;
    fn cell(&self) -> Cell<'_> {
        Cell::Bytes(self.as_bytes().into())
    }
    fn from_cell(cell: Cell<'_>) -> Option<Self> {
        match cell {
            Cell::Bytes(bytes) => Reader(&bytes)
                .usage()
                .map(|_| Self(SmallVec::from_slice(&bytes))),
            _ => None,
        }
    }
}

fn write(kept: &mut SmallVec<[u8; 23]>, count: i64) {
    // What was checked is not negative.
    let mut rest = count.cast_unsigned();
    while rest > 0x7f {
        kept.push(rest.to_le_bytes()[0] | 0x80);
        rest >>= 7;
    }
    kept.push(rest.to_le_bytes()[0]);
}

/// What is left to read.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// The usage, if the bytes are its form and no other.
    fn usage(mut self) -> Option<Usage> {
        if self.0.len() > MAX_BYTES || self.byte()? != VERSION {
            return None;
        }
        let mut usage = Usage::default();
        let mut last = None;
        while let Some(tag) = self.byte() {
            // A tag comes once; custom counts are told apart by their names.
            if last.is_some_and(|last| tag < last || (tag == last && tag != CUSTOM)) {
                return None;
            }
            last = Some(tag);
            match tag {
                TWO_SIDED => usage.two_sided = true,
                PART => usage.part = Some(Part { has_jobs: true }),
                PART_WITHOUT_JOBS if usage.part.is_none() => {
                    usage.part = Some(Part { has_jobs: false });
                }
                MEDIA => usage.media = Some(SmolStr::new(self.text()?)),
                CUSTOM => {
                    let measure = CustomMeasure::parse(self.text()?).ok()?;
                    let newest = usage.custom.last();
                    if newest.is_some_and(|(newest, _)| *newest >= measure) {
                        return None;
                    }
                    usage.custom.push((measure, self.count()?));
                }
                tag => usage.counts.push((Counter::of_tag(tag)?, self.count()?)),
            }
        }
        Some(usage)
    }

    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    fn count(&mut self) -> Option<i64> {
        let mut count = 0_u64;
        for place in 0..MAX_COUNT_BYTES {
            let byte = self.byte()?;
            count |= u64::from(byte & 0x7f) << (7 * place);
            if byte & 0x80 == 0 {
                // No byte more than it takes.
                return (byte != 0 || place == 0).then_some(count.cast_signed());
            }
        }
        None
    }

    fn text(&mut self) -> Option<&'a str> {
        let length = usize::try_from(self.count()?).ok()?;
        let (text, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        std::str::from_utf8(text).ok()
    }
}
