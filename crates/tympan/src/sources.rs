//! What the rules must not have and the engine gives them: time, ids and random bytes. Each can be
//! injected, so that the same commands give the same records.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use rand::rngs::{StdRng, SysRng};
use rand::{Rng, SeedableRng, TryRng};
use tympan_core::ids::Ids;
use tympan_core::time::Timestamp;
pub use tympan_vault::{RandomError, RandomSource};
use zeroize::Zeroizing;

/// Where the time comes from, if the store has no clock of its own.
pub trait Clock: Send + Sync {
    /// The time now.
    fn now(&self) -> Timestamp;
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }
}

/// A clock that stands still until it is set, for tests and replays.
#[derive(Debug, Default)]
pub struct ManualClock(AtomicI64);

impl ManualClock {
    /// A clock that shows a time.
    #[must_use]
    pub fn at(now: Timestamp) -> Self {
        Self(AtomicI64::new(now.millis()))
    }

    /// Sets the time, forwards or backwards.
    pub fn set(&self, now: Timestamp) {
        self.0.store(now.millis(), Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }
}

impl<C: Clock + ?Sized> Clock for std::sync::Arc<C> {
    fn now(&self) -> Timestamp {
        (**self).now()
    }
}

/// Where new ids come from.
pub trait IdSource: Send {
    /// The first id of a batch that is decided at a time; above `floor` and above every id given
    /// before.
    fn start(&mut self, now: Timestamp, floor: i64) -> i64;

    /// Takes note of the last id that a batch used.
    fn used(&mut self, last: i64);
}

/// Ids from the time and random bits, so that processes do not meet.
#[derive(Debug, Default)]
pub struct TimeIds {
    random: Seeded,
    last: i64,
}

impl IdSource for TimeIds {
    fn start(&mut self, now: Timestamp, floor: i64) -> i64 {
        // Without random bits processes may meet, and the store refuses the second.
        let bits = self.random.rng().map_or(0, Rng::next_u32);
        Ids::start(now.millis(), bits, floor.max(self.last))
    }

    fn used(&mut self, last: i64) {
        self.last = self.last.max(last);
    }
}

/// Ids from the time alone, the same for the same commands at the same times.
#[derive(Clone, Copy, Debug, Default)]
pub struct SequentialIds {
    last: i64,
}

impl IdSource for SequentialIds {
    fn start(&mut self, now: Timestamp, floor: i64) -> i64 {
        Ids::start(now.millis(), 0, floor.max(self.last))
    }

    fn used(&mut self, last: i64) {
        self.last = self.last.max(last);
    }
}

/// Random bytes from a generator that the operating system seeds when the first are asked for. A
/// process that was forked off later draws the same ones: open a store behind the fork.
#[derive(Debug, Default)]
pub struct SystemRandom(Seeded);

impl RandomSource for SystemRandom {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), RandomError> {
        self.0.rng()?.fill_bytes(out);
        Ok(())
    }
}

/// Random bytes that are the same for the same seed: for tests and replays only.
#[derive(Debug)]
pub struct SeededRandom(StdRng);

impl SeededRandom {
    /// The bytes of a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(StdRng::seed_from_u64(seed))
    }
}

impl RandomSource for SeededRandom {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), RandomError> {
        self.0.fill_bytes(out);
        Ok(())
    }
}

/// A generator that is seeded when it is first needed; while the operating system has no entropy,
/// asking is an error and not a wait.
#[derive(Debug, Default)]
struct Seeded(Option<StdRng>);

impl Seeded {
    fn rng(&mut self) -> Result<&mut StdRng, RandomError> {
        if self.0.is_none() {
            let mut seed = Zeroizing::new([0; 32]);
            SysRng
                .try_fill_bytes(seed.as_mut_slice())
                .map_err(|_| RandomError)?;
            self.0 = Some(StdRng::from_seed(*seed));
        }
        self.0.as_mut().ok_or(RandomError)
    }
}
