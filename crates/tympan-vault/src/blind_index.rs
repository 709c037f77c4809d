//! Finding a secret by its value without being able to read it.

use std::fmt;

use base64ct::{Base64UrlUnpadded, Encoding};

use crate::{
    key_ring::KeyRing,
    mac::{KeyedMac, MAC_BYTES},
    sub_key::Purpose,
};

/// Makes the index entries of one tenant: HMAC-SHA-256 under a key that is not in the database.
///
/// Equal values of one kind and tenant have equal digests, and that is all a stolen database
/// tells; without the key, trying all PINs finds nothing. Digests stay the same through every
/// rotation of the ring.
///
/// Make one for each tenant and keep it: kind and value of up to 47 bytes together then cost two
/// compressions.
#[derive(Debug)]
pub struct BlindIndex(KeyedMac);

impl BlindIndex {
    /// The index of one tenant.
    pub fn new(ring: &KeyRing, tenant: i64) -> Self {
        Self(KeyedMac::new(&ring.stable(Purpose::BlindIndex, tenant).0))
    }

    /// The entry for a value of a kind (`pin`, `card`, a custom type's name …).
    ///
    /// `value` is the normalised form: the same pipeline has to run before storing and before
    /// looking up. Its length is the caller's to bound; time grows with it.
    pub fn digest(&self, kind: &str, value: &[u8]) -> IndexDigest {
        // The length in front keeps (`ab`, `c`) and (`a`, `bc`) apart.
        let kind_length = (kind.len() as u64).to_be_bytes();
        IndexDigest(self.0.over(&[&kind_length, kind.as_bytes(), value]))
    }
}

/// An entry of a [`BlindIndex`]. It is stored, so it may be seen; it cannot be turned back.
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct IndexDigest([u8; MAC_BYTES]);

impl IndexDigest {
    /// Bytes of the short form.
    pub const SHORT_BYTES: usize = 16;

    /// All 32 bytes.
    pub fn as_bytes(&self) -> &[u8; MAC_BYTES] {
        &self.0
    }

    /// The first 16 bytes in base64url (RFC 4648, section 5) without padding, 22 characters: the
    /// form for a text column, short enough to be kept without memory of its own. Among a
    /// billion values of one tenant the chance that any two meet is below one in 10^20.
    pub fn to_short_text(&self) -> String {
        Base64UrlUnpadded::encode_string(self.0.get(..Self::SHORT_BYTES).unwrap_or_default())
    }
}

impl fmt::Debug for IndexDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IndexDigest({})", self.to_short_text())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::{
        hex,
        testing::{Seeded, key, two_keys},
    };

    #[test]
    fn known_value() {
        let index = BlindIndex::new(&two_keys(), 42);
        let digest = index.digest("pin", b"048213");
        assert_eq!(
            hex::encode(digest.as_bytes()),
            "45da8f967b7943c12b35bd81c6a8729b43d41816fc9b2bbbec8970a84a0ed086"
        );
        assert_eq!(digest.to_short_text(), "RdqPlnt5Q8ErNb2Bxqhymw");
    }

    #[test]
    fn what_differs_stays_apart() {
        let ring = two_keys();
        let other_ring = KeyRing::from_bytes(1, &key(9)).unwrap();
        // given ring, tenant, kind and value, when indexed, then all differ
        let table = [
            (&ring, 1, "pin", "1"),
            (&ring, 1, "pin", "2"),
            (&ring, 1, "pin", ""),
            (&ring, 1, "", "pin1"),
            (&ring, 1, "pin1", ""),
            (&ring, 1, "pi", "n1"),
            (&ring, 1, "card", "1"),
            (&ring, 2, "pin", "1"),
            (&ring, -1, "pin", "1"),
            (&other_ring, 1, "pin", "1"),
        ];
        let digests: BTreeSet<_> = table
            .iter()
            .map(|(ring, tenant, kind, value)| {
                BlindIndex::new(ring, *tenant).digest(kind, value.as_bytes())
            })
            .collect();
        let short: BTreeSet<_> = digests.iter().map(IndexDigest::to_short_text).collect();
        assert_eq!((digests.len(), short.len()), (table.len(), table.len()));
    }

    #[test]
    fn rotation_changes_no_digest() {
        let mut ring = KeyRing::from_bytes(1, &key(1)).unwrap();
        let before = BlindIndex::new(&ring, 7).digest("card", b"04a224e2");
        ring.rotate(&mut Seeded::new(1)).unwrap();
        assert_eq!(
            BlindIndex::new(&ring, 7).digest("card", b"04a224e2"),
            before
        );
    }

    #[test]
    fn debug_shows_no_key() {
        let index = BlindIndex::new(&two_keys(), 1);
        assert_eq!(format!("{index:?}"), "BlindIndex(…)");
    }
}
