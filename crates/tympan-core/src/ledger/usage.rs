//! What a job used.

use serde::{Deserialize, Serialize};

use crate::error::{Code, Error};
use crate::measure::Measure;

/// The largest count that one job may report: more is a broken counter.
pub const MAX_COUNT: i64 = 1_000_000_000;

/// What a job used, or is expected to use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Printed sides, those in colour included.
    pub pages: i64,
    /// Sides in colour.
    pub colour_pages: i64,
    /// Pieces of paper; none: as many as the pages need.
    pub sheets: Option<i64>,
    /// Whether it was printed on both sides.
    pub two_sided: bool,
}

impl Usage {
    /// So many pages in one colour, on one side each.
    #[must_use]
    pub fn pages(pages: i64) -> Self {
        Self {
            pages,
            ..Self::default()
        }
    }

    /// The same usage, printed on both sides or not.
    #[must_use]
    pub fn two_sided(mut self, two_sided: bool) -> Self {
        self.two_sided = two_sided;
        self
    }

    /// The same usage with so many of its pages in colour.
    #[must_use]
    pub fn colour(mut self, colour_pages: i64) -> Self {
        self.colour_pages = colour_pages;
        self
    }

    /// Checks that the counters are counts and do not contradict each other.
    ///
    /// # Errors
    /// `invalid_usage`.
    pub fn check(&self) -> Result<(), Error> {
        let wrong = |field: &str, rule: &str| {
            Err(Error::new(Code::InvalidUsage, format!("`{field}` {rule}")).with("field", field))
        };
        for (field, count) in [
            ("pages", self.pages),
            ("colour_pages", self.colour_pages),
            ("sheets", self.sheets()),
        ] {
            if count < 0 {
                return wrong(field, "is negative");
            }
            if count > MAX_COUNT {
                return wrong(field, "is larger than 1000000000");
            }
        }
        if self.colour_pages > self.pages {
            return wrong("colour_pages", "is larger than `pages`");
        }
        if self.sheets() > self.pages {
            return wrong("sheets", "is larger than `pages`");
        }
        Ok(())
    }

    /// Pieces of paper.
    #[must_use]
    pub fn sheets(&self) -> i64 {
        let needed = if self.two_sided {
            self.pages / 2 + self.pages % 2
        } else {
            self.pages
        };
        self.sheets.unwrap_or(needed)
    }

    /// How much of a measure other than cost it is.
    #[must_use]
    pub fn of(&self, measure: Measure) -> i64 {
        match measure {
            Measure::TotalPages | Measure::Impressions => self.pages,
            Measure::ColourPages => self.colour_pages,
            Measure::MonoPages => self.pages.saturating_sub(self.colour_pages),
            Measure::Sheets => self.sheets(),
            Measure::Jobs => 1,
            Measure::Cost(_) => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_that_contradict_each_other_are_refused() {
        let table = [
            (Usage::pages(0), true),
            (Usage::pages(7).two_sided(true), true),
            (Usage::pages(-1), false),
            (Usage::pages(MAX_COUNT), true),
            (Usage::pages(MAX_COUNT + 1), false),
            (Usage::pages(i64::MIN), false),
            (Usage::pages(3).colour(3), true),
            (Usage::pages(3).colour(4), false),
            (Usage::pages(3).colour(-1), false),
            (
                Usage {
                    sheets: Some(4),
                    ..Usage::pages(3)
                },
                false,
            ),
        ];
        for (usage, good) in table {
            assert_eq!(usage.check().is_ok(), good, "{usage:?}");
        }
        assert_eq!(Usage::pages(7).two_sided(true).sheets(), 4);
    }
}
