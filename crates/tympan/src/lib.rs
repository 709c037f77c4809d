#![doc = include_str!("../../../README.md")]

mod dump;
mod engine;
mod handle;
#[cfg(feature = "sqlite")]
mod key_file;
mod open;
mod options;
mod queries;
pub mod sources;
#[cfg(feature = "sqlite")]
mod sqlite;
mod verify;

pub use engine::Submission;
pub use handle::{Handle, Tympan};
pub use options::{Durability, Migrate, Options};
pub use queries::{Page, StatementLine, UserList};
pub use tympan_core as core;
pub use tympan_core::command::Actor;
pub use tympan_core::configuration::*;
pub use tympan_core::error::{Code, Error, Kind};
pub use tympan_core::ids::*;
pub use tympan_core::ledger::*;
pub use tympan_core::measure::*;
pub use tympan_core::people::*;
pub use tympan_core::records::{IdentityKind, IdentitySource, Schedule, WhenExhausted};
pub use tympan_core::time::{TimeZoneName, Timestamp};
pub use tympan_vault::KeyRing;
pub use verify::{Fault, Verification};
