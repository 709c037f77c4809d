//! Finds the entries that were written under an idempotency key.
//!
//! A B-tree over random keys would cost more with every year of the ledger: each charge dirties
//! another leaf of it. Instead the newest entries, those behind a mark, are kept as a set of
//! hashes in memory, built from the end of the ledger when it is first needed. When the set has
//! grown to twice its size, the older half is moved to the table `receipt_index` in the order of
//! the hashes, a few with each commit, so that those that lie on one page are moved together.
//!
//! Most keys that are looked for were never used: a filter in memory knows it of nearly all of them,
//! and only the rest are looked for in the table.
//!
//! A hash is the first 64 bits of the key's digest; a hit is compared in full. How far the mark
//! is, and how far the move has come, is a row of the database, written in the same transaction
//! as what was moved. `docs/adr/0004-idempotency-index.md` has the reasons.

mod check;
mod progress;
#[cfg(test)]
mod tests;

use std::hash::BuildHasher;
use std::sync::Arc;

use hashbrown::{DefaultHashBuilder, HashTable};
use rusqlite::Connection;
use tympan_core::error::Error;
use tympan_core::ids::{EntryId, TenantId};
use tympan_core::records::Entry;
use tympan_core::row::{Cell, Row, corrupt};

use self::progress::Progress;
use crate::filter::Filter;
use crate::{error, statements};

pub(crate) use self::check::check;

/// So many of the newest keys stay in memory, and up to twice as many before the older ones are
/// moved: 4 MB, and a tenth of a second to read at the first turn.
pub(crate) const KEPT: usize = 65_536;
/// So many are moved at a time. A hundred-odd share a commit and its page of progress.
pub(crate) const STEP: usize = 256;
/// A move frees room twice as fast as new keys fill it.
const MOVED_PER_KEY: usize = 2;
/// The filter takes in so many rows of the table for each key that comes, and at least so many with
/// each commit: no more than what it has taken in saves meanwhile.
const TAKEN_IN_PER_KEY: usize = 4;
const TAKEN_IN_PER_COMMIT: usize = 16;

const READ_ON: &str = "SELECT \"id\", \"key\" FROM \"entry\" WHERE \"id\" > ?1 ORDER BY \"id\"";
const FIND: &str = "SELECT \"entry\" FROM \"receipt_index\" WHERE \"hash\" = ?1";
const MOVE: &str = "INSERT OR IGNORE INTO \"receipt_index\" (\"hash\", \"entry\") VALUES (?1, ?2)";
const HASHES: &str = "SELECT \"hash\" FROM \"receipt_index\" \
     WHERE \"hash\" >= ?1 ORDER BY \"hash\" LIMIT ?2";

/// Where the keys of all entries are to be found.
#[derive(Debug)]
pub(crate) struct Receipts {
    /// Hash and id of the entries with a key that lie behind the mark, up to `seen`.
    newest: HashTable<(i64, i64)>,
    hasher: DefaultHashBuilder,
    progress: Progress,
    /// The id of the last entry that was looked at.
    seen: i64,
    /// Which hashes of the table are known: all of entries up to the mark, and the strays, as far
    /// as it goes.
    moved: Filter,
    /// What is still to be moved, the least hash last; none if that is not known.
    to_move: Option<Vec<(i64, i64)>>,
    /// How many may be moved on account of the keys that came.
    due: usize,
    /// What `progress` becomes if the transaction is committed.
    pending: Option<Progress>,
    kept: usize,
    step: usize,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Nothing was read.
    Unread,
    /// Others have committed since.
    Stale,
    /// Everything is known.
    Fresh,
}

impl Receipts {
    pub(crate) fn new(kept: usize, step: usize) -> Self {
        Self {
            newest: HashTable::new(),
            hasher: DefaultHashBuilder::default(),
            progress: Progress::default(),
            seen: 0,
            moved: Filter::new(),
            to_move: None,
            due: 0,
            pending: None,
            kept,
            step,
            state: State::Unread,
        }
    }

    /// Others have committed: look again before the next answer.
    pub(crate) fn expire(&mut self) {
        if self.state == State::Fresh {
            self.state = State::Stale;
        }
        self.to_move = None;
    }

    /// Nothing that is known can be trusted.
    pub(crate) fn forget(&mut self) {
        *self = Self::new(self.kept, self.step);
    }

    /// Takes in what was committed since the last look; for whoever keeps writers off.
    pub(crate) fn refresh(&mut self, connection: &Connection) -> Result<(), Error> {
        if self.state == State::Fresh {
            return Ok(());
        }
        let stored = self.stored_progress(connection)?;
        if stored.mark < self.progress.mark {
            self.forget();
        }
        if self.state == State::Unread {
            self.seen = stored.mark;
        }
        self.read_on(connection)?;
        self.progress_to(stored);
        self.state = State::Fresh;
        Ok(())
    }

    /// Takes in what a snapshot has; for readers, who keep nobody off. False if the snapshot is
    /// older than what is known, and may need keys that are known no more.
    pub(crate) fn look(&mut self, connection: &Connection) -> Result<bool, Error> {
        let stored = self.stored_progress(connection)?;
        if self.state == State::Unread {
            self.seen = stored.mark;
            self.progress = stored;
            self.state = State::Stale;
        }
        if stored.mark < self.progress.mark {
            return Ok(false);
        }
        self.read_on(connection)?;
        Ok(true)
    }

    /// The entries of a receipt, in the order of their ids; none if the key was never used. What
    /// the connection sees must have been looked at.
    pub(crate) fn find(
        &self,
        connection: &Connection,
        tenant: TenantId,
        digest: &[u8; 32],
    ) -> Result<Option<Vec<Arc<Entry>>>, Error> {
        let hash = hash_of(digest);
        for (other, id) in self.newest.iter_hash(self.hasher.hash_one(hash)) {
            if *other == hash
                && let Some(entries) = receipt(connection, *id, tenant, digest)?
            {
                return Ok(Some(entries));
            }
        }
        if !self.moved.may_hold(hash) {
            return Ok(None);
        }
        let found = statements::query_with(connection, FIND, &[Cell::Integer(hash)], |row| {
            row.get::<_, i64>(0).map_err(error::sql)
        })?;
        for id in found {
            if let Some(entries) = receipt(connection, id, tenant, digest)? {
                return Ok(Some(entries));
            }
        }
        Ok(None)
    }

    /// Puts a key into the table at once: its entry has an id below one that was looked at
    /// already, and nobody would look there again.
    pub(crate) fn index_now(
        &mut self,
        connection: &Connection,
        digest: &[u8; 32],
        id: EntryId,
    ) -> Result<(), Error> {
        let hash = hash_of(digest);
        self.moved.add(hash);
        move_all(connection, [(hash, id.0)])?;
        progress::count_stray(connection)
    }

    /// Takes in some more of what the table holds, as a part of such a transaction.
    pub(crate) fn take_in_some(
        &mut self,
        connection: &Connection,
        new: usize,
    ) -> Result<(), Error> {
        let Some(from) = self.moved.wanted() else {
            return Ok(());
        };
        if self.state != State::Fresh {
            return Ok(());
        }
        let most = new
            .saturating_mul(TAKEN_IN_PER_KEY)
            .max(TAKEN_IN_PER_COMMIT);
        let values = [from, i64::try_from(most).unwrap_or(i64::MAX)].map(Cell::Integer);
        let hashes = statements::query_with(connection, HASHES, &values, |row| {
            row.get::<_, i64>(0).map_err(error::sql)
        })?;
        self.moved.take_in(&hashes, hashes.len() < most);
        Ok(())
    }

    /// Moves some of the older keys, as a part of the transaction that brings so many new ones.
    pub(crate) fn move_some(&mut self, connection: &Connection, new: usize) -> Result<(), Error> {
        if self.state != State::Fresh {
            return Ok(());
        }
        let at_rest = self.progress.mark == self.progress.next_mark;
        if at_rest && self.newest.len() < self.kept.saturating_mul(2) {
            self.due = 0;
            return Ok(());
        }
        self.due = self.due.saturating_add(new.saturating_mul(MOVED_PER_KEY));
        if self.due < self.step {
            return Ok(());
        }
        let mut progress = self.progress;
        if at_rest {
            progress.next_mark = self.next_mark();
            progress.moved_to = i64::MIN;
        }
        let mut to_move = match self.to_move.take() {
            Some(to_move) => to_move,
            None => self.between(&progress),
        };
        let mut last = None;
        let due = std::iter::from_fn(|| {
            let next = to_move.last().copied()?;
            if self.due == 0 && last != Some(next.0) {
                return None;
            }
            last = Some(next.0);
            self.due = self.due.saturating_sub(1);
            to_move.pop()
        });
        move_all(connection, due)?;
        self.due = 0;
        match last {
            Some(hash) if !to_move.is_empty() => progress.moved_to = hash,
            _ => progress.mark = progress.next_mark,
        }
        progress.write(connection)?;
        self.to_move = (progress.mark != progress.next_mark).then_some(to_move);
        self.pending = Some(progress);
        Ok(())
    }

    /// The transaction was committed, and these entries with it.
    pub(crate) fn committed(&mut self, entries: &[Arc<Entry>]) {
        if let Some(progress) = self.pending.take() {
            let to_move = self.to_move.take();
            self.progress_to(progress);
            self.to_move = to_move;
        }
        if self.state != State::Fresh {
            return;
        }
        for entry in entries {
            if entry.id.0 <= self.seen {
                continue;
            }
            if let Some(digest) = &entry.key {
                self.add((hash_of(digest), entry.id.0));
            }
        }
        let last = entries.iter().map(|entry| entry.id.0).max();
        self.seen = self.seen.max(last.unwrap_or(self.seen));
    }

    /// How far the table goes. If others put keys into it at once the filter does not know these.
    fn stored_progress(&mut self, connection: &Connection) -> Result<Progress, Error> {
        let stored = Progress::read(connection)?;
        if stored.strays != self.progress.strays {
            self.moved.clear();
        }
        Ok(stored)
    }

    fn read_on(&mut self, connection: &Connection) -> Result<(), Error> {
        let after = [Cell::Integer(self.seen)];
        statements::query_with(connection, READ_ON, &after, |row| {
            let id = row.get::<_, i64>(0).map_err(error::sql)?;
            let key = row.get_ref(1).map_err(error::sql)?;
            if let Some(digest) = key.as_blob_or_null().map_err(|_| bad_key())? {
                let digest = digest.try_into().map_err(|_| bad_key())?;
                self.add((hash_of(digest), id));
            }
            self.seen = id;
            Ok(())
        })?;
        Ok(())
    }

    fn add(&mut self, new: (i64, i64)) {
        let Self { newest, hasher, .. } = self;
        let place = hasher.hash_one(new.0);
        if newest.find(place, |known| *known == new).is_none() {
            newest.insert_unique(place, new, |(hash, _)| hasher.hash_one(hash));
        }
    }

    fn progress_to(&mut self, progress: Progress) {
        if progress.mark > self.progress.mark {
            let Self { newest, moved, .. } = self;
            newest.retain(|(hash, id)| {
                let stays = *id > progress.mark;
                if !stays {
                    moved.add(*hash);
                }
                stays
            });
        }
        self.progress = progress;
        self.to_move = None;
    }

    /// The mark that leaves as many as are to be kept behind it.
    fn next_mark(&self) -> i64 {
        let mut ids: Vec<i64> = self.newest.iter().map(|(_, id)| *id).collect();
        let at = ids.len().saturating_sub(self.kept.saturating_add(1));
        if at >= ids.len() {
            return self.progress.mark;
        }
        *ids.select_nth_unstable(at).1
    }

    fn between(&self, progress: &Progress) -> Vec<(i64, i64)> {
        let mut found: Vec<(i64, i64)> = self
            .newest
            .iter()
            .filter(|(hash, id)| *id <= progress.next_mark && *hash >= progress.moved_to)
            .copied()
            .collect();
        found.sort_unstable_by(|left, right| right.cmp(left));
        found
    }
}

/// The entries of the receipt that begins with an entry, if it is of this key.
fn receipt(
    connection: &Connection,
    id: i64,
    tenant: TenantId,
    digest: &[u8; 32],
) -> Result<Option<Vec<Arc<Entry>>>, Error> {
    let first = statements::select_one::<Entry>(connection, &[Cell::Integer(id)])?;
    let Some(first) =
        first.filter(|first| first.tenant == tenant && first.key.as_ref() == Some(digest))
    else {
        return Ok(None);
    };
    let parts = first.parts;
    let mut entries = vec![Arc::new(first)];
    for offset in 1..i64::from(parts) {
        let next = [Cell::Integer(id.saturating_add(offset))];
        let part = statements::select_one::<Entry>(connection, &next)?;
        let part = part.ok_or_else(|| corrupt(Entry::TABLE.name, "parts"))?;
        entries.push(Arc::new(part));
    }
    Ok(Some(entries))
}

fn move_all(
    connection: &Connection,
    keys: impl IntoIterator<Item = (i64, i64)>,
) -> Result<(), Error> {
    let mut statement = connection.prepare_cached(MOVE).map_err(error::sql)?;
    for (hash, id) in keys {
        let row = [Cell::Integer(hash), Cell::Integer(id)];
        statements::bind(&mut statement, &row).map_err(error::sql)?;
        statement.raw_execute().map_err(error::sql)?;
    }
    Ok(())
}

fn hash_of(digest: &[u8; 32]) -> i64 {
    let first = digest.first_chunk().copied().unwrap_or_default();
    i64::from_be_bytes(first)
}

fn bad_key() -> Error {
    corrupt(Entry::TABLE.name, "key")
}
