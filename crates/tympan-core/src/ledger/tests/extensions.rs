//! Holds get another expiry.

use super::*;

fn extend(store: &mut TestStore, hold: HoldId, ms: i64, key: &str) -> Result<Receipt, Error> {
    store.run(&Extend::new(hold, ms, key))
}

#[test]
fn an_extended_hold_is_kept_until_then_and_given_back_after() {
    let mut store = shop();
    let id = hold(&mut store, "h", 25, 60_000).unwrap().hold.unwrap();
    store.now = at(START + 59_999);
    let receipt = extend(&mut store, id, 60_000, "e").unwrap();
    let until = Some(at(START + 119_999));
    assert_eq!(
        (receipt.verb, receipt.hold, receipt.expires_at),
        (Verb::Extend, Some(id), until)
    );
    assert_eq!(
        (receipt.lines[0].held, receipt.lines[0].held_after),
        (0, 1_000_000)
    );
    assert_eq!(extend(&mut store, id, 60_000, "e").unwrap(), receipt);
    store.now = at(START + 60_000);
    assert!(
        charge(&mut store, ANN, "x", 101).is_err(),
        "it is still held"
    );
    assert_eq!(wallets(&store, ANN).wallets[0].hold_expires_at, until);
    check(&store);
    // Sooner is another expiry too.
    extend(&mut store, id, 1, "f").unwrap();
    store.now = at(START + 60_001);
    assert!(
        charge(&mut store, ANN, "y", 125).is_ok(),
        "it was given back"
    );
    check(&store);
}

#[test]
fn only_what_is_open_is_extended_and_by_a_year_at_most() {
    let mut store = shop();
    let open =
        |store: &mut TestStore, key: &str| hold(store, key, 1, 60_000).unwrap().hold.unwrap();
    let (one, settled, cancelled) = (
        open(&mut store, "h1"),
        open(&mut store, "h2"),
        open(&mut store, "h3"),
    );
    settle(&mut store, settled, "s", 1, Extra::Deny).unwrap();
    store.run(&Cancel::new(cancelled, "c")).unwrap();
    for ms in [0, -1, MAX_HOLD_MS + 1, i64::MIN, i64::MAX] {
        let refused = extend(&mut store, one, ms, "e").unwrap_err();
        assert_eq!(
            (refused.code(), refused.detail("field")),
            (Code::InvalidValue, Some("expires_in"))
        );
    }
    extend(&mut store, one, 60_000, "e").unwrap();
    for (id, ms, key, field) in [
        (settled, 60_000, "e", "hold"),
        (one, 60_001, "e", "expires_in"),
        (one, 60_000, "c", "command"),
    ] {
        let refused = extend(&mut store, id, ms, key).unwrap_err();
        assert_eq!(
            (refused.code(), refused.detail("field")),
            (Code::KeyReused, Some(field))
        );
    }
    store.now = at(START + 60_000);
    for (id, state) in [
        (settled, "settled"),
        (cancelled, "cancelled"),
        (one, "expired"),
    ] {
        let refused = extend(&mut store, id, 60_000, "late").unwrap_err();
        assert_eq!(
            (refused.code(), refused.detail("state")),
            (Code::HoldResolved, Some(state))
        );
    }
    let unknown = extend(&mut store, HoldId(1), 60_000, "late").unwrap_err();
    assert_eq!(unknown.code(), Code::UnknownHold);
    // A hold of nothing has an expiry too.
    let nothing = hold(&mut store, "h4", 0, 60_000).unwrap().hold.unwrap();
    assert_eq!(
        extend(&mut store, nothing, 90_000, "n")
            .unwrap()
            .lines
            .len(),
        1
    );
    check(&store);
}
