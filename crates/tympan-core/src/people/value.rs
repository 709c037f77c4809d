//! Identity values: as they are typed or read, and as they are found.

use std::fmt;

use zeroize::Zeroizing;

use crate::command::Preparation;
use crate::error::{Code, Error};
use crate::records::IdentityKind;
use crate::text;

/// A value as a person typed it or a reader read it. Never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct RawValue(Zeroizing<String>);

impl RawValue {
    /// The text itself.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<&str> for RawValue {
    fn from(text: &str) -> Self {
        Self(Zeroizing::new(text.to_owned()))
    }
}

impl From<String> for RawValue {
    fn from(text: String) -> Self {
        Self(Zeroizing::new(text))
    }
}

impl fmt::Debug for RawValue {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("RawValue(…)")
    }
}

/// A value in the forms in which it is kept.
#[derive(Clone, PartialEq, Eq)]
pub struct LookupValue {
    /// What it is found by: folded, or the keyed digest of a secret.
    pub lookup: String,
    /// What lists show.
    pub shown: String,
    /// The normalised text, for sealing; never shown.
    pub normalised: RawValue,
}

/// Normalises a value: the same way when it is stored and when it is looked up.
///
/// # Errors
/// Those of [`text::required`], `invalid_email`, `card_format`, `pin_policy`.
pub fn lookup_value(
    kind: &IdentityKind,
    raw: &RawValue,
    preparation: &Preparation<'_>,
) -> Result<LookupValue, Error> {
    let text = match kind {
        IdentityKind::Email => text::email("value", raw.expose())?,
        IdentityKind::Username => text::required("username", raw.expose(), text::MAX_USERNAME)?,
        _ => text::required("value", raw.expose(), text::MAX_VALUE)?,
    };
    if !kind.is_secret() {
        let lookup = text::fold(&text);
        if lookup.is_empty() {
            return Err(Error::new(Code::EmptyText, "`value` is empty").with("field", "value"));
        }
        return Ok(LookupValue {
            lookup,
            shown: text.clone(),
            normalised: RawValue::from(text),
        });
    }
    let digest = preparation
        .keys
        .blind_index
        .digest(&kind.name(), text.as_bytes());
    Ok(LookupValue {
        lookup: digest.to_short_text(),
        shown: masked(&text),
        normalised: RawValue::from(text),
    })
}

/// At most the last character.
fn masked(text: &str) -> String {
    let last = if text.chars().count() > 3 {
        text.chars().last()
    } else {
        None
    };
    last.map_or_else(|| "•••".to_owned(), |last| format!("•••{last}"))
}
