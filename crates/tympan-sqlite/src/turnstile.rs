//! Processes wait for their turn in the order in which they came.
//!
//! SQLite's own lock is polled: whoever has just let go takes it again before the others look, and
//! two busy processes starve each other. Here each process passes two kernel locks on files beside
//! the database: it takes `next`, waits for `turn` while it holds `next`, and lets `next` go when
//! it has `turn`. Whoever has finished must queue for `next` behind the one that waits there. The
//! kernel frees the locks of a process that dies. They order the processes and nothing more: what
//! keeps data whole is SQLite's lock, taken after them.
//!
//! A kernel lock cannot be waited for with a deadline, so where others are before us a thread of
//! the store's own does the waiting. It starts when it is first needed. If its caller gives up it
//! stays in the queue for the next one.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Instant;

use tympan_core::error::{Code, Error};

use crate::error;

/// The two locks of one database.
#[derive(Debug)]
pub(crate) struct Turnstile {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    next: File,
    turn: File,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    phase: Phase,
    /// Whether the thread that waits was started.
    started: bool,
    /// Whether `next` was taken already when the thread was asked to wait.
    has_next: bool,
    /// Whether nobody wants what the thread waits for any more.
    given_up: bool,
    /// Whether the store is gone.
    closed: bool,
}

#[derive(Debug, Default)]
enum Phase {
    #[default]
    Idle,
    Waiting,
    Arrived(io::Result<()>),
}

/// The turn of this process, until it is dropped.
#[derive(Debug)]
pub(crate) struct Pass<'a> {
    turnstile: &'a Turnstile,
}

impl Turnstile {
    /// The locks of the database at a path.
    pub(crate) fn open(database: &Path) -> Result<Self, Error> {
        Ok(Self {
            shared: Arc::new(Shared {
                next: lock_file(&beside(database, "-next"))?,
                turn: lock_file(&beside(database, "-turn"))?,
                state: Mutex::default(),
                changed: Condvar::new(),
            }),
        })
    }

    /// Waits for the turn of this process. One thread at a time may call this: the store's own
    /// queue sees to that.
    ///
    /// # Errors
    /// `store_locked` if the deadline passes first.
    pub(crate) fn enter(&self, deadline: Instant) -> Result<Pass<'_>, Error> {
        let shared = &*self.shared;
        let mut state = shared.lock();
        if matches!(state.phase, Phase::Idle) {
            match shared.try_both().map_err(failed)? {
                Attempt::Passed => return Ok(Pass { turnstile: self }),
                Attempt::Stopped { has_next } => state.has_next = has_next,
            }
            if !state.started {
                self.start().map_err(failed)?;
                state.started = true;
            }
            state.phase = Phase::Waiting;
            shared.changed.notify_all();
        }
        state.given_up = false;
        loop {
            match std::mem::take(&mut state.phase) {
                Phase::Arrived(Ok(())) => return Ok(Pass { turnstile: self }),
                Phase::Arrived(Err(error)) => return Err(failed(error)),
                waiting => state.phase = waiting,
            }
            let left = deadline
                .checked_duration_since(Instant::now())
                .filter(|left| !left.is_zero());
            let Some(left) = left else {
                state.given_up = true;
                return Err(error::locked());
            };
            state = shared
                .changed
                .wait_timeout(state, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }

    fn start(&self) -> io::Result<()> {
        let shared = Arc::clone(&self.shared);
        thread::Builder::new()
            .name("tympan-sqlite-queue".to_owned())
            .spawn(move || shared.wait_for_callers())
            .map(drop)
    }
}

impl Drop for Turnstile {
    fn drop(&mut self) {
        self.shared.lock().closed = true;
        self.shared.changed.notify_all();
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        // It cannot fail on a lock that is held, and closing the file frees it too.
        self.turnstile.shared.turn.unlock().unwrap_or_default();
    }
}

enum Attempt {
    Passed,
    Stopped { has_next: bool },
}

impl Shared {
    fn try_both(&self) -> io::Result<Attempt> {
        if !try_lock(&self.next)? {
            return Ok(Attempt::Stopped { has_next: false });
        }
        match try_lock(&self.turn) {
            Ok(false) => Ok(Attempt::Stopped { has_next: true }),
            Ok(true) => self.leave_next(Ok(())).map(|()| Attempt::Passed),
            Err(error) => self.leave_next(Err(error)).map(|()| Attempt::Passed),
        }
    }

    fn wait_for_callers(&self) {
        let mut state = self.lock();
        loop {
            while !state.closed && !matches!(state.phase, Phase::Waiting) {
                state = self
                    .changed
                    .wait(state)
                    .unwrap_or_else(PoisonError::into_inner);
            }
            if state.closed {
                return;
            }
            let has_next = std::mem::take(&mut state.has_next);
            drop(state);
            let outcome = self.pass(has_next);
            state = self.lock();
            state.phase = if state.given_up || state.closed {
                if outcome.is_ok() {
                    self.turn.unlock().unwrap_or_default();
                }
                Phase::Idle
            } else {
                Phase::Arrived(outcome)
            };
            self.changed.notify_all();
        }
    }

    fn pass(&self, has_next: bool) -> io::Result<()> {
        if !has_next {
            self.next.lock()?;
        }
        self.leave_next(self.turn.lock())
    }

    /// Lets `next` go, and `turn` too if that should fail.
    fn leave_next(&self, turn: io::Result<()>) -> io::Result<()> {
        let next = self.next.unlock();
        if next.is_err() && turn.is_ok() {
            self.turn.unlock()?;
        }
        turn.and(next)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A path with something added to the file's name.
pub(crate) fn beside(database: &Path, suffix: &str) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

fn lock_file(path: &Path) -> Result<File, Error> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)
        .map_err(|error| error::io(path, &error))
}

fn try_lock(file: &File) -> io::Result<bool> {
    match file.try_lock() {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

fn failed(error: io::Error) -> Error {
    Error::new(
        Code::Storage,
        format!(
            "the files that order writers cannot be locked: {}",
            error.kind()
        ),
    )
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn now() -> Instant {
        Instant::now()
    }

    fn later() -> Instant {
        now() + Duration::from_secs(60)
    }

    #[test]
    fn only_one_passes_and_who_gives_up_keeps_the_place_for_the_next_call() {
        let directory = tempfile::tempdir().unwrap();
        let database = directory.path().join("a.db");
        let (one, two) = (
            Turnstile::open(&database).unwrap(),
            Turnstile::open(&database).unwrap(),
        );
        let pass = one.enter(now()).unwrap();
        for _ in 0..3 {
            assert_eq!(two.enter(now()).unwrap_err().code(), Code::StoreLocked);
        }
        drop(pass);
        drop(two.enter(later()).unwrap());
        // And once nobody wants it, it is free for others.
        drop(one.enter(later()).unwrap());
    }

    #[test]
    fn the_locks_of_a_store_that_is_gone_are_free() {
        let directory = tempfile::tempdir().unwrap();
        let database = directory.path().join("a.db");
        let one = Turnstile::open(&database).unwrap();
        let two = Turnstile::open(&database).unwrap();
        let pass = one.enter(now()).unwrap();
        assert!(two.enter(now()).is_err());
        drop(two);
        drop(pass);
        drop(one.enter(later()).unwrap());
    }
}
