//! Usage: counters in, counters with their totals out.

use tympan::{Code, Counter, CustomMeasure, Error};

use super::count;
use crate::definition::{CustomCount, ImpressionsByColour, SheetsByColour, Usage};

impl Usage {
    /// # Errors
    /// `invalid_value` for the name of a custom count.
    pub(crate) fn usage(self) -> Result<tympan::Usage, Error> {
        let mut usage = tympan::Usage::default().two_sided(self.two_sided);
        usage.media = self.media.map(Into::into);
        let sides = self.impressions_by_colour.unwrap_or_default();
        let sheets = self.sheets_by_colour.unwrap_or_default();
        for (counter, count) in [
            (Counter::Pages, self.pages),
            (Counter::ColourPages, self.colour_pages),
            (Counter::MonoPages, self.mono_pages),
            (Counter::Impressions, self.impressions),
            (Counter::BlankSides, sides.blank),
            (Counter::BlankSidesTwoSided, sides.blank_two_sided),
            (Counter::FullColourSides, sides.full_colour),
            (
                Counter::FullColourSidesTwoSided,
                sides.full_colour_two_sided,
            ),
            (Counter::HighlightColourSides, sides.highlight_colour),
            (
                Counter::HighlightColourSidesTwoSided,
                sides.highlight_colour_two_sided,
            ),
            (Counter::MonochromeSides, sides.monochrome),
            (Counter::MonochromeSidesTwoSided, sides.monochrome_two_sided),
            (Counter::Sheets, self.sheets),
            (Counter::BlankSheets, sheets.blank),
            (Counter::FullColourSheets, sheets.full_colour),
            (Counter::HighlightColourSheets, sheets.highlight_colour),
            (Counter::MonochromeSheets, sheets.monochrome),
            (Counter::Scans, self.scans),
            (Counter::Faxes, self.faxes),
        ] {
            if count.is_some() {
                usage.set(counter, count.map(i64::from));
            }
        }
        for (counter, count) in [
            (Counter::Kilobytes, self.kilobytes),
            (Counter::Area, self.area),
            (Counter::Length, self.length),
            (Counter::Points, self.points),
        ] {
            if count.is_some() {
                usage.set(counter, count);
            }
        }
        for CustomCount { name, count } in self.custom {
            let measure =
                CustomMeasure::parse(&name).map_err(|error| error.with("field", "custom"))?;
            if usage.custom_counts().any(|(known, _)| known == measure) {
                let message = format!("the custom count `{measure}` stands twice");
                return Err(Error::new(Code::InvalidValue, message).with("field", "custom"));
            }
            usage = usage.custom(measure, count);
        }
        Ok(usage)
    }
}

impl From<tympan::Usage> for Usage {
    /// What was used, with the totals that the host did not give.
    fn from(usage: tympan::Usage) -> Self {
        let full = usage.in_full();
        // No job has more pieces of any kind than `MAX_COUNT`, which fits.
        let count = |counter| full.count(counter).map(count);
        Self {
            pages: count(Counter::Pages),
            colour_pages: count(Counter::ColourPages),
            mono_pages: count(Counter::MonoPages),
            impressions: count(Counter::Impressions),
            impressions_by_colour: ImpressionsByColour::of(&count),
            sheets: count(Counter::Sheets),
            sheets_by_colour: SheetsByColour::of(&count),
            two_sided: full.two_sided,
            media: full.media.as_ref().map(ToString::to_string),
            kilobytes: full.count(Counter::Kilobytes),
            area: full.count(Counter::Area),
            length: full.count(Counter::Length),
            scans: count(Counter::Scans),
            faxes: count(Counter::Faxes),
            points: full.count(Counter::Points),
            custom: full
                .custom_counts()
                .map(|(measure, count)| CustomCount {
                    name: measure.to_string(),
                    count,
                })
                .collect(),
        }
    }
}

impl ImpressionsByColour {
    fn of(count: &dyn Fn(Counter) -> Option<i32>) -> Option<Self> {
        let sides = Self {
            blank: count(Counter::BlankSides),
            blank_two_sided: count(Counter::BlankSidesTwoSided),
            full_colour: count(Counter::FullColourSides),
            full_colour_two_sided: count(Counter::FullColourSidesTwoSided),
            highlight_colour: count(Counter::HighlightColourSides),
            highlight_colour_two_sided: count(Counter::HighlightColourSidesTwoSided),
            monochrome: count(Counter::MonochromeSides),
            monochrome_two_sided: count(Counter::MonochromeSidesTwoSided),
        };
        (sides != Self::default()).then_some(sides)
    }
}

impl SheetsByColour {
    fn of(count: &dyn Fn(Counter) -> Option<i32>) -> Option<Self> {
        let sheets = Self {
            blank: count(Counter::BlankSheets),
            full_colour: count(Counter::FullColourSheets),
            highlight_colour: count(Counter::HighlightColourSheets),
            monochrome: count(Counter::MonochromeSheets),
        };
        (sheets != Self::default()).then_some(sheets)
    }
}
