//! What is counted, and in which unit.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::error::{Code, Error};
use crate::row::{Cell, CellKind, Field};
use crate::text::excerpt;

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

/// What is counted. Counts are whole units; cost is micros of the currency's major unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Measure {
    /// Printed sides with any toner on them or not.
    TotalPages,
    /// Sides in colour.
    ColourPages,
    /// Sides in one colour.
    MonoPages,
    /// Pieces of paper.
    Sheets,
    /// Sides times copies as the device counts them.
    Impressions,
    /// Jobs.
    Jobs,
    /// Money.
    Cost(Currency),
}

impl Measure {
    /// The word for it; `cost:EUR` for money.
    #[must_use]
    pub fn name(&self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::TotalPages => "total_pages",
            Self::ColourPages => "colour_pages",
            Self::MonoPages => "mono_pages",
            Self::Sheets => "sheets",
            Self::Impressions => "impressions",
            Self::Jobs => "jobs",
            Self::Cost(currency) => return Cow::Owned(format!("cost:{}", currency.code())),
        })
    }

    /// An amount of it as people read it: `12 colour pages`, `-7.0325 EUR`, `8.00 EUR`.
    #[must_use]
    pub fn amount(&self, amount: i64) -> String {
        format!("{} {}", self.number(amount), self.unit().replace('_', " "))
    }

    /// What an amount is a number of: a currency's major unit, or what is counted.
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
    /// `invalid_value`, `unknown_currency`.
    pub fn parse(name: &str) -> Result<Self, Error> {
        Ok(match name {
            "total_pages" => Self::TotalPages,
            "colour_pages" => Self::ColourPages,
            "mono_pages" => Self::MonoPages,
            "sheets" => Self::Sheets,
            "impressions" => Self::Impressions,
            "jobs" => Self::Jobs,
            name => match name.strip_prefix("cost:") {
                Some(code) => Self::Cost(Currency::parse(code)?),
                None => {
                    let shown = excerpt(name);
                    let message = format!("there is no measure `{shown}`");
                    return Err(Error::new(Code::InvalidValue, message));
                }
            },
        })
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

    #[test]
    fn amounts_are_shown_as_people_read_them() {
        let euros = Measure::Cost(Currency::EUR);
        for (measure, amount, text) in [
            (euros, 8_000_000, "8.00 EUR"),
            (euros, -7_032_500, "-7.0325 EUR"),
            (euros, -1, "-0.000001 EUR"),
            (euros, i64::MIN, "-9223372036854.775808 EUR"),
            (Measure::ColourPages, 12, "12 colour pages"),
        ] {
            assert_eq!(measure.amount(amount), text);
        }
    }

    #[test]
    fn measures_read_back() {
        for measure in [
            Measure::TotalPages,
            Measure::Jobs,
            Measure::Cost(Currency::EUR),
        ] {
            assert_eq!(Measure::parse(&measure.name()), Ok(measure));
        }
        assert_eq!(
            Measure::parse("cost:EUX").unwrap_err().code(),
            Code::UnknownCurrency
        );
        assert_eq!(
            Currency::parse("eur").unwrap_err().code(),
            Code::UnknownCurrency
        );
        assert!(Measure::parse("pages").is_err());
    }
}
