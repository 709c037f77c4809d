//! Jobs that may start while a little is left, and finish.

use super::*;
use WhenExhausted::{FinishAndCarry, FinishAndForgive, FinishAndOwe};

/// 5.00 a month, 0.04 a page; what becomes of a job that finishes.
fn shop_that(when_exhausted: WhenExhausted) -> TestStore {
    shop_with(vec![PlanRevision {
        when_exhausted,
        ..plan(1, START, 5_000_000)
    }])
}

fn allowance(store: &TestStore) -> Wallet {
    let wallets = wallets(store, ANN).wallets;
    let is_it = |wallet: &Wallet| wallet.kind == WalletKind::Allowance;
    wallets.into_iter().find(is_it).unwrap()
}

/// What a line took, owes, carries, and what the job did not pay.
fn told(receipt: &Receipt) -> (i64, i64, i64, i64) {
    let line = &receipt.lines[0];
    (line.amount, line.debt, line.carried, line.denied)
}

#[test]
fn a_job_that_needs_what_is_there_takes_it_whatever_the_plan_says() {
    for when in WhenExhausted::ALL {
        let mut store = shop_that(*when);
        let receipt = charge(&mut store, ANN, "all", 125).unwrap();
        assert_eq!(told(&receipt), (-5_000_000, 0, 0, 0), "{when:?}");
        assert_eq!(allowance(&store).balance, 0, "{when:?}");
    }
}

#[test]
fn a_job_finishes_while_something_is_left_and_none_starts_then() {
    for (when, expected, balance) in [
        (FinishAndForgive, (-1_000_000, 0, 0, 1_000_000), 0),
        (FinishAndOwe, (-2_000_000, 1_000_000, 0, 0), -1_000_000),
        (FinishAndCarry, (-1_000_000, 0, 1_000_000, 0), 0),
    ] {
        let mut store = shop_that(when);
        charge(&mut store, ANN, "most", 100).unwrap();
        let receipt = charge(&mut store, ANN, "last", 50).unwrap();
        assert_eq!(told(&receipt), expected, "{when:?}");
        assert_eq!(allowance(&store).balance, balance, "{when:?}");
        assert_eq!(charge(&mut store, ANN, "last", 50).unwrap(), receipt);
        let refused = charge(&mut store, ANN, "one more", 1).unwrap_err();
        assert_eq!(refused.code(), Code::AllowanceExhausted, "{when:?}");
        assert!(charge(&mut store, ANN, "of nothing", 0).is_ok());
        check(&store);
    }
}

#[test]
fn a_hold_keeps_what_there_is_and_its_settlement_finishes() {
    for (when, extra, expected) in [
        (
            FinishAndForgive,
            Extra::TakeAndOwe,
            (-5_000_000, 0, 0, 1_000_000),
        ),
        (
            FinishAndOwe,
            Extra::TakeAndOwe,
            (-6_000_000, 1_000_000, 0, 0),
        ),
        (
            FinishAndCarry,
            Extra::TakeAndOwe,
            (-5_000_000, 0, 1_000_000, 0),
        ),
        (
            FinishAndOwe,
            Extra::TakeAvailable,
            (-5_000_000, 0, 0, 1_000_000),
        ),
        (FinishAndCarry, Extra::Deny, (-5_000_000, 0, 0, 1_000_000)),
    ] {
        let mut store = shop_that(when);
        let held = hold(&mut store, "h", 150, 60_000).unwrap();
        assert_eq!(
            (held.lines[0].held, held.lines[0].denied),
            (5_000_000, 1_000_000)
        );
        assert!(
            hold(&mut store, "i", 1, 60_000).is_err(),
            "nothing is left to start with"
        );
        let receipt = settle(&mut store, held.hold.unwrap(), "s", 150, extra).unwrap();
        assert_eq!(told(&receipt), expected, "{when:?} {extra:?}");
        check(&store);
    }
}

#[test]
fn own_funds_are_taken_before_a_job_finishes() {
    let mut store = shop_that(FinishAndCarry);
    own_funds(&mut store, ANN, "top-up", 1_000_000).unwrap();
    let receipt = charge(&mut store, ANN, "job", 200).unwrap();
    let lines: Vec<_> = receipt
        .lines
        .iter()
        .map(|line| (line.kind, line.amount, line.carried))
        .collect();
    assert_eq!(
        lines,
        [
            (WalletKind::Allowance, -5_000_000, 2_000_000),
            (WalletKind::OwnFunds, -1_000_000, 0)
        ]
    );
    check(&store);
}

#[test]
fn what_is_carried_is_taken_off_the_next_gifts() {
    let mut store = shop_that(FinishAndCarry);
    charge(&mut store, ANN, "job", 300).unwrap();
    let after = allowance(&store);
    assert_eq!(
        (after.balance, after.carried, after.spent),
        (0, 7_000_000, 5_000_000)
    );
    // All of one gift, and the rest off the next.
    store.now = at(OCTOBER);
    store.run(&SettleDue::of(ANN)).unwrap();
    let after = allowance(&store);
    assert_eq!(
        (after.balance, after.carried, after.used),
        (0, 2_000_000, 5_000_000)
    );
    assert!(charge(&mut store, ANN, "none", 1).is_err());
    store.now = at(OCTOBER + 31 * 86_400_000 + 7_200_000);
    store.run(&SettleDue::of(ANN)).unwrap();
    let after = allowance(&store);
    assert_eq!(
        (after.balance, after.carried, after.used),
        (3_000_000, 0, 2_000_000)
    );
    assert_eq!(after.spent, 12_000_000);
    let resets: Vec<_> = store
        .entries
        .iter()
        .filter(|entry| entry.verb == Verb::Reset)
        .map(|entry| (entry.amount, entry.carried))
        .collect();
    assert_eq!(
        resets,
        [(0, Some(-5_000_000)), (3_000_000, Some(-2_000_000))]
    );
    check(&store);
}

#[test]
fn what_was_carried_comes_back_first_and_is_given_only_if_it_was_paid() {
    let mut store = shop_that(FinishAndCarry);
    charge(&mut store, ANN, "job", 200).unwrap();
    let part = Refund::new("job", "smeared", "r").part(EUR, 1_000_000);
    let receipt = store.run(&part).unwrap();
    assert_eq!(told(&receipt), (0, 0, -1_000_000, 0));
    assert_eq!(
        (allowance(&store).balance, allowance(&store).carried),
        (0, 2_000_000)
    );
    store.now = at(OCTOBER);
    let receipt = store.run(&Refund::new("job", "smeared", "s")).unwrap();
    assert_eq!(
        told(&receipt),
        (7_000_000, 0, 0, 0),
        "what October paid is given back"
    );
    let after = allowance(&store);
    assert_eq!(
        (after.balance, after.used, after.carried),
        (10_000_000, 0, 0)
    );
    store.run(&Void::new("job", "never printed", "v")).unwrap();
    assert_eq!(allowance(&store).spent, 0);

    let mut store = shop_that(FinishAndCarry);
    charge(&mut store, ANN, "job", 200).unwrap();
    let receipt = store.run(&Void::new("job", "never printed", "v")).unwrap();
    assert_eq!(told(&receipt), (5_000_000, 0, -3_000_000, 0));
    let after = allowance(&store);
    assert_eq!(
        (after.balance, after.used, after.carried, after.spent),
        (5_000_000, 0, 0, 0)
    );
    check(&store);
}

#[test]
fn a_job_that_another_plan_refuses_takes_nothing() {
    let mut pages = plan(1, START, 60);
    pages.plan = PlanId(13);
    pages.measure = Measure::TotalPages;
    let money = PlanRevision {
        when_exhausted: FinishAndCarry,
        ..plan(1, START, 2_000_000)
    };
    let mut store = shop_with(vec![money, pages]);
    let refused = charge(&mut store, ANN, "job", 61).unwrap_err();
    assert_eq!(refused.detail("measure"), Some("total_pages"));
    for wallet in wallets(&store, ANN).wallets {
        assert_eq!((wallet.spent, wallet.carried), (0, 0));
    }
    let receipt = charge(&mut store, ANN, "fits", 60).unwrap();
    let carried: Vec<i64> = receipt.lines.iter().map(|line| line.carried).collect();
    assert_eq!(carried.iter().sum::<i64>(), 400_000);
}
