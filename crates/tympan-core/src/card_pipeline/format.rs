//! The format that a value must have in the end.

use serde::{Deserialize, Serialize};

use super::{MAX_CARD, invalid, unfit};
use crate::error::Error;

/// What a card's value may consist of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CardAlphabet {
    /// 0 to 9.
    Digits,
    /// 0 to 9 and A to F in either case.
    Hex,
    /// Letters and digits of ASCII.
    Alphanumeric,
}

/// A check within the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CardCheck {
    /// The last digit is Luhn's, as on bank cards: finds every single wrong digit.
    Luhn,
}

/// The format that the last step must have yielded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CardFormat {
    /// At least so many characters; give the same number twice where the length is fixed.
    pub min_length: usize,
    /// At most so many characters.
    pub max_length: usize,
    /// Which characters.
    pub alphabet: CardAlphabet,
    /// The facility code: what the value begins with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub facility_code: Option<String>,
    /// The check that the value must pass.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check: Option<CardCheck>,
}

pub(super) fn check_format(format: &CardFormat) -> Result<(), Error> {
    if format.min_length == 0
        || format.min_length > format.max_length
        || format.max_length > MAX_CARD
    {
        return Err(invalid(format!(
            "the lengths are not in order between 1 and {MAX_CARD}"
        )));
    }
    let fits_alphabet = |code: &String| {
        !code.is_empty() && code.len() <= format.max_length && in_alphabet(format.alphabet, code)
    };
    if !format.facility_code.as_ref().is_none_or(fits_alphabet) {
        return Err(invalid("no value can begin with the facility code"));
    }
    if format.check == Some(CardCheck::Luhn) && format.alphabet != CardAlphabet::Digits {
        return Err(invalid("only digits can be checked"));
    }
    Ok(())
}

pub(super) fn fits(format: &CardFormat, text: &str) -> Result<(), Error> {
    let length = text.chars().count();
    if !(format.min_length..=format.max_length).contains(&length) {
        return Err(unfit(format!(
            "the value has `{length}` characters, not `{}` to `{}`",
            format.min_length, format.max_length
        ))
        .with("length", length)
        .with("minimum", format.min_length)
        .with("maximum", format.max_length));
    }
    if !in_alphabet(format.alphabet, text) {
        return Err(unfit(
            "the value has a character that the format does not have",
        ));
    }
    let facility = format.facility_code.as_deref().unwrap_or_default();
    if !text.starts_with(facility) {
        return Err(unfit("the value does not begin with the facility code"));
    }
    if format.check == Some(CardCheck::Luhn) && !passes_luhn(text) {
        return Err(unfit("the check digit is wrong"));
    }
    Ok(())
}

fn in_alphabet(alphabet: CardAlphabet, text: &str) -> bool {
    text.bytes().all(|byte| match alphabet {
        CardAlphabet::Digits => byte.is_ascii_digit(),
        CardAlphabet::Hex => byte.is_ascii_hexdigit(),
        CardAlphabet::Alphanumeric => byte.is_ascii_alphanumeric(),
    })
}

fn passes_luhn(digits: &str) -> bool {
    let sum: u32 = digits
        .chars()
        .rev()
        .filter_map(|digit| digit.to_digit(10))
        .enumerate()
        .map(|(place, digit)| match place % 2 {
            0 => digit,
            _ if digit > 4 => digit * 2 - 9,
            _ => digit * 2,
        })
        .sum();
    digits.len() > 1 && sum.is_multiple_of(10)
}
