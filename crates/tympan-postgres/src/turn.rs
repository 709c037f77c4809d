//! One load-decide-commit round.

use std::time::Instant;

use hashbrown::HashMap;
use tympan_core::error::Error;
use tympan_core::time::Timestamp;
use tympan_core::view::{Batch, Found, Key, ReadSet, Record, View};
use tympan_store::{CommitError, Turn};

use crate::commit;
use crate::found::State;
use crate::load::{self, Beside, Failure};
use crate::pool::Lent;
use crate::statements::Lock;
use crate::store::PostgresStore;

/// How a turn begins, whatever the role or the database say by default.
pub(crate) const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE";

/// A turn: a transaction, once it has loaded something.
#[derive(Debug)]
pub(crate) struct PostgresTurn<'a> {
    pub(crate) store: &'a PostgresStore,
    pub(crate) link: Option<Lent<'a>>,
    /// Everything that was asked for so far, to ask for it again if the connection breaks.
    asked: ReadSet,
    /// What was found under keys whose rows this turn keeps from others.
    pub(crate) held: HashMap<Key, Found>,
    /// Whether something that was done before was found done.
    pub(crate) replays: bool,
    state: State,
    pub(crate) until: Instant,
}

impl<'a> PostgresTurn<'a> {
    pub(crate) fn begin(store: &'a PostgresStore) -> Self {
        Self {
            store,
            link: None,
            asked: ReadSet::default(),
            held: HashMap::new(),
            replays: false,
            state: State::default(),
            until: store.options.deadline(),
        }
    }

    /// Loads a set. If the connection breaks or a deadlock is undone, the turn begins anew, this
    /// time with all its rows in order; what the view holds already stays, and the commit finds
    /// out whether it still is as it was.
    fn load_all(&mut self, set: &ReadSet, view: &mut View) -> Result<(), Error> {
        self.asked.reads.extend(set.reads.iter().cloned());
        let mut failure = match self.load_once(set, view) {
            Ok(()) => return Ok(()),
            Err(Failure::Again(error)) => error,
            Err(Failure::Failed(error)) => {
                // There may be no transaction any more that keeps anything from others.
                self.link = None;
                self.held.clear();
                return Err(error);
            }
        };
        while Instant::now() < self.until {
            self.link = None;
            self.held.clear();
            let mut again = View::default();
            let mut all = self.asked.clone();
            all.known.clone_from(&set.known);
            match self.load_once(&all, &mut again) {
                Ok(()) => {
                    for (key, record) in again.records() {
                        view.load(key.clone(), record.cloned());
                    }
                    return Ok(());
                }
                Err(Failure::Again(error)) => failure = error,
                Err(Failure::Failed(error)) => {
                    failure = error;
                    break;
                }
            }
        }
        self.link = None;
        self.held.clear();
        Err(failure)
    }

    fn load_once(&mut self, set: &ReadSet, view: &mut View) -> Result<(), Failure> {
        let link = match &mut self.link {
            Some(link) => link,
            None => self.link.insert(self.store.pool.lend(self.until)?),
        };
        let (held, replays, state) = (&mut self.held, &mut self.replays, &mut self.state);
        let first = (!link.in_transaction).then_some(BEGIN);
        let mut loaded = |key: &Key, record: Option<&Record>| match key {
            Key::Hold(..) | Key::Uses(..) | Key::Strand(..) | Key::Wallets(..) => {
                if let Some(found) = record.and_then(|record| Found::of(key, Some(record))) {
                    held.insert(key.clone(), found);
                }
            }
            Key::Receipt(..) if record.is_some() => *replays = true,
            _ => {}
        };
        let beside = Beside {
            lock: Lock::Update,
            first,
            state,
            loaded: &mut loaded,
        };
        load::load(link, set, view, beside, self.until)
    }

    fn state(&mut self) -> Result<State, Error> {
        if self.state.now.is_none() {
            self.load_all(&ReadSet::default(), &mut View::default())?;
        }
        Ok(self.state)
    }
}

impl Turn for PostgresTurn<'_> {
    fn load(&mut self, set: &ReadSet, view: &mut View) -> Result<(), Error> {
        self.load_all(set, view)
    }

    fn now(&mut self) -> Result<Option<Timestamp>, Error> {
        Ok(self.state()?.now)
    }

    fn floor(&mut self) -> Result<i64, Error> {
        Ok(self.state()?.floor.unwrap_or(0))
    }

    fn commit(mut self: Box<Self>, batch: &Batch) -> Result<(), CommitError> {
        commit::commit(&mut self, batch)
    }

    fn confirm(mut self: Box<Self>) -> Result<(), CommitError> {
        if !self.replays {
            return Ok(());
        }
        commit::confirm(&mut self)
    }
}
