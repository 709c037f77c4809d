//! How a store is opened.

use std::sync::Arc;
use std::time::Duration;

use tympan::sources::ManualClock;
use tympan::{Error, Options};

use super::{at_least, ring, same_words, total};
use crate::definition::{Copied, Durability, Keeping, Migrate, OpenOptions, Report};

same_words! {
    Durability => tympan::Durability { Full Normal }
    Keeping => tympan::Keeping { NotDurable Local Replicated }
    Migrate => tympan::Migrate { Auto Check Never }
    tympan::Keeping => Keeping { NotDurable Local Replicated }
}

impl From<tympan::Report> for Report {
    fn from(report: tympan::Report) -> Self {
        Self {
            keeping: report.keeping.into(),
            why: report.why,
        }
    }
}

impl From<tympan::Copied> for Copied {
    fn from(copied: tympan::Copied) -> Self {
        Self {
            rows: total(copied.rows),
            found: total(copied.found),
        }
    }
}

/// What a store is opened with: the options, and the clock that they ask for.
pub(crate) struct Opening {
    options: OpenOptions,
    clock: Option<Arc<ManualClock>>,
}

impl Opening {
    pub(crate) fn new(options: OpenOptions) -> Self {
        let clock = options.clock.map(|now| Arc::new(ManualClock::at(now)));
        Self { options, clock }
    }

    pub(crate) fn clock(&self) -> Option<Arc<ManualClock>> {
        self.clock.clone()
    }

    /// # Errors
    /// `invalid_value`, where the details name the field; those of the store.
    pub(crate) fn open(self, address: &str) -> Result<tympan::Tympan, Error> {
        tympan::Tympan::open(address, self.options()?)
    }

    fn options(self) -> Result<Options, Error> {
        let asked = self.options;
        let mut options = Options::default();
        if let Some(keys) = asked.keys {
            options = options.keys(ring(&keys)?);
        }
        if let Some(durability) = asked.durability {
            options = options.durability(durability.into());
        }
        if let Some(migrate) = asked.migrate {
            options = options.migrate(migrate.into());
        }
        if let Some(deadline) = asked.deadline_ms {
            options = options.deadline(milliseconds("deadline_ms", deadline)?);
        }
        if let Some(freshness) = asked.freshness_ms {
            options = options.freshness(milliseconds("freshness_ms", freshness)?);
        }
        if let Some(limit) = asked.queue_limit {
            options = options.queue_limit(at_least("queue_limit", 1, limit)?);
        }
        if let Some(schema) = asked.schema {
            options = options.schema(schema);
        }
        if let Some(minimum) = asked.keeping {
            options = options.keeping(minimum.into());
        }
        if let Some(clock) = self.clock {
            options = options.clock(clock);
        }
        Ok(options)
    }
}

fn milliseconds(field: &str, number: i32) -> Result<Duration, Error> {
    at_least(field, 0, number).map(Duration::from_millis)
}
