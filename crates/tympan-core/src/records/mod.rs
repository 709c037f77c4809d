//! What tympan keeps: every record, described once.

mod audit;
mod claim;
mod config;
mod entry;
mod hold;
mod joined;
mod refunded;
mod shared;
mod tracking;
mod untracked;
mod user;
mod wallet;

pub use audit::{AuditEvent, AuditText, Strand};
pub use claim::{Claim, ClaimName, Subject, SubjectKind, Uses};
pub use config::{
    Account, Config, Group, PlanOwner, PlanRevision, PlansInForce, PriceList, PriceRule, Profile,
    Role, RolePermission, Stacked, Stacking, Tenant, WhenExhausted, plan_owners,
};
pub use entry::{Entry, EntryText, Extra, JobKind, Request, SharedOrder, Verb};
pub use hold::{Hold, HoldPart, HoldState};
pub use joined::Joined;
pub use refunded::Refunded;
pub use shared::SharedWith;
pub(crate) use tracking::MAX_MEASURES;
pub use tracking::{MAX_KEEP_DAYS, Tracking, WordKeeping};
pub use untracked::{Untracked, UntrackedState};
pub use user::{
    Identity, IdentityKind, IdentitySource, Membership, Relations, RoleRow, RoleRowAccount, User,
};
pub use wallet::{Wallet, WalletKey, WalletKind, Wallets};

use crate::row::{Row, Table};

/// Every table, in an order in which a row never refers to a later table.
pub const TABLES: &[&Table] = &[
    Tenant::TABLE,
    PriceList::TABLE,
    PriceRule::TABLE,
    Profile::TABLE,
    PlanRevision::TABLE,
    Role::TABLE,
    RolePermission::TABLE,
    Group::TABLE,
    Account::TABLE,
    User::TABLE,
    Identity::TABLE,
    Membership::TABLE,
    RoleRow::TABLE,
    RoleRowAccount::TABLE,
    Claim::TABLE,
    Uses::TABLE,
    Wallet::TABLE,
    Hold::TABLE,
    HoldPart::TABLE,
    Entry::TABLE,
    EntryText::TABLE,
    Refunded::TABLE,
    Untracked::TABLE,
    Strand::TABLE,
    AuditEvent::TABLE,
    AuditText::TABLE,
];
