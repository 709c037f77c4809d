//! What the set of receipts does when keys come, move and are looked for.

use std::collections::BTreeMap;

use proptest::prelude::*;
use tympan_core::view::{Key, ReadSet, View};
use tympan_store::Store;

use crate::options::Tuning;
use crate::samples::{self, TENANT};
use crate::{Durability, SqliteOptions, SqliteStore};

/// So small that everything is moved within a few commits.
fn tuning(kept: usize, step: usize) -> Tuning {
    Tuning {
        receipts_kept: kept,
        receipts_step: step,
        ..Tuning::default()
    }
}

fn open(path: &std::path::Path, tuning: Tuning) -> SqliteStore {
    let options = SqliteOptions {
        durability: Durability::Normal,
        ..SqliteOptions::default()
    };
    SqliteStore::open_with(path, &options, tuning).unwrap()
}

/// A key that shares its hash with every eighth other one: hits must be compared in full.
fn key(number: u16) -> [u8; 32] {
    let mut key = [0; 32];
    key[0] = (number % 8) as u8 ^ 0x80;
    key[1] = (number / 16) as u8;
    key[30..].copy_from_slice(&number.to_be_bytes());
    key
}

#[derive(Clone, Debug)]
enum Step {
    /// Charges under these keys in one turn of one of two stores.
    Charge(usize, Vec<u16>),
    /// Looks a key up without a turn.
    Read(usize, u16),
    Reopen(usize),
    /// A turn that is dropped after it looked.
    Drop(usize, u16),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let number = 0..300_u16;
    let store = 0..2_usize;
    let step = prop_oneof![
        8 => (store.clone(), prop::collection::vec(number.clone(), 1..12))
            .prop_map(|(store, numbers)| Step::Charge(store, numbers)),
        4 => (store.clone(), number.clone()).prop_map(|(store, number)| Step::Read(store, number)),
        1 => store.clone().prop_map(Step::Reopen),
        1 => (store, number).prop_map(|(store, number)| Step::Drop(store, number)),
    ];
    prop::collection::vec(step, 1..60)
}

fn first_of(view: &View, key: [u8; 32]) -> Option<i64> {
    let entries = view.receipt(TENANT, key).unwrap();
    entries.map(|entries| entries[0].id.0)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn every_key_is_found_and_no_other(kept in 1..12_usize, step in 1..9_usize, steps in steps()) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("keys.db");
        let tuning = tuning(kept, step);
        let mut stores = [Some(open(&path, tuning)), Some(open(&path, tuning))];
        let mut used: BTreeMap<u16, i64> = BTreeMap::new();
        for step in steps {
            match step {
                Step::Charge(at, numbers) => {
                    let store = stores[at].as_ref().unwrap();
                    let mut turn = store.turn().unwrap();
                    let mut view = View::default();
                    let mut set = ReadSet::default();
                    for number in &numbers {
                        set = samples::charge_reads(set, 1, key(*number));
                    }
                    turn.load(&set, &mut view).unwrap();
                    let mut id = turn.floor().unwrap();
                    for number in numbers {
                        prop_assert_eq!(first_of(&view, key(number)), used.get(&number).copied());
                        let new = samples::charge(&mut view, 1, key(number), id + 1);
                        prop_assert_eq!(new, !used.contains_key(&number));
                        if new {
                            id += 1;
                            used.insert(number, id);
                        }
                    }
                    turn.commit(&view.into_batch()).unwrap();
                }
                Step::Read(at, number) => {
                    let mut view = View::default();
                    let set = ReadSet::of(Key::Receipt(TENANT, key(number)));
                    stores[at].as_ref().unwrap().read(&set, &mut view).unwrap();
                    prop_assert_eq!(first_of(&view, key(number)), used.get(&number).copied());
                }
                Step::Reopen(at) => {
                    stores[at] = None;
                    stores[at] = Some(open(&path, tuning));
                }
                Step::Drop(at, number) => {
                    let mut turn = stores[at].as_ref().unwrap().turn().unwrap();
                    let mut view = View::default();
                    let set = ReadSet::of(Key::Receipt(TENANT, key(number)));
                    turn.load(&set, &mut view).unwrap();
                    prop_assert_eq!(first_of(&view, key(number)), used.get(&number).copied());
                }
            }
        }
        let snapshot = stores[0].as_ref().unwrap().snapshot().unwrap();
        let mut faults = Vec::new();
        snapshot.check(&mut |fault| faults.push(fault)).unwrap();
        prop_assert!(faults.is_empty(), "{:?}", faults);
    }
}

#[test]
fn memory_is_bounded_and_older_keys_move_to_the_table() {
    let store = SqliteStore::in_memory_with(&SqliteOptions::default(), tuning(64, 16)).unwrap();
    for number in 0..1_000_u16 {
        let mut key = [0; 32];
        key[..2].copy_from_slice(&number.wrapping_mul(40_503).to_be_bytes());
        assert!(samples::charge_alone(&store, 1, key).unwrap());
        let newest = store.receipts().newest.len();
        assert!(newest <= 64 * 3, "{newest} at {number}");
    }
    let moved = crate::statements::number(
        &store.writer().connection,
        "SELECT count(*) FROM receipt_index",
    );
    assert!(moved.unwrap() > 700);
    for number in 0..1_000_u16 {
        let mut key = [0; 32];
        key[..2].copy_from_slice(&number.wrapping_mul(40_503).to_be_bytes());
        assert!(!samples::charge_alone(&store, 1, key).unwrap());
    }
}

#[test]
fn who_opens_a_ledger_reads_its_end_only() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("keys.db");
    let store = open(&path, tuning(16, 4));
    for number in 0..300_u16 {
        assert!(samples::charge_alone(&store, 1, key(number)).unwrap());
    }
    drop(store);
    let store = open(&path, tuning(16, 4));
    assert!(!samples::charge_alone(&store, 1, key(0)).unwrap());
    let newest = store.receipts().newest.len();
    assert!((16..=48).contains(&newest), "{newest}");
}

#[test]
fn a_snapshot_from_before_the_mark_is_not_answered_from_memory() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("keys.db");
    let store = open(&path, tuning(4, 2));
    for number in 0..40_u16 {
        assert!(samples::charge_alone(&store, 1, key(number)).unwrap());
    }
    let reader = crate::connection::reader(&path, std::time::Duration::ZERO).unwrap();
    crate::connection::begin(&reader).unwrap();
    assert!(store.receipts().look(&reader).unwrap());
    for number in 40..80_u16 {
        assert!(samples::charge_alone(&store, 1, key(number)).unwrap());
    }
    assert!(!store.receipts().look(&reader).unwrap());
    crate::connection::end(&reader).unwrap();
    crate::connection::begin(&reader).unwrap();
    let mut receipts = store.receipts();
    assert!(receipts.look(&reader).unwrap());
    for number in 0..80_u16 {
        let found = receipts.find(&reader, TENANT, &key(number)).unwrap();
        assert_eq!(found.unwrap()[0].id.0, i64::from(number) + 1);
    }
}

#[test]
fn an_entry_with_an_id_below_the_newest_is_found_too() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("keys.db");
    let (one, two) = (open(&path, tuning(4, 2)), open(&path, tuning(4, 2)));
    let wallet = samples::wallet(1);
    for (id, store) in [(100, &one), (50, &two), (40, &one), (101, &two)] {
        let mut key = [0; 32];
        key[0] = id as u8;
        let entry = samples::entry(id, Some(key), &wallet);
        let change = vec![tympan_core::view::Change::from(entry)];
        samples::change(store, change).unwrap();
        for store in [&one, &two] {
            let mut view = View::default();
            let set = ReadSet::of(Key::Receipt(TENANT, key));
            store.read(&set, &mut view).unwrap();
            assert_eq!(first_of(&view, key), Some(id));
            let mut view = View::default();
            store.turn().unwrap().load(&set, &mut view).unwrap();
            assert_eq!(first_of(&view, key), Some(id));
        }
    }
}
