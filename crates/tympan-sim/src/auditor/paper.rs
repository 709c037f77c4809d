//! What a job counts, worked out from a plain table of words and numbers.

use std::collections::BTreeMap;

use tympan_core::error::Code;
use tympan_core::ledger::Usage;

const MOST_PIECES: i128 = 1_000_000_000;
const MOST_MEASURED: i128 = 1_000_000_000_000_000;
const MOST_CUSTOM: usize = 16;

/// Everything that is known of a job's paper, by word.
struct Paper {
    given: BTreeMap<&'static str, i128>,
    two_sided: bool,
}

impl Paper {
    fn of(usage: &Usage) -> Self {
        let given = usage
            .counts()
            .map(|(counter, count)| (counter.as_str(), i128::from(count)));
        Self {
            given: given.collect(),
            two_sided: usage.two_sided,
        }
    }

    fn get(&self, word: &str) -> Option<i128> {
        self.given.get(word).copied()
    }

    /// Those whose word begins and ends like this, together, if there is any.
    fn all(&self, begins: &str, ends: &str) -> Option<i128> {
        let alike = self
            .given
            .iter()
            .filter(|(word, _)| word.starts_with(begins) && word.ends_with(ends));
        alike
            .map(|(_, count)| *count)
            .reduce(|one, other| one + other)
    }

    fn blank_sides(&self) -> i128 {
        self.all("impressions_by_colour.blank", "").unwrap_or(0)
    }

    fn colour_sides(&self) -> i128 {
        let full = self.all("impressions_by_colour.full", "").unwrap_or(0);
        full + self.all("impressions_by_colour.highlight", "").unwrap_or(0)
    }

    fn sides(&self) -> i128 {
        if let Some(sides) = self.get("impressions") {
            return sides;
        }
        if let Some(sides) = self.all("impressions_by_colour", "") {
            return sides;
        }
        if let Some(pages) = self.get("pages") {
            return pages;
        }
        self.get("colour_pages").unwrap_or(0) + self.get("mono_pages").unwrap_or(0)
    }

    fn pages(&self) -> i128 {
        let parts = (self.get("colour_pages"), self.get("mono_pages"));
        match (self.get("pages"), parts) {
            (Some(pages), _) => pages,
            (None, (Some(colour), Some(mono))) => colour + mono,
            _ => self.sides(),
        }
    }

    fn colour(&self) -> i128 {
        match (
            self.get("colour_pages"),
            self.get("pages"),
            self.get("mono_pages"),
        ) {
            (Some(colour), ..) => colour,
            (None, Some(pages), Some(mono)) => pages - mono,
            _ => self.colour_sides().min(self.pages()),
        }
    }

    fn mono(&self) -> i128 {
        if let Some(mono) = self.get("mono_pages") {
            return mono;
        }
        let by_sides = self.get("pages").is_none() && self.get("colour_pages").is_none();
        let blank = if by_sides { self.blank_sides() } else { 0 };
        self.pages() - self.colour() - blank
    }

    fn sheets(&self) -> i128 {
        if let Some(sheets) = self.get("sheets") {
            return sheets;
        }
        if let Some(sheets) = self.all("sheets_by_colour", "") {
            return sheets;
        }
        let sides = self.sides();
        let told = self.all("impressions_by_colour", "_two_sided").unwrap_or(0);
        let paired = if told > 0 {
            told
        } else if self.two_sided {
            sides
        } else {
            0
        };
        sides - paired + (paired + 1).div_euclid(2)
    }

    /// Whether anything is smaller than a part of it.
    fn contradicts_itself(&self) -> bool {
        let (pages, sides, sheets) = (self.pages(), self.sides(), self.sheets());
        let counts_sides = self
            .given
            .keys()
            .any(|word| word.contains("pages") || word.starts_with("impressions"));
        let inserts = self.get("sheets_by_colour.blank").unwrap_or(0);
        self.colour() + self.mono() > pages
            || self.colour().max(self.mono()) > pages
            || self.all("impressions_by_colour", "").unwrap_or(0) > sides
            || self.all("sheets_by_colour", "").unwrap_or(0) > sheets
            || (counts_sides && sheets - inserts > sides.max(pages))
    }
}

/// What is wrong with the counters.
pub(super) fn wrong(usage: &Usage) -> Vec<Code> {
    let paper = Paper::of(usage);
    let measured = ["kilobytes", "area", "length", "points"];
    let most = |word: &str| {
        if measured.contains(&word) {
            MOST_MEASURED
        } else {
            MOST_PIECES
        }
    };
    let mut codes = Vec::new();
    let totals = [paper.pages(), paper.sides(), paper.sheets()];
    let custom: Vec<i128> = usage
        .custom_counts()
        .map(|(_, count)| i128::from(count))
        .collect();
    let counted = |count: i128, most: i128| (0..=most).contains(&count);
    if custom.len() > MOST_CUSTOM {
        codes.push(Code::TooMany);
    }
    if paper
        .given
        .iter()
        .any(|(word, count)| !counted(*count, most(word)))
        || custom.iter().any(|count| !counted(*count, MOST_MEASURED))
        || totals.iter().any(|total| !counted(*total, MOST_PIECES))
        || paper.contradicts_itself()
    {
        codes.push(Code::InvalidUsage);
    }
    codes
}

/// How much of something other than money a job is.
pub(super) fn counted(usage: &Usage, unit: &str) -> i128 {
    let paper = Paper::of(usage);
    match unit {
        "total_pages" => paper.pages(),
        "colour_pages" => paper.colour(),
        "mono_pages" => paper.mono(),
        "sheets" => paper.sheets(),
        "impressions" => paper.sides(),
        "jobs" => 1,
        other => match other.strip_prefix("custom:") {
            None => paper.get(other).unwrap_or(0),
            Some(name) => usage
                .custom_counts()
                .find(|(measure, _)| measure.name() == name)
                .map_or(0, |(_, count)| i128::from(count)),
        },
    }
}

/// Whether any of it is on both sides of a sheet.
pub(super) fn is_two_sided(usage: &Usage) -> bool {
    let told = Paper::of(usage).all("impressions_by_colour", "_two_sided");
    usage.two_sided || told.is_some_and(|sides| sides > 0)
}

/// Usage as it is kept: the paper's name without spaces around it, or none.
pub(super) fn plain(usage: &Usage) -> Usage {
    let mut plain = usage.clone();
    plain.media = media(usage).map(Into::into);
    plain
}

fn media(usage: &Usage) -> Option<&str> {
    let media = usage.media.as_deref().map(str::trim);
    media.filter(|media| !media.is_empty())
}

/// The first thing that two jobs did not use alike.
pub(super) fn differing(new: &Usage, old: &Usage) -> Option<&'static str> {
    let (one, other) = (Paper::of(new).given, Paper::of(old).given);
    let order = [
        "pages",
        "colour_pages",
        "mono_pages",
        "impressions",
        "impressions_by_colour.blank",
        "impressions_by_colour.blank_two_sided",
        "impressions_by_colour.full_colour",
        "impressions_by_colour.full_colour_two_sided",
        "impressions_by_colour.highlight_colour",
        "impressions_by_colour.highlight_colour_two_sided",
        "impressions_by_colour.monochrome",
        "impressions_by_colour.monochrome_two_sided",
        "sheets",
        "sheets_by_colour.blank",
        "sheets_by_colour.full_colour",
        "sheets_by_colour.highlight_colour",
        "sheets_by_colour.monochrome",
        "kilobytes",
        "area",
        "length",
        "scans",
        "faxes",
        "points",
    ];
    let custom = |usage: &Usage| usage.custom_counts().collect::<Vec<_>>();
    if let Some(word) = order
        .into_iter()
        .find(|word| one.get(word) != other.get(word))
    {
        return Some(word);
    }
    if new.two_sided != old.two_sided {
        return Some("two_sided");
    }
    if media(new) != media(old) {
        return Some("media");
    }
    (custom(new) != custom(old)).then_some("custom")
}
