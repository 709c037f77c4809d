//! Everything the store holds.

use std::collections::BTreeMap;
use std::sync::Arc;

use foldhash::fast::FixedState;
use hashbrown::HashMap;
use tympan_core::ids::{EntryId, TenantId, UserId};
use tympan_core::records::{AuditEvent, AuditText, Entry, EntryText, Relations, User, Wallets};
use tympan_core::view::{Key, Record};

use crate::log::Log;

/// Looked up, never walked through for an answer: its order means nothing.
pub(crate) type Table<K, V> = HashMap<K, V, FixedState>;

/// A user's place in lists: tenant, folded name, id.
pub(crate) type UserOrder = (TenantId, String, UserId);

#[derive(Debug, Default)]
pub(crate) struct State {
    /// What lies under each key, receipts aside.
    pub(crate) records: Table<Key, Record>,
    /// Users in the order of lists.
    pub(crate) users: BTreeMap<UserOrder, Arc<User>>,
    /// The ledger.
    pub(crate) entries: Log<Entry>,
    /// The first entry under each idempotency key.
    pub(crate) receipts: Table<(TenantId, [u8; 32]), EntryId>,
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

    /// What a key holds.
    pub(crate) fn get(&self, key: &Key) -> Option<Record> {
        match key {
            Key::Receipt(tenant, digest) => self.receipt(*tenant, *digest),
            Key::Relations(tenant, user) => {
                self.records.get(&Key::User(*tenant, *user))?;
                let children = self.records.get(key).cloned();
                Some(children.unwrap_or_else(|| Record::Relations(Arc::clone(&self.no_relations))))
            }
            Key::Wallets(..) => {
                let wallets = self.records.get(key).cloned();
                Some(wallets.unwrap_or_else(|| Record::Wallets(Arc::clone(&self.no_wallets))))
            }
            _ => self.records.get(key).cloned(),
        }
    }

    fn receipt(&self, tenant: TenantId, digest: [u8; 32]) -> Option<Record> {
        let first = self.receipts.get(&(tenant, digest))?.0;
        let behind = self.entries.after(first.checked_sub(1));
        let parts = i64::from(behind.first()?.parts).max(1);
        let entries: Vec<Entry> = behind
            .iter()
            .take_while(|entry| entry.id.0.checked_sub(first).is_some_and(|at| at < parts))
            .filter(|entry| entry.tenant == tenant)
            .map(|entry| Entry::clone(entry))
            .collect();
        Some(Record::Receipt(Arc::new(entries)))
    }

    /// Puts a record under a key, or empties it.
    pub(crate) fn put(&mut self, key: &Key, record: Option<Record>) {
        if let Key::User(tenant, id) = key {
            if let Some(Record::User(old)) = self.records.get(key) {
                self.users.remove(&(*tenant, old.name_folded.clone(), *id));
            }
            if let Some(Record::User(new)) = &record {
                let order = (*tenant, new.name_folded.clone(), *id);
                self.users.insert(order, Arc::clone(new));
            }
        }
        match record {
            None => {
                self.records.remove(key);
            }
            Some(record) => match self.records.get_mut(key) {
                Some(slot) => *slot = record,
                None => {
                    self.records.insert(key.clone(), record);
                }
            },
        }
    }

    /// Adds a line to the ledger.
    pub(crate) fn add_entry(&mut self, entry: &Entry) {
        if let Some(digest) = entry.key {
            self.receipts.insert((entry.tenant, digest), entry.id);
        }
        self.entries.add(Arc::new(entry.clone()));
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
