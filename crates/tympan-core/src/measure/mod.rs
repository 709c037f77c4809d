//! What is counted, and in which unit.

mod custom;

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::error::{Code, Error};
use crate::row::{Cell, CellKind, Field};
use crate::text::excerpt;

pub use custom::{CustomMeasure, MAX_CUSTOM_NAME};

/// A currency of ISO 4217, by its code. Amounts of money are micros of its major unit.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency([u8; 3]);

impl Currency {
    /// The euro.
    pub const EUR: Self = Self(*b"EUR");

    /// The currency with this code, for example `EUR`.
    ///
    /// # Errors
    /// `unknown_currency`.
    pub fn parse(code: &str) -> Result<Self, Error> {
        let unknown = || {
            let shown = excerpt(code);
            Error::new(
                Code::UnknownCurrency,
                format!("there is no currency `{shown}` in ISO 4217"),
            )
        };
        iso_currency::Currency::from_code(code).ok_or_else(unknown)?;
        code.as_bytes().try_into().map(Self).map_err(|_| unknown())
    }

    /// Its number in ISO 4217.
    #[must_use]
    pub fn number(&self) -> i64 {
        if *self == Self::EUR {
            return 978;
        }
        iso_currency::Currency::from_code(self.code())
            .map_or(999, |known| i64::from(known.numeric()))
    }

    /// Its code.
    #[must_use]
    pub fn code(&self) -> &str {
        // Only codes of ISO 4217 get in, and those are letters of ASCII.
        std::str::from_utf8(&self.0).unwrap_or("XXX")
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.code())
    }
}

/// What is counted, in the order in which a job is looked at. Counts are whole units; cost is micros
/// of the currency's major unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Measure {
    /// Pages, those in colour and blank ones included.
    TotalPages,
    /// Pages in colour.
    ColourPages,
    /// Pages in one colour.
    MonoPages,
    /// Pieces of paper.
    Sheets,
    /// Sides of paper as the device counts them.
    Impressions,
    /// Jobs.
    Jobs,
    /// Scanned images.
    Scans,
    /// Pages sent or received by fax.
    Faxes,
    /// Printed area in square millimetres.
    Area,
    /// Length of printed roll or web in millimetres.
    Length,
    /// Data in units of 1024 octets.
    Kilobytes,
    /// Points of a scheme of the host's.
    Points,
    /// Something else that the host counts.
    Custom(CustomMeasure),
    /// Money.
    Cost(Currency),
}

/// Measures that a word names.
const WORDS: [(Measure, &str); 12] = [
    (Measure::TotalPages, "total_pages"),
    (Measure::ColourPages, "colour_pages"),
    (Measure::MonoPages, "mono_pages"),
    (Measure::Sheets, "sheets"),
    (Measure::Impressions, "impressions"),
    (Measure::Jobs, "jobs"),
    (Measure::Scans, "scans"),
    (Measure::Faxes, "faxes"),
    (Measure::Area, "area"),
    (Measure::Length, "length"),
    (Measure::Kilobytes, "kilobytes"),
    (Measure::Points, "points"),
];

impl Measure {
    /// The word for it; `cost:EUR` for money, `custom:staples` for a custom measure.
    #[must_use]
    pub fn name(&self) -> Cow<'static, str> {
        match self {
            Self::Cost(currency) => Cow::Owned(format!("cost:{}", currency.code())),
            Self::Custom(custom) => Cow::Owned(format!("custom:{custom}")),
            counted => Cow::Borrowed(counted.word()),
        }
    }

    /// The word for what has no name of its own besides.
    fn word(&self) -> &'static str {
        let known = WORDS.iter().find(|(measure, _)| measure == self);
        known.map_or("", |(_, word)| word)
    }

    /// An amount of it as people read it: `12 colour pages`, `-7.0325 EUR`, `8.00 EUR`.
    #[must_use]
    pub fn amount(&self, amount: i64) -> String {
        let number = self.number(amount);
        match self {
            Self::Cost(currency) => format!("{number} {}", currency.code()),
            Self::Custom(custom) => format!("{number} {}", custom.name().replace('_', " ")),
            Self::Area => format!("{number} mm²"),
            Self::Length => format!("{number} mm"),
            counted => format!("{number} {}", counted.word().replace('_', " ")),
        }
    }

    /// What an amount is a number of: the word of what is counted, or the code of a currency.
    #[must_use]
    pub fn unit(&self) -> Cow<'static, str> {
        match self {
            Self::Cost(currency) => Cow::Owned(currency.code().to_owned()),
            counted => counted.name(),
        }
    }

    /// An amount as an exact decimal of its unit: `12`, `-7.0325`, `8.00`.
    #[must_use]
    pub fn number(&self, amount: i64) -> String {
        if !matches!(self, Self::Cost(_)) {
            return amount.to_string();
        }
        let sign = if amount < 0 { "-" } else { "" };
        let (whole, micros) = (
            amount.unsigned_abs() / 1_000_000,
            amount.unsigned_abs() % 1_000_000,
        );
        let micros = format!("{micros:06}");
        let (cents, rest) = micros.split_at(2);
        let rest = rest.trim_end_matches('0');
        format!("{sign}{whole}.{cents}{rest}")
    }

    /// The measure that a word names.
    ///
    /// # Errors
    /// `invalid_value` for `measure`, `unknown_currency`.
    pub fn parse(name: &str) -> Result<Self, Error> {
        if let Some((measure, _)) = WORDS.iter().find(|(_, word)| *word == name) {
            return Ok(*measure);
        }
        match name.split_once(':') {
            Some(("cost", code)) => Currency::parse(code).map(Self::Cost),
            Some(("custom", custom)) => CustomMeasure::parse(custom)
                .map(Self::Custom)
                .map_err(|error| error.with("field", "measure")),
            _ => {
                let (shown, words) = (excerpt(name), WORDS.map(|(_, word)| word).join(", "));
                let message = format!(
                    "there is no measure `{shown}`: it is one of {words}, cost: and a currency, or custom: and a name"
                );
                Err(Error::new(Code::InvalidValue, message).with("field", "measure"))
            }
        }
    }
}

impl Field for Measure {
    const KIND: CellKind = CellKind::Text;
    fn cell(&self) -> Cell<'_> {
        Cell::Text(self.name())
    }
    fn from_cell(cell: Cell<'_>) -> Option<Self> {
        match cell {
            // The commonest first: parsing runs for every wallet that is loaded.
            Cell::Text(name) if name == "cost:EUR" => Some(Self::Cost(Currency::EUR)),
            Cell::Text(name) => Self::parse(&name).ok(),
            _ => None,
        }
    }
}

impl Field for Currency {
    const KIND: CellKind = CellKind::Text;
    fn cell(&self) -> Cell<'_> {
        Cell::Text(Cow::Borrowed(self.code()))
    }
    fn from_cell(cell: Cell<'_>) -> Option<Self> {
        match cell {
            Cell::Text(code) => Self::parse(&code).ok(),
            _ => None,
        }
    }
}

macro_rules! as_text {
    ($name:ident, $text:ident) => {
        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.$text())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                Self::parse(&text).map_err(serde::de::Error::custom)
            }
        }
    };
}

as_text!(Currency, code);
as_text!(Measure, name);

#[cfg(test)]
mod tests {
    use super::*;

    fn custom(name: &str) -> Measure {
        Measure::Custom(CustomMeasure::parse(name).unwrap())
    }

    #[test]
    fn measures_are_small_values() {
        assert!(size_of::<Measure>() <= 25);
    }

    #[test]
    fn amounts_are_shown_as_people_read_them() {
        let euros = Measure::Cost(Currency::EUR);
        for (measure, amount, text) in [
            (euros, 8_000_000, "8.00 EUR"),
            (euros, -7_032_500, "-7.0325 EUR"),
            (euros, -1, "-0.000001 EUR"),
            (euros, i64::MIN, "-9223372036854.775808 EUR"),
            (Measure::ColourPages, 12, "12 colour pages"),
            (Measure::Area, 62_370, "62370 mm²"),
            (Measure::Length, -297, "-297 mm"),
            (custom("brass_staples"), 2, "2 brass staples"),
        ] {
            assert_eq!(measure.amount(amount), text);
        }
    }

    #[test]
    fn measures_read_back() {
        let named = [Measure::Cost(Currency::EUR), custom("staples")];
        for measure in WORDS.iter().map(|(measure, _)| *measure).chain(named) {
            assert_eq!(Measure::parse(&measure.name()), Ok(measure));
            let cell = measure.cell().into_owned();
            assert_eq!(Measure::from_cell(cell), Some(measure));
        }
        assert_eq!(
            Measure::parse("cost:EUX").unwrap_err().code(),
            Code::UnknownCurrency
        );
        assert_eq!(
            Currency::parse("eur").unwrap_err().code(),
            Code::UnknownCurrency
        );
        for wrong in [
            "", "pages", "custom", "custom:", "custom:A", "Jobs", "jobs:EUR",
        ] {
            let error = Measure::parse(wrong).unwrap_err();
            let field = error.details().get("field").map(String::as_str);
            assert_eq!((error.code(), field), (Code::InvalidValue, Some("measure")));
        }
    }
}
