//! Between the types of the definition and those of the engine, by subject.
//!
//! What comes in is a method of the record that brings it, since it may be refused; what goes out
//! is a `From`, since it may not.

mod explanations;
mod funds;
mod groups;
mod history;
mod identities;
mod job_history;
mod jobs;
mod keys;
mod numbers;
mod opening;
mod price_lists;
mod profiles;
mod quotes;
mod receipts;
mod references;
mod refunds;
mod reports;
mod role_rows;
mod roles;
mod schedules;
mod settings;
mod sweeps;
mod things;
mod tracking;
mod untracked;
mod usage;
mod user_details;
mod users;
mod wallets;
mod words;

pub(crate) use job_history::erase_words;
pub(crate) use keys::{ring, unsealed};
pub(crate) use numbers::{count, version};
pub(crate) use opening::Opening;
pub(crate) use things::Thing;

use numbers::{at_least, page, total};
use words::same_words;
