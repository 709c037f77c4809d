//! Stand-ins of fixed size for values: of those that need not be kept, and of records, to tell
//! whether they are still as they were written.

use sha2::{Digest, Sha256};

use crate::{
    key_ring::KeyRing,
    mac::{KeyedMac, MAC_BYTES},
    sub_key::Purpose,
};

/// Part of every stored digest: never change it.
const IDEMPOTENCY_LABEL: &[u8] = b"tympan 1 idempotency\0";

/// What is stored for an attempt at a caller's idempotency key: SHA-256 over a label, the tenant,
/// the attempt and the key.
///
/// Not keyed, so that receipts are found whatever keys the host opened with; callers' keys are
/// names of requests, not secrets. The length of `key` is the caller's to bound.
pub fn idempotency_digest(tenant: i64, attempt: i32, key: &[u8]) -> [u8; MAC_BYTES] {
    Sha256::new()
        .chain_update(IDEMPOTENCY_LABEL)
        .chain_update(tenant.to_be_bytes())
        .chain_update(attempt.to_be_bytes())
        .chain_update(key)
        .finalize()
        .into()
}

/// Makes the digests of one tenant's document names.
///
/// What a document is called is personal data and easily guessed, hence the key: who has only the
/// database cannot try names. Digests stay the same through every rotation of the ring.
#[derive(Debug)]
pub struct DocumentKey(KeyedMac);

impl DocumentKey {
    /// Bytes of a digest. Documents are told apart, not authenticated: 128 bits are plenty.
    pub const DIGEST_BYTES: usize = 16;

    /// The document key of one tenant.
    pub fn new(ring: &KeyRing, tenant: i64) -> Self {
        Self(KeyedMac::new(&ring.stable(Purpose::Document, tenant).0))
    }

    /// The digest of a document, given whatever identifies it. The length of `document` is the
    /// caller's to bound; time grows with it.
    pub fn digest(&self, document: &[u8]) -> [u8; Self::DIGEST_BYTES] {
        let whole = self.0.over(&[document]);
        *whole.first_chunk().unwrap_or(&[0; Self::DIGEST_BYTES])
    }
}

/// Makes the digests by which a check of one tenant's records finds what was changed behind
/// tympan's back: whoever can only write the database cannot make the digest of what they wrote.
/// Digests stay the same through every rotation of the ring.
#[derive(Debug)]
pub struct RecordKey(KeyedMac);

impl RecordKey {
    /// Bytes of a digest.
    pub const DIGEST_BYTES: usize = MAC_BYTES;

    /// The record key of one tenant.
    pub fn new(ring: &KeyRing, tenant: i64) -> Self {
        Self(KeyedMac::new(&ring.stable(Purpose::Record, tenant).0))
    }

    /// The digest of a record. All records of a tenant share the key, so `record` has to say what
    /// it is and which.
    pub fn digest(&self, record: &[u8]) -> [u8; Self::DIGEST_BYTES] {
        self.0.over(&[record])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        hex,
        testing::{Seeded, key, two_keys},
    };

    #[test]
    fn known_values() {
        let document = DocumentKey::new(&two_keys(), 42).digest(b"Salaries.xlsx");
        assert_eq!(hex::encode(&document), "fa3b463d20298471936d925b618614dc");
        // Made with another implementation.
        let record = RecordKey::new(&two_keys(), 42).digest(b"user 7");
        assert_eq!(
            hex::encode(&record),
            "8a93bed32aa4e670f0c6a31b8bfbc2d0b30c3f06154d3025305c047abb64ef5d"
        );
        assert_eq!(
            hex::encode(&idempotency_digest(42, 1, b"job-1")),
            "0cf8bc6a1094d4d5617fa64cdc43f0d05b50d0a0c6773232693210e19a35f0e7"
        );
    }

    #[test]
    fn tenant_and_value_are_told_apart() {
        let digest = idempotency_digest(1, 1, b"a");
        for other in [
            idempotency_digest(2, 1, b"a"),
            idempotency_digest(1, 2, b"a"),
            idempotency_digest(1, 1, b"b"),
            // A key that looks like the end of a number does not slide into it.
            idempotency_digest(1, 1, b"\0a"),
        ] {
            assert_ne!(digest, other);
        }

        let ring = two_keys();
        let one = DocumentKey::new(&ring, 1);
        assert_ne!(one.digest(b"a"), DocumentKey::new(&ring, 2).digest(b"a"));
        assert_ne!(one.digest(b"a"), one.digest(b"b"));
    }

    #[test]
    fn rotation_changes_no_digest() {
        let mut ring = KeyRing::from_bytes(1, &key(1)).unwrap();
        let digests = |ring: &KeyRing| {
            let document = DocumentKey::new(ring, 7).digest(b"a");
            (document, RecordKey::new(ring, 7).digest(b"a"))
        };
        let before = digests(&ring);
        ring.rotate(&mut Seeded::new(1)).unwrap();
        assert_eq!(digests(&ring), before);
    }

    #[test]
    fn debug_shows_no_key() {
        assert_eq!(
            format!("{:?}", DocumentKey::new(&two_keys(), 1)),
            "DocumentKey(…)"
        );
        assert_eq!(
            format!("{:?}", RecordKey::new(&two_keys(), 1)),
            "RecordKey(…)"
        );
    }
}
