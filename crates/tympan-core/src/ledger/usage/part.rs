//! The part of a job's usage that a profile records.

use crate::ledger::usage::{Counter, Usage};
use crate::measure::Measure;

/// What pages, sides and sheets come to: each is derived from the others where it is not counted.
const PAPER: [(Measure, Counter); 5] = [
    (Measure::TotalPages, Counter::Pages),
    (Measure::ColourPages, Counter::ColourPages),
    (Measure::MonoPages, Counter::MonoPages),
    (Measure::Sheets, Counter::Sheets),
    (Measure::Impressions, Counter::Impressions),
];

/// What is counted by itself.
const OTHERS: [(Measure, Counter); 6] = [
    (Measure::Scans, Counter::Scans),
    (Measure::Faxes, Counter::Faxes),
    (Measure::Area, Counter::Area),
    (Measure::Length, Counter::Length),
    (Measure::Kilobytes, Counter::Kilobytes),
    (Measure::Points, Counter::Points),
];

impl Usage {
    /// Only what counts towards some measures. Of the others nothing is left: a count of paper is
    /// then 0, for it would be derived from its neighbours otherwise.
    #[must_use]
    pub fn part(&self, records: impl Fn(Measure) -> bool) -> Self {
        let mut part = Self {
            two_sided: self.is_two_sided(),
            media: self.media.clone(),
            is_part: true,
            ..Self::default()
        };
        for (measure, counter) in PAPER {
            let recorded = if records(measure) {
                self.of(measure)
            } else {
                0
            };
            part.set(counter, Some(recorded));
        }
        for (measure, counter) in OTHERS {
            let count = self.count(counter).filter(|_| records(measure));
            part.set(counter, count);
        }
        let recorded = |(measure, _): &(_, i64)| records(Measure::Custom(*measure));
        part.custom = self.custom.iter().copied().filter(recorded).collect();
        part
    }

    /// Whether it is only a part of what the host counted: see [`Usage::part`].
    #[must_use]
    pub fn is_part(&self) -> bool {
        self.is_part
    }

    /// The first thing in which what the host counted differs from a part that was recorded of it.
    /// What was not recorded cannot differ.
    pub(super) fn differs_from_part(&self, part: &Self) -> Option<&'static str> {
        let same = self.part(|measure| part.of(measure) != 0);
        same.differs(part)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::CustomMeasure;

    #[test]
    fn what_is_not_recorded_is_nothing_and_cannot_be_told_apart() {
        let staples = CustomMeasure::parse("staples").unwrap();
        let usage = Usage::pages(5)
            .colour(2)
            .two_sided(true)
            .with(Counter::Scans, 3)
            .with(Counter::Kilobytes, 9)
            .custom(staples, 1);
        let recorded = [Measure::ColourPages, Measure::Kilobytes];
        let part = usage.part(|measure| recorded.contains(&measure));
        for (measure, count) in [
            (Measure::TotalPages, 0),
            (Measure::ColourPages, 2),
            (Measure::MonoPages, 0),
            (Measure::Sheets, 0),
            (Measure::Impressions, 0),
            (Measure::Scans, 0),
            (Measure::Kilobytes, 9),
            (Measure::Custom(staples), 0),
        ] {
            assert_eq!(part.of(measure), count, "{measure:?}");
        }
        assert_eq!(usage.differs_from_part(&part), None);
        let other = usage
            .clone()
            .with(Counter::Scans, 4)
            .with(Counter::Pages, 7);
        assert_eq!(other.differs_from_part(&part), None);
        let other = usage.colour(3);
        assert_eq!(other.differs_from_part(&part), Some("colour_pages"));
    }
}
