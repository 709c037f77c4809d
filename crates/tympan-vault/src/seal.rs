//! Encryption of what must be shown again.

use std::fmt;

use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use thiserror::Error;

use crate::{
    key_ring::KeyRing,
    random::{RandomError, RandomSource},
    rotating::Rotating,
    secret::{MAX_SECRET_BYTES, SecretBytes},
    sub_key::{KeyBytes, Purpose},
};

/// The most associated data, in bytes: ids and field names, not documents.
pub const MAX_ASSOCIATED_BYTES: usize = 1024;

const NUMBER_BYTES: usize = 4;
const NONCE_BYTES: usize = 24;
const TAG_BYTES: usize = 16;

/// How much longer a sealed value is than the secret in it, in bytes.
pub const SEAL_OVERHEAD_BYTES: usize = NUMBER_BYTES + NONCE_BYTES + TAG_BYTES;

/// Seals and opens the secrets of one tenant with XChaCha20-Poly1305.
///
/// A sealed value is: the key's number (4 bytes, little endian), the nonce (24 random bytes), the
/// ciphertext with its tag (16 bytes more than the secret). The number is authenticated too.
pub struct Sealer(Rotating<XChaCha20Poly1305>);

/// Why a secret could not be sealed.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub enum SealError {
    /// The secret is longer than [`MAX_SECRET_BYTES`].
    #[error("a secret is at most {MAX_SECRET_BYTES} bytes long")]
    TooLong,
    /// The associated data is longer than [`MAX_ASSOCIATED_BYTES`].
    #[error("associated data is at most {MAX_ASSOCIATED_BYTES} bytes long")]
    AssociatedTooLong,
    /// The random source failed.
    #[error(transparent)]
    Random(#[from] RandomError),
}

/// Why a sealed value could not be opened.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub enum OpenError {
    /// Too short or too long to be a sealed value.
    #[error("not a sealed value")]
    Malformed,
    /// Sealed with a key that the ring does not hold: an incomplete ring, or an altered value.
    #[error("sealed with key `{number}`, which the ring does not hold")]
    UnknownKey {
        /// The number that the value names.
        number: u32,
    },
    /// Altered, or sealed for another record, tenant or ring.
    #[error("the sealed value is not genuine, or not of this record")]
    Refused,
}

impl Sealer {
    /// The sealer of one tenant.
    pub fn new(ring: &KeyRing, tenant: i64) -> Self {
        let cipher = |key: &KeyBytes| XChaCha20Poly1305::new(&key.0.into());
        Self(ring.rotating(Purpose::Seal, tenant, cipher))
    }

    /// Seals a secret with the active key.
    ///
    /// `associated` says where the value belongs (record id, field): it is not stored in the
    /// value, and a value moved elsewhere does not open.
    ///
    /// # Errors
    ///
    /// [`SealError::TooLong`] above [`MAX_SECRET_BYTES`], [`SealError::AssociatedTooLong`] above
    /// [`MAX_ASSOCIATED_BYTES`], [`SealError::Random`] if the source fails.
    pub fn seal(
        &self,
        secret: &[u8],
        associated: &[u8],
        random: &mut dyn RandomSource,
    ) -> Result<Vec<u8>, SealError> {
        if secret.len() > MAX_SECRET_BYTES {
            return Err(SealError::TooLong);
        }
        let number = self.0.active_number.to_le_bytes();
        let aad = authenticated(number, associated).ok_or(SealError::AssociatedTooLong)?;
        let mut nonce = [0; NONCE_BYTES];
        random.fill(&mut nonce)?;

        let payload = Payload {
            msg: secret,
            aad: &aad,
        };
        let ciphertext = self
            .0
            .active
            .encrypt(&XNonce::from(nonce), payload)
            .map_err(|_| SealError::TooLong)?;
        Ok([number.as_slice(), &nonce, &ciphertext].concat())
    }

    /// Opens a sealed value with the key that it names; `associated` as it was when sealing.
    ///
    /// # Errors
    ///
    /// [`OpenError::Malformed`], then [`OpenError::UnknownKey`], then [`OpenError::Refused`]: the
    /// first that applies.
    pub fn open(&self, sealed: &[u8], associated: &[u8]) -> Result<SecretBytes, OpenError> {
        let (number, rest) = split(sealed)?;
        let (nonce, ciphertext) = rest
            .split_first_chunk::<NONCE_BYTES>()
            .ok_or(OpenError::Malformed)?;
        let number_value = u32::from_le_bytes(number);
        let cipher = self.0.find(number_value).ok_or(OpenError::UnknownKey {
            number: number_value,
        })?;
        let aad = authenticated(number, associated).ok_or(OpenError::Refused)?;

        let secret = cipher
            .decrypt(
                &XNonce::from(*nonce),
                Payload {
                    msg: ciphertext,
                    aad: &aad,
                },
            )
            .map_err(|_| OpenError::Refused)?;
        SecretBytes::new(secret).map_err(|_| OpenError::Malformed)
    }

    /// Whether a value is sealed with the active key; one that is not is due to be sealed again.
    ///
    /// # Errors
    ///
    /// [`OpenError::Malformed`] if it is too short or too long to be a sealed value.
    pub fn is_current(&self, sealed: &[u8]) -> Result<bool, OpenError> {
        let (number, _) = split(sealed)?;
        Ok(u32::from_le_bytes(number) == self.0.active_number)
    }
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sealer(…)")
    }
}

/// The key's number, and what follows it.
fn split(sealed: &[u8]) -> Result<([u8; NUMBER_BYTES], &[u8]), OpenError> {
    let lengths = SEAL_OVERHEAD_BYTES..=SEAL_OVERHEAD_BYTES + MAX_SECRET_BYTES;
    if !lengths.contains(&sealed.len()) {
        return Err(OpenError::Malformed);
    }
    let (number, rest) = sealed.split_first_chunk().ok_or(OpenError::Malformed)?;
    Ok((*number, rest))
}

/// What the tag covers beside the ciphertext; nothing if that is too long.
fn authenticated(number: [u8; NUMBER_BYTES], associated: &[u8]) -> Option<Vec<u8>> {
    (associated.len() <= MAX_ASSOCIATED_BYTES).then(|| [&number, associated].concat())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        hex,
        testing::{Seeded, broken, key, two_keys},
    };

    fn seal(sealer: &Sealer, secret: &[u8], associated: &[u8]) -> Vec<u8> {
        sealer
            .seal(secret, associated, &mut Seeded::new(1))
            .unwrap()
    }

    /// Made with another implementation (libsodium): the format in databases must stay readable.
    #[test]
    fn known_value() {
        let sealer = Sealer::new(&two_keys(), 42);
        let mut counting = |out: &mut [u8]| {
            for (byte, value) in out.iter_mut().zip(0x40..) {
                *byte = value;
            }
            Ok(())
        };
        let sealed = sealer
            .seal(b"048213", b"user 7 pin", &mut counting)
            .unwrap();
        assert_eq!(
            hex::encode(&sealed),
            "02000000404142434445464748494a4b4c4d4e4f50515253545556571d7280cc5027df6ef50b1d11f71ec3e627d779b1deec"
        );
    }

    #[test]
    fn lengths() {
        let sealer = Sealer::new(&two_keys(), 1);
        // given lengths of secret and associated data, when sealed, then
        let table = [
            (0, 0, Ok(44)),
            (1, 1024, Ok(45)),
            (1024, 1, Ok(1068)),
            (1025, 0, Err(SealError::TooLong)),
            (0, 1025, Err(SealError::AssociatedTooLong)),
        ];
        for (secret, associated, then) in table {
            let secret = vec![7; secret];
            let associated = vec![8; associated];
            let sealed = sealer.seal(&secret, &associated, &mut Seeded::new(1));
            assert_eq!(sealed.as_ref().map(Vec::len).map_err(|error| *error), then);
            if let Ok(sealed) = sealed {
                assert_eq!(sealer.open(&sealed, &associated).unwrap().expose(), secret);
            }
        }
        assert_eq!(SEAL_OVERHEAD_BYTES, 44);
    }

    #[test]
    fn a_broken_source_seals_nothing() {
        let sealer = Sealer::new(&two_keys(), 1);
        let refused = sealer.seal(b"a", b"", &mut broken);
        assert_eq!(refused, Err(SealError::Random(RandomError)));
    }

    #[test]
    fn the_same_secret_never_looks_the_same() {
        let sealer = Sealer::new(&two_keys(), 1);
        let mut random = Seeded::new(1);
        let first = sealer.seal(b"a", b"", &mut random).unwrap();
        let second = sealer.seal(b"a", b"", &mut random).unwrap();
        assert_ne!(first[4..28], second[4..28]);
        assert_ne!(first[28..], second[28..]);
    }

    #[test]
    fn every_single_bit_matters() {
        let sealer = Sealer::new(&two_keys(), 1);
        let sealed = seal(&sealer, b"048213", b"user 7 pin");
        for bit in 0..sealed.len() * 8 {
            let mut altered = sealed.clone();
            altered[bit / 8] ^= 1 << (bit % 8);
            assert!(sealer.open(&altered, b"user 7 pin").is_err(), "bit {bit}");
        }
        for length in 0..sealed.len() {
            assert!(
                sealer.open(&sealed[..length], b"user 7 pin").is_err(),
                "length {length}"
            );
        }
        let longer = [sealed.as_slice(), &[0]].concat();
        assert_eq!(sealer.open(&longer, b"user 7 pin"), Err(OpenError::Refused));
    }

    #[test]
    fn only_the_right_place_opens() {
        let ring = two_keys();
        let sealed = seal(&Sealer::new(&ring, 1), b"secret", b"user 7");
        let others = KeyRing::from_bytes(2, &key(3)).unwrap();
        let long = [0; MAX_ASSOCIATED_BYTES + 1];
        // given a value sealed for tenant 1, user 7, when opened as, then
        let table = [
            (Sealer::new(&ring, 1), b"user 7".as_slice(), None),
            (Sealer::new(&ring, 1), b"user 8", Some(OpenError::Refused)),
            (Sealer::new(&ring, 1), b"user 70", Some(OpenError::Refused)),
            (Sealer::new(&ring, 1), b"", Some(OpenError::Refused)),
            (Sealer::new(&ring, 1), &long, Some(OpenError::Refused)),
            (Sealer::new(&ring, 2), b"user 7", Some(OpenError::Refused)),
            (Sealer::new(&others, 1), b"user 7", Some(OpenError::Refused)),
        ];
        for (sealer, associated, then) in table {
            assert_eq!(
                sealer.open(&sealed, associated).err(),
                then,
                "{associated:?}"
            );
        }
    }

    /// One key under two numbers cannot be in a ring, but the number must not be changeable even
    /// where it would lead to the same key.
    #[test]
    fn the_number_is_authenticated() {
        let one = Sealer::new(&KeyRing::from_bytes(1, &key(1)).unwrap(), 1);
        let two = Sealer::new(&KeyRing::from_bytes(2, &key(1)).unwrap(), 1);
        let mut sealed = seal(&one, b"secret", b"");
        sealed[0] = 2;
        assert_eq!(two.open(&sealed, b""), Err(OpenError::Refused));
    }

    #[test]
    fn rotation_keeps_old_values_readable() {
        let mut random = Seeded::new(1);
        let mut ring = KeyRing::from_bytes(1, &key(1)).unwrap();
        let old = seal(&Sealer::new(&ring, 1), b"old", b"");
        ring.rotate(&mut random).unwrap();
        let sealer = Sealer::new(&ring, 1);
        let new = seal(&sealer, b"new", b"");

        assert_eq!(
            (old[..4].to_vec(), new[..4].to_vec()),
            (vec![1, 0, 0, 0], vec![2, 0, 0, 0])
        );
        assert_eq!(sealer.open(&old, b"").unwrap().expose(), b"old");
        assert_eq!(sealer.open(&new, b"").unwrap().expose(), b"new");
        assert_eq!(sealer.is_current(&old), Ok(false));
        assert_eq!(sealer.is_current(&new), Ok(true));
        assert_eq!(sealer.is_current(&[]), Err(OpenError::Malformed));

        ring.rotate(&mut random).unwrap();
        ring.retire(2).unwrap();
        let without = Sealer::new(&ring, 1);
        assert_eq!(
            without.open(&new, b""),
            Err(OpenError::UnknownKey { number: 2 })
        );
    }

    #[test]
    fn debug_shows_no_key() {
        assert_eq!(format!("{:?}", Sealer::new(&two_keys(), 1)), "Sealer(…)");
    }

    proptest! {
        #[test]
        fn what_is_sealed_opens(
            secret in prop::collection::vec(any::<u8>(), 0..=MAX_SECRET_BYTES),
            associated in prop::collection::vec(any::<u8>(), 0..=MAX_ASSOCIATED_BYTES),
            tenant in any::<i64>(),
            seed in any::<u64>(),
        ) {
            let sealer = Sealer::new(&two_keys(), tenant);
            let sealed = sealer.seal(&secret, &associated, &mut Seeded::new(seed)).unwrap();
            prop_assert_eq!(sealed.len(), secret.len() + SEAL_OVERHEAD_BYTES);
            let opened = sealer.open(&sealed, &associated).unwrap();
            prop_assert_eq!(opened.expose(), secret);
        }

        #[test]
        fn any_flipped_bit_is_refused(
            secret in prop::collection::vec(any::<u8>(), 0..200),
            at in any::<prop::sample::Index>(),
            seed in any::<u64>(),
        ) {
            let sealer = Sealer::new(&two_keys(), 1);
            let mut sealed = sealer.seal(&secret, b"id", &mut Seeded::new(seed)).unwrap();
            let bit = at.index(sealed.len() * 8);
            sealed[bit / 8] ^= 1 << (bit % 8);
            prop_assert!(sealer.open(&sealed, b"id").is_err());
        }

        #[test]
        fn noise_does_not_open(noise in prop::collection::vec(any::<u8>(), 0..1200)) {
            prop_assert!(Sealer::new(&two_keys(), 1).open(&noise, b"").is_err());
        }
    }
}
