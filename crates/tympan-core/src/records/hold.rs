//! Holds: amounts set aside for jobs that have not finished.

use crate::ids::{HoldId, TenantId, UserId};
use crate::records::{JobKind, SharedOrder, WalletKey, WalletKind};
use crate::row::{record, words};
use crate::time::Timestamp;

words! {
    /// Where a hold is in its life.
    pub enum HoldState {
        /// Set aside.
        Open = "open",
        /// Charged.
        Settled = "settled",
        /// Given back on request.
        Cancelled = "cancelled",
        /// Given back because its time was over.
        Expired = "expired",
    }
}

record! {
    /// An amount set aside for a job that has not finished.
    pub struct Hold in "hold", key 2 {
        /// The owner of everything.
        pub tenant: TenantId,
        /// Its id.
        pub id: HoldId,
        /// The user whose wallets it is taken from.
        pub owner: i64,
        /// Rises with every change.
        pub version: i64,
        /// Where it is in its life.
        pub state: HoldState,
        /// When it was made.
        pub created_at: Timestamp,
        /// When it is given back by itself.
        pub expires_at: Timestamp,
        /// When it stopped being open.
        pub resolved_at: Option<Timestamp>,
        /// Of a settled one: the digest of the settlement's key, under which is what the job took.
        pub settled_by: Option<[u8; 32]>,
        /// What kind of job it is for, if the host said so.
        pub job_kind: Option<JobKind>,
        /// Who shares the wallets that it may be taken from as well.
        pub shared_by: Option<UserId>,
        /// When it is taken from those.
        pub shared_order: Option<SharedOrder>,
    }
}

record! {
    /// What an open hold keeps aside in one wallet; gone when the hold is resolved.
    pub struct HoldPart in "hold_part", key 5 {
        /// The owner of everything.
        pub tenant: TenantId,
        /// The user the wallet belongs to.
        pub owner: i64,
        /// What feeds the wallet.
        pub kind: WalletKind,
        /// The plan, or the currency's number.
        pub feed: i64,
        /// The hold.
        pub hold: HoldId,
        /// How much, in the wallet's unit; above 0.
        pub amount: i64,
        /// When it is given back by itself.
        pub expires_at: Timestamp,
    }
}

impl HoldPart {
    /// The wallet it is taken from.
    #[must_use]
    pub fn wallet(&self) -> WalletKey {
        WalletKey {
            owner: self.owner,
            kind: self.kind,
            feed: self.feed,
        }
    }
}
