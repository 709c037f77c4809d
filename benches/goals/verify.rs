//! How fast a check reads a ledger, and in how much memory.

use std::path::Path;

use cpu_time::ProcessTime;
use tympan::{
    Bootstrap, Charge, CreateProfile, CreateUser, Currency, Handle, Measure, Options, PlanTerms,
    TimeZoneName, Tympan, Usage, UserId,
};
use tympan_sqlite::{Durability, SqliteOptions, SqliteStore};

use crate::shop;

/// Microseconds that an entry may take: a million of them a second.
const BOUND: f64 = 1.0;
const USERS: usize = 10_000;
/// Commands that share a commit.
const BATCH: usize = 1_000;

/// The pairs of the rounds: CPU of a check, and the bound, in microseconds an entry.
pub fn rounds(rounds: usize, entries: u64) -> Vec<(f64, f64)> {
    let folder = tempfile::tempdir_in(".").unwrap();
    let path = folder.path().join("ledger.db");
    grow(&open(&path).host(), entries);
    let tympan = open(&path);
    let before = most_memory();
    let pairs = (0..rounds).map(|_| {
        let began = ProcessTime::now();
        let found = tympan.verify().unwrap();
        let took = began.elapsed().as_secs_f64() * 1e6;
        assert!(found.is_sound() && found.entries >= entries, "{found:?}");
        (took / found.entries as f64, BOUND)
    });
    let pairs = pairs.collect();
    let after = most_memory();
    eprintln!(
        "{entries} entries, {USERS} wallets: {before} kB at most before the check, {after} with it"
    );
    pairs
}

fn open(path: &Path) -> Tympan {
    let options = SqliteOptions {
        durability: Durability::Normal,
        ..SqliteOptions::default()
    };
    let store = SqliteStore::open(path, &options).unwrap();
    Tympan::open_store(Box::new(store), Options::default().keys(shop::ring())).unwrap()
}

/// A ledger of so many charges, written by the commands that hosts use.
fn grow(host: &Handle, entries: u64) {
    host.run(Bootstrap::new("Shop", Currency::EUR, "Ada"))
        .unwrap();
    let plan = PlanTerms::monthly(Measure::TotalPages, 1_000_000_000, TimeZoneName::UTC);
    let staff = host.run(CreateProfile::new("Staff").plan(plan)).unwrap();
    let named = |number: usize| CreateUser::named(format!("User {number}")).profile(staff.id);
    let mut users: Vec<UserId> = Vec::with_capacity(USERS);
    for first in (0..USERS).step_by(BATCH) {
        let made = host.run_all((first..first + BATCH).map(named).collect());
        users.extend(made.into_iter().map(|user| user.unwrap().user.id));
    }
    for (batch, some) in users.chunks(BATCH).cycle().enumerate() {
        if (batch * BATCH) as u64 >= entries {
            return;
        }
        let charge = |user: &UserId| Charge::new(*user, format!("{batch} {user}"), Usage::pages(1));
        for answer in host.run_all(some.iter().map(charge).collect()) {
            answer.unwrap();
        }
    }
}

/// The most memory that the process ever had, in kilobytes; 0 where the system does not say.
fn most_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().nth(1));
    kilobytes
        .and_then(|number| number.parse().ok())
        .unwrap_or(0)
}
