//! Simulates seed after seed on every store.
//!
//! `simulate --seeds N --steps M` runs the seeds 1 to N, each as long as M steps;
//! `simulate --seed S --steps M` runs one. The last line is `N passed, N failed`.
#![expect(
    clippy::print_stdout,
    reason = "a program says what it found on its standard output"
)]

use std::process::ExitCode;

use tympan_sim::{Arguments, Kind, Plan, simulate};

fn main() -> ExitCode {
    let arguments = match Arguments::read(&["seeds", "steps", "seed"]) {
        Ok(arguments) => arguments,
        Err(wrong) => {
            println!("{wrong}\nusage: simulate [--seeds N] [--seed S] [--steps M]");
            return ExitCode::from(2);
        }
    };
    let steps = usize::try_from(arguments.number("steps", 2_000)).unwrap_or(usize::MAX);
    let seeds = match arguments.given("seed") {
        Some(seed) => seed..seed.saturating_add(1),
        None => 1..arguments.number("seeds", 20).saturating_add(1),
    };
    let (mut passed, mut failed, mut commands) = (0_u64, 0_u64, 0_usize);
    for seed in seeds {
        match one(seed, steps) {
            Ok(count) => {
                passed += 1;
                commands += count;
            }
            Err(what) => {
                failed += 1;
                println!("{what}");
            }
        }
    }
    println!("{commands} commands on memory and sqlite, answers and dumps the same");
    println!("{passed} passed, {failed} failed");
    ExitCode::from(u8::from(failed > 0))
}

/// One seed: both stores beside each other, then once more, which must be the same.
fn one(seed: u64, steps: usize) -> Result<usize, String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let plan = Plan::new(seed, steps);
    let report = simulate(&plan, folder.path()).map_err(|failure| failure.to_string())?;
    let again = simulate(&plan.on(&[Kind::Memory]), folder.path());
    let again = again.map_err(|failure| failure.to_string())?;
    if report != again {
        return Err(format!("seed {seed}: another history the second time"));
    }
    println!(
        "seed {seed}: {} commands, {} granted, {} entries, history {}",
        report.commands,
        report.granted,
        report.entries,
        report.answers.get(..16).unwrap_or_default()
    );
    Ok(report.commands)
}
