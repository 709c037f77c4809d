//! What can be wrong with a PIN.

use thiserror::Error;

use super::policy::MAX_PIN_LENGTH;
use crate::random::RandomError;

/// Why a PIN is refused or none can be drawn. Never holds the PIN. When several apply, the first
/// in this order is told.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub enum PinFault {
    /// With so many users, a PIN that signs in alone would have to be longer than anybody learns.
    #[error("with `{users}` users, a pin that signs in alone is longer than anybody learns")]
    Unlearnable {
        /// Users counted.
        users: u64,
    },
    /// Fewer characters than the policy or the number of users asks for.
    #[error("the pin needs at least `{minimum}` characters")]
    TooShort {
        /// The least number of characters.
        minimum: u8,
    },
    /// More than [`MAX_PIN_LENGTH`] characters.
    #[error("a pin has at most {MAX_PIN_LENGTH} characters")]
    TooLong,
    /// A character that the alphabet does not have.
    #[error("the pin has a character that is not allowed")]
    Character,
    /// The same step from each character to the next: `1111`, `1234`, `9876`, `2468`, `7890`.
    #[error("the pin is a repetition or a run")]
    ConstantStep,
    /// On the deny list.
    #[error("the pin is on the list of those too easily guessed")]
    Denied,
    /// The random source failed, or gave what cannot be random. Only when drawing.
    #[error(transparent)]
    Random(#[from] RandomError),
}
