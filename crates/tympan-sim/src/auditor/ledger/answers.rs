//! Answers as they are expected, and as they were heard.

use tympan_core::ledger::Receipt;
use tympan_core::records::{Verb, WalletKind};
use tympan_core::time::Timestamp;

use super::{Expected, Line, Said};
use crate::ask::{Answer, Reply, in_full};
use crate::auditor::model::{Feed, Tenant, Unit};

pub(super) fn compare(tenant: &Tenant, expected: &Expected, answer: &Answer) -> Result<(), String> {
    let agrees = match (expected, answer) {
        (Expected::Again(before), now) => in_full(before) == in_full(now),
        (Expected::Refused(code, details), Err(error)) => {
            error.code() == *code
                && details
                    .iter()
                    .all(|(name, value)| error.detail(name) == Some(value))
        }
        (Expected::Receipt(said), Ok(Reply::Receipt(receipt))) => {
            let new_hold = receipt.verb == Verb::Authorise;
            let heard = heard(receipt, new_hold);
            let is_new = receipt
                .hold
                .is_some_and(|id| !tenant.holds.contains_key(&id.0));
            **said == heard && (!new_hold || is_new) && receipt.entry.0 > 0
        }
        _ => false,
    };
    if agrees {
        return Ok(());
    }
    Err(format!("expected {expected:?}"))
}

fn heard(receipt: &Receipt, new_hold: bool) -> Said {
    Said {
        at: receipt.at.millis(),
        verb: receipt.verb,
        user: receipt.user.0,
        other: receipt
            .lines
            .iter()
            .map(|line| line.user.0)
            .find(|user| *user != receipt.user.0),
        attempt: receipt.attempt,
        usage: receipt.usage.clone(),
        cost: cost_of(receipt),
        hold: receipt.hold.filter(|_| !new_hold).map(|hold| hold.0),
        expires_at: receipt.expires_at.map(Timestamp::millis),
        late: receipt.late,
        lines: receipt
            .lines
            .iter()
            .map(|line| Line {
                feed: match line.user == receipt.user || receipt.verb == Verb::Transfer {
                    true => feed_of(line.kind, line.feed),
                    false => feed_of(line.kind, line.feed).shared(),
                },
                unit: line.measure.name().into_owned(),
                amount: i128::from(line.amount),
                held: i128::from(line.held),
                balance_after: i128::from(line.balance_after),
                held_after: i128::from(line.held_after),
                denied: i128::from(line.denied),
                debt: i128::from(line.debt),
                carried: i128::from(line.carried),
                refunds: line.refunds.map(|entry| entry.0),
            })
            .collect(),
    }
}

pub(super) fn kind_word(feed: Feed) -> &'static str {
    match feed {
        Feed::Plan(_) | Feed::SharedPlan(_) => "allowance",
        Feed::Own(_) | Feed::SharedOwn(_) => "own_funds",
    }
}

pub(super) fn feed_of(kind: WalletKind, feed: i64) -> Feed {
    match kind {
        WalletKind::Allowance => Feed::Plan(feed),
        WalletKind::OwnFunds => Feed::Own(feed),
    }
}

/// What a job costs, in which money.
pub(super) fn cost_of(receipt: &Receipt) -> Option<(Unit, i128)> {
    let unit = receipt
        .currency
        .map(|currency| Unit::money(currency.code()));
    unit.zip(receipt.cost_micros.map(i128::from))
}
