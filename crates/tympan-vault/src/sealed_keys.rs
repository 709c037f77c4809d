//! A key ring under a passphrase: for a copy that is kept with backups.

use argon2::{Algorithm, Argon2, Params, Version};
use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use thiserror::Error;
use zeroize::Zeroizing;

use crate::{
    hex,
    key_ring::{KEY_BYTES, KeyRing},
    key_text::KeyError,
    password_cost::PasswordCost,
    random::{RandomError, RandomSource},
    secret::{MAX_SECRET_BYTES, SecretText},
};

/// The first line of a sealed key file.
pub const SEALED_KEYS_HEADER: &str = "tympan sealed keys 1";

/// The least a passphrase may have: it guards every secret of a database, and whoever has the file
/// may guess as long as they like.
pub const MIN_PASSPHRASE_CHARACTERS: usize = 15;

/// More than signing in costs, since it is done once in a long while: RFC 9106's choice for
/// machines with little memory, 64 MiB and three passes.
const COST: (u32, u32, u32) = (65_536, 3, 1);

const SALT_BYTES: usize = 16;
const NONCE_BYTES: usize = 24;
const TAG_BYTES: usize = 16;
/// The longest key file, and a little more, twice for its digits.
const MAX_SEALED_BYTES: usize = 2 * (MAX_SECRET_BYTES + NONCE_BYTES + TAG_BYTES) + 256;

/// Why a key ring could not be sealed, or a sealed one not opened. Never holds any part of a key or
/// a passphrase.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub enum SealedKeysError {
    /// The passphrase is too short.
    #[error("a passphrase for keys has at least {MIN_PASSPHRASE_CHARACTERS} characters")]
    TooShort,
    /// The text does not begin with [`SEALED_KEYS_HEADER`]: another file, or a later version.
    #[error("not a sealed key file: the first line is not `{SEALED_KEYS_HEADER}`")]
    Header,
    /// A line is not understood, or not in its place.
    #[error("line {line} of the sealed key file is not understood")]
    Line {
        /// Counted from 1.
        line: usize,
    },
    /// The file asks for more memory or time than a [`PasswordCost`] may.
    #[error("the sealed key file costs too much to open")]
    TooCostly,
    /// Another passphrase, or an altered file.
    #[error(
        "the passphrase is not the one that the keys were sealed with, or the file was altered"
    )]
    Refused,
    /// The memory that hashing takes could not be had.
    #[error("not enough memory to hash a passphrase")]
    Memory,
    /// The random source failed.
    #[error(transparent)]
    Random(#[from] RandomError),
    /// What was sealed is no key ring.
    #[error(transparent)]
    Keys(#[from] KeyError),
}

impl KeyRing {
    /// The keys under a passphrase, for a file that is kept with backups: whoever has it still has
    /// to guess the passphrase, at 64 MiB and three passes of argon2id a guess. The format, one
    /// item a line:
    ///
    /// ```text
    /// tympan sealed keys 1
    /// argon2id <memory in KiB> <passes> <lanes>
    /// salt <32 hexadecimal digits>
    /// keys <hexadecimal digits>
    /// ```
    ///
    /// The last line is XChaCha20-Poly1305 over the key file: nonce, ciphertext, tag; the lines
    /// before it are authenticated.
    ///
    /// # Errors
    ///
    /// [`SealedKeysError::TooShort`] for a passphrase of less than [`MIN_PASSPHRASE_CHARACTERS`];
    /// [`SealedKeysError::Random`], [`SealedKeysError::Memory`].
    pub fn seal(
        &self,
        passphrase: &SecretText,
        random: &mut dyn RandomSource,
    ) -> Result<String, SealedKeysError> {
        if passphrase.expose().chars().count() < MIN_PASSPHRASE_CHARACTERS {
            return Err(SealedKeysError::TooShort);
        }
        let mut salt = [0; SALT_BYTES];
        random.fill(&mut salt)?;
        let mut nonce = [0; NONCE_BYTES];
        random.fill(&mut nonce)?;
        let (memory, passes, lanes) = COST;
        let mut text = format!("{SEALED_KEYS_HEADER}\nargon2id {memory} {passes} {lanes}\nsalt ");
        hex::push(&mut text, &salt);
        text.push('\n');
        let keys = self.to_text();
        let payload = Payload {
            msg: keys.expose().as_bytes(),
            aad: text.as_bytes(),
        };
        let sealed = cipher(passphrase, COST, &salt)?
            .encrypt(&XNonce::from(nonce), payload)
            .map_err(|_| SealedKeysError::Memory)?;
        text.push_str("keys ");
        hex::push(&mut text, &nonce);
        hex::push(&mut text, &sealed);
        text.push('\n');
        Ok(text)
    }

    /// Opens what [`KeyRing::seal`] made. Lines may end in CR LF.
    ///
    /// # Errors
    ///
    /// [`SealedKeysError`]: the first that applies, in the order of its variants.
    pub fn unseal(text: &str, passphrase: &SecretText) -> Result<Self, SealedKeysError> {
        let sealed = parse(text)?;
        let payload = Payload {
            msg: &sealed.ciphertext,
            aad: sealed.authenticated.as_bytes(),
        };
        let keys = cipher(passphrase, sealed.cost, &sealed.salt)?
            .decrypt(&XNonce::from(sealed.nonce), payload)
            .map_err(|_| SealedKeysError::Refused)?;
        let keys = Zeroizing::new(keys);
        let keys = std::str::from_utf8(&keys).map_err(|_| KeyError::Header)?;
        Ok(Self::parse(keys)?)
    }
}

struct Sealed {
    cost: (u32, u32, u32),
    salt: [u8; SALT_BYTES],
    nonce: [u8; NONCE_BYTES],
    ciphertext: Vec<u8>,
    /// The lines before the last, as they were written.
    authenticated: String,
}

fn parse(text: &str) -> Result<Sealed, SealedKeysError> {
    let mut lines = text.lines();
    if text.len() > MAX_SEALED_BYTES || lines.next() != Some(SEALED_KEYS_HEADER) {
        return Err(SealedKeysError::Header);
    }
    let mut next = |line: usize, name: &str| {
        let content = lines.next().and_then(|content| content.strip_prefix(name));
        content.ok_or(SealedKeysError::Line { line })
    };
    let cost_text = next(2, "argon2id ")?;
    let salt_text = next(3, "salt ")?;
    let keys_text = next(4, "keys ")?;
    if lines.next().is_some() {
        return Err(SealedKeysError::Line { line: 5 });
    }
    let cost = parse_cost(cost_text).ok_or(SealedKeysError::Line { line: 2 })?;
    PasswordCost::stored(cost.0, cost.1, cost.2).ok_or(SealedKeysError::TooCostly)?;
    let mut salt = [0; SALT_BYTES];
    hex::decode_into(salt_text, &mut salt).ok_or(SealedKeysError::Line { line: 3 })?;
    let mut bytes = vec![0; keys_text.len() / 2];
    hex::decode_into(keys_text, &mut bytes).ok_or(SealedKeysError::Line { line: 4 })?;
    let (nonce, ciphertext) = bytes
        .split_first_chunk::<NONCE_BYTES>()
        .ok_or(SealedKeysError::Line { line: 4 })?;
    Ok(Sealed {
        cost,
        salt,
        nonce: *nonce,
        ciphertext: ciphertext.to_vec(),
        authenticated: format!("{SEALED_KEYS_HEADER}\nargon2id {cost_text}\nsalt {salt_text}\n"),
    })
}

fn parse_cost(text: &str) -> Option<(u32, u32, u32)> {
    let mut numbers = text.split(' ').map(|number| number.parse().ok());
    let cost = (numbers.next()??, numbers.next()??, numbers.next()??);
    numbers.next().is_none().then_some(cost)
}

/// The cipher under the key that a passphrase stands for.
fn cipher(
    passphrase: &SecretText,
    (memory, passes, lanes): (u32, u32, u32),
    salt: &[u8; SALT_BYTES],
) -> Result<XChaCha20Poly1305, SealedKeysError> {
    let mut key = Zeroizing::new([0; KEY_BYTES]);
    Params::new(memory, passes, lanes, Some(KEY_BYTES))
        .map(|params| Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
        .and_then(|argon2| {
            let passphrase = passphrase.expose().as_bytes();
            argon2.hash_password_into(passphrase, salt, key.as_mut_slice())
        })
        .map_err(|_| SealedKeysError::Memory)?;
    Ok(XChaCha20Poly1305::new(&(*key).into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Seeded, broken, two_keys};

    fn text(text: &str) -> SecretText {
        SecretText::new(text).unwrap()
    }

    fn passphrase() -> SecretText {
        text("grünes Papier im Fach 3")
    }

    fn sealed() -> String {
        two_keys().seal(&passphrase(), &mut Seeded::new(1)).unwrap()
    }

    /// Made with other implementations (the C reference of argon2, libsodium): files that are kept
    /// for years must stay readable.
    #[test]
    fn known_value() {
        let mut next = 0x40;
        let mut counting = |out: &mut [u8]| {
            for byte in out {
                *byte = next;
                next += 1;
            }
            Ok(())
        };
        let sealed = two_keys().seal(&passphrase(), &mut counting).unwrap();
        let known = "tympan sealed keys 1\nargon2id 65536 3 1\n\
         salt 404142434445464748494a4b4c4d4e4f\n\
         keys \
         505152535455565758595a5b5c5d5e5f606162636465666739e63c3a5a564a10ea97f54f4cdc09a337c0\
         502c06af060c8f40ce1320ca6f1e5ceecbd7259170e374c5e259bb8f3c46a43bc02a8e83b56d7bbabcf6\
         6be00d4e31e2e8986a9aae6c5cf484dd9cfe0d1d838721cc6b25d16f601b476dcf7bf9f35731bd75c6a7\
         d9c83cf3ccc8b4380c2dc34b923ade51b853ee416499a448bb3a2f32214f50fde7f6c9b067801e6550f7\
         f54e7e2d5d858e810e4ab1a85c0b98e9f434d62fde980de9ed745c06600f33c4aed3a24617\
         \n";
        assert_eq!(sealed, known);
    }

    #[test]
    fn what_is_sealed_opens_with_the_same_passphrase_only() {
        let sealed = sealed();
        let opened = KeyRing::unseal(&sealed, &passphrase()).unwrap();
        assert_eq!(opened.to_text(), two_keys().to_text());
        assert_eq!(opened.active(), two_keys().active());
        let windows = sealed.replace('\n', "\r\n");
        assert!(KeyRing::unseal(&windows, &passphrase()).is_ok());
        for other in ["grünes Papier im Fach 4", "", "Grünes Papier im Fach 3"] {
            let refused = KeyRing::unseal(&sealed, &text(other)).map(drop);
            assert_eq!(refused, Err(SealedKeysError::Refused), "{other}");
        }
    }

    #[test]
    fn it_shows_no_key_and_is_never_the_same_twice() {
        let keys = two_keys().to_text();
        let first = sealed();
        let second = two_keys().seal(&passphrase(), &mut Seeded::new(2)).unwrap();
        assert_ne!(first, second);
        for line in keys
            .expose()
            .lines()
            .skip(1)
            .filter_map(|line| line.split(' ').nth(2))
        {
            assert!(!first.contains(line));
        }
    }

    #[test]
    fn anything_altered_is_refused() {
        let good = sealed();
        let line = |line| SealedKeysError::Line { line };
        // A digit of the salt, of the nonce and of the last byte of the tag.
        let flipped = |name: &str, from_the_end: bool| {
            let begin = good.find(name).unwrap() + name.len();
            let at = if from_the_end { good.len() - 2 } else { begin };
            let digit = if good.as_bytes()[at] == b'0' {
                "1"
            } else {
                "0"
            };
            let mut altered = good.clone();
            altered.replace_range(at..=at, digit);
            altered
        };
        let table = [
            (String::new(), SealedKeysError::Header),
            (good.replace("keys 1", "keys 2"), SealedKeysError::Header),
            (good.repeat(200), SealedKeysError::Header),
            (good.replace("argon2id", "argon2i"), line(2)),
            (good.replace(" 3 1\n", " 3\n"), line(2)),
            (good.replace(" 3 1\n", " 3 1 1\n"), line(2)),
            (good.replace(" 3 1\n", " x 1\n"), line(2)),
            (
                good.replace("65536", "4294967295"),
                SealedKeysError::TooCostly,
            ),
            (
                good.replace(" 3 1\n", " 4000 1\n"),
                SealedKeysError::TooCostly,
            ),
            (good.replace("65536", "19456"), SealedKeysError::Refused),
            (good.replace("salt ", "salt 0"), line(3)),
            (
                good.replace("keys ", "keys 0")
                    .replacen("keys 01", "keys 1", 1),
                line(4),
            ),
            (flipped("salt ", false), SealedKeysError::Refused),
            (flipped("\nkeys ", false), SealedKeysError::Refused),
            (flipped("\nkeys ", true), SealedKeysError::Refused),
            (format!("{good}more\n"), line(5)),
            (good.lines().take(3).collect::<Vec<_>>().join("\n"), line(4)),
        ];
        for (given, then) in table {
            let refused = KeyRing::unseal(&given, &passphrase()).map(drop);
            assert_eq!(refused, Err(then), "{given}");
        }
    }

    #[test]
    fn what_cannot_be_sealed() {
        let short = two_keys().seal(&text("fourteen chars"), &mut Seeded::new(1));
        assert_eq!(short.map(drop), Err(SealedKeysError::TooShort));
        let dark = two_keys().seal(&passphrase(), &mut broken);
        assert!(matches!(dark.map(drop), Err(SealedKeysError::Random(_))));
    }
}
