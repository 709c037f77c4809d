//! The rules of tympan, pure: no I/O, no clock, no randomness, no threads.
//!
//! A [`command::Command`] says what it needs to read, and decides, given what was read
//! ([`view::View`]), a list of changes and a reply, or a refusal. [`view::apply`] puts the changes
//! into the view; a store commits them.

pub mod error;
pub mod ids;
pub mod measure;
pub mod queries;
pub mod records;
pub mod row;
pub mod rows;
pub mod text;
pub mod time;
pub mod view;
