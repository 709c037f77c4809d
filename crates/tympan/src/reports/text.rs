//! Reports as text.

use serde::Serialize;
use tympan_core::error::Error;
use tympan_core::time::Timestamp;

use super::{ReportRow, ReportSubject, ReportTotal, UsageReport};
use crate::handle::Handle;
use crate::page::{Page, PageRequest};
use crate::text_lines::TextFormat;

/// A line of text. Amounts are decimals in the unit: exact, and money in the currency's major unit.
#[derive(Default, Serialize)]
struct TextLine {
    since: Option<String>,
    until: Option<String>,
    subject: Option<String>,
    name: Option<String>,
    unit: String,
    used: String,
    charged: String,
    refunded: String,
    net: String,
}

impl Handle {
    /// A report as lines of text, each with its end: written one after the other, page by page, they
    /// are a file. One line for each total of each row, in the order of [`Handle::report`]; a page
    /// has the lines of as many rows as it was asked for.
    ///
    /// # Errors
    /// Those of [`Handle::report`].
    pub fn report_text(
        &self,
        report: &UsageReport,
        format: TextFormat,
        page: &PageRequest,
    ) -> Result<Page<String>, Error> {
        let found = self.report(report, page)?;
        format.page(page, found, |row| {
            let totals = row.totals.iter();
            totals.map(|total| line(format, row, total)).collect()
        })
    }
}

fn line(format: TextFormat, row: &ReportRow, total: &ReportTotal) -> TextLine {
    let time = |at: Option<Timestamp>| at.map(|at| at.to_string());
    let number = |amount| total.measure.number(amount);
    TextLine {
        since: time(row.since),
        until: time(row.until),
        subject: match &row.subject {
            ReportSubject::User(user) => Some(user.to_string()),
            ReportSubject::Group(group) => group.map(|group| group.to_string()),
            ReportSubject::Everybody | ReportSubject::AccountCode(_) => None,
        },
        name: format.words(row.name.as_deref()),
        unit: total.measure.unit().into_owned(),
        used: number(total.used),
        charged: number(total.charged),
        refunded: number(total.refunded),
        net: number(total.net()),
    }
}
