//! How much there can be of everything: a host that checks for itself tells its users sooner.

pub use tympan_core::configuration::{
    MAX_AMOUNT, MAX_NAMED, MAX_PERMISSIONS, MAX_PLAN_ROWS, MAX_PLANS, MAX_PRICE_ROWS,
    MAX_PRICE_RULES, MAX_REVISIONS,
};
pub use tympan_core::ledger::{DEFAULT_HOLD_MS, MAX_COUNT, MAX_HOLD_MS, MAX_KEY_BYTES};
pub use tympan_core::people::{
    MAX_IDENTITIES, MAX_MEMBERSHIPS, MAX_OTHER_EMAILS, MAX_ROLE_ROW_ACCOUNTS, MAX_ROLE_ROWS,
};
