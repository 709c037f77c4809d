//! What a view holds, by key: a list, and from some length on an index over it. Most views are of
//! one command and hold five keys, which are found sooner by looking at each.

use std::hash::BuildHasher;
use std::mem::discriminant;

use foldhash::fast::FixedState;
use hashbrown::HashTable;

use crate::view::{Key, Record};

/// Up to this many keys are looked through one by one.
const MAX_UNINDEXED: usize = 16;
/// Room for the keys of most commands.
const FEW: usize = 8;

/// What a key held when it was loaded, and what became of it.
#[derive(Clone, Debug)]
pub(super) struct Slot {
    pub(super) key: Key,
    pub(super) base: Option<Record>,
    pub(super) state: State,
}

#[derive(Clone, Debug)]
pub(super) enum State {
    /// It is as it was loaded.
    Loaded,
    /// It holds this now, or nothing.
    Put(Option<Record>),
    /// A receipt whose entries were written in this view, from this place on.
    Written(usize),
}

impl Slot {
    pub(super) fn current(&self) -> Option<&Record> {
        match &self.state {
            State::Put(record) => record.as_ref(),
            State::Loaded | State::Written(_) => self.base.as_ref(),
        }
    }

    pub(super) fn is_put(&self) -> bool {
        matches!(self.state, State::Put(_))
    }
}

#[derive(Clone, Debug, Default)]
pub(super) struct Slots {
    slots: Vec<Slot>,
    /// Places in `slots`; empty while they are few.
    index: HashTable<usize>,
}

impl Slots {
    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Slot> {
        self.slots.iter()
    }

    pub(super) fn into_iter(self) -> impl Iterator<Item = Slot> {
        self.slots.into_iter()
    }

    pub(super) fn get(&self, key: &Key) -> Option<&Slot> {
        self.slots.get(self.place(key)?)
    }

    /// Keeps what was loaded, unless the key is there already.
    pub(super) fn load(&mut self, key: Key, base: Option<Record>) {
        if self.place(&key).is_none() {
            self.add(key, base, State::Loaded);
        }
    }

    /// Finds what a key holds and keeps it, unless the key is there already.
    pub(super) fn load_from<E>(
        &mut self,
        key: &Key,
        find: impl FnOnce(&Key) -> Result<Option<Record>, E>,
    ) -> Result<(), E> {
        if self.place(key).is_none() {
            let base = find(key)?;
            self.add(key.clone(), base, State::Loaded);
        }
        Ok(())
    }

    /// Notes what became of a key, whether it was loaded or not.
    pub(super) fn set(&mut self, key: Key, state: State) {
        match self.place(&key) {
            Some(place) => {
                if let Some(slot) = self.slots.get_mut(place) {
                    slot.state = state;
                }
            }
            None => self.add(key, None, state),
        }
    }

    fn place(&self, key: &Key) -> Option<usize> {
        if self.index.is_empty() {
            let kind = discriminant(key);
            let is_it = |slot: &Slot| discriminant(&slot.key) == kind && slot.key == *key;
            return self.slots.iter().position(is_it);
        }
        let same = |place: &usize| self.slots.get(*place).is_some_and(|slot| slot.key == *key);
        self.index.find(hash(key), same).copied()
    }

    fn add(&mut self, key: Key, base: Option<Record>, state: State) {
        let place = self.slots.len();
        if place == 0 {
            self.slots.reserve(FEW);
        }
        self.slots.push(Slot { key, base, state });
        if place + 1 > MAX_UNINDEXED {
            self.index_from(if self.index.is_empty() { 0 } else { place });
        }
    }

    fn index_from(&mut self, first: usize) {
        let slots = &self.slots;
        for (place, slot) in slots.iter().enumerate().skip(first) {
            let rehash = |place: &usize| slots.get(*place).map_or(0, |slot| hash(&slot.key));
            self.index.insert_unique(hash(&slot.key), place, rehash);
        }
    }
}

/// The same in every process: nothing may depend on it, not even by accident.
fn hash(key: &Key) -> u64 {
    FixedState::default().hash_one(key)
}
