//! How far the table of the older keys goes: one row of the database.

use rusqlite::Connection;
use tympan_core::error::Error;
use tympan_core::row::{Cell, corrupt};

use crate::{error, statements};

const READ: &str = "SELECT \"mark\", \"next_mark\", \"moved_to\", \"strays\" FROM \"receipt_progress\" WHERE \"id\" = 1";
const WRITE: &str = "UPDATE \"receipt_progress\" \
     SET \"mark\" = ?1, \"next_mark\" = ?2, \"moved_to\" = ?3 WHERE \"id\" = 1";
const COUNT_STRAY: &str =
    "UPDATE \"receipt_progress\" SET \"strays\" = \"strays\" + 1 WHERE \"id\" = 1";

/// The row that says what has been moved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Progress {
    /// The keys of entries up to here are in the table.
    pub(super) mark: i64,
    /// Those up to here are being moved.
    pub(super) next_mark: i64,
    /// Of these, all with hashes up to this have been.
    pub(super) moved_to: i64,
    /// How many were put into the table at once; read here, and never written from here.
    pub(super) strays: i64,
}

impl Progress {
    pub(super) fn read(connection: &Connection) -> Result<Self, Error> {
        let mut rows = statements::query_with(connection, READ, &[], |row| {
            let number = |at| row.get::<_, i64>(at).map_err(error::sql);
            Ok(Self {
                mark: number(0)?,
                next_mark: number(1)?,
                moved_to: number(2)?,
                strays: number(3)?,
            })
        })?;
        rows.pop().ok_or_else(|| corrupt("receipt_progress", "id"))
    }

    pub(super) fn write(self, connection: &Connection) -> Result<(), Error> {
        let row = [self.mark, self.next_mark, self.moved_to].map(Cell::Integer);
        statements::execute(connection, WRITE, &row)
            .map(drop)
            .map_err(error::sql)
    }

    /// Whether the table must hold the key of an entry.
    pub(super) fn has_moved(&self, hash: i64, id: i64) -> bool {
        id <= self.mark || (id <= self.next_mark && hash <= self.moved_to)
    }
}

/// One more key was put into the table at once.
pub(super) fn count_stray(connection: &Connection) -> Result<(), Error> {
    statements::execute(connection, COUNT_STRAY, &[])
        .map(drop)
        .map_err(error::sql)
}
