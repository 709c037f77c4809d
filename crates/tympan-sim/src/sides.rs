//! The stores under test, each behind an engine of its own, all with the same clock, ids and
//! random bytes.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tympan::sources::{ManualClock, SeededRandom, SequentialIds};
use tympan::{Durability, Error, Handle, KeyRing, Options, Tympan};
use tympan_core::error::Code;
use tympan_core::ids::{TenantId, UserId};
use tympan_core::time::Timestamp;
use tympan_memory::MemoryStore;
use tympan_store::Store;

use crate::fault::{Fault, FaultyStore};

/// How long a command may take. One at a time runs, so only a store with a fault needs it.
const DEADLINE: Duration = Duration::from_secs(2);

/// Which store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The reference store in memory.
    Memory,
    /// One SQLite file.
    Sqlite,
}

/// Makes the store anew over the same data.
type Reopen = Box<dyn FnMut() -> Result<Box<dyn Store>, Error>>;

/// One store with its engine.
pub(crate) struct Side {
    pub(crate) name: &'static str,
    seed: u64,
    opened: u64,
    clock: Arc<ManualClock>,
    tympan: Option<Tympan>,
    reopen: Source,
}

enum Source {
    /// Opened by its address, as a host does.
    File(PathBuf),
    /// Handed over.
    Store(Reopen),
}

impl Side {
    pub(crate) fn new(
        kind: Kind,
        fault: Option<Fault>,
        seed: u64,
        now: i64,
        folder: &Path,
    ) -> Result<Self, Error> {
        let path = folder.join("simulated.db");
        let (name, reopen) = match (kind, fault) {
            (Kind::Memory, None) => {
                let store = MemoryStore::new();
                let again = move || Ok(Box::new(store.reopened()) as Box<dyn Store>);
                ("memory", Source::Store(Box::new(again)))
            }
            (Kind::Sqlite, None) => ("sqlite", Source::File(path)),
            (_, Some(fault)) => {
                let mut store = FaultyStore::new(fault);
                let again = move || Ok(Box::new(store.reopened()?) as Box<dyn Store>);
                ("memory with a fault", Source::Store(Box::new(again)))
            }
        };
        let mut side = Self {
            name,
            seed,
            opened: 0,
            clock: Arc::new(ManualClock::at(Timestamp::from_millis(now))),
            tympan: None,
            reopen,
        };
        side.reopen()?;
        Ok(side)
    }

    /// Closes the store and opens it again: what the engine kept is gone, what it stored is not.
    pub(crate) fn reopen(&mut self) -> Result<(), Error> {
        self.tympan = None;
        self.opened += 1;
        let options = Options::default()
            .keys(ring()?)
            .deadline(DEADLINE)
            .durability(Durability::Normal)
            .clock(self.clock.clone())
            .ids(SequentialIds::default())
            .random(SeededRandom::new(self.seed ^ self.opened));
        self.tympan = Some(match &mut self.reopen {
            Source::Store(reopen) => Tympan::open_store(reopen()?, options)?,
            Source::File(path) => Tympan::open(&format!("sqlite:{}", path.display()), options)?,
        });
        Ok(())
    }

    pub(crate) fn set_clock(&self, now: i64) {
        self.clock.set(Timestamp::from_millis(now));
    }

    pub(crate) fn handle(&self, tenant: i64, actor: Option<UserId>) -> Result<Handle, Error> {
        let host = self.tympan()?.tenant(TenantId(tenant));
        Ok(actor.map_or_else(|| host.clone(), |user| host.as_user(user)))
    }

    pub(crate) fn tympan(&self) -> Result<&Tympan, Error> {
        self.tympan.as_ref().ok_or_else(|| Error::of(Code::Closed))
    }

    pub(crate) fn dump(&self) -> Result<Vec<u8>, Error> {
        let mut out = Vec::new();
        self.tympan()?.dump(&mut out)?;
        Ok(out)
    }
}

/// The same keys for every store: entries are chained with them.
fn ring() -> Result<KeyRing, Error> {
    let bytes = std::array::from_fn(|at| u8::try_from(at).unwrap_or(0).wrapping_mul(37) ^ 0x5a);
    KeyRing::from_bytes(1, &bytes)
        .map_err(|_| Error::new(Code::Internal, "the keys of the simulation are refused"))
}
