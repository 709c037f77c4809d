//! One durable charge on SQLite FULL, beside the two bare statements with a unique key, one of
//! each in turn, so that both see the same disk.

use std::time::Instant;

use rand::{Rng, SeedableRng};
use tympan::core::ledger::{Charge, Usage};
use tympan_sqlite::{SqliteOptions, SqliteStore};

use crate::age::Bare;
use crate::shop;

const USERS: i64 = 1_000;
const CHARGES: usize = 100;

/// Median microseconds of wall time per charge, ours and the yardstick's, of each round.
pub fn rounds(rounds: usize) -> Vec<(f64, f64)> {
    let folder = tempfile::tempdir_in(".").unwrap();
    let store =
        SqliteStore::open(&folder.path().join("ours.db"), &SqliteOptions::default()).unwrap();
    let handle = shop::open(Box::new(store), USERS).host();
    let mut bare = Bare::open(&folder.path().join("bare.db"), USERS, "FULL");
    // The first charge of each user opens the wallet; none of the measured ones does.
    let first = |user| Charge::new(shop::user(user), format!("first-{user}"), Usage::pages(1));
    for answer in handle.run_all((0..USERS).map(first).collect()) {
        answer.unwrap();
    }
    let mut random = rand::rngs::StdRng::seed_from_u64(1);
    (0..rounds)
        .map(|round| {
            let (mut ours, mut theirs) = (Vec::new(), Vec::new());
            for number in 0..CHARGES {
                let user = (random.next_u64() % USERS as u64) as i64;
                let command = Charge::new(
                    shop::user(user),
                    format!("{round}-{number}"),
                    Usage::pages(1),
                );
                let begun = Instant::now();
                handle.run(command).unwrap();
                ours.push(begun.elapsed());
                let mut key = [0; 16];
                random.fill_bytes(&mut key);
                let begun = Instant::now();
                bare.charge(&[(user, key)]);
                theirs.push(begun.elapsed());
            }
            (middle(ours), middle(theirs))
        })
        .collect()
}

fn middle(mut times: Vec<std::time::Duration>) -> f64 {
    times.sort();
    times
        .get(times.len() / 2)
        .map_or(0.0, |time| time.as_nanos() as f64 / 1_000.0)
}
