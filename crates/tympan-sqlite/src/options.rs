//! How a database is opened.

use std::time::{Duration, Instant};

use tympan_store::{Durability, Migrate};

use crate::known;
use crate::migrate::{MIGRATIONS, Migration};
use crate::receipts;

/// A time-out beyond the end of time is a year.
const LONGEST: Duration = Duration::from_secs(31_536_000);

/// How a database is opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SqliteOptions {
    /// When a commit counts as done.
    pub durability: Durability,
    /// What opening may do to the layout.
    pub migrate: Migrate,
    /// How long a turn, and opening itself, waits for others; then `store_locked`.
    pub busy_timeout: Duration,
    /// What tells one key ring from another; not a secret. It is kept when the database is made,
    /// and a later one that differs is refused with `store_keys`. None: nothing is kept, nothing
    /// is compared.
    pub keys_fingerprint: Option<String>,
}

impl Default for SqliteOptions {
    fn default() -> Self {
        Self {
            durability: Durability::Full,
            migrate: Migrate::Auto,
            busy_timeout: Duration::from_secs(10),
            keys_fingerprint: None,
        }
    }
}

impl SqliteOptions {
    pub(crate) fn may_create(&self) -> bool {
        self.migrate != Migrate::Never
    }

    pub(crate) fn deadline(&self) -> Instant {
        let now = Instant::now();
        now.checked_add(self.busy_timeout)
            .unwrap_or_else(|| now + LONGEST)
    }
}

/// What tests make small.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tuning {
    pub(crate) migrations: &'static [Migration],
    pub(crate) most_records: usize,
    pub(crate) receipts_kept: usize,
    pub(crate) receipts_step: usize,
}

impl Default for Tuning {
    fn default() -> Self {
        Self {
            migrations: MIGRATIONS,
            most_records: known::MOST_RECORDS,
            receipts_kept: receipts::KEPT,
            receipts_step: receipts::STEP,
        }
    }
}
