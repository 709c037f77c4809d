//! The history of jobs as text.

use serde::Serialize;
use tympan_core::error::Error;
use tympan_core::ids::UserId;
use tympan_core::ledger::Usage;
use tympan_core::measure::Measure;
use tympan_core::records::JobKind;

use super::{JobLine, JobState};
use crate::handle::Handle;
use crate::page::{Page, PageRequest};
use crate::statement::Period;
use crate::text_lines::TextFormat;

/// A line of text.
#[derive(Default, Serialize)]
struct TextLine {
    at: String,
    entry: String,
    verb: &'static str,
    state: Option<&'static str>,
    user: String,
    kind: Option<&'static str>,
    account_code: Option<String>,
    queue: Option<String>,
    document: Option<String>,
    host: Option<String>,
    total_pages: Option<i64>,
    colour_pages: Option<i64>,
    sheets: Option<i64>,
    /// What it costs, in the major unit of the currency.
    cost: Option<String>,
    currency: Option<String>,
    /// What each wallet gave or got, as exact decimals: `allowance -12 total_pages; own_funds -0.40
    /// EUR`; of wallets that somebody shares, whose.
    wallets: String,
    attempt: i32,
    hold: Option<String>,
    refunds: Option<String>,
    actor: Option<String>,
    reason: Option<String>,
}

impl Handle {
    /// [`Handle::jobs`] as lines of text, each with its end: written one after the other, page by
    /// page, they are a file.
    ///
    /// # Errors
    /// Those of [`Handle::jobs`].
    pub fn jobs_text(
        &self,
        period: Period,
        format: TextFormat,
        page: &PageRequest,
    ) -> Result<Page<String>, Error> {
        let found = self.jobs(period, page)?;
        format.page(page, found, |job| vec![line(format, job)])
    }

    /// [`Handle::user_jobs`] as lines of text, as [`Handle::jobs_text`] writes them.
    ///
    /// # Errors
    /// Those of [`Handle::user_jobs`].
    pub fn user_jobs_text(
        &self,
        user: UserId,
        period: Period,
        format: TextFormat,
        page: &PageRequest,
    ) -> Result<Page<String>, Error> {
        let found = self.user_jobs(user, period, page)?;
        format.page(page, found, |job| vec![line(format, job)])
    }
}

fn line(format: TextFormat, job: &JobLine) -> TextLine {
    let wallets = job.lines.iter().map(|line| {
        let (kind, unit) = (line.kind.as_str(), line.measure.unit());
        let amount = line.measure.number(line.amount);
        match line.user == job.user {
            true => format!("{kind} {amount} {unit}"),
            false => format!("{kind} {amount} {unit} of {}", line.user),
        }
    });
    let count = |count: fn(&Usage) -> i64| job.usage.as_ref().map(count);
    TextLine {
        at: job.at.to_string(),
        entry: job.entry.to_string(),
        verb: job.verb.as_str(),
        state: job.state.map(JobState::as_str),
        user: job.user.to_string(),
        kind: job.kind.map(JobKind::as_str),
        account_code: format.words(job.account_code.as_deref()),
        queue: format.words(job.queue.as_deref()),
        document: format.words(job.document.as_deref()),
        host: format.words(job.host.as_deref()),
        total_pages: count(Usage::total_pages),
        colour_pages: count(Usage::colour_pages),
        sheets: count(Usage::total_sheets),
        cost: job
            .currency
            .zip(job.cost_micros)
            .map(|(currency, micros)| Measure::Cost(currency).number(micros)),
        currency: job.currency.map(|currency| currency.code().to_owned()),
        wallets: wallets.collect::<Vec<_>>().join("; "),
        attempt: job.attempt,
        hold: job.hold.map(|hold| hold.to_string()),
        refunds: job.refunds.map(|entry| entry.to_string()),
        actor: job.actor.map(|user| user.to_string()),
        reason: format.words(job.reason.as_deref()),
    }
}
