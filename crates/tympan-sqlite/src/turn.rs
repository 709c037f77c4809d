//! One load-decide-commit round.

use hashbrown::HashSet;
use tympan_core::error::Error;
use tympan_core::ids::TenantId;
use tympan_core::time::Timestamp;
use tympan_core::view::{Batch, Key, ReadSet, Record, View};
use tympan_store::{CommitError, Turn};

use crate::queue::Seat;
use crate::store::{SqliteStore, Writer};
use crate::turnstile::Pass;
use crate::{commit, connection, error, load, statements};

/// The highest id of a table, or 0.
const FLOOR: &str = "SELECT max(
    (SELECT coalesce(max(\"id\"), 0) FROM \"entry\"),
    (SELECT coalesce(max(\"id\"), 0) FROM \"audit_event\"))";

/// The turn of one thread of one process. In a file it is a transaction that keeps other writers
/// off; in memory there are no others but the threads in the queue.
#[derive(Debug)]
pub(crate) struct SqliteTurn<'a> {
    pub(crate) store: &'a SqliteStore,
    /// Keys that were looked for in this turn and never used before.
    pub(crate) unused: HashSet<(TenantId, [u8; 32])>,
    // Given up in this order, after the transaction has ended.
    _pass: Option<Pass<'a>>,
    _seat: Seat<'a>,
}

impl<'a> SqliteTurn<'a> {
    pub(crate) fn begin(store: &'a SqliteStore) -> Result<Self, Error> {
        let deadline = store.options.deadline();
        let seat = store.queue.enter(deadline).ok_or_else(error::locked)?;
        let pass = match &store.file {
            Some(file) => {
                let pass = file.turnstile.enter(deadline)?;
                store.writer().begin(&mut store.receipts())?;
                Some(pass)
            }
            None => None,
        };
        Ok(Self {
            store,
            unused: HashSet::new(),
            _pass: pass,
            _seat: seat,
        })
    }

    /// What a key holds, as known or as stored.
    pub(crate) fn fetch(
        &mut self,
        writer: &mut Writer,
        key: &Key,
        set: Option<&ReadSet>,
    ) -> Result<Option<Record>, Error> {
        if let Key::Receipt(tenant, digest) = key {
            let mut receipts = self.store.receipts();
            receipts.refresh(&writer.connection)?;
            let found = receipts.find(&writer.connection, *tenant, digest)?;
            if found.is_none() {
                self.unused.insert((*tenant, *digest));
            }
            return Ok(found.map(|entries| Record::Receipt(entries.into())));
        }
        let known = match (key, set) {
            (Key::Config(tenant), Some(set)) => set.known(*tenant),
            _ => None,
        };
        if let Some(record) = writer.known.recall(key) {
            return Ok(match (known, record) {
                (Some(known), Some(Record::Config(stored)))
                    if known.tenant.version == stored.tenant.version =>
                {
                    Some(Record::Config(known.clone()))
                }
                (_, record) => record,
            });
        }
        let record = load::record(&writer.connection, key, known)?;
        writer.known.keep(key.clone(), record.clone());
        Ok(record)
    }
}

impl Turn for SqliteTurn<'_> {
    fn load(&mut self, set: &ReadSet, view: &mut View) -> Result<(), Error> {
        let store = self.store;
        let mut writer = store.writer();
        view.fill(set, |key| self.fetch(&mut writer, key, Some(set)))
    }

    fn now(&mut self) -> Result<Option<Timestamp>, Error> {
        Ok(None)
    }

    fn floor(&mut self) -> Result<i64, Error> {
        floor(&mut self.store.writer())
    }

    fn commit(mut self: Box<Self>, batch: &Batch) -> Result<(), CommitError> {
        commit::commit(&mut self, batch)
    }
}

/// The highest id among entries and audit events.
pub(crate) fn floor(writer: &mut Writer) -> Result<i64, Error> {
    if let Some(floor) = writer.floor {
        return Ok(floor);
    }
    let floor = statements::number(&writer.connection, FLOOR)?;
    writer.floor = Some(floor);
    Ok(floor)
}

impl Drop for SqliteTurn<'_> {
    fn drop(&mut self) {
        let mut writer = self.store.writer();
        if connection::end(&writer.connection).is_err() {
            writer.forget(&mut self.store.receipts());
        }
    }
}
