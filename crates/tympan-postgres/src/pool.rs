//! Connections that are open and not in use, and how many may be.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tympan_core::error::Error;
use tympan_store::Keeping;

use crate::answers::Answers;
use crate::connect::Way;
use crate::doctor;
use crate::error;
use crate::error::Fault;
use crate::link::Link;
use crate::load::Failure;
use crate::options::PostgresOptions;
use crate::steps::Step;

/// What a session takes to end beyond its statement.
const MARGIN: Duration = Duration::from_millis(500);

/// The connections of a store.
#[derive(Debug)]
pub(crate) struct Pool {
    state: Mutex<State>,
    back: Condvar,
    way: Way,
    most: usize,
    /// How safely the server of each connection must keep commits.
    minimum: Keeping,
    /// The server ends what it was asked to do after so long.
    patience: Duration,
}

#[derive(Debug, Default)]
struct State {
    idle: Vec<Link>,
    /// How many are lent.
    out: usize,
    /// Until when sessions may go on that were given up: the server does not look whether anybody
    /// still listens.
    given_up: Vec<Instant>,
}

impl Pool {
    pub(crate) fn new(way: Way, options: &PostgresOptions) -> Self {
        Self {
            state: Mutex::default(),
            back: Condvar::new(),
            way,
            most: options.connections.max(1),
            minimum: options.minimum,
            patience: options.patience(),
        }
    }

    /// Lends a connection, at the latest by a moment.
    pub(crate) fn lend(&self, until: Instant) -> Result<Lent<'_>, Error> {
        let mut lent = self.place(until)?;
        if lent.link.is_none() {
            self.connect(&mut lent, true, until)?;
        }
        Ok(lent)
    }

    /// Lends a connection before there are any tables; it is not kept.
    pub(crate) fn lend_bare(&self, until: Instant) -> Result<Lent<'_>, Error> {
        let mut lent = self.place(until)?;
        self.connect(&mut lent, false, until)?;
        Ok(lent)
    }

    /// Connects to a server that keeps its promise: after a failover it may be another one.
    fn connect(&self, lent: &mut Lent<'_>, prepare: bool, until: Instant) -> Result<(), Error> {
        loop {
            lent.link = Some(self.way.connect(prepare, until)?);
            let refusal = match doctor::ask(lent, until) {
                Ok(report) => match doctor::refusal(&report, self.minimum) {
                    Some(refusal) => refusal,
                    None => return Ok(()),
                },
                Err(Failure::Again(_)) if Instant::now() < until => continue,
                Err(failure) => failure.into(),
            };
            // Whoever is lent one that was kept would not ask again.
            lent.link = None;
            return Err(refusal);
        }
    }

    fn place(&self, until: Instant) -> Result<Lent<'_>, Error> {
        let mut state = self.lock();
        loop {
            let now = Instant::now();
            state.given_up.retain(|ends| *ends > now);
            if state.out + state.given_up.len() < self.most {
                break;
            }
            if until <= now {
                return Err(error::all_in_use());
            }
            let next = state.given_up.iter().min().copied().unwrap_or(until);
            state = self
                .back
                .wait_timeout(state, next.min(until).saturating_duration_since(now))
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
        state.out += 1;
        let mut lent = Lent {
            pool: self,
            link: state.idle.pop(),
            unanswered: None,
        };
        drop(state);
        if lent.link.as_mut().is_some_and(Link::is_closed) {
            // The server was restarted, say: then the others are closed too.
            lent.link = None;
            self.lock().idle.retain_mut(|link| !link.is_closed());
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
    /// When that was sent which the server has not answered in time.
    unanswered: Option<Instant>,
}

impl Lent<'_> {
    /// As [`Link::run`] does.
    pub(crate) fn run(&mut self, steps: &[Step], until: Instant) -> Answers {
        let sent = Instant::now();
        let answers = match &mut self.link {
            Some(link) => link.run(steps, until),
            None => Answers::of(Fault::Broken),
        };
        self.note(sent, answers.fault.as_ref());
        answers
    }

    /// As [`Link::run_script`] does.
    pub(crate) fn run_script(&mut self, text: &str, until: Instant) -> Answers {
        let sent = Instant::now();
        let answers = match &mut self.link {
            Some(link) => link.run_script(text, until),
            None => Answers::of(Fault::Broken),
        };
        self.note(sent, answers.fault.as_ref());
        answers
    }

    fn note(&mut self, sent: Instant, fault: Option<&Fault>) {
        if fault == Some(&Fault::TimedOut) {
            self.unanswered = Some(sent);
        }
    }

    /// As [`Link::begin_transaction`] does.
    pub(crate) fn begin_transaction(&self, how: &str) -> Vec<Step> {
        let link = self.link.as_ref();
        link.map_or_else(Vec::new, |link| link.begin_transaction(how))
    }

    /// Whether no transaction was begun that is still to be ended.
    pub(crate) fn is_idle(&self) -> bool {
        self.link.as_ref().is_none_or(Link::is_idle)
    }

    /// Whether the other side has ended the connection, as far as that is known here.
    pub(crate) fn is_closed(&mut self) -> bool {
        self.link.as_mut().is_none_or(Link::is_closed)
    }

    /// The warnings that came with the last answers.
    pub(crate) fn warnings(&self) -> &[String] {
        self.link.as_ref().map(Link::warnings).unwrap_or_default()
    }
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        let mut link = self.link.take();
        if let Some(link) = &mut link
            && !link.is_idle()
        {
            link.roll_back();
        }
        let link = link.filter(Link::is_to_be_kept);
        let mut state = self.pool.lock();
        state.out -= 1;
        let ends = self
            .unanswered
            .map(|sent| sent + self.pool.patience + MARGIN);
        state.given_up.extend(ends);
        state.idle.extend(link);
        drop(state);
        self.pool.back.notify_one();
    }
}
