//! The process that charges, from its own side and from that of whoever stops it.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use tympan::{Code, Durability, Handle, KeyRing};
use tympan_sqlite::{SqliteOptions, SqliteStore};

use super::shop::{job, open};

/// Threads that charge one job at a time.
const THREADS: u64 = 4;
/// Jobs of a batch.
const BATCH: u64 = 250;

/// What the charging process does wrong on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Misdeed {
    /// It tells a key before the charge was answered.
    Early,
    /// It charges each job again under another key.
    Twice,
}

/// What a charging process is told to do: flags of its own program.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Orders {
    /// A fault to plant, to show that it is found.
    #[arg(long, hide = true)]
    fault: Option<Misdeed>,
    /// Charges this database until stopped, with keys of this run.
    #[arg(long, hide = true, num_args = 2, value_names = ["DATABASE", "RUN"])]
    charge: Option<Vec<String>>,
    /// Does not wait for the disk at each commit.
    #[arg(long, hide = true)]
    normal: bool,
    /// Charges so many jobs one by one, and ends.
    #[arg(long, hide = true)]
    jobs: Option<u64>,
}

/// What a charging process was told by tympan.
#[derive(Clone, Debug, Default)]
pub struct Told {
    /// Keys, and the receipts that were told for them.
    pub receipts: BTreeMap<String, String>,
    /// Keys of charges that were said to have failed.
    pub failures: BTreeSet<String>,
}

impl Told {
    /// Remembers what another run was told as well.
    pub fn extend(&mut self, other: Self) {
        self.receipts.extend(other.receipts);
        self.failures.extend(other.failures);
    }

    fn note(&mut self, line: &str) -> Result<(), Box<dyn Error>> {
        let (key, receipt) = line
            .trim_end()
            .split_once(' ')
            .ok_or("a line without a receipt")?;
        if receipt == FAILED {
            self.failures.insert(key.to_owned());
        } else if self
            .receipts
            .insert(key.to_owned(), receipt.to_owned())
            .is_some()
        {
            return Err(format!("the charge `{key}` was answered twice").into());
        }
        Ok(())
    }
}

/// What stands in the place of a receipt where a charge failed, and is not to be there.
const FAILED: &str = "failed";

impl Orders {
    /// Orders to a process of the same kind.
    #[must_use]
    pub fn new(durability: Durability) -> Self {
        Self {
            normal: durability == Durability::Normal,
            ..Self::default()
        }
    }

    /// The same for so many jobs, one by one.
    #[must_use]
    pub fn jobs(mut self, jobs: u64) -> Self {
        self.jobs = Some(jobs);
        self
    }

    /// Does what was ordered, if anything was.
    ///
    /// # Errors
    /// Those of opening the database.
    pub fn carry_out(&self) -> Result<bool, Box<dyn Error>> {
        let Some([database, run]) = self.charge.as_deref() else {
            return Ok(false);
        };
        // Nothing is ever written to the standard input: it ends with whoever holds the other end.
        std::thread::spawn(|| {
            let _ = std::io::stdin().read_to_end(&mut Vec::new());
            std::process::exit(0);
        });
        let database = Path::new(database);
        match self.jobs {
            Some(jobs) => self.charge_some(database, run, jobs)?,
            None => self.charge_for_ever(database, run)?,
        }
        Ok(true)
    }

    fn durability(&self) -> Durability {
        if self.normal {
            Durability::Normal
        } else {
            Durability::Full
        }
    }

    /// One after the other, each told before the next is begun; what is written back in between is
    /// part of the work.
    fn charge_some(&self, database: &Path, run: &str, jobs: u64) -> Result<(), Box<dyn Error>> {
        let tympan = open(database, self.durability())?;
        let shop = tympan.host();
        for number in 0..jobs {
            self.charge(&shop, &[format!("{run}-{number}")]);
            if number == jobs / 2 {
                // A failure of the disk is its own affair: what it did to charges is looked at.
                let _ = second_store(database).map(|store| store.checkpoint());
            }
        }
        Ok(())
    }

    fn charge_for_ever(&self, database: &Path, run: &str) -> Result<(), Box<dyn Error>> {
        let shop = open(database, self.durability())?.host();
        // Every second run writes the log back over and over, to be stopped while it does.
        let batches = run.parse::<u64>()?.is_multiple_of(2);
        let writer_back = if batches {
            Some(second_store(database)?)
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
                        if !self.charge(shop, &keys.collect::<Vec<_>>()) {
                            return;
                        }
                    }
                });
            }
        });
        Ok(())
    }

    /// Charges jobs together and tells what was answered; whether anybody listens still.
    fn charge(&self, shop: &Handle, keys: &[String]) -> bool {
        if self.fault == Some(Misdeed::Early) {
            tell(keys.iter().map(|key| (key, "{}".to_owned())));
        }
        let answers = shop.run_all(keys.iter().map(|key| job(key)).collect());
        match self.fault {
            Some(Misdeed::Early) => return true,
            Some(Misdeed::Twice) => {
                let again = keys.iter().map(|key| tympan::Charge {
                    key: format!("{key}-again").into(),
                    ..job(key)
                });
                shop.run_all(again.collect());
            }
            None => {}
        }
        let told = keys
            .iter()
            .zip(answers)
            .filter_map(|(key, answer)| match answer {
                Ok(receipt) => Some((key, serde_json::to_string(&receipt).ok()?)),
                Err(error) if error.code() == Code::UnknownOutcome => None,
                Err(_) => Some((key, FAILED.to_owned())),
            });
        tell(told)
    }
}

/// Prints what was told, whole; the last line of a process that is stopped may be cut off.
fn tell<'a>(told: impl Iterator<Item = (&'a String, String)>) -> bool {
    let lines: String = told
        .map(|(key, receipt)| format!("{key} {receipt}\n"))
        .collect();
    std::io::stdout().write_all(lines.as_bytes()).is_ok()
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

/// A process that charges, and never outlives this one's interest in it.
pub struct Charging {
    child: Child,
    lines: BufReader<ChildStdout>,
    told: Told,
    answers: u64,
}

impl Drop for Charging {
    fn drop(&mut self) {
        // It may be gone already; then there is nothing to end.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Charging {
    /// Starts this program once more, with orders to charge a database.
    ///
    /// # Errors
    /// Those of starting a process.
    pub fn start(orders: &Orders, database: &Path, run: u64) -> Result<Self, Box<dyn Error>> {
        let fault = orders
            .fault
            .and_then(|fault| clap::ValueEnum::to_possible_value(&fault));
        let mut child = Command::new(std::env::current_exe()?)
            .args(fault.map(|fault| format!("--fault={}", fault.get_name())))
            .args(orders.normal.then_some("--normal"))
            .args(orders.jobs.map(|jobs| format!("--jobs={jobs}")))
            .arg("--charge")
            .arg(database)
            .arg(run.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let out = child.stdout.take().ok_or("no pipe to the process")?;
        Ok(Self {
            child,
            lines: BufReader::new(out),
            told: Told::default(),
            answers: 0,
        })
    }

    /// Lets it charge until it was told of so many charges.
    ///
    /// # Errors
    /// A process that ends before.
    pub fn until(&mut self, answers: u64) -> Result<(), Box<dyn Error>> {
        while self.answers < answers {
            let mut line = String::new();
            if self.lines.read_line(&mut line)? == 0 {
                return Err("the process ended by itself".into());
            }
            self.told.note(&line)?;
            self.answers += 1;
        }
        Ok(())
    }

    /// Kills it, and says what it was told before it died: all but a line that was cut off.
    ///
    /// # Errors
    /// Output that is none of its own.
    pub fn kill(mut self) -> Result<Told, Box<dyn Error>> {
        self.child.kill()?;
        self.rest()
    }

    /// Waits until it has done what it was ordered, and says what it was told.
    ///
    /// # Errors
    /// Output that is none of its own.
    pub fn finish(mut self) -> Result<Told, Box<dyn Error>> {
        self.rest()
    }

    fn rest(&mut self) -> Result<Told, Box<dyn Error>> {
        let mut rest = Vec::new();
        self.lines.read_to_end(&mut rest)?;
        self.child.wait()?;
        let rest = String::from_utf8(rest)?;
        let whole = rest
            .split_inclusive('\n')
            .filter(|line| line.ends_with('\n'));
        for line in whole {
            self.told.note(line)?;
        }
        Ok(std::mem::take(&mut self.told))
    }
}
