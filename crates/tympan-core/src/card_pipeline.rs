//! How a card's number becomes the value that is stored and looked up: steps as data on the tenant.
//!
//! The same card is read as hexadecimal by one reader and as decimal, byte-swapped or padded by
//! another. Every read passes the same steps, when it is stored and when it is looked up, and must
//! then have the format that the pipeline says it yields. A read that does not fit is an error: it
//! is never looked up, for a dropped digit may be somebody else's card.

use regex::{Regex, RegexBuilder};
use serde::{Deserialize, Serialize};

use crate::error::{Code, Error};
use crate::text::is_unprintable;

/// Steps of one pipeline: conversions seen in the field take three or four.
pub const MAX_STEPS: usize = 20;
/// Characters of a read, and of what any step makes of it: as any identity's value.
pub const MAX_CARD: usize = crate::text::MAX_VALUE;
/// Bits of a converted number: what the largest integer holds.
pub const MAX_BITS: u8 = 128;
/// Characters of a pattern.
pub const MAX_CARD_PATTERN: usize = 200;
/// Bytes of a compiled pattern: enough for any fixed format, too few for `.{1000}{1000}`.
const MAX_COMPILED_PATTERN: usize = 256 * 1024;
/// Bytes of a pipeline as JSON.
const MAX_JSON: usize = 16 * 1024;

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

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Data {
    steps: Vec<Step>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    yields: Option<CardFormat>,
}

/// Steps and the format that they yield, ready to be applied.
#[derive(Clone, Debug)]
pub struct CardPipeline {
    data: Data,
    /// The compiled pattern of each step; none for a step without one.
    patterns: Vec<Option<Regex>>,
}

/// What became of a read, step by step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardPreview {
    /// Each step that was taken, and what it made of the read.
    pub steps: Vec<(&'static str, String)>,
    /// The value, or why the read is refused.
    pub outcome: Result<String, Error>,
}

impl Default for CardPipeline {
    /// Strips, makes capitals, and yields 1 to 64 letters and digits.
    fn default() -> Self {
        Self {
            data: Data {
                steps: vec![Step::StripInvisible, Step::FoldCase { to: Case::Upper }],
                yields: Some(CardFormat {
                    min_length: 1,
                    max_length: 64,
                    alphabet: CardAlphabet::Alphanumeric,
                    facility_code: None,
                    check: None,
                }),
            },
            patterns: vec![None, None],
        }
    }
}

impl PartialEq for CardPipeline {
    fn eq(&self, other: &Self) -> bool {
        self.data == other.data
    }
}

impl Eq for CardPipeline {}

impl CardPipeline {
    /// A pipeline of these steps.
    ///
    /// # Errors
    /// `invalid_pipeline`; the details name the step by its number, counted from 1.
    pub fn new(steps: Vec<Step>, yields: Option<CardFormat>) -> Result<Self, Error> {
        if steps.len() > MAX_STEPS {
            return Err(invalid(format!("there are more than {MAX_STEPS} steps")));
        }
        let mut patterns = Vec::with_capacity(steps.len());
        for (place, step) in steps.iter().enumerate() {
            let compiled = compile(step).map_err(|message| {
                invalid(message)
                    .with("step", place + 1)
                    .with("name", step.name())
            })?;
            patterns.push(compiled);
        }
        if let Some(format) = &yields {
            check_format(format)?;
        }
        Ok(Self {
            data: Data { steps, yields },
            patterns,
        })
    }

    /// The pipeline that JSON describes: `steps`, each with its name as `step`, and `yields`. An
    /// empty list stands for the default.
    ///
    /// # Errors
    /// `invalid_pipeline`.
    pub fn parse(json: &str) -> Result<Self, Error> {
        if json.len() > MAX_JSON {
            return Err(invalid(format!("it is longer than {MAX_JSON} bytes")));
        }
        if json.trim() == "[]" {
            return Ok(Self::default());
        }
        let data: Data = serde_json::from_str(json)
            .map_err(|error| invalid(format!("it cannot be read: {error}")))?;
        Self::new(data.steps, data.yields)
    }

    /// The pipeline as JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Nothing in the data can fail to be written.
        serde_json::to_string(&self.data).unwrap_or_default()
    }

    /// Its steps.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.data.steps
    }

    /// The format that a value must have in the end, if one is declared.
    #[must_use]
    pub fn yields(&self) -> Option<&CardFormat> {
        self.data.yields.as_ref()
    }

    /// Whether reads of two different cards may become one.
    #[must_use]
    pub fn is_lossy(&self) -> bool {
        self.data.steps.iter().any(Step::is_lossy)
    }

    /// The value of a card as it was read.
    ///
    /// # Errors
    /// `card_format`, which never holds the read.
    pub fn apply(&self, raw: &str) -> Result<String, Error> {
        self.run(raw, |_, _| {})
    }

    /// What becomes of a read, step by step.
    #[must_use]
    pub fn preview(&self, raw: &str) -> CardPreview {
        let mut steps = Vec::with_capacity(self.data.steps.len());
        let outcome = self.run(raw, |step, text| steps.push((step.name(), text.to_owned())));
        CardPreview { steps, outcome }
    }

    fn run(&self, raw: &str, mut seen: impl FnMut(&Step, &str)) -> Result<String, Error> {
        let mut text = bounded(raw.to_owned()).ok_or_else(too_long)?;
        for (place, (step, pattern)) in self.data.steps.iter().zip(&self.patterns).enumerate() {
            text = take(step, pattern.as_ref(), text)
                .and_then(bounded)
                .ok_or_else(|| {
                    unfit(format!(
                        "the read does not have the form that `{}` takes",
                        step.name()
                    ))
                    .with("step", place + 1)
                })?;
            seen(step, &text);
        }
        if text.is_empty() {
            return Err(unfit("nothing is left of the read"));
        }
        match &self.data.yields {
            Some(format) => fits(format, &text).map(|()| text),
            None => Ok(text),
        }
    }
}

/// Checks a step's numbers; compiles its pattern.
fn compile(step: &Step) -> Result<Option<Regex>, String> {
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

fn check_format(format: &CardFormat) -> Result<(), Error> {
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

/// What a step makes of a text; none if the text does not have the form that it takes.
fn take(step: &Step, pattern: Option<&Regex>, text: String) -> Option<String> {
    Some(match step {
        Step::StripInvisible => {
            let visible: String = text
                .chars()
                .filter(|symbol| !is_unprintable(*symbol))
                .collect();
            visible.trim().to_owned()
        }
        Step::StripWhitespace => text
            .chars()
            .filter(|symbol| !symbol.is_whitespace())
            .collect(),
        Step::FoldCase { to: Case::Upper } => text.to_ascii_uppercase(),
        Step::FoldCase { to: Case::Lower } => text.to_ascii_lowercase(),
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
fn largest(bits: u8) -> u128 {
    let unused = u32::from(MAX_BITS.saturating_sub(bits));
    u128::MAX.checked_shr(unused).unwrap_or(0)
}

fn hex_width(bits: u8) -> usize {
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

fn bounded(text: String) -> Option<String> {
    text.chars().nth(MAX_CARD).is_none().then_some(text)
}

fn fits(format: &CardFormat, text: &str) -> Result<(), Error> {
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

fn invalid(message: impl Into<String>) -> Error {
    let message = format!("the card pipeline cannot work: {}", message.into());
    Error::new(Code::InvalidPipeline, message).with("field", "card_pipeline")
}

fn unfit(message: impl Into<String>) -> Error {
    Error::new(Code::CardFormat, message)
}

fn too_long() -> Error {
    unfit(format!("the read is longer than {MAX_CARD} characters"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pipeline(json: &str) -> CardPipeline {
        CardPipeline::parse(json).unwrap()
    }

    fn steps(steps: Vec<Step>) -> CardPipeline {
        CardPipeline::new(steps, None).unwrap()
    }

    #[test]
    fn the_default_strips_and_makes_capitals() {
        let default = CardPipeline::default();
        for (raw, value) in [
            ("04a224e2", Some("04A224E2")),
            (" \u{2}04A224E2\r\n\u{feff}", Some("04A224E2")),
            ("", None),
            (" \t", None),
            ("04 A2", None),
            ("04:A2", None),
            ("äb", None),
            (&"7".repeat(64), Some("7".repeat(64).as_str())),
            (&"7".repeat(65), None),
            (&"7".repeat(257), None),
        ] {
            assert_eq!(default.apply(raw).ok().as_deref(), value, "{raw:?}");
        }
        assert!(!default.is_lossy());
        assert_eq!(pipeline(&default.to_json()), default);
        assert_eq!(pipeline("[]"), default);
    }

    #[test]
    fn each_step() {
        let upper = Step::FoldCase { to: Case::Upper };
        let lower = Step::FoldCase { to: Case::Lower };
        let pad = |width| Step::PadLeft { width, with: '0' };
        let part = |from, length| Step::Substring { from, length };
        let regex = |pattern: &str, group| Step::Regex {
            pattern: pattern.to_owned(),
            group,
        };
        let table = [
            (Step::StripInvisible, " a\u{200b}b c ", Some("ab c")),
            (Step::StripWhitespace, " a b\u{a0}c ", Some("abc")),
            (upper, "aäB", Some("AäB")),
            (lower, "aÄB", Some("aÄb")),
            (
                Step::HexToDecimal { bits: 32 },
                "E224A204",
                Some("3794051588"),
            ),
            (
                Step::HexToDecimal { bits: 32 },
                "00000001",
                Some("0000000001"),
            ),
            (Step::HexToDecimal { bits: 32 }, "1", None),
            (Step::HexToDecimal { bits: 32 }, "0E224A204", None),
            (Step::HexToDecimal { bits: 32 }, "E224A20G", None),
            (Step::HexToDecimal { bits: 26 }, "3FFFFFF", Some("67108863")),
            (Step::HexToDecimal { bits: 26 }, "4000000", None),
            (
                Step::DecimalToHex { bits: 32 },
                "3794051588",
                Some("E224A204"),
            ),
            (
                Step::DecimalToHex { bits: 32 },
                "4294967295",
                Some("FFFFFFFF"),
            ),
            (Step::DecimalToHex { bits: 32 }, "4294967296", None),
            (Step::DecimalToHex { bits: 32 }, "+794051588", None),
            (
                Step::DecimalToHex { bits: 128 },
                "340282366920938463463374607431768211455",
                Some("FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF"),
            ),
            (
                Step::DecimalToHex { bits: 128 },
                "340282366920938463463374607431768211456",
                None,
            ),
            (Step::ReverseBytes, "04A224E2", Some("E224A204")),
            (Step::ReverseBytes, "04A", None),
            (Step::ReverseBytes, "04:A", None),
            (Step::ReverseBytes, "", None),
            (part(2, 3), "abcdef", Some("cde")),
            (part(4, 3), "abcdef", None),
            (pad(5), "42", Some("00042")),
            (pad(2), "421", Some("421")),
            (Step::KeepDigits, "a1-2\u{663}", Some("12")),
            (Step::KeepDigits, "abc", None),
            (regex("^;([0-9]+)\\?$", 1), ";123?", Some("123")),
            (regex("^;([0-9]+)\\?$", 1), "123", None),
            (regex("a(b)?c", 1), "ac", None),
        ];
        for (step, raw, value) in table {
            let applied = steps(vec![step.clone()]).apply(raw);
            assert_eq!(applied.as_deref().ok(), value, "{step:?} {raw:?}");
            if let Err(error) = applied {
                assert_eq!(error.code(), Code::CardFormat, "{step:?} {raw:?}");
            }
        }
    }

    #[test]
    fn what_does_not_have_the_format_is_refused() {
        let fixed = pipeline(
            r#"{"steps":[{"step":"strip_invisible"}],"yields":{"min_length":8,"max_length":8,
                "alphabet":"digits","facility_code":"49","check":"luhn"}}"#,
        );
        for (raw, fits) in [
            ("49927398716", false),
            ("49927395", true),
            ("4992739", false),
            ("499273955", false),
            ("49927397", false),
            ("49927935", false),
            ("4992739A", false),
            ("18927391", false),
        ] {
            let applied = fixed.apply(raw);
            assert_eq!(applied.is_ok(), fits, "{raw} {applied:?}");
            if let Err(error) = applied {
                assert_eq!(error.code(), Code::CardFormat);
                assert!(!error.to_string().contains(raw));
            }
        }
    }

    #[test]
    fn the_check_finds_every_single_wrong_digit() {
        let checked = pipeline(
            r#"{"steps":[],"yields":{"min_length":2,"max_length":19,"alphabet":"digits",
                "check":"luhn"}}"#,
        );
        for good in [
            "18",
            "59",
            "4111111111111111",
            "5500000000000004",
            "79927398713",
        ] {
            assert!(checked.apply(good).is_ok(), "{good}");
            for (at, digit) in good.char_indices() {
                for wrong in ('0'..='9').filter(|wrong| *wrong != digit) {
                    let mut read = good.to_owned();
                    read.replace_range(at..=at, &wrong.to_string());
                    assert!(checked.apply(&read).is_err(), "{good} {read}");
                }
            }
        }
    }

    #[test]
    fn a_pipeline_that_cannot_work_is_refused() {
        let many = format!(
            r#"{{"steps":[{}]}}"#,
            vec![r#"{"step":"keep_digits"}"#; MAX_STEPS + 1].join(",")
        );
        let yields = |fields: &str| format!(r#"{{"steps":[],"yields":{{{fields}}}}}"#);
        let step = |fields: &str| format!(r#"{{"steps":[{{{fields}}}]}}"#);
        for json in [
            "",
            "[1]",
            "{}",
            &many,
            &step(r#""step":"shuffle""#),
            &step(r#""step":"hex_to_decimal""#),
            &step(r#""step":"hex_to_decimal","bits":0"#),
            &step(r#""step":"decimal_to_hex","bits":129"#),
            &step(r#""step":"substring","from":0,"length":0"#),
            &step(r#""step":"substring","from":18446744073709551615,"length":2"#),
            &step(r#""step":"pad_left","width":0,"with":"0""#),
            &step(r#""step":"pad_left","width":1000,"with":"0""#),
            &step(r#""step":"pad_left","width":4,"with":" ""#),
            &step(r#""step":"regex","pattern":"(","group":0"#),
            &step(r#""step":"regex","pattern":"","group":0"#),
            &step(r#""step":"regex","pattern":"(a)","group":2"#),
            &step(r#""step":"regex","pattern":"(\\w{500}){500}","group":0"#),
            &yields(r#""min_length":0,"max_length":4,"alphabet":"digits""#),
            &yields(r#""min_length":5,"max_length":4,"alphabet":"digits""#),
            &yields(r#""min_length":1,"max_length":400,"alphabet":"digits""#),
            &yields(r#""min_length":1,"max_length":4,"alphabet":"letters""#),
            &yields(r#""min_length":1,"max_length":4,"alphabet":"hex","check":"luhn""#),
            &yields(r#""min_length":1,"max_length":4,"alphabet":"digits","facility_code":"A""#),
        ] {
            let error = CardPipeline::parse(json).unwrap_err();
            assert_eq!(error.code(), Code::InvalidPipeline, "{json}");
        }
    }

    #[test]
    fn a_preview_shows_every_step_up_to_the_one_that_fails() {
        let pipeline = steps(vec![
            Step::StripInvisible,
            Step::ReverseBytes,
            Step::HexToDecimal { bits: 32 },
        ]);
        let preview = pipeline.preview(" 04A224E2 ");
        let texts: Vec<&str> = preview
            .steps
            .iter()
            .map(|(_, text)| text.as_str())
            .collect();
        assert_eq!(texts, ["04A224E2", "E224A204", "3794051588"]);
        assert_eq!(preview.outcome, Ok("3794051588".to_owned()));

        let preview = pipeline.preview("04A224");
        assert_eq!(
            preview.steps.last(),
            Some(&("reverse_bytes", "24A204".to_owned()))
        );
        let error = preview.outcome.unwrap_err();
        assert_eq!(error.detail("step"), Some("3"));
    }

    #[test]
    fn converters_are_the_opposite_of_each_other_over_a_whole_width() {
        let to_decimal = steps(vec![Step::HexToDecimal { bits: 18 }]);
        let to_hex = steps(vec![Step::DecimalToHex { bits: 18 }]);
        for number in 0..1_u32 << 18 {
            let hex = format!("{number:05X}");
            let decimal = to_decimal.apply(&hex).unwrap();
            assert_eq!(decimal, format!("{number:06}"));
            assert_eq!(to_hex.apply(&decimal).unwrap(), hex);
        }
        assert!(to_decimal.apply("40000").is_err());
        assert!(to_hex.apply("262144").is_err());
    }

    proptest! {
        #[test]
        fn converters_of_every_width_lose_nothing(bits in 1_u8..=MAX_BITS, seed in any::<u128>()) {
            let number = seed & largest(bits);
            let width = hex_width(bits);
            let hex = format!("{number:0width$X}");
            let there = steps(vec![Step::HexToDecimal { bits }]).apply(&hex).unwrap();
            prop_assert_eq!(there.parse::<u128>().unwrap(), number);
            prop_assert_eq!(steps(vec![Step::DecimalToHex { bits }]).apply(&there).unwrap(), hex);
        }

        #[test]
        fn a_dropped_or_doubled_character_is_never_looked_up(number in any::<u32>(), at in 0_usize..10) {
            let fixed = pipeline(r#"{"steps":[{"step":"strip_invisible"},
                {"step":"decimal_to_hex","bits":32}]}"#);
            let read = format!("{number:010}");
            prop_assert!(fixed.apply(&read).is_ok());
            let mut dropped = read.clone();
            let symbol = dropped.remove(at);
            prop_assert!(fixed.apply(&dropped).is_err());
            let mut doubled = read;
            doubled.insert(at, symbol);
            prop_assert!(fixed.apply(&doubled).is_err());
        }

        #[test]
        fn no_read_breaks_a_pipeline(raw in ".{0,300}") {
            let all = steps(vec![
                Step::StripInvisible,
                Step::PadLeft { width: 8, with: '0' },
                Step::Substring { from: 0, length: 8 },
            ]);
            let _ = all.apply(&raw);
            let _ = CardPipeline::default().preview(&raw);
        }
    }
}
