//! A chain of hashes that cannot be recomputed after an entry was altered.

use std::fmt;

use subtle::ConstantTimeEq;

use crate::{
    hex,
    key_ring::KeyRing,
    mac::{KeyedMac, MAC_BYTES},
    sub_key::Purpose,
};

/// Chains the entries of one tenant, under a key that is not in the database: who can only write
/// the database can neither alter nor insert an entry without being found out.
///
/// A tail that is cut off leaves a shorter chain that is whole; the latest hash has to be kept
/// somewhere else to notice. Chains stay valid through every rotation of the ring.
///
/// Make one for each tenant and keep it: the key is worked in once, and 200 bytes cost five
/// compressions.
#[derive(Debug)]
pub struct ChainKey(KeyedMac);

impl ChainKey {
    /// The chain key of one tenant.
    pub fn new(ring: &KeyRing, tenant: i64) -> Self {
        Self(KeyedMac::new(&ring.stable(Purpose::Chain, tenant).0))
    }

    /// The hash after an entry: HMAC-SHA-256 over the hash before it and the entry's bytes.
    ///
    /// All chains of a tenant share the key, so `bytes` has to say which chain the entry belongs
    /// to (wallet, sequence number), or entries could be moved between chains that begin alike.
    pub fn next(&self, previous: &ChainHash, bytes: &[u8]) -> ChainHash {
        // The first part has a fixed length, so nothing can slide from one into the other.
        ChainHash(self.0.over(&[&previous.0, bytes]))
    }
}

/// A link of a chain. It is stored, so it may be seen; equality takes the same time wherever two
/// differ, so that a forged one cannot be found byte by byte.
#[derive(Clone, Copy)]
pub struct ChainHash([u8; MAC_BYTES]);

impl ChainHash {
    /// What stands before the first entry.
    pub const ZERO: Self = Self([0; MAC_BYTES]);

    /// A hash as it was stored.
    pub const fn from_bytes(bytes: [u8; MAC_BYTES]) -> Self {
        Self(bytes)
    }

    /// A hash as it was stored; nothing unless there are exactly 32 bytes.
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// The 32 bytes to store.
    pub const fn as_bytes(&self) -> &[u8; MAC_BYTES] {
        &self.0
    }
}

impl PartialEq for ChainHash {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for ChainHash {}

impl fmt::Debug for ChainHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ChainHash({})", hex::encode(&self.0))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::{Seeded, key, two_keys};

    #[test]
    fn known_values() {
        let chain = ChainKey::new(&two_keys(), 42);
        let first = chain.next(&ChainHash::ZERO, b"entry 1");
        let second = chain.next(&first, b"entry 2");
        assert_eq!(
            hex::encode(first.as_bytes()),
            "401f8a3fab6bd5f0fbb9655b32de6b05a15359057fec847e719909e10cb723db"
        );
        assert_eq!(
            hex::encode(second.as_bytes()),
            "cb681b0337c5054ea95ad4219fd7c4f03180dc76360c3e182a9d5b495b1d4224"
        );
    }

    #[test]
    fn the_key_is_the_tenants_and_stays() {
        let mut ring = KeyRing::from_bytes(1, &key(1)).unwrap();
        let of = |ring: &KeyRing, tenant| ChainKey::new(ring, tenant).next(&ChainHash::ZERO, b"a");
        let before = of(&ring, 1);

        ring.rotate(&mut Seeded::new(1)).unwrap();
        assert_eq!(of(&ring, 1), before);
        assert_ne!(of(&ring, 2), before);
        assert_ne!(of(&KeyRing::from_bytes(1, &key(2)).unwrap(), 1), before);
    }

    #[test]
    fn equality_looks_at_every_byte() {
        let hash = ChainHash::from_bytes(key(1));
        assert_eq!(hash, ChainHash::from_bytes(key(1)));
        for index in 0..MAC_BYTES {
            let mut other = key(1);
            other[index] ^= 1;
            assert_ne!(hash, ChainHash::from_bytes(other), "{index}");
        }
    }

    #[test]
    fn only_thirty_two_bytes_are_a_hash() {
        for length in [0, 31, 33, 64] {
            assert_eq!(ChainHash::from_slice(&vec![1; length]), None, "{length}");
        }
        assert_eq!(
            ChainHash::from_slice(&key(1)),
            Some(ChainHash::from_bytes(key(1)))
        );
    }

    #[test]
    fn debug() {
        assert_eq!(
            format!("{:?}", ChainHash::ZERO),
            format!("ChainHash({})", "00".repeat(32))
        );
        assert_eq!(
            format!("{:?}", ChainKey::new(&two_keys(), 1)),
            "ChainKey(…)"
        );
    }

    proptest! {
        /// Altering any entry, or swapping two that differ, changes the end of the chain.
        #[test]
        fn the_end_depends_on_every_entry(
            entries in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..100), 2..8),
            at in any::<prop::sample::Index>(),
            bit in 0_u8..8,
        ) {
            let chain = ChainKey::new(&two_keys(), 1);
            let end = |entries: &[Vec<u8>]| {
                entries.iter().fold(ChainHash::ZERO, |hash, entry| chain.next(&hash, entry))
            };
            let whole = end(&entries);
            prop_assert_eq!(whole, end(&entries));

            let at = at.index(entries.len());
            let mut altered = entries.clone();
            match altered[at].first_mut() {
                Some(byte) => *byte ^= 1 << bit,
                None => altered[at].push(0),
            }
            prop_assert_ne!(whole, end(&altered));

            let mut swapped = entries.clone();
            swapped.swap(0, at);
            prop_assert_eq!(whole == end(&swapped), swapped == entries);

            prop_assert_ne!(whole, end(&entries[1..]));
        }
    }
}
