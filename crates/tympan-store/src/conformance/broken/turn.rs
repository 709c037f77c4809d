//! Turns of a store with a fault, and what it commits.

use tympan_core::error::Error;
use tympan_core::time::Timestamp;
use tympan_core::view::{Batch, Found, Key, ReadSet, View};

use super::store::BrokenStore;
use super::{Fault, lock};
use crate::{CommitError, Turn};

pub(super) struct BrokenTurn<'a> {
    pub(super) store: &'a BrokenStore,
    pub(super) sound: Box<dyn Turn + 'a>,
}

impl BrokenStore {
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
