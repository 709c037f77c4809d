//! `power -- --losses N`: the power goes while a process charges, over and over, on a disk that
//! then forgets what was not synced; and each read, write and sync of a short run fails in turn.
//!
//! With full durability nothing that was answered may be lost. With normal durability, and on a
//! disk that lies about its syncs, something must be: or the disk would prove nothing.

#![expect(
    clippy::print_stdout,
    reason = "the program's answer is what it prints"
)]

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tympan::Durability;
use tympan_sim::charging::{Charging, Orders, Told, check, open, set_up};
use tympan_sim::disk::{Disk, Failure, Image, Loss, Operation, Reason};

/// Fewest answers before the power goes.
const MIN_ANSWERS: u64 = 50;

/// Jobs of a run in which something fails.
const JOBS: u64 = 20;

#[derive(Parser)]
struct Arguments {
    /// How often the power goes, for each way to keep a commit.
    #[arg(long, default_value_t = 12)]
    losses: u64,
    /// What the random moments are drawn from.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Only every so many-th operation is made to fail.
    #[arg(long, default_value_t = 1)]
    stride: usize,
    #[command(flatten)]
    orders: Orders,
}

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let arguments = Arguments::parse();
    if arguments.orders.carry_out()? {
        return Ok(ExitCode::SUCCESS);
    }
    let mut verdict = Verdict::default();
    for keeping in [Keeping::Full, Keeping::Normal, Keeping::Lied] {
        let totals = lose_power(keeping, &arguments)?;
        verdict.note(totals.is_as_expected(keeping), &totals.line(keeping));
    }
    count_syncs(&mut verdict)?;
    for (operation, reason, lasts) in [
        (Operation::Read, Reason::Broken, false),
        (Operation::Write, Reason::Broken, false),
        (Operation::Write, Reason::Full, true),
        (Operation::Sync, Reason::Broken, false),
    ] {
        fail_each((operation, reason, lasts), &arguments, &mut verdict)?;
    }
    println!("{} passed, {} failed", verdict.passed, verdict.failed);
    Ok(if verdict.failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

#[derive(Default)]
struct Verdict {
    passed: u64,
    failed: u64,
}

impl Verdict {
    fn note(&mut self, is_right: bool, line: &str) {
        if is_right {
            self.passed += 1;
            println!("{line}");
        } else {
            self.failed += 1;
            println!("FAILED {line}");
        }
    }
}

/// How commits are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Keeping {
    Full,
    Normal,
    /// In full, on a disk that does not sync.
    Lied,
}

impl Keeping {
    fn name(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Normal => "normal",
            Self::Lied => "full on a disk that lies",
        }
    }

    fn durability(self) -> Durability {
        match self {
            Self::Full | Self::Lied => Durability::Full,
            Self::Normal => Durability::Normal,
        }
    }
}

#[derive(Default)]
struct Totals {
    losses: u64,
    answered: usize,
    lost: usize,
    doubled: usize,
    unreadable: u64,
    reasons: Vec<String>,
}

impl Totals {
    fn is_as_expected(&self, keeping: Keeping) -> bool {
        match keeping {
            Keeping::Full => self.reasons.is_empty(),
            Keeping::Normal => self.reasons.is_empty() && self.lost > 0,
            Keeping::Lied => self.lost > 0 || self.unreadable > 0,
        }
    }

    fn line(&self, keeping: Keeping) -> String {
        let Self {
            losses,
            answered,
            lost,
            doubled,
            unreadable,
            reasons,
        } = self;
        let name = keeping.name();
        let reasons: String = reasons
            .iter()
            .map(|reason| format!("\n  {reason}"))
            .collect();
        format!(
            "{name}: {losses} losses of power, {answered} answered charges, {lost} lost, \
             {doubled} doubled, {unreadable} unreadable files{reasons}"
        )
    }
}

/// A disk with a shop on it, and where its database lies.
fn shop(lies: bool) -> Result<(Disk, PathBuf), Box<dyn Error>> {
    let mut disk = Disk::new(lies)?;
    let database = disk.path().join("shop.db");
    set_up(&open(&database, Durability::Full)?.host())?;
    if lies {
        // It is charges that are to be lost, not the shop.
        let image = disk.image();
        disk.restore(&image)?;
    }
    Ok((disk, database))
}

fn lose_power(keeping: Keeping, arguments: &Arguments) -> Result<Totals, Box<dyn Error>> {
    let mut random = StdRng::seed_from_u64(arguments.seed);
    let (mut disk, database) = shop(keeping == Keeping::Lied)?;
    // What was made and never closed by more than this must survive as well.
    disk.lose_power(Loss::Everything, &mut random)?;
    let image = disk.image();
    let mut totals = Totals::default();
    let mut told = Told::default();
    for run in 0..arguments.losses {
        if keeping == Keeping::Lied {
            // Nobody can be asked to go on with what a disk that lies has left.
            disk.restore(&image)?;
        }
        let orders = Orders::new(keeping.durability());
        let mut charging = Charging::start(&orders, &database, run)?;
        charging.until(random.random_range(MIN_ANSWERS..6 * MIN_ANSWERS))?;
        let answered = charging.kill()?;
        let loss = if run.is_multiple_of(2) {
            Loss::Everything
        } else {
            Loss::APart
        };
        disk.lose_power(loss, &mut random)?;
        totals.losses += 1;
        totals.answered += answered.receipts.len();
        match check(&database, &answered) {
            Ok(found) => {
                totals.lost += found.lost;
                totals.doubled += found.doubled;
                // Only what full durability promises; the others are to lose.
                let is_wrong = match keeping {
                    Keeping::Full => true,
                    Keeping::Normal => found.broken.is_some() || found.doubled > 0,
                    Keeping::Lied => false,
                };
                let reason = found.reason().filter(|_| is_wrong);
                let reason = reason.map(|reason| format!("loss {run}, {loss:?}: {reason}"));
                totals.reasons.extend(reason);
            }
            Err(error) => {
                totals.unreadable += 1;
                totals
                    .reasons
                    .push(format!("loss {run}, {loss:?}: {error}"));
            }
        }
        told.extend(answered);
    }
    if keeping == Keeping::Full {
        // What survived one loss survived those after it.
        let found = check(&database, &told)?;
        totals
            .reasons
            .extend(found.reason().map(|reason| format!("after all: {reason}")));
    }
    Ok(totals)
}

/// One charge at a time: with full durability each takes at least a sync.
fn count_syncs(verdict: &mut Verdict) -> Result<(), Box<dyn Error>> {
    for keeping in [Keeping::Full, Keeping::Normal] {
        let (disk, database) = shop(false)?;
        disk.fail(None);
        let orders = Orders::new(keeping.durability()).jobs(JOBS);
        let told = Charging::start(&orders, &database, 1)?.finish()?;
        let answered = told.receipts.len() as u64;
        let syncs = disk.counts().syncs;
        let each = syncs >= answered;
        verdict.note(
            answered == JOBS && each == (keeping == Keeping::Full),
            &format!(
                "{}: {syncs} syncs for {answered} charges one by one",
                keeping.name()
            ),
        );
    }
    Ok(())
}

/// Lets the first operation of a kind fail, then the second, until a run has fewer.
fn fail_each(
    (operation, reason, lasts): (Operation, Reason, bool),
    arguments: &Arguments,
    verdict: &mut Verdict,
) -> Result<(), Box<dyn Error>> {
    let (mut disk, database) = shop(false)?;
    let image = disk.image();
    let mut random = StdRng::seed_from_u64(arguments.seed);
    let (mut places, mut answered, mut failed, mut wrong) = (0_u64, 0, 0, Vec::new());
    for number in (1_u64..).step_by(arguments.stride.max(1)) {
        let failure = Failure {
            operation,
            number,
            lasts,
            reason,
        };
        let (told, reached) = run_with(&mut disk, &image, &database, failure)?;
        if !reached {
            break;
        }
        places += 1;
        answered += told.receipts.len();
        failed += told.failures.len();
        // What the disk failed at is found again where the power goes next as well.
        for loss in [None, Some(Loss::APart)] {
            if let Some(loss) = loss {
                disk.lose_power(loss, &mut random)?;
            }
            match check(&database, &told).map(|found| found.reason()) {
                Ok(None) => {}
                Ok(Some(reason)) => wrong.push(format!("\n  {number}, {loss:?}: {reason}")),
                Err(error) => wrong.push(format!("\n  {number}, {loss:?}: {error}")),
            }
        }
    }
    let how = if lasts { "and all after it" } else { "once" };
    verdict.note(
        places > 0 && wrong.is_empty(),
        &format!(
            "{operation:?} fails ({reason:?}, {how}) at each of {places} places: {answered} charges \
             answered, {failed} refused, {} wrong{}",
            wrong.len(),
            wrong.concat()
        ),
    );
    Ok(())
}

/// A short run on the disk as it was, and whether it came to what was to fail.
fn run_with(
    disk: &mut Disk,
    image: &Image,
    database: &Path,
    failure: Failure,
) -> Result<(Told, bool), Box<dyn Error>> {
    disk.restore(image)?;
    disk.fail(Some(failure));
    let orders = Orders::new(Durability::Full).jobs(JOBS);
    let told = Charging::start(&orders, database, failure.number)?.finish()?;
    let reached = disk.counts().of(failure.operation) >= failure.number;
    disk.fail(None);
    Ok((told, reached))
}
