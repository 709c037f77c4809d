//! Which entry is the first under an idempotency key.
//!
//! Only part of the key's digest is kept, beside the entry's id, which leads to the whole: a
//! ledger of millions has as many keys, and most are never asked for again.

use hashbrown::HashTable;
use tympan_core::ids::{EntryId, TenantId};
use tympan_core::records::Entry;

use crate::log::Log;

#[derive(Clone, Debug, Default)]
pub(crate) struct Receipts(HashTable<First>);

#[derive(Clone, Debug)]
struct First {
    hash: u64,
    id: EntryId,
}

impl Receipts {
    pub(crate) fn find(
        &self,
        ledger: &Log<Entry>,
        tenant: TenantId,
        digest: &[u8; 32],
    ) -> Option<EntryId> {
        let hash = hash(digest);
        let is_it = |first: &First| {
            first.hash == hash
                && ledger.get(first.id.0).is_some_and(|entry| {
                    entry.tenant == tenant && entry.key.as_ref() == Some(digest)
                })
        };
        self.0.find(hash, is_it).map(|first| first.id)
    }

    pub(crate) fn add(&mut self, digest: &[u8; 32], id: EntryId) {
        let hash = hash(digest);
        self.0
            .insert_unique(hash, First { hash, id }, |first| first.hash);
    }
}

/// A digest is evenly spread: any part of it is a hash. It covers the tenant too.
fn hash(digest: &[u8; 32]) -> u64 {
    digest
        .first_chunk()
        .map_or(0, |chunk| u64::from_le_bytes(*chunk))
}
