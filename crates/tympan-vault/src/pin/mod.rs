//! PINs: what makes one acceptable, and how to draw one.
//!
//! A PIN that signs in *alone* is found by anybody who guesses anybody's, so its length grows with
//! the number of users. A *backing* PIN is second to a username or card, and only its own policy
//! length counts.
//!
//! PINs of letters are the same in either case; [`generate()`] gives capitals. The caller's
//! normalisation has to fold case before a PIN is indexed or compared.

mod alphabet;
mod check;
mod common;
mod fault;
mod floor;
mod generate;
mod policy;

pub use alphabet::PinAlphabet;
pub use check::check;
pub use common::COMMON_PINS;
pub use fault::PinFault;
pub use floor::{POPULATION_ODDS, PinFloor};
pub use generate::generate;
pub use policy::{
    DEFAULT_PIN_LENGTH, MAX_DENIED_PINS, MAX_PIN_LENGTH, MIN_PIN_LENGTH, PinPolicy, PinPolicyError,
    PinUse,
};
