//! The ledger receipt by receipt, in the order in which they were written.

use tympan_core::configuration::{MAX_GROUP_PLANS, MAX_PLANS};
use tympan_core::error::{Code, Error};
use tympan_core::ids::{EntryId, Ids, TenantId};
use tympan_core::records::Entry;
use tympan_core::row::{Cell, Row};
use tympan_core::time::Timestamp;
use tympan_store::Snapshot;

use crate::rows::Scan;

/// Lines of a receipt at most, which have ids that follow each other: there is one for each wallet
/// that a job touches. A hold may have set aside in those of as many plans as there can be, all of
/// which ended and were followed by as many others before it was settled; and there are a few of
/// money.
const MAX_LINES: u32 = 1_024;
const _: () = assert!(2 * (MAX_PLANS + MAX_GROUP_PLANS) + 32 <= MAX_LINES as usize);

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
}

impl<'a> Receipts<'a> {
    /// Those behind a key.
    pub(crate) fn after(
        snapshot: &'a dyn Snapshot,
        tenant: TenantId,
        key: Vec<Cell<'static>>,
    ) -> Self {
        Self {
            entries: Scan::after(snapshot, tenant, key),
        }
    }
}

impl Iterator for Receipts<'_> {
    type Item = Result<Vec<Entry>, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let first = loop {
            match self.entries.next()? {
                Ok(entry) if entry.key.is_none() => {}
                Ok(entry) => break entry,
                Err(error) => return Some(Err(error)),
            }
        };
        let parts = usize::try_from(first.parts).unwrap_or(1);
        let mut lines = vec![first];
        while lines.len() < parts {
            match self.entries.next() {
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
    let is_first = |line: &Entry| line.key.is_some();
    let itself = entries(snapshot, tenant, entry.0, 1)?;
    // Mostly it is the first of its receipt, and there is nothing before it to look for.
    let first = match itself.into_iter().next().filter(|line| line.id == entry) {
        None => return Ok(None),
        Some(itself) if is_first(&itself) => Some(itself),
        Some(_) => {
            let earliest = entry.0.saturating_sub(i64::from(MAX_LINES));
            let before = entries(snapshot, tenant, earliest, MAX_LINES)?.into_iter();
            before
                .filter(|line| line.id < entry && is_first(line))
                .last()
        }
    };
    let Some(first) = first else {
        return Ok(None);
    };
    let parts = u32::try_from(first.parts).unwrap_or(1);
    let receipt = entries(snapshot, tenant, first.id.0, parts)?;
    let has = receipt.iter().any(|line| line.id == entry);
    Ok(has.then_some(receipt))
}

/// What an entry gives back of.
pub(super) fn taken(
    snapshot: &dyn Snapshot,
    tenant: TenantId,
    back: &Entry,
) -> Result<Vec<Entry>, Error> {
    let receipt = back
        .refunds
        .map(|took| receipt_of(snapshot, tenant, took))
        .transpose()?;
    receipt.flatten().ok_or_else(|| {
        let message = format!("what entry `{}` gives back of is not there", back.id);
        Error::new(Code::StoreCorrupt, message)
    })
}

/// Entries of a tenant from an id on.
fn entries(
    snapshot: &dyn Snapshot,
    tenant: TenantId,
    from: i64,
    most: u32,
) -> Result<Vec<Entry>, Error> {
    let rows = snapshot.scan(Entry::TABLE, Some(tenant), Some(&before(from)), most)?;
    let rows = rows.into_iter().map(|row| {
        let mut cells = row.into_iter();
        Entry::from_cells(&mut || cells.next())
    });
    rows.collect()
}
