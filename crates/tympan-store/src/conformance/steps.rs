//! What cases do: load, write, look. A step that should work and does not ends the case.

use tympan_core::ids::TenantId;
use tympan_core::records::{TABLES, WalletKey, Wallets};
use tympan_core::row::Cell;
use tympan_core::view::{Batch, Change, Key, ReadSet, Record, View, apply};

use super::samples::{entry, wallet, wallets_slot};
use crate::{CommitError, Store};

/// A view of what a set asks for.
pub(super) fn read(store: &dyn Store, set: &ReadSet) -> View {
    let mut view = View::default();
    store.read(set, &mut view).unwrap();
    view
}

/// A view of what a set asks for, loaded in a turn that is then dropped.
pub(super) fn load(store: &dyn Store, set: &ReadSet) -> View {
    let mut view = View::default();
    store.turn().unwrap().load(set, &mut view).unwrap();
    view
}

/// What a key holds.
pub(super) fn get(store: &dyn Store, key: &Key) -> Option<Record> {
    let view = read(store, &ReadSet::of(key.clone()));
    view.get(key).expect("the key is loaded").cloned()
}

/// A set of several keys with nothing behind them.
pub(super) fn reads<'a>(keys: impl IntoIterator<Item = &'a Key>) -> ReadSet {
    keys.into_iter()
        .fold(ReadSet::default(), |set, key| set.and(key.clone()))
}

/// The key that a change is to, if it is to one.
fn key_of(change: &Change) -> Option<Key> {
    match change {
        Change::Put(key, _) | Change::Remove(key) => Some(key.clone()),
        Change::Entry(entry) => entry.key.map(|digest| Key::Receipt(entry.tenant, digest)),
        Change::EntryText(_) | Change::Audit(_) | Change::AuditText(_) => None,
    }
}

/// The batch of changes decided over what `set` loads and the changed keys hold now.
pub(super) fn batch(store: &dyn Store, set: &ReadSet, changes: Vec<Change>) -> Batch {
    let keys: Vec<Key> = changes.iter().filter_map(key_of).collect();
    let mut view = read(store, set);
    store.read(&reads(&keys), &mut view).unwrap();
    apply(changes, &mut view);
    view.into_batch()
}

/// Commits a batch in a turn of its own.
pub(super) fn commit(store: &dyn Store, batch: &Batch) -> Result<(), CommitError> {
    store.turn().unwrap().commit(batch)
}

/// Makes changes over whatever the store holds now; they must work.
pub(super) fn change(store: &dyn Store, changes: Vec<Change>) {
    let batch = batch(store, &ReadSet::default(), changes);
    commit(store, &batch).expect("nothing stands in the way");
}

/// Puts records under their keys; it must work.
pub(super) fn put(store: &dyn Store, records: impl IntoIterator<Item = (Key, Record)>) {
    change(
        store,
        records
            .into_iter()
            .map(|(key, record)| Change::Put(key, record))
            .collect(),
    );
}

/// The changes that add entries with these ids to a wallet, each linked to the one before it.
pub(super) fn linked(
    store: &dyn Store,
    tenant: TenantId,
    key: WalletKey,
    ids: impl IntoIterator<Item = i64>,
) -> Vec<Change> {
    let mut all = match get(store, &Key::Wallets(tenant, key.owner)) {
        Some(Record::Wallets(all)) => Wallets::clone(&all),
        other => panic!("wallets are always there, not {other:?}"),
    };
    let at = match all.wallets.iter().position(|wallet| wallet.key() == key) {
        Some(at) => at,
        None => {
            all.wallets.push(wallet(tenant, key, 0));
            all.wallets.len() - 1
        }
    };
    let newest = &mut all.wallets[at];
    newest.version += 1;
    let mut changes = Vec::new();
    for id in ids {
        let mut line = entry(tenant, id, key);
        line.previous = newest.last_entry;
        newest.last_entry = line.id;
        changes.push(Change::from(line));
    }
    let (key, record) = wallets_slot(tenant, key.owner, all);
    changes.push(Change::Put(key, record));
    changes
}

/// The keys that a refused batch names; another outcome ends the case.
pub(super) fn conflict(outcome: Result<(), CommitError>) -> Vec<Key> {
    match outcome {
        Err(CommitError::Conflict(keys)) => keys,
        other => panic!("expected a conflict, got {other:?}"),
    }
}

/// A refused batch, however the store puts it.
pub(super) fn refused(outcome: Result<(), CommitError>) {
    assert!(
        matches!(
            outcome,
            Err(CommitError::Conflict(_) | CommitError::Failed(_))
        ),
        "expected a refusal, got {outcome:?}"
    );
}

/// All rows of all tables, each table's in the order of its key.
pub(super) type Dump = Vec<(&'static str, Vec<Vec<Cell<'static>>>)>;

/// Everything that a store holds.
pub(super) fn dump(store: &dyn Store) -> Dump {
    TABLES
        .iter()
        .map(|table| (table.name, store.scan(table, None, None, u32::MAX).unwrap()))
        .collect()
}
