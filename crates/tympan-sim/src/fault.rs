//! Faults planted to show that the simulation has teeth: each must be found.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tympan_core::error::{Code, Error};
use tympan_core::ids::{TenantId, UserId};
use tympan_core::queries::{AuditQuery, EntryQuery, UntrackedQuery, UserQuery};
use tympan_core::records::{
    AuditEvent, AuditText, Entry, EntryText, Request, Untracked, User, Verb, Wallet, WalletKey,
    Wallets,
};
use tympan_core::row::{Cell, Table};
use tympan_core::time::Timestamp;
use tympan_core::view::{Batch, Key, ReadSet, Record, View};
use tympan_memory::MemoryStore;
use tympan_store::{CommitError, Report, Snapshot, Stamp, Store, Turn};

macro_rules! faults {
    ($($(#[$doc:meta])+ $name:ident,)+) => {
        /// What is wrong.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
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
    /// The store keeps an entry and not the debit of its wallet.
    DropsTheDebit,
    /// The store keeps neither the entry nor the debit of a charge that it says it has kept.
    DropsTheCharge,
    /// The store keeps the first half of a batch's entries, and all else of it.
    KeepsHalfABatch,
    /// The store drops one entry, and keeps those that come behind it.
    LeavesAGap,
    /// The store keeps balances as floating-point numbers.
    RoundsAsFloats,
    /// The store forgets that a schedule was run.
    RunsResetsTwice,
    /// The store does not find receipts that are there.
    ForgetsReceipts,
    /// The store gives a receipt back with another amount.
    AltersReceipts,
    /// The store forgets what one hold keeps aside in one wallet.
    ForgetsAHoldPart,
    /// The store keeps a hold open that was resolved.
    KeepsHoldsOpen,
    /// The store keeps a hold, and what it keeps aside, that was cancelled: it can be cancelled
    /// again.
    CancelsTwice,
    /// The store keeps untracked usage open that was assigned, and does not find its receipt: it is
    /// charged twice.
    AssignsTwice,
    /// The store loses what is to be taken off what a plan gives next.
    LosesTheCarry,
    /// The store puts what comes back into another wallet of the same user.
    RefundsTheWrongWallet,
    /// The store does not check what a decision rested on: now and then it is what another process
    /// has changed since.
    DropsPreconditions,
    /// The store puts off a schedule.
    PutsOffResets,
    /// The store forgets what was taken back of a user who left a group.
    ForgetsWhatWasTakenBack,
    /// The store forgets that a user was deactivated.
    ForgetsDeactivations,
    /// The store finds another user behind a username or card.
    MixesUpOwners,
    /// The store says that users hold no role.
    ForgetsRoles,
    /// The store loses the last batch when it is opened again.
    LosesTheLastBatch,
    /// The store leaves out the last line of a list.
    ShortensLists,
    /// The auditor is told of one page more than a job has.
    TellsAnotherPage,
    /// The auditor's clock is an hour fast.
    TellsAnotherHour,
    /// The auditor is not told of new terms of plans.
    HidesPlanRevisions,
    /// The auditor is not told of new prices.
    HidesPriceRevisions,
    /// The auditor is not told that users became inactive.
    HidesDeactivations,
    /// The auditor is told that all plans are summed.
    HidesStacking,
    /// The auditor is not told that users left groups.
    HidesLeaving,
    /// The auditor is told another mode of a settlement.
    TellsAnotherMode,
    /// The auditor is told that nobody wants to know of low balances.
    HidesThresholds,
}

impl Fault {
    /// Whether it is the auditor who is misled, and not the store that errs.
    #[must_use]
    pub fn is_of_the_auditor(self) -> bool {
        matches!(
            self,
            Self::TellsAnotherPage
                | Self::TellsAnotherHour
                | Self::HidesPlanRevisions
                | Self::HidesPriceRevisions
                | Self::HidesDeactivations
                | Self::HidesStacking
                | Self::HidesLeaving
                | Self::TellsAnotherMode
                | Self::HidesThresholds
        )
    }
}

/// A store in memory with a fault.
#[derive(Clone, Debug)]
pub(crate) struct FaultyStore {
    inner: Arc<MemoryStore>,
    fault: Fault,
    memory: Arc<Mutex<Remembered>>,
}

#[derive(Debug, Default)]
struct Remembered {
    batches: Vec<Batch>,
    /// What the last batch replaced.
    replaced: Vec<(Key, Option<Record>)>,
    turns: usize,
    /// Two users, the second of whom stands behind what the first owns.
    mixed_up: Vec<UserId>,
}

impl FaultyStore {
    pub(crate) fn new(fault: Fault) -> Self {
        Self {
            inner: Arc::new(MemoryStore::new()),
            fault,
            memory: Arc::default(),
        }
    }

    /// The same data, as if the store had been opened again.
    pub(crate) fn reopened(&mut self) -> Result<Self, Error> {
        if self.fault == Fault::LosesTheLastBatch {
            let fresh = MemoryStore::new();
            let mut memory = self.memory();
            memory.batches.pop();
            for batch in &memory.batches {
                fresh
                    .turn()?
                    .commit(batch)
                    .map_err(|_| Error::of(Code::Storage))?;
            }
            drop(memory);
            self.inner = Arc::new(fresh);
        }
        Ok(self.clone())
    }

    fn memory(&self) -> MutexGuard<'_, Remembered> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn load(
        &self,
        view: &mut View,
        load: impl FnOnce(&mut View) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut found = View::default();
        load(&mut found)?;
        for (key, record) in found.records() {
            let mut record = record.cloned();
            self.read_fault(key, &mut record);
            view.load(key.clone(), record);
        }
        Ok(())
    }

    /// Every third turn sees wallets as they were before the last batch.
    fn load_what_was_replaced(&self, view: &mut View) {
        let mut memory = self.memory();
        memory.turns += 1;
        if !memory.turns.is_multiple_of(3) {
            return;
        }
        let mut old = View::default();
        for (key, record) in &memory.replaced {
            let known = view.records().any(|(loaded, _)| loaded == key);
            if known && matches!(key, Key::Wallets(..)) {
                old.load(key.clone(), record.clone());
            }
        }
        for (key, record) in view.records() {
            old.load(key.clone(), record.cloned());
        }
        *view = old;
    }

    fn read_fault(&self, key: &Key, record: &mut Option<Record>) {
        match (self.fault, key, record.as_mut()) {
            (Fault::ForgetsReceipts, Key::Receipt(..), Some(_)) => *record = None,
            (Fault::AssignsTwice, Key::Receipt(..), Some(Record::Receipt(entries)))
                if entries.iter().any(is_assignment) =>
            {
                *record = None;
            }
            (Fault::AltersReceipts, Key::Receipt(..), Some(Record::Receipt(entries))) => {
                let mut altered = entries.to_vec();
                for entry in &mut altered {
                    let entry = Arc::make_mut(entry);
                    entry.amount -= i64::from(entry.verb == Verb::Charge);
                }
                *entries = Arc::new(altered);
            }
            (Fault::MixesUpOwners, Key::Claim(..), Some(Record::Claim(claim))) => {
                let mut memory = self.memory();
                if !memory.mixed_up.contains(&claim.user) && memory.mixed_up.len() < 2 {
                    memory.mixed_up.push(claim.user);
                }
                if let [first, second] = memory.mixed_up[..]
                    && claim.user == first
                {
                    Arc::make_mut(claim).user = second;
                }
            }
            (Fault::ForgetsRoles, Key::User(..), Some(Record::User(user))) => {
                Arc::make_mut(user).role = None;
            }
            _ => {}
        }
    }

    fn written(&self, batch: &Batch) -> Batch {
        let mut batch = batch.clone();
        if self.fault == Fault::DropsTheCharge
            && !batch.entries.is_empty()
            && batch.entries.iter().all(|entry| entry.verb == Verb::Charge)
        {
            batch.entries.clear();
            batch.changes.clear();
        }
        if self.fault == Fault::KeepsHalfABatch && batch.entries.len() > 1 {
            batch.entries.truncate(batch.entries.len() / 2);
        }
        if self.fault == Fault::LeavesAGap && batch.entries.len() > 1 {
            batch.entries.remove(0);
        }
        let is_cancelled = batch.entries.iter().any(|entry| entry.verb == Verb::Cancel);
        let forgets = match self.fault {
            Fault::KeepsHoldsOpen => true,
            Fault::CancelsTwice => is_cancelled,
            _ => false,
        };
        if forgets {
            batch
                .changes
                .retain(|change| !(matches!(change.key, Key::Hold(..)) && change.before.is_some()));
        }
        if self.fault == Fault::AssignsTwice && batch.entries.iter().any(is_assignment) {
            batch
                .changes
                .retain(|change| !matches!(change.key, Key::Untracked(..)));
        }
        if self.fault == Fault::DropsPreconditions {
            batch.expectations.clear();
        }
        let refunds = batch.entries.iter();
        let refunded = refunds.filter(|entry| entry.verb == Verb::Refund && entry.amount > 0);
        let refunded: Vec<(WalletKey, i64)> = match self.fault {
            Fault::RefundsTheWrongWallet => refunded
                .map(|entry| (entry.wallet(), entry.amount))
                .collect(),
            _ => Vec::new(),
        };
        for change in &mut batch.changes {
            match (&change.before, &mut change.after) {
                (Some(Record::Wallets(before)), Some(Record::Wallets(after))) => {
                    let after = Arc::make_mut(after);
                    self.write_wallets(before, after);
                    move_to_another(after, &refunded);
                    if self.fault == Fault::CancelsTwice && is_cancelled {
                        after.hold_parts.clone_from(&before.hold_parts);
                    }
                }
                (None, Some(Record::Wallets(after))) => {
                    self.write_wallets(&Wallets::default(), Arc::make_mut(after));
                }
                (Some(Record::User(before)), Some(Record::User(after)))
                    if self.fault == Fault::ForgetsDeactivations && before.active =>
                {
                    Arc::make_mut(after).active = true;
                }
                _ => {}
            }
        }
        batch
    }

    fn write_wallets(&self, before: &Wallets, after: &mut Wallets) {
        match self.fault {
            Fault::DropsTheDebit => {
                for wallet in &mut after.wallets {
                    let old = before.wallets.iter().find(|old| old.key() == wallet.key());
                    if let Some(old) = old.filter(|old| old.balance > wallet.balance) {
                        wallet.balance = old.balance;
                    }
                }
            }
            Fault::ForgetsAHoldPart if after.hold_parts.len() > before.hold_parts.len() => {
                after.hold_parts.pop();
            }
            Fault::LosesTheCarry => {
                for wallet in &mut after.wallets {
                    wallet.carried = 0;
                }
            }
            Fault::RoundsAsFloats => {
                for wallet in &mut after.wallets {
                    wallet.balance = rounded(wallet.balance);
                }
            }
            Fault::RunsResetsTwice => {
                for wallet in &mut after.wallets {
                    let old = before.wallets.iter().find(|old| old.key() == wallet.key());
                    if let Some(old) = old.filter(|old| old.settled_at < wallet.settled_at) {
                        wallet.settled_at = old.settled_at;
                        wallet.next_due_at = old.next_due_at;
                    }
                }
            }
            Fault::ForgetsWhatWasTakenBack => {
                for wallet in &mut after.wallets {
                    wallet.taken_back = None;
                }
            }
            Fault::PutsOffResets => {
                for wallet in &mut after.wallets {
                    wallet.next_due_at = wallet.next_due_at.map(|_| Timestamp::LATEST);
                }
            }
            _ => {}
        }
    }
}

/// Whether an entry charged untracked usage.
fn is_assignment(entry: &Arc<Entry>) -> bool {
    entry.request == Request::AssignUntracked
}

/// Moves amounts from wallets to others beside them.
fn move_to_another(wallets: &mut Wallets, amounts: &[(WalletKey, i64)]) {
    for (wallet, amount) in amounts {
        let is_right = |other: &&mut Wallet| other.key() == *wallet;
        let mut all = wallets.wallets.iter_mut();
        if let Some(wrong) = all.find(|other| !is_right(other)) {
            wrong.balance += amount;
            if let Some(right) = wallets.wallets.iter_mut().find(is_right) {
                right.balance -= amount;
            }
        }
    }
}

/// What is left of an amount in a floating-point number of 32 bits.
#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "this is the fault"
)]
fn rounded(amount: i64) -> i64 {
    amount as f32 as i64
}

impl Store for FaultyStore {
    fn read(&self, set: &ReadSet, view: &mut View) -> Result<(), Error> {
        self.load(view, |view| self.inner.read(set, view))
    }

    fn users(&self, query: &UserQuery) -> Result<Vec<User>, Error> {
        let mut users = self.inner.users(query)?;
        if self.fault == Fault::ShortensLists {
            users.pop();
        }
        Ok(users)
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
        Ok(Box::new(FaultyTurn {
            store: self,
            inner: self.inner.turn()?,
        }))
    }
}

struct FaultyTurn<'a> {
    store: &'a FaultyStore,
    inner: Box<dyn Turn + 'a>,
}

impl Turn for FaultyTurn<'_> {
    fn load(&mut self, set: &ReadSet, view: &mut View) -> Result<(), Error> {
        let (store, inner) = (self.store, &mut self.inner);
        store.load(view, |view| inner.load(set, view))?;
        if store.fault == Fault::DropsPreconditions {
            store.load_what_was_replaced(view);
        }
        Ok(())
    }

    fn now(&mut self) -> Result<Option<Timestamp>, Error> {
        self.inner.now()
    }

    fn floor(&mut self) -> Result<i64, Error> {
        self.inner.floor()
    }

    fn commit(self: Box<Self>, batch: &Batch) -> Result<(), CommitError> {
        let batch = self.store.written(batch);
        let done = self.inner.commit(&batch);
        if self.store.fault == Fault::DropsPreconditions {
            let replaced = batch.changes.iter();
            let replaced = replaced.map(|change| (change.key.clone(), change.before.clone()));
            self.store.memory().replaced = replaced.collect();
        }
        if done.is_ok() && self.store.fault == Fault::LosesTheLastBatch {
            self.store.memory().batches.push(batch);
        }
        done
    }
}
