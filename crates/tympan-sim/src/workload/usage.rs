//! What jobs used.

use tympan_core::ledger::{Counter, Usage};
use tympan_core::measure::CustomMeasure;

use crate::workload::Workload;

/// Sides by colour, as a device counts them.
const SIDES: &[Counter] = &[
    Counter::BlankSides,
    Counter::BlankSidesTwoSided,
    Counter::FullColourSides,
    Counter::FullColourSidesTwoSided,
    Counter::HighlightColourSides,
    Counter::HighlightColourSidesTwoSided,
    Counter::MonochromeSides,
    Counter::MonochromeSidesTwoSided,
];

/// Counters that have nothing to do with paper by colour.
const OTHERS: &[Counter] = &[
    Counter::Kilobytes,
    Counter::Area,
    Counter::Length,
    Counter::Scans,
    Counter::Faxes,
    Counter::Points,
];

const PAPERS: &[Option<&str>] = &[
    None,
    None,
    Some("iso_a4_210x297mm"),
    Some("iso_a3_297x420mm"),
    Some(" a4 "),
    Some(""),
];

/// Names of the host's own.
const CUSTOM: &[&str] = &["staples", "a", "abcdefghijklmnopqrstuvw_"];

impl Workload {
    pub(super) fn usage(&mut self) -> Usage {
        let mut usage = match self.chance.below(10) {
            0 => self.by_sides(),
            1 => Usage::default(),
            _ => self.by_pages(),
        };
        usage.two_sided = self.chance.one_in(3);
        usage.media = self.chance.pick_or(PAPERS, None).map(Into::into);
        if self.chance.one_in(4) {
            for _ in 0..self.chance.between(1, 3) {
                let most = self.chance.pick_or(&[3, 80, 500_000], 3);
                let count = self.chance.between(0, most);
                usage = match self.custom_measure() {
                    Some(measure) if self.chance.one_in(3) => usage.custom(measure, count),
                    _ => usage.with(self.chance.pick_or(OTHERS, Counter::Scans), count),
                };
            }
        }
        usage
    }

    pub(super) fn custom_measure(&mut self) -> Option<CustomMeasure> {
        CustomMeasure::parse(self.chance.pick_or(CUSTOM, "a")).ok()
    }

    fn by_pages(&mut self) -> Usage {
        let pages = match self.chance.below(20) {
            0 => 0,
            1..12 => self.chance.between(1, 12),
            12..18 => self.chance.between(1, 120),
            18 => self.chance.between(1, 3_000),
            _ => self.chance.between(1, 1_000_000_000),
        };
        let mut usage = Usage::pages(pages);
        if self.chance.one_in(3) {
            usage = usage.colour(self.chance.between(0, pages));
        }
        if self.chance.one_in(12) {
            usage = usage.sheets(self.chance.between(0, pages));
        }
        if self.chance.one_in(12) {
            usage = usage.with(Counter::MonoPages, self.chance.between(0, pages));
        }
        if self.chance.one_in(12) {
            usage = usage.with(Counter::Impressions, self.chance.between(pages / 2, pages));
        }
        usage
    }

    fn by_sides(&mut self) -> Usage {
        let mut usage = Usage::default();
        for _ in 0..self.chance.between(1, 4) {
            let side = self.chance.pick_or(SIDES, Counter::MonochromeSides);
            usage = usage.with(side, self.chance.between(0, 40));
        }
        if self.chance.one_in(4) {
            usage = usage.with(Counter::BlankSheets, self.chance.between(0, 4));
        }
        if self.chance.one_in(6) {
            usage = usage.with(Counter::Impressions, self.chance.between(0, 160));
        }
        usage
    }

    /// The same usage but for one thing.
    pub(super) fn other_usage(&mut self, usage: &mut Usage) {
        match self.chance.below(4) {
            0 => usage.two_sided = !usage.two_sided,
            1 => usage.media = Some("other".into()),
            2 => {
                let counter = self.chance.pick_or(Counter::ALL, Counter::Pages);
                usage.set(counter, None);
            }
            _ => {
                let pages = usage.count(Counter::Pages).unwrap_or(0);
                usage.set(Counter::Pages, Some(pages.saturating_add(1)));
            }
        }
    }

    pub(super) fn hostile_usage(&mut self) -> Usage {
        let mut usage = Usage::default().two_sided(self.chance.one_in(2));
        for _ in 0..self.chance.between(1, 3) {
            let counter = self.chance.pick_or(Counter::ALL, Counter::Pages);
            usage.set(counter, Some(self.hostile_number()));
        }
        match self.chance.below(4) {
            0 => usage.media = Some(self.hostile_text().into()),
            1 => {
                let names = (0..17).map(|at| CustomMeasure::parse(&format!("m{at}")));
                usage = names
                    .flatten()
                    .fold(usage, |usage, name| usage.custom(name, 1));
            }
            2 => {
                if let Some(measure) = self.custom_measure() {
                    usage = usage.custom(measure, self.hostile_number());
                }
            }
            _ => {}
        }
        usage
    }
}
