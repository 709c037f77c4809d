//! Whole tables, row by row, as of the instant of a snapshot.

use std::marker::PhantomData;

use tympan_core::error::Error;
use tympan_core::ids::TenantId;
use tympan_core::row::{Cell, Row, Table};
use tympan_store::Snapshot;

/// Rows read at a time.
pub(crate) const PAGE: u32 = 1_000;

/// The cells of a row.
pub(crate) type Cells = Vec<Cell<'static>>;

/// All rows of a table in the order of its key, a page at a time.
pub(crate) struct Rows<'a> {
    snapshot: &'a dyn Snapshot,
    table: &'static Table,
    /// Whose rows; none: everybody's.
    tenant: Option<TenantId>,
    page: std::vec::IntoIter<Cells>,
    /// The key of the last row of the page.
    last: Option<Cells>,
    ended: bool,
}

impl<'a> Rows<'a> {
    pub(crate) fn new(snapshot: &'a dyn Snapshot, table: &'static Table) -> Self {
        Self {
            snapshot,
            table,
            tenant: None,
            page: Vec::new().into_iter(),
            last: None,
            ended: false,
        }
    }

    fn turn_page(&mut self) -> Result<(), Error> {
        let rows = self
            .snapshot
            .scan(self.table, self.tenant, self.last.as_deref(), PAGE)?;
        self.ended = u32::try_from(rows.len()).is_ok_and(|count| count < PAGE);
        self.last = rows.last().map(|row| key_of(self.table, row));
        self.page = rows.into_iter();
        Ok(())
    }
}

impl Iterator for Rows<'_> {
    type Item = Result<Cells, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.page.len() == 0
            && !self.ended
            && let Err(error) = self.turn_page()
        {
            self.ended = true;
            return Some(Err(error));
        }
        self.page.next().map(Ok)
    }
}

/// The cells of a row's key.
pub(crate) fn key_of(table: &Table, row: &[Cell<'static>]) -> Cells {
    row.iter().take(table.key).cloned().collect()
}

/// All records of a table, as [`Rows`] gives their rows.
pub(crate) struct Scan<'a, T> {
    rows: Rows<'a>,
    record: PhantomData<T>,
}

impl<'a, T: Row> Scan<'a, T> {
    pub(crate) fn new(snapshot: &'a dyn Snapshot) -> Self {
        Self {
            rows: Rows::new(snapshot, T::TABLE),
            record: PhantomData,
        }
    }

    /// Those of a tenant behind a key.
    pub(crate) fn after(snapshot: &'a dyn Snapshot, tenant: TenantId, key: Cells) -> Self {
        let rows = Rows {
            tenant: Some(tenant),
            last: Some(key),
            ..Rows::new(snapshot, T::TABLE)
        };
        Self {
            rows,
            record: PhantomData,
        }
    }
}

impl<T: Row> Iterator for Scan<'_, T> {
    type Item = Result<T, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let row = self.rows.next()?;
        Some(row.and_then(|row| {
            let mut cells = row.into_iter();
            T::from_cells(&mut || cells.next())
        }))
    }
}
