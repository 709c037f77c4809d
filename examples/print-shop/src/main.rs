//! A month in a print shop: a PaperCut user list and a CUPS page log through tympan.

mod arguments;
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
use std::time::Instant;

use clap::Parser;

use crate::arguments::Arguments;
use crate::jobs::Replay;
use crate::report::{Summary, Tally};
use crate::shop::Shop;
use crate::text::TextFile;
use crate::user_list::UserList;

/// How many jobs are charged between two steps of the progress bar.
const CHUNK: usize = 256;

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

    let began = Instant::now();
    let summary = replay_through(&arguments.db, &users.digest, &list, &replay)?;
    let took = began.elapsed();

    if let Some(path) = &arguments.json {
        let mut json = Vec::new();
        summary.report.write_json(&mut json)?;
        std::fs::write(path, json)
            .map_err(|error| format!("cannot write `{}`: {error}", path.display()))?;
    }
    let mut out = BufWriter::new(io::stdout().lock());
    match summary
        .write_text(&mut out, took)
        .and_then(|()| out.flush())
    {
        // A reader like `head` that has seen enough is no failure.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(summary.report.totals.malformed),
    }
}

fn replay_through(
    db: &Path,
    digest: &str,
    list: &UserList<'_>,
    replay: &Replay<'_>,
) -> Result<Summary, Box<dyn Error>> {
    let mut shop = Shop::open(db)?;
    shop.import(list, digest, replay.starts_at)?;
    let mut tally = Tally::new(list, list.malformed.len() + replay.malformed.len());
    let bar = progress::bar(replay.jobs.len());
    for jobs in replay.jobs.chunks(CHUNK) {
        for (job, outcome) in jobs.iter().zip(shop.charge(list, jobs)?) {
            tally.add(job, &outcome);
            bar.inc(1);
        }
    }
    bar.finish_and_clear();
    let left = |index: usize| {
        let user = list.users.get(index).map_or("", |user| user.username);
        shop.left(user, replay.ends_at)
    };
    Ok(tally.finish(left)?)
}

fn tell<R: Display>(path: &Path, lines: impl Iterator<Item = (usize, R)>) -> io::Result<()> {
    let mut out = BufWriter::new(io::stderr().lock());
    for (line, reason) in lines {
        writeln!(out, "{}:{line}: {reason}", path.display())?;
    }
    out.flush()
}
