//! What the tests share.

use rand::{Rng, SeedableRng, rngs::StdRng};

use crate::{
    key_ring::{KEY_BYTES, KeyRing},
    random::{RandomError, RandomSource},
};

/// The same bytes for the same seed.
pub(crate) struct Seeded(StdRng);

impl Seeded {
    pub(crate) fn new(seed: u64) -> Self {
        Self(StdRng::seed_from_u64(seed))
    }
}

impl RandomSource for Seeded {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), RandomError> {
        self.0.fill_bytes(out);
        Ok(())
    }
}

/// A source that has run dry.
pub(crate) fn broken(_: &mut [u8]) -> Result<(), RandomError> {
    Err(RandomError)
}

/// The key whose bytes are `first`, `first` + 1 and so on.
pub(crate) fn key(first: u8) -> [u8; KEY_BYTES] {
    std::array::from_fn(|index| first + index as u8)
}

/// Keys 1 and 2, the second active.
pub(crate) fn two_keys() -> KeyRing {
    let mut ring = KeyRing::from_bytes(1, &key(1)).unwrap();
    ring.add(2, &key(2)).unwrap();
    ring.activate(2).unwrap();
    ring
}
