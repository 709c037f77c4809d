#![doc = include_str!("../../../README.md")]

mod copy;
mod dump;
mod engine;
pub mod guide;
mod handle;
#[cfg(feature = "sqlite")]
mod key_file;
mod open;
mod options;
pub mod permissions;
#[cfg(feature = "postgres")]
mod postgres;
mod queries;
pub mod sources;
#[cfg(feature = "sqlite")]
mod sqlite;
mod verify;

pub use copy::{Copied, CopyProgress};
pub use engine::Submission;
pub use handle::{Handle, Tympan};
pub use options::{Durability, Migrate, Options};
pub use queries::{Page, StatementLine, UserList};
pub use tympan_core as core;
pub use tympan_core::card_pipeline::{CardPipeline, CardPreview};
pub use tympan_core::command::{Actor, Command, Decide};
pub use tympan_core::configuration::*;
pub use tympan_core::error::{Code, Error, Kind};
pub use tympan_core::ids::*;
pub use tympan_core::ledger::*;
pub use tympan_core::measure::*;
pub use tympan_core::people::*;
pub use tympan_core::records::{
    Account, AuditEvent, AuditText, Config, Entry, EntryText, Group, IdentityKind, IdentitySource,
    PlanRevision, PriceList, PriceRule, Profile, ResetVerb, Role, RolePermission, Schedule, Tenant,
    User, Verb, Wallet, WalletKey, WalletKind, WhenExhausted,
};
pub use tympan_core::time::{TimeZoneName, Timestamp};
pub use tympan_store::Store;
pub use tympan_vault::pin::{PinAlphabet, PinFloor};
pub use tympan_vault::{KeyError, KeyRing};
pub use verify::{Fault, Verification};
