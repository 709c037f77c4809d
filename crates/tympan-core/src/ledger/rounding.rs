//! How the cost of a job is rounded: once, when all its parts are added.

use std::fmt;

use crate::error::{Code, Error};
use crate::row::{by_text, words};
use crate::text::excerpt;

/// The largest unit that a cost is rounded to: a thousand of the currency's major unit.
pub const MAX_ROUNDING_MICROS: i64 = 1_000_000_000;

words! {
    /// Where an amount between two multiples of the unit goes.
    pub enum RoundingMode {
        /// To the nearest; from the middle up.
        HalfUp = "half_up",
        /// To the nearest; from the middle to the even multiple, so that errors even out.
        HalfEven = "half_even",
        /// Up, whatever is beyond a multiple.
        Up = "up",
    }
}

/// To which multiples a cost is rounded, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rounding {
    mode: RoundingMode,
    unit_micros: i64,
}

impl Rounding {
    /// To the nearest micro, from the middle up.
    pub const MICRO: Self = Self {
        mode: RoundingMode::HalfUp,
        unit_micros: 1,
    };

    /// To multiples of so many micros: 10,000 are a cent.
    ///
    /// # Errors
    /// `invalid_value` unless the unit is 1 to 1,000,000,000.
    pub fn to(unit_micros: i64, mode: RoundingMode) -> Result<Self, Error> {
        if !(1..=MAX_ROUNDING_MICROS).contains(&unit_micros) {
            let message = format!("the unit is not between 1 and {MAX_ROUNDING_MICROS} micros");
            return Err(Error::new(Code::InvalidValue, message).with("field", "rounding"));
        }
        Ok(Self { mode, unit_micros })
    }

    /// Where amounts between two multiples go.
    #[must_use]
    pub fn mode(&self) -> RoundingMode {
        self.mode
    }

    /// The unit.
    #[must_use]
    pub fn unit_micros(&self) -> i64 {
        self.unit_micros
    }

    /// A rounding as it is written: `half_up:10000`.
    ///
    /// # Errors
    /// `invalid_value`.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let unknown = || {
            let message = format!("there is no rounding `{}`", excerpt(text));
            Error::new(Code::InvalidValue, message).with("field", "rounding")
        };
        let (mode, unit) = text.split_once(':').ok_or_else(unknown)?;
        let mode = RoundingMode::from_text(mode).ok_or_else(unknown)?;
        let rounding = Self::to(unit.parse().map_err(|_| unknown())?, mode)?;
        // One text for each rounding.
        (rounding.to_string() == text)
            .then_some(rounding)
            .ok_or_else(unknown)
    }

    /// A part of micros that is not negative, rounded; none if it does not fit.
    pub(super) fn round(&self, numerator: i128, denominator: i128) -> Option<i64> {
        let unit = i128::from(self.unit_micros);
        let whole = denominator.checked_mul(unit)?;
        let (multiples, rest) = (numerator.checked_div(whole)?, numerator.checked_rem(whole)?);
        let twice = rest.checked_mul(2)?;
        let goes_up = match self.mode {
            RoundingMode::HalfUp => twice >= whole,
            RoundingMode::HalfEven => twice > whole || (twice == whole && multiples % 2 == 1),
            RoundingMode::Up => rest > 0,
        };
        let multiples = multiples.checked_add(i128::from(goes_up))?;
        i64::try_from(multiples.checked_mul(unit)?).ok()
    }
}

impl Default for Rounding {
    fn default() -> Self {
        Self::MICRO
    }
}

impl fmt::Display for Rounding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.mode.as_str(), self.unit_micros)
    }
}

by_text!(Rounding);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cost_is_rounded_as_the_list_says() {
        use RoundingMode::*;
        let table = [
            // Quarters of micros, to the micro.
            (1, HalfUp, 4, [0, 0, 1, 1, 1]),
            (1, HalfEven, 4, [0, 0, 0, 1, 1]),
            (1, Up, 4, [0, 1, 1, 1, 1]),
        ];
        for (unit, mode, of, expected) in table {
            let rounding = Rounding::to(unit, mode).unwrap();
            for (part, expected) in (0..).zip(expected) {
                assert_eq!(
                    rounding.round(part, of),
                    Some(expected),
                    "{mode:?} {part}/{of}"
                );
            }
        }
        let cases = [
            (10_000, HalfUp, 4_999, 0),
            (10_000, HalfUp, 5_000, 10_000),
            (10_000, HalfEven, 5_000, 0),
            (10_000, HalfEven, 15_000, 20_000),
            (10_000, HalfEven, 25_000, 20_000),
            (10_000, HalfEven, 25_001, 30_000),
            (10_000, Up, 20_000, 20_000),
            (10_000, Up, 20_001, 30_000),
        ];
        for (unit, mode, micros, expected) in cases {
            let rounding = Rounding::to(unit, mode).unwrap();
            assert_eq!(
                rounding.round(micros, 1),
                Some(expected),
                "{mode:?} {micros}"
            );
        }
        let most = i128::from(i64::MAX);
        assert_eq!(Rounding::MICRO.round(most, 1), Some(i64::MAX));
        assert_eq!(Rounding::MICRO.round(2 * most + 1, 2), None);
        assert_eq!(Rounding::to(1_000, Up).unwrap().round(most, 1), None);
        assert_eq!(Rounding::MICRO.round(i128::MAX, 1), None);
    }

    #[test]
    fn roundings_read_back() {
        for text in ["half_up:1", "half_even:10000", "up:1000000000"] {
            assert_eq!(Rounding::parse(text).unwrap().to_string(), text);
        }
        for text in [
            "",
            "up",
            "up:",
            "up:0",
            "up:-1",
            "up:+1",
            "up:01",
            "down:1",
            "up:1000000001",
            "UP:1",
        ] {
            let refused = Rounding::parse(text).unwrap_err();
            assert_eq!(refused.code(), Code::InvalidValue, "{text}");
        }
    }
}
