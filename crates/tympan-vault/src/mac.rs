//! HMAC-SHA-256 with the key worked in once.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac, digest::Key};
use sha2::Sha256;
use zeroize::Zeroize;

/// Bytes of an HMAC-SHA-256 result.
pub(crate) const MAC_BYTES: usize = 32;

/// The state of HMAC-SHA-256 after its key: two of the compressions of every MAC are done once,
/// here, so that a message of up to 55 bytes costs two and each further 64 bytes one more.
pub(crate) struct KeyedMac(Hmac<Sha256>);

impl KeyedMac {
    /// A key of at most one block (64 bytes); longer ones would have to be hashed first.
    pub(crate) fn new<const N: usize>(key: &[u8; N]) -> Self {
        const {
            assert!(
                N <= 64,
                "a key longer than a block is not padded but hashed"
            );
        }
        // HMAC pads a shorter key with zeros to one block.
        let mut block = Key::<Hmac<Sha256>>::default();
        for (padded, byte) in block.iter_mut().zip(key) {
            *padded = *byte;
        }
        let state = Hmac::new(&block);
        block.as_mut_slice().zeroize();
        Self(state)
    }

    /// The MAC over all parts as one message. The caller keeps the parts apart: fixed lengths, or
    /// a length in front.
    pub(crate) fn over(&self, parts: &[&[u8]]) -> [u8; MAC_BYTES] {
        let mut state = self.0.clone();
        for part in parts {
            state.update(part);
        }
        state.finalize().into_bytes().into()
    }
}

impl fmt::Debug for KeyedMac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hex;

    /// RFC 4231, test cases 1, 2, 3, 4 and 5 (whose result the RFC cuts to 128 bits).
    #[test]
    fn rfc_4231() {
        let counted: [u8; 25] = std::array::from_fn(|i| i as u8 + 1);
        let table = [
            (
                KeyedMac::new(&[0x0b; 20]),
                b"Hi There".to_vec(),
                "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
            ),
            (
                KeyedMac::new(b"Jefe"),
                b"what do ya want for nothing?".to_vec(),
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            ),
            (
                KeyedMac::new(&[0xaa; 20]),
                vec![0xdd; 50],
                "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe",
            ),
            (
                KeyedMac::new(&counted),
                vec![0xcd; 50],
                "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b",
            ),
            (
                KeyedMac::new(&[0x0c; 20]),
                b"Test With Truncation".to_vec(),
                "a3b6167473100ee06e0c796c2955552b",
            ),
        ];
        for (mac, message, then) in table {
            assert!(
                hex::encode(&mac.over(&[&message])).starts_with(then),
                "{then}"
            );
        }
    }

    #[test]
    fn a_state_is_not_used_up() {
        let mac = KeyedMac::new(b"Jefe");
        let first = mac.over(&[b"what do ya want ", b"for nothing?"]);
        let second = mac.over(&[b"what do ya want for nothing?"]);
        assert_eq!(first, second);
    }
}
