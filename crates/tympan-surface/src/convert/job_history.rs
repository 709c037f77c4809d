//! The history of jobs.

use tympan::{Error, Handle, Page, PageRequest, Period, UserId};

use super::{page, same_words};
use crate::definition::{JobLine, JobList, JobPage, JobState, ReceiptLine, TextFormat, TextPage};

same_words! {
    tympan::JobState => JobState {
        Held Settled Cancelled Expired Refused Charged PartlyRefunded Refunded Voided
    }
}

impl JobList {
    pub(crate) fn page(self, handle: &Handle) -> Result<JobPage, Error> {
        let (period, page) = self.parts()?;
        handle.jobs(period, &page).map(JobPage::from)
    }

    pub(crate) fn page_of(self, handle: &Handle, user: UserId) -> Result<JobPage, Error> {
        let (period, page) = self.parts()?;
        handle.user_jobs(user, period, &page).map(JobPage::from)
    }

    pub(crate) fn text(self, handle: &Handle, format: TextFormat) -> Result<TextPage, Error> {
        let (period, page) = self.parts()?;
        handle.jobs_text(period, format.into(), &page).map(text)
    }

    pub(crate) fn text_of(
        self,
        handle: &Handle,
        user: UserId,
        format: TextFormat,
    ) -> Result<TextPage, Error> {
        let (period, page) = self.parts()?;
        let found = handle.user_jobs_text(user, period, format.into(), &page)?;
        Ok(text(found))
    }

    fn parts(self) -> Result<(Period, PageRequest), Error> {
        let period = Period {
            since: self.since,
            until: self.until,
        };
        Ok((period, page(self.after, self.limit)?))
    }
}

/// How many jobs' words were erased.
pub(crate) fn erase_words(handle: &Handle) -> Result<i64, Error> {
    handle.erase_words().map(i64::from)
}

fn text(found: Page<String>) -> TextPage {
    TextPage {
        rows: found.rows,
        next: found.next,
    }
}

impl From<Page<tympan::JobLine>> for JobPage {
    fn from(found: Page<tympan::JobLine>) -> Self {
        Self {
            rows: found.rows.into_iter().map(JobLine::from).collect(),
            next: found.next,
            end: found.end,
        }
    }
}

impl From<tympan::JobLine> for JobLine {
    fn from(line: tympan::JobLine) -> Self {
        Self {
            entry: line.entry,
            at: line.at,
            verb: line.verb.into(),
            state: line.state.map(Into::into),
            user: line.user,
            kind: line.kind.map(Into::into),
            account_code: line.account_code,
            queue: line.queue,
            document: line.document,
            host: line.host,
            usage: line.usage.map(Into::into),
            cost_micros: line.cost_micros,
            currency: line.currency.map(|currency| currency.code().to_owned()),
            price_list: line.price_list,
            attempt: line.attempt,
            hold: line.hold,
            expires_at: line.expires_at,
            late: line.late,
            refunds: line.refunds,
            needed: line.needed,
            available: line.available,
            actor: line.actor,
            reason: line.reason,
            lines: line.lines.into_iter().map(ReceiptLine::from).collect(),
        }
    }
}
