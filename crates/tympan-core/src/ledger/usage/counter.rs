//! What a device counts of a job.

use crate::row::words;

/// The largest count of pieces that one job may report: more is a broken counter.
pub const MAX_COUNT: i64 = 1_000_000_000;

/// The largest area, length, size, number of points or custom count that one job may report.
pub const MAX_MEASURED: i64 = 1_000_000_000_000_000;

words! {
    /// What a host may count of a job. Those with `_by_colour.` are the members of what IPP calls
    /// `job-impressions-col` and `job-media-sheets-col` (PWG 5100.7). The order is that of the tags
    /// under which stores keep them: new ones come last.
    pub enum Counter {
        /// Pages of the printed copies, those in colour and blank ones included (`job-pages`).
        Pages = "pages",
        /// Pages in colour.
        ColourPages = "colour_pages",
        /// Pages in one colour.
        MonoPages = "mono_pages",
        /// Sides of paper that went through the device (`job-impressions`).
        Impressions = "impressions",
        /// Blank sides of one-sided sheets.
        BlankSides = "impressions_by_colour.blank",
        /// Blank sides of two-sided sheets.
        BlankSidesTwoSided = "impressions_by_colour.blank_two_sided",
        /// Full-colour sides of one-sided sheets.
        FullColourSides = "impressions_by_colour.full_colour",
        /// Full-colour sides of two-sided sheets.
        FullColourSidesTwoSided = "impressions_by_colour.full_colour_two_sided",
        /// Sides in black and one more colour, of one-sided sheets.
        HighlightColourSides = "impressions_by_colour.highlight_colour",
        /// Sides in black and one more colour, of two-sided sheets.
        HighlightColourSidesTwoSided = "impressions_by_colour.highlight_colour_two_sided",
        /// Sides in one colour, of one-sided sheets.
        MonochromeSides = "impressions_by_colour.monochrome",
        /// Sides in one colour, of two-sided sheets.
        MonochromeSidesTwoSided = "impressions_by_colour.monochrome_two_sided",
        /// Pieces of paper (`job-media-sheets`).
        Sheets = "sheets",
        /// Blank sheets, as inserts are.
        BlankSheets = "sheets_by_colour.blank",
        /// Sheets with a full-colour side.
        FullColourSheets = "sheets_by_colour.full_colour",
        /// Sheets with a side in black and one more colour.
        HighlightColourSheets = "sheets_by_colour.highlight_colour",
        /// Sheets in one colour.
        MonochromeSheets = "sheets_by_colour.monochrome",
        /// Data in units of 1024 octets (`job-k-octets`).
        Kilobytes = "kilobytes",
        /// Printed area in square millimetres.
        Area = "area",
        /// Length of printed roll or web in millimetres.
        Length = "length",
        /// Scanned images.
        Scans = "scans",
        /// Pages sent or received by fax.
        Faxes = "faxes",
        /// Points of a scheme of the host's.
        Points = "points",
    }
}

impl Counter {
    /// The largest count that makes sense.
    #[must_use]
    pub fn most(self) -> i64 {
        match self {
            Self::Kilobytes | Self::Area | Self::Length | Self::Points => MAX_MEASURED,
            _ => MAX_COUNT,
        }
    }

    /// What stands for it in a store.
    pub(super) fn tag(self) -> u8 {
        let place = (0..).zip(Self::ALL).find(|(_, counter)| **counter == self);
        place.map_or(0, |(place, _)| place)
    }

    /// What a tag stands for.
    pub(super) fn of_tag(tag: u8) -> Option<Self> {
        Self::ALL.get(usize::from(tag)).copied()
    }
}
