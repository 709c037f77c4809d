//! Refunds and jobs that are voided.

use tympan::{Error, Measure, Refund, Void};

use super::jobs::attempt_of;
use crate::definition::{RefundJob, RefundPart, VoidJob};

impl RefundPart {
    fn part(self) -> Result<tympan::RefundPart, Error> {
        Ok(tympan::RefundPart {
            measure: Measure::parse(&self.measure)?,
            amount: self.amount,
        })
    }
}

impl RefundJob {
    /// # Errors
    /// `invalid_value` and `unknown_currency` for the measure.
    pub(crate) fn command(self, job: String, reason: String, key: String) -> Result<Refund, Error> {
        Ok(Refund {
            job: attempt_of(job, self.attempt),
            part: self.part.map(RefundPart::part).transpose()?,
            reason,
            key: key.into(),
        })
    }
}

impl VoidJob {
    pub(crate) fn command(self, job: String, reason: String, key: String) -> Void {
        Void::new(attempt_of(job, self.attempt), reason, key)
    }
}
