//! Stamps: equal if and only if nothing was committed in between.

use tympan_core::ids::UserId;
use tympan_core::queries::{AuditQuery, EntryQuery, UserQuery};
use tympan_core::records::TABLES;
use tympan_core::view::{Change, Follow, Key, ReadSet, View, apply};

use super::everything::everything;
use super::list::cases;
use super::samples::*;
use super::steps::*;

cases! {
    __conformance_stamps;

    /// Reads leave the stamp as it is.
    fn reads_leave_the_stamp(harness: &dyn Harness) {
        let store = harness.open();
        change(&*store, everything());
        let stamp = store.stamp().unwrap();
        assert_eq!(store.stamp().unwrap(), stamp);
        let set = ReadSet::default().and_follow(Key::User(TENANT, UserId(1)), Follow::ALL);
        read(&*store, &set);
        store
            .users(&UserQuery {
                tenant: TENANT,
                active: None,
                group: None,
                profile: None,
                sharing: None,
                pattern: None,
                after: None,
                limit: 10,
            })
            .unwrap();
        store
            .entries(&EntryQuery {
                tenant: TENANT,
                wallet: wallet_key(1, 1),
                before: None,
                limit: 10,
            })
            .unwrap();
        store
            .audit_events(&AuditQuery {
                tenant: TENANT,
                after: None,
                limit: 10,
            })
            .unwrap();
        for table in TABLES {
            store.scan(table, None, None, 10).unwrap();
        }
        assert_eq!(store.stamp().unwrap(), stamp);
    }

    /// A turn that is dropped leaves the stamp as it is.
    fn dropped_turns_leave_the_stamp(harness: &dyn Harness) {
        let store = harness.open();
        put(&*store, [user(TENANT, 1, 1).slot()]);
        let stamp = store.stamp().unwrap();
        load(&*store, &ReadSet::of(Key::User(TENANT, UserId(1))));
        store.turn().unwrap().floor().unwrap();
        drop(store.turn().unwrap());
        assert_eq!(store.stamp().unwrap(), stamp);
    }

    /// A batch that is refused leaves the stamp as it is.
    fn refused_batches_leave_the_stamp(harness: &dyn Harness) {
        let store = harness.open();
        let (key, record) = user(TENANT, 1, 1).slot();
        let mut view = read(&*store, &ReadSet::of(key.clone()));
        put(&*store, [(key.clone(), record.clone())]);
        let stamp = store.stamp().unwrap();
        apply(vec![Change::Put(key, record)], &mut view);
        conflict(commit(&*store, &view.into_batch()));
        assert_eq!(store.stamp().unwrap(), stamp);
    }

    /// Every commit gives a stamp that was never there before.
    fn every_commit_gives_a_new_stamp(harness: &dyn Harness) {
        let store = harness.open();
        let mut stamps = vec![store.stamp().unwrap()];
        for version in 1..=10 {
            put(&*store, [user(TENANT, 1, version).slot()]);
            let stamp = store.stamp().unwrap();
            assert!(!stamps.contains(&stamp), "{stamp:?} was there before");
            stamps.push(stamp);
        }
    }

    /// A commit of any kind of change gives a new stamp.
    fn any_change_gives_a_new_stamp(harness: &dyn Harness) {
        let store = harness.open();
        for one in everything() {
            let stamp = store.stamp().unwrap();
            change(&*store, vec![one.clone()]);
            assert_ne!(store.stamp().unwrap(), stamp, "{one:?}");
        }
    }

    /// What one handle commits, the others' stamps tell, each time.
    fn a_commit_elsewhere_gives_a_new_stamp(harness: &dyn Harness) {
        let (store, second) = (harness.open(), harness.open());
        let mut stamps = vec![store.stamp().unwrap()];
        for version in 1..=6 {
            let writer = if version % 3 == 0 { &store } else { &second };
            put(&**writer, [user(TENANT, 1, version).slot()]);
            let stamp = store.stamp().unwrap();
            assert!(!stamps.contains(&stamp), "{stamp:?} was there before");
            assert_eq!(store.stamp().unwrap(), stamp);
            stamps.push(stamp);
        }
    }

    /// Who sees a new stamp sees the new data too.
    fn a_new_stamp_means_new_data(harness: &dyn Harness) {
        let (store, second) = (harness.open(), harness.open());
        for version in 1..=6 {
            let stamp = store.stamp().unwrap();
            put(&*second, [user(TENANT, 1, version).slot()]);
            assert_ne!(store.stamp().unwrap(), stamp);
            let mut view = View::default();
            store
                .read(&ReadSet::of(Key::User(TENANT, UserId(1))), &mut view)
                .unwrap();
            let found = view.user(TENANT, UserId(1)).unwrap().expect("it is there");
            assert_eq!(found.version, version);
        }
    }
}
