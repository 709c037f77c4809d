//! What a hold kept aside is there for its settlement, whatever became of the plan meanwhile.

use super::*;

fn change_plans(store: &mut TestStore, change: impl FnOnce(&mut Vec<PlanRevision>)) {
    let Some(Record::Config(config)) = store.records.get_mut(&Key::Config(TENANT)) else {
        panic!("there is a configuration");
    };
    change(Arc::make_mut(config).plans.get_mut(&STAFF.into()).unwrap());
}

fn taken(receipt: &Receipt) -> Vec<(WalletKind, i64, i64, i64, i64)> {
    let lines = receipt.lines.iter();
    lines
        .map(|line| (line.kind, line.amount, line.held, line.denied, line.debt))
        .collect()
}

#[test]
fn it_is_taken_where_the_plan_has_ended() {
    for extra in [Extra::Deny, Extra::TakeAvailable, Extra::TakeAndOwe] {
        let mut store = shop();
        let id = hold(&mut store, "h", 25, 60_000).unwrap().hold.unwrap();
        let ended = PlanRevision {
            ended: true,
            ..plan(2, START + 1, 5_000_000)
        };
        change_plans(&mut store, |plans| plans.push(ended));
        store.now = at(START + 2);
        let receipt = settle(&mut store, id, "s", 25, extra).unwrap();
        let expected = (WalletKind::Allowance, -1_000_000, -1_000_000, 0, 0);
        assert_eq!(taken(&receipt), [expected], "{extra:?}");
        check(&store);
    }
}

#[test]
fn a_plan_that_has_ended_gives_no_more_than_that() {
    for (extra, denied, debt) in [
        (Extra::Deny, 200_000, 0),
        (Extra::TakeAvailable, 200_000, 0),
        (Extra::TakeAndOwe, 0, 200_000),
    ] {
        let mut store = shop();
        let id = hold(&mut store, "h", 25, 60_000).unwrap().hold.unwrap();
        let ended = PlanRevision {
            ended: true,
            ..plan(2, START + 1, 5_000_000)
        };
        change_plans(&mut store, |plans| plans.push(ended));
        store.now = at(START + 2);
        let receipt = settle(&mut store, id, "s", 30, extra).unwrap();
        let lines = taken(&receipt);
        assert_eq!(
            lines[0],
            (WalletKind::Allowance, -1_000_000, -1_000_000, denied, 0)
        );
        let owed: i64 = lines.iter().map(|line| line.4).sum();
        assert_eq!(owed, debt, "{extra:?}");
        check(&store);
    }
}

#[test]
fn it_is_taken_below_a_limit_that_has_moved_and_what_lies_below_is_a_debt() {
    let mut store = shop_with(vec![PlanRevision {
        overdraft: 1_000_000,
        ..plan(1, START, 0)
    }]);
    let id = hold(&mut store, "h", 25, 60_000).unwrap().hold.unwrap();
    change_plans(&mut store, |plans| plans.push(plan(2, START + 1, 0)));
    store.now = at(START + 2);
    let receipt = settle(&mut store, id, "s", 25, Extra::Deny).unwrap();
    let expected = (WalletKind::Allowance, -1_000_000, -1_000_000, 0, 1_000_000);
    assert_eq!(taken(&receipt), [expected]);
    check(&store);
}

#[test]
fn it_is_taken_where_the_job_has_no_price_any_more() {
    let mut store = shop();
    let id = hold(&mut store, "h", 25, 60_000).unwrap().hold.unwrap();
    let Some(Record::Config(config)) = store.records.get_mut(&Key::Config(TENANT)) else {
        panic!("there is a configuration");
    };
    let profile = Arc::make_mut(config).profiles.get_mut(&STAFF).unwrap();
    profile.price_list = None;
    let receipt = settle(&mut store, id, "s", 10, Extra::Deny).unwrap();
    assert_eq!(receipt.cost_micros, Some(1_000_000));
    let expected = (WalletKind::Allowance, -1_000_000, -1_000_000, 0, 0);
    assert_eq!(taken(&receipt), [expected]);
    check(&store);
}

#[test]
fn pages_that_nothing_counts_any_more_are_taken_as_far_as_they_were_held() {
    let pages = PlanRevision {
        measure: Measure::TotalPages,
        ..plan(1, START, 100)
    };
    for (used, taken_pages) in [(10, 10), (25, 25), (40, 25)] {
        let mut store = shop_with(vec![pages.clone()]);
        own_funds(&mut store, ANN, "import", 9_000_000).unwrap();
        let id = hold(&mut store, "h", 25, 60_000).unwrap().hold.unwrap();
        let ended = PlanRevision {
            revision: 2,
            effective_from: at(START + 1),
            ended: true,
            ..pages.clone()
        };
        change_plans(&mut store, |plans| plans.push(ended));
        store.now = at(START + 2);
        let receipt = settle(&mut store, id, "s", used, Extra::Deny).unwrap();
        let of_pages = |line: &&ReceiptLine| line.measure == Measure::TotalPages;
        let line = receipt.lines.iter().find(of_pages).unwrap();
        assert_eq!(
            (line.amount, line.held, line.denied),
            (-taken_pages, -25, 0)
        );
        check(&store);
    }
}
