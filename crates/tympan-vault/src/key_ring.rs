//! The ring of keys that all other secrets hang from.

use std::fmt;

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::{
    hex,
    key_text::{self, KeyError},
    random::RandomSource,
    rotating::Rotating,
    secret::SecretText,
    sub_key::{KeyBytes, Purpose},
};

/// Bytes of one key.
pub const KEY_BYTES: usize = 32;

/// The most keys in one ring. Twelve lines of a key file still fit one [`SecretText`]; before that
/// many rotations, what the oldest but one sealed has long been sealed again.
pub const MAX_KEYS: usize = 12;

/// Bytes of the fingerprint, before they become text.
const FINGERPRINT_BYTES: usize = 8;

/// Numbered keys of [`KEY_BYTES`] bytes, one of them active; never empty.
///
/// **The oldest key is for good.** Blind index, chain, record and document digests are looked up or
/// compared years later without a key number, so they always come from the key with the lowest
/// number, and rotation does not touch them: [`KeyRing::fingerprint`] stays the same. What carries
/// its key number (sealed values, password hashes) is made with the active key and read with
/// whichever key it names. Replacing the oldest key means indexing everything anew; to a database
/// it is another ring.
///
/// Rotation in a fleet: give every process the ring with the new key ([`KeyRing::add`]), then
/// [`KeyRing::activate`] it everywhere, so that nobody meets a key number it does not know.
pub struct KeyRing {
    oldest: NumberedKey,
    /// Ascending, all above `oldest`.
    newer: Vec<NumberedKey>,
    /// The number of one of the keys.
    active: u32,
}

struct NumberedKey {
    number: u32,
    // In a box, so that growing a ring leaves no copy of a key behind.
    key: Box<KeyBytes>,
}

impl KeyRing {
    /// A new ring with one random key, number 1, active.
    ///
    /// # Errors
    ///
    /// [`KeyError::Random`] if the source fails, [`KeyError::Weak`] if its bytes are all alike.
    pub fn generate(random: &mut dyn RandomSource) -> Result<Self, KeyError> {
        Self::from_bytes(1, &*random_key(random)?)
    }

    /// A ring with one given key, active.
    ///
    /// # Errors
    ///
    /// [`KeyError::Number`] for number 0, [`KeyError::Weak`] if all bytes are alike.
    pub fn from_bytes(number: u32, key: &[u8; KEY_BYTES]) -> Result<Self, KeyError> {
        let oldest = NumberedKey::new(number, key)?;
        Ok(Self {
            oldest,
            newer: Vec::new(),
            active: number,
        })
    }

    /// Reads a key file. The format, one item a line:
    ///
    /// ```text
    /// tympan keys 1
    /// key <number> <64 hexadecimal digits>
    /// active <number>
    /// ```
    ///
    /// `key` once for each key (1 to [`MAX_KEYS`]), numbers from 1 and ascending; `active` once,
    /// last, with the number of one of them. Lines may end in CR LF; empty lines are passed over.
    ///
    /// # Errors
    ///
    /// [`KeyError`]; it names the line, never what stands on it.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        key_text::parse(text)
    }

    /// The key file of this ring, as [`KeyRing::parse`] reads it. It is the secret itself: for a
    /// file that only the host can read.
    pub fn to_text(&self) -> SecretText {
        key_text::write(self.keys().map(|key| (key.number, &key.key.0)), self.active)
    }

    /// Adds a key without making it active.
    ///
    /// # Errors
    ///
    /// [`KeyError::Number`] unless `number` is above all others (a lower one would become the
    /// oldest), [`KeyError::TooMany`] above [`MAX_KEYS`], [`KeyError::Weak`] if all bytes are
    /// alike, [`KeyError::Twice`] if the ring has this key under another number.
    pub fn add(&mut self, number: u32, key: &[u8; KEY_BYTES]) -> Result<(), KeyError> {
        if number <= self.newest_number() {
            return Err(KeyError::Number { number });
        }
        if self.keys().count() >= MAX_KEYS {
            return Err(KeyError::TooMany);
        }
        if self.keys().any(|known| known.key.0.ct_eq(key).into()) {
            return Err(KeyError::Twice { number });
        }
        self.newer.push(NumberedKey::new(number, key)?);
        Ok(())
    }

    /// Makes a key of the ring the active one.
    ///
    /// # Errors
    ///
    /// [`KeyError::Unknown`] if the ring has no such key.
    pub fn activate(&mut self, number: u32) -> Result<(), KeyError> {
        if !self.contains(number) {
            return Err(KeyError::Unknown { number });
        }
        self.active = number;
        Ok(())
    }

    /// Adds a random key under the next number, makes it active, and returns the number.
    ///
    /// # Errors
    ///
    /// As [`KeyRing::add`], and [`KeyError::Random`] if the source fails; the ring is then as it
    /// was.
    pub fn rotate(&mut self, random: &mut dyn RandomSource) -> Result<u32, KeyError> {
        let newest = self.newest_number();
        let number = newest
            .checked_add(1)
            .ok_or(KeyError::Number { number: newest })?;
        self.add(number, &*random_key(random)?)?;
        self.active = number;
        Ok(number)
    }

    /// Forgets a key whose seals and password hashes have all been made anew; what is left of them
    /// can never be read again.
    ///
    /// # Errors
    ///
    /// [`KeyError::InUse`] for the oldest and the active key, [`KeyError::Unknown`] if the ring has
    /// no such key.
    pub fn retire(&mut self, number: u32) -> Result<(), KeyError> {
        if number == self.oldest.number || number == self.active {
            return Err(KeyError::InUse { number });
        }
        if !self.contains(number) {
            return Err(KeyError::Unknown { number });
        }
        self.newer.retain(|key| key.number != number);
        Ok(())
    }

    /// The number of the key that new seals and password hashes are made with.
    pub fn active(&self) -> u32 {
        self.active
    }

    /// Whether the ring has a key with this number.
    pub fn contains(&self, number: u32) -> bool {
        self.keys().any(|key| key.number == number)
    }

    /// The numbers of all keys, ascending.
    pub fn numbers(&self) -> impl Iterator<Item = u32> {
        self.keys().map(|key| key.number)
    }

    /// 16 lower-case hexadecimal digits that tell rings apart and nothing about the keys.
    ///
    /// A database stores it when it is created and compares it when it is opened, so that wrong
    /// keys are refused at once. It comes from the oldest key only and survives every rotation.
    pub fn fingerprint(&self) -> String {
        let bytes = self.oldest.key.derive(Purpose::Fingerprint, 0);
        hex::encode(bytes.0.get(..FINGERPRINT_BYTES).unwrap_or_default())
    }

    /// A sub-key of the oldest key: for what is stored without a key number.
    pub(crate) fn stable(&self, purpose: Purpose, tenant: i64) -> KeyBytes {
        self.oldest.key.derive(purpose, tenant)
    }

    /// Something made from a sub-key of every key: for what is stored with a key number.
    pub(crate) fn rotating<T>(
        &self,
        purpose: Purpose,
        tenant: i64,
        make: impl Fn(&KeyBytes) -> T,
    ) -> Rotating<T> {
        let of = |key: &NumberedKey| make(&key.key.derive(purpose, tenant));
        let active = self.newer.iter().find(|key| key.number == self.active);
        Rotating {
            active_number: self.active,
            active: of(active.unwrap_or(&self.oldest)),
            others: self
                .keys()
                .filter(|key| key.number != self.active)
                .map(|key| (key.number, of(key)))
                .collect(),
        }
    }

    fn keys(&self) -> impl Iterator<Item = &NumberedKey> {
        std::iter::once(&self.oldest).chain(&self.newer)
    }

    fn newest_number(&self) -> u32 {
        self.newer.last().unwrap_or(&self.oldest).number
    }
}

impl NumberedKey {
    fn new(number: u32, key: &[u8; KEY_BYTES]) -> Result<Self, KeyError> {
        if number == 0 {
            return Err(KeyError::Number { number });
        }
        // A placeholder, or a source that never filled its buffer. By chance: once in 2^248.
        let [first, rest @ ..] = key;
        if rest.iter().all(|byte| byte == first) {
            return Err(KeyError::Weak { number });
        }
        Ok(Self {
            number,
            key: Box::new(KeyBytes(*key)),
        })
    }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let numbers: Vec<u32> = self.numbers().collect();
        f.debug_struct("KeyRing")
            .field("numbers", &numbers)
            .field("active", &self.active)
            .finish()
    }
}

fn random_key(random: &mut dyn RandomSource) -> Result<Zeroizing<[u8; KEY_BYTES]>, KeyError> {
    let mut key = Zeroizing::new([0; KEY_BYTES]);
    random.fill(key.as_mut_slice())?;
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        random::RandomError,
        testing::{Seeded, key},
    };

    #[test]
    fn a_new_ring_has_one_active_key() {
        let ring = KeyRing::generate(&mut Seeded::new(1)).unwrap();
        assert_eq!(ring.numbers().collect::<Vec<_>>(), [1]);
        assert_eq!(ring.active(), 1);

        let other = KeyRing::generate(&mut Seeded::new(2)).unwrap();
        assert_ne!(ring.to_text(), other.to_text());
    }

    #[test]
    fn a_broken_source_makes_no_ring() {
        let mut fails = |_: &mut [u8]| Err(RandomError);
        assert_eq!(
            KeyRing::generate(&mut fails).map(drop),
            Err(KeyError::Random(RandomError))
        );

        let mut does_nothing = |_: &mut [u8]| Ok(());
        assert_eq!(
            KeyRing::generate(&mut does_nothing).map(drop),
            Err(KeyError::Weak { number: 1 })
        );
    }

    #[test]
    fn adding() {
        // given keys 3 and 5, when this key is added, then
        let table = [
            (6, key(6), Ok(())),
            (u32::MAX, key(6), Ok(())),
            (5, key(6), Err(KeyError::Number { number: 5 })),
            (4, key(6), Err(KeyError::Number { number: 4 })),
            (2, key(6), Err(KeyError::Number { number: 2 })),
            (0, key(6), Err(KeyError::Number { number: 0 })),
            (6, key(3), Err(KeyError::Twice { number: 6 })),
            (6, key(5), Err(KeyError::Twice { number: 6 })),
            (6, [9; 32], Err(KeyError::Weak { number: 6 })),
        ];
        for (number, bytes, then) in table {
            let mut ring = KeyRing::from_bytes(3, &key(3)).unwrap();
            ring.add(5, &key(5)).unwrap();
            let before = ring.to_text();

            assert_eq!(ring.add(number, &bytes), then, "{number}");
            assert_eq!(ring.active(), 3);
            assert_eq!(ring.to_text() == before, then.is_err(), "{number}");
        }
    }

    #[test]
    fn number_zero_is_no_number() {
        let refused = KeyRing::from_bytes(0, &key(1)).map(drop);
        assert_eq!(refused, Err(KeyError::Number { number: 0 }));
    }

    #[test]
    fn rotation_makes_a_new_active_key_and_keeps_the_fingerprint() {
        let mut random = Seeded::new(3);
        let mut ring = KeyRing::generate(&mut random).unwrap();
        let before = ring.fingerprint();

        for expected in 2..=MAX_KEYS as u32 {
            assert_eq!(ring.rotate(&mut random), Ok(expected));
            assert_eq!(ring.active(), expected);
            assert_eq!(ring.fingerprint(), before);
        }
        assert_eq!(ring.rotate(&mut random), Err(KeyError::TooMany));
        assert_eq!(ring.active(), MAX_KEYS as u32);
    }

    #[test]
    fn rotation_stops_at_the_last_number() {
        let mut ring = KeyRing::from_bytes(u32::MAX, &key(1)).unwrap();
        let refused = ring.rotate(&mut Seeded::new(4));
        assert_eq!(refused, Err(KeyError::Number { number: u32::MAX }));
    }

    #[test]
    fn activating_and_retiring() {
        let mut ring = KeyRing::from_bytes(1, &key(1)).unwrap();
        ring.add(2, &key(2)).unwrap();
        ring.add(3, &key(3)).unwrap();

        assert_eq!(ring.activate(4), Err(KeyError::Unknown { number: 4 }));
        assert_eq!(ring.active(), 1);
        assert_eq!(ring.activate(3), Ok(()));
        assert_eq!(ring.active(), 3);

        assert_eq!(ring.retire(1), Err(KeyError::InUse { number: 1 }));
        assert_eq!(ring.retire(3), Err(KeyError::InUse { number: 3 }));
        assert_eq!(ring.retire(4), Err(KeyError::Unknown { number: 4 }));
        assert_eq!(ring.retire(2), Ok(()));
        assert_eq!(ring.numbers().collect::<Vec<_>>(), [1, 3]);
    }

    #[test]
    fn the_fingerprint_is_that_of_the_oldest_key() {
        // HMAC-SHA-256(key 1, "tympan 1 fingerprint\0" ‖ 8 zero bytes ‖ 01), first 8 bytes; made
        // with another implementation.
        let ring = KeyRing::from_bytes(1, &key(1)).unwrap();
        assert_eq!(ring.fingerprint(), "57aee33eb062b6c7");

        let other = KeyRing::from_bytes(1, &key(2)).unwrap();
        assert_ne!(other.fingerprint(), ring.fingerprint());
    }

    #[test]
    fn debug_shows_numbers_only() {
        let mut ring = KeyRing::from_bytes(1, &key(1)).unwrap();
        ring.add(7, &key(7)).unwrap();
        assert_eq!(
            format!("{ring:?}"),
            "KeyRing { numbers: [1, 7], active: 1 }"
        );
    }
}
