//! Holds: given another expiry.

use crate::definition::{HoldId, Receipt};
use crate::{Call, Tympan};

impl Tympan {
    /// Gives an open hold another expiry, counted from now: later as a rule, or sooner; at most 366
    /// days. A hold may be extended as often as it is open. The extension has a key of its own.
    ///
    /// # Errors
    /// `unknown_hold`, `hold_resolved`, `invalid_value` for the time, `key_reused`, `invalid_key`,
    /// `denied`.
    pub fn extend(&self, hold: HoldId, key: String, expires_in_seconds: i32) -> Call<Receipt> {
        let expires_in_ms = i64::from(expires_in_seconds) * 1_000;
        self.command(Ok(tympan::Extend::new(hold, expires_in_ms, key)))
    }
}
