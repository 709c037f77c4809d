//! What was given back of what jobs took.

use crate::ids::{EntryId, TenantId};
use crate::row::record;

record! {
    /// How much of what one entry took was given back: there from the first refund on. Whoever gives
    /// something back rests on it and writes it, so that two never give the same twice.
    pub struct Refunded in "refunded", key 2 {
        /// The owner of everything.
        pub tenant: TenantId,
        /// The entry that took it.
        pub entry: EntryId,
        /// Rises with every refund of the entry.
        pub version: i64,
        /// How much, in the wallet's unit; never more than the entry took.
        pub amount: i64,
        /// How much of it was carried and not paid yet, so that nothing had to be given.
        pub uncarried: i64,
        /// Whether the job was voided: nothing more is given back.
        pub voided: bool,
    }
}

impl Refunded {
    /// Nothing yet.
    #[must_use]
    pub fn none(tenant: TenantId, entry: EntryId) -> Self {
        Self {
            tenant,
            entry,
            version: 0,
            amount: 0,
            uncarried: 0,
            voided: false,
        }
    }
}
