//! What a charge costs in the store, young and old, beside the bare driver.
//!
//! `cargo run --release -p tympan-sqlite --example charge_cost [entries]`
//!
//! Ours: a turn that loads the wallet and looks for the key, then commits the wallet and an entry.
//! Yardstick: `UPDATE` and `INSERT` with a unique random key of 16 bytes, prepared, nothing looked
//! at, and all else as SQLite has it. Both on 100,000 wallets with `synchronous = NORMAL`; CPU of the
//! thread and bytes handed to the system, per charge. Figures mean something only beside each other, from one run.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::float_arithmetic,
    clippy::cast_precision_loss,
    reason = "a measurement prints ratios and ends at the first surprise"
)]

use std::path::Path;
use std::time::Instant;

use rusqlite::{Connection, params};
use tympan_core::view::{Change, Key, ReadSet, View};
use tympan_sqlite::{Durability, SqliteOptions, SqliteStore};
use tympan_store::Store;

#[expect(dead_code, reason = "tests use the rest")]
#[path = "../tests/samples/mod.rs"]
mod samples;

const WALLETS: u64 = 100_000;
const ROUNDS: usize = 7;

/// Numbers that look random and are the same in every run.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn owner(&mut self) -> i64 {
        i64::try_from(self.next() % WALLETS).unwrap() + 1
    }

    fn key(&mut self) -> [u8; 32] {
        let mut key = [0; 32];
        for part in key.chunks_mut(8) {
            part.copy_from_slice(&self.next().to_be_bytes());
        }
        key
    }
}

trait Engine {
    fn batch(&mut self, numbers: &mut Numbers, size: usize);
}

struct Ours(SqliteStore);

impl Ours {
    fn new(path: &Path) -> Self {
        let options = SqliteOptions {
            durability: Durability::Normal,
            ..SqliteOptions::default()
        };
        let store = SqliteStore::open(path, &options).unwrap();
        let owners: Vec<i64> = (1..=i64::try_from(WALLETS).unwrap()).collect();
        for owners in owners.chunks(10_000) {
            let changes = owners.iter().map(|owner| {
                let wallets = samples::wallets(samples::wallet(*owner));
                Change::Put(Key::Wallets(samples::TENANT, *owner), wallets)
            });
            samples::change(&store, changes.collect()).unwrap();
        }
        Self(store)
    }
}

impl Engine for Ours {
    fn batch(&mut self, numbers: &mut Numbers, size: usize) {
        let charges: Vec<_> = (0..size)
            .map(|_| (numbers.owner(), numbers.key()))
            .collect();
        let mut set = ReadSet::default();
        for (owner, key) in &charges {
            set = samples::charge_reads(set, *owner, *key);
        }
        let mut turn = self.0.turn().unwrap();
        let mut view = View::default();
        turn.load(&set, &mut view).unwrap();
        let mut id = turn.floor().unwrap();
        for (owner, key) in charges {
            id += 1;
            assert!(samples::charge(&mut view, owner, key, id));
        }
        turn.commit(&view.into_batch()).unwrap();
    }
}

struct Raw(Connection);

impl Raw {
    fn new(path: &Path) -> Self {
        let connection = Connection::open(path).unwrap();
        connection
            .execute_batch(
                "PRAGMA journal_mode = wal; PRAGMA synchronous = normal;
                 CREATE TABLE wallet (id INTEGER PRIMARY KEY, balance INTEGER NOT NULL);
                 CREATE TABLE entry (id INTEGER PRIMARY KEY, wallet INTEGER NOT NULL,
                     amount INTEGER NOT NULL, balance INTEGER NOT NULL, key BLOB NOT NULL UNIQUE);
                 WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n WHERE id < 100000)
                 INSERT INTO wallet SELECT id, 1000000 FROM n;",
            )
            .unwrap();
        Self(connection)
    }
}

impl Engine for Raw {
    fn batch(&mut self, numbers: &mut Numbers, size: usize) {
        let run = |text: &str| self.0.prepare_cached(text).unwrap().execute([]).unwrap();
        run("BEGIN IMMEDIATE");
        for _ in 0..size {
            let (owner, key) = (numbers.owner(), numbers.key());
            let mut update = self
                .0
                .prepare_cached(
                    "UPDATE wallet SET balance = balance - 1 WHERE id = ?1 AND balance >= 1",
                )
                .unwrap();
            assert_eq!(update.execute([owner]).unwrap(), 1);
            let mut insert = self
                .0
                .prepare_cached(
                    "INSERT INTO entry (wallet, amount, balance, key) VALUES (?1, -1, 7, ?2)",
                )
                .unwrap();
            insert.execute(params![owner, &key.get(..16)]).unwrap();
        }
        run("COMMIT");
    }
}

/// CPU time of this thread in nanoseconds, and bytes that the process handed to the system.
fn spent() -> (f64, f64) {
    let cpu = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    let io = std::fs::read_to_string("/proc/self/io").unwrap();
    let cpu: u64 = cpu.split(' ').next().unwrap().parse().unwrap();
    let written = io.lines().find_map(|line| line.strip_prefix("wchar: "));
    (cpu as f64, written.unwrap().parse::<u64>().unwrap() as f64)
}

/// Microseconds of CPU and bytes per charge.
fn measure(
    engine: &mut dyn Engine,
    numbers: &mut Numbers,
    size: usize,
    charges: usize,
) -> (f64, f64) {
    let before = spent();
    for _ in 0..charges / size {
        engine.batch(numbers, size);
    }
    let after = spent();
    let charges = charges as f64;
    (
        (after.0 - before.0) / charges / 1_000.0,
        (after.1 - before.1) / charges,
    )
}

fn main() {
    let entries = std::env::args()
        .nth(1)
        .map_or(1_000_000, |text| text.parse().unwrap());
    let directory = tempfile::tempdir().unwrap();
    let mut ours = Ours::new(&directory.path().join("ours.db"));
    let mut raw = Raw::new(&directory.path().join("raw.db"));
    let (mut one, mut two) = (Numbers(1), Numbers(1));
    let mut age = 0;
    let mut first = None;
    for target in [10_000, entries] {
        let began = Instant::now();
        while age < target {
            ours.batch(&mut one, 1_000);
            raw.batch(&mut two, 1_000);
            age += 1_000;
        }
        println!(
            "at {age} entries, after {:.1} s",
            began.elapsed().as_secs_f64()
        );
        let mut means = Vec::new();
        for (size, charges) in [(1, 4_000), (1_000, 10_000)] {
            // In turn, and the mean of all rounds: what is written back falls into some of them.
            let mut sums = [0.0; 4];
            for _ in 0..ROUNDS {
                let our = measure(&mut ours, &mut one, size, charges);
                let their = measure(&mut raw, &mut two, size, charges);
                for (sum, figure) in sums.iter_mut().zip([our.0, our.1, their.0, their.1]) {
                    *sum += figure / ROUNDS as f64;
                }
            }
            let [cpu, bytes, raw_cpu, raw_bytes] = sums;
            println!(
                "  batches of {size}: ours {cpu:.1} us, {bytes:.0} bytes; \
                 raw {raw_cpu:.1} us, {raw_bytes:.0} bytes; ratio of CPU {:.2}, of bytes {:.2}",
                cpu / raw_cpu,
                bytes / raw_bytes,
            );
            means.push((cpu, bytes));
        }
        if let Some(first) = first.replace(means.clone()) {
            for ((old, new), size) in first.iter().zip(&means).zip([1, 1_000]) {
                println!(
                    "  growth in batches of {size}: CPU {:.2}, bytes {:.2}",
                    new.0 / old.0,
                    new.1 / old.1,
                );
            }
        }
    }
}
