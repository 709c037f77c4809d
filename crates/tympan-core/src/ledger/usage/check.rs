//! Counters that are no counts, or contradict each other.

use crate::error::{Code, Error};
use crate::ledger::usage::{Counter, MAX_COUNT, MAX_MEASURED, Usage};
use crate::refusals::too_many;
use crate::text;

/// Custom counts of one job.
pub const MAX_CUSTOM_COUNTS: usize = 16;
/// Characters of the name of a paper.
pub const MAX_MEDIA: usize = text::MAX_SHORT;

impl Usage {
    /// Checks that the counters are counts and do not contradict each other: no part is larger than
    /// its whole, and there are not more sheets than sides and blank sheets. What is wrong first, in
    /// the order of the counters, is named.
    ///
    /// # Errors
    /// `invalid_usage`; `too_many` for custom counts.
    pub fn check(&self) -> Result<(), Error> {
        if self.custom_counts().count() > MAX_CUSTOM_COUNTS {
            return Err(too_many("custom", MAX_CUSTOM_COUNTS));
        }
        for (counter, count) in self.counts() {
            within(counter.as_str(), count, counter.most())?;
        }
        for (_, count) in self.custom_counts() {
            within("custom", count, MAX_MEASURED)?;
        }
        self.check_pages()?;
        self.check_paper()
    }

    fn check_pages(&self) -> Result<(), Error> {
        let pages = self.total_pages();
        within(Counter::Pages.as_str(), pages, MAX_COUNT)?;
        for counter in [Counter::ColourPages, Counter::MonoPages] {
            if self.count(counter).is_some_and(|part| part > pages) {
                return Err(wrong(counter.as_str(), "is larger than `pages`"));
            }
        }
        if self.colour_pages().saturating_add(self.mono_pages()) > pages {
            let rule = "and `colour_pages` are more than `pages`";
            return Err(wrong(Counter::MonoPages.as_str(), rule));
        }
        Ok(())
    }

    fn check_paper(&self) -> Result<(), Error> {
        let (sides, sheets) = (self.impressions(), self.total_sheets());
        within(Counter::Impressions.as_str(), sides, MAX_COUNT)?;
        within(Counter::Sheets.as_str(), sheets, MAX_COUNT)?;
        if self.sides().is_some_and(|parts| parts > sides) {
            let rule = "is smaller than what it consists of by colour";
            return Err(wrong(Counter::Impressions.as_str(), rule));
        }
        if self.sheets_by_colour().is_some_and(|parts| parts > sheets) {
            let rule = "is smaller than what it consists of by colour";
            return Err(wrong(Counter::Sheets.as_str(), rule));
        }
        let blank = self.count(Counter::BlankSheets).unwrap_or(0);
        if self.counts_sides() && sheets - blank > sides.max(self.total_pages()) {
            return Err(wrong(Counter::Sheets.as_str(), "is larger than `pages`"));
        }
        Ok(())
    }

    /// Whether the host counted pages or sides at all.
    fn counts_sides(&self) -> bool {
        self.counts().any(|(counter, _)| counter < Counter::Sheets)
    }
}

fn within(field: &str, count: i64, most: i64) -> Result<(), Error> {
    if count < 0 {
        return Err(wrong(field, "is negative"));
    }
    if count > most {
        return Err(wrong(field, &format!("is larger than {most}")));
    }
    Ok(())
}

fn wrong(field: &str, rule: &str) -> Error {
    Error::new(Code::InvalidUsage, format!("`{field}` {rule}")).with("field", field)
}
