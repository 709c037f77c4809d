//! The contract that every tympan store implements, and the conformance suite that every store
//! runs.
//!
//! A store is thin: it loads records, keeps others off what it loaded as far as its database can,
//! and commits a batch. It knows no rule. The contract is synchronous and object-safe; a store
//! with an asynchronous driver runs it on a runtime of its own.
//!
//! With the feature `conformance`, [`conformance!`] turns every case of the suite into a test of
//! your store.

#[cfg(feature = "conformance")]
pub mod conformance;
mod contract;
mod keeping;
mod opening;

pub use contract::{CommitError, Snapshot, Stamp, Store, Turn};
pub use keeping::{Keeping, Report};
pub use opening::{Durability, Migrate};
