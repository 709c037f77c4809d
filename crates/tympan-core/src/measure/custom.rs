//! Measures of the host's own.

use std::fmt;

use crate::error::{Code, Error};
use crate::row::by_text;
use crate::text::excerpt;

/// Bytes of a custom measure's name: it is kept in place, so that measures stay small values.
pub const MAX_CUSTOM_NAME: usize = 24;

/// The name of something that the host counts: 1 to 24 lower-case letters of ASCII, digits and
/// underscores, the first of them a letter. It needs no registration.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CustomMeasure([u8; MAX_CUSTOM_NAME]);

impl CustomMeasure {
    /// The custom measure with this name, for example `staples`.
    ///
    /// # Errors
    /// `invalid_value`.
    pub fn parse(name: &str) -> Result<Self, Error> {
        let of_name = |byte: &u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_');
        let mut kept = [0; MAX_CUSTOM_NAME];
        match (name.as_bytes(), kept.get_mut(..name.len())) {
            (bytes @ [b'a'..=b'z', ..], Some(place)) if bytes.iter().all(of_name) => {
                place.copy_from_slice(bytes);
                Ok(Self(kept))
            }
            _ => {
                let shown = excerpt(name);
                let message = format!(
                    "`{shown}` is no name of a custom measure: 1 to 24 of a-z, 0-9 and _, a letter first"
                );
                Err(Error::new(Code::InvalidValue, message))
            }
        }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        let bytes = self.0.split(|byte| *byte == 0).next().unwrap_or_default();
        // Only letters, digits and underscores of ASCII get in.
        std::str::from_utf8(bytes).unwrap_or_default()
    }
}

impl fmt::Display for CustomMeasure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl fmt::Debug for CustomMeasure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

by_text!(CustomMeasure);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_short_and_plain() {
        let longest = "abcdefghijklmnopqrstuvw_";
        for name in ["a", "staples", "a4_punched_2", longest] {
            assert_eq!(CustomMeasure::parse(name).unwrap().name(), name);
        }
        let too_long = format!("{longest}x");
        for name in [
            "", "1a", "_a", "A", "aB", "a-b", "a b", "ä", "a\0", &too_long,
        ] {
            let refused = CustomMeasure::parse(name).unwrap_err();
            assert_eq!(refused.code(), Code::InvalidValue, "{name}");
        }
    }

    #[test]
    fn names_are_in_alphabetical_order() {
        let names = ["a", "a0", "a_", "aa", "ab", "b"];
        let measures: Vec<_> = names.map(|name| CustomMeasure::parse(name).unwrap()).into();
        assert!(measures.is_sorted());
    }
}
