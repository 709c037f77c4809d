//! A process that charges until it is stopped, and what must be found in its database afterwards.
//!
//! It prints a key and its receipt only after the charge was answered. What it had been told before
//! it was stopped is what must be there.

mod found;
mod process;
mod shop;

pub use found::{Found, check};
pub use process::{Charging, Orders, Told};
pub use shop::{open, set_up};
