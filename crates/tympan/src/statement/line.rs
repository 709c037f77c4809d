//! One line of a statement: an entry as a screen shows it, without the chain that proves it.

use tympan_core::ids::{EntryId, HoldId, PriceListId, UserId};
use tympan_core::ledger::{KeptUsage, Usage};
use tympan_core::measure::Currency;
use tympan_core::records::{Entry, EntryText, Extra, Verb};
use tympan_core::time::Timestamp;

/// One line of a wallet's history. Amounts are in the unit of the wallet's measure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatementLine {
    /// The id of the entry.
    pub id: EntryId,
    /// When it was decided.
    pub at: Timestamp,
    /// Of a grant, reset or expiry: when it was due.
    pub due_at: Option<Timestamp>,
    /// What was done.
    pub verb: Verb,
    /// What was added to the balance.
    pub amount: i64,
    /// What was added to what is held.
    pub held: i64,
    /// The balance after it.
    pub balance_after: i64,
    /// What is held after it.
    pub held_after: i64,
    /// Who did it; none for the host itself.
    pub actor: Option<UserId>,
    /// Which attempt at the job.
    pub attempt: i32,
    /// The hold that was made or resolved.
    pub hold: Option<HoldId>,
    /// Of a hold: when it is given back by itself.
    pub expires_at: Option<Timestamp>,
    /// Of a refund or a void: the entry that took what it gives back.
    pub refunds: Option<EntryId>,
    /// The other user of what was done on wallets of two: of a line on shared wallets, whose job it was;
    /// of one on that user's own, who shares; of a transfer, who got, or who gave.
    pub counterpart: Option<UserId>,
    /// The queue the job went to.
    pub queue: Option<String>,
    /// What the job used, as the host counted it.
    pub usage: Option<Usage>,
    /// What the job costs, in micros.
    pub cost_micros: Option<i64>,
    /// The currency of the cost.
    pub currency: Option<Currency>,
    /// The price list that said so; none for a cost that the caller stated.
    pub price_list: Option<PriceListId>,
    /// How a settlement was asked to deal with more than was held.
    pub extra: Option<Extra>,
    /// What could not be taken and was not.
    pub denied: Option<i64>,
    /// What was taken below the limit of the wallet.
    pub debt: Option<i64>,
    /// What is taken off what the plan gives next; of a reset, a refund or a void, less what of it was
    /// paid by then, or need not be.
    pub carried: Option<i64>,
    /// Of a refusal: how much was needed.
    pub needed: Option<i64>,
    /// Of a refusal: how much was available.
    pub available: Option<i64>,
    /// Of a refusal: when the wallet is fed next.
    pub next_reset_at: Option<Timestamp>,
    /// Why it was done, if somebody said so.
    pub reason: Option<String>,
}

impl StatementLine {
    /// When it took effect: when it was due, or else when it was decided. Lines of a wallet are in
    /// the order of it.
    #[must_use]
    pub fn effective_at(&self) -> Timestamp {
        self.due_at.unwrap_or(self.at)
    }

    pub(crate) fn of((entry, text): (Entry, Option<EntryText>)) -> Self {
        Self {
            id: entry.id,
            at: entry.at,
            due_at: entry.due_at,
            verb: entry.verb,
            amount: entry.amount,
            held: entry.held,
            balance_after: entry.balance_after,
            held_after: entry.held_after,
            actor: entry.actor,
            attempt: entry.attempt,
            hold: entry.hold,
            expires_at: entry.expires_at,
            refunds: entry.refunds,
            counterpart: entry.counterpart,
            queue: entry.queue,
            usage: entry.usage.as_ref().map(KeptUsage::usage),
            cost_micros: entry.cost_micros,
            currency: entry.currency,
            price_list: entry.price_list,
            extra: entry.extra,
            denied: entry.denied,
            debt: entry.debt,
            carried: entry.carried,
            needed: entry.needed,
            available: entry.available,
            next_reset_at: entry.next_reset_at,
            reason: text.and_then(|text| text.reason),
        }
    }
}
