//! Passwords: checked, never shown.

use argon2::{
    Algorithm, Argon2, KeyId, Params, ParamsBuilder, Version,
    password_hash::phc::{Output, ParamsString, PasswordHash, Salt},
};
use subtle::ConstantTimeEq;
use thiserror::Error;
use zeroize::Zeroizing;

use crate::{
    key_ring::KeyRing,
    mac::KeyedMac,
    password_cost::PasswordCost,
    random::{RandomError, RandomSource},
    rotating::Rotating,
    secret::SecretText,
    sub_key::Purpose,
};

const SALT_BYTES: usize = 16;
const HASH_BYTES: usize = 32;
/// Ours are 110 bytes long, or a few more where the cost has more digits.
const MAX_PHC_BYTES: usize = 256;

/// Hashes and checks the passwords of one tenant: argon2id over HMAC-SHA-256(key, password).
///
/// The key (pepper) is not in the database, so a stolen database alone cannot be attacked by
/// guessing. Hashes are PHC strings that name their key in `keyid` (4 bytes, little endian).
///
/// Every call but [`PasswordHasher::needs_rehash`] takes tens of milliseconds and as much memory
/// as the cost says: call it outside any lock, and bound how many run at once.
#[derive(Debug)]
pub struct PasswordHasher {
    peppers: Rotating<KeyedMac>,
    cost: PasswordCost,
}

/// Why a password could not be hashed or checked. A wrong password is none of these.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub enum PasswordError {
    /// The stored text is not a hash that [`PasswordHasher::hash`] could have made.
    #[error("the stored password hash is not understood")]
    Malformed,
    /// The stored hash asks for more memory or time than a [`PasswordCost`] may.
    #[error("the stored password hash costs too much to check")]
    TooCostly,
    /// Hashed with a key that the ring does not hold.
    #[error("the password was hashed with key `{number}`, which the ring does not hold")]
    UnknownKey {
        /// The number that the hash names.
        number: u32,
    },
    /// The memory that hashing takes could not be had.
    #[error("not enough memory to hash a password")]
    Memory,
    /// The random source failed.
    #[error(transparent)]
    Random(#[from] RandomError),
}

impl PasswordHasher {
    /// The hasher of one tenant; new hashes get this cost.
    pub fn new(ring: &KeyRing, tenant: i64, cost: PasswordCost) -> Self {
        let peppers = ring.rotating(Purpose::Password, tenant, |key| KeyedMac::new(&key.0));
        Self { peppers, cost }
    }

    /// The PHC string to store for a password, which the caller has normalised (NFKC) and checked
    /// against its policy.
    ///
    /// # Errors
    ///
    /// [`PasswordError::Random`] if the source fails, [`PasswordError::Memory`].
    pub fn hash(
        &self,
        secret: &SecretText,
        random: &mut dyn RandomSource,
    ) -> Result<String, PasswordError> {
        let mut salt = [0; SALT_BYTES];
        random.fill(&mut salt)?;
        let hash = digest(&self.peppers.active, secret, self.cost, &salt)?;
        format(self.peppers.active_number, self.cost, &salt, &hash).ok_or(PasswordError::Memory)
    }

    /// Whether this is the password that was hashed, normalised in the same way.
    ///
    /// # Errors
    ///
    /// [`PasswordError::Malformed`], then [`PasswordError::TooCostly`], then
    /// [`PasswordError::UnknownKey`]: the first that applies; [`PasswordError::Memory`].
    pub fn verify(&self, secret: &SecretText, phc: &str) -> Result<bool, PasswordError> {
        let stored = parse(phc)?;
        let number = stored.number;
        let pepper = self
            .peppers
            .find(number)
            .ok_or(PasswordError::UnknownKey { number })?;
        let hash = digest(pepper, secret, stored.cost, &stored.salt)?;
        Ok(hash.ct_eq(&stored.hash).into())
    }

    /// Does the work of [`PasswordHasher::verify`] where there is no such user, so that the time
    /// taken does not tell. Always `false`.
    ///
    /// # Errors
    ///
    /// [`PasswordError::Memory`], as for a user that exists.
    pub fn verify_nobody(&self, secret: &SecretText) -> Result<bool, PasswordError> {
        let hash = digest(&self.peppers.active, secret, self.cost, &[0; SALT_BYTES])?;
        // Keeps the work from being left out as unused.
        std::hint::black_box(hash.ct_eq(&[0; HASH_BYTES]));
        Ok(false)
    }

    /// Whether a hash is due to be made anew at the next successful sign-in: another key than the
    /// active one, less work than the present cost, or not understood. More work than the present
    /// cost is left alone, or two processes with different settings would rehash in turn.
    pub fn needs_rehash(&self, phc: &str) -> bool {
        parse(phc).map_or(true, |stored| {
            stored.number != self.peppers.active_number || stored.cost.work() < self.cost.work()
        })
    }
}

struct Stored {
    number: u32,
    cost: PasswordCost,
    salt: [u8; SALT_BYTES],
    hash: [u8; HASH_BYTES],
}

fn digest(
    pepper: &KeyedMac,
    secret: &SecretText,
    cost: PasswordCost,
    salt: &[u8; SALT_BYTES],
) -> Result<[u8; HASH_BYTES], PasswordError> {
    let peppered = Zeroizing::new(pepper.over(&[secret.expose().as_bytes()]));
    let mut hash = [0; HASH_BYTES];
    // With lengths and costs within bounds, memory is all that can be wanting.
    Params::new(
        cost.memory_kib(),
        cost.passes(),
        cost.lanes(),
        Some(HASH_BYTES),
    )
    .map(|params| Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
    .and_then(|argon2| argon2.hash_password_into(peppered.as_slice(), salt, &mut hash))
    .map_err(|_| PasswordError::Memory)?;
    Ok(hash)
}

/// Always something: number, cost and lengths are within what the format allows.
fn format(number: u32, cost: PasswordCost, salt: &[u8], hash: &[u8]) -> Option<String> {
    let params = ParamsBuilder::new()
        .m_cost(cost.memory_kib())
        .t_cost(cost.passes())
        .p_cost(cost.lanes())
        .keyid(KeyId::new(&number.to_le_bytes()).ok()?)
        .build()
        .ok()?;
    let phc = PasswordHash {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(&params).ok()?,
        salt: Some(Salt::new(salt).ok()?),
        hash: Some(Output::new(hash).ok()?),
    };
    Some(phc.to_string())
}

fn parse(phc: &str) -> Result<Stored, PasswordError> {
    let (phc, params) = parse_phc(phc).ok_or(PasswordError::Malformed)?;
    let stored = || {
        let number = params.keyid().try_into().map(u32::from_le_bytes).ok()?;
        let salt = phc.salt.as_deref()?.try_into().ok()?;
        let hash = phc.hash.as_ref()?.as_bytes().try_into().ok()?;
        Some((number, salt, hash))
    };
    let (number, salt, hash) = stored().ok_or(PasswordError::Malformed)?;
    let cost = PasswordCost::stored(params.m_cost(), params.t_cost(), params.p_cost())
        .ok_or(PasswordError::TooCostly)?;
    Ok(Stored {
        number,
        cost,
        salt,
        hash,
    })
}

fn parse_phc(phc: &str) -> Option<(PasswordHash, Params)> {
    if phc.len() > MAX_PHC_BYTES {
        return None;
    }
    let phc = PasswordHash::new(phc).ok()?;
    let params = Params::try_from(&phc.params).ok()?;
    let ours = phc.algorithm == Algorithm::Argon2id.ident()
        && phc.version == Some(Version::V0x13.into())
        && params.data().is_empty();
    ours.then_some((phc, params))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::{Seeded, broken, key, two_keys};

    /// Made with another implementation (the C reference, over a peppered password).
    const KNOWN: &str = "$argon2id$v=19$m=19456,t=2,p=1,keyid=AgAAAA$QEFCQ0RFRkdISUpLTE1OTw$2xRXzkGEUOw7ye5NC9Np9YDR/gVlRdGDS0TLOvNvpBw";

    fn text(text: &str) -> SecretText {
        SecretText::new(text).unwrap()
    }

    fn hasher() -> PasswordHasher {
        PasswordHasher::new(&two_keys(), 42, PasswordCost::default())
    }

    #[test]
    fn known_value() {
        let mut counting = |out: &mut [u8]| {
            for (byte, value) in out.iter_mut().zip(0x40..) {
                *byte = value;
            }
            Ok(())
        };
        let hash = hasher()
            .hash(&text("correct horse"), &mut counting)
            .unwrap();
        assert_eq!(hash, KNOWN);
        assert_eq!(KNOWN.len(), 110);
    }

    #[test]
    fn only_the_password_itself_is_accepted() {
        let longest = "a".repeat(1024);
        // given this password, when this is presented, then
        let table = [
            ("correct horse", "correct horse", true),
            ("correct horse", "correct horsf", false),
            ("correct horse", "Correct horse", false),
            ("correct horse", "correct horse ", false),
            ("correct horse", "", false),
            ("", "", true),
            ("nul\0one", "nul\0two", false),
            (&longest, &longest, true),
            (&longest, &longest[1..], false),
        ];
        let hasher = hasher();
        for (given, when, then) in table {
            let hash = hasher.hash(&text(given), &mut Seeded::new(1)).unwrap();
            assert_eq!(
                hasher.verify(&text(when), &hash),
                Ok(then),
                "{given} {when}"
            );
        }
    }

    #[test]
    fn salts_differ() {
        let hasher = hasher();
        let mut random = Seeded::new(1);
        let first = hasher.hash(&text("a"), &mut random).unwrap();
        let second = hasher.hash(&text("a"), &mut random).unwrap();
        assert_ne!(first, second);
        assert_eq!(
            hasher.hash(&text("a"), &mut broken),
            Err(PasswordError::Random(RandomError))
        );
    }

    #[test]
    fn a_hash_is_of_its_tenant_and_ring() {
        let other_keys = KeyRing::from_bytes(2, &key(9)).unwrap();
        // given a hash of tenant 42, when checked with, then
        let table = [
            (two_keys(), 42, Ok(true)),
            (two_keys(), 43, Ok(false)),
            (other_keys, 42, Ok(false)),
            (
                KeyRing::from_bytes(1, &key(1)).unwrap(),
                42,
                Err(PasswordError::UnknownKey { number: 2 }),
            ),
        ];
        for (ring, tenant, then) in table {
            let hasher = PasswordHasher::new(&ring, tenant, PasswordCost::default());
            assert_eq!(
                hasher.verify(&text("correct horse"), KNOWN),
                then,
                "{ring:?} {tenant}"
            );
        }
    }

    #[test]
    fn rotation_keeps_old_hashes() {
        let mut ring = KeyRing::from_bytes(1, &key(1)).unwrap();
        let of = |ring: &KeyRing| PasswordHasher::new(ring, 1, PasswordCost::default());
        let old = of(&ring).hash(&text("a"), &mut Seeded::new(1)).unwrap();
        assert!(!of(&ring).needs_rehash(&old));

        ring.rotate(&mut Seeded::new(2)).unwrap();
        assert_eq!(of(&ring).verify(&text("a"), &old), Ok(true));
        assert!(of(&ring).needs_rehash(&old));

        let new = of(&ring).hash(&text("a"), &mut Seeded::new(1)).unwrap();
        assert!(!of(&ring).needs_rehash(&new));
    }

    #[test]
    fn rehashing_when_costs_rise() {
        // given the known hash (19,456 KiB × 2), when the cost is now, then
        let table = [
            (19_456, 2, false),
            (19_456, 3, true),
            (47_104, 1, true),
            (12_288, 3, false),
        ];
        for (memory, passes, then) in table {
            let cost = PasswordCost::new(memory, passes, 1).unwrap();
            let hasher = PasswordHasher::new(&two_keys(), 42, cost);
            assert_eq!(hasher.needs_rehash(KNOWN), then, "{memory} {passes}");
            assert_eq!(hasher.verify(&text("correct horse"), KNOWN), Ok(true));
        }
    }

    #[test]
    fn what_is_stored_is_not_trusted() {
        use PasswordError::{Malformed, TooCostly, UnknownKey};
        let (front, hash) = KNOWN.rsplit_once('$').unwrap();
        let (_, salt) = front.rsplit_once('$').unwrap();
        let table = [
            (String::new(), Malformed),
            ("$".repeat(300), Malformed),
            ("correct horse".to_owned(), Malformed),
            (front.to_owned(), Malformed),
            (format!("{front}$"), Malformed),
            (format!("{front}${}", &hash[..16]), Malformed),
            (format!("{KNOWN}$AAAA"), Malformed),
            (KNOWN.replace(salt, "AAAAAAAAAAA"), Malformed),
            (KNOWN.replace("argon2id", "argon2i"), Malformed),
            (KNOWN.replace("argon2id", "scrypt"), Malformed),
            (KNOWN.replace("$v=19", ""), Malformed),
            (KNOWN.replace("v=19", "v=16"), Malformed),
            (KNOWN.replace(",keyid=AgAAAA", ""), Malformed),
            (KNOWN.replace("keyid=AgAAAA", "keyid=Ag"), Malformed),
            (KNOWN.replace("keyid=", "data=AAAA,keyid="), Malformed),
            (KNOWN.replace("m=19456", "m=1"), Malformed),
            (KNOWN.replace("m=19456", "m=262145"), TooCostly),
            (KNOWN.replace("m=19456", "m=4294967295"), TooCostly),
            (KNOWN.replace("t=2", "t=17"), TooCostly),
            (KNOWN.replace("t=2", "t=4294967295"), TooCostly),
            (KNOWN.replace("p=1", "p=5"), TooCostly),
            (KNOWN.replace("AgAAAA", "AwAAAA"), UnknownKey { number: 3 }),
        ];
        let hasher = hasher();
        for (stored, then) in table {
            let checked = hasher.verify(&text("correct horse"), &stored);
            assert_eq!(checked, Err(then), "{stored}");
            assert!(hasher.needs_rehash(&stored), "{stored}");
        }
    }

    #[test]
    fn altered_parts_do_not_match() {
        let (_, hash) = KNOWN.rsplit_once('$').unwrap();
        let table = [
            KNOWN.replace("AgAAAA", "AQAAAA"),
            KNOWN.replace("m=19456", "m=19457"),
            KNOWN.replace("t=2", "t=1"),
            KNOWN.replace("$QEFC", "$QEFD"),
            KNOWN.replace(hash, &hash.chars().rev().collect::<String>()),
        ];
        for stored in table {
            assert_ne!(stored, KNOWN);
            let checked = hasher().verify(&text("correct horse"), &stored);
            assert_ne!(checked, Ok(true), "{stored}");
        }
    }

    #[test]
    fn nobody_is_never_let_in() {
        assert_eq!(hasher().verify_nobody(&text("correct horse")), Ok(false));
        assert_eq!(hasher().verify_nobody(&text("")), Ok(false));
    }

    #[test]
    fn debug_shows_no_key() {
        let then = "PasswordHasher { peppers: Rotating { active_number: 2, active: …, \
                    others: [(1, …)] }, \
                    cost: PasswordCost { memory_kib: 19456, passes: 2, lanes: 1 } }";
        assert_eq!(format!("{:?}", hasher()), then);
    }

    proptest! {
        #[test]
        fn any_text_in_the_database_is_survived(stored in "[$a-z0-9=,+/]{0,80}|\\PC{0,40}") {
            prop_assert_eq!(hasher().verify(&text("a"), &stored), Err(PasswordError::Malformed));
        }
    }
}
