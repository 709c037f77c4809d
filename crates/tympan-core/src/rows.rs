//! A batch as rows, for stores that speak SQL.

use std::collections::BTreeMap;

use crate::records::{Config, Relations, Wallets};
use crate::row::{Cell, Row, Table};
use crate::view::{Batch, Record, SlotChange};

/// What to do with one row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Write {
    /// The key must be free.
    Insert,
    /// The key must be there.
    Update,
    /// The key must be there; only its cells are given.
    Delete,
}

/// One row to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowWrite<'a> {
    /// Where.
    pub table: &'static Table,
    /// What to do.
    pub write: Write,
    /// All cells, the key's first; of a delete, the key's only.
    pub cells: Vec<Cell<'a>>,
    /// Of an update, the places of the columns that it changes: one that sets no more than these
    /// leaves alone the indexes of the others.
    pub changed: Vec<usize>,
}

/// The rows that a batch writes, in an order in which a row never refers to a later one, but for
/// deletions, which come first.
#[must_use]
pub fn rows_of(batch: &Batch) -> Vec<RowWrite<'_>> {
    let mut rows = Vec::with_capacity(batch.changes.len() + batch.entries.len() + 4);
    for change in &batch.changes {
        rows_of_change(change, &mut rows);
    }
    rows.extend(batch.entries.iter().map(|entry| insert(&**entry)));
    rows.extend(batch.entry_texts.iter().map(insert));
    rows.extend(batch.audit_events.iter().map(insert));
    rows.extend(batch.audit_texts.iter().map(insert));
    // Claims move between identities and names between rows: what goes must go before what comes.
    rows.sort_by_key(|row| row.write != Write::Delete);
    rows
}

fn insert<T: Row>(row: &T) -> RowWrite<'_> {
    RowWrite {
        table: T::TABLE,
        write: Write::Insert,
        cells: row.cells(),
        changed: Vec::new(),
    }
}

fn rows_of_change<'a>(change: &'a SlotChange, out: &mut Vec<RowWrite<'a>>) {
    macro_rules! single {
        ($variant:ident) => {{
            let before = match &change.before {
                Some(Record::$variant(record)) => Some(&**record),
                _ => None,
            };
            let after = match &change.after {
                Some(Record::$variant(record)) => Some(&**record),
                _ => None,
            };
            difference(before.into_iter(), after.into_iter(), out);
        }};
    }
    match change.after.as_ref().or(change.before.as_ref()) {
        Some(Record::Config(_)) => config(change, out),
        Some(Record::User(_)) => single!(User),
        Some(Record::Relations(_)) => relations(change, out),
        Some(Record::Wallets(_)) => wallets(change, out),
        Some(Record::Hold(_)) => single!(Hold),
        Some(Record::Refunded(_)) => single!(Refunded),
        Some(Record::Untracked(_)) => single!(Untracked),
        Some(Record::Uses(_)) => single!(Uses),
        Some(Record::Strand(_)) => single!(Strand),
        Some(Record::Claim(_)) => single!(Claim),
        Some(Record::Receipt(_)) | None => {}
    }
}

fn config<'a>(change: &'a SlotChange, out: &mut Vec<RowWrite<'a>>) {
    fn side(record: Option<&Record>) -> Option<&Config> {
        match record {
            Some(Record::Config(config)) => Some(config),
            _ => None,
        }
    }
    let (before, after) = (side(change.before.as_ref()), side(change.after.as_ref()));
    macro_rules! map {
        ($field:ident) => {
            difference(
                before.iter().flat_map(|config| config.$field.values()),
                after.iter().flat_map(|config| config.$field.values()),
                out,
            )
        };
        (flat $field:ident) => {
            difference(
                before
                    .iter()
                    .flat_map(|config| config.$field.values().flatten()),
                after
                    .iter()
                    .flat_map(|config| config.$field.values().flatten()),
                out,
            )
        };
    }
    difference(
        before.map(|config| &config.tenant).into_iter(),
        after.map(|config| &config.tenant).into_iter(),
        out,
    );
    map!(price_lists);
    map!(flat price_rules);
    map!(profiles);
    map!(flat plans);
    map!(roles);
    map!(flat permissions);
    map!(groups);
    map!(accounts);
}

fn relations<'a>(change: &'a SlotChange, out: &mut Vec<RowWrite<'a>>) {
    fn side(record: Option<&Record>) -> Option<&Relations> {
        match record {
            Some(Record::Relations(relations)) => Some(relations),
            _ => None,
        }
    }
    let (before, after) = (side(change.before.as_ref()), side(change.after.as_ref()));
    macro_rules! list {
        ($field:ident) => {
            difference(
                before.iter().flat_map(|relations| &relations.$field),
                after.iter().flat_map(|relations| &relations.$field),
                out,
            )
        };
    }
    list!(identities);
    list!(memberships);
    list!(role_rows);
    list!(role_row_accounts);
}

fn wallets<'a>(change: &'a SlotChange, out: &mut Vec<RowWrite<'a>>) {
    fn side(record: Option<&Record>) -> Option<&Wallets> {
        match record {
            Some(Record::Wallets(wallets)) => Some(wallets),
            _ => None,
        }
    }
    let (before, after) = (side(change.before.as_ref()), side(change.after.as_ref()));
    difference(
        before.iter().flat_map(|wallets| &wallets.wallets),
        after.iter().flat_map(|wallets| &wallets.wallets),
        out,
    );
    difference(
        before.iter().flat_map(|wallets| &wallets.hold_parts),
        after.iter().flat_map(|wallets| &wallets.hold_parts),
        out,
    );
}

/// The writes that turn one set of rows of a table into another.
fn difference<'a, T: Row + PartialEq + 'a>(
    before: impl Iterator<Item = &'a T>,
    after: impl Iterator<Item = &'a T>,
    out: &mut Vec<RowWrite<'a>>,
) {
    let (before, after): (Vec<&T>, Vec<&T>) = (before.collect(), after.collect());
    // By far the most common: one row, and it is still the same one.
    if let ([before], [after]) = (before.as_slice(), after.as_slice()) {
        let (old, new) = (before.cells(), after.cells());
        if old.get(..T::TABLE.key) == new.get(..T::TABLE.key) {
            if before != after {
                out.push(update(T::TABLE, &old, new));
            }
            return;
        }
    }
    let mut gone: BTreeMap<Vec<Cell<'a>>, &'a T> = before
        .into_iter()
        .map(|row| (key_cells(row), row))
        .collect();
    for row in after {
        match gone.remove(&key_cells(row)) {
            Some(same) if same == row => {}
            Some(other) => out.push(update(T::TABLE, &other.cells(), row.cells())),
            None => out.push(insert(row)),
        }
    }
    out.extend(gone.into_keys().map(|cells| RowWrite {
        table: T::TABLE,
        write: Write::Delete,
        cells,
        changed: Vec::new(),
    }));
}

fn update<'a>(table: &'static Table, old: &[Cell<'_>], new: Vec<Cell<'a>>) -> RowWrite<'a> {
    let pairs = old.iter().zip(&new).enumerate();
    let changed = pairs.filter(|(_, (old, new))| old != new);
    let changed = changed.map(|(place, _)| place).collect();
    RowWrite {
        table,
        write: Write::Update,
        cells: new,
        changed,
    }
}

fn key_cells<T: Row>(row: &T) -> Vec<Cell<'_>> {
    let mut cells = row.cells();
    cells.truncate(T::TABLE.key);
    cells
}
