//! How wallets stand, seen as if everything that fell due had been done on time.

use crate::command::Context;
use crate::error::Error;
use crate::ledger::book::Book;
use crate::ledger::schedule::{run, wallet_key};
use crate::measure::Measure;
use crate::records::{Config, User, Wallet, WalletKind, Wallets};
use crate::time::Timestamp;

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
    /// Of an allowance: what jobs took since its plan gave last, less what of it came back; of a
    /// rolling one, what they took on the days that it looks back on.
    pub used: i64,
    /// What its plan takes off what it gives next.
    pub carried: i64,
    /// When its plan gives next; none while it is suspended or the user inactive.
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
    let mut book = Book::of(config, (user, None), wallets.clone(), context);
    book.find_expired();
    run(&mut book, context)?;
    let plans = &book.own.plans;
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
                used: wallet.used,
                carried: wallet.carried,
                next_reset_at: wallet.next_due_at.filter(|_| user.active),
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
