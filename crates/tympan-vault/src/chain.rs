//! A chain of hashes that cannot be recomputed after an entry was altered.

use std::fmt;

use crate::{
    hex,
    key_ring::KeyRing,
    mac::{KeyedMac, MAC_BYTES},
    sub_key::Purpose,
};

/// Bytes of the link that stands beside an entry.
pub const LINK_BYTES: usize = 16;

/// Chains the entries of one tenant, under a key that is not in the database: who can only write
/// the database can neither alter nor insert an entry without being found out, nor cut off the end
/// of a chain.
///
/// What an entry comes to has two halves: the link, which stands beside the entry and which the
/// next entry covers, and a rest that only the head of the chain has. So no entry tells what the
/// head was when it was the newest, and whoever removes what came after it cannot make that head.
/// Who kept a copy of that head can put it back: the newest one has to be kept somewhere else to
/// notice that. Chains stay valid through every rotation of the ring.
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

    /// The head after an entry: HMAC-SHA-256 over the link before it and the entry's bytes.
    ///
    /// All chains of a tenant share the key, so `bytes` has to say which chain the entry belongs
    /// to (wallet, sequence number), or entries could be moved between chains that begin alike.
    pub fn next(&self, previous: &[u8; LINK_BYTES], bytes: &[u8]) -> ChainHead {
        // The first part has a fixed length, so nothing can slide from one into the other.
        ChainHead(self.0.over(&[previous, bytes]))
    }
}

/// The head of a chain, kept once for each chain. It is stored, so it may be seen.
#[derive(Clone, Copy, Eq, PartialEq)]
pub struct ChainHead([u8; MAC_BYTES]);

impl ChainHead {
    /// What stands before the first entry.
    pub const EMPTY: Self = Self([0; MAC_BYTES]);

    /// A head as it was stored.
    pub const fn from_bytes(bytes: [u8; MAC_BYTES]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes to store.
    pub const fn as_bytes(&self) -> &[u8; MAC_BYTES] {
        &self.0
    }

    /// The link to store beside the newest entry, which the next one covers.
    pub fn link(&self) -> [u8; LINK_BYTES] {
        *self.0.first_chunk().unwrap_or(&[0; LINK_BYTES])
    }
}

impl fmt::Debug for ChainHead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ChainHead({})", hex::encode(&self.0))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::{Seeded, key, two_keys};

    #[test]
    fn known_values() {
        // Made with another implementation.
        let chain = ChainKey::new(&two_keys(), 42);
        let first = chain.next(&ChainHead::EMPTY.link(), b"entry 1");
        let second = chain.next(&first.link(), b"entry 2");
        assert_eq!(
            hex::encode(first.as_bytes()),
            "5f4e60e7a4526fa584d15bdda13bbe4de0aafd362e41c1d69546cdb8eb2cbf49"
        );
        assert_eq!(
            hex::encode(second.as_bytes()),
            "d284637b781d84fd1edb6f872b07f6e0bcf10d9329c7cdbfcb593d997476f913"
        );
        assert_eq!(
            hex::encode(&second.link()),
            "d284637b781d84fd1edb6f872b07f6e0"
        );
    }

    #[test]
    fn the_key_is_the_tenants_and_stays() {
        let mut ring = KeyRing::from_bytes(1, &key(1)).unwrap();
        let of = |ring: &KeyRing, tenant| ChainKey::new(ring, tenant).next(&[0; LINK_BYTES], b"a");
        let before = of(&ring, 1);

        ring.rotate(&mut Seeded::new(1)).unwrap();
        assert_eq!(of(&ring, 1), before);
        assert_ne!(of(&ring, 2), before);
        assert_ne!(of(&KeyRing::from_bytes(1, &key(2)).unwrap(), 1), before);
    }

    #[test]
    fn debug() {
        assert_eq!(
            format!("{:?}", ChainHead::EMPTY),
            format!("ChainHead({})", "00".repeat(32))
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
                entries.iter().fold(ChainHead::EMPTY, |head, entry| chain.next(&head.link(), entry))
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
