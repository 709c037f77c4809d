//! Chores of the workspace: `cargo xtask bindgen [--check]`, `cargo xtask docs [--check]`,
//! `cargo xtask dump ADDRESS`.

mod bindgen;
mod docs;
#[cfg(test)]
mod first_program;
#[cfg(test)]
mod modules;

use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::ExitCode;

use clap::Parser;
use tympan::{Options, Tympan};

#[derive(Parser)]
enum Chore {
    /// Writes the bindings of other languages from the one definition.
    Bindgen {
        /// Only says whether they are up to date.
        #[arg(long)]
        check: bool,
        /// Only takes note that uniffi has written its part: `tools/swift.sh bindgen` calls this.
        #[arg(long, conflicts_with = "check")]
        stamp: bool,
    },
    /// Writes the documents that are generated from the code.
    Docs {
        /// Only says whether they are up to date.
        #[arg(long)]
        check: bool,
    },
    /// Writes the canonical dump of a database: every row as a line of JSON, in order.
    Dump {
        /// For example `sqlite:shop.db`.
        address: String,
    },
}

fn main() -> ExitCode {
    let done = match Chore::parse() {
        Chore::Bindgen { stamp: true, .. } => bindgen::stamp(&root()),
        Chore::Bindgen { check, .. } => bindgen::run(&root(), check).map(|lines| {
            let _ = writeln!(std::io::stdout(), "{lines}");
        }),
        Chore::Docs { check } => docs::run(&root(), check),
        Chore::Dump { address } => dump(&address),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            // With stderr gone there is nobody left to tell.
            let _ = writeln!(std::io::stderr(), "xtask: {reason}");
            ExitCode::FAILURE
        }
    }
}

fn root() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .unwrap_or(Path::new("."))
        .to_owned()
}

fn dump(address: &str) -> Result<(), String> {
    let tympan = Tympan::open(address, Options::default().migrate(tympan::Migrate::Never))
        .map_err(|error| error.to_string())?;
    let mut out = BufWriter::new(std::io::stdout().lock());
    tympan.dump(&mut out).map_err(|error| error.to_string())?;
    out.flush().map_err(|error| error.to_string())
}
