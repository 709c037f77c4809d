//! A batch into rows: all of it, durably, or nothing.

use std::borrow::Cow;
use std::sync::atomic::Ordering;

use hashbrown::HashSet;
use rusqlite::Connection;
use tympan_core::error::Error;
use tympan_core::rows::{RowWrite, Write, rows_of};
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
        receipts.move_some(&writer.connection, new)?;
        Ok(receipts.take_in_some(&writer.connection, new)?)
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
    while let Some(first) = rows.peek().copied() {
        let text: Cow<'_, str> = match first.write {
            Write::Insert => statements::insert_text(first.table).into(),
            Write::Update => statements::update_text(first.table, &first.changed).into(),
            Write::Delete => statements::delete_text(first.table).into(),
        };
        let mut statement = connection.prepare_cached(&text)?;
        while let Some(row) = rows.next_if(|row| is_alike(row, first)) {
            let set = row.changed.iter().filter_map(|place| row.cells.get(*place));
            let rest = match row.write {
                Write::Update => row.cells.get(..row.table.key).unwrap_or_default(),
                Write::Insert | Write::Delete => &row.cells,
            };
            statements::bind(&mut statement, set.chain(rest))?;
            if statement.raw_execute()? != 1 {
                return Err(Failure::Taken);
            }
        }
    }
    Ok(())
}

/// Whether two rows are written by the same statement.
fn is_alike(one: &RowWrite<'_>, other: &RowWrite<'_>) -> bool {
    std::ptr::eq(one.table, other.table) && one.write == other.write && one.changed == other.changed
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

#[cfg(test)]
mod tests {
    use std::path::Path;

    use tympan_core::error::Code;
    use tympan_core::view::{Change, ReadSet, View, apply};
    use tympan_store::Store;

    use super::*;
    use crate::samples::{self, TENANT, charge, charge_alone, charge_reads};
    use crate::{SqliteOptions, SqliteStore};

    fn open(path: &Path) -> SqliteStore {
        SqliteStore::open(path, &SqliteOptions::default()).unwrap()
    }

    fn spent(store: &SqliteStore) -> i64 {
        let mut view = View::default();
        let set = ReadSet::of(Key::Wallets(TENANT, 1));
        store.turn().unwrap().load(&set, &mut view).unwrap();
        let wallets = view.wallets(TENANT, 1).unwrap().unwrap();
        wallets.wallets.first().map_or(0, |wallet| wallet.spent)
    }

    #[test]
    fn a_full_disk_changes_nothing_and_may_pass() {
        let directory = tempfile::tempdir().unwrap();
        let store = open(&directory.path().join("full.db"));
        assert!(charge_alone(&store, 1, [1; 32]).unwrap());
        let limit = |pages: i64| {
            let writer = store.writer();
            let set = writer
                .connection
                .pragma_update(None, "max_page_count", pages);
            set.unwrap();
        };
        limit(1);
        let people = (1..=500).map(|id| {
            let user = samples::user(id, &"long ".repeat(40));
            Change::Put(Key::User(TENANT, user.id), Record::User(user.into()))
        });
        let outcome = samples::change(&store, people.collect());
        assert!(
            matches!(&outcome, Err(CommitError::Failed(error)) if error.code() == Code::StoreFull),
            "{outcome:?}"
        );
        limit(1_000_000);
        assert_eq!(spent(&store), 1);
        assert!(!charge_alone(&store, 1, [1; 32]).unwrap());
        assert!(charge_alone(&store, 1, [2; 32]).unwrap());
        assert_eq!(spent(&store), 2);
    }

    #[test]
    fn what_is_remembered_is_forgotten_when_others_commit() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("two.db");
        let (one, two) = (open(&path), open(&path));
        for round in 0..5_u8 {
            assert!(charge_alone(&one, 1, [round * 4; 32]).unwrap());
            assert!(charge_alone(&one, 1, [round * 4 + 1; 32]).unwrap());
            assert!(!charge_alone(&two, 1, [round * 4; 32]).unwrap());
            assert!(charge_alone(&two, 1, [round * 4 + 2; 32]).unwrap());
            assert!(!charge_alone(&one, 1, [round * 4 + 2; 32]).unwrap());
        }
        assert_eq!((spent(&one), spent(&two)), (15, 15));
        // And where nobody else commits, nothing is read again.
        let hidden = "UPDATE wallet SET spent = 99";
        one.writer().connection.execute(hidden, []).unwrap();
        assert_eq!((spent(&one), spent(&two)), (15, 99));
    }

    #[test]
    fn a_turn_that_is_dropped_leaves_the_next_as_it_was() {
        let directory = tempfile::tempdir().unwrap();
        let store = open(&directory.path().join("dropped.db"));
        assert!(charge_alone(&store, 1, [1; 32]).unwrap());
        let mut turn = store.turn().unwrap();
        let mut view = View::default();
        turn.load(&charge_reads(ReadSet::default(), 1, [2; 32]), &mut view)
            .unwrap();
        let id = turn.floor().unwrap() + 1;
        assert!(charge(&mut view, 1, [2; 32], id));
        drop(turn);
        assert_eq!(spent(&store), 1);
        // The same batch, in a later turn: what it began from still stands.
        store.turn().unwrap().commit(&view.into_batch()).unwrap();
        assert_eq!(spent(&store), 2);
        assert_eq!(store.turn().unwrap().floor().unwrap(), id);
    }

    #[test]
    fn a_batch_from_before_another_commit_names_what_moved() {
        let store = SqliteStore::in_memory(&SqliteOptions::default()).unwrap();
        let mut view = View::default();
        let set = charge_reads(ReadSet::default(), 1, [1; 32]);
        store.read(&set, &mut view).unwrap();
        assert!(charge(&mut view, 1, [1; 32], 1));
        let batch = view.into_batch();
        assert!(charge_alone(&store, 1, [1; 32]).unwrap());
        let outcome = store.turn().unwrap().commit(&batch);
        let Err(CommitError::Conflict(keys)) = outcome else {
            panic!("{outcome:?}");
        };
        assert!(keys.contains(&Key::Receipt(TENANT, [1; 32])), "{keys:?}");
    }

    #[test]
    fn an_id_that_is_taken_is_a_conflict_and_leaves_nothing() {
        let store = SqliteStore::in_memory(&SqliteOptions::default()).unwrap();
        assert!(charge_alone(&store, 1, [1; 32]).unwrap());
        let mut view = View::default();
        store
            .read(&ReadSet::of(Key::Wallets(TENANT, 2)), &mut view)
            .unwrap();
        let wallet = samples::wallet(2);
        let changes = vec![
            Change::Put(Key::Wallets(TENANT, 2), samples::wallets(wallet.clone())),
            Change::from(samples::entry(1, None, &wallet)),
        ];
        apply(changes, &mut view);
        let outcome = store.turn().unwrap().commit(&view.into_batch());
        assert!(
            matches!(&outcome, Err(CommitError::Conflict(keys)) if keys.contains(&Key::Wallets(TENANT, 2))),
            "{outcome:?}"
        );
        let mut view = View::default();
        store
            .read(&ReadSet::of(Key::Wallets(TENANT, 2)), &mut view)
            .unwrap();
        assert!(view.wallets(TENANT, 2).unwrap().unwrap().wallets.is_empty());
    }
}
