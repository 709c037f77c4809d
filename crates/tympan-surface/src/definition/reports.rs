//! Reports: what jobs used and wallets gave for them, in total.

use crate::definition::{GroupId, JobKind, TextFormat, TextPage, UserId};
use crate::{Call, Timestamp, Tympan};

/// Whose jobs a row of a report adds up.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ReportBy {
    /// Everybody's.
    Nothing,
    /// Each user's.
    User,
    /// Those of the users of each group.
    Group,
    /// Those booked to each account code.
    AccountCode,
}

/// The stretch of time that a row of a report adds up, by the clocks of a time zone.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ReportEvery {
    /// All of the period.
    Period,
    /// A day.
    Day,
    /// A week, which begins on Monday.
    Week,
    /// A month.
    Month,
}

/// What a report is about, and which of its rows to read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ReportList {
    /// Whose jobs a row adds up; none: everybody's.
    pub by: Option<ReportBy>,
    /// Which stretch of time a row adds up; none: all of the period.
    pub every: Option<ReportEvery>,
    /// By whose clocks days, weeks and months begin, `Europe/Berlin`; none: UTC.
    pub time_zone: Option<String>,
    /// The first instant of the period; none: from the first job.
    pub since: Option<Timestamp>,
    /// The first instant that no longer belongs to it; none: to the newest job.
    pub until: Option<Timestamp>,
    /// Only jobs of a user.
    pub user: Option<UserId>,
    /// Only jobs of the users who are in a group now.
    pub group: Option<GroupId>,
    /// Only jobs booked to an account code, exactly as it is written.
    pub account_code: Option<String>,
    /// Only jobs of a kind; a job of no stated kind counts as printed.
    pub kind: Option<JobKind>,
    /// The cursor of an earlier page of the same report, as it was given; none: the first page.
    pub after: Option<String>,
    /// At most so many rows, 1 to 999; none: 50.
    pub limit: Option<i32>,
}

/// How much of a measure, in its unit: micros for a cost.
#[derive(Clone, Debug, PartialEq)]
pub struct ReportTotal {
    /// What is counted: `total_pages`, `cost:EUR` and so on.
    pub measure: String,
    /// What jobs used, as the host counted it, or what they cost: less that of voided ones.
    pub used: i64,
    /// What wallets gave for it, what was carried into what plans give next included.
    pub charged: i64,
    /// What of that was given back by refunds and voids.
    pub refunded: i64,
    /// What wallets gave and did not get back.
    pub net: i64,
}

/// One row of a report.
#[derive(Clone, Debug, PartialEq)]
pub struct ReportRow {
    /// When its stretch of time begins; none: with the period.
    pub since: Option<Timestamp>,
    /// When it has ended; none: with the period.
    pub until: Option<Timestamp>,
    /// By user: whose jobs.
    pub user: Option<UserId>,
    /// By group: whose users' jobs; none: of those who are in no group.
    pub group: Option<GroupId>,
    /// By account code: booked to which; none: to none.
    pub account_code: Option<String>,
    /// What the user or group is called now; the account code.
    pub name: Option<String>,
    /// What comes to more than nothing, in the order of measures.
    pub totals: Vec<ReportTotal>,
}

/// One page of a report.
#[derive(Clone, Debug, PartialEq)]
pub struct ReportPage {
    /// The rows, in the order of time, then of users' and groups' ids or account codes.
    pub rows: Vec<ReportRow>,
    /// The cursor for the next page; none: this was the last.
    pub next: Option<String>,
}

impl Tympan {
    /// What jobs used and wallets gave for them, in total, page by page. A job counts when it is
    /// charged, at its charge or settlement; what was given back, and the voiding of a job, when
    /// that was: what a report said of a time that is over never changes. Account codes are those
    /// that jobs were booked to; groups are those that users are in at the time of asking, and a user
    /// of two counts in both.
    ///
    /// # Errors
    /// `denied` without `report.view`; `invalid_cursor`; `invalid_value` for the limit, and for a
    /// period that ends before it begins; `unknown_time_zone`; `amount_overflow` where a total does
    /// not fit into 63 bits.
    pub fn report(&self, options: ReportList) -> Call<ReportPage> {
        self.ask_checked(move |handle| options.page(handle))
    }

    /// A report as lines of text: written one after the other they are a file for a spreadsheet, or
    /// for a program. One line for each total of each row; amounts are exact decimals in the unit
    /// that stands beside them, and money is in the currency's major unit.
    ///
    /// # Errors
    /// Those of [`Tympan::report`].
    pub fn report_text(&self, format: TextFormat, options: ReportList) -> Call<TextPage> {
        self.ask_checked(move |handle| options.text(handle, format))
    }
}
