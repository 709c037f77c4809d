//! What a batch expects must still be so, whether the batch writes it or only read it.

use tympan_core::ids::UserId;
use tympan_core::records::Wallets;
use tympan_core::view::{Batch, Change, Expectation, Found, Key, ReadSet, Record, apply};

use super::Harness;
use super::list::cases;
use super::samples::*;
use super::steps::*;

/// A decision is made over a key, the key changes, and the decision comes too late: the batch is
/// refused, names the key, and leaves nothing.
fn comes_too_late(
    harness: &dyn Harness,
    before: Option<Slot>,
    meanwhile: Change,
    write: Option<Record>,
) {
    let store = harness.open();
    let key = match &meanwhile {
        Change::Put(key, _) | Change::Remove(key) => key.clone(),
        other => panic!("no key is changed by {other:?}"),
    };
    put(&*store, before);
    let mut view = read(&*store, &ReadSet::of(key.clone()));
    change(&*store, vec![meanwhile]);
    let dumped = dump(&*store);

    let (bystander, record) = claim(TENANT, "bystander", 9, 1).slot();
    view.load(bystander.clone(), None);
    let mut changes = vec![Change::Put(bystander, record)];
    changes.extend(write.map(|record| Change::Put(key.clone(), record)));
    changes.push(Change::from(entry(TENANT, 1, wallet_key(9, 9))));
    apply(changes, &mut view);
    assert_eq!(conflict(commit(&*store, &view.into_batch())), [key]);
    assert_eq!(dump(&*store), dumped);
}

/// Expected to be absent, and only read.
fn absent_read(harness: &dyn Harness, (key, record): Slot) {
    comes_too_late(harness, None, Change::Put(key, record), None);
}

/// Expected to be absent, and to be inserted.
fn absent_written(harness: &dyn Harness, (key, record): Slot) {
    comes_too_late(
        harness,
        None,
        Change::Put(key, record.clone()),
        Some(record),
    );
}

/// Of a version, and only read.
fn changed_read(harness: &dyn Harness, first: Slot, (key, second): Slot) {
    comes_too_late(harness, Some(first), Change::Put(key, second), None);
}

/// Of a version, and to be written.
fn changed_written(harness: &dyn Harness, first: Slot, (key, second): Slot, third: Slot) {
    comes_too_late(
        harness,
        Some(first),
        Change::Put(key, second),
        Some(third.1),
    );
}

/// Of a version, only read, and gone.
fn gone_read(harness: &dyn Harness, first: Slot) {
    let meanwhile = Change::Remove(first.0.clone());
    comes_too_late(harness, Some(first), meanwhile, None);
}

/// Commits a decision that rests on a receipt's absence after the receipt has come.
fn receipt_too_late(harness: &dyn Harness, write: bool) {
    let store = harness.open();
    let digest = [7; 32];
    let key = Key::Receipt(TENANT, digest);
    let mut view = read(&*store, &ReadSet::of(key.clone()));
    change(&*store, vec![Change::from(keyed(TENANT, 1, digest, 1))]);
    let dumped = dump(&*store);
    let entry = if write {
        keyed(TENANT, 2, digest, 1)
    } else {
        entry(TENANT, 2, wallet_key(1, 1))
    };
    apply(vec![Change::from(entry)], &mut view);
    assert_eq!(conflict(commit(&*store, &view.into_batch())), [key]);
    assert_eq!(dump(&*store), dumped);
}

/// Wallets of owner 1 as they were, as they are, and what a batch makes of what it saw.
fn wallets_too_late(harness: &dyn Harness, then: &[i64], now: &[i64], write: Option<&[i64]>) {
    let slot = |versions: &[i64]| wallets_slot(TENANT, 1, wallets(TENANT, 1, versions));
    let (key, now) = slot(now);
    comes_too_late(
        harness,
        Some(slot(then)),
        Change::Put(key, now),
        write.map(|versions| slot(versions).1),
    );
}

cases! {
    __conformance_expectations;

    /// A configuration that was absent must be absent still, also if it was only read.
    fn a_config_read_as_absent_has_come(harness: &dyn Harness) {
        absent_read(harness, config(TENANT, 1).slot());
    }

    /// A configuration is not inserted over one that has come.
    fn a_config_inserted_has_come(harness: &dyn Harness) {
        absent_written(harness, config(TENANT, 1).slot());
    }

    /// A configuration that was only read must be of the same version still.
    fn a_config_read_has_changed(harness: &dyn Harness) {
        changed_read(harness, config(TENANT, 1).slot(), config(TENANT, 2).slot());
    }

    /// A configuration is not written over one of another version.
    fn a_config_written_has_changed(harness: &dyn Harness) {
        let version = |version| config(TENANT, version).slot();
        changed_written(harness, version(1), version(2), version(3));
    }

    /// A configuration that was only read must still be there.
    fn a_config_read_is_gone(harness: &dyn Harness) {
        gone_read(harness, config(TENANT, 1).slot());
    }

    /// A user that was absent must be absent still, also if only read.
    fn a_user_read_as_absent_has_come(harness: &dyn Harness) {
        absent_read(harness, user(TENANT, 1, 1).slot());
    }

    /// A user is not inserted over one that has come.
    fn a_user_inserted_has_come(harness: &dyn Harness) {
        absent_written(harness, user(TENANT, 1, 1).slot());
    }

    /// A user that was only read must be of the same version still.
    fn a_user_read_has_changed(harness: &dyn Harness) {
        changed_read(
            harness,
            user(TENANT, 1, 1).slot(),
            user(TENANT, 1, 2).slot(),
        );
    }

    /// A user is not written over one of another version.
    fn a_user_written_has_changed(harness: &dyn Harness) {
        let version = |version| user(TENANT, 1, version).slot();
        changed_written(harness, version(1), version(2), version(3));
    }

    /// A user that was only read must still be there.
    fn a_user_read_is_gone(harness: &dyn Harness) {
        gone_read(harness, user(TENANT, 1, 1).slot());
    }

    /// A hold that was absent must be absent still, also if it was only read.
    fn a_hold_read_as_absent_has_come(harness: &dyn Harness) {
        absent_read(harness, hold(TENANT, 1, 1, 1).slot());
    }

    /// A hold is not inserted over one that has come.
    fn a_hold_inserted_has_come(harness: &dyn Harness) {
        absent_written(harness, hold(TENANT, 1, 1, 1).slot());
    }

    /// A hold that was only read must be of the same version still.
    fn a_hold_read_has_changed(harness: &dyn Harness) {
        changed_read(
            harness,
            hold(TENANT, 1, 1, 1).slot(),
            hold(TENANT, 1, 1, 2).slot(),
        );
    }

    /// A hold is not written over one of another version: nothing is given back twice.
    fn a_hold_written_has_changed(harness: &dyn Harness) {
        let version = |version| hold(TENANT, 1, 1, version).slot();
        changed_written(harness, version(1), version(2), version(3));
    }

    /// A hold that was only read must still be there.
    fn a_hold_read_is_gone(harness: &dyn Harness) {
        gone_read(harness, hold(TENANT, 1, 1, 1).slot());
    }

    /// What was not refunded must not be refunded still, also if that was only read.
    fn a_refund_read_as_absent_has_come(harness: &dyn Harness) {
        absent_read(harness, refunded(TENANT, 1, 1).slot());
    }

    /// The first refund of an entry is not written over one that has come: nothing is given twice.
    fn a_refund_inserted_has_come(harness: &dyn Harness) {
        absent_written(harness, refunded(TENANT, 1, 1).slot());
    }

    /// What was refunded and only read must be of the same version still.
    fn a_refund_read_has_changed(harness: &dyn Harness) {
        let version = |version| refunded(TENANT, 1, version).slot();
        changed_read(harness, version(1), version(2));
    }

    /// A refund is not written over one of another version.
    fn a_refund_written_has_changed(harness: &dyn Harness) {
        let version = |version| refunded(TENANT, 1, version).slot();
        changed_written(harness, version(1), version(2), version(3));
    }

    /// What was not reported must not be reported still, also if that was only read.
    fn untracked_usage_read_as_absent_has_come(harness: &dyn Harness) {
        absent_read(harness, untracked(TENANT, 1, 1).slot());
    }

    /// Untracked usage is not inserted over that of the same key.
    fn untracked_usage_inserted_has_come(harness: &dyn Harness) {
        absent_written(harness, untracked(TENANT, 1, 1).slot());
    }

    /// Untracked usage that was only read must be of the same version still.
    fn untracked_usage_read_has_changed(harness: &dyn Harness) {
        let version = |version| untracked(TENANT, 1, version).slot();
        changed_read(harness, version(1), version(2));
    }

    /// Untracked usage is not written over that of another version: of two who assign it, one wins.
    fn untracked_usage_written_has_changed(harness: &dyn Harness) {
        let version = |version| untracked(TENANT, 1, version).slot();
        changed_written(harness, version(1), version(2), version(3));
    }

    /// A number of users that was absent must be absent still, also if it was only read.
    fn a_use_read_as_absent_has_come(harness: &dyn Harness) {
        absent_read(harness, uses(TENANT, 1, 1).slot());
    }

    /// A number of users is not inserted over one that has come.
    fn a_use_inserted_has_come(harness: &dyn Harness) {
        absent_written(harness, uses(TENANT, 1, 1).slot());
    }

    /// A number of users that was only read must be of the same version still.
    fn a_use_read_has_changed(harness: &dyn Harness) {
        changed_read(
            harness,
            uses(TENANT, 1, 1).slot(),
            uses(TENANT, 1, 2).slot(),
        );
    }

    /// A number of users is not written over one of another version.
    fn a_use_written_has_changed(harness: &dyn Harness) {
        let version = |version| uses(TENANT, 1, version).slot();
        changed_written(harness, version(1), version(2), version(3));
    }

    /// A number of users that was only read must still be there.
    fn a_use_read_is_gone(harness: &dyn Harness) {
        gone_read(harness, uses(TENANT, 1, 1).slot());
    }

    /// The head of a chain that was absent must be absent still, also if it was only read.
    fn a_strand_read_as_absent_has_come(harness: &dyn Harness) {
        absent_read(harness, strand(TENANT, 0, 1).slot());
    }

    /// The head of a chain is not inserted over one that has come.
    fn a_strand_inserted_has_come(harness: &dyn Harness) {
        absent_written(harness, strand(TENANT, 0, 1).slot());
    }

    /// The head of a chain that was only read must be of the same version still.
    fn a_strand_read_has_changed(harness: &dyn Harness) {
        changed_read(
            harness,
            strand(TENANT, 0, 1).slot(),
            strand(TENANT, 0, 2).slot(),
        );
    }

    /// The head of a chain is not written over one of another version.
    fn a_strand_written_has_changed(harness: &dyn Harness) {
        let version = |version| strand(TENANT, 0, version).slot();
        changed_written(harness, version(1), version(2), version(3));
    }

    /// The head of a chain that was only read must still be there.
    fn a_strand_read_is_gone(harness: &dyn Harness) {
        gone_read(harness, strand(TENANT, 0, 1).slot());
    }

    /// A claim that was absent must be absent still, also if it was only read.
    fn a_claim_read_as_absent_has_come(harness: &dyn Harness) {
        absent_read(harness, claim(TENANT, "a", 1, 1).slot());
    }

    /// A claim is not inserted over one that has come: a value has one owner.
    fn a_claim_inserted_has_come(harness: &dyn Harness) {
        absent_written(harness, claim(TENANT, "a", 1, 1).slot());
    }

    /// A claim that was only read must be of the same version still.
    fn a_claim_read_has_changed(harness: &dyn Harness) {
        changed_read(
            harness,
            claim(TENANT, "a", 1, 1).slot(),
            claim(TENANT, "a", 2, 2).slot(),
        );
    }

    /// A claim is not written over one of another version.
    fn a_claim_written_has_changed(harness: &dyn Harness) {
        let version = |version| claim(TENANT, "a", version, version).slot();
        changed_written(harness, version(1), version(2), version(3));
    }

    /// A claim that was only read must still be there.
    fn a_claim_read_is_gone(harness: &dyn Harness) {
        gone_read(harness, claim(TENANT, "a", 1, 1).slot());
    }

    /// A receipt that was absent must be absent still, also if it was only read.
    fn a_receipt_read_as_absent_has_come(harness: &dyn Harness) {
        receipt_too_late(harness, false);
    }

    /// A receipt is written once: nothing is charged twice under one key.
    fn a_receipt_written_has_come(harness: &dyn Harness) {
        receipt_too_late(harness, true);
    }

    /// A receipt that was there is no hindrance: receipts never change.
    fn a_receipt_that_was_there_expects_nothing(harness: &dyn Harness) {
        let store = harness.open();
        change(&*store, vec![Change::from(keyed(TENANT, 1, [7; 32], 1))]);
        let set = ReadSet::of(Key::Receipt(TENANT, [7; 32]));
        let batch = batch(
            &*store,
            &set,
            vec![Change::from(entry(TENANT, 2, wallet_key(1, 1)))],
        );
        commit(&*store, &batch).unwrap();
    }

    /// A wallet that was only read must be of the same version still.
    fn a_wallet_read_has_changed(harness: &dyn Harness) {
        wallets_too_late(harness, &[1, 1], &[1, 2], None);
    }

    /// A wallet is not written over one of another version: nothing is spent twice.
    fn a_wallet_written_has_changed(harness: &dyn Harness) {
        wallets_too_late(harness, &[1, 1], &[1, 2], Some(&[1, 3]));
    }

    /// A wallet that the batch does not write counts too, if it was read.
    fn the_wallet_beside_the_written_one_has_changed(harness: &dyn Harness) {
        wallets_too_late(harness, &[1, 1], &[2, 1], Some(&[1, 3]));
    }

    /// A wallet that was only read must still be there.
    fn a_wallet_read_is_gone(harness: &dyn Harness) {
        wallets_too_late(harness, &[1, 1], &[1], None);
    }

    /// A wallet is not inserted over one that has come.
    fn a_wallet_inserted_has_come(harness: &dyn Harness) {
        wallets_too_late(harness, &[1], &[1, 1], Some(&[2, 1]));
    }

    /// The first wallet of an owner is not inserted over one that has come.
    fn a_first_wallet_inserted_has_come(harness: &dyn Harness) {
        wallets_too_late(harness, &[], &[1], Some(&[1]));
    }

    /// A wallet that has come and that the batch does not write is no hindrance, and it stays.
    fn a_wallet_that_came_beside_stays(harness: &dyn Harness) {
        let store = harness.open();
        let slot = |wallets| wallets_slot(TENANT, 1, wallets);
        put(&*store, [slot(wallets(TENANT, 1, &[1]))]);
        let key = Key::Wallets(TENANT, 1);
        let mut view = read(&*store, &ReadSet::of(key.clone()));
        put(&*store, [slot(wallets(TENANT, 1, &[1, 7]))]);
        let (_, written) = slot(wallets(TENANT, 1, &[2]));
        apply(vec![Change::Put(key.clone(), written)], &mut view);
        commit(&*store, &view.into_batch()).unwrap();
        let (_, both) = slot(wallets(TENANT, 1, &[2, 7]));
        assert_eq!(get(&*store, &key), Some(both));
    }

    /// Wallets of which none was there and none is written expect nothing.
    fn no_wallets_read_and_one_has_come(harness: &dyn Harness) {
        let store = harness.open();
        let key = Key::Wallets(TENANT, 1);
        let mut view = read(&*store, &ReadSet::of(key));
        put(&*store, [wallets_slot(TENANT, 1, wallets(TENANT, 1, &[1]))]);
        apply(
            vec![Change::from(entry(TENANT, 1, wallet_key(5, 5)))],
            &mut view,
        );
        commit(&*store, &view.into_batch()).unwrap();
    }

    /// A child that has come raised its user's version, and that is found out.
    fn a_child_that_came_is_found_by_its_users_version(harness: &dyn Harness) {
        let store = harness.open();
        let children = |count| relations_slot(TENANT, 1, relations(TENANT, 1, count));
        put(&*store, [user(TENANT, 1, 1).slot(), children(1)]);
        let key = Key::User(TENANT, UserId(1));
        let set = ReadSet::default().and_follow(key.clone(), tympan_core::view::Follow::ALL);
        let mut view = read(&*store, &set);
        put(&*store, [user(TENANT, 1, 2).slot(), children(2)]);
        let dumped = dump(&*store);
        apply(
            vec![Change::from(entry(TENANT, 1, wallet_key(1, 1)))],
            &mut view,
        );
        assert_eq!(conflict(commit(&*store, &view.into_batch())), [key]);
        assert_eq!(dump(&*store), dumped);
    }

    /// Every key that a conflict names is not as expected, and it names one at least.
    fn a_conflict_names_only_keys_that_changed(harness: &dyn Harness) {
        let store = harness.open();
        put(&*store, one_of_each(TENANT));
        let keys: Vec<Key> = one_of_each(TENANT)
            .into_iter()
            .map(|(key, _)| key)
            .collect();
        let mut view = read(&*store, &reads(&keys));
        put(
            &*store,
            [user(TENANT, 1, 2).slot(), claim(TENANT, "a", 2, 2).slot()],
        );
        apply(
            vec![Change::from(entry(TENANT, 1, wallet_key(1, 1)))],
            &mut view,
        );
        let named = conflict(commit(&*store, &view.into_batch()));
        let changed = [
            user(TENANT, 1, 2).slot().0,
            claim(TENANT, "a", 2, 2).slot().0,
        ];
        assert!(!named.is_empty());
        assert!(named.iter().all(|key| changed.contains(key)), "{named:?}");
    }

    /// What is as it was expected to be is no hindrance, whatever else changed.
    fn what_others_change_is_no_hindrance(harness: &dyn Harness) {
        let store = harness.open();
        put(&*store, one_of_each(TENANT));
        let keys: Vec<Key> = one_of_each(TENANT)
            .into_iter()
            .map(|(key, _)| key)
            .collect();
        let mut view = read(&*store, &reads(&keys));
        put(
            &*store,
            [
                user(TENANT, 2, 1).slot(),
                wallets_slot(TENANT, 2, wallets(TENANT, 2, &[1])),
            ],
        );
        put(&*store, one_of_each(OTHER));
        apply(
            vec![Change::from(entry(TENANT, 1, wallet_key(1, 1)))],
            &mut view,
        );
        commit(&*store, &view.into_batch()).unwrap();
    }

    /// Expectations are checked in a batch that writes nothing.
    fn a_batch_that_only_expects_is_checked(harness: &dyn Harness) {
        let store = harness.open();
        let key = Key::User(TENANT, UserId(1));
        let expecting = |found| Batch {
            expectations: vec![Expectation {
                key: key.clone(),
                found,
            }],
            ..Batch::default()
        };
        commit(&*store, &expecting(Found::Absent)).unwrap();
        let named = conflict(commit(&*store, &expecting(Found::Version(1))));
        assert_eq!(named, std::slice::from_ref(&key));
        put(&*store, [user(TENANT, 1, 1).slot()]);
        commit(&*store, &expecting(Found::Version(1))).unwrap();
        let named = conflict(commit(&*store, &expecting(Found::Absent)));
        assert_eq!(named, std::slice::from_ref(&key));
    }

    /// Expectations are about one tenant: the same keys of another do not count.
    fn the_same_keys_of_another_tenant_do_not_count(harness: &dyn Harness) {
        let store = harness.open();
        let slots = one_of_each(TENANT);
        let keys: Vec<Key> = slots.iter().map(|(key, _)| key.clone()).collect();
        let mut view = read(&*store, &reads(&keys).and(Key::Receipt(TENANT, [7; 32])));
        put(&*store, one_of_each(OTHER));
        change(&*store, vec![Change::from(keyed(OTHER, 1, [7; 32], 1))]);
        let changes = slots
            .into_iter()
            .map(|(key, record)| Change::Put(key, record));
        apply(changes.collect(), &mut view);
        commit(&*store, &view.into_batch()).unwrap();
    }

    /// An owner without wallets is read as one with an empty list, and a first wallet fits it.
    fn a_first_wallet_is_inserted(harness: &dyn Harness) {
        let store = harness.open();
        let key = Key::Wallets(TENANT, 1);
        assert_eq!(
            get(&*store, &key),
            Some(wallets_slot(TENANT, 1, Wallets::default()).1)
        );
        put(&*store, [wallets_slot(TENANT, 1, wallets(TENANT, 1, &[1]))]);
        assert_eq!(
            get(&*store, &key),
            Some(wallets_slot(TENANT, 1, wallets(TENANT, 1, &[1])).1)
        );
    }
}
