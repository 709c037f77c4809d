//! Keys made from the ring's keys, one for each purpose and tenant.

use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::mac::{KeyedMac, MAC_BYTES};

/// What a sub-key is for. A key made for one purpose tells nothing about that of another.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Purpose {
    BlindIndex,
    Chain,
    Document,
    Fingerprint,
    Password,
    Record,
    Seal,
}

impl Purpose {
    /// Part of every stored digest and seal: never change one.
    fn label(self) -> &'static [u8] {
        match self {
            Self::BlindIndex => b"tympan 1 blind index\0",
            Self::Chain => b"tympan 1 chain\0",
            Self::Document => b"tympan 1 document\0",
            Self::Fingerprint => b"tympan 1 fingerprint\0",
            Self::Password => b"tympan 1 password\0",
            Self::Record => b"tympan 1 record\0",
            Self::Seal => b"tympan 1 seal\0",
        }
    }
}

/// 32 secret bytes, overwritten when dropped.
#[derive(Zeroize, ZeroizeOnDrop)]
pub(crate) struct KeyBytes(pub(crate) [u8; MAC_BYTES]);

impl KeyBytes {
    /// HKDF-Expand (RFC 5869) to one block: HMAC-SHA-256(key, label ‖ tenant ‖ 01). The ring's
    /// keys are uniform already, so HKDF's first step is not needed.
    pub(crate) fn derive(&self, purpose: Purpose, tenant: i64) -> Self {
        let mac = KeyedMac::new(&self.0);
        Self(mac.over(&[purpose.label(), &tenant.to_be_bytes(), &[1]]))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn purposes_tenants_and_keys_do_not_meet() {
        let mut seen = BTreeSet::new();
        let purposes = [
            Purpose::BlindIndex,
            Purpose::Chain,
            Purpose::Document,
            Purpose::Fingerprint,
            Purpose::Password,
            Purpose::Record,
            Purpose::Seal,
        ];
        for key in [[1; 32], [2; 32]] {
            for purpose in purposes {
                for tenant in [i64::MIN, -1, 0, 1, 2, 256, i64::MAX] {
                    let sub_key = KeyBytes(key).derive(purpose, tenant);
                    assert!(seen.insert(sub_key.0), "{purpose:?} {tenant}");
                }
            }
        }
        assert_eq!(seen.len(), 2 * 7 * 7);
    }
}
