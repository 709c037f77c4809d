//! The rules that must hold whatever happened.

use std::collections::BTreeMap;

use tympan_vault::ChainHead;

use super::*;

/// Every rule that must hold whatever happened.
pub(super) fn check(store: &TestStore) {
    let mut sums: BTreeMap<_, (i64, i64, ChainHead)> = BTreeMap::new();
    for entry in &store.entries {
        let sum = sums
            .entry(entry.wallet())
            .or_insert((0, 0, ChainHead::EMPTY));
        sum.0 += entry.amount;
        sum.1 += entry.held;
        assert_eq!((entry.balance_after, entry.held_after), (sum.0, sum.1));
        sum.2 = entry_chain(&store.keys.chain, &sum.2.link(), entry);
        assert_eq!(entry.chain, sum.2.link());
    }
    for record in store.records.values() {
        let Record::Wallets(all) = record else {
            continue;
        };
        for wallet in &all.wallets {
            let (balance, held, chain) = sums.remove(&wallet.key()).unwrap();
            assert_eq!(
                (wallet.balance, wallet.held, wallet.chain),
                (balance, held, *chain.as_bytes())
            );
            let open: i64 = all
                .hold_parts
                .iter()
                .filter(|part| part.wallet() == wallet.key())
                .map(|part| part.amount)
                .sum();
            assert_eq!(wallet.held, open);
            limits(store, wallet);
        }
        for part in &all.hold_parts {
            let hold = match store.records.get(&Key::Hold(TENANT, part.hold)) {
                Some(Record::Hold(hold)) => hold,
                other => panic!("{other:?}"),
            };
            // Of a hold on wallets of two users, one may have been given its part back already.
            let halfway = hold.shared_by.is_some() && hold.state == HoldState::Expired;
            assert!(hold.state == HoldState::Open || halfway, "{hold:?}");
        }
    }
    assert!(sums.is_empty());
}

/// No restricted wallet below its limit but by a recorded debt.
fn limits(store: &TestStore, wallet: &Wallet) {
    let owed: i64 = store
        .entries
        .iter()
        .filter(|entry| entry.wallet() == wallet.key())
        .filter_map(|entry| entry.debt)
        .sum();
    if wallet.owner == ANN.0 {
        assert!(wallet.balance - wallet.held >= -owed, "{wallet:?} {owed}");
    }
}
