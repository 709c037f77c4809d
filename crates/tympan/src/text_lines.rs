//! Lists as text: for spreadsheets, and for programs.

use serde::Serialize;
use tympan_core::error::{Code, Error};

use crate::page::{Page, PageRequest};

/// How a list is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextFormat {
    /// Values with commas between them, as RFC 4180 says, the names of the columns first. A text that
    /// a spreadsheet would take for a formula begins with an apostrophe.
    Csv,
    /// One JSON object a line.
    JsonLines,
}

impl TextFormat {
    /// A page of a list as text: the lines of each row, behind the names of the columns on the first
    /// page.
    pub(crate) fn page<T, L: Serialize + Default>(
        self,
        request: &PageRequest,
        found: Page<T>,
        lines: impl Fn(&T) -> Vec<L>,
    ) -> Result<Page<String>, Error> {
        let header = match request.after {
            None => self.header(&L::default())?,
            Some(_) => None,
        };
        let lines = found.rows.iter().flat_map(lines);
        let lines = lines.map(|line| self.line(&line));
        Ok(Page {
            rows: header
                .into_iter()
                .map(Ok)
                .chain(lines)
                .collect::<Result<_, _>>()?,
            next: found.next,
            end: found.end,
        })
    }

    /// The line with the names of the columns, where there is one.
    pub(crate) fn header(self, line: &impl Serialize) -> Result<Option<String>, Error> {
        match self {
            Self::JsonLines => Ok(None),
            Self::Csv => {
                let both = csv_text(line, true)?;
                Ok(both.split_inclusive("\r\n").next().map(str::to_owned))
            }
        }
    }

    /// One line, with its end.
    pub(crate) fn line(self, line: &impl Serialize) -> Result<String, Error> {
        match self {
            Self::Csv => csv_text(line, false),
            Self::JsonLines => {
                let mut text = serde_json::to_string(line).map_err(internal)?;
                text.push('\n');
                Ok(text)
            }
        }
    }

    /// Somebody else's words, which must not begin to count in a spreadsheet.
    pub(crate) fn words(self, words: Option<&str>) -> Option<String> {
        let counts = |words: &str| words.starts_with(['=', '+', '-', '@', '\t', '\r']);
        words.map(|words| match self == Self::Csv && counts(words) {
            true => format!("'{words}"),
            false => words.to_owned(),
        })
    }
}

fn csv_text(line: &impl Serialize, with_names: bool) -> Result<String, Error> {
    let mut writer = csv::WriterBuilder::new()
        .has_headers(with_names)
        .terminator(csv::Terminator::CRLF)
        .from_writer(Vec::new());
    writer.serialize(line).map_err(internal)?;
    let bytes = writer.into_inner().map_err(internal)?;
    String::from_utf8(bytes).map_err(internal)
}

fn internal(error: impl std::fmt::Display) -> Error {
    let message = format!("a line of text was not written: {error}");
    Error::new(Code::Internal, message)
}
