//! One line of the history of jobs.

use tympan_core::ids::{EntryId, HoldId, PriceListId, TenantId, UserId};
use tympan_core::ledger::{KeptUsage, ReceiptLine, Usage};
use tympan_core::measure::Currency;
use tympan_core::records::{Config, Entry, EntryText, HoldState, JobKind, Request, Verb};
use tympan_core::time::Timestamp;
use tympan_core::view::View;

/// What has become of what was done for a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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

impl JobState {
    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Settled => "settled",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
            Self::Refused => "refused",
            Self::Charged => "charged",
            Self::PartlyRefunded => "partly_refunded",
            Self::Refunded => "refunded",
            Self::Voided => "voided",
        }
    }
}

/// What was done for a job under one key: it was charged, its cost was set aside, its hold was
/// settled, it was refused, or what it took was given back. Amounts are in the unit of the measure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobLine {
    /// The first entry.
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
    /// The host that it came from, or the digest of it; none where that is not kept, or not any more.
    pub host: Option<String>,
    /// What it used, or was expected to use, as the host counted it.
    pub usage: Option<Usage>,
    /// What it costs, in micros.
    pub cost_micros: Option<i64>,
    /// The currency of the cost.
    pub currency: Option<Currency>,
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

/// What lines are made of.
pub(super) struct Found {
    pub(super) first: Entry,
    pub(super) text: Option<EntryText>,
}

/// Whether an entry is the first of what was done for a job.
pub(super) fn is_job(entry: &Entry) -> bool {
    entry.key.is_some()
        && match entry.request {
            Request::Charge
            | Request::Authorise
            | Request::Settle
            | Request::Refund
            | Request::Void
            | Request::AssignUntracked => true,
            Request::Due
            | Request::Cancel
            | Request::SetBalance
            | Request::Adjust
            | Request::ResetAllowance
            | Request::Extend
            | Request::TopUp
            | Request::PayOut
            | Request::TransferFunds => false,
        }
}

impl JobLine {
    /// A line, from a view that holds the receipt, its hold, and what came back of it.
    pub(super) fn of(found: Found, view: &View, config: &Config, now: Timestamp) -> Self {
        let Found { first, text } = found;
        let tenant = first.tenant;
        let digest = first.key.unwrap_or_default();
        let receipt = view.receipt(tenant, digest).ok().flatten();
        let receipt = receipt.unwrap_or_default();
        let lacking = receipt.last();
        let text = text.filter(|_| first.words_until.is_none_or(|at| now < at));
        let (reason, document, host) = match text {
            Some(text) => (text.reason, text.document, text.host),
            None => (None, None, None),
        };
        Self {
            entry: first.id,
            at: first.at,
            verb: first.verb,
            state: state(&first, view, now),
            user: UserId(first.owner),
            kind: first.job_kind,
            account_code: first.account_code.as_deref().map(str::to_owned),
            document,
            host,
            usage: first.usage.as_ref().map(KeptUsage::usage),
            cost_micros: first.cost_micros,
            currency: first.currency,
            price_list: first.price_list,
            attempt: first.attempt,
            hold: first.hold,
            expires_at: first.expires_at,
            late: first.request == Request::Settle && first.verb == Verb::Charge,
            refunds: first.refunds,
            needed: lacking.and_then(|line| line.needed),
            available: lacking.and_then(|line| line.available),
            actor: first.actor,
            queue: first.queue,
            reason,
            lines: receipt
                .iter()
                .map(|entry| ReceiptLine::of(config, entry))
                .collect(),
        }
    }
}

fn state(first: &Entry, view: &View, now: Timestamp) -> Option<JobState> {
    if first.verb == Verb::Refuse {
        return Some(JobState::Refused);
    }
    match first.request {
        Request::Authorise => {
            let hold = view.hold(first.tenant, first.hold?).ok().flatten()?;
            Some(match hold.state {
                HoldState::Open if hold.expires_at <= now => JobState::Expired,
                HoldState::Open => JobState::Held,
                HoldState::Settled => JobState::Settled,
                HoldState::Cancelled => JobState::Cancelled,
                HoldState::Expired => JobState::Expired,
            })
        }
        Request::Charge | Request::Settle | Request::AssignUntracked => Some(paid(first, view)),
        _ => None,
    }
}

/// What has become of what a job took.
fn paid(first: &Entry, view: &View) -> JobState {
    let digest = first.key.unwrap_or_default();
    let receipt = view.receipt(first.tenant, digest).ok().flatten();
    let (mut taken, mut back) = (0_i128, 0_i128);
    for line in receipt.unwrap_or_default() {
        taken += i128::from(line.carried.unwrap_or(0)) - i128::from(line.amount);
        if let Some(refunded) = refunded(view, first.tenant, line.id) {
            if refunded.1 {
                return JobState::Voided;
            }
            back += i128::from(refunded.0);
        }
    }
    match back {
        0 => JobState::Charged,
        back if back < taken => JobState::PartlyRefunded,
        _ => JobState::Refunded,
    }
}

/// How much of an entry was given back, and whether it was voided.
pub(super) fn refunded(view: &View, tenant: TenantId, entry: EntryId) -> Option<(i64, bool)> {
    let refunded = view.refunded(tenant, entry).ok().flatten()?;
    Some((refunded.amount, refunded.voided))
}
