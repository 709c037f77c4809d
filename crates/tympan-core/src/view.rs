//! What a decision rests on, and what it changes.
//!
//! A store loads records into a [`View`]; commands decide over it; [`apply`] puts their changes
//! into it, so that the next command of the same batch sees them; [`View::into_batch`] is what the
//! store then commits: the changes, and every version that was read, as preconditions.

mod fill;
mod slots;

use std::sync::Arc;

use crate::ids::{EntryId, HoldId, TenantId, UserId};
use crate::records::{
    AuditEvent, AuditText, Claim, ClaimName, Config, Entry, EntryText, Hold, Refunded, Relations,
    Strand, Subject, Untracked, User, Uses, WalletKey, Wallets,
};
use slots::{Slot, Slots, State};
use smallvec::SmallVec;

/// The key of what can be read and written as one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    /// The configuration of a tenant.
    Config(TenantId),
    /// A user's row.
    User(TenantId, UserId),
    /// A user's children. Their version is the user's: whoever writes them writes the user.
    Relations(TenantId, UserId),
    /// All wallets of an owner, with their open holds.
    Wallets(TenantId, i64),
    /// A hold.
    Hold(TenantId, HoldId),
    /// What was given back of what an entry took.
    Refunded(TenantId, EntryId),
    /// Usage that was reported for nobody who can be charged, by the digest of its key.
    Untracked(TenantId, [u8; 32]),
    /// How many use a thing.
    Uses(TenantId, Subject),
    /// The head of an audit chain.
    Strand(TenantId, i32),
    /// The entries that were written under an idempotency key, by its digest.
    Receipt(TenantId, [u8; 32]),
    /// Who owns a value.
    Claim(TenantId, ClaimName),
}

/// What a key holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    /// See [`Key::Config`].
    Config(Arc<Config>),
    /// See [`Key::User`].
    User(Arc<User>),
    /// See [`Key::Relations`].
    Relations(Arc<Relations>),
    /// See [`Key::Wallets`].
    Wallets(Arc<Wallets>),
    /// See [`Key::Hold`].
    Hold(Arc<Hold>),
    /// See [`Key::Refunded`].
    Refunded(Arc<Refunded>),
    /// See [`Key::Untracked`].
    Untracked(Arc<Untracked>),
    /// See [`Key::Uses`].
    Uses(Arc<Uses>),
    /// See [`Key::Strand`].
    Strand(Arc<Strand>),
    /// See [`Key::Receipt`]; never empty, in the order of their ids.
    Receipt(Arc<Vec<Arc<Entry>>>),
    /// See [`Key::Claim`].
    Claim(Arc<Claim>),
}

/// What lies behind a key is loaded too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Follow {
    /// Of the user that a user key, a claim or a hold leads to: the children.
    pub relations: bool,
    /// And the wallets.
    pub wallets: bool,
}

impl Follow {
    /// Only the user.
    pub const NOTHING: Self = Self {
        relations: false,
        wallets: false,
    };
    /// The user and the children.
    pub const RELATIONS: Self = Self {
        relations: true,
        wallets: false,
    };
    /// The user and the wallets.
    pub const WALLETS: Self = Self {
        relations: false,
        wallets: true,
    };
    /// The user, the children and the wallets.
    pub const ALL: Self = Self {
        relations: true,
        wallets: true,
    };
}

/// One thing to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Read {
    /// Where to begin.
    pub key: Key,
    /// What to load behind it: a claim leads to its owner, a hold to its owner, a user to its
    /// children and wallets.
    pub follow: Follow,
}

/// What a command needs to read.
#[derive(Clone, Debug, Default)]
pub struct ReadSet {
    /// The things to read.
    pub reads: Vec<Read>,
    /// Configurations that the caller has; a store whose version is the same need not load them.
    pub known: SmallVec<[Arc<Config>; 1]>,
}

impl ReadSet {
    /// A set with one key.
    #[must_use]
    pub fn of(key: Key) -> Self {
        Self::default().and(key)
    }

    /// One more key, with nothing behind it.
    #[must_use]
    pub fn and(self, key: Key) -> Self {
        self.and_follow(key, Follow::NOTHING)
    }

    /// One more key, with what lies behind it.
    #[must_use]
    pub fn and_follow(mut self, key: Key, follow: Follow) -> Self {
        self.reads.push(Read { key, follow });
        self
    }

    /// Everything of another set too.
    pub fn extend(&mut self, other: Self) {
        self.reads.extend(other.reads);
        self.known.extend(other.known);
    }

    /// The configuration of a tenant, if the caller has it.
    #[must_use]
    pub fn known(&self, tenant: TenantId) -> Option<&Arc<Config>> {
        self.known.iter().find(|config| config.tenant.id == tenant)
    }
}

/// Why a command could not be decided over a view: it lacks these.
#[derive(Clone, Debug)]
pub struct Missing(pub Box<ReadSet>);

/// Everything that was loaded, as it stands after the changes so far.
#[derive(Clone, Debug, Default)]
pub struct View {
    slots: Slots,
    entries: Vec<Arc<Entry>>,
    entry_texts: Vec<EntryText>,
    audit_events: Vec<AuditEvent>,
    audit_texts: Vec<AuditText>,
}

/// One change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// The key holds this now.
    Put(Key, Record),
    /// The key holds nothing now.
    Remove(Key),
    /// A line of the ledger, made once and shared by whoever keeps it.
    Entry(Arc<Entry>),
    /// Its words.
    EntryText(EntryText),
    /// An audit event.
    Audit(AuditEvent),
    /// Its words.
    AuditText(AuditText),
}

impl From<Entry> for Change {
    fn from(entry: Entry) -> Self {
        Self::Entry(Arc::new(entry))
    }
}

/// Puts changes into a view. The entries of a receipt follow each other.
pub fn apply(changes: Vec<Change>, view: &mut View) {
    for change in changes {
        match change {
            Change::Put(key, record) => view.put(key, Some(record)),
            Change::Remove(key) => view.put(key, None),
            Change::Entry(entry) => view.append(entry),
            Change::EntryText(text) => view.entry_texts.push(text),
            Change::Audit(event) => view.audit_events.push(event),
            Change::AuditText(text) => view.audit_texts.push(text),
        }
    }
}

macro_rules! getters {
    ($($(#[$doc:meta])* $name:ident($($argument:ident: $type:ty),*) -> $record:ident($result:ty) = $key:expr;)*) => {$(
        $(#[$doc])*
        ///
        /// # Errors
        /// What is missing, if it was never loaded.
        pub fn $name(&self, $($argument: $type),*) -> Result<Option<&$result>, Missing> {
            let key = $key;
            match self.slots.get(&key) {
                Some(slot) => Ok(match slot.current() {
                    Some(Record::$record(record)) => Some(record),
                    _ => None,
                }),
                None => Err(Missing(Box::new(ReadSet::of(key)))),
            }
        }
    )*};
}

impl View {
    getters! {
        /// The configuration of a tenant.
        config(tenant: TenantId) -> Config(Arc<Config>) = Key::Config(tenant);
        /// A user's row.
        user(tenant: TenantId, id: UserId) -> User(Arc<User>) = Key::User(tenant, id);
        /// A user's children.
        relations(tenant: TenantId, id: UserId) -> Relations(Arc<Relations>) = Key::Relations(tenant, id);
        /// An owner's wallets.
        wallets(tenant: TenantId, owner: i64) -> Wallets(Arc<Wallets>) = Key::Wallets(tenant, owner);
        /// A hold.
        hold(tenant: TenantId, id: HoldId) -> Hold(Arc<Hold>) = Key::Hold(tenant, id);
        /// What was given back of what an entry took.
        refunded(tenant: TenantId, entry: EntryId) -> Refunded(Arc<Refunded>) = Key::Refunded(tenant, entry);
        /// Usage that was reported for nobody who can be charged.
        untracked(tenant: TenantId, key: [u8; 32]) -> Untracked(Arc<Untracked>) = Key::Untracked(tenant, key);
        /// How many use a thing.
        uses(tenant: TenantId, subject: Subject) -> Uses(Arc<Uses>) = Key::Uses(tenant, subject);
        /// The head of an audit chain.
        strand(tenant: TenantId, number: i32) -> Strand(Arc<Strand>) = Key::Strand(tenant, number);
        /// Who owns a value.
        claim(tenant: TenantId, name: ClaimName) -> Claim(Arc<Claim>) = Key::Claim(tenant, name);
    }

    /// Whether a key was loaded, be it that it holds nothing.
    #[must_use]
    pub fn has(&self, key: &Key) -> bool {
        self.slots.get(key).is_some()
    }

    /// Asks for every key that was not loaded, all at once: a round for each would be too many.
    ///
    /// # Errors
    /// What is missing, if anything is.
    pub fn require(&self, keys: impl IntoIterator<Item = Key>) -> Result<(), Missing> {
        let missing = keys.into_iter().filter(|key| !self.has(key));
        let missing = missing.fold(ReadSet::default(), ReadSet::and);
        if missing.reads.is_empty() {
            Ok(())
        } else {
            Err(Missing(Box::new(missing)))
        }
    }

    /// What a key holds; `None` if it was never loaded, `Some(None)` if it holds nothing.
    #[must_use]
    pub fn get(&self, key: &Key) -> Option<Option<&Record>> {
        self.slots.get(key).map(Slot::current)
    }

    /// For stores: what a key holds. A key that is loaded already stays as it is.
    pub fn load(&mut self, key: Key, record: Option<Record>) {
        self.slots.load(key, record);
    }

    fn put(&mut self, key: Key, record: Option<Record>) {
        self.slots.set(key, State::Put(record));
    }

    /// The entries that were written under an idempotency key, in the order of their ids: those
    /// that were loaded, or those of this batch.
    ///
    /// # Errors
    /// What is missing, if the key was never loaded.
    pub fn receipt(
        &self,
        tenant: TenantId,
        digest: [u8; 32],
    ) -> Result<Option<&[Arc<Entry>]>, Missing> {
        let key = Key::Receipt(tenant, digest);
        let slot = self.slots.get(&key);
        let slot = slot.ok_or_else(|| Missing(Box::new(ReadSet::of(key))))?;
        Ok(match (&slot.state, slot.current()) {
            (State::Written(first), _) => self.receipt_from(*first),
            (_, Some(Record::Receipt(entries))) => Some(entries),
            _ => None,
        })
    }

    fn receipt_from(&self, first: usize) -> Option<&[Arc<Entry>]> {
        let parts = usize::try_from(self.entries.get(first)?.parts).ok()?;
        self.entries.get(first..first.checked_add(parts)?)
    }

    fn append(&mut self, entry: Arc<Entry>) {
        if let Some(digest) = entry.key {
            let key = Key::Receipt(entry.tenant, digest);
            self.slots.set(key, State::Written(self.entries.len()));
        }
        self.entries.push(entry);
    }

    /// Everything that was loaded or changed, in the order in which it first was.
    pub fn records(&self) -> impl Iterator<Item = (&Key, Option<&Record>)> {
        self.slots.iter().map(|slot| (&slot.key, slot.current()))
    }

    /// Whether anything was changed.
    #[must_use]
    pub fn is_changed(&self) -> bool {
        !self.entries.is_empty()
            || !self.audit_events.is_empty()
            || self.slots.iter().any(Slot::is_put)
    }

    /// What a store is to commit, in the order in which keys were first loaded or changed.
    #[must_use]
    pub fn into_batch(self) -> Batch {
        let mut batch = Batch {
            expectations: Vec::with_capacity(self.slots.len()),
            changes: Vec::new(),
            entries: self.entries,
            entry_texts: self.entry_texts,
            audit_events: self.audit_events,
            audit_texts: self.audit_texts,
        };
        for slot in self.slots.into_iter() {
            if let Some(found) = Found::of(&slot.key, slot.base.as_ref()) {
                batch.expectations.push(Expectation {
                    key: slot.key.clone(),
                    found,
                });
            }
            if let State::Put(after) = slot.state
                && after != slot.base
            {
                batch.changes.push(SlotChange {
                    key: slot.key,
                    before: slot.base,
                    after,
                });
            }
        }
        batch
    }
}

/// What was found behind a key when it was loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// Nothing.
    Absent,
    /// A record of this version.
    Version(i64),
    /// These wallets, each of this version; no others that the batch writes.
    Wallets(Vec<(WalletKey, i64)>),
}

impl Found {
    /// What must still be so at the commit; none for what has no version of its own: children
    /// (their user's counts) and receipts that are there (they never change).
    #[must_use]
    pub fn of(key: &Key, record: Option<&Record>) -> Option<Self> {
        let Some(record) = record else {
            return match key {
                Key::Relations(..) => None,
                Key::Wallets(..) => Some(Self::Wallets(Vec::new())),
                _ => Some(Self::Absent),
            };
        };
        Some(match record {
            Record::Config(config) => Self::Version(config.tenant.version),
            Record::User(user) => Self::Version(user.version),
            Record::Relations(_) | Record::Receipt(_) => return None,
            Record::Wallets(wallets) => Self::Wallets(
                wallets
                    .wallets
                    .iter()
                    .map(|wallet| (wallet.key(), wallet.version))
                    .collect(),
            ),
            Record::Hold(hold) => Self::Version(hold.version),
            Record::Refunded(refunded) => Self::Version(refunded.version),
            Record::Untracked(untracked) => Self::Version(untracked.version),
            Record::Uses(uses) => Self::Version(uses.version),
            Record::Strand(strand) => Self::Version(strand.version),
            Record::Claim(claim) => Self::Version(claim.version),
        })
    }
}

/// A precondition of a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expectation {
    /// Of which key.
    pub key: Key,
    /// What must lie there still.
    pub found: Found,
}

/// One key whose record changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlotChange {
    /// The key.
    pub key: Key,
    /// What it held when it was loaded.
    pub before: Option<Record>,
    /// What it is to hold.
    pub after: Option<Record>,
}

/// What a store commits: all of it, durably, or nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    /// What must still be so, whether it was written or only read.
    pub expectations: Vec<Expectation>,
    /// What changed.
    pub changes: Vec<SlotChange>,
    /// New lines of the ledger, in the order of their ids.
    pub entries: Vec<Arc<Entry>>,
    /// Their words.
    pub entry_texts: Vec<EntryText>,
    /// New audit events, in the order of their ids.
    pub audit_events: Vec<AuditEvent>,
    /// Their words.
    pub audit_texts: Vec<AuditText>,
}

impl Batch {
    /// Whether there is nothing to write.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.entries.is_empty() && self.audit_events.is_empty()
    }
}
