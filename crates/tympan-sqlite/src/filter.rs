//! Says of most keys that were never used that the table of the older ones does not hold them, so
//! that nobody need look there.
//!
//! A Bloom filter whose bits for one key lie in one word: it may say yes to what is not there, and
//! never no to what is. It starts with nothing and takes the table in from below, in the order of
//! the hashes and a few rows with each commit, so opening a ledger costs nothing, however old. What
//! lies above the part that was taken in may be there, as far as it knows.

use std::hash::BuildHasher;

use hashbrown::DefaultHashBuilder;

/// Bits for one key: one key in forty is looked for in vain.
const BITS_PER_KEY: usize = 10;
/// Words to begin with: 256 kB for 200 thousand keys.
const FEWEST_WORDS: usize = 1 << 15;
/// 16 MB for 13 million keys; with more it gives up.
const MOST_WORDS: usize = 1 << 21;
/// How many times as large it becomes when it is full.
const GROWTH: usize = 8;

/// What is known of a set of hashes.
#[derive(Debug)]
pub(crate) struct Filter {
    words: Vec<u64>,
    hasher: DefaultHashBuilder,
    /// How many hashes it holds, perhaps some of them twice.
    held: usize,
    extent: Extent,
}

/// How far the table was taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Extent {
    Nothing,
    /// Up to and with this hash.
    UpTo(i64),
    Everything,
    /// There are too many.
    GivenUp,
}

impl Filter {
    pub(crate) fn new() -> Self {
        Self::of(FEWEST_WORDS)
    }

    fn of(words: usize) -> Self {
        Self {
            words: vec![0; words],
            hasher: DefaultHashBuilder::default(),
            held: 0,
            extent: Extent::Nothing,
        }
    }

    /// Whether the set may hold a hash.
    pub(crate) fn may_hold(&self, hash: i64) -> bool {
        let known = match self.extent {
            Extent::Nothing | Extent::GivenUp => false,
            Extent::UpTo(last) => hash <= last,
            Extent::Everything => true,
        };
        if !known {
            return true;
        }
        let (place, bits) = self.place(hash);
        self.words.get(place).is_none_or(|word| word & bits == bits)
    }

    /// Takes in a hash that the table holds, wherever it lies. False if that was too much: then
    /// it holds nothing and begins again.
    pub(crate) fn add(&mut self, hash: i64) -> bool {
        if self.held >= self.words.len().saturating_mul(64) / BITS_PER_KEY {
            self.grow();
            return false;
        }
        let (place, bits) = self.place(hash);
        if let Some(word) = self.words.get_mut(place) {
            *word |= bits;
            self.held += 1;
        }
        true
    }

    /// The hash from which on the table is to be taken in next, if it is.
    pub(crate) fn wanted(&self) -> Option<i64> {
        match self.extent {
            Extent::Nothing => Some(i64::MIN),
            Extent::UpTo(last) => last.checked_add(1),
            Extent::Everything | Extent::GivenUp => None,
        }
    }

    /// Takes in the next hashes of the table, in their order; `all` if it has no more.
    pub(crate) fn take_in(&mut self, hashes: &[i64], all: bool) {
        if !hashes.iter().all(|hash| self.add(*hash)) {
            return;
        }
        if all {
            self.extent = Extent::Everything;
        } else if let Some(last) = hashes.last() {
            self.extent = Extent::UpTo(*last);
        }
    }

    /// Forgets what it holds, and begins again.
    pub(crate) fn clear(&mut self) {
        if self.extent != Extent::GivenUp {
            *self = Self::of(self.words.len());
        }
    }

    /// Begins again with more room, or gives up.
    fn grow(&mut self) {
        let words = self.words.len().saturating_mul(GROWTH);
        if self.extent != Extent::GivenUp {
            *self = Self::of(if words > MOST_WORDS { 0 } else { words });
        }
        if self.words.is_empty() {
            self.extent = Extent::GivenUp;
        }
    }

    /// The word of a hash, and four bits of it.
    fn place(&self, hash: i64) -> (usize, u64) {
        let mixed = self.hasher.hash_one(hash);
        let bits = (0..4).fold(0, |bits, at| bits | 1 << (mixed >> (6 * at) & 63));
        // The length is a power of two.
        let place = usize::try_from(mixed >> 32).unwrap_or(0) & self.words.len().wrapping_sub(1);
        (place, bits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Hashes that look random.
    fn hash(number: usize) -> i64 {
        let number = i64::try_from(number).unwrap();
        number.wrapping_mul(0x9e37_79b9_7f4a_7c15_u64.cast_signed())
    }

    fn sorted(count: usize) -> Vec<i64> {
        let mut hashes: Vec<i64> = (0..count).map(hash).collect();
        hashes.sort_unstable();
        hashes
    }

    #[test]
    fn what_it_holds_it_never_denies_and_most_others_it_does() {
        let mut filter = Filter::new();
        let hashes = sorted(100_000);
        for (at, part) in hashes.chunks(1_000).enumerate() {
            let next = at.checked_sub(1).map(|_| hashes[at * 1_000 - 1] + 1);
            assert_eq!(filter.wanted(), Some(next.unwrap_or(i64::MIN)));
            filter.take_in(part, false);
            assert!(hashes.iter().all(|hash| filter.may_hold(*hash)));
        }
        filter.take_in(&[], true);
        assert_eq!(filter.wanted(), None);
        assert!(hashes.iter().all(|hash| filter.may_hold(*hash)));
        let wrong = (100_000..200_000).filter(|number| filter.may_hold(hash(*number)));
        let wrong = wrong.count();
        assert!(wrong < 2_500, "{wrong}");
    }

    #[test]
    fn what_comes_later_is_held_too() {
        let mut filter = Filter::new();
        filter.take_in(&[], true);
        assert!(!filter.may_hold(7));
        assert!(filter.add(7));
        assert!(filter.may_hold(7));
    }

    #[test]
    fn when_it_is_full_it_begins_again_with_more_room() {
        let mut filter = Filter::new();
        let most = FEWEST_WORDS * 64 / BITS_PER_KEY;
        let hashes = sorted(most + 1);
        filter.take_in(&hashes[..most], false);
        assert!(filter.wanted() > Some(i64::MIN));
        filter.take_in(&hashes[most..], true);
        assert_eq!(filter.wanted(), Some(i64::MIN));
        assert!(hashes.iter().all(|hash| filter.may_hold(*hash)));
        filter.take_in(&hashes, true);
        assert_eq!(filter.wanted(), None);
        assert!(hashes.iter().all(|hash| filter.may_hold(*hash)));
    }

    #[test]
    fn with_too_many_it_knows_nothing_and_takes_no_room() {
        let mut filter = Filter::of(MOST_WORDS);
        filter.held = MOST_WORDS * 64 / BITS_PER_KEY;
        filter.extent = Extent::Everything;
        assert!(!filter.add(1));
        for _ in 0..2 {
            assert_eq!(filter.wanted(), None);
            assert!(filter.may_hold(1) && filter.may_hold(2));
            assert!(filter.words.is_empty());
            filter.clear();
            assert!(!filter.add(1));
        }
    }
}
