//! `kill -- --kills N`: a process that charges is killed at a random moment, over and over; every
//! charge that it was told of must be there once, and none twice.
//!
//! The killed process prints a key and its receipt only after the charge was answered. What it had
//! been told before it died is what must be in the database afterwards. It also ends when the
//! process that started it is gone, however that came.

#![expect(
    clippy::print_stdout,
    reason = "the program's answer is what it prints"
)]

use std::collections::BTreeMap;
use std::error::Error;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, ExitCode, Stdio};

use clap::{Parser, ValueEnum};
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
    /// A fault to plant, to show that it is found.
    #[arg(long, hide = true)]
    fault: Option<Fault>,
    /// Charges this database until killed, with keys of this run.
    #[arg(long, hide = true, num_args = 2, value_names = ["DATABASE", "RUN"])]
    charge: Option<Vec<String>>,
}

/// What the charging process does wrong on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Fault {
    /// It tells a key before the charge was answered.
    Early,
    /// It charges each job again under another key.
    Twice,
}

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let arguments = Arguments::parse();
    if let Some([database, run]) = arguments.charge.as_deref() {
        return charge_for_ever(database, run, arguments.fault);
    }
    let folder = tempfile::tempdir()?;
    let database = folder.path().join("killed.db");
    set_up(&open(&database)?.host())?;
    let mut random = StdRng::seed_from_u64(arguments.seed);
    let mut totals = Totals::default();
    let mut told = Told::new();
    for run in 0..arguments.kills {
        let wanted = random.random_range(MIN_ANSWERS..6 * MIN_ANSWERS);
        let answered = kill_one(&database, run, wanted, arguments.fault)?;
        totals.in_checkpoints += u64::from(was_in_checkpoint(&database));
        totals.answered += answered.len();
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

#[derive(Default)]
struct Totals {
    passed: u64,
    failed: u64,
    answered: usize,
    lost: usize,
    doubled: usize,
    in_checkpoints: u64,
}

/// Keys and the receipts that were told for them.
type Told = BTreeMap<String, String>;

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
    // So that entries can be told apart without the digest of the key.
    .queue(key)
}

/// What the killed process does: charges, and prints each key with its receipt when the charge was
/// answered.
fn charge_for_ever(
    database: &str,
    run: &str,
    fault: Option<Fault>,
) -> Result<ExitCode, Box<dyn Error>> {
    // Nothing is ever written to the standard input: it ends with whoever holds the other end.
    std::thread::spawn(|| {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        std::process::exit(0);
    });
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
                    if fault == Some(Fault::Early) {
                        let early: String =
                            keys.iter().map(|key| format!("{key} {{}}\n")).collect();
                        if std::io::stdout().write_all(early.as_bytes()).is_err() {
                            return;
                        }
                    }
                    let answers = shop.run_all(keys.iter().map(|key| job(key)).collect());
                    if fault == Some(Fault::Twice) {
                        let again = keys.iter().map(|key| Charge {
                            key: format!("{key}-again").into(),
                            ..job(key)
                        });
                        shop.run_all(again.collect());
                    }
                    let mut told = String::new();
                    for (key, answer) in keys.iter().zip(answers) {
                        let Ok(receipt) = answer else { continue };
                        if let Ok(receipt) = serde_json::to_string(&receipt) {
                            told.extend([key, " ", &receipt, "\n"]);
                        }
                    }
                    if fault == Some(Fault::Early) {
                        continue;
                    }
                    // The lock is held until all of it is written; the last line may be cut off.
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
fn kill_one(
    database: &Path,
    run: u64,
    wanted: u64,
    fault: Option<Fault>,
) -> Result<Told, Box<dyn Error>> {
    let fault = fault.and_then(|fault| fault.to_possible_value());
    let fault = fault.map(|fault| format!("--fault={}", fault.get_name()));
    let child = Command::new(std::env::current_exe()?)
        .args(fault)
        .arg("--charge")
        .arg(database)
        .arg(run.to_string())
        .stdin(Stdio::piped())
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
    let mut answered = Told::new();
    for line in told {
        let (key, receipt) = line
            .trim_end()
            .split_once(' ')
            .ok_or("a line without a receipt")?;
        if answered
            .insert(key.to_owned(), receipt.to_owned())
            .is_some()
        {
            return Err(format!("the charge `{key}` was answered twice").into());
        }
    }
    Ok(answered)
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

/// What was found in a database after a kill.
#[derive(Default)]
struct Found {
    /// Charges that were answered and are not there.
    lost: usize,
    /// Charges that are there twice, answered or not.
    doubled: usize,
    /// Receipts that a repeat gives otherwise than they were told.
    altered: usize,
    /// What is wrong with the ledger as a whole.
    broken: Option<String>,
}

impl Found {
    fn reason(&self) -> Option<String> {
        if let Some(broken) = &self.broken {
            return Some(broken.clone());
        }
        let Self {
            lost,
            doubled,
            altered,
            ..
        } = self;
        (lost + doubled + altered > 0)
            .then(|| format!("{lost} lost, {doubled} doubled, {altered} altered"))
    }
}

/// Everything that was told is there once, nothing is there twice, repeats get the receipts that
/// were told and write nothing, and the books balance.
fn check(database: &Path, told: &Told) -> Result<Found, Box<dyn Error>> {
    let tympan = open(database)?;
    let mut found = Found::default();
    let verified = tympan.verify()?;
    if !verified.is_sound() {
        found.broken = Some(format!("the ledger is broken: {:?}", verified.faults));
    }
    let before = dump(&tympan)?;
    let charges = charges(&before)?;
    found.lost = told
        .keys()
        .filter(|key| !charges.contains_key(*key))
        .count();
    found.doubled = charges.values().filter(|count| **count > 1).count();
    let repeats = tympan
        .host()
        .run_all(told.keys().map(|key| job(key)).collect());
    for (receipt, repeat) in told.values().zip(repeats) {
        let same = serde_json::to_string(&repeat?)? == *receipt;
        found.altered += usize::from(!same);
    }
    if found.lost == 0 && dump(&tympan)? != before {
        found.broken = Some("a repeat changed something".to_owned());
    }
    Ok(found)
}

fn dump(tympan: &Tympan) -> Result<Vec<u8>, tympan::Error> {
    let mut out = Vec::new();
    tympan.dump(&mut out)?;
    Ok(out)
}

/// How often each job was charged, by its queue.
fn charges(dump: &[u8]) -> Result<BTreeMap<String, usize>, Box<dyn Error>> {
    let mut charges = BTreeMap::new();
    for line in std::str::from_utf8(dump)?.lines() {
        let line: serde_json::Value = serde_json::from_str(line)?;
        let text = |place: &str| line.pointer(place).and_then(serde_json::Value::as_str);
        if let (Some("entry"), Some(queue)) = (text("/table"), text("/row/queue")) {
            *charges.entry(queue.to_owned()).or_default() += 1;
        }
    }
    Ok(charges)
}
