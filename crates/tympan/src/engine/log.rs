//! What is told to whoever subscribes to `tracing`: names of commands, codes of errors, numbers and
//! times, never what a command or a record holds.
//!
//! Nobody subscribing, each is one relaxed load; no clock is read.

use std::time::Instant;

use tracing::span::EnteredSpan;
use tracing::{Level, debug, debug_span, enabled, info, trace, warn};
use tympan_core::error::{Code, Error, Kind};

/// The target of everything that is told.
const TARGET: &str = "tympan";

/// What is told in place of an error's code.
const NO_ERROR: &str = "ok";

/// A batch that is told of: a span from its first turn to the answers.
pub(super) struct BatchLog {
    began: Option<Instant>,
    commands: usize,
    conflicts: u64,
    _span: EnteredSpan,
}

impl BatchLog {
    pub(super) fn begin(commands: usize) -> Self {
        Self {
            // Failures are told with how long they took, too.
            began: enabled!(target: TARGET, Level::WARN).then(Instant::now),
            commands,
            conflicts: 0,
            _span: debug_span!(target: TARGET, "batch", commands).entered(),
        }
    }

    /// Others committed first: the batch is decided again, if there is time.
    pub(super) fn conflict(&mut self) {
        self.conflicts += 1;
        debug!(target: TARGET, conflicts = self.conflicts, "conflict");
    }

    /// The store could not take the batch: its commands are tried one by one.
    pub(super) fn divided(&self, error: &Error) {
        let code = error.code().as_str();
        warn!(target: TARGET, code, commands = self.commands, "batch divided");
    }

    /// The batch was answered, `refused` of its commands with an error.
    pub(super) fn ended(&self, refused: usize, outcome: &Result<(), Error>) {
        let Some(began) = self.began else {
            return;
        };
        let (commands, conflicts, micros) = (self.commands, self.conflicts, micros(began));
        let code = text(outcome.as_ref().err().map(Error::code));
        match outcome {
            Ok(()) => {
                debug!(target: TARGET, code, commands, refused, conflicts, micros, "batch");
            }
            Err(_) => warn!(target: TARGET, code, commands, refused, conflicts, micros, "batch"),
        }
    }

    /// Whether anybody wants to be told of each command.
    pub(super) fn tells_commands(&self) -> bool {
        enabled!(target: TARGET, Level::TRACE)
    }

    /// One command was answered, as long after the batch began as it took.
    pub(super) fn command(&self, name: &'static str, code: Option<Code>) {
        let micros = self.began.map(micros);
        trace!(target: TARGET, name, code = text(code), micros, "command");
    }
}

/// A command was refused for what it is, before any turn.
pub(super) fn refused_unread(name: &'static str, error: &Error) {
    trace!(target: TARGET, name, code = error.code().as_str(), "command");
}

/// Does what takes long and is told of when it is over: `counts` says what it came to.
pub(crate) fn timed<T>(
    name: &'static str,
    counts: impl FnOnce(&T) -> (u64, u64),
    work: impl FnOnce() -> Result<T, Error>,
) -> Result<T, Error> {
    let began = enabled!(target: TARGET, Level::WARN).then(Instant::now);
    let done = work();
    let Some(began) = began else {
        return done;
    };
    let micros = micros(began);
    match &done {
        Ok(what) => {
            let (count, faults) = counts(what);
            match faults {
                0 => info!(target: TARGET, name, code = NO_ERROR, count, faults, micros, "work"),
                _ => warn!(target: TARGET, name, code = NO_ERROR, count, faults, micros, "work"),
            }
        }
        Err(error) => {
            let code = error.code().as_str();
            match error.kind() {
                Kind::Storage | Kind::Internal => {
                    warn!(target: TARGET, name, code, micros, "work");
                }
                _ => info!(target: TARGET, name, code, micros, "work"),
            }
        }
    }
    done
}

fn text(code: Option<Code>) -> &'static str {
    code.map_or(NO_ERROR, Code::as_str)
}

fn micros(began: Instant) -> u64 {
    u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX)
}
