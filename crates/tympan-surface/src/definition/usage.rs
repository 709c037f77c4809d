//! Usage: what a job used, counter by counter.

/// What a job used, or is expected to use: the counters that the host has, those of IPP among them.
/// What is not given is derived: impressions from those by colour, or else from the pages; pages
/// from colour and mono pages where both are given, or else from the impressions; colour pages from
/// mono pages, or else from the impressions by colour; mono pages are the rest, but for blank
/// impressions; sheets from those by colour, or else from the impressions and the sides they are on.
/// Everything else that is not given is 0. Counts are not negative; no part is larger than its whole.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Usage {
    /// Pages of the printed copies, those in colour and blank ones included (`job-pages`).
    pub pages: Option<i32>,
    /// Pages in colour.
    pub colour_pages: Option<i32>,
    /// Pages in one colour.
    pub mono_pages: Option<i32>,
    /// Sides of paper that went through the device (`job-impressions`).
    pub impressions: Option<i32>,
    /// Those sides by colour (`job-impressions-col`).
    pub impressions_by_colour: Option<ImpressionsByColour>,
    /// Pieces of paper (`job-media-sheets`).
    pub sheets: Option<i32>,
    /// Those pieces by colour (`job-media-sheets-col`).
    pub sheets_by_colour: Option<SheetsByColour>,
    /// Whether it is printed on both sides.
    pub two_sided: bool,
    /// The paper, `iso_a4_210x297mm` say: some price lists ask.
    pub media: Option<String>,
    /// Data in units of 1024 octets (`job-k-octets`).
    pub kilobytes: Option<i64>,
    /// Printed area in square millimetres.
    pub area: Option<i64>,
    /// Length of printed roll or web in millimetres.
    pub length: Option<i64>,
    /// Scanned images.
    pub scans: Option<i32>,
    /// Pages sent or received by fax.
    pub faxes: Option<i32>,
    /// Points of a scheme of the host's.
    pub points: Option<i64>,
    /// What the host counts of its own: at most 16, each name once.
    pub custom: Vec<CustomCount>,
}

/// Sides of paper by colour. Those of one-sided and of two-sided sheets are counted apart.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ImpressionsByColour {
    /// Blank sides of one-sided sheets.
    pub blank: Option<i32>,
    /// Blank sides of two-sided sheets.
    pub blank_two_sided: Option<i32>,
    /// Full-colour sides of one-sided sheets.
    pub full_colour: Option<i32>,
    /// Full-colour sides of two-sided sheets.
    pub full_colour_two_sided: Option<i32>,
    /// Sides in black and one more colour, of one-sided sheets; they count as colour.
    pub highlight_colour: Option<i32>,
    /// Sides in black and one more colour, of two-sided sheets; they count as colour.
    pub highlight_colour_two_sided: Option<i32>,
    /// Sides in one colour, of one-sided sheets.
    pub monochrome: Option<i32>,
    /// Sides in one colour, of two-sided sheets.
    pub monochrome_two_sided: Option<i32>,
}

/// Pieces of paper by colour.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SheetsByColour {
    /// Blank sheets, as inserts are.
    pub blank: Option<i32>,
    /// Sheets with a full-colour side.
    pub full_colour: Option<i32>,
    /// Sheets with a side in black and one more colour.
    pub highlight_colour: Option<i32>,
    /// Sheets in one colour.
    pub monochrome: Option<i32>,
}

/// So many of something that the host counts of its own.
#[derive(Clone, Debug, PartialEq)]
pub struct CustomCount {
    /// Its name: 1 to 24 lower-case letters, digits and underscores, a letter first. The measure of
    /// a plan that limits it is `custom:` and the name.
    pub name: String,
    /// How many.
    pub count: i64,
}
