//! Whole tables, row by row.

use tympan_core::error::Error;
use tympan_core::row::{Cell, Row};
use tympan_store::Store;

/// Rows read at a time.
const PAGE: u32 = 1_000;

/// All rows of a table, a page at a time.
pub(super) struct Scan<'a, T> {
    store: &'a dyn Store,
    page: std::vec::IntoIter<Vec<Cell<'static>>>,
    last: Option<Vec<Cell<'static>>>,
    ended: bool,
    row: std::marker::PhantomData<T>,
}

impl<'a, T: Row> Scan<'a, T> {
    pub(super) fn new(store: &'a dyn Store) -> Self {
        let page = Vec::new().into_iter();
        Self {
            store,
            page,
            last: None,
            ended: false,
            row: std::marker::PhantomData,
        }
    }

    fn turn_page(&mut self) -> Result<(), Error> {
        let rows = self.store.scan(T::TABLE, self.last.as_deref(), PAGE)?;
        self.ended = u32::try_from(rows.len()).is_ok_and(|count| count < PAGE);
        self.last = rows
            .last()
            .map(|row| row.iter().take(T::TABLE.key).cloned().collect());
        self.page = rows.into_iter();
        Ok(())
    }
}

impl<T: Row> Iterator for Scan<'_, T> {
    type Item = Result<T, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.page.len() == 0
            && !self.ended
            && let Err(error) = self.turn_page()
        {
            self.ended = true;
            return Some(Err(error));
        }
        let mut cells = self.page.next()?.into_iter();
        Some(T::from_cells(&mut || cells.next()))
    }
}
