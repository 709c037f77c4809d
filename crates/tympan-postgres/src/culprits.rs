//! Who was in the way of a batch.

use std::collections::BTreeSet;

use tympan_core::error::Error;
use tympan_core::view::{Batch, Key, ReadSet, Record, View};
use tympan_store::Store;

use crate::expectations::is_met;
use crate::store::PostgresStore;

/// The keys that were in the way of a batch, by what is there now.
pub(crate) fn culprits(store: &PostgresStore, batch: &Batch) -> Result<Vec<Key>, Error> {
    let receipts = batch
        .entries
        .iter()
        .filter_map(|entry| Some(Key::Receipt(entry.tenant, entry.key?)));
    let receipts: BTreeSet<Key> = receipts.collect();
    let mut set = ReadSet::default();
    let expected = batch.expectations.iter().map(|one| owner(&one.key));
    let changed = batch.changes.iter().map(|change| change.key.clone());
    for key in expected.chain(changed).chain(receipts.iter().cloned()) {
        set = set.and(key);
    }
    let mut view = View::default();
    store.read(&set, &mut view)?;
    let stored = |key: &Key| view.get(key).flatten();
    let mut keys: BTreeSet<Key> = receipts
        .into_iter()
        .filter(|key| stored(key).is_some())
        .collect();
    for expectation in &batch.expectations {
        if !is_met(expectation, stored(&owner(&expectation.key))) {
            keys.insert(expectation.key.clone());
        }
    }
    if keys.is_empty() {
        let moved = batch
            .changes
            .iter()
            .filter(|one| is_other(one.before.as_ref(), stored(&one.key)));
        keys.extend(moved.map(|change| change.key.clone()));
    }
    if keys.is_empty() {
        let wallets = batch.entries.iter();
        keys.extend(wallets.map(|entry| Key::Wallets(entry.tenant, entry.owner)));
        let strands = batch.audit_events.iter();
        keys.extend(strands.map(|event| Key::Strand(event.tenant, event.strand)));
    }
    if keys.is_empty() {
        keys.extend(batch.changes.iter().map(|change| change.key.clone()));
    }
    Ok(keys.into_iter().collect())
}

/// Children have no version but their user's.
fn owner(key: &Key) -> Key {
    match key {
        Key::Relations(tenant, user) => Key::User(*tenant, *user),
        key => key.clone(),
    }
}

/// Whether a batch began from something else than what is stored. Wallets are always there, though
/// perhaps none.
fn is_other(before: Option<&Record>, stored: Option<&Record>) -> bool {
    match (before, stored) {
        (None, Some(Record::Wallets(all))) => !all.wallets.is_empty(),
        (before, stored) => before != stored,
    }
}

#[cfg(test)]
mod tests {
    use tympan_core::ids::TenantId;
    use tympan_core::view::Found;

    use super::*;

    #[test]
    fn a_met_expectation_is_no_culprit() {
        let found = Found::Wallets(Vec::new());
        let key = Key::Wallets(TenantId(1), 1);
        let expectation = tympan_core::view::Expectation { key, found };
        let stored = Record::Wallets(tympan_core::records::Wallets::default().into());
        assert!(is_met(&expectation, Some(&stored)));
    }
}
