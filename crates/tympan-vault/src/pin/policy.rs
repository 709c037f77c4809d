//! A tenant's rules for PINs, as data.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{alphabet::PinAlphabet, common::COMMON_PINS, fault::PinFault, floor::PinFloor};

/// The shortest PIN there is, in characters.
pub const MIN_PIN_LENGTH: u8 = 4;
/// The longest PIN there is, in characters.
pub const MAX_PIN_LENGTH: u8 = 16;
/// The length of a policy that does not say otherwise, in characters.
pub const DEFAULT_PIN_LENGTH: u8 = 6;
/// The most entries of a deny list: half of all 4-digit PINs, so that drawing one always succeeds
/// in a few tries.
pub const MAX_DENIED_PINS: usize = 5_000;

/// A tenant's rules for PINs: length, alphabet, floor and deny list.
///
/// The default: 6 digits, more where the number of users asks for it, none of [`COMMON_PINS`].
/// As data: `length`, `alphabet`, `floor`, `denied`, each of which may be left out.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(try_from = "Fields", into = "Fields")]
pub struct PinPolicy {
    length: u8,
    alphabet: PinAlphabet,
    floor: PinFloor,
    /// In capitals.
    denied: BTreeSet<String>,
}

/// How a PIN signs in.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum PinUse {
    /// By itself: who guesses any of them is in, so the [`PinFloor`] applies.
    Alone {
        /// How many users have such a PIN, the one being set included.
        users: u64,
    },
    /// Second to a username or a card: only the policy's own length applies.
    Backing,
}

/// Why a policy is refused.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub enum PinPolicyError {
    /// A length that is not [`MIN_PIN_LENGTH`] to [`MAX_PIN_LENGTH`].
    #[error("a pin has {MIN_PIN_LENGTH} to {MAX_PIN_LENGTH} characters")]
    Length,
    /// More than [`MAX_DENIED_PINS`] entries on the deny list.
    #[error("a deny list has at most {MAX_DENIED_PINS} entries")]
    TooManyDenied,
    /// An entry of the deny list that no PIN can be: not [`MIN_PIN_LENGTH`] to [`MAX_PIN_LENGTH`]
    /// ASCII letters and digits.
    #[error(
        "an entry of the deny list is not {MIN_PIN_LENGTH} to {MAX_PIN_LENGTH} letters and digits"
    )]
    Denied,
}

impl PinPolicy {
    /// A policy with this deny list instead of [`COMMON_PINS`]; `length` in characters. The case
    /// of letters on the list does not matter, nor does their order.
    ///
    /// # Errors
    ///
    /// [`PinPolicyError`]: the first of its kinds that applies.
    pub fn new<D>(
        length: u8,
        alphabet: PinAlphabet,
        floor: PinFloor,
        denied: impl IntoIterator<Item = D>,
    ) -> Result<Self, PinPolicyError>
    where
        D: AsRef<str>,
    {
        if !(MIN_PIN_LENGTH..=MAX_PIN_LENGTH).contains(&length) {
            return Err(PinPolicyError::Length);
        }
        let mut list = BTreeSet::new();
        for pin in denied {
            let pin = pin.as_ref();
            if !is_possible(pin) {
                return Err(PinPolicyError::Denied);
            }
            list.insert(pin.to_ascii_uppercase());
            if list.len() > MAX_DENIED_PINS {
                return Err(PinPolicyError::TooManyDenied);
            }
        }
        Ok(Self {
            length,
            alphabet,
            floor,
            denied: list,
        })
    }

    /// The length that is asked for whatever the number of users, in characters.
    pub fn length(&self) -> u8 {
        self.length
    }

    /// What PINs are made of.
    pub fn alphabet(&self) -> PinAlphabet {
        self.alphabet
    }

    /// The rule for PINs that sign in alone.
    pub fn floor(&self) -> PinFloor {
        self.floor
    }

    /// The PINs that nobody may have, ascending, in capitals.
    pub fn denied(&self) -> impl Iterator<Item = &str> {
        self.denied.iter().map(String::as_str)
    }

    /// The fewest characters a PIN may have, and how many a drawn one has: the policy's length, or
    /// the floor where the PIN signs in alone and that is more.
    ///
    /// # Errors
    ///
    /// [`PinFault::Unlearnable`] if that would be more than [`MAX_PIN_LENGTH`].
    pub fn minimum_length(&self, usage: PinUse) -> Result<u8, PinFault> {
        match usage {
            PinUse::Backing => Ok(self.length),
            PinUse::Alone { users } => self
                .floor
                .minimum_length(self.alphabet, users)
                .map(|floor| floor.max(self.length))
                .ok_or(PinFault::Unlearnable { users }),
        }
    }

    /// What the setting costs: of how many guesses at PINs of the minimum length one hits
    /// somebody, rounded down; 0 if there are more users than PINs. For a backing PIN, one user's.
    ///
    /// # Errors
    ///
    /// As [`PinPolicy::minimum_length`].
    pub fn guesses_per_hit(&self, usage: PinUse) -> Result<u64, PinFault> {
        let users = match usage {
            PinUse::Alone { users } => users.max(1),
            PinUse::Backing => 1,
        };
        let space = self.alphabet.space(self.minimum_length(usage)?);
        Ok(u64::try_from(space / u128::from(users)).unwrap_or(u64::MAX))
    }

    pub(crate) fn denies(&self, pin_in_capitals: &str) -> bool {
        self.denied.contains(pin_in_capitals)
    }
}

impl Default for PinPolicy {
    fn default() -> Self {
        Self {
            length: DEFAULT_PIN_LENGTH,
            alphabet: PinAlphabet::default(),
            floor: PinFloor::default(),
            denied: COMMON_PINS.iter().copied().map(str::to_owned).collect(),
        }
    }
}

fn is_possible(pin: &str) -> bool {
    (usize::from(MIN_PIN_LENGTH)..=usize::from(MAX_PIN_LENGTH)).contains(&pin.len())
        && pin.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

#[derive(Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
struct Fields {
    length: u8,
    alphabet: PinAlphabet,
    floor: PinFloor,
    denied: BTreeSet<String>,
}

impl Default for Fields {
    fn default() -> Self {
        PinPolicy::default().into()
    }
}

impl TryFrom<Fields> for PinPolicy {
    type Error = PinPolicyError;

    fn try_from(fields: Fields) -> Result<Self, PinPolicyError> {
        Self::new(fields.length, fields.alphabet, fields.floor, fields.denied)
    }
}

impl From<PinPolicy> for Fields {
    fn from(policy: PinPolicy) -> Self {
        let PinPolicy {
            length,
            alphabet,
            floor,
            denied,
        } = policy;
        Self {
            length,
            alphabet,
            floor,
            denied,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numeric(length: u8, floor: PinFloor) -> PinPolicy {
        PinPolicy::new(length, PinAlphabet::Numeric, floor, [""; 0]).unwrap()
    }

    #[test]
    fn bounds() {
        let full: Vec<String> = (0..MAX_DENIED_PINS).map(|n| format!("{n:04}")).collect();
        let over: Vec<String> = (0..=MAX_DENIED_PINS).map(|n| format!("{n:04}")).collect();
        let one = |pin: &str| vec![pin.to_owned()];
        // given a length and a deny list, when made a policy, then
        let table = [
            (4, vec![], Ok(())),
            (16, vec![], Ok(())),
            (3, vec![], Err(PinPolicyError::Length)),
            (17, vec![], Err(PinPolicyError::Length)),
            (0, one("x"), Err(PinPolicyError::Length)),
            (6, full.clone(), Ok(())),
            (6, [full.clone(), full].concat(), Ok(())),
            (6, over, Err(PinPolicyError::TooManyDenied)),
            (6, one("1234"), Ok(())),
            (6, one("abcd5678ABCD5678"), Ok(())),
            (6, one("123"), Err(PinPolicyError::Denied)),
            (6, one("12345678901234567"), Err(PinPolicyError::Denied)),
            (6, one("12 34"), Err(PinPolicyError::Denied)),
            (6, one("éé"), Err(PinPolicyError::Denied)),
        ];
        for (length, denied, then) in table {
            let count = denied.len();
            let policy = PinPolicy::new(length, PinAlphabet::Numeric, PinFloor::Population, denied);
            assert_eq!(policy.map(drop), then, "{length} {count}");
        }
    }

    #[test]
    fn minimum_length_is_the_longer_of_both() {
        use PinFloor::{Population, Usual};
        use PinUse::{Alone, Backing};
        let unlearnable = PinFault::Unlearnable { users: u64::MAX };
        let table = [
            (numeric(6, Population), Alone { users: 1 }, Ok(6)),
            (numeric(6, Population), Alone { users: 1_000 }, Ok(8)),
            (numeric(10, Population), Alone { users: 1_000 }, Ok(10)),
            (numeric(4, Usual), Alone { users: 999 }, Ok(4)),
            (numeric(4, Usual), Alone { users: 1_000 }, Ok(5)),
            (numeric(4, Population), Backing, Ok(4)),
            (
                numeric(16, Population),
                Alone { users: u64::MAX },
                Err(unlearnable),
            ),
            (numeric(16, Population), Backing, Ok(16)),
        ];
        for (policy, usage, then) in table {
            assert_eq!(policy.minimum_length(usage), then, "{policy:?} {usage:?}");
        }
    }

    #[test]
    fn what_a_setting_costs() {
        use PinFloor::{Population, Usual};
        use PinUse::{Alone, Backing};
        let table = [
            (numeric(4, Population), Alone { users: 1_000 }, 100_000),
            (numeric(4, Population), Alone { users: 999 }, 100_100),
            (numeric(4, Usual), Alone { users: 999 }, 10),
            (numeric(4, Usual), Alone { users: 0 }, 10_000),
            (numeric(4, Population), Backing, 10_000),
            (
                numeric(16, Population),
                Alone { users: 1 },
                10_000_000_000_000_000,
            ),
        ];
        for (policy, usage, then) in table {
            assert_eq!(
                policy.guesses_per_hit(usage),
                Ok(then),
                "{policy:?} {usage:?}"
            );
        }
        let longest =
            PinPolicy::new(16, PinAlphabet::Alphanumeric, PinFloor::Usual, [""; 0]).unwrap();
        assert_eq!(longest.guesses_per_hit(Backing), Ok(u64::MAX));
    }

    #[test]
    fn as_data() {
        let policy = PinPolicy::new(
            5,
            PinAlphabet::Alphanumeric,
            PinFloor::Usual,
            ["beef", "1212"],
        )
        .unwrap();
        let text =
            r#"{"length":5,"alphabet":"alphanumeric","floor":"usual","denied":["1212","BEEF"]}"#;
        assert_eq!(serde_json::to_string(&policy).unwrap(), text);
        assert_eq!(serde_json::from_str::<PinPolicy>(text).unwrap(), policy);

        let default = PinPolicy::default();
        assert_eq!(serde_json::from_str::<PinPolicy>("{}").unwrap(), default);
        let written = serde_json::to_string(&default).unwrap();
        assert!(written.starts_with(r#"{"length":6,"alphabet":"numeric","floor":"population","#));
        assert_eq!(
            serde_json::from_str::<PinPolicy>(&written).unwrap(),
            default
        );

        for refused in [r#"{"length":3}"#, r#"{"denied":["1"]}"#, r#"{"lenght":6}"#] {
            assert!(
                serde_json::from_str::<PinPolicy>(refused).is_err(),
                "{refused}"
            );
        }
    }
}
