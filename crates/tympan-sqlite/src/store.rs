//! The store: opening it, and everything that is not a turn.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::Connection;
use tympan_core::error::{Code, Error};
use tympan_core::ids::TenantId;
use tympan_core::queries::{AuditQuery, EntryQuery, UntrackedQuery, UserQuery};
use tympan_core::records::{AuditEvent, AuditText, Entry, EntryText, Untracked, User};
use tympan_core::row::{Cell, Table};
use tympan_core::time::Timestamp;
use tympan_core::view::{Key, ReadSet, Record, View};
use tympan_store::{Durability, Keeping, Migrate, Report, Snapshot, Stamp, Store, Turn};

use crate::connection::{self, Readers, run};
use crate::known::Known;
use crate::migrate::{self, Found};
use crate::options::{SqliteOptions, Tuning};
use crate::queue::Queue;
use crate::receipts::Receipts;
use crate::snapshot::SqliteSnapshot;
use crate::turn::SqliteTurn;
use crate::turnstile::Turnstile;
use crate::{backup, error, list, load, statements};

/// How many times a reader takes a new snapshot because the one it has is too old.
const MOST_LOOKS: usize = 4;

/// A database of SQLite, in a file or in memory.
#[derive(Debug)]
pub struct SqliteStore {
    pub(crate) options: SqliteOptions,
    pub(crate) queue: Queue,
    /// None of a database in memory. Its connections close before the writer: who closes last
    /// writes the log back and removes it, and those that only read cannot.
    pub(crate) file: Option<Opened>,
    pub(crate) writer: Mutex<Writer>,
    pub(crate) receipts: Mutex<Receipts>,
    /// Commits of this store so far.
    pub(crate) commits: AtomicU64,
}

/// What belongs to a database in a file.
#[derive(Debug)]
pub(crate) struct Opened {
    path: PathBuf,
    pub(crate) turnstile: Turnstile,
    readers: Readers,
    /// Sees every commit, by whatever connection.
    watcher: Mutex<Connection>,
}

/// The connection that writes, and what is known of the database without reading it.
#[derive(Debug)]
pub(crate) struct Writer {
    pub(crate) connection: Connection,
    /// Changes when another connection commits; none if what is known cannot be trusted.
    pub(crate) version: Option<i64>,
    pub(crate) known: Known,
    pub(crate) floor: Option<i64>,
}

impl SqliteStore {
    /// Opens the database at a path, which is made or migrated as the options say.
    ///
    /// # Errors
    /// `store_missing`, `store_foreign`, `store_newer`, `store_older`, `store_keys`,
    /// `store_read_only`, `store_full`, `store_locked`, `store_corrupt`, `storage`. The detail
    /// `path` says of which file.
    pub fn open(path: &Path, options: &SqliteOptions) -> Result<Self, Error> {
        Self::open_with(path, options, Tuning::default())
    }

    /// Makes a database in memory; it is gone with the store. Of the options only `busy_timeout`
    /// has a meaning.
    ///
    /// # Errors
    /// `storage`.
    pub fn in_memory(options: &SqliteOptions) -> Result<Self, Error> {
        Self::in_memory_with(options, Tuning::default())
    }

    /// Copies the database, as of one instant and while it is in use, to a path. What lies there
    /// is replaced, once the copy is whole.
    ///
    /// # Errors
    /// Those of [`SqliteStore::open`]; `storage` for a database in memory; `invalid_value` for a
    /// path that belongs to the database itself.
    pub fn backup_to(&self, path: &Path) -> Result<(), Error> {
        let Some(file) = &self.file else {
            return Err(Error::new(
                Code::Storage,
                "a database in memory cannot be copied to a file",
            ));
        };
        backup::check_place(&file.path, path)?;
        backup::copy(&file.path, path, self.options.busy_timeout)
    }

    /// Writes SQLite's log back into the database and empties it. SQLite does so by itself from
    /// time to time; this is for a host that wants the one file to hold everything.
    ///
    /// # Errors
    /// Of kind `storage`; `store_locked` if others did not let go in time.
    pub fn checkpoint(&self) -> Result<(), Error> {
        let deadline = self.options.deadline();
        let _seat = self.queue.enter(deadline).ok_or_else(error::locked)?;
        let Some(file) = &self.file else {
            return Ok(());
        };
        let _pass = file.turnstile.enter(deadline)?;
        connection::checkpoint(&self.writer().connection, "TRUNCATE").map_err(error::sql)
    }

    pub(crate) fn open_with(
        path: &Path,
        options: &SqliteOptions,
        tuning: Tuning,
    ) -> Result<Self, Error> {
        let path = resolved(path)?;
        if migrate::look(&path)? == Found::Nothing {
            if !options.may_create() {
                let what = Error::of(Code::StoreMissing);
                return Err(error::at(&path, Code::StoreMissing, what.message()));
            }
            refuse_read_only_directory(&path)?;
        }
        let turnstile = Turnstile::open(&path)?;
        // One process at a time makes or migrates a database.
        let pass = turnstile.enter(options.deadline())?;
        let opening = |error| error::opening(&path, error);
        let writer = connection::writer(&path, options).map_err(opening)?;
        migrate::prepare(&writer, &path, options, tuning.migrations)?;
        connection::keep_commits(&writer, &path, options.durability)?;
        let watcher = connection::reader(&path, options.busy_timeout).map_err(opening)?;
        drop(pass);
        let opened = Opened {
            path,
            turnstile,
            readers: Readers::default(),
            watcher: Mutex::new(watcher),
        };
        Ok(Self::new(writer, Some(opened), options, tuning))
    }

    pub(crate) fn in_memory_with(options: &SqliteOptions, tuning: Tuning) -> Result<Self, Error> {
        let connection = connection::in_memory().map_err(error::sql)?;
        let new = SqliteOptions {
            migrate: Migrate::Auto,
            ..options.clone()
        };
        migrate::prepare(&connection, Path::new(":memory:"), &new, tuning.migrations)?;
        Ok(Self::new(connection, None, &new, tuning))
    }

    fn new(
        connection: Connection,
        file: Option<Opened>,
        options: &SqliteOptions,
        tuning: Tuning,
    ) -> Self {
        Self {
            options: options.clone(),
            queue: Queue::default(),
            writer: Mutex::new(Writer {
                connection,
                version: None,
                known: Known::new(tuning.most_records),
                floor: None,
            }),
            receipts: Mutex::new(Receipts::new(tuning.receipts_kept, tuning.receipts_step)),
            commits: AtomicU64::new(0),
            file,
        }
    }

    pub(crate) fn writer(&self) -> MutexGuard<'_, Writer> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn receipts(&self) -> MutexGuard<'_, Receipts> {
        self.receipts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does something with a connection to which nothing changes meanwhile.
    fn at_one_instant<T>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let Some(file) = &self.file else {
            // Turns write only within their commit, which locks the connection too.
            return work(&self.writer().connection);
        };
        let timeout = self.options.busy_timeout;
        let open = || connection::reader(&file.path, timeout).map_err(error::sql);
        file.readers.with(open, work)
    }

    /// Sees to it that the keys a snapshot has are known; takes a newer one if need be. They are
    /// while the lock is held: a commit may move keys to where the snapshot does not have them.
    fn look_for_receipts(
        &self,
        connection: &Connection,
    ) -> Result<MutexGuard<'_, Receipts>, Error> {
        for _ in 0..MOST_LOOKS {
            let mut receipts = self.receipts();
            if receipts.look(connection)? {
                return Ok(receipts);
            }
            drop(receipts);
            connection::end(connection)?;
            connection::begin(connection)?;
        }
        let mut receipts = self.receipts();
        receipts.forget();
        receipts.look(connection)?;
        Ok(receipts)
    }
}

impl Store for SqliteStore {
    fn read(&self, set: &ReadSet, view: &mut View) -> Result<(), Error> {
        self.at_one_instant(|connection| {
            let mut reads = set.reads.iter();
            let receipts = if reads.any(|read| matches!(read.key, Key::Receipt(..))) {
                Some(self.look_for_receipts(connection)?)
            } else {
                None
            };
            view.fill(set, |key| match key {
                Key::Receipt(tenant, digest) => {
                    let found = match &receipts {
                        Some(receipts) => receipts.find(connection, *tenant, digest)?,
                        None => None,
                    };
                    Ok(found.map(|entries| Record::Receipt(entries.into())))
                }
                Key::Config(tenant) => load::record(connection, key, set.known(*tenant)),
                _ => load::record(connection, key, None),
            })
        })
    }

    fn users(&self, query: &UserQuery) -> Result<Vec<User>, Error> {
        self.at_one_instant(|connection| list::users(connection, query))
    }

    fn entries(&self, query: &EntryQuery) -> Result<Vec<(Entry, Option<EntryText>)>, Error> {
        self.at_one_instant(|connection| list::entries(connection, query))
    }

    fn audit_events(
        &self,
        query: &AuditQuery,
    ) -> Result<Vec<(AuditEvent, Option<AuditText>)>, Error> {
        self.at_one_instant(|connection| list::audit_events(connection, query))
    }

    fn open_untracked(&self, query: &UntrackedQuery) -> Result<Vec<Untracked>, Error> {
        self.at_one_instant(|connection| list::open_untracked(connection, query))
    }

    fn scan(
        &self,
        table: &'static Table,
        tenant: Option<TenantId>,
        after: Option<&[Cell<'static>]>,
        limit: u32,
    ) -> Result<Vec<Vec<Cell<'static>>>, Error> {
        self.at_one_instant(|connection| list::scan(connection, table, tenant, after, limit))
    }

    fn erase_words(&self, tenant: TenantId, until: Timestamp, limit: u32) -> Result<u32, Error> {
        let turn = SqliteTurn::begin(self)?;
        let writer = self.writer();
        let erased = list::erase_words(&writer.connection, tenant, until, limit)?;
        if self.file.is_some() {
            run(&writer.connection, "COMMIT").map_err(error::sql)?;
        }
        drop(writer);
        drop(turn);
        Ok(erased)
    }

    /// One turn at a time writes.
    fn settle(&self, below: Option<i64>) -> Result<i64, Error> {
        if below.is_some() {
            drop(self.turn()?);
        }
        Ok(i64::MAX)
    }

    fn stamp(&self) -> Result<Stamp, Error> {
        let Some(file) = &self.file else {
            return Ok(Stamp(0, self.commits.load(Ordering::Acquire)));
        };
        // Counts commits by all connections but its own, which makes none.
        let watcher = file.watcher.lock().unwrap_or_else(PoisonError::into_inner);
        let version = statements::number(&watcher, DATA_VERSION)?;
        Ok(Stamp(version.cast_unsigned(), 0))
    }

    fn snapshot(&self) -> Result<Box<dyn Snapshot + '_>, Error> {
        Ok(Box::new(match &self.file {
            Some(file) => {
                let timeout = self.options.busy_timeout;
                let reader = connection::reader(&file.path, timeout).map_err(error::sql)?;
                SqliteSnapshot::of_file(reader)?
            }
            None => SqliteSnapshot::of_memory(&self.writer().connection)?,
        }))
    }

    fn now(&self) -> Result<Option<Timestamp>, Error> {
        Ok(None)
    }

    fn doctor(&self) -> Result<Report, Error> {
        if self.file.is_none() {
            return Ok(Report {
                keeping: Keeping::NotDurable,
                why: vec!["everything is in memory, and gone when the process ends".to_owned()],
            });
        }
        let synchronous = statements::number(&self.writer().connection, "PRAGMA synchronous")?;
        let (keeping, why) = if synchronous >= connection::synchronous(Durability::Full) {
            let why = "`synchronous` is `full`: a commit is answered when it is on disk";
            (Keeping::Local, why)
        } else {
            let why = "`synchronous` is `normal`: the loss of power can take the last commits back";
            (Keeping::NotDurable, why)
        };
        Ok(Report {
            keeping,
            why: vec![why.to_owned()],
        })
    }

    fn turn(&self) -> Result<Box<dyn Turn + '_>, Error> {
        Ok(Box::new(SqliteTurn::begin(self)?))
    }
}

/// What tells whether another connection has committed.
pub(crate) const DATA_VERSION: &str = "PRAGMA data_version";

impl Writer {
    /// Begins a transaction that keeps other writers off, and forgets what they made untrue.
    pub(crate) fn begin(&mut self, receipts: &mut Receipts) -> Result<(), Error> {
        connection::end(&self.connection)?;
        run(&self.connection, "BEGIN IMMEDIATE").map_err(error::sql)?;
        let version = Some(statements::number(&self.connection, DATA_VERSION)?);
        if self.version != version {
            self.known.forget_all();
            self.floor = None;
            receipts.expire();
            self.version = version;
        }
        Ok(())
    }

    /// Nothing that is known can be trusted any more.
    pub(crate) fn forget(&mut self, receipts: &mut Receipts) {
        self.version = None;
        self.known.forget_all();
        self.floor = None;
        receipts.forget();
    }
}

/// The same path without symbolic links, so that all who open the file name it alike.
fn resolved(path: &Path) -> Result<PathBuf, Error> {
    match path.canonicalize() {
        Ok(path) => Ok(path),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let directory = match path.parent() {
                Some(parent) if !parent.as_os_str().is_empty() => parent,
                _ => Path::new("."),
            };
            let Some(name) = path.file_name() else {
                return Err(error::io(path, &error));
            };
            let directory = directory
                .canonicalize()
                .map_err(|error| error::io(path, &error))?;
            Ok(directory.join(name))
        }
        Err(error) => Err(error::io(path, &error)),
    }
}

fn refuse_read_only_directory(path: &Path) -> Result<(), Error> {
    let directory = path.parent().unwrap_or(path);
    let metadata = std::fs::metadata(directory).map_err(|error| error::io(path, &error))?;
    if metadata.permissions().readonly() {
        return Err(error::at(
            path,
            Code::StoreReadOnly,
            "the directory is marked as read-only",
        ));
    }
    Ok(())
}
