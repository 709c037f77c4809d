//! Refunds: what a job took is given back, whole or in part, or the job never happened. Each has a
//! key of its own: the same key and content gives the same receipt, however often it is sent.

use crate::definition::Receipt;
use crate::{Call, Tympan};

/// A part of what a job took.
#[derive(Clone, Debug, PartialEq)]
pub struct RefundPart {
    /// Of what: `cost:EUR`, `total_pages` and so on. A job may take pages and money.
    pub measure: String,
    /// How much, in the measure's unit, micros for a cost; more than 0.
    pub amount: i64,
}

/// What else is known of a refund.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RefundJob {
    /// How much; none: all that is left of what the job took, of every measure.
    pub part: Option<RefundPart>,
    /// Which attempt under the job's key took it, as the receipt says; none: the first.
    pub attempt: Option<i32>,
}

/// What else is known of a job to void.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct VoidJob {
    /// Which attempt under the job's key was charged, as the receipt says; none: the first.
    pub attempt: Option<i32>,
}

impl Tympan {
    /// Gives back what a job took, to the wallets it came from, whatever feeds the user now: what
    /// was taken below a wallet's limit first, then what was taken last. The job is named by the key
    /// of its charge, of its hold, or of the settlement. What is given back of a job never comes to
    /// more than it took. The reason, of at most 4,000 characters, is kept, and the refund has a key
    /// of its own.
    ///
    /// # Errors
    /// `unknown_job`, `job_not_charged`, `job_voided`, `refund_beyond_paid`, `amount_not_positive`,
    /// `invalid_value` for the measure, `unknown_currency`, `amount_overflow`, `key_reused`,
    /// `invalid_key`, `empty_text`, `text_too_long`, `control_character`; `denied` without
    /// `job.refund`.
    pub fn refund(
        &self,
        job: String,
        reason: String,
        key: String,
        options: RefundJob,
    ) -> Call<Receipt> {
        self.command(options.command(job, reason, key))
    }

    /// Gives back whatever is left of what a job took, and counts the job as if it had never been:
    /// it is neither spent nor used. Nothing more is refunded of it, and it is not voided again.
    ///
    /// # Errors
    /// Those of [`Tympan::refund`].
    pub fn void_job(
        &self,
        job: String,
        reason: String,
        key: String,
        options: VoidJob,
    ) -> Call<Receipt> {
        self.command(Ok(options.command(job, reason, key)))
    }
}
