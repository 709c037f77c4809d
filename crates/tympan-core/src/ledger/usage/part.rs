//! The part of a job's usage that a profile records.

use crate::ledger::usage::{Counter, Part, Usage};
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
    /// Only what counts towards some measures. What it came to of each of these is in it, be it 0; of
    /// the others nothing is left, and nothing is derived from their neighbours.
    #[must_use]
    pub fn part(&self, measures: &[Measure]) -> Self {
        let mut part = Self {
            two_sided: self.is_two_sided(),
            media: self.media.clone(),
            part: Some(Part {
                has_jobs: measures.contains(&Measure::Jobs),
            }),
            ..Self::default()
        };
        for measure in measures {
            if let Measure::Custom(name) = measure {
                part = part.custom(*name, self.of(*measure));
            }
            let counters = PAPER.iter().chain(&OTHERS);
            for (_, counter) in counters.filter(|(of, _)| of == measure) {
                part.set(*counter, Some(self.of(*measure)));
            }
        }
        part
    }

    /// Whether it is only a part of what the host counted: see [`Usage::part`].
    #[must_use]
    pub fn is_part(&self) -> bool {
        self.part.is_some()
    }

    /// Whether it counts as a job: of a part, whether jobs were recorded.
    pub(super) fn has_jobs(&self) -> bool {
        self.part.is_none_or(|part| part.has_jobs)
    }

    /// The first thing in which what the host counted differs from a part that was recorded of it.
    /// What was not recorded cannot differ.
    pub(super) fn differs_from_part(&self, part: &Self) -> Option<&'static str> {
        self.part(&part.recorded()).differs(part)
    }

    /// The measures that a part was recorded of.
    fn recorded(&self) -> Vec<Measure> {
        let counters = PAPER.iter().chain(&OTHERS);
        let counters = counters.filter(|(_, counter)| self.count(*counter).is_some());
        let jobs = self.has_jobs().then_some(Measure::Jobs);
        let custom = self.custom_counts().map(|(name, _)| Measure::Custom(name));
        counters
            .map(|(measure, _)| *measure)
            .chain(jobs)
            .chain(custom)
            .collect()
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
        let part = usage.part(&recorded);
        for (measure, count) in [
            (Measure::TotalPages, 0),
            (Measure::ColourPages, 2),
            (Measure::MonoPages, 0),
            (Measure::Sheets, 0),
            (Measure::Impressions, 0),
            (Measure::Scans, 0),
            (Measure::Kilobytes, 9),
            (Measure::Custom(staples), 0),
            (Measure::Jobs, 0),
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

    #[test]
    fn what_came_to_nothing_and_was_recorded_can_be_told_apart() {
        let staples = CustomMeasure::parse("staples").unwrap();
        let usage = Usage::pages(5);
        let all = [
            Measure::TotalPages,
            Measure::ColourPages,
            Measure::Scans,
            Measure::Jobs,
            Measure::Custom(staples),
        ];
        let part = usage.part(&all);
        let kept = crate::ledger::KeptUsage::of(&part).usage();
        assert_eq!(kept, part);
        assert_eq!(part.of(Measure::Jobs), 1);
        assert_eq!(usage.differs_from_part(&kept), None);
        for (other, field) in [
            (usage.clone().colour(1), "colour_pages"),
            (usage.clone().with(Counter::Scans, 2), "scans"),
            (usage.clone().custom(staples, 3), "custom"),
            (usage.clone().with(Counter::Pages, 0), "pages"),
        ] {
            assert_eq!(other.differs_from_part(&kept), Some(field));
        }
        let none = Usage::default().part(&[Measure::TotalPages]);
        assert_eq!(Usage::pages(1).differs_from_part(&none), Some("pages"));
        let faxes = usage.clone().with(Counter::Faxes, 2);
        assert_eq!(faxes.differs_from_part(&kept), None);
    }
}
