//! The steps: what each takes and what it makes of it.

use regex::{Regex, RegexBuilder};
use serde::{Deserialize, Serialize};

use super::MAX_CARD;
use crate::text::is_unprintable;

/// Bits of a converted number: what the largest integer holds.
pub const MAX_BITS: u8 = 128;
/// Characters of a pattern.
pub const MAX_CARD_PATTERN: usize = 200;
/// Bytes of a compiled pattern: enough for any fixed format, too few for `.{1000}{1000}`.
const MAX_COMPILED_PATTERN: usize = 256 * 1024;

/// Upper or lower case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Case {
    /// Capitals.
    Upper,
    /// Small letters.
    Lower,
}

/// One step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case", deny_unknown_fields)]
pub enum Step {
    /// Takes control and invisible characters away, and surrounding white space.
    StripInvisible,
    /// Takes all white space away.
    StripWhitespace,
    /// Letters of ASCII become capitals or small.
    FoldCase {
        /// Which.
        to: Case,
    },
    /// A hexadecimal number becomes a decimal one. Exactly as many digits are taken and given as
    /// the largest number of so many bits has: no two reads become one.
    HexToDecimal {
        /// Bits of the number, 1 to [`MAX_BITS`].
        bits: u8,
    },
    /// A decimal number becomes a hexadecimal one, in capitals; the opposite of
    /// [`Step::HexToDecimal`].
    DecimalToHex {
        /// Bits of the number, 1 to [`MAX_BITS`].
        bits: u8,
    },
    /// The bytes of a hexadecimal number in opposite order.
    ReverseBytes,
    /// A part. Lossy.
    Substring {
        /// Its first character, counted from 0.
        from: usize,
        /// How many characters.
        length: usize,
    },
    /// Characters in front, up to a width; longer reads stay. Lossy: a dropped zero comes back.
    PadLeft {
        /// The width.
        width: usize,
        /// What is put in front: one letter or digit of ASCII.
        with: char,
    },
    /// Everything but the digits 0 to 9 goes. Lossy.
    KeepDigits,
    /// What a group of a pattern finds. Lossy.
    Regex {
        /// The pattern.
        pattern: String,
        /// The number of the group; 0 for all that was found.
        group: usize,
    },
}

impl Step {
    /// The step's name, as in the data.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::StripInvisible => "strip_invisible",
            Self::StripWhitespace => "strip_whitespace",
            Self::FoldCase { .. } => "fold_case",
            Self::HexToDecimal { .. } => "hex_to_decimal",
            Self::DecimalToHex { .. } => "decimal_to_hex",
            Self::ReverseBytes => "reverse_bytes",
            Self::Substring { .. } => "substring",
            Self::PadLeft { .. } => "pad_left",
            Self::KeepDigits => "keep_digits",
            Self::Regex { .. } => "regex",
        }
    }

    /// Whether reads of two different cards may become one. Check it against the cards there are
    /// before such a step is used.
    #[must_use]
    pub fn is_lossy(&self) -> bool {
        matches!(
            self,
            Self::Substring { .. } | Self::PadLeft { .. } | Self::KeepDigits | Self::Regex { .. }
        )
    }
}

/// Checks a step's numbers; compiles its pattern.
pub(super) fn compile(step: &Step) -> Result<Option<Regex>, String> {
    match step {
        Step::HexToDecimal { bits } | Step::DecimalToHex { bits } => {
            if !(1..=MAX_BITS).contains(bits) {
                return Err(format!("`bits` is not between 1 and {MAX_BITS}"));
            }
        }
        Step::Substring { from, length } => {
            let end = from.saturating_add(*length);
            if *length == 0 || end > MAX_CARD {
                return Err(format!(
                    "the part is empty or ends behind character {MAX_CARD}"
                ));
            }
        }
        Step::PadLeft { width, with } => {
            if !(1..=MAX_CARD).contains(width) || !with.is_ascii_alphanumeric() {
                return Err(format!(
                    "`width` is not between 1 and {MAX_CARD}, or `with` is no letter or digit"
                ));
            }
        }
        Step::Regex { pattern, group } => return pattern_of(pattern, *group).map(Some),
        Step::StripInvisible
        | Step::StripWhitespace
        | Step::FoldCase { .. }
        | Step::ReverseBytes
        | Step::KeepDigits => {}
    }
    Ok(None)
}

fn pattern_of(pattern: &str, group: usize) -> Result<Regex, String> {
    if pattern.is_empty() || pattern.chars().nth(MAX_CARD_PATTERN).is_some() {
        return Err(format!(
            "the pattern is empty or longer than {MAX_CARD_PATTERN} characters"
        ));
    }
    let compiled = RegexBuilder::new(pattern)
        .size_limit(MAX_COMPILED_PATTERN)
        .dfa_size_limit(MAX_COMPILED_PATTERN)
        .build()
        .map_err(|_| "the pattern is not a regular expression, or too large".to_owned())?;
    if group >= compiled.captures_len() {
        return Err(format!("the pattern has no group {group}"));
    }
    Ok(compiled)
}

/// What a step makes of a text; none if the text does not have the form that it takes.
pub(super) fn take(step: &Step, pattern: Option<&Regex>, mut text: String) -> Option<String> {
    Some(match step {
        // Of most reads there is nothing to strip.
        Step::StripInvisible if text.bytes().all(|byte| byte.is_ascii_graphic()) => text,
        Step::StripInvisible => {
            text.retain(|symbol| !is_unprintable(symbol));
            text.truncate(text.trim_end().len());
            text.drain(..text.len() - text.trim_start().len());
            text
        }
        Step::StripWhitespace => {
            text.retain(|symbol| !symbol.is_whitespace());
            text
        }
        Step::FoldCase { to: Case::Upper } => {
            text.make_ascii_uppercase();
            text
        }
        Step::FoldCase { to: Case::Lower } => {
            text.make_ascii_lowercase();
            text
        }
        Step::HexToDecimal { bits } => {
            let number = number(&text, 16, hex_width(*bits), *bits)?;
            let width = decimal_width(*bits);
            format!("{number:0width$}")
        }
        Step::DecimalToHex { bits } => {
            let number = number(&text, 10, decimal_width(*bits), *bits)?;
            let width = hex_width(*bits);
            format!("{number:0width$X}")
        }
        Step::ReverseBytes => reversed(&text)?,
        Step::Substring { from, length } => {
            let part: String = text.chars().skip(*from).take(*length).collect();
            (part.chars().count() == *length).then_some(part)?
        }
        Step::PadLeft { width, with } => {
            let missing = width.saturating_sub(text.chars().count());
            let mut padded: String = std::iter::repeat_n(*with, missing).collect();
            padded.push_str(&text);
            padded
        }
        Step::KeepDigits => text.chars().filter(char::is_ascii_digit).collect(),
        Step::Regex { group, .. } => {
            let found = pattern?.captures(&text)?;
            found.get(*group)?.as_str().to_owned()
        }
    })
}

/// A number of exactly so many digits that fits into so many bits.
fn number(text: &str, radix: u32, width: usize, bits: u8) -> Option<u128> {
    if text.len() != width {
        return None;
    }
    let mut number: u128 = 0;
    for symbol in text.chars() {
        let digit = u128::from(symbol.to_digit(radix)?);
        number = number.checked_mul(u128::from(radix))?.checked_add(digit)?;
    }
    (number <= largest(bits)).then_some(number)
}

/// The largest number of so many bits.
pub(super) fn largest(bits: u8) -> u128 {
    let unused = u32::from(MAX_BITS.saturating_sub(bits));
    u128::MAX.checked_shr(unused).unwrap_or(0)
}

pub(super) fn hex_width(bits: u8) -> usize {
    usize::from(bits).div_ceil(4)
}

fn decimal_width(bits: u8) -> usize {
    let digits = largest(bits).checked_ilog10().unwrap_or(0) + 1;
    usize::try_from(digits).unwrap_or(usize::MAX)
}

fn reversed(text: &str) -> Option<String> {
    let is_hex = text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !is_hex || text.is_empty() {
        return None;
    }
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    let digits = pairs.iter().rev().flatten();
    Some(digits.map(|digit| char::from(*digit)).collect())
}
