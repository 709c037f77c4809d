//! What was committed is there when the store is opened again.

use tympan_core::view::{Change, Key, ReadSet, Record};

use super::everything::{all_keys, everything};
use super::list::cases;
use super::samples::*;
use super::steps::*;
use crate::Store;

/// Numbers that look like chance and are the same every time: SplitMix64.
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

fn digests(seed: u64, count: usize) -> Vec<[u8; 32]> {
    let mut state = seed;
    let mut digest = || {
        let mut digest = [0; 32];
        for part in digest.chunks_mut(8) {
            part.copy_from_slice(&next(&mut state).to_be_bytes());
        }
        digest
    };
    (0..count).map(|_| digest()).collect()
}

/// Every receipt is found with the entry that it was written with, and no other is.
fn finds_receipts(store: &dyn Store, written: &[[u8; 32]], absent: &[[u8; 32]]) {
    for (chunk, first) in written.chunks(500).zip((1..).step_by(500)) {
        let keys: Vec<Key> = chunk
            .iter()
            .map(|digest| Key::Receipt(TENANT, *digest))
            .collect();
        let view = load(store, &reads(&keys));
        for (digest, id) in chunk.iter().zip(first..) {
            let receipt = view
                .receipt(TENANT, *digest)
                .unwrap()
                .expect("it was written");
            let ids: Vec<i64> = receipt.iter().map(|entry| entry.id.0).collect();
            assert_eq!(ids, [id]);
        }
    }
    let keys: Vec<Key> = absent
        .iter()
        .map(|digest| Key::Receipt(TENANT, *digest))
        .collect();
    let view = read(store, &reads(&keys));
    for key in keys {
        assert_eq!(view.get(&key), Some(None));
    }
}

/// Writes receipts with the ids from 1 on, many to a batch.
fn write_receipts(store: &dyn Store, digests: &[[u8; 32]]) {
    let plain = keyed(TENANT, 1, [0; 32], 1);
    let entries: Vec<Change> = digests
        .iter()
        .zip(1..)
        .map(|(digest, id)| {
            Change::from(tympan_core::records::Entry {
                id: tympan_core::ids::EntryId(id),
                key: Some(*digest),
                ..plain.clone()
            })
        })
        .collect();
    for chunk in entries.chunks(500) {
        change(store, chunk.to_vec());
    }
}

cases! {
    __conformance_reopening;

    /// An empty store is still empty.
    fn an_empty_store_is_empty_again(harness: &dyn Harness) {
        let store = harness.reopen(harness.open());
        assert!(dump(&*store).iter().all(|(_, rows)| rows.is_empty()));
        assert_eq!(store.turn().unwrap().floor().unwrap(), 0);
    }

    /// Every row of every table is there again.
    fn every_row_is_there_again(harness: &dyn Harness) {
        let store = harness.open();
        change(&*store, everything());
        let dumped = dump(&*store);
        let store = harness.reopen(store);
        assert_eq!(dump(&*store), dumped);
    }

    /// Every record is found under its key again.
    fn every_record_is_found_again(harness: &dyn Harness) {
        let store = harness.open();
        change(&*store, everything());
        let keys = all_keys();
        let before = read(&*store, &reads(&keys));
        let store = harness.reopen(store);
        let after = read(&*store, &reads(&keys));
        for key in keys {
            let found: Option<&Record> = after.get(&key).flatten();
            assert!(found.is_some(), "{key:?}");
            assert_eq!(found, before.get(&key).flatten(), "{key:?}");
        }
    }

    /// The last batch is there as well as the first.
    fn the_last_batch_is_there_again(harness: &dyn Harness) {
        let mut store = harness.open();
        for version in 1..=5 {
            put(&*store, [user(TENANT, 1, version).slot()]);
            store = harness.reopen(store);
            let (key, record) = user(TENANT, 1, version).slot();
            assert_eq!(get(&*store, &key), Some(record));
        }
    }

    /// What was not committed is not there.
    fn a_dropped_turn_is_not_there_again(harness: &dyn Harness) {
        let store = harness.open();
        change(&*store, everything());
        let dumped = dump(&*store);
        let set = ReadSet::of(user(TENANT, 1, 1).slot().0);
        load(&*store, &set);
        let store = harness.reopen(store);
        assert_eq!(dump(&*store), dumped);
    }

    /// Ids go on where they were.
    fn the_floor_goes_on(harness: &dyn Harness) {
        let mut store = harness.open();
        for id in [7, 1_000, 1 << 53, i64::MAX - 1] {
            change(&*store, vec![Change::Audit(audit(TENANT, id))]);
            store = harness.reopen(store);
            assert_eq!(store.turn().unwrap().floor().unwrap(), id);
        }
    }

    /// Expectations hold for what was written before.
    fn expectations_outlive_the_store(harness: &dyn Harness) {
        let store = harness.open();
        let (key, record) = claim(TENANT, "a", 1, 1).slot();
        let batch = batch(
            &*store,
            &ReadSet::default(),
            vec![Change::Put(key.clone(), record)],
        );
        commit(&*store, &batch).unwrap();
        let store = harness.reopen(store);
        assert_eq!(conflict(commit(&*store, &batch)), [key]);
    }

    /// A receipt is found again, and its key stays taken.
    fn a_receipt_is_found_again(harness: &dyn Harness) {
        let store = harness.open();
        let entries = [
            keyed(TENANT, 1, [7; 32], 2),
            entry(TENANT, 2, wallet_key(1, 2)),
        ];
        let first = batch(
            &*store,
            &ReadSet::default(),
            entries.clone().map(Change::from).to_vec(),
        );
        commit(&*store, &first).unwrap();
        let store = harness.reopen(store);
        let key = Key::Receipt(TENANT, [7; 32]);
        let expected = Record::Receipt(std::sync::Arc::new(entries.iter().cloned().map(Into::into).collect()));
        assert_eq!(get(&*store, &key), Some(expected));
        refused(commit(&*store, &first));
    }

    /// Thousands of receipts are found, and none that was not written.
    fn thousands_of_receipts_are_found(harness: &dyn Harness) {
        let store = harness.open();
        let (written, absent) = (digests(1, 5_000), digests(2, 500));
        write_receipts(&*store, &written);
        finds_receipts(&*store, &written, &absent);
    }

    /// Thousands of receipts are found again, and none that was not written.
    fn thousands_of_receipts_are_found_again(harness: &dyn Harness) {
        let store = harness.open();
        let (written, absent) = (digests(3, 5_000), digests(4, 500));
        write_receipts(&*store, &written);
        let store = harness.reopen(store);
        finds_receipts(&*store, &written, &absent);
    }

    /// Another handle finds receipts that were written after it was opened.
    fn receipts_are_found_by_every_handle(harness: &dyn Harness) {
        let (store, second) = (harness.open(), harness.open());
        let (written, absent) = (digests(5, 500), digests(6, 100));
        finds_receipts(&*second, &[], &absent);
        write_receipts(&*store, &written);
        finds_receipts(&*second, &written, &absent);
    }

    /// What one handle commits, the others read.
    fn handles_read_what_others_commit(harness: &dyn Harness) {
        let (store, second) = (harness.open(), harness.open());
        change(&*store, everything());
        assert_eq!(dump(&*second), dump(&*store));
        put(&*second, [user(TENANT, 1, 2).slot()]);
        let (key, record) = user(TENANT, 1, 2).slot();
        assert_eq!(get(&*store, &key), Some(record));
    }

    /// What one handle commits is there after that handle is closed.
    fn a_closed_handle_takes_nothing_along(harness: &dyn Harness) {
        let (store, second) = (harness.open(), harness.open());
        change(&*second, everything());
        let dumped = dump(&*second);
        drop(second);
        assert_eq!(dump(&*store), dumped);
    }
}
