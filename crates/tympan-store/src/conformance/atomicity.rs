//! All of a batch, or nothing.

use tympan_core::ids::UserId;
use tympan_core::view::{Batch, Change, Key, ReadSet, SlotChange, View, apply};

use super::Harness;
use super::everything::everything;
use super::list::cases;
use super::samples::*;
use super::steps::*;

/// A batch that fills every table, in front of or behind what stands in its way.
fn filling() -> Batch {
    let mut view = View::default();
    apply(everything(), &mut view);
    view.into_batch()
}

/// Puts `first` into an empty store, then commits a batch that fills every table and also makes
/// `last`, which cannot be: nothing of it may stay. With no expectations: the store itself must
/// see that a row to insert is there, or one to update or delete is not.
fn leaves_nothing(harness: &dyn Harness, first: Vec<Change>, last: Batch) {
    let store = harness.open();
    change(&*store, first);
    let dumped = dump(&*store);
    let stamp = store.stamp().unwrap();
    let floor = store.turn().unwrap().floor().unwrap();

    let mut batch = filling();
    batch.expectations.clear();
    batch
        .changes
        .retain(|one| last.changes.iter().all(|other| other.key != one.key));
    batch.changes.extend(last.changes);
    batch.entries.extend(last.entries);
    batch.entry_texts.extend(last.entry_texts);
    batch.audit_events.extend(last.audit_events);
    batch.audit_texts.extend(last.audit_texts);
    refused(commit(&*store, &batch));
    assert_eq!(dump(&*store), dumped);
    assert_eq!(store.stamp().unwrap(), stamp);
    assert_eq!(store.turn().unwrap().floor().unwrap(), floor);

    // And the store goes on as if nothing had been.
    put(&*store, [user(TENANT, 77, 1).slot()]);
    assert_eq!(
        get(&*store, &user(TENANT, 77, 1).slot().0),
        Some(user(TENANT, 77, 1).slot().1)
    );
}

/// A batch of one change from `before` to `after`.
fn from_to(before: Option<Slot>, after: Option<Slot>) -> Batch {
    let key = before
        .iter()
        .chain(&after)
        .map(|(key, _)| key.clone())
        .next();
    Batch {
        changes: vec![SlotChange {
            key: key.expect("something changes"),
            before: before.map(|(_, record)| record),
            after: after.map(|(_, record)| record),
        }],
        ..Batch::default()
    }
}

/// Inserts a record where one is.
fn inserted_twice(harness: &dyn Harness, slot: Slot) {
    let (key, record) = slot.clone();
    leaves_nothing(
        harness,
        vec![Change::Put(key, record)],
        from_to(None, Some(slot)),
    );
}

/// Updates a record where none is.
fn updated_nowhere(harness: &dyn Harness, before: Slot, after: Slot) {
    leaves_nothing(harness, Vec::new(), from_to(Some(before), Some(after)));
}

cases! {
    __conformance_atomicity;

    /// A batch with nothing in it commits and changes nothing.
    fn an_empty_batch_changes_nothing(harness: &dyn Harness) {
        let store = harness.open();
        let before = dump(&*store);
        commit(&*store, &Batch::default()).unwrap();
        assert_eq!(dump(&*store), before);
    }

    /// A batch that fills every table is committed as a whole.
    fn a_batch_fills_every_table(harness: &dyn Harness) {
        let store = harness.open();
        commit(&*store, &filling()).unwrap();
        for (table, rows) in dump(&*store) {
            assert!(rows.len() > 1, "table `{table}` has {} rows", rows.len());
        }
    }

    /// One expectation that does not hold keeps all of a batch out.
    fn an_expectation_that_does_not_hold_leaves_nothing(harness: &dyn Harness) {
        let store = harness.open();
        put(&*store, [user(TENANT, 77, 1).slot()]);
        let mut view = read(&*store, &ReadSet::of(Key::User(TENANT, UserId(77))));
        put(&*store, [user(TENANT, 77, 2).slot()]);
        let dumped = dump(&*store);
        apply(everything(), &mut view);
        assert_eq!(
            conflict(commit(&*store, &view.into_batch())),
            [Key::User(TENANT, UserId(77))]
        );
        assert_eq!(dump(&*store), dumped);
    }

    /// A configuration inserted where one is.
    fn a_config_inserted_twice_leaves_nothing(harness: &dyn Harness) {
        inserted_twice(harness, config(TENANT, 1).slot());
    }

    /// A user inserted where one is.
    fn a_user_inserted_twice_leaves_nothing(harness: &dyn Harness) {
        inserted_twice(harness, user(TENANT, 77, 1).slot());
    }

    /// A claim inserted where one is.
    fn a_claim_inserted_twice_leaves_nothing(harness: &dyn Harness) {
        inserted_twice(harness, claim(TENANT, "taken", 1, 1).slot());
    }

    /// A hold inserted where one is.
    fn a_hold_inserted_twice_leaves_nothing(harness: &dyn Harness) {
        inserted_twice(harness, hold(TENANT, 77, 1, 1).slot());
    }

    /// A number of users inserted where one is.
    fn a_use_inserted_twice_leaves_nothing(harness: &dyn Harness) {
        inserted_twice(harness, uses(TENANT, 77, 1).slot());
    }

    /// The head of a chain inserted where one is.
    fn a_strand_inserted_twice_leaves_nothing(harness: &dyn Harness) {
        inserted_twice(harness, strand(TENANT, 77, 1).slot());
    }

    /// A wallet inserted where one is.
    fn a_wallet_inserted_twice_leaves_nothing(harness: &dyn Harness) {
        inserted_twice(harness, wallets_slot(TENANT, 77, wallets(TENANT, 77, &[1])));
    }

    /// Children inserted where there are some.
    fn children_inserted_twice_leave_nothing(harness: &dyn Harness) {
        inserted_twice(
            harness,
            relations_slot(TENANT, 77, relations(TENANT, 77, 1)),
        );
    }

    /// A configuration updated where none is.
    fn a_config_updated_nowhere_leaves_nothing(harness: &dyn Harness) {
        updated_nowhere(harness, config(TENANT, 1).slot(), config(TENANT, 2).slot());
    }

    /// A user updated where none is.
    fn a_user_updated_nowhere_leaves_nothing(harness: &dyn Harness) {
        updated_nowhere(
            harness,
            user(TENANT, 77, 1).slot(),
            user(TENANT, 77, 2).slot(),
        );
    }

    /// A claim updated where none is.
    fn a_claim_updated_nowhere_leaves_nothing(harness: &dyn Harness) {
        let version = |version| claim(TENANT, "nobody's", version, version).slot();
        updated_nowhere(harness, version(1), version(2));
    }

    /// A wallet updated where none is.
    fn a_wallet_updated_nowhere_leaves_nothing(harness: &dyn Harness) {
        let version = |version| wallets_slot(TENANT, 77, wallets(TENANT, 77, &[version]));
        updated_nowhere(harness, version(1), version(2));
    }

    /// A user deleted where none is.
    fn a_user_deleted_nowhere_leaves_nothing(harness: &dyn Harness) {
        let batch = from_to(Some(user(TENANT, 77, 1).slot()), None);
        leaves_nothing(harness, Vec::new(), batch);
    }

    /// A child deleted where none is.
    fn a_child_deleted_nowhere_leaves_nothing(harness: &dyn Harness) {
        let children = |count| relations_slot(TENANT, 77, relations(TENANT, 77, count));
        let (key, one) = children(1);
        let batch = from_to(Some(children(2)), Some(children(1)));
        leaves_nothing(harness, vec![Change::Put(key, one)], batch);
    }

    /// An entry whose id is taken.
    fn an_entry_with_a_taken_id_leaves_nothing(harness: &dyn Harness) {
        let entry = entry(TENANT, 9_000, wallet_key(77, 1));
        let batch = Batch {
            entries: vec![entry.clone().into()],
            ..Batch::default()
        };
        leaves_nothing(harness, vec![Change::from(entry)], batch);
    }

    /// An entry whose id another tenant's entry has: ids are unique in the whole database.
    fn an_entry_with_another_tenants_id_leaves_nothing(harness: &dyn Harness) {
        let entry = |tenant| entry(tenant, 9_000, wallet_key(77, 1));
        let batch = Batch {
            entries: vec![entry(OTHER).into()],
            ..Batch::default()
        };
        leaves_nothing(harness, vec![Change::from(entry(TENANT))], batch);
    }

    /// An entry that is in the batch twice.
    fn an_entry_twice_in_one_batch_leaves_nothing(harness: &dyn Harness) {
        let entry = entry(TENANT, 9_000, wallet_key(77, 1));
        let batch = Batch {
            entries: vec![entry.clone().into(), entry.into()],
            ..Batch::default()
        };
        leaves_nothing(harness, Vec::new(), batch);
    }

    /// A receipt whose key is taken: nothing is charged twice even if nobody looked.
    fn a_receipt_with_a_taken_key_leaves_nothing(harness: &dyn Harness) {
        let receipt = |id| keyed(TENANT, id, [77; 32], 1);
        let batch = Batch {
            entries: vec![receipt(9_001).into()],
            ..Batch::default()
        };
        leaves_nothing(harness, vec![Change::from(receipt(9_000))], batch);
    }

    /// A receipt's key that is in the batch twice.
    fn a_receipt_twice_in_one_batch_leaves_nothing(harness: &dyn Harness) {
        let receipt = |id| keyed(TENANT, id, [77; 32], 1);
        let batch = Batch {
            entries: vec![receipt(9_000).into(), receipt(9_001).into()],
            ..Batch::default()
        };
        leaves_nothing(harness, Vec::new(), batch);
    }

    /// The words of an entry that has some.
    fn words_of_an_entry_twice_leave_nothing(harness: &dyn Harness) {
        let first = vec![
            Change::from(entry(TENANT, 9_000, wallet_key(77, 1))),
            Change::EntryText(entry_text(TENANT, 9_000)),
        ];
        let batch = Batch {
            entry_texts: vec![entry_text(TENANT, 9_000)],
            ..Batch::default()
        };
        leaves_nothing(harness, first, batch);
    }

    /// An audit event whose id is taken.
    fn an_audit_event_with_a_taken_id_leaves_nothing(harness: &dyn Harness) {
        let batch = Batch {
            audit_events: vec![audit(TENANT, 9_000)],
            ..Batch::default()
        };
        leaves_nothing(harness, vec![Change::Audit(audit(TENANT, 9_000))], batch);
    }

    /// The words of an audit event that has some.
    fn words_of_an_audit_event_twice_leave_nothing(harness: &dyn Harness) {
        let first = vec![
            Change::Audit(audit(TENANT, 9_000)),
            Change::AuditText(audit_text(TENANT, 9_000)),
        ];
        let batch = Batch {
            audit_texts: vec![audit_text(TENANT, 9_000)],
            ..Batch::default()
        };
        leaves_nothing(harness, first, batch);
    }

    /// A turn that is dropped changes nothing, whatever was loaded and decided in it.
    fn a_dropped_turn_changes_nothing(harness: &dyn Harness) {
        let store = harness.open();
        change(&*store, everything());
        let dumped = dump(&*store);
        for _ in 0..3 {
            let mut turn = store.turn().unwrap();
            let mut view = View::default();
            turn.load(&ReadSet::of(Key::User(TENANT, UserId(1))), &mut view)
                .unwrap();
            apply(
                vec![Change::Remove(Key::User(TENANT, UserId(1)))],
                &mut view,
            );
            drop(turn);
        }
        assert_eq!(dump(&*store), dumped);
        put(&*store, [user(TENANT, 1, 2).slot()]);
    }

    /// A refused batch can be decided again, in the next turn.
    fn a_refused_batch_can_be_decided_again(harness: &dyn Harness) {
        let store = harness.open();
        let key = Key::User(TENANT, UserId(1));
        let mut view = read(&*store, &ReadSet::of(key.clone()));
        put(&*store, [user(TENANT, 1, 1).slot()]);
        apply(
            vec![Change::Put(key.clone(), user(TENANT, 1, 1).slot().1)],
            &mut view,
        );
        conflict(commit(&*store, &view.into_batch()));
        put(&*store, [user(TENANT, 1, 2).slot()]);
        assert_eq!(get(&*store, &key), Some(user(TENANT, 1, 2).slot().1));
    }

    /// A change that ends where it began is no change.
    fn a_change_to_the_same_is_none(harness: &dyn Harness) {
        let store = harness.open();
        change(&*store, everything());
        let dumped = dump(&*store);
        let same = everything()
            .into_iter()
            .filter(|change| matches!(change, Change::Put(..)));
        change(&*store, same.collect());
        assert_eq!(dump(&*store), dumped);
    }
}
