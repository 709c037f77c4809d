//! Who falls below a threshold is told of: once each time, and with the change that did it.

use proptest::prelude::*;

use super::*;

/// Five euros a month, told of below two euros and below nothing; own funds below one euro.
fn shop_that_tells() -> TestStore {
    let terms = PlanRevision {
        when_exhausted: WhenExhausted::Warn,
        low_balances: low(&[0, 2_000_000]),
        ..plan(1, START, 5_000_000)
    };
    let mut store = shop_with(vec![terms]);
    let mut config = store.config().unwrap().clone();
    config.tenant.low_funds = low(&[1_000_000]);
    store.put(Key::Config(TENANT), Record::Config(Arc::new(config)));
    store
}

fn low(amounts: &[i64]) -> Thresholds {
    Thresholds::new(amounts.iter().copied()).unwrap()
}

/// What was told so far: whose, what of, as JSON.
fn told(store: &TestStore) -> Vec<(i64, serde_json::Value)> {
    let lines = store.audit_events.iter().zip(&store.audit_texts);
    let low = lines.filter(|(event, _)| event.action == LOW_BALANCE);
    low.map(|(event, text)| (event.subject, serde_json::from_str(&text.changes).unwrap()))
        .collect()
}

fn thresholds(store: &TestStore) -> Vec<String> {
    let threshold =
        |(_, said): &(i64, serde_json::Value)| said["threshold"][1].as_str().unwrap().to_owned();
    told(store).iter().map(threshold).collect()
}

#[test]
fn each_crossing_is_told_of_once() {
    let mut store = shop_that_tells();
    charge(&mut store, ANN, "a", 75).unwrap();
    assert_eq!(
        thresholds(&store),
        Vec::<String>::new(),
        "two euros are not less than two"
    );
    let receipt = charge(&mut store, ANN, "b", 1).unwrap();
    assert_eq!(
        told(&store),
        [(
            ANN.0,
            serde_json::json!({
                "balance": ["2000000", "1960000"],
                "entry": [null, store.entries.last().unwrap().id.to_string()],
                "measure": [null, "cost:EUR"],
                "plan": [null, MONTHLY.to_string()],
                "threshold": [null, "2000000"],
            })
        )]
    );
    assert_eq!(
        charge(&mut store, ANN, "b", 1).unwrap(),
        receipt,
        "a repeat tells nothing"
    );
    charge(&mut store, ANN, "c", 1).unwrap();
    assert_eq!(
        thresholds(&store),
        ["2000000"],
        "what is low already is not told of again"
    );
    charge(&mut store, ANN, "d", 100).unwrap();
    assert_eq!(thresholds(&store), ["2000000", "0"]);
    // In October there is enough again, and so it can run low again: at once below both.
    store.now = at(OCTOBER);
    charge(&mut store, ANN, "e", 200).unwrap();
    assert_eq!(thresholds(&store), ["2000000", "0", "2000000", "0"]);
}

#[test]
fn what_is_only_held_is_not_gone() {
    let mut store = shop_that_tells();
    let held = hold(&mut store, "h", 120, 60_000).unwrap().hold.unwrap();
    assert!(told(&store).is_empty());
    settle(&mut store, held, "s", 120, Extra::Deny).unwrap();
    assert_eq!(thresholds(&store), ["2000000"]);
}

#[test]
fn own_funds_are_told_of_in_both_books_of_a_transfer() {
    let mut store = shop_that_tells();
    own_funds(&mut store, ANN, "in", 3_000_000).unwrap();
    store
        .run(&TransferFunds::new(
            (ANN, FREE),
            (2_500_000, Currency::EUR),
            "a present",
            "t",
        ))
        .unwrap();
    let said = told(&store);
    assert_eq!(said.len(), 1);
    assert_eq!(said[0].0, ANN.0);
    assert_eq!(said[0].1["plan"], serde_json::Value::Null);
    assert_eq!(
        said[0].1["balance"],
        serde_json::json!(["3000000", "500000"])
    );
}

#[test]
fn what_falls_due_is_told_of_by_whoever_settles_it() {
    let mut store = shop_that_tells();
    let mut config = store.config().unwrap().clone();
    config
        .plans
        .get_mut(&STAFF.into())
        .unwrap()
        .push(PlanRevision {
            low_balances: low(&[2_000_000]),
            ..plan(2, START + 1, 1_000_000)
        });
    charge(&mut store, ANN, "a", 1).unwrap();
    store.put(Key::Config(TENANT), Record::Config(Arc::new(config)));
    store.now = at(OCTOBER);
    store.run(&SettleDue::of(ANN)).unwrap();
    assert_eq!(thresholds(&store), ["2000000"]);
    store.run(&SettleDue::of(ANN)).unwrap();
    assert_eq!(thresholds(&store).len(), 1);
}

proptest! {
    /// As many are told of as a count of the entries finds.
    #[test]
    fn as_many_are_told_of_as_the_ledger_has_crossings(jobs in prop::collection::vec((0..60_i64, 0..40_i64), 1..30)) {
        let mut store = shop_that_tells();
        for (number, (pages, days)) in jobs.iter().enumerate() {
            store.now = store.now.plus_millis(days * 86_400_000);
            charge(&mut store, ANN, &format!("{number}"), *pages).unwrap();
        }
        let mut crossings = 0;
        for entry in &store.entries {
            let before = entry.balance_after - entry.amount;
            for threshold in [0, 2_000_000] {
                crossings += usize::from(before >= threshold && entry.balance_after < threshold);
            }
        }
        prop_assert_eq!(told(&store).len(), crossings);
    }
}
