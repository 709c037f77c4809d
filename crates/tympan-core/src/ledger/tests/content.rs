//! The same key with other content is refused, and the field named.

use super::*;

fn assert_reused(answer: Result<Receipt, Error>, field: &str) {
    let error = answer.unwrap_err();
    let told = (error.code(), error.detail("field"));
    assert_eq!(told, (Code::KeyReused, Some(field)));
}

#[test]
fn the_currency_of_a_stated_cost() {
    let stated = |currency| {
        Some(StatedCost {
            cost_micros: 7,
            currency,
        })
    };
    let dollars = stated(Currency::parse("USD").unwrap());
    let mut store = shop();
    let mut job = Charge::new(ANN, "a", Usage::pages(1));
    job.cost = stated(Currency::EUR);
    store.run(&job).unwrap();
    job.cost = dollars;
    assert_reused(store.run(&job), "currency");
    let id = hold(&mut store, "h", 1, 60_000).unwrap().hold.unwrap();
    let mut settlement = Settle {
        hold: id,
        key: "s".into(),
        usage: Usage::pages(1),
        queue: None,
        cost: stated(Currency::EUR),
        extra: Extra::Deny,
    };
    store.run(&settlement).unwrap();
    settlement.cost = dollars;
    assert_reused(store.run(&settlement), "currency");
}

#[test]
fn a_settlement_in_another_currency_than_was_held_is_repeated_like_any_other() {
    let mut store = shop();
    let id = hold(&mut store, "h", 5, 60_000).unwrap().hold.unwrap();
    let settlement = Settle {
        cost: Some(StatedCost {
            cost_micros: 7,
            currency: Currency::parse("CHF").unwrap(),
        }),
        ..Settle::new(id, "s", Usage::pages(1), Extra::TakeAndOwe)
    };
    let receipt = store.run(&settlement).unwrap();
    let money = |line: &ReceiptLine| matches!(line.measure, Measure::Cost(_));
    assert_eq!(receipt.lines.iter().filter(|line| money(line)).count(), 2);
    assert_eq!(store.run(&settlement).unwrap(), receipt);
}

#[test]
fn the_reason_the_amount_and_the_debt_of_a_change_by_hand() {
    let mut store = shop();
    let adjust = Adjust {
        user: ANN.into(),
        wallet: WalletName::OwnFunds(Currency::EUR),
        amount: 5,
        reason: "cash".into(),
        key: "a".into(),
        may_owe: false,
    };
    let receipt = store.run(&adjust).unwrap();
    assert_eq!(store.run(&adjust).unwrap(), receipt);
    let changed = |change: fn(&mut Adjust)| {
        let mut other = adjust.clone();
        change(&mut other);
        other
    };
    assert_reused(store.run(&changed(|other| other.amount = 6)), "amount");
    assert_reused(store.run(&changed(|other| other.may_owe = true)), "may_owe");
    let other = changed(|other| other.reason = "card".into());
    assert_reused(store.run(&other), "reason");
    own_funds(&mut store, ANN, "b", 9).unwrap();
    assert_reused(own_funds(&mut store, ANN, "b", 8), "balance");
}

#[test]
fn the_expiry_of_a_hold_that_was_refused_or_ends_with_time_itself() {
    let mut store = shop();
    hold(&mut store, "h", 1_000, 60_000).unwrap_err();
    let again = hold(&mut store, "h", 1_000, 60_000).unwrap_err();
    assert_eq!(again.code(), Code::AllowanceExhausted);
    assert_reused(hold(&mut store, "h", 1_000, 60_001), "expires_in");
    store.now = Timestamp::LATEST.plus_millis(-5);
    let last = hold(&mut store, "i", 1, 60_000).unwrap();
    assert_eq!(hold(&mut store, "i", 1, 60_000).unwrap(), last);
}
