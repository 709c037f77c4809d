//! The key file, and what can be wrong with keys.

use std::fmt::Write;

use thiserror::Error;
use zeroize::Zeroizing;

use crate::{
    hex,
    key_ring::{KEY_BYTES, KeyRing, MAX_KEYS},
    random::RandomError,
    secret::{MAX_SECRET_BYTES, SecretText},
};

/// The first line of a key file.
pub const KEY_TEXT_HEADER: &str = "tympan keys 1";

/// `key `, ten digits, a space, 64 digits, the end of the line.
const MAX_KEY_LINE_BYTES: usize = 4 + 10 + 1 + 2 * KEY_BYTES + 1;
const MAX_KEY_TEXT_BYTES: usize =
    KEY_TEXT_HEADER.len() + 1 + MAX_KEYS * MAX_KEY_LINE_BYTES + "active 4294967295\n".len();

const _: () = assert!(MAX_KEY_TEXT_BYTES <= MAX_SECRET_BYTES);

/// What can be wrong with keys or a key file. Never holds any part of a key.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub enum KeyError {
    /// The text does not begin with [`KEY_TEXT_HEADER`]: another file, or a later version.
    #[error("not a key file: the first line is not `{KEY_TEXT_HEADER}`")]
    Header,
    /// A line is neither a well-formed `key` nor a well-formed `active`, or not in its place.
    #[error("line {line} of the key file is not understood")]
    Line {
        /// Counted from 1.
        line: usize,
    },
    /// The text ends before its `active` line.
    #[error("the key file has no `active` line")]
    NoActive,
    /// The number is 0, not above those before it, or the last one there is.
    #[error("`{number}` cannot be the number of a key here: numbers begin at 1 and ascend")]
    Number {
        /// The number refused.
        number: u32,
    },
    /// More than [`MAX_KEYS`] keys.
    #[error("a key ring holds at most {MAX_KEYS} keys")]
    TooMany,
    /// All bytes of the key are the same: a placeholder, or a broken random source.
    #[error("the bytes of key `{number}` are all the same")]
    Weak {
        /// The key's number.
        number: u32,
    },
    /// The ring holds the same key under another number.
    #[error("key `{number}` is the same as an earlier one")]
    Twice {
        /// The later number.
        number: u32,
    },
    /// The ring has no key with this number.
    #[error("the ring has no key `{number}`")]
    Unknown {
        /// The number asked for.
        number: u32,
    },
    /// The oldest and the active key cannot be retired.
    #[error("key `{number}` is in use")]
    InUse {
        /// The key's number.
        number: u32,
    },
    /// The random source failed.
    #[error(transparent)]
    Random(#[from] RandomError),
}

/// Reads what [`write`] writes; the format is in the docs of [`KeyRing::parse`].
pub(crate) fn parse(text: &str) -> Result<KeyRing, KeyError> {
    let mut lines = text
        .lines()
        .enumerate()
        .map(|(index, line)| (index.saturating_add(1), line))
        .filter(|(_, line)| !line.is_empty());

    if lines.next().is_none_or(|(_, line)| line != KEY_TEXT_HEADER) {
        return Err(KeyError::Header);
    }

    let mut ring: Option<KeyRing> = None;
    let mut active = None;
    for (line, content) in lines {
        // Nothing follows the active line: a file put together from two is refused.
        let item = parse_line(content).filter(|_| active.is_none());
        match (item.ok_or(KeyError::Line { line })?, &mut ring) {
            (Line::Key(number, key), None) => ring = Some(KeyRing::from_bytes(number, &key)?),
            (Line::Key(number, key), Some(ring)) => ring.add(number, &key)?,
            (Line::Active(number), _) => active = Some(number),
        }
    }
    let number = active.ok_or(KeyError::NoActive)?;
    let mut ring = ring.ok_or(KeyError::Unknown { number })?;
    ring.activate(number)?;
    Ok(ring)
}

/// Writes the file; `keys` ascending.
pub(crate) fn write<'a>(
    keys: impl Iterator<Item = (u32, &'a [u8; KEY_BYTES])>,
    active: u32,
) -> SecretText {
    // Room for the longest, so that the text never moves and leaves a copy behind.
    let mut text = Zeroizing::new(String::with_capacity(MAX_KEY_TEXT_BYTES));
    text.push_str(KEY_TEXT_HEADER);
    text.push('\n');
    for (number, key) in keys {
        // Writing to a string cannot fail.
        let _ = write!(text, "key {number} ");
        hex::push(&mut text, key);
        text.push('\n');
    }
    let _ = writeln!(text, "active {active}");
    SecretText::within_bounds(text)
}

enum Line {
    Key(u32, Zeroizing<[u8; KEY_BYTES]>),
    Active(u32),
}

fn parse_line(line: &str) -> Option<Line> {
    if let Some(number) = line.strip_prefix("active ") {
        return Some(Line::Active(parse_number(number)?));
    }
    let (number, digits) = line.strip_prefix("key ")?.split_once(' ')?;
    let mut key = Zeroizing::new([0; KEY_BYTES]);
    hex::decode_into(digits, key.as_mut_slice())?;
    Some(Line::Key(parse_number(number)?, key))
}

/// Decimal digits only: no sign, no leading zero, so that one ring has one text.
fn parse_number(digits: &str) -> Option<u32> {
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
    let leading_zero = digits.len() > 1 && digits.starts_with('0');
    digits.parse().ok().filter(|_| plain && !leading_zero)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Seeded, key};

    const ONE: &str = "0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20";
    const TWO: &str = "02030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f2021";

    #[test]
    fn the_format() {
        let mut ring = KeyRing::from_bytes(1, &key(1)).unwrap();
        ring.add(20, &key(2)).unwrap();
        ring.activate(20).unwrap();

        let then = format!("tympan keys 1\nkey 1 {ONE}\nkey 20 {TWO}\nactive 20\n");
        assert_eq!(ring.to_text().expose(), then);
    }

    #[test]
    fn what_is_written_is_read_back() {
        let mut random = Seeded::new(5);
        let mut ring = KeyRing::generate(&mut random).unwrap();
        for _ in 1..MAX_KEYS {
            let text = ring.to_text();
            let back = KeyRing::parse(text.expose()).unwrap();
            assert_eq!(back.to_text(), text);
            assert_eq!(back.active(), ring.active());
            assert_eq!(back.fingerprint(), ring.fingerprint());
            ring.rotate(&mut random).unwrap();
        }
    }

    #[test]
    fn the_longest_file_fits_a_secret() {
        let first = u32::MAX - MAX_KEYS as u32 + 1;
        let mut random = Seeded::new(6);
        let mut ring = KeyRing::from_bytes(first, &key(1)).unwrap();
        while ring.rotate(&mut random).is_ok() {}

        let text = ring.to_text();
        assert_eq!(text.expose().len(), MAX_KEY_TEXT_BYTES);
        assert_eq!(
            KeyRing::parse(text.expose()).unwrap().numbers().count(),
            MAX_KEYS
        );
    }

    #[test]
    fn reading() {
        let good = format!("tympan keys 1\nkey 1 {ONE}\nkey 2 {TWO}\nactive 1\n");
        let line = |line| Err(KeyError::Line { line });
        // given this text, when read, then
        let table = [
            (good.clone(), Ok(())),
            (good.replace('\n', "\r\n"), Ok(())),
            (good.replace('\n', "\n\n"), Ok(())),
            (good.trim_end().to_owned(), Ok(())),
            (good.replace("0a0b", "0A0B"), Ok(())),
            (String::new(), Err(KeyError::Header)),
            (good.replace("keys 1", "keys 2"), Err(KeyError::Header)),
            (good.replace("tympan", " tympan"), Err(KeyError::Header)),
            ("tympan keys 1\n".to_owned(), Err(KeyError::NoActive)),
            (good.replace("active 1\n", ""), Err(KeyError::NoActive)),
            (
                good.replace("active 1", "active 3"),
                Err(KeyError::Unknown { number: 3 }),
            ),
            (
                "tympan keys 1\nactive 1\n".to_owned(),
                Err(KeyError::Unknown { number: 1 }),
            ),
            (good.replace("active 1", "active +1"), line(4)),
            (good.replace("active 1", "active 01"), line(4)),
            (good.replace("active 1", "active "), line(4)),
            (good.replace("active 1", "Active 1"), line(4)),
            (good.replace("key 2", "key 02"), line(3)),
            (good.replace("key 2", "key -2"), line(3)),
            (good.replace("key 2", "key 4294967296"), line(3)),
            (good.replace("key 2 ", "key 2"), line(3)),
            (good.replace("key 2 02", "key 2 2"), line(3)),
            (good.replace("key 2 02", "key 2 0202"), line(3)),
            (good.replace("key 2 02", "key 2 0g"), line(3)),
            (good.replace("2021\n", "2021 \n"), line(3)),
            (format!("{good}key 3 {TWO}\n"), line(5)),
            (format!("{good}active 2\n"), line(5)),
            (format!("{good}# note\n"), line(5)),
            (
                good.replace("key 2", "key 1"),
                Err(KeyError::Number { number: 1 }),
            ),
            (
                good.replace("key 1", "key 3"),
                Err(KeyError::Number { number: 2 }),
            ),
            (
                good.replace("key 1", "key 0"),
                Err(KeyError::Number { number: 0 }),
            ),
            (good.replace(TWO, ONE), Err(KeyError::Twice { number: 2 })),
            (
                good.replace(TWO, &"00".repeat(32)),
                Err(KeyError::Weak { number: 2 }),
            ),
        ];
        for (given, then) in table {
            assert_eq!(KeyRing::parse(&given).map(drop), then, "{given}");
        }
    }

    #[test]
    fn too_many_keys_are_refused() {
        let mut text = format!("{KEY_TEXT_HEADER}\n");
        for number in 1..=13 {
            let digits = hex::encode(&key(number));
            text.push_str(&format!("key {number} {digits}\n"));
        }
        text.push_str("active 1\n");
        assert_eq!(KeyRing::parse(&text).map(drop), Err(KeyError::TooMany));
    }

    #[test]
    fn errors_show_no_key() {
        let secret = "0102030405060708";
        for text in [
            format!("key {secret}"),
            format!("{KEY_TEXT_HEADER}\nkey 1 {secret}zz\n"),
        ] {
            let error = KeyRing::parse(&text).map(drop).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("0102"));
        }
    }
}
