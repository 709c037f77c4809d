//! How long a PIN has to be where it signs in alone.

use serde::{Deserialize, Serialize};

use super::{
    alphabet::PinAlphabet,
    policy::{MAX_PIN_LENGTH, MIN_PIN_LENGTH},
};

/// Under [`PinFloor::Population`], at most one guess in this many hits somebody.
pub const POPULATION_ODDS: u64 = 100_000;

/// Under [`PinFloor::Usual`], fewer than one guess in this many hits somebody.
const USUAL_ODDS: u64 = 10;

/// The rule for the shortest PIN that may sign in alone. With more users a guess is more likely to
/// hit somebody: users / (characters ^ length).
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PinFloor {
    /// At most one guess in [`POPULATION_ODDS`] hits: 8 digits for 1,000 users.
    #[default]
    Population,
    /// What the field is used to: 4 digits under 1,000 users, 5 under 10,000, 6 under 100,000 and
    /// so on, that is, fewer than one guess in ten hits. Only throttling protects such PINs.
    Usual,
}

impl PinFloor {
    /// The shortest length that satisfies the rule, 4 to 16 characters; nothing if even 16 are too
    /// few. `users` counts those with a PIN, the one being set included; 0 is taken as 1.
    pub fn minimum_length(self, alphabet: PinAlphabet, users: u64) -> Option<u8> {
        let users = u128::from(users.max(1));
        // Neither product can overflow: 64 bits times 17.
        (MIN_PIN_LENGTH..=MAX_PIN_LENGTH).find(|length| match self {
            Self::Population => {
                users.saturating_mul(u128::from(POPULATION_ODDS)) <= alphabet.space(*length)
            }
            Self::Usual => users.saturating_mul(u128::from(USUAL_ODDS)) < alphabet.space(*length),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floors() {
        use PinAlphabet::{Alphanumeric, Numeric};
        use PinFloor::{Population, Usual};
        // given a rule, an alphabet and so many users, when asked, then
        let table = [
            (Population, Numeric, 0, Some(5)),
            (Population, Numeric, 1, Some(5)),
            (Population, Numeric, 2, Some(6)),
            (Population, Numeric, 10, Some(6)),
            (Population, Numeric, 11, Some(7)),
            (Population, Numeric, 100, Some(7)),
            (Population, Numeric, 101, Some(8)),
            (Population, Numeric, 1_000, Some(8)),
            (Population, Numeric, 1_001, Some(9)),
            (Population, Numeric, 100_000, Some(10)),
            (Population, Numeric, 100_000_000_000, Some(16)),
            (Population, Numeric, 100_000_000_001, None),
            (Population, Numeric, u64::MAX, None),
            (Population, Alphanumeric, 5, Some(4)),
            (Population, Alphanumeric, 6, Some(5)),
            (Population, Alphanumeric, 1_000, Some(6)),
            (Usual, Numeric, 0, Some(4)),
            (Usual, Numeric, 999, Some(4)),
            (Usual, Numeric, 1_000, Some(5)),
            (Usual, Numeric, 9_999, Some(5)),
            (Usual, Numeric, 10_000, Some(6)),
            (Usual, Numeric, 99_999, Some(6)),
            (Usual, Numeric, 100_000, Some(7)),
            (Usual, Numeric, 999_999_999_999_999, Some(16)),
            (Usual, Numeric, 1_000_000_000_000_000, None),
            (Usual, Alphanumeric, 53_144, Some(4)),
            (Usual, Alphanumeric, 53_145, Some(5)),
            (Usual, Alphanumeric, u64::MAX, Some(15)),
        ];
        for (floor, alphabet, users, then) in table {
            let minimum = floor.minimum_length(alphabet, users);
            assert_eq!(minimum, then, "{floor:?} {alphabet:?} {users}");
        }
    }
}
