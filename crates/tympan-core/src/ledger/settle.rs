//! Settling a hold with what the job really used.

use crate::command::{Command, Context, Decide, Decision, Preparation, Stop};
use crate::error::{Code, Error};
use crate::ids::{HoldId, TenantId};
use crate::ledger::allocate::{Beyond, Take, Takes, allocate, keep, own_first};
use crate::ledger::book::Book;
use crate::ledger::charge::{Job, StatedCost, repeat};
use crate::ledger::details::JobDetails;
use crate::ledger::receipt::{IdempotencyKey, PreparedKey, Receipt};
use crate::ledger::shared::users_of;
use crate::ledger::usage::Usage;
use crate::people::Refusals;
use crate::permissions::{JOB_CHARGE, Requirement, configured};
use crate::records::{Entry, Extra, Hold, HoldPart, HoldState, Request, Verb};
use crate::view::{Follow, Key, ReadSet, View};

/// Settles a hold: what was held goes back, and what the job really used is taken. A settle that
/// comes after its hold has expired is charged in one step and says so, for the paper is printed;
/// there is nothing held then, so that `Deny` takes what is available.
///
/// What was held is there to be taken whatever happened meanwhile: where the plan has ended, the
/// profile was changed, or the limit lowered (what then lies below it is a debt on record). Where no
/// price names the currency any more in which money was held, the job costs what was held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settle {
    /// The hold.
    pub hold: HoldId,
    /// The settlement's own key.
    pub key: IdempotencyKey,
    /// What the job used.
    pub usage: Usage,
    /// The queue it went to.
    pub queue: Option<String>,
    /// What it costs, instead of what the price list says.
    pub cost: Option<StatedCost>,
    /// What to do about more than was held.
    pub extra: Extra,
}

impl Settle {
    /// A settlement by the price list of the user's profile.
    pub fn new(hold: HoldId, key: impl Into<IdempotencyKey>, usage: Usage, extra: Extra) -> Self {
        Self {
            hold,
            key: key.into(),
            usage,
            queue: None,
            cost: None,
            extra,
        }
    }

    /// The same settlement for a job on a queue.
    #[must_use]
    pub fn queue(mut self, queue: impl Into<String>) -> Self {
        self.queue = Some(queue.into());
        self
    }
}

/// A settlement with everything checked that needs no view.
#[derive(Debug)]
pub struct PreparedSettle {
    hold: HoldId,
    key: PreparedKey,
    job: Job,
    extra: Extra,
}

impl Command for Settle {
    type Prepared = PreparedSettle;
    const NAME: &'static str = Request::Settle.as_str();
    const REQUIRES: Requirement = Requirement::Permission(JOB_CHARGE);

    fn prepare(&self, preparation: &mut Preparation<'_>) -> Result<PreparedSettle, Error> {
        let mut refusals = Refusals::default();
        let key = refusals.prepared(self.key.prepare(preparation.tenant));
        let queue = self.queue.as_deref();
        let job = refusals.prepared(Job::prepare(
            &self.usage,
            queue,
            self.cost,
            &JobDetails::default(),
        ));
        let (key, job) = refusals.all(key.zip(job))?;
        Ok(PreparedSettle {
            hold: self.hold,
            key,
            job,
            extra: self.extra,
        })
    }
}

impl Decide for PreparedSettle {
    type Reply = Receipt;

    fn reads(&self, tenant: TenantId) -> ReadSet {
        let mut set = self.key.reads(tenant);
        set.extend(hold_reads(tenant, self.hold));
        set
    }

    fn decide(&self, view: &View, context: &mut Context<'_>) -> Result<Decision<Receipt>, Stop> {
        let config = configured(view, context.tenant)?;
        if let Some(entries) = self.key.answered(view, context.tenant)? {
            let differs = entries.first().and_then(|entry| self.differs(entry));
            return repeat(config, entries, differs);
        }
        let hold = unresolved(view, context.tenant, self.hold)?;
        let users = users_of(view, context.tenant, hold)?;
        let mut book = Book::open_both(view, context, config, users)?;
        let parts: Vec<HoldPart> = book
            .wallets
            .hold_parts
            .extract_if(.., |part| part.hold == hold.id)
            .collect();
        let late = hold.state == HoldState::Expired || hold.expires_at <= book.now;
        let verb = if late { Verb::Charge } else { Verb::Settle };
        let (mut demands, mut entry) = self.job.demands(
            &mut book,
            (verb, Request::Settle),
            (hold.shared_order, &parts),
        )?;
        entry.hold = Some(hold.id);
        entry.extra = Some(self.extra);
        entry.job_kind = hold.job_kind;

        keep(&mut demands, &parts, &book, &self.job.recorded(&book))?;
        if self.extra == Extra::Deny && !late {
            for demand in &mut demands {
                demand.limit_to_kept()?;
            }
        }
        let beyond = match self.extra {
            Extra::Deny | Extra::TakeAvailable => Beyond::TakeAvailable,
            Extra::TakeAndOwe => Beyond::Owe,
        };
        // What was held is free for this settlement, and given back line by line below.
        for part in &parts {
            release(&mut book, part, -part.amount)?;
        }
        let takes = allocate(&book, &demands, beyond)?.map_err(|_| Error::of(Code::Internal))?;
        for part in &parts {
            release(&mut book, part, part.amount)?;
        }

        book.begin_receipt();
        book.settle_hold(hold, &self.key);
        write_lines(&mut book, context, &entry, takes, &parts)?;
        book.close(view, context, &self.key, None)
    }
}

impl PreparedSettle {
    fn differs(&self, entry: &Entry) -> Option<&'static str> {
        if entry.request != Request::Settle {
            return Some("command");
        }
        if entry.hold != Some(self.hold) {
            return Some("hold");
        }
        if entry.extra != Some(self.extra) {
            return Some("extra");
        }
        self.job.differs(entry)
    }
}

/// One entry per wallet: what is taken, and what it gives back of the hold.
fn write_lines(
    book: &mut Book<'_>,
    context: &mut Context<'_>,
    template: &Entry,
    takes: Takes,
    parts: &[HoldPart],
) -> Result<(), Error> {
    let mut lines = takes;
    for part in parts {
        let wallet = book
            .position(part.wallet())
            .ok_or_else(|| Error::of(Code::Internal))?;
        if !lines.iter().any(|line| line.wallet == wallet) {
            lines.push(Take::nothing(wallet));
        }
    }
    for line in own_first(book, lines)? {
        let key = book.wallet(line.wallet)?.key();
        let held: i64 = parts
            .iter()
            .filter(|part| part.wallet() == key)
            .map(|part| part.amount)
            .sum();
        let mut entry = template.clone();
        entry.amount = Book::checked(line.amount.checked_neg())?;
        entry.held = -held;
        entry.debt = (line.debt != 0).then_some(line.debt);
        entry.carried = (line.carried != 0).then_some(line.carried);
        entry.denied = (line.denied != 0).then_some(line.denied);
        book.write(context, line.wallet, entry)?;
    }
    Ok(())
}

fn release(book: &mut Book<'_>, part: &HoldPart, amount: i64) -> Result<(), Error> {
    let index = book
        .position(part.wallet())
        .ok_or_else(|| Error::of(Code::Internal))?;
    if let Some(wallet) = book.wallets.wallets.get_mut(index) {
        wallet.held = Book::checked(wallet.held.checked_add(amount))?;
    }
    Ok(())
}

/// What resolving a hold reads.
pub(super) fn hold_reads(tenant: TenantId, hold: HoldId) -> ReadSet {
    ReadSet::default().and_follow(Key::Hold(tenant, hold), Follow::WALLETS)
}

/// A hold that was neither settled nor cancelled.
pub(super) fn unresolved(view: &View, tenant: TenantId, id: HoldId) -> Result<&Hold, Stop> {
    let hold = view
        .hold(tenant, id)?
        .ok_or_else(|| Error::new(Code::UnknownHold, format!("there is no hold `{id}`")))?;
    match hold.state {
        HoldState::Open | HoldState::Expired => Ok(hold),
        HoldState::Settled | HoldState::Cancelled => Err(resolved(hold).into()),
    }
}

/// Says how a hold was resolved.
pub(super) fn resolved(hold: &Hold) -> Error {
    let error = Error::new(
        Code::HoldResolved,
        format!(
            "the hold `{}` is `{}` already",
            hold.id,
            hold.state.as_str()
        ),
    )
    .with("hold", hold.id)
    .with("state", hold.state.as_str());
    match hold.resolved_at {
        Some(at) => error.with("resolved_at", at.millis()),
        None => error,
    }
}
