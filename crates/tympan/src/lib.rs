//! tympan: users, identities, roles, profiles, groups and allowances for print and production
//! workflow, as a library.
//!
//! A host opens a store, gets a [`Handle`] for a tenant and an actor, and runs commands.

mod dump;
mod engine;
mod handle;
#[cfg(feature = "sqlite")]
mod key_file;
mod open;
mod options;
pub mod sources;
#[cfg(feature = "sqlite")]
mod sqlite;
mod verify;

pub use engine::Submission;
pub use handle::{Handle, Tympan};
pub use options::{Durability, Migrate, Options};
pub use tympan_core as core;
pub use tympan_core::error::{Code, Error, Kind};
pub use tympan_vault::KeyRing;
pub use verify::{Fault, Verification};
