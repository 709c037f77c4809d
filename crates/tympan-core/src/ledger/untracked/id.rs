//! The id of untracked usage.

use std::fmt;
use std::str::FromStr;

use tympan_vault::hex;

use crate::error::{Code, Error};
use crate::ids::TenantId;
use crate::ledger::IdempotencyKey;
use crate::text::excerpt;

const PREFIX: &str = "unt_";

/// Which untracked usage: the digest of the key that it was reported with. Its text form is `unt_`
/// and 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UntrackedId(pub [u8; 32]);

impl UntrackedId {
    /// That of what was reported with a key, for a host that knows the key.
    ///
    /// # Errors
    /// `invalid_key`.
    pub fn of(key: &IdempotencyKey, tenant: TenantId) -> Result<Self, Error> {
        key.digest(tenant).map(Self)
    }
}

impl fmt::Display for UntrackedId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(PREFIX)?;
        formatter.write_str(&hex::encode(&self.0))
    }
}

/// The same text as everywhere else, so that one search of a log finds all of it.
impl fmt::Debug for UntrackedId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl FromStr for UntrackedId {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self, Error> {
        let digest = text.strip_prefix(PREFIX).and_then(digest_of);
        digest.map(Self).ok_or_else(|| {
            let shown = excerpt(text);
            let message = format!("`{shown}` is not an id that begins with `{PREFIX}`");
            Error::new(Code::InvalidId, message)
        })
    }
}

/// Digits in lower case only: each id has one text.
fn digest_of(digits: &str) -> Option<[u8; 32]> {
    let mut digest = [0; 32];
    let (pairs, rest) = digits.as_bytes().as_chunks::<2>();
    if !rest.is_empty() || pairs.len() != digest.len() {
        return None;
    }
    for (byte, [high, low]) in digest.iter_mut().zip(pairs) {
        *byte = nibble(*high)? << 4 | nibble(*low)?;
    }
    Some(digest)
}

fn nibble(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_one_text() {
        let id = UntrackedId::of(&"job 1".into(), TenantId::DEFAULT).unwrap();
        let text = id.to_string();
        assert_eq!((text.len(), text.parse()), (68, Ok(id)));
        for wrong in [
            "",
            "unt_",
            "ent_0000000000001",
            &text[4..],
            &text[..67],
            &format!("{text}0"),
            &format!("unt_{}", text[4..].to_uppercase()),
            &format!("unt_{}é", &text[4..66]),
        ] {
            let refused = wrong.parse::<UntrackedId>().unwrap_err();
            assert_eq!(refused.code(), Code::InvalidId, "{wrong}");
        }
    }
}
