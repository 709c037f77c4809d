//! The suite that every store runs: what the contract says, case by case.
//!
//! A store is tested by one line in its `tests/conformance.rs`, with an expression that makes a
//! [`Harness`] around an empty database:
//!
//! ```text
//! tympan_store::conformance!(MyHarness::new());
//! ```
//!
//! No case is left out, and no store has an exception. The cases of a module are declared in one
//! `cases!`, which is also what lists them.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a case ends at the first surprise: that is its answer"
)]

mod coming_back;
mod crowd;
mod everything;
mod harness;
mod list;
mod samples;
mod steps;
mod variants;

pub mod about;
pub mod atomicity;
pub mod broken;
pub mod erasing;
pub mod expectations;
pub mod history;
pub mod loading;
pub mod races;
pub mod reopening;
pub mod round_trip;
pub mod round_trip_ledger;
pub mod scans;
pub mod snapshots;
pub mod stamps;
pub mod tenants;
pub mod updates;
pub mod user_pages;
pub mod users;

pub use harness::{Case, Harness, check, run_all};
pub use list::all_cases;
