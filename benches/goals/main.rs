//! `cargo bench --bench goals -- [--json FILE] [--only PREFIX] [--rounds N]`; with the goals on a
//! server: `bash tools/with-postgres.sh cargo bench --bench goals --features postgres -- …`

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::unwrap_used,
    clippy::float_arithmetic,
    reason = "a bench prints, and stops at the first surprise"
)]

mod age;
mod group_commit;
mod memory;
mod permission;
#[cfg(feature = "postgres")]
mod postgres;
mod shop;
mod single;
mod sweep;
mod verify;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use tympan_benches::{Bounds, Outcome};

/// Measures every performance promise beside its yardstick.
#[derive(Parser)]
struct Arguments {
    /// Writes the outcomes as JSON.
    #[arg(long)]
    json: Option<PathBuf>,
    /// Only goals whose name begins with this.
    #[arg(long, default_value = "")]
    only: String,
    /// Rounds of each goal, at least 7.
    #[arg(long, default_value_t = 7)]
    rounds: usize,
    /// Entries of the old ledger.
    #[arg(long, default_value_t = 1_000_000)]
    entries: u64,
    /// Users of a sweep.
    #[arg(long, default_value_t = 100_000)]
    users: usize,
    /// How long several processes charge one hot wallet on PostgreSQL.
    #[cfg(feature = "postgres")]
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// Acts as so many callers in a process of their own.
    #[cfg(feature = "postgres")]
    #[arg(long, hide = true, num_args = 2, value_names = ["SCHEMA", "CALLERS"])]
    callers: Option<Vec<String>>,
    /// What `cargo bench` adds.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    #[cfg(feature = "postgres")]
    if let Some([schema, callers]) = arguments.callers.as_deref() {
        postgres::serve(schema, callers.parse().unwrap());
        return ExitCode::SUCCESS;
    }
    let rounds = arguments.rounds.max(7);
    let bounds = Bounds::read(Path::new(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/goals.toml"
    )))
    .unwrap();
    let wanted = |group: &[&str]| group.iter().any(|goal| goal.starts_with(&arguments.only));
    let mut outcomes: Vec<Outcome> = Vec::new();
    let mut report = |goal: &str, pairs: &[(f64, f64)]| {
        if goal.starts_with(&arguments.only) {
            let outcome = bounds.judge(goal, pairs).unwrap();
            println!("{}", outcome.line());
            outcomes.push(outcome);
        }
    };
    if wanted(&["memory_charge"]) {
        report("memory_charge", &memory::rounds(rounds));
    }
    if wanted(&["permission_check"]) {
        report("permission_check", &permission::rounds(rounds));
    }
    if wanted(&["durable_charge"]) {
        report("durable_charge", &single::rounds(rounds));
    }
    if wanted(&[
        "group_commit_quiet",
        "group_commit_slow_sync",
        "hot_account",
    ]) {
        let measured = group_commit::rounds(rounds);
        report("group_commit_quiet", &measured.quiet);
        report("group_commit_slow_sync", &measured.slow);
        report("hot_account", &measured.hot);
    }
    for batch in [1, 1_000] {
        let names = age::names(batch);
        if wanted(&names.each_ref().map(String::as_str)) {
            let measured = age::rounds(rounds, batch, arguments.entries);
            for (name, pairs) in names.iter().zip(&measured) {
                report(name, pairs);
            }
        }
    }
    if wanted(&["verify"]) {
        report("verify", &verify::rounds(rounds, arguments.entries));
    }
    if wanted(&["sweep"]) {
        report("sweep", &sweep::rounds(rounds, arguments.users));
    }
    #[cfg(feature = "postgres")]
    postgres::measure(wanted, &mut report, rounds, arguments.seconds);
    #[cfg(not(feature = "postgres"))]
    if arguments.only.starts_with("postgres") {
        println!("the goals on PostgreSQL need `--features postgres`");
    }
    if let Some(path) = arguments.json {
        std::fs::write(path, serde_json::to_vec_pretty(&outcomes).unwrap()).unwrap();
    }
    let missed = outcomes.iter().filter(|outcome| !outcome.is_met()).count();
    eprintln!("{} goals met, {missed} missed", outcomes.len() - missed);
    if missed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
