//! `cargo bench --bench native -- KIND [--calls N]`: what a charge takes in Rust alone, in the shop
//! of the scripts for other languages, which take it for their yardstick. Prints one line of JSON:
//! nanoseconds a charge, of CPU and by the clock.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::float_arithmetic,
    reason = "a bench prints, and stops at the first surprise"
)]

use std::time::Instant;

use clap::{Parser, ValueEnum};
use cpu_time::ProcessTime;
use tympan::{
    Bootstrap, Charge, CreateProfile, CreateUser, Currency, Durability, Handle, Measure, Options,
    PlanTerms, Schedule, TimeZoneName, Tympan, Usage, UserId,
};

const USERS: usize = 1_000;
/// Charges of one call.
const BATCH: usize = 1_000;
const PLENTY: i64 = 1_000_000_000_000;

#[derive(Parser)]
struct Arguments {
    kind: Kind,
    /// How many charges.
    #[arg(long, default_value_t = 20_000)]
    calls: usize,
    /// What `cargo bench` adds.
    #[arg(long, hide = true)]
    bench: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// One at a time, in memory.
    Memory,
    /// A thousand per call, in memory.
    MemoryBatch,
    /// One at a time, on SQLite NORMAL.
    Sqlite,
    /// A thousand per call, on SQLite NORMAL.
    SqliteBatch,
}

fn main() {
    let arguments = Arguments::parse();
    let folder = tempfile::tempdir().unwrap();
    let address = match arguments.kind {
        Kind::Memory | Kind::MemoryBatch => "memory:".to_owned(),
        Kind::Sqlite | Kind::SqliteBatch => {
            format!("sqlite:{}", folder.path().join("shop.db").display())
        }
    };
    let options = Options::default().durability(Durability::Normal);
    let shop = Tympan::open(&address, options).unwrap().host();
    let users = set_up(&shop);
    let batch = match arguments.kind {
        Kind::Memory | Kind::Sqlite => 1,
        Kind::MemoryBatch | Kind::SqliteBatch => BATCH,
    };
    // What is done for the first time is not what is measured.
    charge(&shop, &users, 0..BATCH, batch);
    let (clock, cpu) = (Instant::now(), ProcessTime::now());
    charge(&shop, &users, BATCH..BATCH + arguments.calls, batch);
    let each = |time: std::time::Duration| time.as_nanos() as f64 / arguments.calls as f64;
    println!(
        "{{\"cpu_ns\": {:.0}, \"wall_ns\": {:.0}}}",
        each(cpu.elapsed()),
        each(clock.elapsed())
    );
}

fn set_up(shop: &Handle) -> Vec<UserId> {
    shop.run(Bootstrap::new("Shop", Currency::EUR, "Ada"))
        .unwrap();
    let plan = PlanTerms {
        schedule: Schedule::Never,
        ..PlanTerms::monthly(Measure::TotalPages, PLENTY, TimeZoneName::UTC)
    };
    let profile = shop.run(CreateProfile::new("Staff").plan(plan)).unwrap().id;
    let users = (0..USERS).map(|user| CreateUser::named(format!("User {user}")).profile(profile));
    let made = shop.run_all(users.collect());
    made.into_iter().map(|made| made.unwrap().user.id).collect()
}

fn charge(shop: &Handle, users: &[UserId], jobs: std::ops::Range<usize>, batch: usize) {
    let job = |number: usize| {
        let user = users.get(number % users.len()).copied().unwrap();
        Charge::new(user, format!("job {number:012}"), Usage::pages(1))
    };
    if batch == 1 {
        for number in jobs {
            shop.run(job(number)).unwrap();
        }
        return;
    }
    for first in jobs.step_by(batch) {
        let answers = shop.run_all((first..first + batch).map(job).collect());
        assert!(answers.iter().all(Result::is_ok));
    }
}
