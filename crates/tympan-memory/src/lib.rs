//! The reference store of tympan: everything in memory, nothing kept when the process ends.
//!
//! It keeps the contract of `tympan-store` to the letter, so other stores are measured by it. One
//! turn at a time writes, and turns are served in the order in which they were asked for. Readers
//! wait for no turn, only for the moment in which one commits.

mod commit;
mod list;
mod load;
mod log;
mod merge;
mod queue;
mod receipts;
mod scan;
mod state;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, RwLock, RwLockReadGuard};
use std::time::Duration;

use tympan_core::error::{Code, Error};
use tympan_core::ids::TenantId;
use tympan_core::queries::{AuditQuery, EntryQuery, UntrackedQuery, UserQuery};
use tympan_core::records::{AuditEvent, AuditText, Entry, EntryText, Untracked, User};
use tympan_core::row::{Cell, Table};
use tympan_core::time::Timestamp;
use tympan_core::view::{Batch, ReadSet, View};
use tympan_store::{CommitError, Keeping, Report, Snapshot, Stamp, Store, Turn};

use crate::queue::{Place, Queue};
use crate::state::State;

/// How long a turn is waited for unless a caller says otherwise.
const PATIENCE: Duration = Duration::from_secs(30);

/// A store in memory.
#[derive(Debug)]
pub struct MemoryStore {
    shared: Arc<Shared>,
    patience: Duration,
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self {
            shared: Arc::default(),
            patience: PATIENCE,
        }
    }
}

/// What all handles on the same data share.
#[derive(Debug, Default)]
struct Shared {
    turns: Queue,
    state: RwLock<State>,
    /// How many batches changed something. Raised while `state` is locked for writing.
    commits: AtomicU64,
}

impl MemoryStore {
    /// A store that holds nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How long a turn waits for those before it; by default 30 seconds.
    #[must_use]
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Another handle on the same data, as if the store had been opened again.
    #[must_use]
    pub fn reopened(&self) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
            patience: self.patience,
        }
    }
}

impl Shared {
    fn state(&self) -> Result<RwLockReadGuard<'_, State>, Error> {
        self.state.read().map_err(|_| broken())
    }
}

/// A commit that ended half-way, by a fault of this crate, leaves nothing that could be trusted.
fn broken() -> Error {
    Error::of(Code::Closed)
}

impl Store for MemoryStore {
    fn read(&self, set: &ReadSet, view: &mut View) -> Result<(), Error> {
        load::load(&*self.shared.state()?, set, view);
        Ok(())
    }

    fn users(&self, query: &UserQuery) -> Result<Vec<User>, Error> {
        Ok(list::users(&*self.shared.state()?, query))
    }

    fn entries(&self, query: &EntryQuery) -> Result<Vec<(Entry, Option<EntryText>)>, Error> {
        Ok(list::entries(&*self.shared.state()?, query))
    }

    fn audit_events(
        &self,
        query: &AuditQuery,
    ) -> Result<Vec<(AuditEvent, Option<AuditText>)>, Error> {
        Ok(list::audit_events(&*self.shared.state()?, query))
    }

    fn open_untracked(&self, query: &UntrackedQuery) -> Result<Vec<Untracked>, Error> {
        Ok(list::open_untracked(&*self.shared.state()?, query))
    }

    fn scan(
        &self,
        table: &'static Table,
        tenant: Option<TenantId>,
        after: Option<&[Cell<'static>]>,
        limit: u32,
    ) -> Result<Vec<Vec<Cell<'static>>>, Error> {
        Ok(scan::scan(
            &*self.shared.state()?,
            table,
            tenant,
            after,
            limit,
        ))
    }

    fn erase_words(&self, tenant: TenantId, until: Timestamp, limit: u32) -> Result<u32, Error> {
        let mut state = self.shared.state.write().map_err(|_| broken())?;
        Ok(state.erase_words(tenant, until, limit))
    }

    /// One turn at a time writes.
    fn settle(&self, below: Option<i64>) -> Result<i64, Error> {
        if below.is_some() {
            drop(self.turn()?);
        }
        Ok(i64::MAX)
    }

    fn stamp(&self) -> Result<Stamp, Error> {
        Ok(Stamp(self.shared.commits.load(Ordering::Acquire), 0))
    }

    /// Copies what there is; the records themselves are shared.
    fn snapshot(&self) -> Result<Box<dyn Snapshot + '_>, Error> {
        Ok(Box::new(MemorySnapshot(State::clone(
            &*self.shared.state()?,
        ))))
    }

    fn now(&self) -> Result<Option<Timestamp>, Error> {
        Ok(None)
    }

    fn doctor(&self) -> Result<Report, Error> {
        Ok(Report {
            keeping: Keeping::NotDurable,
            why: vec!["everything is in memory, and gone when the process ends".to_owned()],
        })
    }

    /// Waits for the turns that were asked for before, and no longer than it has patience.
    fn turn(&self) -> Result<Box<dyn Turn + '_>, Error> {
        let place = self.shared.turns.wait(self.patience);
        Ok(Box::new(MemoryTurn {
            _place: place.ok_or_else(|| Error::of(Code::StoreLocked))?,
            shared: &self.shared,
        }))
    }
}

/// What there was.
#[derive(Debug)]
struct MemorySnapshot(State);

impl Snapshot for MemorySnapshot {
    fn read(&self, set: &ReadSet, view: &mut View) -> Result<(), Error> {
        load::load(&self.0, set, view);
        Ok(())
    }

    fn scan(
        &self,
        table: &'static Table,
        tenant: Option<TenantId>,
        after: Option<&[Cell<'static>]>,
        limit: u32,
    ) -> Result<Vec<Vec<Cell<'static>>>, Error> {
        Ok(scan::scan(&self.0, table, tenant, after, limit))
    }
}

/// The one turn of the moment.
#[derive(Debug)]
struct MemoryTurn<'a> {
    shared: &'a Shared,
    _place: Place<'a>,
}

impl Turn for MemoryTurn<'_> {
    fn load(&mut self, set: &ReadSet, view: &mut View) -> Result<(), Error> {
        load::load(&*self.shared.state()?, set, view);
        Ok(())
    }

    fn now(&mut self) -> Result<Option<Timestamp>, Error> {
        Ok(None)
    }

    fn floor(&mut self) -> Result<i64, Error> {
        Ok(self.shared.state()?.floor())
    }

    fn commit(self: Box<Self>, batch: &Batch) -> Result<(), CommitError> {
        let mut state = self.shared.state.write().map_err(|_| broken())?;
        if commit::commit(&mut state, batch)? {
            self.shared.commits.fetch_add(1, Ordering::Release);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turn_that_others_do_not_let_go_is_not_waited_for_without_end() {
        let store = MemoryStore::new().patience(Duration::ZERO);
        let turn = store.turn().unwrap();
        let second = store.reopened();
        let code = second.turn().err().map(|error| error.code());
        assert_eq!(code, Some(Code::StoreLocked));
        drop(turn);
        assert!(second.turn().is_ok());
    }

    #[test]
    fn a_store_can_be_shared_between_threads() {
        fn shared<T: Send + Sync + 'static>() {}
        shared::<MemoryStore>();
    }
}
