//! Wallets: counted balances of one measure.

use smallvec::SmallVec;

use crate::ids::{EntryId, TenantId};
use crate::measure::Measure;
use crate::records::HoldPart;
use crate::row::{record, words};
use crate::schedule::Window;
use crate::time::Timestamp;

words! {
    /// What feeds a wallet; wallets are emptied in this order.
    pub enum WalletKind {
        /// A plan.
        Allowance = "allowance",
        /// Payments.
        OwnFunds = "own_funds",
    }
}

record! {
    /// A counted balance of one measure. `available = balance + overdraft − held`.
    pub struct Wallet in "wallet", key 4 {
        /// The owner of everything.
        pub tenant: TenantId,
        /// The user it belongs to.
        pub owner: i64,
        /// What feeds it.
        pub kind: WalletKind,
        /// The plan, or the currency's number in ISO 4217.
        pub feed: i64,
        /// What it counts.
        pub measure: Measure,
        /// Rises with every change.
        pub version: i64,
        /// The sum of its entries' amounts.
        pub balance: i64,
        /// The sum of its open holds.
        pub held: i64,
        /// The earliest expiry among its open holds.
        pub hold_expires_at: Option<Timestamp>,
        /// What jobs ever took from it: refunds are not counted back, voided jobs not at all. Survives
        /// every reset.
        pub spent: i64,
        /// Of an allowance: what jobs took since its plan gave last, less what of it came back; of a
        /// rolling one, what they took on the days that it looks back on.
        pub used: i64,
        /// What jobs needed beyond what was available, and its plan takes off what it gives next.
        pub carried: i64,
        /// The entry by which its plan gave last; 0 for own funds.
        pub fed: EntryId,
        /// How many entries it has.
        pub entries: i64,
        /// The newest of them; 0 before the first.
        pub last_entry: EntryId,
        /// The head of its hash chain.
        pub chain: [u8; 32],
        /// The last instant at which its plan gave, or was due and did not.
        pub settled_at: Timestamp,
        /// Whether its plan was due and did not give, and may still make up for it.
        pub missed: bool,
        /// What its plan's amount was when it gave last.
        pub given: i64,
        /// Of a wallet that a group's plan feeds, once the user left the group: what was taken back,
        /// and comes again if the user joins again. None while the user is a member.
        pub taken_back: Option<i64>,
        /// Of a rolling plan: what jobs took on each of the days before today.
        pub used_by_day: Window,
        /// Under which revision of its plan `next_due_at` was found; 0 for own funds.
        pub revision: i32,
        /// When its schedule is due next, under that revision.
        pub next_due_at: Option<Timestamp>,
        /// The latest time on any of its entries.
        pub latest_at: Timestamp,
        /// When the latest accepted job was submitted.
        pub last_job_at: Option<Timestamp>,
    }
}

/// Which wallet, within a tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WalletKey {
    /// The user it belongs to.
    pub owner: i64,
    /// What feeds it.
    pub kind: WalletKind,
    /// The plan, or the currency's number.
    pub feed: i64,
}

impl Wallet {
    /// How much it has to give: `balance + overdraft − held`. `overdraft` is how far below zero its
    /// balance may go.
    #[must_use]
    pub fn available(&self, overdraft: i64) -> i64 {
        self.balance
            .saturating_add(overdraft)
            .saturating_sub(self.held)
    }

    /// Which wallet it is.
    #[must_use]
    pub fn key(&self) -> WalletKey {
        WalletKey {
            owner: self.owner,
            kind: self.kind,
            feed: self.feed,
        }
    }
}

/// All wallets of one owner with their open holds, each list in the order of its key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wallets {
    /// The wallets: most owners have one, which lies here itself.
    pub wallets: SmallVec<[Wallet; 1]>,
    /// What open holds keep aside.
    pub hold_parts: Vec<HoldPart>,
}
