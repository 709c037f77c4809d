//! Whether the table of the older keys holds those of the ledger: a key that it lacks is charged a
//! second time.

use std::hash::BuildHasher;

use hashbrown::DefaultHashBuilder;
use rusqlite::Connection;
use tympan_core::error::Error;
use tympan_core::ids::EntryId;
use tympan_core::row::Cell;

use super::hash_of;
use super::progress::Progress;
use crate::{error, statements};

const KEYS: &str = "SELECT \"id\", \"key\" FROM \"entry\" \
     WHERE \"id\" <= ?1 AND \"key\" IS NOT NULL ORDER BY \"id\"";
const ROWS: &str = "SELECT \"hash\", \"entry\" FROM \"receipt_index\" ORDER BY \"hash\", \"entry\"";
const IS_ROW: &str = "SELECT 1 FROM \"receipt_index\" WHERE \"hash\" = ?1 AND \"entry\" = ?2";
const KEY_OF: &str = "SELECT \"id\", \"key\" FROM \"entry\" \
     WHERE \"id\" = ?1 AND \"key\" IS NOT NULL";

/// Hashes and entries in any order, put together so that two lots that differ come to something
/// else.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Lot {
    count: u64,
    sum: u64,
}

impl Lot {
    /// The hasher is another in each check: nobody can choose keys that come to the same.
    fn add(&mut self, hasher: &DefaultHashBuilder, pair: (i64, i64)) {
        self.count = self.count.wrapping_add(1);
        self.sum = self.sum.wrapping_add(hasher.hash_one(pair));
    }
}

/// Compares the table with the ledger: both are read once, and only if they differ are they
/// compared key by key.
pub(crate) fn check(connection: &Connection, fault: &mut dyn FnMut(String)) -> Result<(), Error> {
    let progress = Progress::read(connection)?;
    let (mark, next_mark) = (progress.mark, progress.next_mark);
    if mark > next_mark {
        fault(format!(
            "`receipt_progress`: `mark` is {mark}, behind `next_mark`, which is {next_mark}"
        ));
    }
    let hasher = DefaultHashBuilder::default();
    let (mut ledger, mut table, mut ahead) = (Lot::default(), Lot::default(), 0_i64);
    each_moved_key(connection, &progress, &mut |pair| {
        ledger.add(&hasher, pair);
        Ok(())
    })?;
    each_row(connection, &mut |(hash, id)| {
        if progress.has_moved(hash, id) {
            table.add(&hasher, (hash, id));
        } else {
            ahead = ahead.saturating_add(1);
        }
        Ok(())
    })?;
    if ahead > progress.strays {
        let strays = progress.strays;
        fault(format!(
            "`receipt_progress`: {ahead} keys of `receipt_index` lie behind `mark`, which is \
             {mark}; {strays} may"
        ));
    }
    if ledger == table {
        return Ok(());
    }
    compare(connection, &progress, fault)
}

/// Names every key that is in one of both only.
fn compare(
    connection: &Connection,
    progress: &Progress,
    fault: &mut dyn FnMut(String),
) -> Result<(), Error> {
    each_moved_key(connection, progress, &mut |(hash, id)| {
        let pair = [hash, id].map(Cell::Integer);
        if statements::query_with(connection, IS_ROW, &pair, |_| Ok(()))?.is_empty() {
            let id = EntryId(id);
            fault(format!(
                "the key of entry `{id}` is not in `receipt_index`: it would be charged again"
            ));
        }
        Ok(())
    })?;
    each_row(connection, &mut |(hash, id)| {
        let keys = keys(connection, KEY_OF, id, &mut |(found, _)| Ok(found == hash))?;
        if progress.has_moved(hash, id) && !keys.contains(&true) {
            let id = EntryId(id);
            fault(format!(
                "`receipt_index` holds a key of entry `{id}`, which is not there or has another"
            ));
        }
        Ok(())
    })
}

type Each<'a, T> = &'a mut dyn FnMut((i64, i64)) -> Result<T, Error>;

/// Hash and entry of every key that the table must hold.
fn each_moved_key(
    connection: &Connection,
    progress: &Progress,
    each: Each<'_, ()>,
) -> Result<(), Error> {
    let last = progress.mark.max(progress.next_mark);
    keys(connection, KEYS, last, &mut |(hash, id)| {
        if progress.has_moved(hash, id) {
            each((hash, id))?;
        }
        Ok(())
    })
    .map(drop)
}

/// What a function makes of the keys that a statement yields.
fn keys<T>(
    connection: &Connection,
    text: &str,
    id: i64,
    each: Each<'_, T>,
) -> Result<Vec<T>, Error> {
    statements::query_with(connection, text, &[Cell::Integer(id)], |row| {
        let id = row.get::<_, i64>(0).map_err(error::sql)?;
        let key = row.get_ref(1).map_err(error::sql)?;
        let digest = key.as_blob().ok().and_then(|blob| blob.try_into().ok());
        each((hash_of(digest.ok_or_else(super::bad_key)?), id))
    })
}

/// Hash and entry of every row of the table.
fn each_row(connection: &Connection, each: Each<'_, ()>) -> Result<(), Error> {
    statements::query_with(connection, ROWS, &[], |row| {
        let hash = row.get::<_, i64>(0).map_err(error::sql)?;
        each((hash, row.get::<_, i64>(1).map_err(error::sql)?))
    })
    .map(drop)
}
