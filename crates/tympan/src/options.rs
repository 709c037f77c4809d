//! How a store is opened.

use std::time::Duration;

use tympan_core::error::{Code, Error};
use tympan_store::{Durability, Migrate};
use tympan_vault::{KeyRing, RandomSource};

use crate::sources::{Clock, IdSource, SystemRandom, TimeIds};

/// How a store is opened. Every field has a default that suits a single machine.
pub struct Options {
    pub(crate) keys: Option<KeyRing>,
    pub(crate) durability: Durability,
    pub(crate) migrate: Migrate,
    pub(crate) deadline: Duration,
    pub(crate) freshness: Duration,
    pub(crate) queue_limit: usize,
    pub(crate) clock: Option<Box<dyn Clock>>,
    pub(crate) ids: Box<dyn IdSource>,
    pub(crate) random: Box<dyn RandomSource + Send>,
    #[cfg(feature = "postgres")]
    pub(crate) schema: String,
    #[cfg(feature = "postgres")]
    pub(crate) keeping: tympan_store::Keeping,
}

/// Commands that may wait at once: more wait for room.
const QUEUE_LIMIT: usize = 16_384;

impl Default for Options {
    fn default() -> Self {
        Self {
            keys: None,
            durability: Durability::Full,
            migrate: Migrate::Auto,
            deadline: Duration::from_secs(30),
            freshness: Duration::from_secs(1),
            queue_limit: QUEUE_LIMIT,
            clock: None,
            ids: Box::new(TimeIds::default()),
            random: Box::new(SystemRandom::default()),
            #[cfg(feature = "postgres")]
            schema: "tympan".to_owned(),
            #[cfg(feature = "postgres")]
            keeping: tympan_store::Keeping::default(),
        }
    }
}

impl Options {
    /// The key ring. Without one, a store in memory draws its own, and a database file keeps one
    /// beside itself, readable by its owner only, made when the database is.
    #[must_use]
    pub fn keys(mut self, keys: KeyRing) -> Self {
        self.keys = Some(keys);
        self
    }

    /// How durable a commit is on SQLite; by default [`Durability::Full`].
    #[must_use]
    pub fn durability(mut self, durability: Durability) -> Self {
        self.durability = durability;
        self
    }

    /// What to do about a database of an older tympan; by default [`Migrate::Auto`].
    #[must_use]
    pub fn migrate(mut self, migrate: Migrate) -> Self {
        self.migrate = migrate;
        self
    }

    /// How long a command may wait for its turn; by default 30 seconds.
    #[must_use]
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// How old what [`Handle::may`](crate::Handle::may) knows of other processes' changes may be;
    /// by default a second. Zero: it looks at each call. Changes through the same [`Tympan`](crate::Tympan)
    /// count at once.
    #[must_use]
    pub fn freshness(mut self, freshness: Duration) -> Self {
        self.freshness = freshness;
        self
    }

    /// How many commands may wait at once before callers wait for room; by default 16,384.
    #[must_use]
    pub fn queue_limit(mut self, commands: usize) -> Self {
        self.queue_limit = commands;
        self
    }

    /// The schema of a PostgreSQL database that the tables lie in; by default `tympan`.
    #[cfg(feature = "postgres")]
    #[must_use]
    pub fn schema(mut self, schema: impl Into<String>) -> Self {
        self.schema = schema.into();
        self
    }

    /// How safely a PostgreSQL server must at least keep what it is given; one that does less is
    /// neither opened nor used after a failover: `store_not_durable`. By default [`Keeping::Local`](crate::Keeping::Local).
    #[cfg(feature = "postgres")]
    #[must_use]
    pub fn keeping(mut self, minimum: tympan_store::Keeping) -> Self {
        self.keeping = minimum;
        self
    }

    /// Another clock than the machine's. An [`Arc`](std::sync::Arc) of a clock is one too, so that a
    /// test keeps hold of its [`ManualClock`](crate::sources::ManualClock).
    #[must_use]
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Some(Box::new(clock));
        self
    }

    /// Another source of ids.
    #[must_use]
    pub fn ids(mut self, ids: impl IdSource + 'static) -> Self {
        self.ids = Box::new(ids);
        self
    }

    /// Another source of random bytes than the operating system.
    #[must_use]
    pub fn random(mut self, random: impl RandomSource + Send + 'static) -> Self {
        self.random = Box::new(random);
        self
    }

    /// The key ring given, or a new one.
    pub(crate) fn ring(&mut self) -> Result<KeyRing, Error> {
        match self.keys.take() {
            Some(ring) => Ok(ring),
            None => KeyRing::generate(&mut *self.random)
                .map_err(|_| Error::new(Code::Internal, "no key could be drawn")),
        }
    }
}
