//! The contract. What is written here holds for every store, and the conformance suite checks it.

use tympan_core::error::Error;
use tympan_core::ids::TenantId;
use tympan_core::queries::{AuditQuery, EntryQuery, UntrackedQuery, UserQuery};
use tympan_core::records::{AuditEvent, AuditText, Entry, EntryText, Untracked, User};
use tympan_core::row::{Cell, Table};
use tympan_core::time::Timestamp;
use tympan_core::view::{Batch, Key, ReadSet, View};

use crate::keeping::Report;

/// Says whether anything was committed between two moments: equal stamps, nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stamp(pub u64, pub u64);

/// Where records are kept.
///
/// Every error of a store has one of the codes of kind `storage`; after one, nothing was changed.
pub trait Store: Send + Sync {
    /// Loads what a set asks for into a view, as of one instant. An answer only, never the ground
    /// of a decision.
    ///
    /// For each key of the set the view then holds its record or knows that there is none; with
    /// what [`Follow`](tympan_core::view::Follow) asks for behind it: the claim's or hold's owner (always),
    /// the user's children (present, though perhaps empty, exactly if the user is) and wallets
    /// (present, though perhaps empty, also if the user is not). A key that the view holds
    /// already stays as it is. A configuration among [`ReadSet::known`] whose version is the
    /// stored one is loaded from there.
    ///
    /// # Errors
    /// Of kind `storage`.
    fn read(&self, set: &ReadSet, view: &mut View) -> Result<(), Error>;

    /// Users, by [`UserQuery`]'s order, as of one instant.
    ///
    /// # Errors
    /// Of kind `storage`.
    fn users(&self, query: &UserQuery) -> Result<Vec<User>, Error>;

    /// Entries of one wallet with their words, newest first, as of one instant. Unknown wallets
    /// have none. The stored wallet names its newest entry and each entry the one before it: a
    /// store lists what is reached that way, and needs no index over owners that every charge
    /// would have to be put into.
    ///
    /// # Errors
    /// Of kind `storage`.
    fn entries(&self, query: &EntryQuery) -> Result<Vec<(Entry, Option<EntryText>)>, Error>;

    /// Audit events with their words, oldest first, as of one instant.
    ///
    /// # Errors
    /// Of kind `storage`.
    fn audit_events(
        &self,
        query: &AuditQuery,
    ) -> Result<Vec<(AuditEvent, Option<AuditText>)>, Error>;

    /// Untracked usage that is open, in the order of its numbers, as of one instant.
    ///
    /// # Errors
    /// Of kind `storage`.
    fn open_untracked(&self, query: &UntrackedQuery) -> Result<Vec<Untracked>, Error>;

    /// Rows of one table in the order of their key, after a key, at most `limit`: of one tenant, for
    /// reports and histories, or of every tenant, for dumps, copies and checks of whole databases.
    ///
    /// # Errors
    /// Of kind `storage`.
    fn scan(
        &self,
        table: &'static Table,
        tenant: Option<TenantId>,
        after: Option<&[Cell<'static>]>,
        limit: u32,
    ) -> Result<Vec<Vec<Cell<'static>>>, Error>;

    /// Erases the words of a tenant's entries whose time is over at an instant, those first whose time
    /// was over first, at most `limit` of them, durably; how many that were. The entries stay as they
    /// are. Whether it changes the stamp is the store's own affair.
    ///
    /// # Errors
    /// Of kind `storage`.
    fn erase_words(&self, tenant: TenantId, until: Timestamp, limit: u32) -> Result<u32, Error>;

    /// Gives an id up to which entries stand still: a snapshot that is taken afterwards has no place,
    /// in front of an entry that it shows up to there, for one that is committed later. With `below`,
    /// no entry below that id is committed any more either.
    ///
    /// Where one turn at a time writes, new ids are above all that are there (see [`Turn::floor`]),
    /// and only a turn that is under way could still write below an id: it is waited for. Elsewhere
    /// turns that are under way may have to be decided again.
    ///
    /// # Errors
    /// Of kind `storage`.
    fn settle(&self, below: Option<i64>) -> Result<i64, Error>;

    /// A stamp that differs from every earlier one if and only if something was committed since,
    /// by whatever process. Cheap: for caches.
    ///
    /// # Errors
    /// Of kind `storage`.
    fn stamp(&self) -> Result<Stamp, Error>;

    /// Everything as of one instant, for as long as it is looked at. Others go on writing
    /// meanwhile, and nothing of that is seen. It may cost as much room as is written.
    ///
    /// # Errors
    /// Of kind `storage`.
    fn snapshot(&self) -> Result<Box<dyn Snapshot + '_>, Error>;

    /// The time by the store's own clock, if it has one that all its processes share: the clock
    /// of [`Turn::now`].
    ///
    /// # Errors
    /// Of kind `storage`.
    fn now(&self) -> Result<Option<Timestamp>, Error>;

    /// How safely commits are kept, and why: there is always a reason.
    ///
    /// # Errors
    /// Of kind `storage`.
    fn doctor(&self) -> Result<Report, Error>;

    /// Begins a turn. A store whose database can do so keeps other writers waiting, fairly, until
    /// the turn ends; dropping it without a commit changes nothing.
    ///
    /// # Errors
    /// Of kind `storage`; `store_locked` if others did not let go in time.
    fn turn(&self) -> Result<Box<dyn Turn + '_>, Error>;
}

/// Everything that a store held at one instant: see [`Store::snapshot`].
pub trait Snapshot {
    /// Loads as [`Store::read`] does.
    ///
    /// # Errors
    /// Of kind `storage`.
    fn read(&self, set: &ReadSet, view: &mut View) -> Result<(), Error>;

    /// Rows as [`Store::scan`] gives them.
    ///
    /// # Errors
    /// Of kind `storage`.
    fn scan(
        &self,
        table: &'static Table,
        tenant: Option<TenantId>,
        after: Option<&[Cell<'static>]>,
        limit: u32,
    ) -> Result<Vec<Vec<Cell<'static>>>, Error>;

    /// Checks what the store keeps of its own beside the rows, such as an index by which receipts
    /// are found, and tells of everything that does not fit them: what is wrong, and where. A
    /// store that keeps nothing of the kind, or whose database looks after it, finds nothing.
    ///
    /// # Errors
    /// Of kind `storage`.
    fn check(&self, fault: &mut dyn FnMut(String)) -> Result<(), Error> {
        let _ = fault;
        Ok(())
    }
}

/// One load-decide-commit round.
pub trait Turn {
    /// Loads as [`Store::read`] does, and keeps others off what it loaded, where the database can.
    ///
    /// # Errors
    /// Of kind `storage`.
    fn load(&mut self, set: &ReadSet, view: &mut View) -> Result<(), Error>;

    /// The time by the store's own clock, if it has one that all its processes share.
    ///
    /// # Errors
    /// Of kind `storage`.
    fn now(&mut self) -> Result<Option<Timestamp>, Error>;

    /// The highest id among entries and audit events. Where one turn at a time writes, new ids
    /// above it rise in the order of commits.
    ///
    /// # Errors
    /// Of kind `storage`.
    fn floor(&mut self) -> Result<i64, Error>;

    /// Commits all of a batch, durably, or nothing. All expectations are checked, those about
    /// records that the batch does not write too: an absent key must be absent, a version must be
    /// the stored one, of wallets each one's. A key that is inserted must be free, be it a row's,
    /// an entry's id or a receipt's; a row that is updated or deleted must be there.
    ///
    /// # Errors
    /// See [`CommitError`].
    fn commit(self: Box<Self>, batch: &Batch) -> Result<(), CommitError>;

    /// Ends a turn that changes nothing and whose answers rest on what it loaded: afterwards that
    /// is as durable as a commit. A store where nothing is read before it is durable has nothing
    /// to do.
    ///
    /// # Errors
    /// `Failed` or `Unknown`, see [`CommitError`].
    fn confirm(self: Box<Self>) -> Result<(), CommitError> {
        Ok(())
    }
}

/// Why a batch was not committed, or may not have been.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// These keys are not as expected. Nothing was changed; decide again.
    #[error("{} keys are not as expected", .0.len())]
    Conflict(Vec<Key>),
    /// The store failed. Nothing was changed.
    #[error(transparent)]
    Failed(#[from] Error),
    /// The store could not say whether the batch took effect.
    #[error("nobody knows whether it took effect: {0}")]
    Unknown(#[source] Error),
}
