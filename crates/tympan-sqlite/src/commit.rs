//! A batch into rows: all of it, durably, or nothing.

use std::sync::atomic::Ordering;

use hashbrown::HashSet;
use rusqlite::Connection;
use tympan_core::error::Error;
use tympan_core::row::Table;
use tympan_core::rows::{Write, rows_of};
use tympan_core::view::{Batch, Expectation, Found, Key, Record};
use tympan_store::CommitError;

use crate::connection::{end, run};
use crate::error::{is_in_doubt, is_taken, sql};
use crate::store::Writer;
use crate::turn::{SqliteTurn, floor};
use crate::{load, statements};

/// Commits a batch and so ends the turn.
pub(crate) fn commit(turn: &mut SqliteTurn<'_>, batch: &Batch) -> Result<(), CommitError> {
    let store = turn.store;
    let mut writer = store.writer();
    let wrong = unexpected(turn, &mut writer, batch)?;
    if !wrong.is_empty() {
        return Err(CommitError::Conflict(wrong));
    }
    if store.file.is_none() {
        // In memory the turn is no transaction before this.
        run(&writer.connection, "BEGIN").map_err(sql)?;
    }
    let floor = floor(&mut writer)?;
    let mut receipts = store.receipts();
    let written = write(&writer.connection, batch).and_then(|()| {
        let mut new = 0;
        for entry in &batch.entries {
            if let Some(digest) = &entry.key {
                new += 1;
                if entry.id.0 <= floor {
                    receipts.index_now(&writer.connection, digest, entry.id)?;
                }
            }
        }
        Ok(receipts.move_some(&writer.connection, new)?)
    });
    if let Err(failure) = written {
        receipts.forget();
        end(&writer.connection)?;
        return Err(match failure {
            Failure::Taken => CommitError::Conflict(culprits(&writer.connection, batch)?),
            Failure::Failed(error) => CommitError::Failed(error),
        });
    }
    if let Err(error) = run(&writer.connection, "COMMIT") {
        let in_doubt = is_in_doubt(&error);
        let ended = end(&writer.connection);
        writer.forget(&mut receipts);
        return Err(if in_doubt || ended.is_err() {
            CommitError::Unknown(sql(error))
        } else {
            CommitError::Failed(sql(error))
        });
    }
    receipts.committed(&batch.entries);
    writer.known.learn(&batch.changes);
    writer.floor = Some(highest(batch).max(floor));
    store.commits.fetch_add(1, Ordering::AcqRel);
    Ok(())
}

/// The keys that are not as a batch expects, in their order.
fn unexpected(
    turn: &mut SqliteTurn<'_>,
    writer: &mut Writer,
    batch: &Batch,
) -> Result<Vec<Key>, Error> {
    let mut wrong = Vec::new();
    for expectation in &batch.expectations {
        if !is_met(turn, writer, expectation)? {
            wrong.push(expectation.key.clone());
        }
    }
    // The first use of a key, whether or not it was looked for.
    let mut new = HashSet::new();
    for entry in &batch.entries {
        let Some(digest) = entry.key else { continue };
        let name = (entry.tenant, digest);
        let key = Key::Receipt(entry.tenant, digest);
        if !new.insert(name)
            || !turn.unused.contains(&name) && turn.fetch(writer, &key, None)?.is_some()
        {
            wrong.push(key);
        }
    }
    wrong.sort_unstable();
    wrong.dedup();
    Ok(wrong)
}

fn is_met(
    turn: &mut SqliteTurn<'_>,
    writer: &mut Writer,
    expectation: &Expectation,
) -> Result<bool, Error> {
    let (key, found) = (&expectation.key, &expectation.found);
    if let Key::Receipt(tenant, digest) = key
        && turn.unused.contains(&(*tenant, *digest))
    {
        return Ok(*found == Found::Absent);
    }
    // Children have no version but their user's.
    let owner;
    let key = match key {
        Key::Relations(tenant, user) => {
            owner = Key::User(*tenant, *user);
            &owner
        }
        key => key,
    };
    let record = turn.fetch(writer, key, None)?;
    if let (Found::Wallets(expected), Some(Record::Wallets(stored))) = (found, &record) {
        return Ok(expected.iter().all(|(key, version)| {
            let mut stored = stored.wallets.iter();
            stored.any(|wallet| wallet.key() == *key && wallet.version == *version)
        }));
    }
    Ok(match (&record, found) {
        (Some(Record::Receipt(_)), _) => false,
        (None, found) => *found == Found::Absent,
        (record, found) => Found::of(key, record.as_ref()).as_ref() == Some(found),
    })
}

enum Failure {
    /// A key that was to be free is not, or one that was to be there is missing.
    Taken,
    Failed(Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        if is_taken(&error) {
            Self::Taken
        } else {
            Self::Failed(sql(error))
        }
    }
}

fn write(connection: &Connection, batch: &Batch) -> Result<(), Failure> {
    let rows = rows_of(batch);
    let mut rows = rows.iter().peekable();
    // Rows of one kind come one after the other: they share a statement.
    while let Some(first) = rows.peek() {
        let kind: (&Table, Write) = (first.table, first.write);
        let text = statements::write_text(kind.0, kind.1);
        let mut statement = connection.prepare_cached(text)?;
        while let Some(row) =
            rows.next_if(|row| std::ptr::eq(row.table, kind.0) && row.write == kind.1)
        {
            statements::bind(&mut statement, &row.cells)?;
            if statement.raw_execute()? != 1 {
                return Err(Failure::Taken);
            }
        }
    }
    Ok(())
}

/// The keys that a refused batch wrote and that do not hold what it began from. Expectations were
/// met, so these are few: rows that no version speaks for, and ids that are taken.
fn culprits(connection: &Connection, batch: &Batch) -> Result<Vec<Key>, Error> {
    let mut keys = Vec::new();
    for change in &batch.changes {
        if load::record(connection, &change.key, None)? != change.before {
            keys.push(change.key.clone());
        }
    }
    if keys.is_empty() {
        let wallets = batch.entries.iter();
        keys.extend(wallets.map(|entry| Key::Wallets(entry.tenant, entry.owner)));
        let strands = batch.audit_events.iter();
        keys.extend(strands.map(|event| Key::Strand(event.tenant, event.strand)));
    }
    keys.sort_unstable();
    keys.dedup();
    Ok(keys)
}

fn highest(batch: &Batch) -> i64 {
    let entries = batch.entries.iter().map(|entry| entry.id.0);
    let events = batch.audit_events.iter().map(|event| event.id.0);
    entries.chain(events).max().unwrap_or(0)
}
