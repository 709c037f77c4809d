//! Simulates seed after seed on every store, and says the first thing that must not be.
//!
//! The last line is `N passed, N failed`.
#![expect(
    clippy::print_stdout,
    reason = "a program says what it found on its standard output"
)]

use std::process::ExitCode;

use clap::{Parser, ValueEnum};
use tympan_sim::{Fault, Kind, Plan, simulate};

#[derive(Parser)]
struct Arguments {
    /// The seeds 1 to this.
    #[arg(long, default_value_t = 20)]
    seeds: u64,
    /// This seed only.
    #[arg(long)]
    seed: Option<u64>,
    /// How many steps each seed takes.
    #[arg(long, default_value_t = 2_000)]
    steps: usize,
    /// This store only; otherwise memory and SQLite beside each other.
    #[arg(long)]
    store: Option<Store>,
    /// Interrupts commits, closes stores meanwhile, and asks again.
    #[arg(long)]
    faults: bool,
    /// How many clients share each store at once, and the steps among them. With more than one,
    /// answers depend on which comes first: not predicted, they are held against what must be true
    /// in any order.
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=64))]
    clients: u16,
    /// Plants a known fault, which must be found.
    #[arg(long, value_name = "NAME", conflicts_with = "store")]
    sabotage: Option<Fault>,
    /// Names the faults that can be planted.
    #[arg(long)]
    list_sabotages: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Store {
    Memory,
    Sqlite,
    #[cfg(feature = "postgres")]
    Postgres,
}

impl From<Store> for Kind {
    fn from(store: Store) -> Self {
        match store {
            Store::Memory => Self::Memory,
            Store::Sqlite => Self::Sqlite,
            #[cfg(feature = "postgres")]
            Store::Postgres => Self::Postgres,
        }
    }
}

impl Arguments {
    fn plan(&self, seed: u64) -> Plan {
        let mut plan = Plan::new(seed, self.steps);
        if let Some(store) = self.store {
            plan = plan.on(&[store.into()]);
        }
        if let Some(fault) = self.sabotage {
            plan = plan.sabotaged(fault);
        }
        plan.interrupts = self.faults;
        plan.shared_by(self.clients.into())
    }
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if arguments.list_sabotages {
        for fault in Fault::value_variants()
            .iter()
            .filter_map(Fault::to_possible_value)
        {
            let help = fault
                .get_help()
                .map(ToString::to_string)
                .unwrap_or_default();
            println!("{:<24} {help}", fault.get_name());
        }
        return ExitCode::SUCCESS;
    }
    if arguments.clients > 1 && arguments.sabotage.is_some_and(Fault::is_of_the_auditor) {
        println!("the auditor has no part in a run of several clients: nothing misleads it there");
        return ExitCode::FAILURE;
    }
    let seeds = match arguments.seed {
        Some(seed) => seed..seed.saturating_add(1),
        None => 1..arguments.seeds.saturating_add(1),
    };
    let (mut passed, mut failed, mut commands) = (0_u64, 0_u64, 0_usize);
    for seed in seeds {
        match one(&arguments.plan(seed)) {
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
    if arguments.clients > 1 {
        let clients = arguments.clients;
        println!("{commands} commands of {clients} clients at once, each answer kept to");
    } else {
        println!("{commands} commands, the answers and dumps of all stores the same");
    }
    println!("{passed} passed, {failed} failed");
    ExitCode::from(u8::from(failed > 0))
}

/// One seed: the stores beside each other, then, of one client, once more in memory, which must be
/// the same.
fn one(plan: &Plan) -> Result<usize, String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let report = simulate(plan, folder.path()).map_err(|failure| failure.to_string())?;
    let seed = plan.seed;
    if plan.clients > 1 {
        let (commands, granted, entries) = (report.commands, report.granted, report.entries);
        println!("seed {seed}: {commands} commands, {granted} granted, {entries} entries");
        return Ok(commands);
    }
    let again = simulate(&plan.clone().on(&[Kind::Memory]), folder.path());
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
