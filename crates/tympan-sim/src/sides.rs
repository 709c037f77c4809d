//! The stores under test, each behind an engine of its own, all with the same clock, ids and
//! random bytes.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tympan::sources::{ManualClock, SeededRandom, SequentialIds};
use tympan::{Error, Handle, KeyRing, Options, Tympan};
use tympan_core::error::Code;
use tympan_core::ids::{TenantId, UserId};
use tympan_core::time::Timestamp;
use tympan_memory::MemoryStore;
use tympan_sqlite::{Durability, SqliteOptions, SqliteStore};
use tympan_store::Store;

use crate::fault::{Fault, FaultyStore};
use crate::interruption::{InterruptedStore, Interruption, Interruptions};

/// How long a command may take: longer than any does, even where several clients are in each other's
/// way on a machine that has much else to do.
const DEADLINE: Duration = Duration::from_secs(60);

/// The same for a store with a fault, on which some never come to an end.
const DEADLINE_OF_A_FAULT: Duration = Duration::from_secs(2);

/// Which store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The reference store in memory.
    Memory,
    /// One SQLite file.
    Sqlite,
    /// A schema of its own on the server that `DATABASE_URL` names.
    #[cfg(feature = "postgres")]
    Postgres,
}

/// Makes the store anew over the same data.
type Reopen = Box<dyn FnMut() -> Result<Box<dyn Store>, Error> + Send + Sync>;

/// One store with its engine.
pub(crate) struct Side {
    pub(crate) name: &'static str,
    seed: u64,
    opened: u64,
    deadline: Duration,
    clock: Arc<ManualClock>,
    tympan: Option<Tympan>,
    reopen: Reopen,
    interruptions: Interruptions,
}

impl Side {
    pub(crate) fn new(
        kind: Kind,
        fault: Option<Fault>,
        seed: u64,
        now: i64,
        folder: &Path,
    ) -> Result<Self, Error> {
        let (name, reopen): (_, Reopen) = match (kind, fault) {
            (Kind::Memory, None) => {
                let store = MemoryStore::new();
                ("memory", Box::new(move || Ok(Box::new(store.reopened()))))
            }
            (Kind::Sqlite, None) => ("sqlite", sqlite(folder)?),
            #[cfg(feature = "postgres")]
            (Kind::Postgres, None) => ("postgres", postgres(folder)?),
            (_, Some(fault)) => {
                let mut store = FaultyStore::new(fault);
                let again: Reopen = Box::new(move || Ok(Box::new(store.reopened()?)));
                ("memory with a fault", again)
            }
        };
        let mut side = Self {
            name,
            seed,
            opened: 0,
            deadline: fault.map_or(DEADLINE, |_| DEADLINE_OF_A_FAULT),
            clock: Arc::new(ManualClock::at(Timestamp::from_millis(now))),
            tympan: None,
            reopen,
            interruptions: Interruptions::default(),
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
            .deadline(self.deadline)
            .clock(self.clock.clone())
            .ids(SequentialIds::default())
            .random(SeededRandom::new(self.seed ^ self.opened));
        let store = InterruptedStore {
            inner: (self.reopen)()?,
            interruptions: self.interruptions.clone(),
        };
        self.tympan = Some(Tympan::open_store(Box::new(store), options)?);
        Ok(())
    }

    /// What happens to the next commit.
    pub(crate) fn arrange(&self, interruption: Option<Interruption>) {
        self.interruptions.arrange(interruption);
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

/// A file, written as a host's is but not synced at each commit.
fn sqlite(folder: &Path) -> Result<Reopen, Error> {
    let path = folder.join("simulated.db");
    let options = SqliteOptions {
        durability: Durability::Normal,
        keys_fingerprint: Some(ring()?.fingerprint()),
        ..SqliteOptions::default()
    };
    Ok(Box::new(move || {
        Ok(Box::new(SqliteStore::open(&path, &options)?))
    }))
}

/// A schema with the name of the folder, which is another for each simulation.
#[cfg(feature = "postgres")]
fn postgres(folder: &Path) -> Result<Reopen, Error> {
    let address = std::env::var("DATABASE_URL")
        .map_err(|_| Error::new(Code::StoreMissing, "`DATABASE_URL` names no server"))?;
    let name = folder
        .file_name()
        .map(std::ffi::OsStr::to_string_lossy)
        .unwrap_or_default();
    let letters = name.chars().filter(char::is_ascii_alphanumeric);
    let options = tympan_postgres::PostgresOptions {
        schema: format!("simulated_{}", letters.collect::<String>().to_lowercase()),
        keys_fingerprint: Some(ring()?.fingerprint()),
        ..tympan_postgres::PostgresOptions::default()
    };
    Ok(Box::new(move || {
        Ok(Box::new(tympan_postgres::PostgresStore::open(
            &address, &options,
        )?))
    }))
}

/// The same keys for every store: entries are chained with them.
fn ring() -> Result<KeyRing, Error> {
    let bytes = std::array::from_fn(|at| u8::try_from(at).unwrap_or(0).wrapping_mul(37) ^ 0x5a);
    KeyRing::from_bytes(1, &bytes)
        .map_err(|_| Error::new(Code::Internal, "the keys of the simulation are refused"))
}
