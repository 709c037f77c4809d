//! Lives of holds: settled, cancelled, given back.

use super::*;

#[test]
fn holds_are_settled_cancelled_or_given_back() {
    let mut store = shop();
    let first = hold(&mut store, "h1", 100, 60_000).unwrap().hold.unwrap();
    assert!(
        charge(&mut store, ANN, "x", 26).is_err(),
        "what is held is not available"
    );
    let receipt = settle(&mut store, first, "s1", 60, Extra::Deny).unwrap();
    assert_eq!(
        (receipt.verb, receipt.lines[0].denied, receipt.late),
        (Verb::Settle, 0, false)
    );
    assert_eq!(balance(&store, ANN, WalletKind::Allowance), Some(2_600_000));
    let again = settle(&mut store, first, "s2", 60, Extra::Deny).unwrap_err();
    assert_eq!(
        (again.code(), again.detail("state")),
        (Code::HoldResolved, Some("settled"))
    );
    assert_eq!(
        settle(&mut store, first, "s1", 60, Extra::Deny).unwrap(),
        receipt
    );

    let second = hold(&mut store, "h2", 10, 60_000).unwrap().hold.unwrap();
    store
        .run(&Cancel {
            hold: second,
            key: "c2".into(),
        })
        .unwrap();
    assert_eq!(wallets(&store, ANN).wallets[0].held, 0);

    let third = hold(&mut store, "h3", 10, 60_000).unwrap().hold.unwrap();
    store.now = store.now.plus_millis(60_000);
    charge(&mut store, ANN, "y", 65).unwrap();
    let late = settle(&mut store, third, "s3", 10, Extra::TakeAndOwe).unwrap();
    assert_eq!(
        (late.verb, late.late, late.lines[0].debt),
        (Verb::Charge, true, 400_000)
    );
    let unknown = settle(&mut store, HoldId(1), "s4", 1, Extra::Deny).unwrap_err();
    assert_eq!(unknown.code(), Code::UnknownHold);
}

#[test]
fn a_hold_of_nothing_is_cancelled_like_any_other() {
    let mut store = shop();
    let id = hold(&mut store, "h", 0, 60_000).unwrap().hold.unwrap();
    let cancel = |key: &str| Cancel {
        hold: id,
        key: key.into(),
    };
    let receipt = store.run(&cancel("c")).unwrap();
    assert_eq!((receipt.verb, receipt.hold), (Verb::Cancel, Some(id)));
    assert_eq!(store.run(&cancel("c")).unwrap(), receipt);
    let again = store.run(&cancel("d")).unwrap_err();
    assert_eq!(again.detail("state"), Some("cancelled"));
}

#[test]
fn a_job_that_is_settled_late_is_settled_once() {
    for pages in [0, 10] {
        let mut store = shop();
        let id = hold(&mut store, "h", pages, 60_000).unwrap().hold.unwrap();
        store.now = store.now.plus_millis(60_000);
        let late = settle(&mut store, id, "s", 10, Extra::TakeAvailable).unwrap();
        assert!(late.late);
        let again = settle(&mut store, id, "t", 10, Extra::TakeAvailable).unwrap_err();
        assert_eq!(
            (again.code(), again.detail("state")),
            (Code::HoldResolved, Some("settled"))
        );
        let same = settle(&mut store, id, "s", 10, Extra::TakeAvailable).unwrap();
        assert_eq!(same, late, "the same key gets its receipt");
        assert_eq!(balance(&store, ANN, WalletKind::Allowance), Some(4_600_000));
    }
}

#[test]
fn a_settlement_beyond_the_hold_follows_its_mode() {
    for (extra, denied, debt, left) in [
        (Extra::Deny, 4_000_000, 0, 4_000_000),
        (Extra::TakeAvailable, 0, 0, 0),
        (Extra::TakeAndOwe, 0, 0, 0),
    ] {
        let mut store = shop();
        let id = hold(&mut store, "h", 25, 60_000).unwrap().hold.unwrap();
        let receipt = settle(&mut store, id, "s", 125, extra).unwrap();
        let line = &receipt.lines[0];
        assert_eq!((line.denied, line.debt), (denied, debt), "{extra:?}");
        assert_eq!(
            balance(&store, ANN, WalletKind::Allowance),
            Some(left),
            "{extra:?}"
        );
    }
    for (extra, denied, debt, left) in [
        (Extra::TakeAvailable, 1_000_000, 0, 0),
        (Extra::TakeAndOwe, 0, 1_000_000, -1_000_000),
    ] {
        let mut store = shop();
        let id = hold(&mut store, "h", 25, 60_000).unwrap().hold.unwrap();
        let receipt = settle(&mut store, id, "s", 150, extra).unwrap();
        let line = &receipt.lines[0];
        assert_eq!((line.denied, line.debt), (denied, debt), "{extra:?}");
        assert_eq!(
            balance(&store, ANN, WalletKind::Allowance),
            Some(left),
            "{extra:?}"
        );
    }
}
