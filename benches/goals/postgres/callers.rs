//! Threads that charge one at a time each, for a while.

use std::time::{Duration, Instant};

use rand::rngs::{StdRng, SysRng};
use rand::{Rng, SeedableRng};
use tympan::Handle;
use tympan::core::ledger::{Charge, Usage};

use crate::shop;

/// What callers did.
#[derive(Default)]
pub struct Done {
    pub charges: u64,
    pub errors: u64,
    /// What the first of the errors says.
    pub first_error: String,
    pub seconds: f64,
}

impl Done {
    pub fn rate(&self) -> f64 {
        self.charges as f64 / self.seconds
    }
}

/// So many threads charge one at a time each, until the time is over; the accounts are drawn from
/// so many.
pub fn run(handle: &Handle, callers: u64, accounts: i64, span: Duration) -> Done {
    let begun = Instant::now();
    let each = || {
        let (mut random, mut done) = (random(), Done::default());
        while begun.elapsed() < span {
            match handle.run(charge(&mut random, accounts)) {
                Ok(_) => done.charges += 1,
                Err(error) => {
                    done.errors += 1;
                    if done.first_error.is_empty() {
                        done.first_error = error.to_string();
                    }
                }
            }
        }
        done
    };
    let mut all = Done::default();
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..callers).map(|_| scope.spawn(each)).collect();
        for thread in threads {
            let done = thread.join().unwrap();
            all.charges += done.charges;
            all.errors += done.errors;
            if all.first_error.is_empty() {
                all.first_error = done.first_error;
            }
        }
    });
    all.seconds = begun.elapsed().as_secs_f64();
    all
}

/// Numbers that no other caller draws, in whatever process: keys are never used twice.
pub fn random() -> StdRng {
    StdRng::try_from_rng(&mut SysRng).unwrap()
}

pub fn account(random: &mut StdRng, accounts: i64) -> i64 {
    (random.next_u64() % accounts.unsigned_abs()).cast_signed()
}

pub fn charge(random: &mut StdRng, accounts: i64) -> Charge {
    let user = account(random, accounts);
    let (high, low) = (random.next_u64(), random.next_u64());
    Charge::new(
        shop::user(user),
        format!("{high:016x}{low:016x}"),
        Usage::pages(1),
    )
}
