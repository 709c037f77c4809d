//! The ledger receipt by receipt, in the order in which they were written.

use tympan_core::error::Error;
use tympan_core::ids::{EntryId, Ids, TenantId};
use tympan_core::records::Entry;
use tympan_core::row::{Cell, Row};
use tympan_core::time::Timestamp;
use tympan_store::Snapshot;

use crate::rows::Scan;

/// Lines of a receipt at most: there is one for each wallet that a job touches.
const MAX_LINES: u16 = 512;

/// The key behind which an id is the next.
pub(crate) fn before(id: i64) -> Vec<Cell<'static>> {
    vec![Cell::Integer(id.saturating_sub(1))]
}

/// The key behind which everything lies that was decided at an instant or later.
pub(crate) fn since(at: Option<Timestamp>) -> Vec<Cell<'static>> {
    before(Ids::lowest_at(at.unwrap_or_default().millis()))
}

/// The receipts of a tenant: what was written under keys. What fell due is passed over.
pub(crate) struct Receipts<'a> {
    entries: Scan<'a, Entry>,
    tenant: TenantId,
}

impl<'a> Receipts<'a> {
    /// Those behind a key.
    pub(crate) fn after(
        snapshot: &'a dyn Snapshot,
        tenant: TenantId,
        key: Vec<Cell<'static>>,
    ) -> Self {
        Self {
            entries: Scan::after(snapshot, key),
            tenant,
        }
    }

    fn own(&mut self) -> Option<Result<Entry, Error>> {
        let tenant = self.tenant;
        let is_other = |entry: &Result<Entry, Error>| {
            let tenant_of = entry.as_ref().map(|entry| entry.tenant);
            tenant_of.is_ok_and(|of| of != tenant)
        };
        self.entries.find(|entry| !is_other(entry))
    }
}

impl Iterator for Receipts<'_> {
    type Item = Result<Vec<Entry>, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let first = loop {
            match self.own()? {
                Ok(entry) if entry.key.is_none() => {}
                Ok(entry) => break entry,
                Err(error) => return Some(Err(error)),
            }
        };
        let parts = usize::try_from(first.parts).unwrap_or(1);
        let mut lines = vec![first];
        while lines.len() < parts {
            match self.own() {
                Some(Ok(entry)) => lines.push(entry),
                Some(Err(error)) => return Some(Err(error)),
                None => break,
            }
        }
        Some(Ok(lines))
    }
}

/// The receipt that an entry belongs to; none if it is not there.
pub(super) fn receipt_of(
    snapshot: &dyn Snapshot,
    tenant: TenantId,
    entry: EntryId,
) -> Result<Option<Vec<Entry>>, Error> {
    let itself = entries(snapshot, entry.0, 1)?;
    // Mostly it is the first of its receipt, and there is nothing before it to look for.
    let first = itself.first().filter(|first| first.key.is_some());
    let (from, most) = match first {
        Some(first) => (entry.0, u32::try_from(first.parts).unwrap_or(1)),
        None => (
            entry.0.saturating_sub(i64::from(MAX_LINES)),
            2 * u32::from(MAX_LINES),
        ),
    };
    let mut receipt: Vec<Entry> = Vec::new();
    for line in entries(snapshot, from, most)? {
        if line.tenant != tenant {
            continue;
        }
        if line.key.is_some() {
            if line.id > entry {
                break;
            }
            receipt.clear();
        }
        receipt.push(line);
    }
    let is_whole = receipt.first().is_some_and(|first| first.key.is_some());
    let has = receipt.iter().any(|line| line.id == entry);
    Ok((is_whole && has).then_some(receipt))
}

/// Entries from an id on.
fn entries(snapshot: &dyn Snapshot, from: i64, most: u32) -> Result<Vec<Entry>, Error> {
    let rows = snapshot.scan(Entry::TABLE, Some(&before(from)), most)?;
    let rows = rows.into_iter().map(|row| {
        let mut cells = row.into_iter();
        Entry::from_cells(&mut || cells.next())
    });
    rows.collect()
}
