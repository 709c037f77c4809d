//! Text that is not shown.

use std::fmt;

use tympan::RawValue;
use zeroize::Zeroizing;

/// A PIN, a card number, a key: shown to nobody who does not ask for it, and wiped when dropped.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// The text itself.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(Zeroizing::new(text))
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self::from(text.to_owned())
    }
}

impl From<RawValue> for Secret {
    fn from(value: RawValue) -> Self {
        Self::from(value.expose())
    }
}

impl From<Secret> for RawValue {
    fn from(mut secret: Secret) -> Self {
        Self::from(std::mem::take(&mut *secret.0))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_does_not_show() {
        let secret = Secret::from("4711");
        assert_eq!(
            format!("{secret:?} {:?}", Some(&secret)),
            "Secret(…) Some(Secret(…))"
        );
        assert_eq!(RawValue::from(secret.clone()).expose(), secret.expose());
    }
}
