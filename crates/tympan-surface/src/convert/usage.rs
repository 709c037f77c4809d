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
    /// What was used, with the totals that the host did not give. Every receipt holds one: it goes
    /// over the few counters that were given, once, rather than asking for each there is.
    fn from(usage: tympan::Usage) -> Self {
        let mut told = Self {
            pages: Some(count(usage.total_pages())),
            colour_pages: Some(count(usage.colour_pages())),
            mono_pages: Some(count(usage.mono_pages())),
            impressions: Some(count(usage.impressions())),
            sheets: Some(count(usage.total_sheets())),
            two_sided: usage.is_two_sided(),
            media: usage.media.as_ref().map(ToString::to_string),
            ..Self::default()
        };
        for (counter, number) in usage.counts() {
            told.tell(counter, number);
        }
        told.custom.extend(usage.custom_counts().map(custom));
        told
    }
}

fn custom((measure, count): (CustomMeasure, i64)) -> CustomCount {
    let name = measure.to_string();
    CustomCount { name, count }
}

impl Usage {
    fn tell(&mut self, counter: Counter, number: i64) {
        // No job has more pieces of any kind than `MAX_COUNT`, which fits.
        let (pieces, measured) = (|| Some(count(number)), Some(number));
        match counter {
            Counter::Pages => self.pages = pieces(),
            Counter::ColourPages => self.colour_pages = pieces(),
            Counter::MonoPages => self.mono_pages = pieces(),
            Counter::Impressions => self.impressions = pieces(),
            Counter::Sheets => self.sheets = pieces(),
            Counter::Scans => self.scans = pieces(),
            Counter::Faxes => self.faxes = pieces(),
            Counter::Kilobytes => self.kilobytes = measured,
            Counter::Area => self.area = measured,
            Counter::Length => self.length = measured,
            Counter::Points => self.points = measured,
            Counter::BlankSides
            | Counter::BlankSidesTwoSided
            | Counter::FullColourSides
            | Counter::FullColourSidesTwoSided
            | Counter::HighlightColourSides
            | Counter::HighlightColourSidesTwoSided
            | Counter::MonochromeSides
            | Counter::MonochromeSidesTwoSided => {
                let sides = self.impressions_by_colour.get_or_insert_default();
                sides.tell(counter, pieces());
            }
            Counter::BlankSheets
            | Counter::FullColourSheets
            | Counter::HighlightColourSheets
            | Counter::MonochromeSheets => {
                let sheets = self.sheets_by_colour.get_or_insert_default();
                sheets.tell(counter, pieces());
            }
        }
    }
}

impl ImpressionsByColour {
    fn tell(&mut self, counter: Counter, sides: Option<i32>) {
        let place = match counter {
            Counter::BlankSides => &mut self.blank,
            Counter::BlankSidesTwoSided => &mut self.blank_two_sided,
            Counter::FullColourSides => &mut self.full_colour,
            Counter::FullColourSidesTwoSided => &mut self.full_colour_two_sided,
            Counter::HighlightColourSides => &mut self.highlight_colour,
            Counter::HighlightColourSidesTwoSided => &mut self.highlight_colour_two_sided,
            Counter::MonochromeSides => &mut self.monochrome,
            Counter::MonochromeSidesTwoSided => &mut self.monochrome_two_sided,
            _ => return,
        };
        *place = sides;
    }
}

impl SheetsByColour {
    fn tell(&mut self, counter: Counter, sheets: Option<i32>) {
        let place = match counter {
            Counter::BlankSheets => &mut self.blank,
            Counter::FullColourSheets => &mut self.full_colour,
            Counter::HighlightColourSheets => &mut self.highlight_colour,
            Counter::MonochromeSheets => &mut self.monochrome,
            _ => return,
        };
        *place = sheets;
    }
}
