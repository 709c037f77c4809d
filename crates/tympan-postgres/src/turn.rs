//! One load-decide-commit round.

use std::collections::BTreeSet;
use std::time::Instant;

use hashbrown::HashMap;
use tympan_core::error::{Code, Error};
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
    /// What was done before and was found done.
    pub(crate) replays: BTreeSet<Key>,
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
            replays: BTreeSet::new(),
            state: State::default(),
            until: store.options.deadline(),
        }
    }

    /// Loads a set. If the connection breaks or a deadlock is undone, the turn begins anew, this
    /// time with all its rows in order.
    fn load_all(&mut self, set: &ReadSet, view: &mut View) -> Result<(), Error> {
        self.asked.reads.extend(set.reads.iter().cloned());
        let mut outcome = self.load_once(set, view);
        while matches!(outcome, Err(Failure::Again(_))) && Instant::now() < self.until {
            self.let_go();
            outcome = self.load_anew(set, view);
        }
        if outcome.is_err() {
            // There may be no transaction any more that keeps anything from others.
            self.let_go();
        }
        Ok(outcome?)
    }

    /// Loads everything that was ever asked for. What the view holds already stays, and the commit
    /// finds out whether it still is as it was.
    fn load_anew(&mut self, set: &ReadSet, view: &mut View) -> Result<(), Failure> {
        let mut again = View::default();
        let mut all = self.asked.clone();
        all.known.clone_from(&set.known);
        self.load_once(&all, &mut again)?;
        for (key, record) in again.records() {
            // Receipts never change, and no commit looks at them again: this server took over from
            // one that never had it confirmed.
            if record.is_none() && self.replays.contains(key) {
                let gone = "what was found done was lost with the server that had done it";
                return Err(Failure::Failed(Error::new(Code::Storage, gone)));
            }
            view.load(key.clone(), record.cloned());
        }
        Ok(())
    }

    /// Ends the transaction: nothing is kept from others any more.
    pub(crate) fn let_go(&mut self) {
        self.link = None;
        self.held.clear();
    }

    fn load_once(&mut self, set: &ReadSet, view: &mut View) -> Result<(), Failure> {
        let link = match &mut self.link {
            Some(link) => link,
            None => self.link.insert(self.store.pool.lend(self.until)?),
        };
        let (held, replays, state) = (&mut self.held, &mut self.replays, &mut self.state);
        let mut loaded = |key: &Key, record: Option<&Record>| match key {
            Key::Hold(..)
            | Key::Refunded(..)
            | Key::Untracked(..)
            | Key::Uses(..)
            | Key::Strand(..)
            | Key::Wallets(..) => {
                if let Some(found) = record.and_then(|record| Found::of(key, Some(record))) {
                    held.insert(key.clone(), found);
                }
            }
            Key::Receipt(..) if record.is_some() => {
                replays.insert(key.clone());
            }
            _ => {}
        };
        let beside = Beside {
            lock: Lock::Update,
            begin: Some(BEGIN),
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
        if self.replays.is_empty() {
            return Ok(());
        }
        commit::confirm(&mut self)
    }
}
