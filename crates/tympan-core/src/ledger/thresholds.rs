//! Low balances: the amounts below which somebody is to be told, and the events that tell.

use std::fmt;

use crate::audit::{Event, WALLET};
use crate::configuration::MAX_AMOUNT;
use crate::error::{Code, Error};
use crate::ids::PlanId;
use crate::measure::Measure;
use crate::records::{Entry, WalletKind};
use crate::refusals::too_many;
use crate::row::by_text;

/// What is done when a balance falls below a threshold: the name of the audit event.
pub const LOW_BALANCE: &str = "low_balance";
/// Thresholds that one wallet has at most.
pub const MAX_THRESHOLDS: usize = 8;

/// Amounts in a measure's unit: a balance that falls below one of them is told of, once for each
/// time that it does. Highest first, each once. Written as `100 20`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Thresholds(Vec<i64>);

impl Thresholds {
    /// Thresholds in any order.
    ///
    /// # Errors
    /// `amount_overflow` for one that is more than [`MAX_AMOUNT`] above or below zero; `too_many`
    /// for more than [`MAX_THRESHOLDS`].
    pub fn new(amounts: impl IntoIterator<Item = i64>) -> Result<Self, Error> {
        let mut amounts: Vec<i64> = amounts.into_iter().take(MAX_THRESHOLDS + 1).collect();
        if amounts.len() > MAX_THRESHOLDS {
            return Err(too_many("low_balances", MAX_THRESHOLDS));
        }
        if !amounts
            .iter()
            .all(|amount| (-MAX_AMOUNT..=MAX_AMOUNT).contains(amount))
        {
            let message = format!("one of `low_balances` is more than {MAX_AMOUNT} from zero");
            return Err(Error::new(Code::AmountOverflow, message)
                .with("field", "low_balances")
                .with("limit", MAX_AMOUNT));
        }
        amounts.sort_unstable_by(|one, other| other.cmp(one));
        amounts.dedup();
        Ok(Self(amounts))
    }

    /// What a text says.
    ///
    /// # Errors
    /// `store_corrupt`: texts are only ever read from a store.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let corrupt = || Error::of(Code::StoreCorrupt);
        let amounts: Result<Vec<i64>, _> = text.split_terminator(' ').map(str::parse).collect();
        Self::new(amounts.map_err(|_| corrupt())?)
            .ok()
            .filter(|read| read.to_string() == text)
            .ok_or_else(corrupt)
    }

    /// Highest first.
    #[must_use]
    pub fn amounts(&self) -> &[i64] {
        &self.0
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Those that a balance falls below with an entry: it was not below them, and is.
    fn crossed(&self, entry: &Entry) -> impl Iterator<Item = i64> {
        let after = entry.balance_after;
        let before = after.saturating_sub(entry.amount);
        let amounts = self.0.iter().copied();
        amounts.filter(move |threshold| after < *threshold && *threshold <= before)
    }
}

impl fmt::Display for Thresholds {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, amount) in self.0.iter().enumerate() {
            let space = if place == 0 { "" } else { " " };
            write!(formatter, "{space}{amount}")?;
        }
        Ok(())
    }
}

by_text!(Thresholds);

/// The events of one entry, the highest threshold first.
pub(super) fn events<'a>(
    thresholds: &'a Thresholds,
    measure: Measure,
    entry: &'a Entry,
) -> impl Iterator<Item = Event<'static>> + 'a {
    thresholds.crossed(entry).map(move |threshold| Event {
        action: LOW_BALANCE,
        subject_kind: WALLET,
        subject: entry.owner,
        changes: said(measure, entry, threshold),
        reason: None,
    })
}

/// In the order of the fields' names.
fn said(
    measure: Measure,
    entry: &Entry,
    threshold: i64,
) -> Vec<(String, Option<String>, Option<String>)> {
    let before = entry.balance_after.saturating_sub(entry.amount);
    let fact = |field: &str, word: String| (field.to_owned(), None, Some(word));
    let mut said = vec![
        (
            "balance".to_owned(),
            Some(before.to_string()),
            Some(entry.balance_after.to_string()),
        ),
        fact("entry", entry.id.to_string()),
        fact("measure", measure.name().into_owned()),
    ];
    if entry.kind == WalletKind::Allowance {
        said.push(fact("plan", PlanId(entry.feed).to_string()));
    }
    said.push(fact("threshold", threshold.to_string()));
    said
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::book::blank;
    use crate::records::Verb;

    fn falls(thresholds: &[i64], before: i64, after: i64) -> Vec<i64> {
        let mut entry = blank(Verb::Charge);
        entry.balance_after = after;
        entry.amount = after - before;
        let thresholds = Thresholds::new(thresholds.iter().copied()).unwrap();
        thresholds.crossed(&entry).collect()
    }

    #[test]
    fn a_crossing_is_from_not_below_to_below() {
        for (before, after, crossed) in [
            (100, 99, vec![100]),
            (100, 100, vec![]),
            (101, 100, vec![]),
            (99, 98, vec![]),
            (99, 100, vec![]),
            (150, 10, vec![100, 20]),
            (20, 19, vec![20]),
            (19, -1, vec![0]),
            (0, -1, vec![0]),
            (i64::MAX / 2, i64::MIN / 2, vec![100, 20, 0]),
        ] {
            assert_eq!(
                falls(&[20, 100, 0, 20], before, after),
                crossed,
                "{before} {after}"
            );
        }
    }

    #[test]
    fn what_is_written_is_read() {
        for amounts in [vec![], vec![0], vec![5, -3, 100]] {
            let thresholds = Thresholds::new(amounts).unwrap();
            assert_eq!(Thresholds::parse(&thresholds.to_string()), Ok(thresholds));
        }
        for wrong in [
            "a",
            "1 2",
            "2 2",
            " 1",
            "1 ",
            "+1",
            "1  0",
            "9999999999999999999",
        ] {
            assert!(Thresholds::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn thresholds_have_bounds() {
        let code = |amounts: Vec<i64>| Thresholds::new(amounts).unwrap_err().code();
        assert_eq!(code(vec![MAX_AMOUNT + 1]), Code::AmountOverflow);
        assert_eq!(code(vec![-MAX_AMOUNT - 1]), Code::AmountOverflow);
        assert_eq!(code((0..9).collect()), Code::TooMany);
        assert!(Thresholds::new(0..8).is_ok());
    }
}
