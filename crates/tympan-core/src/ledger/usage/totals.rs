//! What is derived from the counters that a host gave.

use crate::ledger::usage::{Counter, Usage};
use crate::measure::Measure;

/// Sides with full colour, or black and one more.
const COLOUR_SIDES: &[Counter] = &[
    Counter::FullColourSides,
    Counter::FullColourSidesTwoSided,
    Counter::HighlightColourSides,
    Counter::HighlightColourSidesTwoSided,
];

const BLANK_SIDES: &[Counter] = &[Counter::BlankSides, Counter::BlankSidesTwoSided];

const MONOCHROME_SIDES: &[Counter] = &[Counter::MonochromeSides, Counter::MonochromeSidesTwoSided];

const TWO_SIDED: &[Counter] = &[
    Counter::BlankSidesTwoSided,
    Counter::FullColourSidesTwoSided,
    Counter::HighlightColourSidesTwoSided,
    Counter::MonochromeSidesTwoSided,
];

const SHEETS: &[Counter] = &[
    Counter::BlankSheets,
    Counter::FullColourSheets,
    Counter::HighlightColourSheets,
    Counter::MonochromeSheets,
];

impl Usage {
    /// How much of a measure other than cost it is.
    #[must_use]
    pub fn of(&self, measure: Measure) -> i64 {
        let counted = |counter| self.count(counter).unwrap_or(0);
        match measure {
            Measure::TotalPages => self.total_pages(),
            Measure::ColourPages => self.colour_pages(),
            Measure::MonoPages => self.mono_pages(),
            Measure::Sheets => self.total_sheets(),
            Measure::Impressions => self.impressions(),
            Measure::Jobs => i64::from(self.has_jobs()),
            Measure::Scans => counted(Counter::Scans),
            Measure::Faxes => counted(Counter::Faxes),
            Measure::Area => counted(Counter::Area),
            Measure::Length => counted(Counter::Length),
            Measure::Kilobytes => counted(Counter::Kilobytes),
            Measure::Points => counted(Counter::Points),
            Measure::Custom(custom) => self
                .custom_counts()
                .find_map(|(measure, count)| (measure == custom).then_some(count))
                .unwrap_or(0),
            Measure::Cost(_) => 0,
        }
    }

    /// What need not be derived: what the host gave, and in a part nothing where it was not recorded.
    fn known(&self, counter: Counter) -> Option<i64> {
        self.count(counter).or(self.is_part().then_some(0))
    }

    /// Pages, those in colour and blank ones included.
    #[must_use]
    pub fn total_pages(&self) -> i64 {
        let colour_and_mono = || {
            let colour = self.count(Counter::ColourPages)?;
            Some(colour.saturating_add(self.count(Counter::MonoPages)?))
        };
        self.known(Counter::Pages)
            .or_else(colour_and_mono)
            .unwrap_or_else(|| self.impressions())
    }

    /// Pages in colour.
    #[must_use]
    pub fn colour_pages(&self) -> i64 {
        let less_mono = || {
            let pages = self.count(Counter::Pages)?;
            Some(pages.saturating_sub(self.count(Counter::MonoPages)?))
        };
        self.known(Counter::ColourPages)
            .or_else(less_mono)
            .unwrap_or_else(|| self.sum(COLOUR_SIDES).unwrap_or(0).min(self.total_pages()))
    }

    /// Pages in one colour.
    #[must_use]
    pub fn mono_pages(&self) -> i64 {
        let derived = || {
            let left = self.total_pages().saturating_sub(self.colour_pages());
            let by_pages = [Counter::Pages, Counter::ColourPages];
            match by_pages
                .iter()
                .any(|counter| self.count(*counter).is_some())
            {
                true => left,
                false => left.saturating_sub(self.sum(BLANK_SIDES).unwrap_or(0)),
            }
        };
        self.known(Counter::MonoPages).unwrap_or_else(derived)
    }

    /// Sides of paper that went through the device.
    #[must_use]
    pub fn impressions(&self) -> i64 {
        self.known(Counter::Impressions)
            .or_else(|| self.sides())
            .or_else(|| self.count(Counter::Pages))
            .or_else(|| self.sum(&[Counter::ColourPages, Counter::MonoPages]))
            .unwrap_or(0)
    }

    /// Pieces of paper.
    #[must_use]
    pub fn total_sheets(&self) -> i64 {
        let needed = || {
            let sides = self.impressions();
            let two_sided = match self.sum(TWO_SIDED).unwrap_or(0) {
                0 if self.two_sided => sides,
                counted => counted,
            };
            let one_sided = sides.saturating_sub(two_sided);
            one_sided.saturating_add(two_sided / 2 + two_sided % 2)
        };
        self.known(Counter::Sheets)
            .or_else(|| self.sum(SHEETS))
            .unwrap_or_else(needed)
    }

    /// Whether any of it was printed on both sides of a sheet.
    #[must_use]
    pub fn is_two_sided(&self) -> bool {
        self.two_sided || self.sum(TWO_SIDED).is_some_and(|sides| sides > 0)
    }

    /// The same usage with the totals of pages, sides and sheets filled in that the host did not
    /// give.
    #[must_use]
    pub fn in_full(&self) -> Self {
        let paper = [
            (Counter::Pages, self.total_pages()),
            (Counter::ColourPages, self.colour_pages()),
            (Counter::MonoPages, self.mono_pages()),
            (Counter::Impressions, self.impressions()),
            (Counter::Sheets, self.total_sheets()),
        ];
        let full = paper
            .into_iter()
            .fold(self.clone(), |usage, (counter, count)| {
                usage.with(counter, count)
            });
        full.two_sided(self.is_two_sided())
    }

    /// The sides by colour together, if the host gave any of them.
    pub(super) fn sides(&self) -> Option<i64> {
        let groups = [BLANK_SIDES, COLOUR_SIDES, MONOCHROME_SIDES];
        let sums = groups.iter().filter_map(|group| self.sum(group));
        sums.reduce(i64::saturating_add)
    }

    /// The sheets by colour together, if the host gave any of them.
    pub(super) fn sheets_by_colour(&self) -> Option<i64> {
        self.sum(SHEETS)
    }

    /// The counters together, if the host gave any of them.
    pub(super) fn sum(&self, counters: &[Counter]) -> Option<i64> {
        let given = counters.iter().filter_map(|counter| self.count(*counter));
        given.reduce(i64::saturating_add)
    }
}
