//! Opening a store by its address.

use tympan_core::error::{Code, Error};
use tympan_memory::MemoryStore;
use tympan_store::Store;

use crate::engine::{Engine, Parts, Tenants};
use crate::handle::Tympan;
use crate::options::Options;
use crate::sources::SystemClock;

impl Tympan {
    /// Opens a store: `memory:`, which begins empty and is gone with the last clone, or
    /// `sqlite:PATH`, a file that is made if it is not there. The path is taken as it stands,
    /// relative to the working directory or not: `sqlite:shop.db`, `sqlite:/srv/shop.db`. With the
    /// feature `postgres` also `postgres://role:password@host,other/database`, which any number of
    /// processes share; its keys must be given, and be the same for all.
    ///
    /// A new store has no tenant yet: run [`Bootstrap`](crate::Bootstrap), once. Unless
    /// [`Options::keys`] gives them, the keys of a file lie beside it in `PATH.keys`, made when the
    /// file is; without them the file is of no use.
    ///
    /// A process that forks opens its store behind the fork: neither locks nor random bytes may be
    /// shared by two.
    ///
    /// # Errors
    /// Those of kind `storage`; `invalid_value` for an address of another form.
    pub fn open(address: &str, options: Options) -> Result<Self, Error> {
        match address.split_once(':') {
            Some(("memory", "")) => {
                let store = MemoryStore::new().patience(options.deadline);
                Self::open_store(Box::new(store), options)
            }
            #[cfg(feature = "sqlite")]
            Some(("sqlite", path)) if !path.is_empty() => {
                crate::sqlite::open(std::path::Path::new(path), options)
            }
            #[cfg(feature = "postgres")]
            Some(("postgres" | "postgresql", _)) => crate::postgres::open(address, options),
            _ => Err(Error::new(
                Code::InvalidValue,
                "an address is `memory:`, `sqlite:` and a path, or `postgres:` and the rest of it",
            )
            .with("field", "address")),
        }
    }

    /// Opens a store of the host's own.
    ///
    /// # Errors
    /// `internal` if no key could be drawn.
    pub fn open_store(store: Box<dyn Store>, mut options: Options) -> Result<Self, Error> {
        let ring = options.ring()?;
        let engine = Engine::new(Parts {
            store,
            clock_leads: options.clock.is_some(),
            clock: options.clock.unwrap_or_else(|| Box::new(SystemClock)),
            ids: options.ids,
            random: options.random,
            tenants: Tenants::new(ring),
            deadline: options.deadline,
            freshness: options.freshness,
            queue_limit: options.queue_limit,
        });
        Ok(Self {
            engine: std::sync::Arc::new(engine),
            #[cfg(feature = "sqlite")]
            file: None,
        })
    }
}
