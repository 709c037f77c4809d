//! Secrets of tympan: key ring, blind index, sealing, chains, PIN policy and password hashing.
//!
//! Everything here is a function of its arguments: no input or output, no clock, no randomness of
//! the machine. Where random bytes are needed, a [`RandomSource`] is an argument.
//!
//! | What must be … | Type | Why |
//! | --- | --- | --- |
//! | found by value, never read (PIN, card, token) | [`BlindIndex`] | a bare hash of a PIN is as good as plain text |
//! | shown again (API secret, revealable PIN) | [`Sealer`] | authenticated encryption, bound to its record |
//! | only checked (password) | [`PasswordHasher`] | slow on purpose, and useless without the key |
//! | proved unaltered, one after the other (ledger, audit) | [`ChainKey`] | each entry covers the one before it |
//! | proved unaltered by itself (users, configuration) | [`RecordKey`] | a digest that only the keys can make |
//! | recognised (document names, request keys) | [`DocumentKey`], [`idempotency_digest`] | short, of fixed size, not readable |
//!
//! All keyed types come from one [`KeyRing`] and the tenant's number, so that nothing made for one
//! tenant means anything to another.
#![forbid(unsafe_code)]

mod blind_index;
mod chain;
mod digest;
pub mod hex;
mod key_ring;
mod key_text;
mod mac;
mod password;
mod password_cost;
pub mod pin;
mod random;
mod rotating;
mod seal;
mod sealed_keys;
mod secret;
mod sub_key;
#[cfg(test)]
mod testing;

pub use blind_index::{BlindIndex, IndexDigest};
pub use chain::{ChainHead, ChainKey, LINK_BYTES};
pub use digest::{DocumentKey, RecordKey, idempotency_digest};
pub use key_ring::{KEY_BYTES, KeyRing, MAX_KEYS};
pub use key_text::{KEY_TEXT_HEADER, KeyError};
pub use password::{PasswordError, PasswordHasher};
pub use password_cost::{PasswordCost, PasswordCostError};
pub use random::{RandomError, RandomSource};
pub use seal::{MAX_ASSOCIATED_BYTES, OpenError, SEAL_OVERHEAD_BYTES, SealError, Sealer};
pub use sealed_keys::{MIN_PASSPHRASE_CHARACTERS, SEALED_KEYS_HEADER, SealedKeysError};
pub use secret::{MAX_SECRET_BYTES, SecretBytes, SecretError, SecretText};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn public_types_can_be_shared_between_threads() {
        fn shared<T: Send + Sync + 'static>() {}

        shared::<BlindIndex>();
        shared::<ChainHead>();
        shared::<ChainKey>();
        shared::<DocumentKey>();
        shared::<IndexDigest>();
        shared::<KeyError>();
        shared::<KeyRing>();
        shared::<OpenError>();
        shared::<PasswordError>();
        shared::<PasswordHasher>();
        shared::<RecordKey>();
        shared::<SealError>();
        shared::<Sealer>();
        shared::<SecretBytes>();
        shared::<SecretText>();
        shared::<pin::PinFault>();
        shared::<pin::PinPolicy>();
    }
}
