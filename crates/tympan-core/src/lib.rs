//! The rules of tympan, pure: no I/O, no clock, no randomness, no threads.
//!
//! A [`command::Command`] is prepared outside a turn (texts are normalised, secrets hashed) and
//! decided inside one: given what was read ([`view::View`]) it says what changes and what the
//! answer is, or refuses. [`view::apply`] puts the changes into the view; a store commits them.

pub mod audit;
pub mod card_pipeline;
pub mod command;
pub mod commands;
pub mod configuration;
pub mod digest;
pub mod error;
pub mod ids;
pub mod ledger;
pub mod measure;
pub mod people;
pub mod permissions;
pub mod proof;
pub mod queries;
pub mod records;
mod refusals;
pub mod row;
pub mod rows;
pub mod schedule;
#[cfg(test)]
mod testing;
pub mod text;
pub mod time;
pub mod view;

pub use tympan_vault::hex;
