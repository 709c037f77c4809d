//! The one place that speaks to tympan: a profile, a price list, users, charges.

use std::path::Path;

use chrono::{DateTime, Utc};

use crate::jobs::Job;
use crate::report::{Left, Outcome};
use crate::user_list::UserList;

/// Why the shop cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum ShopError {
    /// The engine has no face yet.
    #[error("the shop is not connected to the engine")]
    NotConnected,
}

/// A shop with its database.
pub struct Shop;

impl Shop {
    /// Opens the database, or makes it, with the profile *Staff* and the price list.
    pub fn open(_db: &Path) -> Result<Self, ShopError> {
        Err(ShopError::NotConnected)
    }

    /// Imports the users at a time, each under the key of the list's digest and the username, with
    /// a first allowance. None if the log has no time to import at.
    pub fn import(
        &mut self,
        _list: &UserList<'_>,
        _digest: &str,
        _at: Option<DateTime<Utc>>,
    ) -> Result<(), ShopError> {
        Err(ShopError::NotConnected)
    }

    /// Charges jobs, those of one user in their order, each at its `decided_at` and under its
    /// `key`; the outcomes are in the order of the jobs.
    pub fn charge(
        &mut self,
        _list: &UserList<'_>,
        _jobs: &[Job<'_>],
    ) -> Result<Vec<Outcome>, ShopError> {
        Err(ShopError::NotConnected)
    }

    /// What is left to a user at a time, resets that are due included.
    pub fn left(&self, _username: &str, _at: Option<DateTime<Utc>>) -> Result<Left, ShopError> {
        Err(ShopError::NotConnected)
    }
}
