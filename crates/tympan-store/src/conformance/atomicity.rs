//! All of a batch, or nothing.

use tympan_core::view::Batch;

use super::list::cases;
use super::steps::{commit, dump};

cases! {
    __conformance_atomicity;

    /// A batch with nothing in it commits and changes nothing.
    fn an_empty_batch_changes_nothing(harness: &dyn Harness) {
        let store = harness.open();
        let before = dump(&*store);
        commit(&*store, &Batch::default()).unwrap();
        assert_eq!(dump(&*store), before);
    }
}
