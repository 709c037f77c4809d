//! Reports.

use tympan::{Error, Handle, Period, ReportFilter, TimeZoneName, UsageReport};

use super::{page, same_words};
use crate::definition::{
    ReportBy, ReportEvery, ReportList, ReportPage, ReportRow, ReportTotal, TextFormat, TextPage,
};

same_words! {
    ReportBy => tympan::ReportBy { Nothing User Group AccountCode }
    ReportEvery => tympan::ReportEvery { Period Day Week Month }
}

impl ReportList {
    pub(crate) fn page(self, handle: &Handle) -> Result<ReportPage, Error> {
        let page = page(self.after.clone(), self.limit)?;
        let found = handle.report(&self.report()?, &page)?;
        Ok(ReportPage {
            rows: found.rows.into_iter().map(ReportRow::from).collect(),
            next: found.next,
        })
    }

    pub(crate) fn text(self, handle: &Handle, format: TextFormat) -> Result<TextPage, Error> {
        let page = page(self.after.clone(), self.limit)?;
        let found = handle.report_text(&self.report()?, format.into(), &page)?;
        Ok(TextPage {
            rows: found.rows,
            next: found.next,
        })
    }

    /// # Errors
    /// `unknown_time_zone`.
    fn report(self) -> Result<UsageReport, Error> {
        let zone = self.time_zone.as_deref().map(TimeZoneName::parse);
        Ok(UsageReport {
            period: Period {
                since: self.since,
                until: self.until,
            },
            by: self.by.unwrap_or(ReportBy::Nothing).into(),
            every: self.every.unwrap_or(ReportEvery::Period).into(),
            time_zone: zone.transpose()?.unwrap_or(TimeZoneName::UTC),
            filter: ReportFilter {
                user: self.user,
                group: self.group,
                account_code: self.account_code,
                job_kind: self.kind.map(Into::into),
            },
        })
    }
}

impl From<tympan::ReportRow> for ReportRow {
    fn from(row: tympan::ReportRow) -> Self {
        let (mut user, mut group, mut account_code) = (None, None, None);
        match row.subject {
            tympan::ReportSubject::Everybody => {}
            tympan::ReportSubject::User(of) => user = Some(of),
            tympan::ReportSubject::Group(of) => group = of,
            tympan::ReportSubject::AccountCode(of) => account_code = of,
        }
        Self {
            since: row.since,
            until: row.until,
            user,
            group,
            account_code,
            name: row.name,
            totals: row.totals.into_iter().map(ReportTotal::from).collect(),
        }
    }
}

impl From<tympan::ReportTotal> for ReportTotal {
    fn from(total: tympan::ReportTotal) -> Self {
        Self {
            measure: total.measure.name().into_owned(),
            used: total.used,
            charged: total.charged,
            refunded: total.refunded,
            net: total.net(),
        }
    }
}
