//! Which wallets give how much: all of what a job needs, of every measure, or nothing.

use smallvec::{SmallVec, smallvec};

use crate::error::Error;
use crate::ledger::book::{Book, own_funds_key};
use crate::ledger::price::Price;
use crate::ledger::schedule::wallet_key;
use crate::ledger::usage::Usage;
use crate::measure::Measure;
use crate::records::{HoldPart, WhenExhausted};
use crate::time::Timestamp;

/// How much of a measure a job needs, and the wallets that may give it, in order.
#[derive(Debug)]
pub(super) struct Demand {
    pub(super) amount: i64,
    wallets: SmallVec<[usize; 4]>,
    unlimited: bool,
}

impl Demand {
    /// Cuts the demand down to what a hold kept aside for it; what was cut off.
    pub(super) fn limit_to(&mut self, parts: &[HoldPart], book: &Book<'_>) -> Result<i64, Error> {
        let mut held = 0;
        for index in &self.wallets {
            let key = book.wallet(*index)?.key();
            held += parts
                .iter()
                .filter(|part| part.wallet() == key)
                .map(|part| part.amount)
                .sum::<i64>();
        }
        let cut = (self.amount - held).max(0);
        self.amount -= cut;
        Ok(cut)
    }
}

/// What a job needs of each measure.
pub(super) type Demands = SmallVec<[Demand; 2]>;

/// What one wallet gives.
#[derive(Debug)]
pub(super) struct Take {
    pub(super) wallet: usize,
    pub(super) amount: i64,
    /// How much of it lies below the wallet's limit, where the rules set one.
    pub(super) debt: i64,
}

/// What the wallets give.
pub(super) type Takes = SmallVec<[Take; 4]>;

/// What is missing.
#[derive(Debug)]
pub(super) struct Shortage {
    pub(super) wallet: usize,
    pub(super) needed: i64,
    pub(super) available: i64,
    pub(super) next_reset_at: Option<Timestamp>,
}

/// What to do about more than there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Beyond {
    /// Nothing is taken.
    Refuse,
    /// What there is is taken.
    TakeAvailable,
    /// The last wallet owes the rest.
    Owe,
}

/// What a job needs of each measure that a plan in force or its price limits.
pub(super) fn demands(
    book: &mut Book<'_>,
    usage: &Usage,
    price: Option<Price>,
) -> Result<Demands, Error> {
    let plans = book.plans.clone();
    let cost = price.map(|price| (Measure::Cost(price.currency), price.cost_micros));
    let mut measures: SmallVec<[Measure; 4]> = plans.iter().map(|plan| plan.measure).collect();
    measures.extend(cost.map(|(measure, _)| measure));
    measures.sort_unstable();
    measures.dedup();
    let mut demands = Demands::new();
    for measure in measures {
        let amount = match (measure, cost) {
            (Measure::Cost(_), Some((of, amount))) if of == measure => amount,
            (Measure::Cost(_), _) => continue,
            (measure, _) => usage.of(measure),
        };
        let of_measure = || plans.iter().filter(|plan| plan.measure == measure);
        let warns = of_measure().any(|plan| plan.when_exhausted == WhenExhausted::Warn);
        let mut wallets: SmallVec<[usize; 4]> = of_measure()
            .filter_map(|plan| book.position(wallet_key(book.user, plan)))
            .collect();
        let unlimited = warns || !book.user.restricted;
        if matches!(measure, Measure::Cost(_)) {
            let own_funds = own_funds_key(book.user, measure)?;
            if wallets.is_empty() || unlimited || book.position(own_funds).is_some() {
                wallets.push(book.own_funds(measure)?);
            }
        }
        demands.push(Demand {
            amount,
            wallets,
            unlimited,
        });
    }
    if demands.is_empty() {
        // Nothing limits the job and nothing prices it; its record still needs a wallet.
        let wallet = book.own_funds(Measure::Cost(book.config.tenant.currency))?;
        demands.push(Demand {
            amount: 0,
            wallets: smallvec![wallet],
            unlimited: true,
        });
    }
    Ok(demands)
}

/// Takes what is demanded. Each demand yields at least one line, so that it is on record.
pub(super) fn allocate(
    book: &Book<'_>,
    demands: &[Demand],
    beyond: Beyond,
) -> Result<Result<(Takes, i64), Shortage>, Error> {
    let mut takes = Takes::new();
    let mut denied = 0_i64;
    for demand in demands {
        let first = takes.len();
        let mut missing = demand.amount;
        for index in &demand.wallets {
            let amount = missing.min(available(book, *index)?.max(0));
            if amount > 0 {
                takes.push(Take {
                    wallet: *index,
                    amount,
                    debt: 0,
                });
                missing -= amount;
            }
        }
        if missing > 0 && (demand.unlimited || beyond == Beyond::Owe) {
            let debt = if demand.unlimited { 0 } else { missing };
            owe(&mut takes, first, demand, missing, debt)?;
        } else if missing > 0 && beyond == Beyond::Refuse {
            return shortage(book, demand).map(Err);
        } else {
            denied = Book::checked(denied.checked_add(missing))?;
        }
        if let (true, Some(wallet)) = (takes.len() == first, demand.wallets.first()) {
            takes.push(Take {
                wallet: *wallet,
                amount: 0,
                debt: 0,
            });
        }
    }
    Ok(Ok((takes, denied)))
}

/// Lets the last wallet of a demand give what is missing.
fn owe(
    takes: &mut Takes,
    first: usize,
    demand: &Demand,
    missing: i64,
    debt: i64,
) -> Result<(), Error> {
    let Some(last) = demand.wallets.last().copied() else {
        return Ok(());
    };
    let taken = takes
        .get_mut(first..)
        .into_iter()
        .flatten()
        .find(|take| take.wallet == last);
    match taken {
        Some(take) => {
            take.amount = Book::checked(take.amount.checked_add(missing))?;
            take.debt = debt;
        }
        None => takes.push(Take {
            wallet: last,
            amount: missing,
            debt,
        }),
    }
    Ok(())
}

fn shortage(book: &Book<'_>, demand: &Demand) -> Result<Shortage, Error> {
    let mut sum = 0_i64;
    let mut next_reset_at = None;
    for index in &demand.wallets {
        sum = sum.saturating_add(available(book, *index)?.max(0));
        let wallet = book.wallet(*index)?;
        next_reset_at = [next_reset_at, wallet.next_due_at]
            .into_iter()
            .flatten()
            .min();
    }
    let wallet = demand.wallets.first().copied().unwrap_or(0);
    Ok(Shortage {
        wallet,
        needed: demand.amount,
        available: sum,
        next_reset_at,
    })
}

/// `balance + overdraft − held`.
pub(super) fn available(book: &Book<'_>, index: usize) -> Result<i64, Error> {
    let wallet = book.wallet(index)?;
    let overdraft = book.overdraft(wallet);
    Ok(wallet
        .balance
        .saturating_add(overdraft)
        .saturating_sub(wallet.held))
}
