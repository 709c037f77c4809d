//! Connections, set up alike.

use std::path::Path;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use tympan_core::error::{Code, Error};
use tympan_store::Durability;

use crate::SqliteOptions;
use crate::error;

/// Prepared statements that a connection keeps: four for each table, and those of lists.
const STATEMENTS: usize = 160;
/// Reads that go on at the same time; more wait.
const MOST_READERS: usize = 8;
/// Bytes of a page in a database that is made from now on. A charge changes a row on one page and
/// adds one to another, and each page that a commit touches is written whole: half of SQLite's
/// usual size, half the bytes. Still smaller pages would not hold a user's row.
const PAGE_BYTES: i64 = 2_048;
/// Kibibytes of pages that the writer keeps, negative as SQLite wants it: the wallets and the
/// index of keys are visited at random.
const WRITER_CACHE: i64 = -49_152;
/// The same of a reader.
const READER_CACHE: i64 = -4_096;
/// Pages of the log after which it is written back: 64 MB. A page that is changed often is then
/// written back once instead of thirty times; a crash leaves at most so much to read again.
const CHECKPOINT_PAGES: i64 = 32_000;
/// Bytes that the log keeps after it grew larger once.
const LOG_LIMIT: i64 = 96 * 1024 * 1024;

/// The connection that makes, migrates and writes a database; its journal is not set yet.
pub(crate) fn writer(path: &Path, options: &SqliteOptions) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    set_up(&connection, options.busy_timeout, WRITER_CACHE)?;
    Ok(connection)
}

/// A connection that only reads.
pub(crate) fn reader(path: &Path, busy_timeout: Duration) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    set_up(&connection, busy_timeout, READER_CACHE)?;
    Ok(connection)
}

/// A database in memory.
pub(crate) fn in_memory() -> rusqlite::Result<Connection> {
    let connection = Connection::open_in_memory()?;
    set_up(&connection, Duration::ZERO, WRITER_CACHE)?;
    Ok(connection)
}

fn set_up(connection: &Connection, busy_timeout: Duration, cache: i64) -> rusqlite::Result<()> {
    connection.busy_timeout(busy_timeout)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    // Whoever can write the file must not make us run what they wrote into its schema.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_VIEW, false)?;
    // Without this, every new value of a parameter has its statement compiled again.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    // Of no effect on a database that is there already.
    connection.pragma_update(None, "page_size", PAGE_BYTES)?;
    connection.pragma_update(None, "cell_size_check", true)?;
    connection.pragma_update(None, "cache_size", cache)?;
    connection.pragma_update(None, "temp_store", "memory")
}

/// The value of SQLite's setting that keeps commits as asked, or better.
pub(crate) fn synchronous(durability: Durability) -> i64 {
    match durability {
        Durability::Full => 2,
        Durability::Normal => 1,
    }
}

/// Sets how commits are kept, and looks whether it took: a database on a file system that cannot
/// do it would lose what was acknowledged.
pub(crate) fn keep_commits(
    connection: &Connection,
    path: &Path,
    durability: Durability,
) -> Result<(), Error> {
    let opening = |error| error::opening(path, error);
    let mode: String = connection
        .pragma_update_and_check(None, "journal_mode", "wal", |row| row.get(0))
        .map_err(opening)?;
    if mode != "wal" {
        return Err(refused(path, "journal_mode", &mode));
    }
    let wanted = synchronous(durability);
    for (name, value) in [
        ("synchronous", wanted),
        // On Apple's systems an ordinary sync leaves data in the drive; elsewhere these are void.
        ("fullfsync", 1),
        ("checkpoint_fullfsync", 1),
        ("journal_size_limit", LOG_LIMIT),
        ("wal_autocheckpoint", CHECKPOINT_PAGES),
    ] {
        connection
            .pragma_update(None, name, value)
            .map_err(opening)?;
    }
    let taken: i64 = connection
        .pragma_query_value(None, "synchronous", |row| row.get(0))
        .map_err(opening)?;
    if taken != wanted {
        return Err(refused(path, "synchronous", &taken.to_string()));
    }
    // A log that another left behind may hold commits that nobody has synced: what a reader sees
    // from now on must be durable, for a receipt found there is an answer.
    checkpoint(connection, "PASSIVE").map_err(opening)
}

/// Writes the log back into the database.
pub(crate) fn checkpoint(connection: &Connection, how: &str) -> rusqlite::Result<()> {
    connection.query_row(&format!("PRAGMA wal_checkpoint({how})"), [], |_| Ok(()))
}

fn refused(path: &Path, setting: &str, value: &str) -> Error {
    error::at(
        path,
        Code::Storage,
        format_args!("`{setting}` stays at `{value}`: commits would not be safe there"),
    )
}

/// Connections that read, opened when they are needed.
#[derive(Debug, Default)]
pub(crate) struct Readers {
    state: Mutex<State>,
    back: Condvar,
}

#[derive(Debug, Default)]
struct State {
    idle: Vec<Connection>,
    out: usize,
}

impl Readers {
    /// Does something in one read transaction: all of it as of one instant.
    pub(crate) fn with<T>(
        &self,
        open: impl FnOnce() -> Result<Connection, Error>,
        work: impl FnOnce(&Connection) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let lent = Lent {
            connection: Some(self.take(open)?),
            readers: self,
        };
        match &lent.connection {
            Some(connection) => {
                begin(connection)?;
                work(connection)
            }
            None => Err(Error::of(Code::Storage)),
        }
    }

    fn take(&self, open: impl FnOnce() -> Result<Connection, Error>) -> Result<Connection, Error> {
        let mut state = self.lock();
        while state.idle.is_empty() && state.out >= MOST_READERS {
            state = self
                .back
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
        state.out += 1;
        if let Some(connection) = state.idle.pop() {
            return Ok(connection);
        }
        drop(state);
        open().inspect_err(|_| self.give_back(None))
    }

    fn give_back(&self, connection: Option<Connection>) {
        let mut state = self.lock();
        state.out -= 1;
        state.idle.extend(connection);
        drop(state);
        self.back.notify_one();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Lent<'a> {
    connection: Option<Connection>,
    readers: &'a Readers,
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        // A connection that cannot end its transaction is closed instead.
        let clean = self
            .connection
            .take()
            .filter(|connection| end(connection).is_ok());
        self.readers.give_back(clean);
    }
}

/// Begins a read transaction.
pub(crate) fn begin(connection: &Connection) -> Result<(), Error> {
    run(connection, "BEGIN").map_err(error::sql)
}

/// Ends a transaction in which nothing is to be kept.
pub(crate) fn end(connection: &Connection) -> Result<(), Error> {
    if connection.is_autocommit() {
        return Ok(());
    }
    run(connection, "ROLLBACK").map_err(error::sql)
}

/// Runs a statement without values.
pub(crate) fn run(connection: &Connection, text: &str) -> rusqlite::Result<()> {
    connection.prepare_cached(text)?.execute([]).map(drop)
}
