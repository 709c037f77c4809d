//! Jobs: charged, authorised, settled.

use tympan::{Authorise, Charge, Currency, Error, HoldId, IdempotencyKey, Settle};

use super::same_words;
use crate::definition::{
    AuthoriseJob, ChargeJob, Extra, Job, SettleJob, SharedOrder, SharedWallets, StatedCost, Usage,
    UserReference,
};

impl StatedCost {
    pub(super) fn cost(self) -> Result<tympan::StatedCost, Error> {
        Ok(tympan::StatedCost {
            cost_micros: self.cost_micros,
            currency: Currency::parse(&self.currency)?,
        })
    }
}

pub(super) fn attempt_of(key: String, attempt: Option<i32>) -> IdempotencyKey {
    IdempotencyKey::from(key).attempt(attempt.unwrap_or(1))
}

same_words! {
    SharedOrder => tympan::SharedOrder { First Last Only }
}

impl SharedWallets {
    /// # Errors
    /// What is wrong with the type of the user's identity.
    pub(super) fn shared(self) -> Result<tympan::Shared, Error> {
        Ok(tympan::Shared {
            user: self.user.reference()?,
            order: self.order.into(),
        })
    }
}

impl Job {
    /// # Errors
    /// `unknown_currency`; what is wrong with the type of the user's identity; `invalid_value` for the
    /// name of a custom count.
    pub(crate) fn command(self) -> Result<Charge, Error> {
        Ok(Charge {
            user: self.user.reference()?,
            key: attempt_of(self.key, self.attempt),
            usage: self.usage.usage()?,
            queue: self.queue,
            cost: self.cost.map(StatedCost::cost).transpose()?,
            shared: self.shared.map(SharedWallets::shared).transpose()?,
            details: self.details.unwrap_or_default().into(),
        })
    }
}

impl ChargeJob {
    /// # Errors
    /// Those of [`Job::command`].
    pub(crate) fn command(
        self,
        user: UserReference,
        key: String,
        usage: Usage,
    ) -> Result<Charge, Error> {
        let Self {
            queue,
            cost,
            attempt,
            shared,
            details,
        } = self;
        let job = Job {
            user,
            key,
            usage,
            queue,
            cost,
            attempt,
            shared,
            details,
        };
        job.command()
    }
}

impl AuthoriseJob {
    /// # Errors
    /// Those of [`Job::command`].
    pub(crate) fn command(
        self,
        user: UserReference,
        key: String,
        usage: Usage,
    ) -> Result<Authorise, Error> {
        let job = Job {
            user,
            key,
            usage,
            queue: self.queue,
            cost: self.cost,
            attempt: self.attempt,
            shared: self.shared,
            details: self.details,
        };
        let seconds = self.expires_in_seconds;
        Ok(Authorise {
            job: job.command()?,
            expires_in_ms: seconds.map(|seconds| i64::from(seconds) * 1_000),
        })
    }
}

impl SettleJob {
    /// # Errors
    /// `unknown_currency`; `invalid_value` for the name of a custom count.
    pub(crate) fn command(self, hold: HoldId, key: String, usage: Usage) -> Result<Settle, Error> {
        Ok(Settle {
            hold,
            key: key.into(),
            usage: usage.usage()?,
            queue: self.queue,
            cost: self.cost.map(StatedCost::cost).transpose()?,
            extra: self.extra.unwrap_or(Extra::TakeAndOwe).into(),
        })
    }
}
