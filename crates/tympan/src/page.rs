//! Lists, page by page: one way for all of them.

use serde::Serialize;
use tympan_core::queries::{DEFAULT_PAGE, MAX_PAGE, to_cursor};

/// Most rows of a page: one more is read, which tells whether there is another page.
const MAX_ROWS: u32 = MAX_PAGE - 1;

/// Which page of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PageRequest {
    /// The cursor of an earlier page of the same list, as it was given; none: the first page.
    pub after: Option<String>,
    /// At most so many rows; 0: 50. More than 999 are never given at once.
    pub limit: u32,
}

impl PageRequest {
    /// The first page, of at most so many rows.
    #[must_use]
    pub fn of(limit: u32) -> Self {
        Self { after: None, limit }
    }

    /// The page behind a cursor, of as many rows.
    #[must_use]
    pub fn after(mut self, cursor: impl Into<String>) -> Self {
        self.after = Some(cursor.into());
        self
    }

    pub(crate) fn rows(&self) -> u32 {
        match self.limit {
            0 => DEFAULT_PAGE,
            asked => asked.min(MAX_ROWS),
        }
    }
}

/// One page of a list. Pages stay right while rows are added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// The rows.
    pub rows: Vec<T>,
    /// The cursor for the next page; none: this was the last.
    pub next: Option<String>,
    /// The cursor behind the last row of this page, be there more or not; none if there was never
    /// a row. Whoever follows a list that grows keeps it, and asks again later.
    pub end: Option<String>,
}

impl<T> Page<T> {
    pub(crate) fn map<S>(self, shown: impl Fn(T) -> S) -> Page<S> {
        Page {
            rows: self.rows.into_iter().map(shown).collect(),
            next: self.next,
            end: self.end,
        }
    }

    /// A page out of one row more than it may have, if there are so many.
    pub(crate) fn of<P: Serialize>(
        request: &PageRequest,
        mut rows: Vec<T>,
        place: impl Fn(&T) -> P,
    ) -> Self {
        let limit = usize::try_from(request.rows()).unwrap_or(usize::MAX);
        let more = rows.len() > limit;
        rows.truncate(limit);
        let last = rows.last().map(|row| to_cursor(&place(row)));
        let end = last.or_else(|| request.after.clone());
        Self {
            next: end.clone().filter(|_| more),
            end,
            rows,
        }
    }
}
