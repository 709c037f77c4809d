//! What the writer remembers of the database from one turn to the next, so that a hot charge need
//! not read it again. Right only while nobody else commits: the turn looks before it asks.

use hashbrown::HashMap;
use tympan_core::records::Wallets;
use tympan_core::view::{Key, Record, SlotChange};

/// Most records that are remembered: some 60 MB of wallets.
pub(crate) const MOST_RECORDS: usize = 131_072;

/// Records by their key; absence is remembered too. Two generations: what was not asked for while
/// one generation filled up is forgotten with the next.
#[derive(Debug)]
pub(crate) struct Known {
    young: HashMap<Key, Option<Record>>,
    old: HashMap<Key, Option<Record>>,
    most: usize,
}

impl Known {
    pub(crate) fn new(most: usize) -> Self {
        Self {
            young: HashMap::new(),
            old: HashMap::new(),
            most,
        }
    }

    pub(crate) fn recall(&mut self, key: &Key) -> Option<Option<Record>> {
        if let Some(record) = self.young.get(key) {
            return Some(record.clone());
        }
        let (key, record) = self.old.remove_entry(key)?;
        self.keep(key, record.clone());
        Some(record)
    }

    pub(crate) fn keep(&mut self, key: Key, record: Option<Record>) {
        if self.young.len() * 2 >= self.most {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key, record);
    }

    pub(crate) fn forget(&mut self, key: &Key) {
        self.young.remove(key);
        self.old.remove(key);
    }

    pub(crate) fn forget_all(&mut self) {
        self.young.clear();
        self.old.clear();
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
            match self.young.get_mut(&change.key) {
                Some(known) if *known == change.before => *known = after,
                _ => self.forget(&change.key),
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
        Some(Record::Uses(Uses {
            users,
            ..Uses::none(TENANT, subject)
        }))
    }

    #[test]
    fn never_more_than_so_many_and_what_was_asked_for_last() {
        let mut known = Known::new(8);
        for owner in 0..100 {
            known.keep(key(owner), record(owner));
            assert!(known.recall(&key(owner)).is_some());
            // Asked for again and again, so never forgotten.
            assert!(known.recall(&key(0)).is_some());
            assert!(known.young.len() + known.old.len() <= 8);
        }
        assert_eq!(known.recall(&key(50)), None);
        assert_eq!(known.recall(&key(99)), Some(record(99)));
        known.forget_all();
        assert_eq!(known.recall(&key(0)), None);
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
