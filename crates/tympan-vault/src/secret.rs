//! Values that must not be seen: wiped when dropped, never printed.

use std::fmt;

use subtle::ConstantTimeEq;
use thiserror::Error;
use zeroize::Zeroizing;

/// The longest secret accepted, in bytes.
///
/// Passwords are accepted up to 1,024 bytes; nothing else that is secret is longer, and a bound
/// keeps a caller from making the engine hash or seal megabytes.
pub const MAX_SECRET_BYTES: usize = 1024;

/// Why a value was not taken as a secret. Never holds the value.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub enum SecretError {
    /// Longer than [`MAX_SECRET_BYTES`].
    #[error("a secret is at most {MAX_SECRET_BYTES} bytes long")]
    TooLong,
    /// The bytes are not UTF-8.
    #[error("the secret is not text")]
    NotText,
}

/// A secret that is text: a PIN, a password, a token, a key file. 0 to [`MAX_SECRET_BYTES`] bytes.
///
/// Its memory is overwritten when it is dropped. It cannot be printed, cloned or serialised, and
/// equality takes the same time wherever two values of one length differ.
pub struct SecretText(Zeroizing<String>);

impl SecretText {
    /// Takes `text` as a secret. An owned string is moved, not copied, so that no second copy
    /// stays behind; a refused one is overwritten too.
    ///
    /// # Errors
    ///
    /// [`SecretError::TooLong`] above [`MAX_SECRET_BYTES`].
    pub fn new(text: impl Into<String>) -> Result<Self, SecretError> {
        let text = Zeroizing::new(text.into());
        if text.len() > MAX_SECRET_BYTES {
            return Err(SecretError::TooLong);
        }
        Ok(Self(text))
    }

    /// For text that is known to be short enough.
    pub(crate) fn within_bounds(text: Zeroizing<String>) -> Self {
        debug_assert!(text.len() <= MAX_SECRET_BYTES);
        Self(text)
    }

    /// The text itself. Every call is a place to look at in a review.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl PartialEq for SecretText {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_bytes().ct_eq(other.0.as_bytes()).into()
    }
}

impl Eq for SecretText {}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretText(…)")
    }
}

/// A secret that is bytes: a shared key, an opened seal. 0 to [`MAX_SECRET_BYTES`] bytes.
///
/// Its memory is overwritten when it is dropped. It cannot be printed, cloned or serialised, and
/// equality takes the same time wherever two values of one length differ.
pub struct SecretBytes(Zeroizing<Vec<u8>>);

impl SecretBytes {
    /// Takes `bytes` as a secret. An owned vector is moved, not copied, so that no second copy
    /// stays behind; a refused one is overwritten too.
    ///
    /// # Errors
    ///
    /// [`SecretError::TooLong`] above [`MAX_SECRET_BYTES`].
    pub fn new(bytes: impl Into<Vec<u8>>) -> Result<Self, SecretError> {
        let bytes = Zeroizing::new(bytes.into());
        if bytes.len() > MAX_SECRET_BYTES {
            return Err(SecretError::TooLong);
        }
        Ok(Self(bytes))
    }

    /// The bytes themselves. Every call is a place to look at in a review.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// The same secret as text.
    ///
    /// # Errors
    ///
    /// [`SecretError::NotText`] if the bytes are not UTF-8.
    pub fn to_text(&self) -> Result<SecretText, SecretError> {
        let text = std::str::from_utf8(&self.0).map_err(|_| SecretError::NotText)?;
        SecretText::new(text)
    }
}

impl PartialEq for SecretBytes {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for SecretBytes {}

impl fmt::Debug for SecretBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretBytes(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn length_is_bounded() {
        // given a length in bytes, when taken as a secret, then
        let table = [
            (0, Ok(())),
            (1, Ok(())),
            (1024, Ok(())),
            (1025, Err(SecretError::TooLong)),
        ];
        for (length, then) in table {
            assert_eq!(
                SecretText::new("a".repeat(length)).map(drop),
                then,
                "{length}"
            );
            assert_eq!(
                SecretBytes::new(vec![7; length]).map(drop),
                then,
                "{length}"
            );
        }
    }

    #[test]
    fn the_bound_counts_bytes_not_characters() {
        assert_eq!(SecretText::new("é".repeat(513)), Err(SecretError::TooLong));
    }

    #[test]
    fn debug_shows_nothing() {
        let text = SecretText::new("correct horse").unwrap();
        let bytes = SecretBytes::new(*b"correct horse").unwrap();

        assert_eq!(format!("{text:?} {text:#?}"), "SecretText(…) SecretText(…)");
        assert_eq!(
            format!("{bytes:?} {bytes:#?}"),
            "SecretBytes(…) SecretBytes(…)"
        );
    }

    #[test]
    fn equality_is_by_value() {
        let table = [
            ("", "", true),
            ("a", "a", true),
            ("a", "b", false),
            ("a", "ab", false),
        ];
        for (left, right, then) in table {
            let text = SecretText::new(left).unwrap() == SecretText::new(right).unwrap();
            let bytes = SecretBytes::new(left).unwrap() == SecretBytes::new(right).unwrap();
            assert_eq!((text, bytes), (then, then), "{left} {right}");
        }
    }

    #[test]
    fn bytes_become_text_only_if_they_are() {
        let text = SecretBytes::new("žluť").unwrap().to_text().unwrap();
        assert_eq!(text.expose(), "žluť");
        assert_eq!(
            SecretBytes::new([0xff]).unwrap().to_text(),
            Err(SecretError::NotText)
        );
    }
}
