//! Whether a charge costs more as the ledger grows: with random keys, at ten thousand entries and
//! at a million, beside the bare statements with a unique index over the keys at the same age.

use std::path::{Path, PathBuf};

use cpu_time::ProcessTime;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use rusqlite::Connection;
use tympan::Handle;
use tympan::core::ledger::{Charge, Usage};
use tympan_sqlite::{Durability, SqliteOptions, SqliteStore};

use crate::shop;

const USERS: i64 = 100_000;
const YOUNG: u64 = 10_000;
/// Charges of one round: enough for the log to be written back at least once in it.
const ROUND: usize = 25_000;

/// The four goals of one size of batch.
pub fn names(batch: usize) -> [String; 4] {
    ["age_cpu", "age_wal", "unique_cpu", "unique_wal"].map(|name| format!("{name}_batch_{batch}"))
}

/// For each of the four goals, the pairs of its rounds: CPU in microseconds, WAL in bytes. The young
/// ledger is a copy in each round, or the rounds before would have aged it.
pub fn rounds(rounds: usize, batch: usize, entries: u64) -> [Vec<(f64, f64)>; 4] {
    let folder = tempfile::tempdir_in(".").unwrap();
    let young = folder.path().join("young.db");
    shop::populate(&store(&young), USERS).unwrap();
    Ours::open(&young).grow(YOUNG);
    let old = folder.path().join("old.db");
    std::fs::copy(&young, &old).unwrap();
    let mut old = Ours::open(&old);
    old.grow(entries - YOUNG);
    let mut bare = Bare::open(&folder.path().join("bare.db"), USERS, "NORMAL");
    bare.grow(entries);
    let mut measured: [Vec<(f64, f64)>; 4] = Default::default();
    for round in 0..rounds {
        let copy = folder.path().join(format!("young-{round}.db"));
        std::fs::copy(&young, &copy).unwrap();
        let mut young = Ours::open(&copy);
        young.grow(1_000);
        let young = young.measure(batch);
        let old = old.measure(batch);
        let bare = bare.measure(batch);
        let pairs = [
            (old.0, young.0),
            (old.1, young.1),
            (old.0, bare.0),
            (old.1, bare.1),
        ];
        for (rounds, pair) in measured.iter_mut().zip(pairs) {
            rounds.push(pair);
        }
    }
    measured
}

fn store(path: &Path) -> SqliteStore {
    let options = SqliteOptions {
        durability: Durability::Normal,
        ..SqliteOptions::default()
    };
    SqliteStore::open(path, &options).unwrap()
}

struct Ours {
    handle: Handle,
    path: PathBuf,
    random: StdRng,
}

impl Ours {
    fn open(path: &Path) -> Self {
        Self {
            handle: shop::over(Box::new(store(path))).host(),
            path: path.to_owned(),
            random: StdRng::seed_from_u64(7),
        }
    }

    fn grow(&mut self, entries: u64) {
        // Other keys than those of the ledger that this one is a copy of.
        self.random = StdRng::seed_from_u64(entries);
        for _ in 0..entries / 1_000 {
            self.charge(1_000);
        }
    }

    fn command(&mut self, user: i64) -> Charge {
        let (high, low) = (self.random.next_u64(), self.random.next_u64());
        Charge::new(
            shop::user(user),
            format!("{high:016x}{low:016x}"),
            Usage::pages(1),
        )
    }

    fn charge(&mut self, batch: usize) {
        let commands: Vec<Charge> = (0..batch)
            .map(|_| {
                let user = (self.random.next_u64() % USERS as u64) as i64;
                self.command(user)
            })
            .collect();
        for answer in self.handle.run_all(commands) {
            answer.unwrap();
        }
    }

    fn measure(&mut self, batch: usize) -> (f64, f64) {
        let path = self.path.clone();
        measure(&path, batch, || self.charge(batch))
    }
}

/// The two bare statements of a charge, with a unique index over random keys.
pub struct Bare {
    connection: Connection,
    path: PathBuf,
    random: StdRng,
}

impl Bare {
    pub fn open(path: &Path, users: i64, synchronous: &str) -> Self {
        let connection = Connection::open(path).unwrap();
        connection
            .pragma_update(None, "journal_mode", "WAL")
            .unwrap();
        connection
            .pragma_update(None, "synchronous", synchronous)
            .unwrap();
        connection
            .execute_batch(
                "CREATE TABLE account (id INTEGER PRIMARY KEY, balance INTEGER NOT NULL);
                 CREATE TABLE ledger (id INTEGER PRIMARY KEY, account INTEGER NOT NULL,
                     amount INTEGER NOT NULL, balance INTEGER NOT NULL, at INTEGER NOT NULL,
                     key BLOB NOT NULL UNIQUE);",
            )
            .unwrap();
        let transaction = connection.unchecked_transaction().unwrap();
        for user in 0..users {
            transaction
                .prepare_cached("INSERT INTO account VALUES (?, 1000000000000000)")
                .unwrap()
                .execute([user])
                .unwrap();
        }
        transaction.commit().unwrap();
        Self {
            connection,
            path: path.to_owned(),
            random: StdRng::seed_from_u64(9),
        }
    }

    fn grow(&mut self, entries: u64) {
        for _ in 0..entries / 1_000 {
            self.charge_random(1_000);
        }
    }

    fn charge_random(&mut self, batch: usize) {
        let charges: Vec<(i64, [u8; 16])> = (0..batch)
            .map(|_| {
                let mut key = [0; 16];
                self.random.fill_bytes(&mut key);
                ((self.random.next_u64() % USERS as u64) as i64, key)
            })
            .collect();
        self.charge(&charges);
    }

    pub fn charge(&mut self, charges: &[(i64, [u8; 16])]) {
        let transaction = self.connection.unchecked_transaction().unwrap();
        for (user, key) in charges {
            let mut update = transaction
                .prepare_cached("UPDATE account SET balance = balance - 40000 WHERE id = ? AND balance >= 40000 RETURNING balance")
                .unwrap();
            let balance: i64 = update.query_row([user], |row| row.get(0)).unwrap();
            transaction
                .prepare_cached("INSERT INTO ledger (account, amount, balance, at, key) VALUES (?, -40000, ?, 0, ?)")
                .unwrap()
                .execute((user, balance, key))
                .unwrap();
        }
        transaction.commit().unwrap();
    }

    fn measure(&mut self, batch: usize) -> (f64, f64) {
        let path = self.path.clone();
        measure(&path, batch, || self.charge_random(batch))
    }
}

/// CPU microseconds and bytes of WAL per charge.
fn measure(path: &Path, batch: usize, mut charge: impl FnMut()) -> (f64, f64) {
    let commits = ROUND / batch;
    let mut before = Wal::look(path);
    let mut bytes = 0;
    let mut cpu = std::time::Duration::ZERO;
    for _ in 0..commits {
        let begun = ProcessTime::now();
        charge();
        cpu += begun.elapsed();
        let after = Wal::look(path);
        bytes += after.since(&before);
        before = after;
    }
    let charges = (commits * batch) as f64;
    (
        cpu.as_nanos() as f64 / 1_000.0 / charges,
        bytes as f64 / charges,
    )
}

/// What goes before each page.
const FRAME_HEADER_BYTES: u64 = 24;

/// Where a write-ahead log stands: read from the index that SQLite shares between processes. The
/// log's file does not shrink and is written again from its start, which changes the salt.
struct Wal {
    salt: [u8; 8],
    frames: u32,
    page_bytes: u16,
}

impl Wal {
    fn look(path: &Path) -> Self {
        let index = std::fs::read(format!("{}-shm", path.display())).unwrap();
        let at = |from: usize, to: usize| index.get(from..to).unwrap();
        Self {
            page_bytes: u16::from_ne_bytes(at(14, 16).try_into().unwrap()),
            frames: u32::from_ne_bytes(at(16, 20).try_into().unwrap()),
            salt: at(32, 40).try_into().unwrap(),
        }
    }

    /// Bytes that were added to it.
    fn since(&self, before: &Self) -> u64 {
        let frames = if self.salt == before.salt {
            self.frames - before.frames
        } else {
            self.frames
        };
        u64::from(frames) * (u64::from(self.page_bytes) + FRAME_HEADER_BYTES)
    }
}
