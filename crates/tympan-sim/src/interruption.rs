//! Commits that are cut off: whoever waits for the answer is told nothing, or that it failed, and
//! asks again.

use std::sync::{Arc, Mutex, PoisonError};

use tympan_core::error::{Code, Error};
use tympan_core::ids::TenantId;
use tympan_core::queries::{AuditQuery, EntryQuery, UntrackedQuery, UserQuery};
use tympan_core::records::{AuditEvent, AuditText, Entry, EntryText, Untracked, User};
use tympan_core::row::{Cell, Table};
use tympan_core::time::Timestamp;
use tympan_core::view::{Batch, ReadSet, View};
use tympan_store::{CommitError, Report, Snapshot, Stamp, Store, Turn};

use crate::ask::{Answer, Ask};
use crate::chance::Chance;

/// What happens to a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Interruption {
    /// Others came first: the engine decides again by itself.
    Conflict,
    /// It fails, and nothing is written.
    Failed,
    /// It is not known what became of it: it was not written.
    LostBefore,
    /// It is not known what became of it: it was written.
    LostAfter,
}

impl Interruption {
    /// What happens to a command, if anything does. What became of one that has no key cannot be
    /// found out by asking again.
    pub(crate) fn drawn(chance: &mut Chance, ask: &Ask) -> Option<Self> {
        let keyed = [
            Self::Conflict,
            Self::Failed,
            Self::LostBefore,
            Self::LostAfter,
        ];
        let kinds = if ask.has_key() {
            &keyed[..]
        } else {
            &keyed[..2]
        };
        chance
            .one_in(6)
            .then(|| chance.pick(kinds).copied())
            .flatten()
    }
}

/// Whether an answer is that of a commit that was interrupted.
pub(crate) fn is_interrupted(answer: &Answer) -> bool {
    let codes = [Code::Storage, Code::UnknownOutcome];
    answer
        .as_ref()
        .is_err_and(|error| codes.contains(&error.code()))
}

/// What is to happen to the next commit of a store.
#[derive(Clone, Debug, Default)]
pub(crate) struct Interruptions(Arc<Mutex<Option<Interruption>>>);

impl Interruptions {
    /// Arranges what happens to the next commit, or that nothing does.
    pub(crate) fn arrange(&self, interruption: Option<Interruption>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = interruption;
    }

    fn take(&self) -> Option<Interruption> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// A store whose commits are interrupted as arranged.
pub(crate) struct InterruptedStore {
    pub(crate) inner: Box<dyn Store>,
    pub(crate) interruptions: Interruptions,
}

impl Store for InterruptedStore {
    fn read(&self, set: &ReadSet, view: &mut View) -> Result<(), Error> {
        self.inner.read(set, view)
    }

    fn users(&self, query: &UserQuery) -> Result<Vec<User>, Error> {
        self.inner.users(query)
    }

    fn entries(&self, query: &EntryQuery) -> Result<Vec<(Entry, Option<EntryText>)>, Error> {
        self.inner.entries(query)
    }

    fn audit_events(
        &self,
        query: &AuditQuery,
    ) -> Result<Vec<(AuditEvent, Option<AuditText>)>, Error> {
        self.inner.audit_events(query)
    }

    fn open_untracked(&self, query: &UntrackedQuery) -> Result<Vec<Untracked>, Error> {
        self.inner.open_untracked(query)
    }

    fn scan(
        &self,
        table: &'static Table,
        tenant: Option<TenantId>,
        after: Option<&[Cell<'static>]>,
        limit: u32,
    ) -> Result<Vec<Vec<Cell<'static>>>, Error> {
        self.inner.scan(table, tenant, after, limit)
    }

    fn erase_words(&self, tenant: TenantId, until: Timestamp, limit: u32) -> Result<u32, Error> {
        self.inner.erase_words(tenant, until, limit)
    }

    fn settle(&self, below: Option<i64>) -> Result<i64, Error> {
        self.inner.settle(below)
    }

    fn stamp(&self) -> Result<Stamp, Error> {
        self.inner.stamp()
    }

    fn snapshot(&self) -> Result<Box<dyn Snapshot + '_>, Error> {
        self.inner.snapshot()
    }

    fn now(&self) -> Result<Option<Timestamp>, Error> {
        self.inner.now()
    }

    fn doctor(&self) -> Result<Report, Error> {
        self.inner.doctor()
    }

    fn turn(&self) -> Result<Box<dyn Turn + '_>, Error> {
        Ok(Box::new(InterruptedTurn {
            inner: self.inner.turn()?,
            interruptions: &self.interruptions,
        }))
    }
}

struct InterruptedTurn<'a> {
    inner: Box<dyn Turn + 'a>,
    interruptions: &'a Interruptions,
}

impl Turn for InterruptedTurn<'_> {
    fn load(&mut self, set: &ReadSet, view: &mut View) -> Result<(), Error> {
        self.inner.load(set, view)
    }

    fn now(&mut self) -> Result<Option<Timestamp>, Error> {
        self.inner.now()
    }

    fn floor(&mut self) -> Result<i64, Error> {
        self.inner.floor()
    }

    fn commit(self: Box<Self>, batch: &Batch) -> Result<(), CommitError> {
        match self.interruptions.take() {
            None => self.inner.commit(batch),
            Some(Interruption::Conflict) => Err(CommitError::Conflict(Vec::new())),
            Some(Interruption::Failed) => Err(CommitError::Failed(Error::of(Code::Storage))),
            Some(Interruption::LostBefore) => Err(unknown()),
            Some(Interruption::LostAfter) => self.inner.commit(batch).and_then(|()| Err(unknown())),
        }
    }

    fn confirm(self: Box<Self>) -> Result<(), CommitError> {
        self.inner.confirm()
    }
}

fn unknown() -> CommitError {
    CommitError::Unknown(Error::of(Code::UnknownOutcome))
}
