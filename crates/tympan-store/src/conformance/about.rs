//! What a store says of itself: the time, and how safely it keeps what it is given.

use super::list::cases;
use super::samples::*;
use super::steps::*;

cases! {
    __conformance_about;

    /// A store has a clock if its turns have one, and it is the same.
    fn a_store_and_its_turns_have_one_clock(harness: &dyn Harness) {
        let store = harness.open();
        put(&*store, [user(TENANT, 1, 1).slot()]);
        let before = store.now().unwrap();
        let during = store.turn().unwrap().now().unwrap();
        let after = store.now().unwrap();
        assert_eq!(
            (before.is_some(), after.is_some()),
            (during.is_some(), during.is_some())
        );
        assert!(
            before <= during && during <= after,
            "{before:?}, {during:?}, {after:?}"
        );
    }

    /// A store says how safely it keeps commits, and why.
    fn a_store_says_how_it_keeps_commits_and_why(harness: &dyn Harness) {
        let store = harness.open();
        put(&*store, [user(TENANT, 1, 1).slot()]);
        let report = store.doctor().unwrap();
        assert!(!report.why.is_empty(), "{report:?}");
        assert!(report.why.iter().all(|why| !why.is_empty()), "{report:?}");
        assert_eq!(store.doctor().unwrap(), report);
    }
}
