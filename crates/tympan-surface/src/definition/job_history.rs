//! The history of jobs: what was done for each, and what became of it.

use crate::convert::erase_words;
use crate::definition::{
    EntryId, HoldId, JobKind, PriceListId, ReceiptLine, TextFormat, TextPage, Usage, UserId, Verb,
};
use crate::{Call, Timestamp, Tympan};

/// What has become of what was done for a job.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum JobState {
    /// Its cost is set aside.
    Held,
    /// What was set aside for it was settled: the settlement has a line of its own.
    Settled,
    /// What was set aside for it was given back on request.
    Cancelled,
    /// What was set aside for it was given back because its time was over.
    Expired,
    /// It was refused.
    Refused,
    /// It was charged.
    Charged,
    /// Some of what it took was given back.
    PartlyRefunded,
    /// All that it took was given back.
    Refunded,
    /// It was voided.
    Voided,
}

/// What was done for a job under one key: it was charged, its cost was set aside, its hold was
/// settled, it was refused, or what it took was given back. Amounts are in the unit of the measure.
#[derive(Clone, Debug, PartialEq)]
pub struct JobLine {
    /// The id of the first entry.
    pub entry: EntryId,
    /// When it was decided.
    pub at: Timestamp,
    /// What was done.
    pub verb: Verb,
    /// What has become of it; none for what was given back.
    pub state: Option<JobState>,
    /// Whose job.
    pub user: UserId,
    /// What kind of job, if the host said so.
    pub kind: Option<JobKind>,
    /// The account code that it is booked to.
    pub account_code: Option<String>,
    /// The queue that it went to.
    pub queue: Option<String>,
    /// What its document is called, or the digest of it; none where that is not kept, or not any
    /// more.
    pub document: Option<String>,
    /// The host that it came from, or the digest of it; none where that is not kept, or not any
    /// more.
    pub host: Option<String>,
    /// What it used, or was expected to use, with the totals of pages, impressions and sheets that
    /// the host did not give.
    pub usage: Option<Usage>,
    /// What it costs, in micros.
    pub cost_micros: Option<i64>,
    /// The currency of the cost, as ISO 4217 writes it: `EUR`.
    pub currency: Option<String>,
    /// The price list that said so; none for a cost that the caller stated.
    pub price_list: Option<PriceListId>,
    /// Which attempt under the key.
    pub attempt: i32,
    /// The hold that was made or settled.
    pub hold: Option<HoldId>,
    /// When the hold is given back by itself, as it was made.
    pub expires_at: Option<Timestamp>,
    /// Whether a settlement came after its hold had expired, and was charged in one step.
    pub late: bool,
    /// Of what was given back: the entry that had taken it.
    pub refunds: Option<EntryId>,
    /// Of a refusal: how much was needed of the last line's measure.
    pub needed: Option<i64>,
    /// Of a refusal: how much was available.
    pub available: Option<i64>,
    /// Who did it; none for the host itself.
    pub actor: Option<UserId>,
    /// Why it was done, if somebody said so.
    pub reason: Option<String>,
    /// Each wallet's part.
    pub lines: Vec<ReceiptLine>,
}

/// Which lines of the history of jobs to read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct JobList {
    /// The first instant of the period; none: from the first job.
    pub since: Option<Timestamp>,
    /// The first instant that no longer belongs to it; none: to the newest job.
    pub until: Option<Timestamp>,
    /// The cursor of an earlier page of the same list, as it was given; none: the first page.
    pub after: Option<String>,
    /// At most so many rows, 1 to 999; none: 50.
    pub limit: Option<i32>,
}

/// One page of the history of jobs.
#[derive(Clone, Debug, PartialEq)]
pub struct JobPage {
    /// The lines.
    pub rows: Vec<JobLine>,
    /// The cursor for the next page; none: this was the last.
    pub next: Option<String>,
    /// The cursor behind the last row of this page, be there more or not; none if there was never
    /// a row. Whoever copies everybody's jobs elsewhere keeps it, and asks again later.
    pub end: Option<String>,
}

impl Tympan {
    /// What was done for everybody's jobs over a period, oldest first, page by page: a line for each
    /// charge, hold, settlement, refusal, refund and voiding. The list grows at its end.
    ///
    /// # Errors
    /// `denied` without `report.view`; `invalid_cursor`; `invalid_value` for the limit, and for a
    /// period that ends before it begins.
    pub fn jobs(&self, options: JobList) -> Call<JobPage> {
        self.ask_checked(move |handle| options.page(handle))
    }

    /// What was done for a user's jobs over a period, newest first, page by page.
    ///
    /// # Errors
    /// `denied` without `report.view`, unless it is the actor's own; else those of
    /// [`Tympan::jobs`].
    pub fn user_jobs(&self, user: UserId, options: JobList) -> Call<JobPage> {
        self.ask_checked(move |handle| options.page_of(handle, user))
    }

    /// Everything that was done for a job, oldest first: by the key of its charge or its hold, every
    /// attempt under it, its settlement, and what was given back. Nothing for a key that was never
    /// used for a job; by the key of a settlement, all from it on.
    ///
    /// # Errors
    /// `denied` without `report.view`; `invalid_key`.
    pub fn job(&self, key: String) -> Call<Vec<JobLine>> {
        self.ask_all(move |handle| handle.job(&key))
    }

    /// Erases the names of documents and hosts that profiles keep for so many days, where those are
    /// over, of 500 jobs at most; how many jobs' that were. Whoever wants all gone asks until it is 0.
    /// Nobody sees them any more as it is: this is for hosts that want the bytes gone. What proves the
    /// entries stays whole. Each time is told of in the audit events, before it is done.
    ///
    /// # Errors
    /// `denied` without `tenant.edit`; those of the store.
    pub fn erase_words(&self) -> Call<i64> {
        self.ask_checked(erase_words)
    }

    /// What was done for everybody's jobs as lines of text: written one after the other they are a
    /// file for a spreadsheet, or for a program.
    ///
    /// # Errors
    /// Those of [`Tympan::jobs`].
    pub fn jobs_text(&self, format: TextFormat, options: JobList) -> Call<TextPage> {
        self.ask_checked(move |handle| options.text(handle, format))
    }

    /// What was done for a user's jobs as lines of text, as [`Tympan::jobs_text`] writes them.
    ///
    /// # Errors
    /// Those of [`Tympan::user_jobs`].
    pub fn user_jobs_text(
        &self,
        user: UserId,
        format: TextFormat,
        options: JobList,
    ) -> Call<TextPage> {
        self.ask_checked(move |handle| options.text_of(handle, user, format))
    }
}
