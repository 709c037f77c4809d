//! Usage that was reported for somebody who cannot be charged, kept until somebody says whose it is.

use crate::ids::{TenantId, UserId};
use crate::ledger::KeptUsage;
use crate::measure::Currency;
use crate::records::JobKind;
use crate::row::{record, words};
use crate::time::Timestamp;

words! {
    /// What became of untracked usage.
    pub enum UntrackedState {
        /// Nobody said yet whose it is.
        Open = "open",
        /// Charged to a user, under the key it was reported with.
        Assigned = "assigned",
        /// Nobody is to be charged for it.
        Dismissed = "dismissed",
    }
}

record! {
    /// What a job used that was reported for an unknown or inactive user, under the key of the job:
    /// once it is assigned, the key's receipt is that of the charge. Whoever assigns or dismisses it
    /// rests on it and writes it, so that no job is charged twice.
    pub struct Untracked in "untracked", key 2 {
        /// The owner of everything.
        pub tenant: TenantId,
        /// The digest of the job's key, with its attempt.
        pub key: [u8; 32],
        /// Rises with every change.
        pub version: i64,
        /// Its place among what was reported, oldest first.
        pub number: i64,
        /// What became of it.
        pub state: UntrackedState,
        /// Which attempt the key is of, counted from 1.
        pub attempt: i32,
        /// Whom the host named, as it named them; none once that was erased.
        pub reported_as: Option<String>,
        /// The queue the job went to.
        pub queue: Option<String>,
        /// What it used.
        pub usage: KeptUsage,
        /// What kind of job it was, if the host said so.
        pub job_kind: Option<JobKind>,
        /// What it costs in micros, if the host stated it.
        pub cost_micros: Option<i64>,
        /// The currency of that cost.
        pub currency: Option<Currency>,
        /// When it was reported.
        pub at: Timestamp,
        /// The user who reported it; none: the host.
        pub actor: Option<UserId>,
        /// Whom it was charged to.
        pub assigned_to: Option<UserId>,
        /// When it stopped being open.
        pub resolved_at: Option<Timestamp>,
        /// The keyed digest of all of it: see [`proof`](crate::proof).
        pub digest: [u8; 32],
    }
}
