//! A month in a print shop: a PaperCut user list and a CUPS page log through tympan.

mod arguments;
mod import;
mod jobs;
mod money;
mod page_log;
mod progress;
mod report;
mod shop;
mod text;
mod user_list;

use std::error::Error;
use std::fmt::Display;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Parser;
use tympan::Verification;

use crate::arguments::Arguments;
use crate::jobs::Replay;
use crate::report::{Outcome, Summary, Tally};
use crate::shop::Shop;
use crate::text::{Shown, TextFile};
use crate::user_list::UserList;

const MALFORMED: u8 = 1;
const FAILED: u8 = 2;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(&arguments) {
        Ok(malformed) if malformed > 0 && arguments.strict => ExitCode::from(MALFORMED),
        Ok(_) => ExitCode::SUCCESS,
        Err(error) => {
            // With stderr gone there is nobody left to tell.
            let _ = writeln!(io::stderr(), "print-shop: {error}");
            ExitCode::from(FAILED)
        }
    }
}

/// Everything, and how many lines were malformed.
fn run(arguments: &Arguments) -> Result<u64, Box<dyn Error>> {
    if let Some(path) = arguments.overwritten() {
        return Err(format!("`--json` would overwrite `{}`", path.display()).into());
    }
    if let Some(folder) = arguments.missing_folder() {
        return Err(format!("there is no folder `{}` for `--json`", folder.display()).into());
    }
    // Both files are read whole before the database is touched.
    let users = TextFile::read(&arguments.users)?;
    let log = TextFile::read(&arguments.log)?;
    let list = UserList::read(users.text());
    let replay = Replay::read(log.text());
    tell(
        &users.path,
        list.malformed.iter().map(|bad| (bad.line, &bad.reason)),
    )?;
    tell(
        &log.path,
        replay.malformed.iter().map(|bad| (bad.line, &bad.reason)),
    )?;
    let contradictions = replay.repeats.iter().filter(|repeat| repeat.differs.any());
    tell(
        &log.path,
        contradictions.map(|repeat| (repeat.line, repeat)),
    )?;

    let (summary, verification, took) = replay_through(arguments, &users.digest, &list, &replay)?;

    if let Some(path) = &arguments.json {
        let mut json = Vec::new();
        summary.report.write_json(&mut json)?;
        std::fs::write(path, json)
            .map_err(|error| format!("cannot write `{}`: {error}", path.display()))?;
    }
    let mut out = BufWriter::new(io::stdout().lock());
    match tell_sources(arguments, &list, &mut out)
        .and_then(|()| summary.write_text(&mut out, took))
        .and_then(|()| tell_verified(&verification, &mut out))
        .and_then(|()| out.flush())
    {
        // A reader like `head` that has seen enough is no failure.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ if !verification.is_sound() => Err("the ledger is broken".into()),
        _ => Ok(summary.report.totals.malformed),
    }
}

/// The report, what the check of the whole ledger found, and how long the jobs took.
fn replay_through(
    arguments: &Arguments,
    digest: &str,
    list: &UserList<'_>,
    replay: &Replay<'_>,
) -> Result<(Summary, Verification, Duration), Box<dyn Error>> {
    let mut shop = Shop::open(&arguments.db)?;
    let mut left_out = Vec::new();
    shop.import(list, digest, replay.starts_at, |line, reason| {
        left_out.push((line, reason.to_owned()));
    })?;
    tell(&arguments.users, left_out.into_iter())?;
    let mut tally = Tally::new(list, list.malformed.len() + replay.malformed.len());
    let bar = progress::bar(replay.jobs.len());
    let mut jobs_left_out = Vec::new();
    let began = Instant::now();
    for job in &replay.jobs {
        let outcome = shop.charge(list, job)?;
        tally.add(job, &outcome);
        if let Outcome::LeftOut { reason } = outcome {
            let what = format!("job {} on `{}`", job.job_id, Shown(job.printer));
            jobs_left_out.push((job.last_line, format!("{what} is not charged: {reason}")));
        }
        bar.inc(1);
    }
    let took = began.elapsed();
    bar.finish_and_clear();
    tell(&arguments.log, jobs_left_out.into_iter())?;
    let summary = tally.finish(|index| shop.left(index, replay.ends_at))?;
    Ok((summary, shop.verify()?, took))
}

fn tell_sources(
    arguments: &Arguments,
    list: &UserList<'_>,
    out: &mut impl Write,
) -> io::Result<()> {
    let Arguments { users, log, db, .. } = arguments;
    writeln!(
        out,
        "{} users of {} and the jobs of {}, kept in {}\n",
        list.users.len(),
        users.display(),
        log.display(),
        db.display()
    )
}

fn tell_verified(found: &Verification, out: &mut impl Write) -> io::Result<()> {
    let Verification {
        wallets,
        entries,
        audit_events,
        fault_count,
        ..
    } = found;
    if found.is_sound() {
        return writeln!(
            out,
            "\nledger verified: {entries} entries add up to {wallets} wallets, and their chains and \
             that of {audit_events} audit events are unbroken"
        );
    }
    writeln!(out, "\nTHE LEDGER IS BROKEN in {fault_count} places:")?;
    found
        .faults
        .iter()
        .try_for_each(|fault| writeln!(out, "  {}: {}", fault.rule, fault.what))
}

fn tell<R: Display>(path: &Path, lines: impl Iterator<Item = (usize, R)>) -> io::Result<()> {
    let mut out = BufWriter::new(io::stderr().lock());
    for (line, reason) in lines {
        writeln!(out, "{}:{line}: {reason}", path.display())?;
    }
    out.flush()
}
