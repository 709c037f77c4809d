//! Everything as of one instant, for as long as it is looked at.

use std::cell::RefCell;

use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};
use tympan_core::error::{Code, Error};
use tympan_core::ids::TenantId;
use tympan_core::row::{Cell, Table};
use tympan_core::view::{Key, ReadSet, Record, View};
use tympan_store::Snapshot;

use crate::receipts::{self, Receipts};
use crate::{connection, error, list, load, statements};

/// A connection with a transaction that reads, or a copy of a database in memory.
#[derive(Debug)]
pub(crate) struct SqliteSnapshot {
    connection: Connection,
    /// Filled when a receipt is first asked for.
    receipts: RefCell<Receipts>,
}

impl SqliteSnapshot {
    /// What a new connection to a file sees from now on. While it is there, SQLite cannot write
    /// its log back beyond it.
    pub(crate) fn of_file(connection: Connection) -> Result<Self, Error> {
        connection::begin(&connection)?;
        // The transaction begins to see when it first reads.
        statements::number(&connection, "SELECT count(*) FROM sqlite_schema")?;
        Ok(Self::new(connection))
    }

    /// A copy: a database in memory has only one connection.
    pub(crate) fn of_memory(from: &Connection) -> Result<Self, Error> {
        let mut copy = connection::in_memory().map_err(error::sql)?;
        let backup = Backup::new(from, &mut copy).map_err(error::sql)?;
        match backup.step(-1).map_err(error::sql)? {
            StepResult::Done => {}
            _ => return Err(Error::of(Code::StoreLocked)),
        }
        drop(backup);
        Ok(Self::new(copy))
    }

    fn new(connection: Connection) -> Self {
        Self {
            connection,
            receipts: RefCell::new(Receipts::new(receipts::KEPT, receipts::STEP)),
        }
    }

    fn record(&self, set: &ReadSet, key: &Key) -> Result<Option<Record>, Error> {
        match key {
            Key::Receipt(tenant, digest) => {
                let mut receipts = self.receipts.borrow_mut();
                receipts.look(&self.connection)?;
                let found = receipts.find(&self.connection, *tenant, digest)?;
                Ok(found.map(|entries| Record::Receipt(entries.into())))
            }
            Key::Config(tenant) => load::record(&self.connection, key, set.known(*tenant)),
            _ => load::record(&self.connection, key, None),
        }
    }
}

impl Snapshot for SqliteSnapshot {
    fn read(&self, set: &ReadSet, view: &mut View) -> Result<(), Error> {
        view.fill(set, |key| self.record(set, key))
    }

    fn scan(
        &self,
        table: &'static Table,
        tenant: Option<TenantId>,
        after: Option<&[Cell<'static>]>,
        limit: u32,
    ) -> Result<Vec<Vec<Cell<'static>>>, Error> {
        list::scan(&self.connection, table, tenant, after, limit)
    }

    fn check(&self, fault: &mut dyn FnMut(String)) -> Result<(), Error> {
        receipts::check(&self.connection, fault)
    }
}
