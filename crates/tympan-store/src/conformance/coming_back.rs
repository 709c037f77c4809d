//! Records with extreme values in every column, put and looked for.

use std::collections::BTreeMap;

use tympan_core::records::{Config, Relations};
use tympan_core::row::Row;
use tympan_core::view::Change;

use super::Harness;
use super::samples::*;
use super::steps::*;
use super::variants::variants;
use crate::Store;

/// All records of a table, read from its rows.
pub(super) fn scanned<T: Row>(store: &dyn Store) -> Vec<T> {
    let rows = store.scan(T::TABLE, None, None, u32::MAX).unwrap();
    rows.iter()
        .map(|row| super::variants::record(row))
        .collect()
}

/// Puts records under keys of their own, turns each into the next, and looks each time.
pub(super) fn comes_back<T: Slotted + Row + Clone + PartialEq + std::fmt::Debug>(
    harness: &dyn Harness,
    number: impl Fn(&mut T, i64),
) {
    let store = harness.open();
    let records = variants(&number);
    let mut turned = records.clone();
    turned.rotate_left(1);
    for (record, nth) in turned.iter_mut().zip(1..) {
        number(record, nth);
    }
    for records in [records, turned] {
        put(&*store, records.iter().cloned().map(Slotted::slot));
        for record in &records {
            let (key, expected) = record.clone().slot();
            assert_eq!(get(&*store, &key), Some(expected));
        }
        assert_eq!(scanned::<T>(&*store), records);
    }
}

/// Puts a record of several rows, changes every row into the next, and looks each time.
pub(super) fn rows_come_back<T: Row + Clone + PartialEq + std::fmt::Debug>(
    harness: &dyn Harness,
    number: impl Fn(&mut T, i64),
    wrap: impl Fn(Vec<T>) -> Slot,
) {
    let store = harness.open();
    put(&*store, [user(TENANT, 1, 1).slot()]);
    let rows = variants(&number);
    let mut turned = rows.clone();
    turned.rotate_left(1);
    for (row, nth) in turned.iter_mut().zip(1..) {
        number(row, nth);
    }
    for rows in [rows, turned] {
        let (key, record) = wrap(rows.clone());
        put(&*store, [(key.clone(), record.clone())]);
        assert_eq!(get(&*store, &key), Some(record));
        assert_eq!(scanned::<T>(&*store), rows);
    }
}

/// A configuration of these rows, and more than the last time.
pub(super) fn config_of(add: impl FnOnce(&mut Config)) -> Slot {
    let mut all = config(TENANT, 1);
    all.profiles.clear();
    all.roles.clear();
    add(&mut all);
    all.slot()
}

/// Rows by their parents.
pub(super) fn grouped<K: Ord, T>(rows: Vec<T>, parent: impl Fn(&T) -> K) -> BTreeMap<K, Vec<T>> {
    let mut groups: BTreeMap<K, Vec<T>> = BTreeMap::new();
    for row in rows {
        groups.entry(parent(&row)).or_default().push(row);
    }
    groups
}

/// Nobody's children but these.
pub(super) fn children(add: impl FnOnce(&mut Relations)) -> Slot {
    let mut all = Relations::default();
    add(&mut all);
    relations_slot(TENANT, 1, all)
}

/// Writes lines, and expects the table to hold them.
pub(super) fn lines_come_back<T: Row + Clone + PartialEq + std::fmt::Debug>(
    harness: &dyn Harness,
    number: impl Fn(&mut T, i64),
    wrap: impl Fn(T) -> Change,
) {
    let store = harness.open();
    let lines = variants(number);
    change(&*store, lines.iter().cloned().map(wrap).collect());
    assert_eq!(scanned::<T>(&*store), lines);
}
