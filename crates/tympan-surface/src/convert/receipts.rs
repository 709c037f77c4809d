//! Receipts: what was done under a key.

use tympan::Error;

use super::same_words;
use crate::definition::{Extra, JobOutcome, Receipt, ReceiptLine, Verb, WalletName};

same_words! {
    tympan::Verb => Verb {
        Grant Reset Join Leave Rejoin Charge Authorise Settle Cancel Expire Adjust Set Refuse Extend
        Refund Void TopUp PayOut Transfer
    }
    Extra => tympan::Extra { Deny TakeAvailable TakeAndOwe }
    tympan::Extra => Extra { Deny TakeAvailable TakeAndOwe }
}

impl From<tympan::Receipt> for Receipt {
    fn from(receipt: tympan::Receipt) -> Self {
        Self {
            entry: receipt.entry,
            at: receipt.at,
            verb: receipt.verb.into(),
            user: receipt.user,
            attempt: receipt.attempt,
            usage: receipt.usage.map(Into::into),
            cost_micros: receipt.cost_micros,
            currency: receipt.currency.map(|currency| currency.code().to_owned()),
            hold: receipt.hold,
            expires_at: receipt.expires_at,
            late: receipt.late,
            lines: receipt.lines.into_iter().map(ReceiptLine::from).collect(),
        }
    }
}

impl From<tympan::ReceiptLine> for ReceiptLine {
    fn from(line: tympan::ReceiptLine) -> Self {
        Self {
            user: line.user,
            wallet: WalletName::of(line.kind, line.feed, &line.measure),
            measure: line.measure.name().into_owned(),
            amount: line.amount,
            held: line.held,
            balance_after: line.balance_after,
            held_after: line.held_after,
            denied: line.denied,
            debt: line.debt,
            carried: line.carried,
            refunds: line.refunds,
        }
    }
}

impl From<Result<tympan::Receipt, Error>> for JobOutcome {
    fn from(answer: Result<tympan::Receipt, Error>) -> Self {
        let (receipt, refused) = match answer {
            Ok(receipt) => (Some(receipt.into()), None),
            Err(error) => (None, Some(error)),
        };
        Self { receipt, refused }
    }
}
