//! Reports: what jobs used and wallets gave for them, in total.

pub(crate) mod receipts;
mod subjects;
mod tally;
mod text;

use serde::{Deserialize, Serialize};
use tympan_core::commands::REPORT;
use tympan_core::error::Error;
use tympan_core::ids::{GroupId, Ids, TenantId, UserId};
use tympan_core::measure::Measure;
use tympan_core::queries::from_cursor;
use tympan_core::records::JobKind;
use tympan_core::time::{TimeZoneName, Timestamp};

use crate::handle::Handle;
use crate::page::{Page, PageRequest};
use crate::statement::Period;
use tally::Tally;

/// Whose jobs a row of a report adds up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReportBy {
    /// Everybody's.
    #[default]
    Nothing,
    /// Each user's.
    User,
    /// Those of the users of each group.
    Group,
    /// Those booked to each account code.
    AccountCode,
}

/// The stretch of time that a row of a report adds up, by the clocks of a time zone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReportEvery {
    /// All of the period.
    #[default]
    Period,
    /// A day.
    Day,
    /// A week, which begins on Monday.
    Week,
    /// A month.
    Month,
}

/// Which jobs a report counts; what is left out does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReportFilter {
    /// Only those of a user.
    pub user: Option<UserId>,
    /// Only those of the users who are in a group now.
    pub group: Option<GroupId>,
    /// Only those booked to an account code, exactly as it is written.
    pub account_code: Option<String>,
    /// Only those of a kind; a job of no stated kind counts as printed.
    pub job_kind: Option<JobKind>,
}

/// What a report is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsageReport {
    /// From when until when.
    pub period: Period,
    /// Whose jobs a row adds up.
    pub by: ReportBy,
    /// Which stretch of time a row adds up.
    pub every: ReportEvery,
    /// By whose clocks days, weeks and months begin.
    pub time_zone: TimeZoneName,
    /// Which jobs it counts.
    pub filter: ReportFilter,
}

impl UsageReport {
    /// Everything in one row, by the clocks of UTC.
    #[must_use]
    pub fn of(period: Period) -> Self {
        Self {
            period,
            by: ReportBy::Nothing,
            every: ReportEvery::Period,
            time_zone: TimeZoneName::UTC,
            filter: ReportFilter::default(),
        }
    }

    /// The same with a row for each of something.
    #[must_use]
    pub fn by(mut self, by: ReportBy) -> Self {
        self.by = by;
        self
    }

    /// The same with a row for each stretch of time.
    #[must_use]
    pub fn every(mut self, every: ReportEvery) -> Self {
        self.every = every;
        self
    }
}

/// Whose jobs they are.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReportSubject {
    /// Everybody's.
    Everybody,
    /// A user's.
    User(UserId),
    /// Those of the users of a group; none: of those who are in no group.
    Group(Option<GroupId>),
    /// Those booked to an account code; none: those booked to none.
    AccountCode(Option<String>),
}

/// How much of a measure, in its unit: micros for a cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReportTotal {
    /// What is counted.
    pub measure: Measure,
    /// What jobs used, as the host counted it, or what they cost: less that of voided ones.
    pub used: i64,
    /// What wallets gave for it, what was carried into what plans give next included.
    pub charged: i64,
    /// What of that was given back by refunds and voids.
    pub refunded: i64,
}

impl ReportTotal {
    /// What wallets gave and did not get back.
    #[must_use]
    pub fn net(&self) -> i64 {
        // Both are not negative.
        self.charged.saturating_sub(self.refunded)
    }
}

/// One row of a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportRow {
    /// When its stretch of time begins; none: with the period.
    pub since: Option<Timestamp>,
    /// When it has ended; none: with the period.
    pub until: Option<Timestamp>,
    /// Whose jobs they are.
    pub subject: ReportSubject,
    /// What the user or group is called now; the account code.
    pub name: Option<String>,
    /// What comes to more than nothing, in the order of measures.
    pub totals: Vec<ReportTotal>,
}

/// Where a row stands in the order of a report.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct RowPlace {
    pub(crate) since: Timestamp,
    pub(crate) subject: ReportSubject,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ReportPlace {
    tenant: TenantId,
    by: ReportBy,
    every: ReportEvery,
    row: RowPlace,
}

impl Handle {
    /// What jobs used and wallets gave for them, in total: a row for each stretch of time and
    /// subject of whose jobs any counted, in the order of time, then of users' and groups' ids or
    /// account codes.
    ///
    /// A job counts when it is charged: at its charge or settlement. What was given back counts when
    /// it was, whenever the job was, and so does the voiding of a job: what a report said of a time
    /// that is over never changes. Account codes are those that jobs were booked to; groups are those
    /// that users are in at the time of asking, and a user of two counts in both.
    ///
    /// It takes time for every entry of the ledger since the beginning of the period, for each page
    /// anew, and memory for one page.
    ///
    /// # Errors
    /// `unknown_tenant`; `denied` without `report.view`; `invalid_cursor`; `invalid_value` for a
    /// period that ends before it begins; `amount_overflow` where a total does not fit into 63 bits.
    pub fn report(
        &self,
        report: &UsageReport,
        page: &PageRequest,
    ) -> Result<Page<ReportRow>, Error> {
        self.permit(REPORT, None)?;
        report.period.check()?;
        let (tenant, by, every) = (self.tenant.id, report.by, report.every);
        let belongs =
            |place: &ReportPlace| (place.tenant, place.by, place.every) == (tenant, by, every);
        let after = page.after.as_deref();
        let after = after.map(|cursor| from_cursor(cursor, belongs).map(|place| place.row));
        self.close(report.period)?;
        let snapshot = self.engine.store.snapshot()?;
        let config = self.configured()?;
        let tally = Tally::new(report, after.transpose()?, page.rows() + 1);
        let rows = tally.of(&*snapshot, tenant, &config)?;
        let rows = subjects::named(&*snapshot, tenant, &config, rows)?;
        Ok(Page::of(page, rows, |row: &ReportRow| ReportPlace {
            tenant,
            by,
            every,
            row: RowPlace {
                since: row.since.unwrap_or_default(),
                subject: row.subject.clone(),
            },
        }))
    }

    /// Nothing is decided any more in a period that is over: what others are committing at this
    /// moment is in this report of it, or counts later.
    fn close(&self, period: Period) -> Result<(), Error> {
        if let Some(until) = period.until
            && until <= self.engine.now()?
        {
            self.engine
                .store
                .settle(Some(Ids::lowest_at(until.millis())))?;
        }
        Ok(())
    }
}
