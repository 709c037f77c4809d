//! The characters of PINs.

use serde::{Deserialize, Serialize};

/// What a PIN is made of.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PinAlphabet {
    /// The ten digits.
    #[default]
    Numeric,
    /// 27 digits and letters, none of which looks like another: without 0 and O, 1, I and L, and
    /// the letters B, S, U and Z (8, 5, V, 2). The case of letters does not matter.
    Alphanumeric,
}

impl PinAlphabet {
    /// All characters, ascending, letters as capitals.
    pub const fn characters(self) -> &'static str {
        match self {
            Self::Numeric => "0123456789",
            Self::Alphanumeric => "23456789ACDEFGHJKMNPQRTVWXY",
        }
    }

    /// How many characters there are: 10 or 27.
    pub const fn size(self) -> u8 {
        match self {
            Self::Numeric => 10,
            Self::Alphanumeric => 27,
        }
    }

    /// How many PINs of a length there are; the largest possible number where that is too many to
    /// say.
    pub const fn space(self, length: u8) -> u128 {
        (self.size() as u128).saturating_pow(length as u32)
    }

    /// Where in the alphabet a character stands, in either case; nothing if it is no part of it.
    pub(crate) fn position(self, character: char) -> Option<usize> {
        self.characters().find(character.to_ascii_uppercase())
    }

    /// The character that a random byte stands for; nothing for the few highest bytes, which would
    /// make some characters more likely than others.
    pub(crate) fn draw(self, byte: u8) -> Option<char> {
        let even = u8::MAX - u8::MAX % self.size();
        let index = byte.checked_rem(self.size()).filter(|_| byte < even)?;
        self.characters()
            .as_bytes()
            .get(usize::from(index))
            .map(|byte| char::from(*byte))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    const BOTH: [PinAlphabet; 2] = [PinAlphabet::Numeric, PinAlphabet::Alphanumeric];

    #[test]
    fn sizes_are_those_of_the_characters() {
        for alphabet in BOTH {
            let mut characters: Vec<char> = alphabet.characters().chars().collect();
            characters.dedup();
            assert!(characters.is_sorted());
            assert_eq!(characters.len(), usize::from(alphabet.size()));
        }
    }

    #[test]
    fn nothing_looks_like_something_else() {
        let characters = PinAlphabet::Alphanumeric.characters();
        for pair in ["0O", "1I", "1L", "IL", "2Z", "5S", "8B", "UV"] {
            let present = pair
                .chars()
                .filter(|character| characters.contains(*character))
                .count();
            assert!(present <= 1, "{pair}");
        }
    }

    #[test]
    fn positions() {
        // given a character, when looked for in digits and in all, then
        let table = [
            ('0', Some(0), None),
            ('2', Some(2), Some(0)),
            ('9', Some(9), Some(7)),
            ('A', None, Some(8)),
            ('a', None, Some(8)),
            ('y', None, Some(26)),
            ('O', None, None),
            ('-', None, None),
            ('٣', None, None),
        ];
        for (character, digits, all) in table {
            assert_eq!(
                PinAlphabet::Numeric.position(character),
                digits,
                "{character}"
            );
            assert_eq!(
                PinAlphabet::Alphanumeric.position(character),
                all,
                "{character}"
            );
        }
    }

    #[test]
    fn spaces() {
        assert_eq!(PinAlphabet::Numeric.space(8), 100_000_000);
        assert_eq!(PinAlphabet::Alphanumeric.space(4), 531_441);
        assert_eq!(PinAlphabet::Alphanumeric.space(u8::MAX), u128::MAX);
    }

    /// Uniform bytes give uniform characters, exactly: every character comes from equally many of
    /// the 256 bytes.
    #[test]
    fn no_character_is_favoured() {
        for alphabet in BOTH {
            let mut bytes_of = BTreeMap::new();
            for byte in 0..=u8::MAX {
                if let Some(character) = alphabet.draw(byte) {
                    *bytes_of.entry(character).or_insert(0) += 1;
                }
            }
            assert_eq!(bytes_of.keys().collect::<String>(), alphabet.characters());
            let each = 255 / i32::from(alphabet.size());
            assert!(
                bytes_of.values().all(|count| *count == each),
                "{bytes_of:?}"
            );
        }
    }
}
