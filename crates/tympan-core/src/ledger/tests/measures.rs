//! Jobs that several measures limit, and plans that only warn.

use super::*;

#[test]
fn what_is_denied_is_told_in_the_unit_of_each_measure() {
    let pages = PlanRevision {
        plan: PlanId(13),
        measure: Measure::TotalPages,
        ..plan(1, START, 10)
    };
    let mut store = shop_with(vec![plan(1, START, 400_000), pages]);
    let id = hold(&mut store, "h", 10, 60_000).unwrap().hold.unwrap();
    let receipt = settle(&mut store, id, "s", 13, Extra::TakeAvailable).unwrap();
    let told: Vec<_> = receipt
        .lines
        .iter()
        .map(|line| (line.measure, line.amount, line.denied))
        .collect();
    assert_eq!(told.len(), 2);
    assert!(told.contains(&(EUR, -400_000, 120_000)));
    assert!(told.contains(&(Measure::TotalPages, -10, 3)));
    check(&store);
}

#[test]
fn a_plan_that_warns_counts_what_it_does_not_cover_itself() {
    let mut store = shop_with(vec![PlanRevision {
        when_exhausted: WhenExhausted::Warn,
        ..plan(1, START, 1_000_000)
    }]);
    charge(&mut store, ANN, "a", 30).unwrap();
    assert_eq!(balance(&store, ANN, WalletKind::Allowance), Some(-200_000));
    assert_eq!(balance(&store, ANN, WalletKind::OwnFunds), None);
    own_funds(&mut store, ANN, "import", 40_000).unwrap();
    charge(&mut store, ANN, "b", 2).unwrap();
    assert_eq!(balance(&store, ANN, WalletKind::OwnFunds), Some(0));
    assert_eq!(balance(&store, ANN, WalletKind::Allowance), Some(-240_000));
}

#[test]
fn a_price_of_counters_that_contradict_each_other_is_an_error() {
    let store = shop();
    let Some(Record::Config(config)) = store.records.get(&Key::Config(TENANT)) else {
        panic!("there is a configuration");
    };
    let usage = Usage {
        pages: i64::MIN,
        colour_pages: 1,
        ..Usage::default()
    };
    let refused = price(config, STAFF, &usage, None, at(START)).unwrap_err();
    assert_eq!(refused.code(), Code::InvalidUsage);
    assert_eq!(usage.of(Measure::MonoPages), i64::MIN);
}
