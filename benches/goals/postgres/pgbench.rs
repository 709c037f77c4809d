//! The server's own bench program, which runs a charge as one statement.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use tempfile::NamedTempFile;

/// The program, as ready to run.
pub struct Pgbench {
    program: PathBuf,
    address: String,
    script: NamedTempFile,
}

impl Pgbench {
    /// None where the program is missing.
    pub fn find(address: &str, schema: &str, accounts: i64) -> Option<Self> {
        let program = program()?;
        let mut script = NamedTempFile::new().unwrap();
        write!(
            script,
            "\\set account random(0, {accounts} - 1)
             WITH debit AS (
                 UPDATE {schema}.account SET balance = balance - 40000
                 WHERE id = :account AND balance >= 40000 RETURNING id, balance
             )
             INSERT INTO {schema}.ledger (account, amount, balance, at, key)
             SELECT id, -40000, balance, now(), uuid_send(gen_random_uuid()) FROM debit;\n"
        )
        .unwrap();
        Some(Self {
            program,
            address: address.to_owned(),
            script,
        })
    }

    /// Charges per second on so many connections, for a number of whole seconds.
    pub fn rate(&self, connections: u64, span: Duration) -> f64 {
        let output = Command::new(&self.program)
            .arg("--no-vacuum")
            .args(["--protocol", "prepared", "--jobs", "2"])
            .args(["--client", &connections.to_string()])
            .args(["--time", &span.as_secs().to_string()])
            .arg("--file")
            .arg(self.script.path())
            .arg(&self.address)
            // Ours does not encrypt what stays on the machine.
            .env("PGSSLMODE", "disable")
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(
            output.status.success(),
            "pgbench failed: {said}{}",
            String::from_utf8_lossy(&output.stderr)
        );
        tps(&said).unwrap()
    }
}

/// Of the line `tps = 2591.3 (without initial connection time)`.
fn tps(said: &str) -> Option<f64> {
    let line = said.lines().find_map(|line| line.strip_prefix("tps = "))?;
    line.split(' ').next()?.parse().ok()
}

/// Beside the server's programs, where they are known; or Debian's newest; or wherever programs are.
fn program() -> Option<PathBuf> {
    let told = std::env::var_os("TYMPAN_PG_BIN").map(PathBuf::from);
    let mut debian: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|version| Some(version.ok()?.path().join("bin")))
        .collect();
    debian.sort();
    let path = std::env::var_os("PATH").unwrap_or_default();
    told.into_iter()
        .chain(debian.into_iter().rev())
        .chain(std::env::split_paths(&path))
        .map(|folder: PathBuf| folder.join("pgbench"))
        .find(|program: &PathBuf| Path::is_file(program))
}
