//! What a job used.
//!
//! A host gives the counters that it has. What it does not give is derived, in this order:
//!
//! - *impressions*: the sum of those by colour; else pages; else colour and mono pages together;
//! - *pages*: colour and mono pages together where both are given; else impressions;
//! - *colour pages*: pages less mono pages where both are given; else full-colour and
//!   highlight-colour sides, but not more than pages;
//! - *mono pages*: pages less colour pages, and less blank sides where pages are counted by sides: a
//!   blank side is a page of neither;
//! - *sheets*: the sum of those by colour; else the sides of one-sided sheets and half of the others,
//!   by the impressions by colour if one of them is of two-sided sheets, else by `two_sided`;
//! - everything else: 0. A job is always one job.

mod check;
mod counter;
mod kept;
mod part;
#[cfg(test)]
mod tests;
mod totals;

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;
use smol_str::SmolStr;

use crate::measure::CustomMeasure;

pub use check::{MAX_CUSTOM_COUNTS, MAX_MEDIA};
pub use counter::{Counter, MAX_COUNT, MAX_MEASURED};
pub use kept::KeptUsage;

/// What a job used, or is expected to use: a count of each thing that the host counted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "shown::Shown", from = "shown::Shown")]
pub struct Usage {
    /// In the order of the counters, each once.
    counts: SmallVec<[(Counter, i64); 4]>,
    /// In the order of their names, each once.
    custom: Vec<(CustomMeasure, i64)>,
    /// Whether it was printed on both sides.
    pub two_sided: bool,
    /// The paper, `iso_a4_210x297mm` say: some price lists ask.
    pub media: Option<SmolStr>,
    /// Of only a part of what was counted, the rest of which was not recorded: which part.
    part: Option<Part>,
}

/// What a part holds beside counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Part {
    /// Whether jobs were recorded.
    has_jobs: bool,
}

impl Usage {
    /// So many pages in one colour, on one side each.
    #[must_use]
    pub fn pages(pages: i64) -> Self {
        Self::default().with(Counter::Pages, pages)
    }

    /// The same usage, printed on both sides or not.
    #[must_use]
    pub fn two_sided(mut self, two_sided: bool) -> Self {
        self.two_sided = two_sided;
        self
    }

    /// The same usage with so many of its pages in colour.
    #[must_use]
    pub fn colour(self, colour_pages: i64) -> Self {
        self.with(Counter::ColourPages, colour_pages)
    }

    /// The same usage on so many pieces of paper.
    #[must_use]
    pub fn sheets(self, sheets: i64) -> Self {
        self.with(Counter::Sheets, sheets)
    }

    /// The same usage on another paper.
    #[must_use]
    pub fn media(mut self, media: impl Into<SmolStr>) -> Self {
        self.media = Some(media.into());
        self
    }

    /// The same usage with a count, instead of the one that it had.
    #[must_use]
    pub fn with(mut self, counter: Counter, count: i64) -> Self {
        self.set(counter, Some(count));
        self
    }

    /// The same usage with so many of something that the host counts itself.
    #[must_use]
    pub fn custom(mut self, measure: CustomMeasure, count: i64) -> Self {
        match self.custom.binary_search_by_key(&measure, |known| known.0) {
            Ok(at) => {
                self.custom.remove(at);
                self.custom.insert(at, (measure, count));
            }
            Err(at) => self.custom.insert(at, (measure, count)),
        }
        self
    }

    /// Sets a count, or takes it away.
    pub fn set(&mut self, counter: Counter, count: Option<i64>) {
        let place = self.counts.binary_search_by_key(&counter, |known| known.0);
        if let Ok(at) = place {
            self.counts.remove(at);
        }
        if let Some(count) = count {
            let (Ok(at) | Err(at)) = place;
            self.counts.insert(at, (counter, count));
        }
    }

    /// What the host gave for a counter.
    #[must_use]
    pub fn count(&self, counter: Counter) -> Option<i64> {
        let known = self.counts.iter().find(|known| known.0 == counter);
        known.map(|known| known.1)
    }

    /// What the host gave, counter by counter.
    pub fn counts(&self) -> impl Iterator<Item = (Counter, i64)> {
        self.counts.iter().copied()
    }

    /// What the host counted of its own, by name.
    pub fn custom_counts(&self) -> impl Iterator<Item = (CustomMeasure, i64)> {
        self.custom.iter().copied()
    }

    /// The first thing in which it differs from another: by name.
    #[must_use]
    pub fn differs(&self, other: &Self) -> Option<&'static str> {
        if self == other {
            return None;
        }
        if other.is_part() && !self.is_part() {
            return self.differs_from_part(other);
        }
        let counter = Counter::ALL
            .iter()
            .find(|counter| self.count(**counter) != other.count(**counter));
        let rest = [
            ("two_sided", self.two_sided != other.two_sided),
            ("media", self.media != other.media),
            ("custom", self.custom != other.custom),
        ];
        let rest = rest
            .into_iter()
            .find_map(|(field, differs)| differs.then_some(field));
        counter.map(|counter| counter.as_str()).or(rest)
    }
}

/// How usage looks in JSON.
mod shown {
    use std::collections::BTreeMap;

    use serde::{Deserialize, Serialize};
    use smol_str::SmolStr;

    use super::{Counter, Part, Usage};
    use crate::measure::CustomMeasure;

    #[derive(Serialize, Deserialize)]
    pub(super) struct Shown {
        counts: BTreeMap<Counter, i64>,
        two_sided: bool,
        media: Option<SmolStr>,
        custom: BTreeMap<CustomMeasure, i64>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        part: Option<Part>,
    }

    impl From<Usage> for Shown {
        fn from(usage: Usage) -> Self {
            Self {
                counts: usage.counts.into_iter().collect(),
                two_sided: usage.two_sided,
                media: usage.media,
                custom: usage.custom.into_iter().collect(),
                part: usage.part,
            }
        }
    }

    impl From<Shown> for Usage {
        fn from(shown: Shown) -> Self {
            Self {
                counts: shown.counts.into_iter().collect(),
                custom: shown.custom.into_iter().collect(),
                two_sided: shown.two_sided,
                media: shown.media,
                part: shown.part,
            }
        }
    }
}
