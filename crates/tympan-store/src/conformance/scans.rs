//! Scans: every row of every table, page by page.

use std::borrow::Cow;

use tympan_core::ids::TenantId;
use tympan_core::records::{Claim, Entry, TABLES, User};
use tympan_core::row::{Cell, Row, Table};
use tympan_core::view::Change;

use super::everything::everything;
use super::list::cases;
use super::samples::*;
use super::steps::*;
use crate::Store;

/// All rows of a table, in pages of `limit`.
fn paged(store: &dyn Store, table: &'static Table, limit: u32) -> Vec<Vec<Cell<'static>>> {
    let (mut all, mut after): (Vec<Vec<Cell<'static>>>, Option<Vec<Cell<'static>>>) =
        Default::default();
    loop {
        let page = store.scan(table, None, after.as_deref(), limit).unwrap();
        assert!(page.len() <= usize::try_from(limit).unwrap());
        match page.last() {
            Some(last) => {
                let last = Some(last[..table.key].to_vec());
                assert!(after < last, "a page ends at {last:?}");
                after = last;
            }
            None => return all,
        }
        all.extend(page);
    }
}

fn rows(rows: &[Vec<Cell<'static>>], table: &'static Table) -> Vec<Vec<Cell<'static>>> {
    rows.iter().map(|row| row[..table.key].to_vec()).collect()
}

cases! {
    __conformance_scans;

    /// An empty store has no rows.
    fn an_empty_store_has_no_rows(harness: &dyn Harness) {
        let store = harness.open();
        for table in TABLES {
            assert_eq!(
                store.scan(table, None, None, 10).unwrap(),
                Vec::<Vec<Cell<'static>>>::new()
            );
        }
    }

    /// A scan gives as many cells as the table has columns, of every tenant.
    fn a_scan_gives_whole_rows_of_every_tenant(harness: &dyn Harness) {
        let store = harness.open();
        change(&*store, everything());
        for table in TABLES {
            let at = table
                .columns
                .iter()
                .position(|column| column.name == "tenant")
                .unwrap_or(0);
            for tenant in [TENANT, OTHER] {
                let rows = store.scan(table, None, None, u32::MAX).unwrap();
                assert!(rows.iter().all(|row| row.len() == table.columns.len()));
                let of_tenant = rows.iter().filter(|row| row[at] == Cell::Integer(tenant.0));
                assert!(of_tenant.count() > 0, "table `{}`", table.name);
            }
        }
    }

    /// Rows come in the order of their keys, texts by bytes, and each once.
    fn rows_are_in_the_order_of_their_keys(harness: &dyn Harness) {
        let store = harness.open();
        change(&*store, everything());
        for table in TABLES {
            let found = rows(&store.scan(table, None, None, u32::MAX).unwrap(), table);
            let rising = found.is_sorted_by(|one, other| one < other);
            assert!(rising, "table `{}`: {found:?}", table.name);
        }
    }

    /// A page holds as many rows as were asked for, and pages join to the whole, of every table.
    fn pages_of_rows_join_to_the_whole(harness: &dyn Harness) {
        let store = harness.open();
        change(&*store, everything());
        for table in TABLES {
            let whole = store.scan(table, None, None, u32::MAX).unwrap();
            for limit in [1, 2, 3, 5, 1_000] {
                assert_eq!(
                    paged(&*store, table, limit),
                    whole,
                    "table `{}` by {limit}",
                    table.name
                );
            }
        }
    }

    /// A scan of one tenant gives its rows, in the order of the whole, and pages of them join to it.
    fn a_scan_of_a_tenant_passes_over_others(harness: &dyn Harness) {
        let store = harness.open();
        change(&*store, everything());
        for table in TABLES {
            let names = table.columns.iter().map(|column| column.name);
            let at = names.clone().position(|name| name == "tenant");
            let at = at.or_else(|| names.clone().position(|name| name == "id")).unwrap();
            let whole = store.scan(table, None, None, u32::MAX).unwrap();
            for tenant in [TENANT, OTHER, TenantId(i64::MAX)] {
                let is_its = |row: &&Vec<Cell<'static>>| row[at] == Cell::Integer(tenant.0);
                let its: Vec<_> = whole.iter().filter(is_its).cloned().collect();
                let (mut found, mut after): (Vec<Vec<Cell<'static>>>, Option<Vec<_>>) = Default::default();
                while let page = store.scan(table, Some(tenant), after.as_deref(), 1).unwrap()
                    && let Some(row) = page.first()
                {
                    after = Some(row[..table.key].to_vec());
                    found.extend(page);
                    assert!(found.len() <= its.len(), "table `{}`", table.name);
                }
                assert_eq!(found, its, "table `{}` of `{tenant}`", table.name);
                let snapshot = store.snapshot().unwrap();
                let seen = snapshot.scan(table, Some(tenant), None, u32::MAX).unwrap();
                assert_eq!(seen, its, "table `{}` of `{tenant}`", table.name);
            }
        }
    }

    /// The key to go on behind need not be a row's.
    fn a_scan_goes_on_behind_any_key(harness: &dyn Harness) {
        let store = harness.open();
        put(&*store, [1, 3, 5].map(|id| user(TENANT, id, 1).slot()));
        put(&*store, [2, 4].map(|id| user(OTHER, id, 1).slot()));
        let key = |tenant: i64, id: i64| [Cell::Integer(tenant), Cell::Integer(id)];
        for (after, expected) in [
            (key(0, 9), 5),
            (key(1, 0), 5),
            (key(1, 2), 4),
            (key(1, 5), 2),
            (key(1, i64::MAX), 2),
            (key(2, 3), 1),
            (key(2, 4), 0),
            (key(i64::MAX, 0), 0),
        ] {
            let found = store.scan(User::TABLE, None, Some(&after), 10).unwrap();
            assert_eq!(found.len(), expected, "{after:?}");
        }
    }

    /// A scan goes on behind a text by its bytes.
    fn a_scan_goes_on_behind_any_text(harness: &dyn Harness) {
        let store = harness.open();
        put(
            &*store,
            ["B", "a", "ab", "ä", "日"].map(|value| claim(TENANT, value, 1, 1).slot()),
        );
        let text = |text: &'static str| Cell::Text(Cow::Borrowed(text));
        for (kind, value, expected) in [
            ("card", "", 5),
            ("card", "A", 5),
            ("card", "B", 4),
            ("card", "aa", 3),
            ("card", "z", 2),
            ("card", "\u{10ffff}", 0),
            ("alias", "zzz", 5),
            ("card_", "", 0),
            ("pin", "", 0),
        ] {
            let after = [Cell::Integer(TENANT.0), text(kind), text(value)];
            let found = store.scan(Claim::TABLE, None, Some(&after), 10).unwrap();
            assert_eq!(found.len(), expected, "{after:?}");
        }
    }

    /// Rows that were changed are scanned as they are, and removed ones are not.
    fn a_scan_sees_what_is_there_now(harness: &dyn Harness) {
        let store = harness.open();
        put(&*store, (1..=4).map(|id| user(TENANT, id, 1).slot()));
        put(&*store, [user(TENANT, 2, 9).slot()]);
        change(&*store, vec![Change::Remove(user(TENANT, 3, 1).slot().0)]);
        let versions: Vec<Cell<'static>> = store
            .scan(User::TABLE, None, None, 10)
            .unwrap()
            .into_iter()
            .map(|row| row[2].clone())
            .collect();
        assert_eq!(versions, [1, 9, 1].map(Cell::Integer));
    }

    /// Rows of a table are those of the records: a store keeps nothing else there.
    fn removing_everything_leaves_only_lines(harness: &dyn Harness) {
        let store = harness.open();
        change(&*store, everything());
        let keys = everything().into_iter().filter_map(|change| match change {
            Change::Put(key, _) => Some(Change::Remove(key)),
            _ => None,
        });
        change(&*store, keys.collect());
        let lines = ["entry", "entry_text", "audit_event", "audit_text"];
        for (table, rows) in dump(&*store) {
            assert_eq!(rows.is_empty(), !lines.contains(&table), "table `{table}`");
        }
    }

    /// Thousands of rows are paged through.
    fn thousands_of_rows_are_paged_through(harness: &dyn Harness) {
        let store = harness.open();
        let plain = entry(TENANT, 1, wallet_key(1, 1));
        let entries = (1..=3_000).map(|id| Entry {
            id: tympan_core::ids::EntryId(id),
            ..plain.clone()
        });
        change(&*store, entries.map(Change::from).collect());
        let ids: Vec<Cell<'static>> = paged(&*store, Entry::TABLE, 700)
            .into_iter()
            .map(|row| row[0].clone())
            .collect();
        assert_eq!(ids, (1..=3_000).map(Cell::Integer).collect::<Vec<_>>());
    }

    /// Two stores that were filled in different steps hold the same rows.
    fn the_way_there_leaves_no_trace(harness: &dyn Harness) {
        let store = harness.open();
        change(&*store, everything());
        let whole = dump(&*store);
        let gone = everything().into_iter().filter_map(|change| match change {
            Change::Put(key, _) => Some(Change::Remove(key)),
            _ => None,
        });
        change(&*store, gone.collect());
        let mut again: Vec<Change> = everything()
            .into_iter()
            .filter(|change| matches!(change, Change::Put(..)))
            .collect();
        again.reverse();
        for one in again {
            change(&*store, vec![one]);
        }
        assert_eq!(dump(&*store), whole);
    }
}
