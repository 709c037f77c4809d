//! How a card's number becomes the value that is stored and looked up: steps as data on the tenant.
//!
//! The same card is read as hexadecimal by one reader and as decimal, byte-swapped or padded by
//! another. Every read passes the same steps, when it is stored and when it is looked up, and must
//! then have the format that the pipeline says it yields. A read that does not fit is an error: it
//! is never looked up, for a dropped digit may be somebody else's card.

mod format;
mod step;
#[cfg(test)]
mod tests;

use regex::Regex;
use serde::{Deserialize, Serialize};

pub use self::format::{CardAlphabet, CardCheck, CardFormat};
use self::format::{check_format, fits};
pub use self::step::{Case, MAX_BITS, MAX_CARD_PATTERN, Step};
use self::step::{compile, take};
use crate::error::{Code, Error};

/// Steps of one pipeline: conversions seen in the field take three or four.
pub const MAX_STEPS: usize = 20;
/// Characters of a read, and of what any step makes of it: as any identity's value.
pub const MAX_CARD: usize = crate::text::MAX_VALUE;
/// Bytes of a pipeline as JSON.
const MAX_JSON: usize = 16 * 1024;

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

fn bounded(text: String) -> Option<String> {
    // As many characters take at least as many bytes.
    let fits = text.len() <= MAX_CARD || text.chars().nth(MAX_CARD).is_none();
    fits.then_some(text)
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
