//! Schedules, run lazily: whoever touches a wallet sees it as if its schedule had run on time.

use crate::command::Context;
use crate::error::Error;
use crate::ledger::book::{Book, blank};
use crate::measure::Measure;
use crate::records::{
    Config, PlanRevision, ResetVerb, Schedule, User, Verb, Wallet, WalletKey, WalletKind, Wallets,
};
use crate::time::Timestamp;

/// When a revision's schedule is due for the first time after an instant.
pub(super) fn next_due(revision: &PlanRevision, after: Timestamp) -> Option<Timestamp> {
    match revision.schedule {
        _ if revision.ended => None,
        Schedule::Never => None,
        Schedule::Monthly => revision.time_zone.next_month_start(after),
    }
}

/// Feeds the wallets of every plan in force: opens those that are not there yet, and walks what
/// fell due, each instant under the revision in force then.
pub(super) fn run(book: &mut Book<'_>, context: &mut Context<'_>) -> Result<(), Error> {
    for plan in book.plans.clone() {
        let index = match book.position(wallet_key(book.user, plan)) {
            Some(index) => index,
            None => open(book, context, plan)?,
        };
        let cached = book.wallets.wallets.get(index).is_some_and(|wallet| {
            wallet.revision == plan.revision && wallet.next_due_at.is_none_or(|due| due > book.now)
        });
        if !cached {
            walk(book, context, index, plan)?;
        }
    }
    Ok(())
}

/// The wallet that a plan feeds for a user.
pub(super) fn wallet_key(user: &User, plan: &PlanRevision) -> WalletKey {
    WalletKey {
        owner: user.id.0,
        kind: WalletKind::Allowance,
        feed: plan.plan.0,
    }
}

/// Opens a plan's wallet with its first grant, due when the plan began to apply to the user.
fn open(
    book: &mut Book<'_>,
    context: &mut Context<'_>,
    plan: &PlanRevision,
) -> Result<usize, Error> {
    let first = book.config.revisions_of(plan.plan).next().unwrap_or(plan);
    let since = book.user.profile_since.max(first.effective_from);
    let in_force = book
        .config
        .revisions_of(plan.plan)
        .filter(|revision| revision.effective_from <= since)
        .last()
        .unwrap_or(plan);
    let amount = if in_force.ended { 0 } else { in_force.amount };
    let index = book.open_wallet(wallet_key(book.user, plan), plan.measure, since);
    let mut entry = blank(Verb::Grant);
    entry.due_at = Some(since);
    entry.amount = amount;
    book.write(context, index, entry)?;
    Ok(index)
}

fn walk(
    book: &mut Book<'_>,
    context: &mut Context<'_>,
    index: usize,
    plan: &PlanRevision,
) -> Result<(), Error> {
    let config = book.config;
    let revisions: Vec<&PlanRevision> = config.revisions_of(plan.plan).collect();
    let Some(mut cursor) = book
        .wallets
        .wallets
        .get(index)
        .map(|wallet| wallet.settled_at)
    else {
        return Ok(());
    };
    let mut settled = cursor;
    for (place, revision) in revisions.iter().enumerate() {
        let until = revisions.get(place + 1).map(|next| next.effective_from);
        if until.is_some_and(|until| until <= cursor) {
            continue;
        }
        // An instant at which a revision begins is decided by that revision.
        cursor = cursor.max(revision.effective_from.plus_millis(-1));
        while let Some(due) = next_due(revision, cursor) {
            if due > book.now || until.is_some_and(|until| due >= until) {
                break;
            }
            reset(book, context, index, revision, due)?;
            (cursor, settled) = (due, due);
        }
        if revision.effective_from <= book.now
            && let Some(wallet) = book.wallets.wallets.get_mut(index)
        {
            wallet.revision = revision.revision;
            wallet.settled_at = settled;
            wallet.next_due_at = next_due(revision, cursor);
        }
        match until {
            Some(until) if until <= book.now => cursor = cursor.max(until.plus_millis(-1)),
            _ => break,
        }
    }
    Ok(())
}

/// What a plan does to its wallet at one due instant; an instant that changes nothing writes no
/// entry.
fn reset(
    book: &mut Book<'_>,
    context: &mut Context<'_>,
    index: usize,
    revision: &PlanRevision,
    due: Timestamp,
) -> Result<(), Error> {
    let balance = book
        .wallets
        .wallets
        .get(index)
        .map_or(0, |wallet| wallet.balance);
    let amount = match revision.verb {
        ResetVerb::SetTo => Book::checked(revision.amount.checked_sub(balance))?,
    };
    if amount == 0 {
        return Ok(());
    }
    let mut entry = blank(Verb::Reset);
    entry.due_at = Some(due);
    entry.amount = amount;
    book.write(context, index, entry)
}

/// How a wallet stands at an instant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// What feeds it.
    pub kind: WalletKind,
    /// The plan, or the currency's number in ISO 4217.
    pub feed: i64,
    /// What it counts; amounts are in its unit.
    pub measure: Measure,
    /// The balance, as if its schedule had run and its expired holds had been given back.
    pub balance: i64,
    /// What open holds keep aside.
    pub held: i64,
    /// How far below zero it may go.
    pub overdraft: i64,
    /// `balance + overdraft − held`.
    pub available: i64,
    /// What its plan gives; none for own funds.
    pub allowance: Option<i64>,
    /// When its plan gives next.
    pub next_reset_at: Option<Timestamp>,
}

/// How a user's wallets stand at an instant, those included that no job has touched yet: allowances
/// in the order in which they are emptied, then own funds.
///
/// # Errors
/// `amount_overflow`.
pub fn standing(
    config: &Config,
    user: &User,
    wallets: &Wallets,
    context: &mut Context<'_>,
) -> Result<Vec<Standing>, Error> {
    let mut book = Book::of(config, user, wallets.clone(), context);
    book.give_back_expired(context)?;
    run(&mut book, context)?;
    let plans = &book.plans;
    let plan_of = |wallet: &Wallet| {
        plans
            .iter()
            .position(|plan| wallet_key(user, plan) == wallet.key())
    };
    let mut standings: Vec<(usize, Standing)> = Vec::new();
    for wallet in &book.wallets.wallets {
        let place = plan_of(wallet);
        let plan = place.and_then(|place| plans.get(place));
        if wallet.kind == WalletKind::Allowance && plan.is_none() {
            continue;
        }
        let overdraft = plan.map_or(0, |plan| plan.overdraft);
        standings.push((
            place.unwrap_or(usize::MAX),
            Standing {
                available: wallet.available(overdraft),
                overdraft,
                allowance: plan.map(|plan| plan.amount),
                next_reset_at: wallet.next_due_at,
                kind: wallet.kind,
                feed: wallet.feed,
                measure: wallet.measure,
                balance: wallet.balance,
                held: wallet.held,
            },
        ));
    }
    standings.sort_by_key(|(place, standing)| (*place, standing.kind, standing.feed));
    Ok(standings
        .into_iter()
        .map(|(_, standing)| standing)
        .collect())
}
