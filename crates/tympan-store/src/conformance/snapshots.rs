//! Snapshots: everything as of one instant, while others write.

use tympan_core::records::{Entry, TABLES, User};
use tympan_core::row::{Cell, Row};
use tympan_core::view::{Change, Key, ReadSet, View};

use super::everything::everything;
use super::list::cases;
use super::samples::*;
use super::steps::*;
use crate::Snapshot;

fn rows(snapshot: &dyn Snapshot) -> Dump {
    TABLES
        .iter()
        .map(|table| {
            (
                table.name,
                snapshot.scan(table, None, None, u32::MAX).unwrap(),
            )
        })
        .collect()
}

/// The version of a user, and whether a receipt is there.
fn seen(snapshot: &dyn Snapshot, id: i64, digest: [u8; 32]) -> (Option<i64>, bool) {
    let (user, receipt) = (user(TENANT, id, 1).slot().0, Key::Receipt(TENANT, digest));
    let mut view = View::default();
    let set = ReadSet::of(user.clone()).and(receipt);
    snapshot.read(&set, &mut view).unwrap();
    let version = match view.get(&user).unwrap() {
        Some(tympan_core::view::Record::User(user)) => Some(user.version),
        _ => None,
    };
    (version, view.receipt(TENANT, digest).unwrap().is_some())
}

fn under(digest: [u8; 32], id: i64) -> Vec<Change> {
    let line = Entry {
        key: Some(digest),
        ..entry(TENANT, id, wallet_key(1, 1))
    };
    vec![line.into()]
}

cases! {
    __conformance_snapshots;

    /// A snapshot of everything holds all rows of all tables, and the same records.
    fn a_snapshot_holds_everything(harness: &dyn Harness) {
        let store = harness.open();
        change(&*store, everything());
        let snapshot = store.snapshot().unwrap();
        assert_eq!(rows(&*snapshot), dump(&*store));
        for change in everything() {
            if let Change::Put(key, record) = change {
                let mut view = View::default();
                snapshot.read(&ReadSet::of(key.clone()), &mut view).unwrap();
                assert_eq!(view.get(&key), Some(get(&*store, &key).as_ref()), "{record:?}");
            }
        }
    }

    /// Writers go on beside a snapshot, through the same handle and through others, and it does
    /// not move: neither what it has shown already nor what it shows first.
    fn a_snapshot_stays_while_others_write(harness: &dyn Harness) {
        let (store, other) = (harness.open(), harness.open());
        change(&*store, everything());
        change(&*store, under([7; 32], 9_001));
        put(&*store, [user(TENANT, 501, 1).slot()]);
        let whole = dump(&*store);
        let snapshot = store.snapshot().unwrap();
        for (writer, version) in [(&store, 2), (&other, 3)] {
            put(&**writer, [user(TENANT, 501, version).slot(), user(TENANT, 501 + version, 1).slot()]);
        }
        change(&*other, vec![Change::Remove(user(TENANT, 1, 1).slot().0)]);
        change(&*store, under([8; 32], 9_002));
        assert_eq!(seen(&*snapshot, 501, [7; 32]), (Some(1), true));
        assert_eq!(seen(&*snapshot, 503, [8; 32]), (None, false));
        assert_eq!(rows(&*snapshot), whole);
        put(&*other, [user(TENANT, 501, 4).slot()]);
        assert_eq!(rows(&*snapshot), whole);
        drop(snapshot);
        assert_eq!(seen(&*store.snapshot().unwrap(), 501, [8; 32]), (Some(4), true));
    }

    /// Each snapshot is of the instant in which it was taken.
    fn each_snapshot_is_of_its_own_instant(harness: &dyn Harness) {
        let store = harness.open();
        let empty = store.snapshot().unwrap();
        put(&*store, [user(TENANT, 1, 1).slot()]);
        let one = store.snapshot().unwrap();
        put(&*store, [user(TENANT, 1, 2).slot(), user(TENANT, 2, 1).slot()]);
        let two = store.snapshot().unwrap();
        let counts = [&empty, &one, &two].map(|snapshot| {
            snapshot.scan(User::TABLE, None, None, 10).unwrap().len()
        });
        assert_eq!(counts, [0, 1, 2]);
        assert_eq!(seen(&*one, 1, [1; 32]), (Some(1), false));
        assert_eq!(seen(&*two, 1, [1; 32]), (Some(2), false));
    }

    /// A snapshot is taken beside a turn that is under way, which commits afterwards.
    fn a_snapshot_does_not_wait_for_turns(harness: &dyn Harness) {
        let store = harness.open();
        put(&*store, [user(TENANT, 1, 1).slot()]);
        let changes = vec![Change::Put(user(TENANT, 1, 2).slot().0, user(TENANT, 1, 2).slot().1)];
        let batch = batch(&*store, &ReadSet::default(), changes);
        let mut turn = store.turn().unwrap();
        turn.load(&ReadSet::of(user(TENANT, 1, 1).slot().0), &mut View::default()).unwrap();
        let snapshot = store.snapshot().unwrap();
        turn.commit(&batch).unwrap();
        assert_eq!(seen(&*snapshot, 1, [1; 32]), (Some(1), false));
    }

    /// Pages of a snapshot join to the whole while rows come and go.
    fn pages_of_a_snapshot_join_to_the_whole(harness: &dyn Harness) {
        let store = harness.open();
        put(&*store, (1..=40).map(|id| user(TENANT, id, 1).slot()));
        let snapshot = store.snapshot().unwrap();
        let mut after: Option<Vec<Cell<'static>>> = None;
        let mut count = 0;
        loop {
            let page = snapshot.scan(User::TABLE, None, after.as_deref(), 7).unwrap();
            let Some(last) = page.last() else { break };
            count += page.len();
            assert!(count <= 40, "more rows than there are");
            after = Some(last[..User::TABLE.key].to_vec());
            let id = i64::try_from(count).unwrap();
            put(&*store, [user(TENANT, 1_000 + id, 1).slot()]);
            change(&*store, vec![Change::Remove(user(TENANT, id.min(40), 1).slot().0)]);
        }
        assert_eq!(count, 40);
    }

    /// What the store keeps beside the rows fits them, whatever it was given, and in what order.
    fn a_store_finds_nothing_wrong_with_itself(harness: &dyn Harness) {
        let store = harness.open();
        change(&*store, everything());
        for id in [9_500, 9_100, 9_900] {
            change(&*store, under([u8::try_from(id / 100).unwrap(); 32], id));
        }
        let mut faults = Vec::new();
        store.snapshot().unwrap().check(&mut |fault| faults.push(fault)).unwrap();
        assert!(faults.is_empty(), "{faults:?}");
    }
}
