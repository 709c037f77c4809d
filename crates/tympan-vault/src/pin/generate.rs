//! Drawing a PIN.

use zeroize::Zeroizing;

use super::{
    alphabet::PinAlphabet,
    check::check_pattern,
    fault::PinFault,
    policy::{MAX_PIN_LENGTH, PinPolicy, PinUse},
};
use crate::{
    random::{RandomError, RandomSource},
    secret::SecretText,
};

/// Tries before the random source is taken for broken. At worst (4 digits and a full deny list)
/// half of all PINs are refused, so that an honest source fails once in 2^120.
const MAX_TRIES: usize = 128;

/// Random bytes for one try: four times the characters of the longest PIN, where one byte in
/// twenty is of no use.
const BYTES_PER_TRY: usize = 4 * MAX_PIN_LENGTH as usize;

/// Draws a PIN of the minimum length, each acceptable one as likely as any other. A PIN is drawn
/// as a whole again until [`check()`](super::check()) accepts it; whether somebody already has it
/// is for the caller to ask, and to draw again.
///
/// # Errors
///
/// [`PinFault::Unlearnable`] if there are too many users, [`PinFault::Random`] if the source fails
/// or what it gives cannot be random.
pub fn generate(
    policy: &PinPolicy,
    usage: PinUse,
    random: &mut dyn RandomSource,
) -> Result<SecretText, PinFault> {
    let length = usize::from(policy.minimum_length(usage)?);
    let mut bytes = Zeroizing::new([0; BYTES_PER_TRY]);
    for _ in 0..MAX_TRIES {
        random.fill(bytes.as_mut_slice())?;
        let drawn = draw(policy.alphabet(), length, bytes.as_slice());
        if let Some(pin) = drawn.filter(|pin| check_pattern(pin, policy).is_ok()) {
            return Ok(SecretText::within_bounds(pin));
        }
    }
    Err(PinFault::Random(RandomError))
}

/// The characters that the first bytes of use stand for; nothing if there are too few of them.
fn draw(alphabet: PinAlphabet, length: usize, bytes: &[u8]) -> Option<Zeroizing<String>> {
    let mut pin = Zeroizing::new(String::with_capacity(length));
    for character in bytes
        .iter()
        .filter_map(|byte| alphabet.draw(*byte))
        .take(length)
    {
        pin.push(character);
    }
    (pin.len() == length).then_some(pin)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::{
        pin::{PinFloor, check},
        testing::{Seeded, broken},
    };

    const BACKING: PinUse = PinUse::Backing;

    fn without_list(length: u8, alphabet: PinAlphabet) -> PinPolicy {
        PinPolicy::new(length, alphabet, PinFloor::Usual, [""; 0]).unwrap()
    }

    /// Σ (count − expected)² / expected over `cells` cells, as a whole number.
    fn chi_square(counts: impl Iterator<Item = u64>, draws: u64, cells: u64) -> u64 {
        let squares: u64 = counts
            .map(|count| (count * cells).abs_diff(draws))
            .map(|difference| difference * difference)
            .sum();
        squares / (draws * cells)
    }

    #[test]
    fn length_follows_the_number_of_users() {
        let policy = PinPolicy::default();
        let mut random = Seeded::new(1);
        let table = [
            (BACKING, 6),
            (PinUse::Alone { users: 10 }, 6),
            (PinUse::Alone { users: 1_000 }, 8),
            (
                PinUse::Alone {
                    users: 100_000_000_000,
                },
                16,
            ),
        ];
        for (usage, then) in table {
            let pin = generate(&policy, usage, &mut random).unwrap();
            assert_eq!(pin.expose().len(), then, "{usage:?}");
        }
        let users = u64::MAX;
        let refused = generate(&policy, PinUse::Alone { users }, &mut random);
        assert_eq!(refused, Err(PinFault::Unlearnable { users }));
    }

    #[test]
    fn a_broken_source_is_found_out() {
        let policy = PinPolicy::default();
        let stuck = |value: u8| {
            move |out: &mut [u8]| {
                out.fill(value);
                Ok(())
            }
        };
        let failed = Err(PinFault::Random(RandomError));
        assert_eq!(generate(&policy, BACKING, &mut broken), failed);
        assert_eq!(generate(&policy, BACKING, &mut stuck(0)), failed);
        assert_eq!(generate(&policy, BACKING, &mut stuck(255)), failed);
    }

    /// With half of all PINs denied, the other half is still drawn, and nothing else.
    #[test]
    fn a_full_deny_list_leaves_enough() {
        let denied: Vec<String> = (0..5_000).map(|n| format!("{n:04}")).collect();
        let policy = PinPolicy::new(4, PinAlphabet::Numeric, PinFloor::Usual, denied).unwrap();
        let mut random = Seeded::new(2);
        for _ in 0..1_000 {
            let pin = generate(&policy, BACKING, &mut random).unwrap();
            assert!(pin.expose() >= "5000", "a denied one was drawn");
        }
    }

    /// The characters at every place are evenly spread. The limits are those that an honest
    /// generator exceeds once in a million (9 and 26 degrees of freedom); the seed is fixed.
    #[test]
    fn characters_are_evenly_spread() {
        const DRAWS: u64 = 50_000;
        for (alphabet, limit) in [(PinAlphabet::Numeric, 47), (PinAlphabet::Alphanumeric, 79)] {
            let policy = without_list(8, alphabet);
            let mut random = Seeded::new(3);
            let mut counts = vec![BTreeMap::<char, u64>::new(); 8];
            for _ in 0..DRAWS {
                let pin = generate(&policy, BACKING, &mut random).unwrap();
                for (place, character) in counts.iter_mut().zip(pin.expose().chars()) {
                    *place.entry(character).or_default() += 1;
                }
            }
            for place in counts {
                assert_eq!(place.len(), usize::from(alphabet.size()));
                let spread = chi_square(place.into_values(), DRAWS, u64::from(alphabet.size()));
                assert!(spread <= limit, "{alphabet:?} {spread}");
            }
        }
    }

    /// All acceptable 4-digit PINs are drawn, about equally often, and no other.
    #[test]
    fn pins_are_evenly_spread() {
        const DRAWS: u64 = 400_000;
        let policy = PinPolicy::new(4, PinAlphabet::Numeric, PinFloor::Usual, ["4826"]).unwrap();
        let acceptable: Vec<String> = (0..10_000)
            .map(|number| format!("{number:04}"))
            .filter(|pin| check_pattern(pin, &policy).is_ok())
            .collect();
        let cells = acceptable.len() as u64;
        assert_eq!(cells, 10_000 - 40 - 1);

        let mut random = Seeded::new(4);
        let mut counts: BTreeMap<String, u64> =
            acceptable.into_iter().map(|pin| (pin, 0)).collect();
        for _ in 0..DRAWS {
            let pin = generate(&policy, BACKING, &mut random).unwrap();
            *counts.get_mut(pin.expose()).unwrap() += 1;
        }
        assert!(counts.values().all(|count| *count > 0));
        // 9,958 degrees of freedom: mean 9,958, standard deviation 141; five of them either way.
        let spread = chi_square(counts.into_values(), DRAWS, cells);
        assert!((9_253..=10_663).contains(&spread), "{spread}");
    }

    proptest! {
        #[test]
        fn what_is_drawn_is_accepted(
            length in 4_u8..=16,
            letters in any::<bool>(),
            usual in any::<bool>(),
            users in prop_oneof![Just(None), (0_u64..1_000_000).prop_map(Some)],
            denied in prop::collection::vec("[0-9]{4,6}", 0..50),
            seed in any::<u64>(),
        ) {
            let alphabet =
                if letters { PinAlphabet::Alphanumeric } else { PinAlphabet::Numeric };
            let floor = if usual { PinFloor::Usual } else { PinFloor::Population };
            let usage = users.map_or(BACKING, |users| PinUse::Alone { users });
            let policy = PinPolicy::new(length, alphabet, floor, denied).unwrap();

            let pin = generate(&policy, usage, &mut Seeded::new(seed)).unwrap();
            prop_assert_eq!(check(&pin, &policy, usage), Ok(()));
            prop_assert_eq!(pin.expose().len(), usize::from(policy.minimum_length(usage).unwrap()));
            prop_assert!(pin.expose().chars().all(|c| alphabet.characters().contains(c)));
        }
    }
}
