//! Audit events: who changed what, from what, to what. Appended, chained, never changed.

use tympan_vault::LINK_BYTES;

use crate::ids::{AuditId, TenantId, UserId};
use crate::row::record;
use crate::time::Timestamp;

record! {
    /// What lines of a tenant come to that must not be removed, kept apart from them: the audit
    /// events of one chain, or, under the number
    /// [`REGISTER`](crate::ledger::REGISTER), the wallets.
    pub struct Strand in "strand", key 2 {
        /// The owner of everything.
        pub tenant: TenantId,
        /// Its number: from 0 for audit chains.
        pub number: i32,
        /// How many events it has; of the register, how many wallets were opened.
        pub events: i64,
        /// The head of the chain; of the register, the marks of all wallets put together.
        pub chain: [u8; 32],
        /// The latest time on any of its events.
        pub latest_at: Timestamp,
        /// Rises with every event.
        pub version: i64,
    }
}

record! {
    /// One change to anything but a wallet.
    pub struct AuditEvent in "audit_event", key 1 {
        /// Its id; ids rise in the order of commits where a store has one writer at a time.
        pub id: AuditId,
        /// The owner of everything.
        pub tenant: TenantId,
        /// The chain it is in.
        pub strand: i32,
        /// Its number in the chain, from 1.
        pub sequence: i64,
        /// When it was decided.
        pub at: Timestamp,
        /// Who did it; empty for the host itself.
        pub actor: Option<UserId>,
        /// What was done: the command's name.
        pub action: String,
        /// What kind of thing it was done to.
        pub subject_kind: String,
        /// Its id.
        pub subject: i64,
        /// The salted digest of its text.
        pub text_digest: [u8; 32],
        /// The link of this event, which covers the one before it: see
        /// [`ChainKey`](tympan_vault::ChainKey).
        pub chain: [u8; LINK_BYTES],
    }
}

record! {
    /// What an audit event says in words; anonymising removes it, and the chain stays whole.
    pub struct AuditText in "audit_text", key 1 {
        /// The event.
        pub audit: AuditId,
        /// The owner of everything.
        pub tenant: TenantId,
        /// What the digest is salted with.
        pub salt: [u8; 16],
        /// What changed, from what, to what, as JSON; secrets are masked.
        pub changes: String,
        /// Why it was done.
        pub reason: Option<String>,
    }
}
