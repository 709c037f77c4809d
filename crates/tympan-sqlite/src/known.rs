//! What the writer remembers of the database from one turn to the next, so that a hot charge need
//! not read it again. Right only while nobody else commits: the turn looks before it asks.

use hashbrown::HashMap;
use tympan_core::records::Wallets;
use tympan_core::view::{Key, Record, SlotChange};

/// Most records that are remembered: some 30 MB of wallets.
pub(crate) const MOST_RECORDS: usize = 65_536;

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

    /// Takes over what was committed. What the change was not made from the record as it is known
    /// here, it cannot be told from the change how the rows stand now.
    pub(crate) fn learn(&mut self, changes: &[SlotChange]) {
        for change in changes {
            let as_known = self
                .recall(&change.key)
                .is_some_and(|known| known == change.before);
            match (&change.key, &change.after) {
                // A user's children are there if the user is.
                (Key::User(tenant, user), after) => {
                    if change.before.is_some() != after.is_some() {
                        self.forget(&Key::Relations(*tenant, *user));
                    }
                    self.replace(change, after.clone(), as_known);
                }
                // Rare, large, and children are there only if their user is: better read again.
                (Key::Config(..) | Key::Relations(..), _) => self.forget(&change.key),
                // Wallets are always there, though perhaps none.
                (Key::Wallets(..), None) => {
                    let none = Some(Record::Wallets(Wallets::default().into()));
                    self.replace(change, none, as_known);
                }
                (_, after) => self.replace(change, after.clone(), as_known),
            }
        }
    }

    fn replace(&mut self, change: &SlotChange, after: Option<Record>, as_known: bool) {
        if as_known {
            self.keep(change.key.clone(), after);
        } else {
            self.forget(&change.key);
        }
    }
}
