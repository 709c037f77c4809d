//! Charges on a PostgreSQL server, beside what its own tools do for the same: many at once, many in
//! one call, one busy account, a key that comes again, and several processes.

mod callers;
mod pgbench;
mod processes;
mod server;
mod unnest;

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use tympan::Handle;
use tympan::core::ids::EntryId;
use tympan::core::ledger::Charge;

use pgbench::Pgbench;
pub use processes::serve;
use processes::{Process, Work};
use server::Server;
use unnest::{Charges, Unnest};

use crate::shop;

/// Ours and the yardstick's, of each round.
type Pairs = Vec<(f64, f64)>;

const USERS: i64 = 10_000;
/// Charges in flight.
const CALLERS: u64 = 8;
const PROCESSES: u64 = 4;
/// How long a side has its turn.
const SPAN: Duration = Duration::from_secs(2);
/// Charges of one call.
const BATCH: usize = 1_000;
/// Calls of a round.
const CALLS: usize = 10;
/// Fresh charges of a round, and as many that come again.
const REPLAYS: usize = 100;

/// Measures the goals that are wanted and hands over the pairs of their rounds. The hot wallet of
/// several processes is charged for so many seconds.
pub fn measure(
    wanted: impl Fn(&[&str]) -> bool,
    mut report: impl FnMut(&str, &[(f64, f64)]),
    rounds: usize,
    seconds: u64,
) {
    if !wanted(&GOALS) {
        return;
    }
    let Ok(address) = std::env::var("DATABASE_URL") else {
        println!(
            "postgres_* skipped: DATABASE_URL names no server; `bash tools/with-postgres.sh` runs a command with one"
        );
        return;
    };
    let server = Server::prepare(&address, USERS);
    let handle = shop::over(Box::new(server.open())).host();
    if wanted(&["postgres_eight"]) {
        match Pgbench::find(&address, &server.yardstick, USERS) {
            Some(pgbench) => report("postgres_eight", &eight(&handle, &pgbench, rounds)),
            None => println!("postgres_eight skipped: there is no pgbench here"),
        }
    }
    if wanted(&["postgres_hot"]) {
        report("postgres_hot", &hot(&handle, rounds));
    }
    if wanted(&["postgres_batch"]) {
        report("postgres_batch", &batch(&handle, &server, rounds));
    }
    if wanted(&["postgres_replay"]) {
        report("postgres_replay", &replay(&handle, rounds));
    }
    if wanted(&["postgres_processes", "postgres_processes_cpu"]) {
        let (rate, cpu) = processes(&server, rounds);
        report("postgres_processes", &rate);
        report("postgres_processes_cpu", &cpu);
    }
    if wanted(&["postgres_conflicts"]) {
        let seen = conflicts(&server, Duration::from_secs(seconds));
        report("postgres_conflicts", &[seen]);
    }
}

const GOALS: [&str; 7] = [
    "postgres_eight",
    "postgres_hot",
    "postgres_batch",
    "postgres_replay",
    "postgres_processes",
    "postgres_processes_cpu",
    "postgres_conflicts",
];

/// Charges per second, one at a time each, beside as many connections of pgbench.
fn eight(handle: &Handle, pgbench: &Pgbench, rounds: usize) -> Pairs {
    in_turn(
        rounds,
        || rate(handle, USERS),
        || pgbench.rate(CALLERS, SPAN),
    )
}

/// Charges per second to one account, beside spread accounts.
fn hot(handle: &Handle, rounds: usize) -> Pairs {
    in_turn(rounds, || rate(handle, 1), || rate(handle, USERS))
}

/// Both sides in turn. The first round makes plans and fills caches, and is not counted.
fn in_turn<T>(
    rounds: usize,
    mut ours: impl FnMut() -> T,
    mut yardstick: impl FnMut() -> T,
) -> Vec<(T, T)> {
    (0..=rounds)
        .map(|_| {
            let yardstick = yardstick();
            (ours(), yardstick)
        })
        .skip(1)
        .collect()
}

fn rate(handle: &Handle, accounts: i64) -> f64 {
    let done = callers::run(handle, CALLERS, accounts, SPAN);
    assert_eq!(done.errors, 0, "a charge failed: {}", done.first_error);
    done.rate()
}

/// Charges per second, a thousand in each call, beside one statement that does a thousand: one call
/// of each in turn, so that both see the same disk.
fn batch(handle: &Handle, server: &Server, rounds: usize) -> Pairs {
    let mut random = callers::random();
    let statement = Unnest::prepare(server);
    (0..=rounds)
        .map(|_| {
            let (mut ours, mut theirs) = (Duration::ZERO, Duration::ZERO);
            for _ in 0..CALLS {
                let commands: Vec<Charge> = (0..BATCH)
                    .map(|_| callers::charge(&mut random, USERS))
                    .collect();
                let begun = Instant::now();
                for answer in handle.run_all(commands) {
                    answer.unwrap();
                }
                ours += begun.elapsed();
                let charges = Charges::draw(&mut random, USERS, BATCH);
                let begun = Instant::now();
                statement.charge(&charges);
                theirs += begun.elapsed();
            }
            let each = |time: Duration| (CALLS * BATCH) as f64 / time.as_secs_f64();
            (each(ours), each(theirs))
        })
        // The first round makes plans and fills caches.
        .skip(1)
        .collect()
}

/// Median microseconds of a charge that was made a while ago, beside a fresh one: one of each in
/// turn.
fn replay(handle: &Handle, rounds: usize) -> Pairs {
    let mut random = callers::random();
    let mut made = VecDeque::new();
    (0..=rounds)
        .map(|_| {
            let (mut again, mut fresh) = (Vec::new(), Vec::new());
            for _ in 0..REPLAYS {
                let charge = callers::charge(&mut random, USERS);
                let (time, entry) = timed(handle, charge.clone());
                fresh.push(time);
                made.push_back((charge, entry));
                if made.len() > REPLAYS
                    && let Some((charge, entry)) = made.pop_front()
                {
                    let (time, replayed) = timed(handle, charge);
                    assert_eq!(entry, replayed, "a key that came again was charged anew");
                    again.push(time);
                }
            }
            (middle(&mut again), middle(&mut fresh))
        })
        // In the first round nothing comes again.
        .skip(1)
        .collect()
}

fn timed(handle: &Handle, charge: Charge) -> (Duration, EntryId) {
    let begun = Instant::now();
    let receipt = handle.run(charge).unwrap();
    (begun.elapsed(), receipt.entry)
}

fn middle(times: &mut [Duration]) -> f64 {
    times.sort();
    times
        .get(times.len() / 2)
        .map_or(f64::NAN, |time| time.as_secs_f64() * 1e6)
}

/// Four processes beside one with as many callers in all: charges per second, and microseconds of
/// the processes' own CPU per charge.
fn processes(server: &Server, rounds: usize) -> (Pairs, Pairs) {
    let mut one = vec![Process::start(&server.schema, PROCESSES * CALLERS)];
    let mut several = several(server);
    in_turn(
        rounds,
        || charge_together(&mut several),
        || charge_together(&mut one),
    )
    .iter()
    .map(|(ours, alone)| ((ours.rate, alone.rate), (ours.cpu_each(), alone.cpu_each())))
    .unzip()
}

fn charge_together(processes: &mut [Process]) -> Work {
    let work = Work::together(processes, SPAN, USERS);
    assert_eq!(work.errors, 0, "a charge failed: {}", work.first_error);
    work
}

/// Errors that callers in four processes saw while all charged one wallet, and charges made.
fn conflicts(server: &Server, span: Duration) -> (f64, f64) {
    let work = Work::together(&mut several(server), span, 1);
    assert!(
        work.charges > 0,
        "nothing was charged: {}",
        work.first_error
    );
    if work.errors > 0 {
        println!(
            "postgres_conflicts: the first error was {}",
            work.first_error
        );
    }
    (work.errors as f64, work.charges as f64)
}

fn several(server: &Server) -> Vec<Process> {
    (0..PROCESSES)
        .map(|_| Process::start(&server.schema, CALLERS))
        .collect()
}
