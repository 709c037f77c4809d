//! Everything the store holds.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use foldhash::fast::FixedState;
use hashbrown::HashMap;
use tympan_core::ids::{EntryId, TenantId, UserId};
use tympan_core::records::{
    AuditEvent, AuditText, Entry, EntryText, Relations, Untracked, UntrackedState, User, Wallets,
};
use tympan_core::time::Timestamp;
use tympan_core::view::{Key, Record};

use crate::log::Log;
use crate::receipts::Receipts;

/// Looked up, never walked through for an answer: its order means nothing.
pub(crate) type Table<K, V> = HashMap<K, V, FixedState>;

/// A user's place in lists: tenant, folded name, id.
pub(crate) type UserOrder = (TenantId, String, UserId);

/// What lies under the keys of one user, or of one owner of wallets: found in one step, since most
/// commands ask for more than one of them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Person {
    pub(crate) user: Option<Arc<User>>,
    pub(crate) relations: Option<Arc<Relations>>,
    pub(crate) wallets: Option<Arc<Wallets>>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct State {
    /// Users, children and wallets, by tenant and id.
    pub(crate) people: Table<(TenantId, i64), Person>,
    /// What lies under each other key, receipts aside.
    pub(crate) records: Table<Key, Record>,
    /// Users in the order of lists.
    pub(crate) users: BTreeMap<UserOrder, Arc<User>>,
    /// Untracked usage that is open, by tenant, number and key.
    pub(crate) open_untracked: BTreeMap<(TenantId, i64, [u8; 32]), Arc<Untracked>>,
    /// The ledger.
    pub(crate) entries: Log<Entry>,
    /// The first entry under each idempotency key.
    pub(crate) receipts: Receipts,
    pub(crate) entry_texts: Log<EntryText>,
    pub(crate) audit_events: Log<AuditEvent>,
    /// Audit events, tenant by tenant.
    pub(crate) tenant_events: Table<TenantId, Log<AuditEvent>>,
    pub(crate) audit_texts: Log<AuditText>,
    /// The children of users who have none.
    no_relations: Arc<Relations>,
    /// The wallets of owners who have none.
    no_wallets: Arc<Wallets>,
}

impl State {
    /// The highest id among entries and audit events.
    pub(crate) fn floor(&self) -> i64 {
        self.entries
            .last()
            .max(self.audit_events.last())
            .unwrap_or(0)
    }

    /// A user with children and wallets.
    pub(crate) fn person(&self, tenant: TenantId, id: i64) -> Option<&Person> {
        self.people.get(&(tenant, id))
    }

    /// What a key holds.
    pub(crate) fn get(&self, key: &Key) -> Option<Record> {
        match key {
            Key::User(tenant, id) => {
                let user = self.person(*tenant, id.0)?.user.as_ref()?;
                Some(Record::User(Arc::clone(user)))
            }
            Key::Relations(tenant, id) => {
                let person = self.person(*tenant, id.0)?;
                person.user.as_ref()?;
                let relations = person.relations.as_ref().unwrap_or(&self.no_relations);
                Some(Record::Relations(Arc::clone(relations)))
            }
            Key::Wallets(tenant, owner) => {
                let person = self.person(*tenant, *owner);
                let wallets = person.and_then(|person| person.wallets.as_ref());
                let wallets = wallets.unwrap_or(&self.no_wallets);
                Some(Record::Wallets(Arc::clone(wallets)))
            }
            Key::Receipt(tenant, digest) => self.receipt(*tenant, *digest),
            _ => self.records.get(key).cloned(),
        }
    }

    /// The version of what a key holds; of children their user's. Wallets have one each, receipts
    /// none.
    pub(crate) fn version(&self, key: &Key) -> Option<i64> {
        if let Key::User(tenant, id) | Key::Relations(tenant, id) = key {
            return Some(self.person(*tenant, id.0)?.user.as_ref()?.version);
        }
        match self.records.get(key)? {
            Record::Config(config) => Some(config.tenant.version),
            Record::Hold(hold) => Some(hold.version),
            Record::Refunded(refunded) => Some(refunded.version),
            Record::Untracked(untracked) => Some(untracked.version),
            Record::Uses(uses) => Some(uses.version),
            Record::Strand(strand) => Some(strand.version),
            Record::Claim(claim) => Some(claim.version),
            Record::User(_) | Record::Relations(_) | Record::Wallets(_) | Record::Receipt(_) => {
                None
            }
        }
    }

    /// The first entry under an idempotency key.
    pub(crate) fn first_under(&self, tenant: TenantId, digest: &[u8; 32]) -> Option<EntryId> {
        self.receipts.find(&self.entries, tenant, digest)
    }

    fn receipt(&self, tenant: TenantId, digest: [u8; 32]) -> Option<Record> {
        let first = self.first_under(tenant, &digest)?.0;
        let behind = self.entries.after(first.checked_sub(1));
        let parts = i64::from(behind.first()?.parts).max(1);
        let entries: Vec<Arc<Entry>> = behind
            .iter()
            .take_while(|entry| entry.id.0.checked_sub(first).is_some_and(|at| at < parts))
            .filter(|entry| entry.tenant == tenant)
            .cloned()
            .collect();
        Some(Record::Receipt(Arc::new(entries)))
    }

    /// Puts a record under a key, or empties it.
    pub(crate) fn put(&mut self, key: &Key, record: Option<Record>) {
        match (key, record) {
            (Key::User(tenant, id), record) => {
                let new = match record {
                    Some(Record::User(user)) => Some(user),
                    _ => None,
                };
                self.put_user(*tenant, *id, new);
            }
            (Key::Relations(tenant, id), record) => {
                self.change(*tenant, id.0, |person| match record {
                    Some(Record::Relations(relations)) => person.relations = Some(relations),
                    _ => person.relations = None,
                });
            }
            (Key::Wallets(tenant, owner), record) => {
                self.change(*tenant, *owner, |person| match record {
                    Some(Record::Wallets(wallets)) => person.wallets = Some(wallets),
                    _ => person.wallets = None,
                });
            }
            (Key::Untracked(..), record) => self.put_untracked(key, record),
            (key, None) => {
                self.records.remove(key);
            }
            (key, Some(record)) => match self.records.get_mut(key) {
                Some(slot) => *slot = record,
                None => {
                    self.records.insert(key.clone(), record);
                }
            },
        }
    }

    fn put_untracked(&mut self, key: &Key, record: Option<Record>) {
        let place = |one: &Untracked| (one.tenant, one.number, one.key);
        let old = match &record {
            Some(record) => self.records.insert(key.clone(), record.clone()),
            None => self.records.remove(key),
        };
        if let Some(Record::Untracked(old)) = old {
            self.open_untracked.remove(&place(&old));
        }
        if let Some(Record::Untracked(new)) = record
            && new.state == UntrackedState::Open
        {
            self.open_untracked.insert(place(&new), new);
        }
    }

    fn put_user(&mut self, tenant: TenantId, id: UserId, new: Option<Arc<User>>) {
        let old = self
            .person(tenant, id.0)
            .and_then(|person| person.user.as_ref());
        if let Some(old) = old {
            self.users.remove(&(tenant, old.name_folded.clone(), id));
        }
        if let Some(new) = &new {
            let order = (tenant, new.name_folded.clone(), id);
            self.users.insert(order, Arc::clone(new));
        }
        self.change(tenant, id.0, |person| person.user = new);
    }

    fn change(&mut self, tenant: TenantId, id: i64, change: impl FnOnce(&mut Person)) {
        let person = self.people.entry((tenant, id)).or_default();
        change(person);
        if person.user.is_none() && person.relations.is_none() && person.wallets.is_none() {
            self.people.remove(&(tenant, id));
        }
    }

    /// Adds a line to the ledger.
    pub(crate) fn add_entry(&mut self, entry: &Arc<Entry>) {
        if let Some(digest) = entry.key {
            self.receipts.add(&digest, entry.id);
        }
        self.entries.add(Arc::clone(entry));
    }

    /// Erases the words of entries whose time is over; how many.
    pub(crate) fn erase_words(&mut self, tenant: TenantId, until: Timestamp, limit: u32) -> u32 {
        let over = self.entry_texts.after(None).iter().filter_map(|text| {
            let at = text.erase_at.filter(|at| *at <= until)?;
            (text.tenant == tenant).then_some((at, text.entry.0))
        });
        let mut over: Vec<_> = over.collect();
        let most = usize::try_from(limit).unwrap_or(usize::MAX);
        // The rest need not be in order: they are looked at again.
        if most < over.len() {
            over.select_nth_unstable(most);
            over.truncate(most);
        }
        let erased: BTreeSet<i64> = over.into_iter().map(|(_, entry)| entry).collect();
        self.entry_texts.remove(&erased);
        u32::try_from(erased.len()).unwrap_or(limit)
    }

    /// Adds an audit event.
    pub(crate) fn add_audit_event(&mut self, event: &AuditEvent) {
        let event = Arc::new(event.clone());
        self.tenant_events
            .entry(event.tenant)
            .or_default()
            .add(Arc::clone(&event));
        self.audit_events.add(event);
    }
}
