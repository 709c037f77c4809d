//! Processes that charge when they are told to: this program once more, told by its input and
//! answering by its output.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use cpu_time::ProcessTime;

use super::{callers, server};
use crate::shop;

/// A process with an engine of its own.
pub struct Process {
    child: Child,
    tell: Option<ChildStdin>,
    told: BufReader<ChildStdout>,
}

/// What processes did together.
#[derive(Default)]
pub struct Work {
    pub charges: u64,
    pub errors: u64,
    /// What the first of the errors says.
    pub first_error: String,
    /// Charges per second.
    pub rate: f64,
    cpu_micros: u64,
}

impl Process {
    /// Starts a process with so many callers. It finds the server by DATABASE_URL, as this one did.
    pub fn start(schema: &str, callers: u64) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--callers", schema, &callers.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        Self {
            tell: child.stdin.take(),
            told: BufReader::new(child.stdout.take().unwrap()),
            child,
        }
    }

    fn begin(&mut self, span: Duration, accounts: i64) {
        let tell = self.tell.as_mut().unwrap();
        writeln!(tell, "{} {accounts}", span.as_millis()).unwrap();
    }

    fn end(&mut self, work: &mut Work) {
        let mut line = String::new();
        self.told.read_line(&mut line).unwrap();
        let mut parts = line.trim_end_matches('\n').splitn(5, ' ');
        let mut part = || parts.next().unwrap();
        work.charges += part().parse::<u64>().unwrap();
        work.errors += part().parse::<u64>().unwrap();
        work.rate += part().parse::<f64>().unwrap();
        work.cpu_micros += part().parse::<u64>().unwrap();
        if work.first_error.is_empty() {
            part().clone_into(&mut work.first_error);
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It ends when there is nothing more to read.
        self.tell.take();
        self.child.wait().unwrap();
    }
}

impl Work {
    /// Has all of them charge at the same time, accounts drawn from so many.
    pub fn together(processes: &mut [Process], span: Duration, accounts: i64) -> Self {
        let mut work = Self::default();
        for process in &mut *processes {
            process.begin(span, accounts);
        }
        for process in processes {
            process.end(&mut work);
        }
        work
    }

    /// Microseconds of the processes' own CPU per charge.
    pub fn cpu_each(&self) -> f64 {
        self.cpu_micros as f64 / self.charges as f64
    }
}

/// What such a process does: for each line that says how many milliseconds and how many accounts,
/// it charges, and answers charges, errors, charges per second, microseconds of CPU and the first
/// error.
pub fn serve(schema: &str, callers: u64) {
    let address = std::env::var("DATABASE_URL").unwrap();
    let handle = shop::over(Box::new(server::open(&address, schema))).host();
    for line in std::io::stdin().lines() {
        let line = line.unwrap();
        let (millis, accounts) = line.split_once(' ').unwrap();
        let span = Duration::from_millis(millis.parse().unwrap());
        let begun = ProcessTime::now();
        let done = callers::run(&handle, callers, accounts.parse().unwrap(), span);
        println!(
            "{} {} {} {} {}",
            done.charges,
            done.errors,
            done.rate(),
            begun.elapsed().as_micros(),
            done.first_error.replace('\n', " ")
        );
    }
}
