//! The engine through its public interface, on the store in memory and on a SQLite file.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test ends at the first surprise"
)]

mod common;

mod bad_input;
mod faults;
mod futures;
mod group_commit;
mod may;
mod replay;
