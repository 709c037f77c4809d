//! `kill -- --kills N`: a process that charges is killed at a random moment, over and over; every
//! charge that it was told of must be there once, and none twice.

#![expect(
    clippy::print_stdout,
    reason = "the program's answer is what it prints"
)]

use std::error::Error;
use std::path::Path;
use std::process::ExitCode;

use clap::Parser;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tympan::Durability;
use tympan_sim::charging::{Charging, Orders, Told, check, open, set_up};

/// Fewest answers before a kill.
const MIN_ANSWERS: u64 = 50;

#[derive(Parser)]
struct Arguments {
    /// How often the process is killed.
    #[arg(long, default_value_t = 20)]
    kills: u64,
    /// What the random moments are drawn from.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many processes charge one file at a time; all are killed at once.
    #[arg(long, default_value_t = 1)]
    processes: u64,
    #[command(flatten)]
    orders: Orders,
}

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let arguments = Arguments::parse();
    if arguments.orders.carry_out()? {
        return Ok(ExitCode::SUCCESS);
    }
    let folder = tempfile::tempdir()?;
    let database = folder.path().join("killed.db");
    set_up(&open(&database, Durability::Full)?.host())?;
    let mut random = StdRng::seed_from_u64(arguments.seed);
    let mut totals = Totals::default();
    let mut told = Told::default();
    for run in 0..arguments.kills {
        let wanted = random.random_range(MIN_ANSWERS..6 * MIN_ANSWERS);
        let answered = kill_all(&arguments, &database, run, wanted)?;
        totals.in_checkpoints += u64::from(was_in_checkpoint(&database));
        totals.answered += answered.receipts.len();
        let found = check(&database, &answered)?;
        totals.lost += found.lost;
        totals.doubled += found.doubled;
        match found.reason() {
            None => totals.passed += 1,
            Some(reason) => {
                totals.failed += 1;
                println!("kill {run}: {reason}");
            }
        }
        told.extend(answered);
    }
    // What survived one kill survived those after it.
    let found = check(&database, &told)?;
    if let Some(reason) = found.reason() {
        totals.failed += 1;
        println!("after all kills: {reason}");
    }
    println!(
        "{} kills, {} answered charges, {} lost, {} doubled, {} kills inside a checkpoint",
        arguments.kills, totals.answered, totals.lost, totals.doubled, totals.in_checkpoints
    );
    println!("{} passed, {} failed", totals.passed, totals.failed);
    Ok(if totals.failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Lets processes charge, the first until it was told of so many charges, and kills them all.
fn kill_all(
    arguments: &Arguments,
    database: &Path,
    run: u64,
    wanted: u64,
) -> Result<Told, Box<dyn Error>> {
    let processes = arguments.processes.max(1);
    let mut all = (0..processes)
        .map(|process| Charging::start(&arguments.orders, database, run * processes + process))
        .collect::<Result<Vec<_>, _>>()?;
    for charging in all.iter_mut().take(1) {
        charging.until(wanted)?;
    }
    let mut answered = Told::default();
    for charging in all {
        answered.extend(charging.kill()?);
    }
    Ok(answered)
}

#[derive(Default)]
struct Totals {
    passed: u64,
    failed: u64,
    answered: usize,
    lost: usize,
    doubled: usize,
    in_checkpoints: u64,
}

/// Whether a checkpoint was under way: SQLite's shared index says how many frames it meant to copy
/// and how many it has.
fn was_in_checkpoint(database: &Path) -> bool {
    let Ok(index) = std::fs::read(format!("{}-shm", database.display())) else {
        return false;
    };
    let number = |at: usize| {
        let bytes = index
            .get(at..at + 4)
            .and_then(|bytes| bytes.try_into().ok());
        bytes.map_or(0, u32::from_ne_bytes)
    };
    let (copied, meant) = (number(96), number(128));
    copied < meant
}
