//! The register of wallets: every wallet that is opened is entered once.

use super::*;
use crate::ledger::register::register_key;

/// How many wallets were opened, and their marks; none before the first.
fn registered(store: &TestStore) -> Option<(i64, [u8; 32])> {
    match store.records.get(&register_key(TENANT)) {
        Some(Record::Strand(register)) => Some((register.events, register.chain)),
        _ => None,
    }
}

fn marks(store: &TestStore) -> (i64, [u8; 32]) {
    let (mut count, mut marks) = (0, [0; 32]);
    for user in [ANN, FREE] {
        for wallet in wallets(store, user).wallets {
            mark_wallet(&store.keys.record, &mut marks, wallet.key());
            count += 1;
        }
    }
    (count, marks)
}

#[test]
fn each_wallet_is_entered_when_it_is_opened_and_never_again() {
    let mut store = shop();
    assert_eq!(registered(&store), None);
    charge(&mut store, ANN, "a", 1).unwrap();
    assert_eq!(registered(&store), Some(marks(&store)));
    let one = registered(&store);
    charge(&mut store, ANN, "b", 1).unwrap();
    assert_eq!(registered(&store), one);
    own_funds(&mut store, ANN, "c", 5).unwrap();
    charge(&mut store, FREE, "d", 1).unwrap();
    let all = marks(&store);
    assert!(all.0 > 2);
    assert_eq!(registered(&store), Some(all));
}

#[test]
fn a_wallet_that_is_opened_and_not_kept_is_not_entered() {
    let mut store = shop();
    // Own funds could pay too, but the allowance covers it.
    charge(&mut store, FREE, "a", 1).unwrap();
    assert_eq!(wallets(&store, FREE).wallets.len(), 1);
    assert_eq!(registered(&store), Some(marks(&store)));
}
