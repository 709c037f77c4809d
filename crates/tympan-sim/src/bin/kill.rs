//! `kill -- --kills N`: a process that charges is killed at a random moment, over and over; every
//! charge that it was told of must be there once, and none twice.
//!
//! The killed process prints a key only after its charge was answered. What it had been told before
//! it died is what must be in the database afterwards.

#![expect(
    clippy::print_stdout,
    reason = "the program's answer is what it prints"
)]

use std::collections::BTreeSet;
use std::error::Error;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, ExitCode, Stdio};

use clap::Parser;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tympan::{
    Bootstrap, Charge, CreatePriceList, CreateProfile, CreateUser, Currency, Handle, KeyRing,
    Measure, Options, PlanTerms, PriceTerms, TimeZoneName, Tympan, Usage, UserReference,
};
use tympan_sqlite::{SqliteOptions, SqliteStore};

/// Users that are charged: enough for a batch to touch many pages, and so to bring checkpoints.
const USERS: u64 = 300;
/// Threads that charge one job at a time.
const THREADS: u64 = 4;
/// Jobs of a batch.
const BATCH: u64 = 250;
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
    /// Charges this database until killed, with keys of this run.
    #[arg(long, hide = true, num_args = 2, value_names = ["DATABASE", "RUN"])]
    charge: Option<Vec<String>>,
}

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let arguments = Arguments::parse();
    if let Some([database, run]) = arguments.charge.as_deref() {
        return charge_for_ever(database, run);
    }
    let folder = tempfile::tempdir()?;
    let database = folder.path().join("killed.db");
    set_up(&open(&database)?.host())?;
    let mut random = StdRng::seed_from_u64(arguments.seed);
    let mut totals = Totals::default();
    for run in 0..arguments.kills {
        let wanted = random.random_range(MIN_ANSWERS..6 * MIN_ANSWERS);
        let answered = kill_one(&database, run, wanted)?;
        totals.in_checkpoints += u64::from(was_in_checkpoint(&database));
        match check(&database, &answered) {
            Ok(()) => totals.passed += 1,
            Err(reason) => {
                totals.failed += 1;
                println!("kill {run}: {reason}");
            }
        }
        totals.answered += answered.len();
    }
    println!(
        "{} kills, {} answered charges, {} kills inside a checkpoint",
        arguments.kills, totals.answered, totals.in_checkpoints
    );
    println!("{} passed, {} failed", totals.passed, totals.failed);
    Ok(if totals.failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

#[derive(Default)]
struct Totals {
    passed: u64,
    failed: u64,
    answered: usize,
    in_checkpoints: u64,
}

fn open(database: &Path) -> Result<Tympan, tympan::Error> {
    Tympan::open(
        &format!("sqlite:{}", database.display()),
        Options::default(),
    )
}

fn set_up(shop: &Handle) -> Result<(), tympan::Error> {
    shop.run(Bootstrap::new("Killed", Currency::EUR, "Ada Admin"))?;
    let prices = CreatePriceList::new("House", Currency::EUR).rule(PriceTerms::pages(1, 1));
    let prices = shop.run(prices)?.id;
    let plenty = PlanTerms::monthly(
        Measure::Cost(Currency::EUR),
        1_000_000_000,
        TimeZoneName::UTC,
    );
    let profile = shop
        .run(CreateProfile::new("Staff").price_list(prices).plan(plenty))?
        .id;
    let users = (0..USERS).map(|user| {
        let mut create = CreateUser::named(format!("User {user}")).username(username(user));
        create.fields.profile = Some(profile);
        create
    });
    shop.run_all(users.collect())
        .into_iter()
        .try_for_each(|created| created.map(drop))
}

fn username(user: u64) -> String {
    format!("user{user}")
}

/// The job of a key: the same again whenever it is asked for.
fn job(key: &str) -> Charge {
    let user = key.bytes().fold(7_u64, |sum, byte| {
        sum.wrapping_mul(31).wrapping_add(byte.into())
    });
    Charge::new(
        UserReference::username(username(user % USERS)),
        key,
        Usage::pages(1),
    )
}

/// What the killed process does: charges, and prints each key when its charge was answered.
fn charge_for_ever(database: &str, run: &str) -> Result<ExitCode, Box<dyn Error>> {
    let shop = open(Path::new(database))?.host();
    // Every second run writes the log back over and over, to be killed while it does.
    let batches = run.parse::<u64>()?.is_multiple_of(2);
    let writer_back = if batches {
        Some(second_store(Path::new(database))?)
    } else {
        None
    };
    std::thread::scope(|scope| {
        if let Some(store) = &writer_back {
            scope.spawn(move || {
                loop {
                    // One that finds the database busy tries again.
                    let _ = store.checkpoint();
                }
            });
        }
        for thread in 0..THREADS {
            let shop = &shop;
            scope.spawn(move || {
                for number in 0_u64.. {
                    let size = if batches && thread == 0 { BATCH } else { 1 };
                    let keys = (0..size).map(|at| format!("{run}-{thread}-{number}-{at}"));
                    let keys: Vec<String> = keys.collect();
                    let answers = shop.run_all(keys.iter().map(|key| job(key)).collect());
                    let mut told = String::new();
                    for (key, answer) in keys.iter().zip(answers) {
                        if answer.is_ok() {
                            told.push_str(key);
                            told.push('\n');
                        }
                    }
                    // One write: the pipe takes a line whole or not at all.
                    if std::io::stdout().write_all(told.as_bytes()).is_err() {
                        return;
                    }
                }
            });
        }
    });
    Ok(ExitCode::SUCCESS)
}

/// The same file once more, without an engine, for its checkpoints.
fn second_store(database: &Path) -> Result<SqliteStore, Box<dyn Error>> {
    let keys = std::fs::read_to_string(format!("{}.keys", database.display()))?;
    let options = SqliteOptions {
        keys_fingerprint: Some(KeyRing::parse(&keys)?.fingerprint()),
        ..SqliteOptions::default()
    };
    Ok(SqliteStore::open(database, &options)?)
}

/// A process that never outlives this one's interest in it.
struct Charging(Child);

impl Drop for Charging {
    fn drop(&mut self) {
        // It may be gone already; then there is nothing to end.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Lets a process charge until it was told of so many charges, kills it, and says which they were.
fn kill_one(database: &Path, run: u64, wanted: u64) -> Result<Vec<String>, Box<dyn Error>> {
    let child = Command::new(std::env::current_exe()?)
        .arg("--charge")
        .arg(database)
        .arg(run.to_string())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut charging = Charging(child);
    let out: ChildStdout = charging.0.stdout.take().ok_or("no pipe to the process")?;
    let mut lines = BufReader::new(out);
    let mut told = Vec::new();
    while (told.len() as u64) < wanted {
        let mut line = String::new();
        if lines.read_line(&mut line)? == 0 {
            return Err("the process ended by itself".into());
        }
        told.push(line);
    }
    drop(charging);
    // What it wrote before it died counts too, but for a line that was cut off.
    let mut rest = Vec::new();
    lines.read_to_end(&mut rest)?;
    let rest = String::from_utf8(rest)?;
    told.extend(
        rest.split_inclusive('\n')
            .filter(|line| line.ends_with('\n'))
            .map(str::to_owned),
    );
    Ok(told
        .into_iter()
        .map(|line| line.trim_end().to_owned())
        .collect())
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

/// Everything that was told is there once; nothing is there twice; the books balance.
fn check(database: &Path, told: &[String]) -> Result<(), Box<dyn Error>> {
    let tympan = open(database)?;
    let before = tympan.verify()?;
    if !before.is_sound() {
        return Err(format!("the ledger is broken: {:?}", before.faults).into());
    }
    let distinct: BTreeSet<&String> = told.iter().collect();
    if distinct.len() != told.len() {
        return Err("a key was told twice".into());
    }
    // A repeat finds its receipt, or charges again what was lost.
    for answer in tympan
        .host()
        .run_all(told.iter().map(|key| job(key)).collect())
    {
        answer?;
    }
    let after = tympan.verify()?;
    if after.entries != before.entries {
        return Err(format!(
            "{} answered charges were lost",
            after.entries - before.entries
        )
        .into());
    }
    no_key_twice(&tympan)
}

fn no_key_twice(tympan: &Tympan) -> Result<(), Box<dyn Error>> {
    let mut dump = Vec::new();
    tympan.dump(&mut dump)?;
    let mut keys = BTreeSet::new();
    for line in String::from_utf8(dump)?.lines() {
        let line: serde_json::Value = serde_json::from_str(line)?;
        if line.pointer("/table").is_some_and(|table| table == "entry")
            && let Some(key) = line.pointer("/row/key").and_then(serde_json::Value::as_str)
            && !keys.insert(key.to_owned())
        {
            return Err(format!("the key with digest {key} was charged twice").into());
        }
    }
    Ok(())
}
