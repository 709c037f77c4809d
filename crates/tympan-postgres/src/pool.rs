//! Connections that are open and not in use, and how many may be.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use tympan_core::error::Error;

use crate::driver::{Driver, TimedOut};
use crate::error;
use crate::link::{Answers, Link, Step, Way};

/// The connections of a store.
#[derive(Debug)]
pub(crate) struct Pool {
    // Links come before the driver: they are closed while it still runs.
    state: Mutex<State>,
    back: Condvar,
    pub(crate) driver: Driver,
    way: Way,
    most: usize,
}

#[derive(Debug, Default)]
struct State {
    idle: Vec<Link>,
    /// How many are lent.
    out: usize,
}

impl Pool {
    pub(crate) fn new(driver: Driver, way: Way, most: usize) -> Self {
        Self {
            state: Mutex::default(),
            back: Condvar::new(),
            driver,
            way,
            most: most.max(1),
        }
    }

    /// Lends a connection, at the latest by a moment.
    pub(crate) fn lend(&self, until: Instant) -> Result<Lent<'_>, Error> {
        let mut lent = self.place(until)?;
        if lent.link.is_none() {
            lent.link = Some(self.way.connect(&self.driver, true, until)?);
        }
        Ok(lent)
    }

    /// Lends a connection before there are any tables; it is not kept.
    pub(crate) fn lend_bare(&self, until: Instant) -> Result<Lent<'_>, Error> {
        let mut lent = self.place(until)?;
        let mut link = self.way.connect(&self.driver, false, until)?;
        link.sound = false;
        lent.link = Some(link);
        Ok(lent)
    }

    fn place(&self, until: Instant) -> Result<Lent<'_>, Error> {
        let mut state = self.lock();
        while state.out >= self.most {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(error::locked());
            }
            state = self
                .back
                .wait_timeout(state, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
        state.out += 1;
        let mut lent = Lent {
            pool: self,
            link: state.idle.pop(),
            in_transaction: false,
        };
        drop(state);
        if lent.link.as_ref().is_some_and(Link::is_closed) {
            // The server was restarted, say: then the others are closed too.
            lent.link = None;
            self.lock().idle.retain(|link| !link.is_closed());
        }
        Ok(lent)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection that is in use.
#[derive(Debug)]
pub(crate) struct Lent<'a> {
    pool: &'a Pool,
    link: Option<Link>,
    /// Whether a transaction was begun that is to be undone in the end.
    pub(crate) in_transaction: bool,
}

impl Lent<'_> {
    /// Sends all steps at once and waits for the answers.
    pub(crate) fn run(&mut self, steps: Vec<Step>, until: Instant) -> Result<Answers, TimedOut> {
        match &mut self.link {
            Some(link) => link.run(&self.pool.driver, steps, until),
            None => Err(TimedOut),
        }
    }

    /// The warnings that came with the last answers.
    pub(crate) fn warnings(&self) -> Vec<String> {
        self.link.as_ref().map(Link::warnings).unwrap_or_default()
    }
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        let link = self
            .link
            .take()
            .filter(|link| link.sound && !link.is_closed());
        if let Some(link) = &link
            && self.in_transaction
        {
            link.send(&self.pool.driver, "ROLLBACK");
        }
        let mut state = self.pool.lock();
        state.out -= 1;
        state.idle.extend(link);
        drop(state);
        self.pool.back.notify_one();
    }
}
