//! Erasing words whose time is over.

use tympan_core::ids::TenantId;
use tympan_core::records::EntryText;
use tympan_core::row::Row;
use tympan_core::time::Timestamp;
use tympan_core::view::Change;

use super::list::cases;
use super::samples::*;
use super::steps::*;
use crate::Store;

/// Another tenant.
const OTHER: TenantId = TenantId(TENANT.0 + 1);

/// Words whose time is over at a millisecond, or never.
fn words(tenant: TenantId, id: i64, erase_at: Option<i64>) -> Change {
    Change::EntryText(EntryText {
        erase_at: erase_at.map(Timestamp::from_millis),
        ..entry_text(tenant, id)
    })
}

/// Entries with words: of each the id, and when its time is over.
fn add(store: &dyn Store, tenant: TenantId, lines: &[(i64, Option<i64>)]) {
    let ids = lines.iter().map(|line| line.0);
    let mut changes = linked(store, tenant, wallet_key(1, 978), ids);
    changes.extend(lines.iter().map(|(id, at)| words(tenant, *id, *at)));
    change(store, changes);
}

/// The entries that have words.
fn with_words(store: &dyn Store) -> Vec<i64> {
    let rows = store.scan(EntryText::TABLE, None, None, 100).unwrap();
    let texts = rows.into_iter().map(|row| {
        let mut cells = row.into_iter();
        EntryText::from_cells(&mut || cells.next()).unwrap().entry.0
    });
    let mut ids: Vec<i64> = texts.collect();
    ids.sort_unstable();
    ids
}

fn erase(store: &dyn Store, until: i64, limit: u32) -> u32 {
    let until = Timestamp::from_millis(until);
    store.erase_words(TENANT, until, limit).unwrap()
}

cases! {
    __conformance_erasing;

    /// Words are erased from the instant on at which their time is over; others stay, and so do
    /// those without such an instant and those of other tenants.
    fn only_words_whose_time_is_over_are_erased(harness: &dyn Harness) {
        let store = harness.open();
        assert_eq!(erase(&*store, i64::MAX, 10), 0);
        add(&*store, TENANT, &[(1, Some(1_000)), (2, None), (3, Some(999)), (4, Some(1_001))]);
        add(&*store, OTHER, &[(5, Some(1))]);
        assert_eq!(erase(&*store, 998, 10), 0);
        assert_eq!(with_words(&*store), [1, 2, 3, 4, 5]);
        assert_eq!(erase(&*store, 1_000, 10), 2);
        assert_eq!(with_words(&*store), [2, 4, 5]);
        assert_eq!(erase(&*store, 1_000, 10), 0);
        assert_eq!(erase(&*store, i64::MAX, 10), 1);
        assert_eq!(with_words(&*store), [2, 5]);
    }

    /// No more are erased at once than were asked for, those first whose time was over first.
    fn words_are_erased_a_few_at_a_time(harness: &dyn Harness) {
        let store = harness.open();
        let lines: Vec<_> = (1..=5).map(|id| (id, Some(100 - id))).collect();
        add(&*store, TENANT, &lines);
        assert_eq!(erase(&*store, 1_000, 2), 2);
        assert_eq!(with_words(&*store), [1, 2, 3]);
        assert_eq!(erase(&*store, 1_000, 2), 2);
        assert_eq!(with_words(&*store), [1]);
        assert_eq!(erase(&*store, 1_000, 2), 1);
        assert_eq!(with_words(&*store), [0_i64; 0]);
    }

    /// Entries whose words are gone stay as they were, and erased words stay erased.
    fn entries_stay_whole_without_their_words(harness: &dyn Harness) {
        let store = harness.open();
        add(&*store, TENANT, &[(1, Some(1))]);
        let before = store.scan(tympan_core::records::Entry::TABLE, None, None, 10).unwrap();
        assert_eq!(erase(&*store, 1, 10), 1);
        let store = harness.reopen(store);
        let after = store.scan(tympan_core::records::Entry::TABLE, None, None, 10).unwrap();
        assert_eq!(before, after);
        assert_eq!(with_words(&*store), [0_i64; 0]);
    }
}
