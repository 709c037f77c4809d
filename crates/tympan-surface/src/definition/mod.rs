//! The definition: everything that Python, Node and Swift see, in plain Rust.
//!
//! `cargo xtask bindgen` reads this folder and nothing else. What stands here is therefore kept
//! plain: structs with public fields, enums, and methods of [`Tympan`]; no generics, traits, macros,
//! conditions or aliases. `docs/adr/0010-one-surface.md` lists the types that may be used and what
//! follows from the form of a method.

mod accounts;
mod backups;
mod explanations;
mod funds;
mod groups;
mod history;
mod holds;
mod identities;
mod ids;
mod job_history;
mod jobs;
mod price_lists;
mod profiles;
mod quotes;
mod refunds;
mod reports;
mod role_rows;
mod roles;
mod settings;
mod store;
mod sweeps;
mod tracking;
mod untracked;
mod usage;
mod users;
mod wallets;

pub use accounts::*;
pub use explanations::*;
pub use groups::*;
pub use history::*;
pub use identities::*;
pub use ids::*;
pub use job_history::*;
pub use jobs::*;
pub use price_lists::*;
pub use profiles::*;
pub use quotes::*;
pub use refunds::*;
pub use reports::*;
pub use role_rows::*;
pub use roles::*;
pub use settings::*;
pub use store::*;
pub use sweeps::*;
pub use tracking::*;
pub use untracked::*;
pub use usage::*;
pub use users::*;
pub use wallets::*;
