//! Stores with a fault each, to show that the suite has teeth: every fault must fail a case.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tympan_core::error::Error;
use tympan_core::ids::UserId;
use tympan_core::queries::{AuditQuery, EntryQuery, UserQuery};
use tympan_core::records::{AuditEvent, AuditText, Entry, EntryText, User, Wallets};
use tympan_core::row::{Cell, Table};
use tympan_core::time::Timestamp;
use tympan_core::view::{Batch, Change, Follow, Found, Key, ReadSet, Record, View, apply};

use super::Harness;
use super::samples::TENANT;
use crate::{CommitError, Report, Snapshot, Stamp, Store, Turn};

/// Declares the faults, and the list of them.
macro_rules! faults {
    ($($(#[$doc:meta])+ $name:ident,)+) => {
        /// What is wrong with a [`Broken`] store.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Fault {
            $($(#[$doc])+ $name,)+
        }

        impl Fault {
            /// Every fault.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];
        }
    };
}

faults! {
    /// A commit checks no expectations.
    ChecksNothing,
    /// A commit checks expectations only of what it writes.
    ChecksOnlyWhatItWrites,
    /// A commit does not look whether a receipt has come.
    ChecksNoReceipts,
    /// A commit checks of wallets only whether there are any.
    ChecksNoWallets,
    /// A commit writes over whatever is there.
    WritesOver,
    /// A commit writes half of a batch.
    WritesHalf,
    /// A refused commit leaves its entries behind.
    LeavesEntries,
    /// A refused commit is reported as a success.
    HidesConflicts,
    /// A refused commit does not say which keys are in its way.
    NamesNoKeys,
    /// The last batch is gone when the store is opened again.
    LosesTheLastBatch,
    /// Receipts are not found.
    ForgetsReceipts,
    /// Receipts have only their first entry.
    CutsReceipts,
    /// What was read once is read for ever.
    ReadsStale,
    /// A turn reads what was there a moment ago, a commit checks nothing, and all is well.
    ReadsBehind,
    /// Of a tenant that lacks something, another's is read.
    IgnoresTheTenant,
    /// Nothing behind a claim or a hold is loaded.
    FollowsNothing,
    /// Wallets of an absent user are unknown.
    SkipsWalletsOfNobody,
    /// A configuration is loaded though the caller knows it.
    IgnoresKnownConfigs,
    /// A configuration that the caller knows is used whatever its version.
    TrustsKnownConfigs,
    /// What is loaded replaces what the view holds.
    OverwritesViews,
    /// Numbers are rounded as floating-point numbers are.
    RoundsNumbers,
    /// Texts lose the white space around them.
    TrimsTexts,
    /// Users come in the wrong order.
    ReversesUsers,
    /// A page of users begins with the last one of the page before.
    RepeatsUsers,
    /// A page of users has one too many.
    ExceedsTheLimit,
    /// A pattern is ignored.
    IgnoresPatterns,
    /// A pattern is looked for in the name only.
    SearchesOnlyNames,
    /// The group is ignored.
    IgnoresGroups,
    /// Entries come oldest first.
    ReversesEntries,
    /// Audit events come newest first.
    ReversesEvents,
    /// Entries and audit events come without their words.
    LosesWords,
    /// Rows of a scan come in the wrong order.
    ReversesScans,
    /// A scan goes on at the key instead of behind it.
    RepeatsRows,
    /// The stamp never changes.
    KeepsTheStamp,
    /// The stamp changes by itself.
    ChangesTheStamp,
    /// The floor is always 0.
    KeepsTheFloor,
    /// A snapshot shows what was committed after it.
    MovesSnapshots,
    /// The store has another clock than its turns.
    HasTwoClocks,
    /// The store does not say why it keeps commits as it does.
    GivesNoReasons,
}

/// Makes the harness of a sound store.
pub type Make = fn() -> Box<dyn Harness>;

/// A harness around a sound one, whose stores all have a fault.
pub struct Broken {
    fault: Fault,
    make: Make,
    shared: Arc<Shared>,
}

/// What all handles of one broken database share.
struct Shared {
    /// The sound database of the moment.
    sound: Mutex<Box<dyn Harness>>,
    /// Everything that was committed.
    committed: Mutex<Vec<Batch>>,
    /// What was read first.
    first: Mutex<View>,
    /// What turns found when they looked last.
    last: Mutex<BTreeMap<Key, Option<Record>>>,
    /// How often the stamp was asked for.
    asked: Mutex<u64>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Broken {
    /// A harness with a fault around one that `make` makes.
    #[must_use]
    pub fn new(fault: Fault, make: Make) -> Self {
        let shared = Shared {
            sound: Mutex::new(make()),
            committed: Mutex::default(),
            first: Mutex::default(),
            last: Mutex::default(),
            asked: Mutex::default(),
        };
        Self {
            fault,
            make,
            shared: Arc::new(shared),
        }
    }
}

impl Harness for Broken {
    fn open(&self) -> Box<dyn Store> {
        Box::new(BrokenStore {
            fault: self.fault,
            sound: lock(&self.shared.sound).open(),
            shared: Arc::clone(&self.shared),
        })
    }

    fn reopen(&self, last: Box<dyn Store>) -> Box<dyn Store> {
        drop(last);
        if self.fault == Fault::LosesTheLastBatch {
            // Everything is written again, in another database, but for the last batch.
            let fresh = (self.make)();
            let store = fresh.open();
            let mut committed = lock(&self.shared.committed);
            committed.pop();
            for batch in committed.iter() {
                store.turn().unwrap().commit(batch).unwrap();
            }
            *lock(&self.shared.sound) = fresh;
        }
        self.open()
    }
}

struct BrokenStore {
    fault: Fault,
    sound: Box<dyn Store>,
    shared: Arc<Shared>,
}

struct BrokenTurn<'a> {
    store: &'a BrokenStore,
    sound: Box<dyn Turn + 'a>,
}

impl BrokenStore {
    /// Loads by way of a sound view, and puts what the fault makes of it into another.
    fn load(
        &self,
        set: &ReadSet,
        view: &mut View,
        mut load: impl FnMut(&ReadSet, &mut View) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut asked = set.clone();
        match self.fault {
            Fault::FollowsNothing => {
                for read in &mut asked.reads {
                    if !matches!(read.key, Key::User(..)) {
                        read.follow = Follow::NOTHING;
                    }
                }
            }
            Fault::IgnoresKnownConfigs => asked.known.clear(),
            _ => {}
        }
        let mut sound = View::default();
        load(&asked, &mut sound)?;
        let found: Vec<(Key, Option<Record>)> = sound
            .records()
            .map(|(key, record)| (key.clone(), record.cloned()))
            .collect();
        for (key, record) in found {
            let nobody = |user| sound.get(&user) == Some(None);
            let record = match (self.fault, &key, record) {
                (Fault::ForgetsReceipts, Key::Receipt(..), _) => None,
                (Fault::CutsReceipts, _, Some(Record::Receipt(entries))) => {
                    Some(Record::Receipt(Arc::new(entries[..1].to_vec())))
                }
                (Fault::IgnoresTheTenant, key, None) => other_tenants(key, &mut load)?,
                (Fault::SkipsWalletsOfNobody, Key::Wallets(tenant, owner), _)
                    if nobody(Key::User(*tenant, UserId(*owner))) =>
                {
                    continue;
                }
                (Fault::TrustsKnownConfigs, Key::Config(tenant), record) => {
                    let known = set.known(*tenant).cloned();
                    known.map(Record::Config).or(record)
                }
                (Fault::RoundsNumbers, _, Some(Record::User(user))) => {
                    let version = rounded(user.version);
                    Some(Record::User(Arc::new(User {
                        version,
                        ..User::clone(&user)
                    })))
                }
                (Fault::RoundsNumbers, _, Some(Record::Wallets(all))) => {
                    let mut all = Wallets::clone(&all);
                    for wallet in &mut all.wallets {
                        wallet.balance = rounded(wallet.balance);
                    }
                    Some(Record::Wallets(Arc::new(all)))
                }
                (Fault::TrimsTexts, _, Some(Record::User(user))) => {
                    let notes = user.notes.as_ref().map(|notes| notes.trim().to_owned());
                    Some(Record::User(Arc::new(User {
                        notes,
                        ..User::clone(&user)
                    })))
                }
                (_, _, record) => record,
            };
            if self.fault == Fault::OverwritesViews && view.has(&key) {
                let change = match record {
                    Some(record) => Change::Put(key, record),
                    None => Change::Remove(key),
                };
                apply(vec![change], view);
            } else if self.fault == Fault::ReadsStale {
                let mut first = lock(&self.shared.first);
                first.load(key.clone(), record);
                let record = first.get(&key).flatten().cloned();
                view.load(key, record);
            } else {
                view.load(key, record);
            }
        }
        Ok(())
    }

    /// The batch that the fault makes of one.
    fn batch(&self, batch: &Batch) -> Batch {
        let mut batch = batch.clone();
        match self.fault {
            Fault::ChecksNothing | Fault::ReadsBehind => batch.expectations.clear(),
            Fault::ChecksOnlyWhatItWrites => {
                let written: Vec<Key> = batch.changes.iter().map(|one| one.key.clone()).collect();
                batch.expectations.retain(|one| written.contains(&one.key));
            }
            Fault::ChecksNoReceipts => {
                batch
                    .expectations
                    .retain(|one| !matches!(one.key, Key::Receipt(..)));
            }
            Fault::ChecksNoWallets => {
                batch
                    .expectations
                    .retain(|one| !matches!(one.found, Found::Wallets(_)));
            }
            Fault::WritesHalf => {
                batch.changes.truncate(batch.changes.len().div_ceil(2));
                batch.entry_texts.clear();
                batch.audit_texts.clear();
            }
            _ => {}
        }
        batch
    }
}

/// What a key of another tenant holds.
fn other_tenants(
    key: &Key,
    load: &mut impl FnMut(&ReadSet, &mut View) -> Result<(), Error>,
) -> Result<Option<Record>, Error> {
    let key = match key.clone() {
        Key::Config(_) => Key::Config(TENANT),
        Key::User(_, id) => Key::User(TENANT, id),
        Key::Relations(_, id) => Key::Relations(TENANT, id),
        Key::Wallets(_, owner) => Key::Wallets(TENANT, owner),
        Key::Hold(_, id) => Key::Hold(TENANT, id),
        Key::Uses(_, subject) => Key::Uses(TENANT, subject),
        Key::Strand(_, number) => Key::Strand(TENANT, number),
        Key::Receipt(_, digest) => Key::Receipt(TENANT, digest),
        Key::Claim(_, name) => Key::Claim(TENANT, name),
    };
    let mut view = View::default();
    load(&ReadSet::of(key.clone()), &mut view)?;
    Ok(view.get(&key).flatten().cloned())
}

/// The nearest number that a floating-point number of 64 bits can be: 53 bits of it.
fn rounded(number: i64) -> i64 {
    let bits = 64 - number.unsigned_abs().leading_zeros();
    let lost = bits.saturating_sub(53);
    (number >> lost) << lost
}

impl Store for BrokenStore {
    fn read(&self, set: &ReadSet, view: &mut View) -> Result<(), Error> {
        self.load(set, view, |set, view| self.sound.read(set, view))
    }

    fn users(&self, query: &UserQuery) -> Result<Vec<User>, Error> {
        let mut query = query.clone();
        match self.fault {
            Fault::IgnoresTheTenant if self.sound.users(&query)?.is_empty() => {
                query.tenant = TENANT
            }
            Fault::RepeatsUsers => {
                if let Some(place) = &mut query.after {
                    place.id.0 -= 1;
                }
            }
            Fault::ExceedsTheLimit => query.limit += 1,
            Fault::IgnoresPatterns => query.pattern = None,
            Fault::IgnoresGroups => query.group = None,
            _ => {}
        }
        let mut users = self.sound.users(&query)?;
        match (self.fault, &query.pattern) {
            (Fault::ReversesUsers, _) => users.reverse(),
            (Fault::SearchesOnlyNames, Some(pattern)) => {
                users.retain(|user| pattern.matches(&user.name_folded));
            }
            _ => {}
        }
        Ok(users)
    }

    fn entries(&self, query: &EntryQuery) -> Result<Vec<(Entry, Option<EntryText>)>, Error> {
        let mut entries = self.sound.entries(query)?;
        match self.fault {
            Fault::ReversesEntries => entries.reverse(),
            Fault::LosesWords => entries.iter_mut().for_each(|(_, text)| *text = None),
            _ => {}
        }
        Ok(entries)
    }

    fn audit_events(
        &self,
        query: &AuditQuery,
    ) -> Result<Vec<(AuditEvent, Option<AuditText>)>, Error> {
        let mut events = self.sound.audit_events(query)?;
        match self.fault {
            Fault::ReversesEvents => events.reverse(),
            Fault::LosesWords => events.iter_mut().for_each(|(_, text)| *text = None),
            _ => {}
        }
        Ok(events)
    }

    fn scan(
        &self,
        table: &'static Table,
        after: Option<&[Cell<'static>]>,
        limit: u32,
    ) -> Result<Vec<Vec<Cell<'static>>>, Error> {
        let mut rows = self.sound.scan(table, after, limit)?;
        match (self.fault, after) {
            (Fault::ReversesScans, _) => rows.reverse(),
            (Fault::RepeatsRows, Some(after)) => {
                let all = self.sound.scan(table, None, u32::MAX)?;
                let from = all.iter().position(|row| row.starts_with(after));
                rows = all.into_iter().skip(from.unwrap_or(0)).collect();
                rows.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
            }
            _ => {}
        }
        Ok(rows)
    }

    fn stamp(&self) -> Result<Stamp, Error> {
        let mut stamp = self.sound.stamp()?;
        match self.fault {
            Fault::KeepsTheStamp => stamp = Stamp::default(),
            Fault::ChangesTheStamp => {
                let mut asked = lock(&self.shared.asked);
                *asked += 1;
                stamp.1 += *asked;
            }
            _ => {}
        }
        Ok(stamp)
    }

    fn snapshot(&self) -> Result<Box<dyn Snapshot + '_>, Error> {
        match self.fault {
            Fault::MovesSnapshots => Ok(Box::new(Moving(&*self.sound))),
            _ => self.sound.snapshot(),
        }
    }

    fn now(&self) -> Result<Option<Timestamp>, Error> {
        match self.fault {
            Fault::HasTwoClocks => Ok(Some(Timestamp::EPOCH)),
            _ => self.sound.now(),
        }
    }

    fn doctor(&self) -> Result<Report, Error> {
        let mut report = self.sound.doctor()?;
        if self.fault == Fault::GivesNoReasons {
            report.why.clear();
        }
        Ok(report)
    }

    fn turn(&self) -> Result<Box<dyn Turn + '_>, Error> {
        Ok(Box::new(BrokenTurn {
            store: self,
            sound: self.sound.turn()?,
        }))
    }
}

/// What is there now, whenever it is asked for.
struct Moving<'a>(&'a dyn Store);

impl Snapshot for Moving<'_> {
    fn read(&self, set: &ReadSet, view: &mut View) -> Result<(), Error> {
        self.0.read(set, view)
    }

    fn scan(
        &self,
        table: &'static Table,
        after: Option<&[Cell<'static>]>,
        limit: u32,
    ) -> Result<Vec<Vec<Cell<'static>>>, Error> {
        self.0.scan(table, after, limit)
    }
}

impl Turn for BrokenTurn<'_> {
    fn load(&mut self, set: &ReadSet, view: &mut View) -> Result<(), Error> {
        let sound = &mut self.sound;
        if self.store.fault != Fault::ReadsBehind {
            return self
                .store
                .load(set, view, |set, view| sound.load(set, view));
        }
        let mut now = View::default();
        sound.load(set, &mut now)?;
        let mut last = lock(&self.store.shared.last);
        for (key, record) in now.records() {
            let behind = last.insert(key.clone(), record.cloned());
            view.load(key.clone(), behind.unwrap_or_else(|| record.cloned()));
        }
        Ok(())
    }

    fn now(&mut self) -> Result<Option<Timestamp>, Error> {
        self.sound.now()
    }

    fn floor(&mut self) -> Result<i64, Error> {
        match self.store.fault {
            Fault::KeepsTheFloor => Ok(0),
            _ => self.sound.floor(),
        }
    }

    fn commit(mut self: Box<Self>, batch: &Batch) -> Result<(), CommitError> {
        let mut written = self.store.batch(batch);
        if self.store.fault == Fault::WritesOver {
            written.expectations.clear();
            for change in &mut written.changes {
                let mut view = View::default();
                self.sound
                    .load(&ReadSet::of(change.key.clone()), &mut view)?;
                change.before = view.get(&change.key).flatten().cloned();
            }
        }
        let outcome = self.sound.commit(&written);
        match (self.store.fault, outcome) {
            (_, Ok(())) => {
                lock(&self.store.shared.committed).push(written);
                Ok(())
            }
            (Fault::HidesConflicts | Fault::ReadsBehind, Err(CommitError::Conflict(_))) => Ok(()),
            (Fault::NamesNoKeys, Err(CommitError::Conflict(_))) => {
                Err(CommitError::Conflict(Vec::new()))
            }
            (Fault::LeavesEntries, Err(refused)) => {
                let entries = Batch {
                    entries: batch.entries.clone(),
                    ..Batch::default()
                };
                // It may be these that were refused.
                self.store.sound.turn()?.commit(&entries).ok();
                Err(refused)
            }
            (_, outcome) => outcome,
        }
    }
}
