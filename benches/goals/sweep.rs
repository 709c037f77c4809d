//! Settling what fell due for everybody, beside the bare statements that a sweep cannot do without.

use std::path::Path;
use std::sync::Arc;

use cpu_time::ProcessTime;
use rusqlite::Connection;
use tympan::sources::ManualClock;
use tympan::{
    Bootstrap, CreateProfile, CreateUser, Currency, Handle, Measure, Options, PageRequest,
    PlanTerms, ResetVerb, TimeZoneName, Timestamp, Tympan,
};
use tympan_sqlite::{Durability, SqliteOptions, SqliteStore};

use crate::shop;

/// Users of a page, and statements of a transaction.
const PAGE: u32 = 999;
/// 2026-01-15, and so far from one sweep to the next that every plan is due once.
const BEGIN: i64 = 1_768_435_200_000;
const MONTH: i64 = 31 * 86_400_000;

/// The pairs of the rounds: users a microsecond of CPU, ours and that of one `UPDATE` and one `INSERT`
/// by primary key, as many to a transaction.
pub fn rounds(rounds: usize, users: usize) -> Vec<(f64, f64)> {
    let folder = tempfile::tempdir_in(".").unwrap();
    let clock = Arc::new(ManualClock::at(Timestamp::from_millis(BEGIN)));
    let tympan = open(&folder.path().join("sweep.db"), clock.clone());
    let host = tympan.host();
    fill(&host, users);
    assert_eq!(sweep(&host), users as u64, "what everybody gets first");
    let mut bare = Bare::open(&folder.path().join("bare.db"), users);
    let rate = |began: ProcessTime| users as f64 / (began.elapsed().as_secs_f64() * 1e6);
    (1..=rounds)
        .map(|round| {
            let months = i64::try_from(round).unwrap();
            clock.set(Timestamp::from_millis(BEGIN + months * MONTH));
            let began = ProcessTime::now();
            assert_eq!(sweep(&host), users as u64, "everybody's plan is due once");
            let ours = rate(began);
            let began = ProcessTime::now();
            bare.sweep();
            (ours, rate(began))
        })
        .collect()
}

fn open(path: &Path, clock: Arc<ManualClock>) -> Tympan {
    let options = SqliteOptions {
        durability: Durability::Normal,
        ..SqliteOptions::default()
    };
    let store = SqliteStore::open(path, &options).unwrap();
    let options = Options::default().keys(shop::ring()).clock(clock);
    Tympan::open_store(Box::new(store), options).unwrap()
}

fn fill(host: &Handle, users: usize) {
    host.run(Bootstrap::new("Shop", Currency::EUR, "Ada"))
        .unwrap();
    let plan = PlanTerms {
        verb: ResetVerb::Add,
        ..PlanTerms::monthly(Measure::TotalPages, 100, TimeZoneName::UTC)
    };
    let staff = host.run(CreateProfile::new("Staff").plan(plan)).unwrap();
    let named = |number: usize| CreateUser::named(format!("User {number}")).profile(staff.id);
    for first in (0..users).step_by(1_000) {
        let some = first..users.min(first + 1_000);
        for answer in host.run_all(some.map(named).collect()) {
            answer.unwrap();
        }
    }
}

/// Sweeps whole; how many entries that wrote.
fn sweep(host: &Handle) -> u64 {
    let (mut page, mut entries) = (PageRequest::of(PAGE), 0);
    loop {
        let swept = host.settle_all_due(&page).unwrap();
        assert!(swept.refused.is_empty());
        entries += swept.entries;
        match swept.next {
            Some(next) => page = page.after(next),
            None => return entries,
        }
    }
}

struct Bare {
    connection: Connection,
    users: usize,
}

impl Bare {
    fn open(path: &Path, users: usize) -> Self {
        let mut connection = Connection::open(path).unwrap();
        connection
            .execute_batch(
                "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
                 CREATE TABLE wallet (id INTEGER PRIMARY KEY, balance INTEGER, due INTEGER) STRICT;
                 CREATE TABLE entry (id INTEGER PRIMARY KEY, wallet INTEGER, amount INTEGER,
                    balance INTEGER, due INTEGER) STRICT;",
            )
            .unwrap();
        let transaction = connection.transaction().unwrap();
        for user in 0..users {
            let mut statement = transaction
                .prepare_cached("INSERT INTO wallet VALUES (?1, 100, 0)")
                .unwrap();
            statement.execute([user as i64]).unwrap();
        }
        transaction.commit().unwrap();
        Self { connection, users }
    }

    fn sweep(&mut self) {
        for first in (0..self.users).step_by(PAGE as usize) {
            let transaction = self.connection.transaction().unwrap();
            {
                let mut update = transaction
                    .prepare_cached(
                        "UPDATE wallet SET balance = balance + 100, due = due + 1 WHERE id = ?1",
                    )
                    .unwrap();
                let mut insert = transaction
                    .prepare_cached(
                        "INSERT INTO entry (wallet, amount, balance, due) VALUES (?1, 100, 200, 1)",
                    )
                    .unwrap();
                for user in first..self.users.min(first + PAGE as usize) {
                    update.execute([user as i64]).unwrap();
                    insert.execute([user as i64]).unwrap();
                }
            }
            transaction.commit().unwrap();
        }
    }
}
