//! What the writer remembers of the database from one turn to the next, so that a hot charge need
//! not read it again. Right only while nobody else commits: the turn looks before it asks.

use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};
use tympan_core::records::Wallets;
use tympan_core::view::{Key, Record, SlotChange};

/// Most records that are remembered, absent ones among them: a hundred thousand users with their
/// wallets, in some 110 MB.
pub(crate) const MOST_RECORDS: usize = 262_144;

/// Records by their key; absence is remembered too. When it is full, what came first makes room: a
/// hot record is read again once in so many others.
#[derive(Debug)]
pub(crate) struct Known {
    slots: Vec<Slot>,
    /// Places in `slots`.
    places: HashTable<usize>,
    hasher: DefaultHashBuilder,
    /// The place of what came first, once there is no more room.
    first: usize,
    most: usize,
}

#[derive(Debug)]
struct Slot {
    key: Key,
    /// None if it was forgotten.
    record: Option<Option<Record>>,
}

impl Known {
    pub(crate) fn new(most: usize) -> Self {
        Self {
            slots: Vec::new(),
            places: HashTable::new(),
            hasher: DefaultHashBuilder::default(),
            first: 0,
            most,
        }
    }

    pub(crate) fn recall(&mut self, key: &Key) -> Option<Option<Record>> {
        self.slot(key)?.record.clone()
    }

    pub(crate) fn keep(&mut self, key: Key, record: Option<Record>) {
        let record = Some(record);
        if let Some(slot) = self.slot(&key) {
            slot.record = record;
            return;
        }
        let hash = self.hasher.hash_one(&key);
        let place = self.make_room();
        let new = Slot { key, record };
        match self.slots.get_mut(place) {
            Some(slot) => *slot = new,
            None => self.slots.push(new),
        }
        let (slots, hasher) = (&self.slots, &self.hasher);
        let rehash = |place: &usize| {
            let slot = slots.get(*place);
            slot.map_or(0, |slot| hasher.hash_one(&slot.key))
        };
        self.places.insert_unique(hash, place, rehash);
    }

    pub(crate) fn forget(&mut self, key: &Key) {
        if let Some(slot) = self.slot(key) {
            slot.record = None;
        }
    }

    pub(crate) fn forget_all(&mut self) {
        self.slots.clear();
        self.places.clear();
        self.first = 0;
    }

    fn slot(&mut self, key: &Key) -> Option<&mut Slot> {
        let slots = &self.slots;
        let is_it = |place: &usize| slots.get(*place).is_some_and(|slot| slot.key == *key);
        let place = *self.places.find(self.hasher.hash_one(key), is_it)?;
        self.slots.get_mut(place)
    }

    /// The place of one more record: a new one, or that of what came first.
    fn make_room(&mut self) -> usize {
        let place = self.first;
        match self.slots.get(place) {
            Some(slot) if self.slots.len() >= self.most => {
                let hash = self.hasher.hash_one(&slot.key);
                if let Ok(gone) = self.places.find_entry(hash, |other| *other == place) {
                    gone.remove();
                }
                self.first = (place + 1) % self.slots.len();
                place
            }
            _ => self.slots.len(),
        }
    }

    /// Takes over what was committed.
    pub(crate) fn learn(&mut self, changes: &[SlotChange]) {
        for change in changes {
            let after = match (&change.key, &change.after) {
                // Rare, large, and children are there only if their user is: better read again.
                (Key::Config(..) | Key::Relations(..), _) => {
                    self.forget(&change.key);
                    continue;
                }
                // Wallets are always there, though perhaps none.
                (Key::Wallets(..), None) => Some(Record::Wallets(Wallets::default().into())),
                (_, after) => after.clone(),
            };
            if let Key::User(tenant, user) = &change.key
                && change.before.is_some() != after.is_some()
            {
                self.forget(&Key::Relations(*tenant, *user));
            }
            // A change that was not made from the record as it is known here does not say how all
            // its rows stand now.
            if let Some(slot) = self.slot(&change.key) {
                let is_base = slot.record.as_ref() == Some(&change.before);
                slot.record = is_base.then_some(after);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tympan_core::ids::{TenantId, UserId};
    use tympan_core::records::{Relations, Uses};

    use super::*;

    const TENANT: TenantId = TenantId(1);

    fn key(owner: i64) -> Key {
        Key::Wallets(TENANT, owner)
    }

    fn record(users: i64) -> Option<Record> {
        let subject = tympan_core::records::Subject {
            kind: tympan_core::records::SubjectKind::Role,
            id: 1,
        };
        let uses = Uses {
            users,
            ..Uses::none(TENANT, subject)
        };
        Some(Record::Uses(uses.into()))
    }

    #[test]
    fn never_more_than_so_many_and_those_that_came_last() {
        let mut known = Known::new(8);
        for owner in 0..100 {
            known.keep(key(owner), record(owner));
            known.keep(key(owner), record(owner + 1));
            assert!(known.slots.len() <= 8 && known.places.len() <= 8);
        }
        for owner in 0..100 {
            let then = (owner >= 92).then(|| record(owner + 1));
            assert_eq!(known.recall(&key(owner)), then, "{owner}");
        }
        known.forget(&key(95));
        assert_eq!(known.recall(&key(95)), None);
        known.keep(key(95), record(1));
        assert_eq!(known.recall(&key(95)), Some(record(1)));
        known.forget_all();
        assert_eq!(known.recall(&key(99)), None);
    }

    #[test]
    fn changes_are_learned_only_from_what_is_known() {
        let mut known = Known::new(8);
        known.keep(key(1), record(1));
        known.keep(key(2), record(1));
        let change = |owner, before| SlotChange {
            key: key(owner),
            before: record(before),
            after: record(7),
        };
        known.learn(&[change(1, 1), change(2, 5), change(3, 1)]);
        assert_eq!(known.recall(&key(1)), Some(record(7)));
        assert_eq!(known.recall(&key(2)), None);
        assert_eq!(known.recall(&key(3)), None);
        known.learn(&[SlotChange {
            key: key(1),
            before: record(7),
            after: None,
        }]);
        assert_eq!(
            known.recall(&key(1)),
            Some(Some(Record::Wallets(Arc::default())))
        );
    }

    #[test]
    fn children_are_read_again_when_their_user_comes_or_goes() {
        let mut known = Known::new(8);
        let children = Key::Relations(TENANT, UserId(1));
        known.keep(
            children.clone(),
            Some(Record::Relations(Arc::new(Relations::default()))),
        );
        known.learn(&[SlotChange {
            key: Key::User(TENANT, UserId(1)),
            before: record(1),
            after: None,
        }]);
        assert_eq!(known.recall(&children), None);
    }
}
