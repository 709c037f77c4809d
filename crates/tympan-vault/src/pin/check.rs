//! Whether a PIN is acceptable.

use zeroize::Zeroizing;

use super::{
    fault::PinFault,
    policy::{MAX_PIN_LENGTH, PinPolicy, PinUse},
};
use crate::secret::SecretText;

/// Whether a person may have this PIN. Whether somebody already has it is for the caller to ask.
///
/// # Errors
///
/// The first [`PinFault`] that applies; never [`PinFault::Random`].
pub fn check(pin: &SecretText, policy: &PinPolicy, usage: PinUse) -> Result<(), PinFault> {
    let minimum = policy.minimum_length(usage)?;
    let length = pin.expose().chars().count();
    if length < usize::from(minimum) {
        return Err(PinFault::TooShort { minimum });
    }
    if length > usize::from(MAX_PIN_LENGTH) {
        return Err(PinFault::TooLong);
    }
    check_pattern(pin.expose(), policy)
}

/// All but the length.
pub(super) fn check_pattern(pin: &str, policy: &PinPolicy) -> Result<(), PinFault> {
    let alphabet = policy.alphabet();
    if pin
        .chars()
        .any(|character| alphabet.position(character).is_none())
    {
        return Err(PinFault::Character);
    }
    if is_run(pin, policy) {
        return Err(PinFault::ConstantStep);
    }
    let capitals = Zeroizing::new(pin.to_ascii_uppercase());
    if policy.denies(&capitals) {
        return Err(PinFault::Denied);
    }
    Ok(())
}

/// The same step all along: by value (`2468`, `ACEG`), by place in the alphabet (`89AC`, where
/// there is no `B`), or to the neighbour and round the end as on a keypad (`7890`, `1098`).
fn is_run(pin: &str, policy: &PinPolicy) -> bool {
    let alphabet = policy.alphabet();
    let size = i32::from(alphabet.size());
    let values = || {
        pin.chars()
            .map(|character| character.to_ascii_uppercase() as i32)
    };
    let places = || {
        let places = pin
            .chars()
            .filter_map(|character| alphabet.position(character));
        places.filter_map(|place| i32::try_from(place).ok())
    };
    let round = |step: i32| step.rem_euclid(size);
    let to_neighbour = |step: i32| step == 1 || step == size - 1;

    constant_step(values(), |step| step).is_some()
        || constant_step(places(), |step| step).is_some()
        || constant_step(places(), round).is_some_and(to_neighbour)
}

/// The step from each value to the next, if it is the same all along.
fn constant_step(
    mut values: impl Iterator<Item = i32>,
    measure: impl Fn(i32) -> i32,
) -> Option<i32> {
    let mut last = values.next()?;
    let mut common = None;
    for value in values {
        let step = measure(value.saturating_sub(last));
        if common.is_some_and(|common| common != step) {
            return None;
        }
        common = Some(step);
        last = value;
    }
    common
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pin::{COMMON_PINS, PinAlphabet, PinFloor};

    const ALONE: PinUse = PinUse::Alone { users: 1_000 };

    fn policy(length: u8, alphabet: PinAlphabet) -> PinPolicy {
        PinPolicy::new(length, alphabet, PinFloor::Population, ["4826", "ac26"]).unwrap()
    }

    fn checked(pin: &str, policy: &PinPolicy, usage: PinUse) -> Result<(), PinFault> {
        check(&SecretText::new(pin).unwrap(), policy, usage)
    }

    #[test]
    fn digits() {
        let four = policy(4, PinAlphabet::Numeric);
        let table = [
            ("4827", Ok(())),
            ("1123", Ok(())),
            ("1235", Ok(())),
            ("1212", Ok(())),
            ("5050", Ok(())),
            ("7891", Ok(())),
            ("1111", Err(PinFault::ConstantStep)),
            ("0000", Err(PinFault::ConstantStep)),
            ("1234", Err(PinFault::ConstantStep)),
            ("9876", Err(PinFault::ConstantStep)),
            ("2468", Err(PinFault::ConstantStep)),
            ("9630", Err(PinFault::ConstantStep)),
            ("7890", Err(PinFault::ConstantStep)),
            ("9012", Err(PinFault::ConstantStep)),
            ("2109", Err(PinFault::ConstantStep)),
            ("1234567890123456", Err(PinFault::ConstantStep)),
            ("4826", Err(PinFault::Denied)),
            ("48260", Ok(())),
            ("482a", Err(PinFault::Character)),
            ("48 7", Err(PinFault::Character)),
            ("48\u{0662}7", Err(PinFault::Character)),
            ("-482", Err(PinFault::Character)),
            ("", Err(PinFault::TooShort { minimum: 4 })),
            ("482", Err(PinFault::TooShort { minimum: 4 })),
            ("éé7", Err(PinFault::TooShort { minimum: 4 })),
            ("4827182818284590", Ok(())),
            ("48271828182845904", Err(PinFault::TooLong)),
        ];
        for (given, then) in table {
            assert_eq!(checked(given, &four, PinUse::Backing), then, "{given}");
        }
    }

    #[test]
    fn letters_and_digits() {
        let four = policy(4, PinAlphabet::Alphanumeric);
        let table = [
            ("4827", Ok(())),
            ("K7QX", Ok(())),
            ("k7qx", Ok(())),
            ("AAAA", Err(PinFault::ConstantStep)),
            ("aAaA", Err(PinFault::ConstantStep)),
            ("CDEF", Err(PinFault::ConstantStep)),
            ("ACEG", Err(PinFault::ConstantStep)),
            ("89AC", Err(PinFault::ConstantStep)),
            ("XY23", Err(PinFault::ConstantStep)),
            ("8ADF", Err(PinFault::ConstantStep)),
            ("3456", Err(PinFault::ConstantStep)),
            ("AC26", Err(PinFault::Denied)),
            ("aC26", Err(PinFault::Denied)),
            ("K0QX", Err(PinFault::Character)),
            ("K1QX", Err(PinFault::Character)),
            ("KOQX", Err(PinFault::Character)),
            ("KlQX", Err(PinFault::Character)),
        ];
        for (given, then) in table {
            assert_eq!(checked(given, &four, PinUse::Backing), then, "{given}");
        }
    }

    #[test]
    fn the_floor_is_for_those_that_sign_in_alone() {
        let four = policy(4, PinAlphabet::Numeric);
        let everybody = PinUse::Alone { users: u64::MAX };
        let unlearnable = PinFault::Unlearnable { users: u64::MAX };
        let table = [
            ("4827182", PinUse::Backing, Ok(())),
            ("4827182", ALONE, Err(PinFault::TooShort { minimum: 8 })),
            ("48271828", ALONE, Ok(())),
            ("482718281", ALONE, Ok(())),
            (
                "48271828",
                PinUse::Alone { users: 1_001 },
                Err(PinFault::TooShort { minimum: 9 }),
            ),
            ("4827182818284590", everybody, Err(unlearnable)),
        ];
        for (given, usage, then) in table {
            assert_eq!(checked(given, &four, usage), then, "{given} {usage:?}");
        }
    }

    #[test]
    fn the_first_fault_is_told() {
        let six = policy(6, PinAlphabet::Numeric);
        let short = PinFault::TooShort { minimum: 6 };
        assert_eq!(checked("a", &six, PinUse::Backing), Err(short));
        assert_eq!(
            checked("a1234567890123456", &six, PinUse::Backing),
            Err(PinFault::TooLong)
        );
        let run_on_list =
            PinPolicy::new(4, PinAlphabet::Numeric, PinFloor::Usual, ["1234"]).unwrap();
        let checked = checked("1234", &run_on_list, PinUse::Backing);
        assert_eq!(checked, Err(PinFault::ConstantStep));
    }

    /// Of all 4-digit PINs, exactly those that a slow and plain rule names are refused.
    #[test]
    fn all_four_digit_runs() {
        let four = policy(4, PinAlphabet::Numeric);
        let mut refused = 0;
        for number in 0..10_000 {
            let pin = format!("{number:04}");
            let digits: Vec<i32> = pin.bytes().map(|byte| i32::from(byte - b'0')).collect();
            let even = (-3..=3).any(|step| digits.windows(2).all(|w| w[1] - w[0] == step));
            let up = digits.windows(2).all(|w| w[1] == (w[0] + 1) % 10);
            let down = digits.windows(2).all(|w| w[0] == (w[1] + 1) % 10);
            let then = if even || up || down {
                refused += 1;
                Err(PinFault::ConstantStep)
            } else if pin == "4826" {
                Err(PinFault::Denied)
            } else {
                Ok(())
            };
            assert_eq!(checked(&pin, &four, PinUse::Backing), then, "{pin}");
        }
        // 10 of step 0, 2 × 7 of step 1, 2 × 4 of step 2, 2 × 1 of step 3, 2 × 3 round the end.
        assert_eq!(refused, 40);
    }

    #[test]
    fn the_starter_list() {
        let default = PinPolicy::default();
        assert!(COMMON_PINS.is_sorted_by_key(|pin| (pin.len(), *pin)));
        assert_eq!(default.denied().count(), COMMON_PINS.len());
        for pin in COMMON_PINS {
            assert_eq!(check_pattern(pin, &default), Err(PinFault::Denied), "{pin}");
        }
        assert_eq!(
            checked("123123", &default, PinUse::Backing),
            Err(PinFault::Denied)
        );
    }

    #[test]
    fn faults_do_not_show_the_pin() {
        let four = policy(4, PinAlphabet::Numeric);
        for pin in ["1111", "4826", "77x7", "7", "77777777777777777"] {
            let fault = checked(pin, &four, PinUse::Backing).unwrap_err();
            assert!(!format!("{fault} {fault:?}").contains(pin), "{pin}");
        }
    }
}
