//! Untracked usage.

use tympan::{ChargeOrKeep, Error, Handle};

use super::{page, same_words};
use crate::definition::{
    ChargeJob, ChargeOrKeepJob, ChargedOrKept, StatedCost, UntrackedList, UntrackedPage,
    UntrackedState, UntrackedUsage, Usage, UserReference,
};

same_words! {
    tympan::UntrackedState => UntrackedState { Open Assigned Dismissed }
}

impl ChargeOrKeepJob {
    /// # Errors
    /// Those of [`ChargeJob::command`].
    pub(crate) fn command(
        self,
        user: UserReference,
        key: String,
        usage: Usage,
    ) -> Result<ChargeOrKeep, Error> {
        let job = ChargeJob {
            queue: self.queue,
            cost: self.cost,
            attempt: self.attempt,
            shared: self.shared,
            details: self.details,
        };
        Ok(ChargeOrKeep {
            job: job.command(user, key, usage)?,
            reported_as: self.reported_as,
        })
    }
}

impl From<tympan::ChargedOrKept> for ChargedOrKept {
    fn from(outcome: tympan::ChargedOrKept) -> Self {
        let (receipt, untracked) = match outcome {
            tympan::ChargedOrKept::Charged(receipt) => (Some(receipt.into()), None),
            tympan::ChargedOrKept::Kept(kept) => (None, Some(kept.into())),
        };
        Self { receipt, untracked }
    }
}

impl From<tympan::UntrackedUsage> for UntrackedUsage {
    fn from(kept: tympan::UntrackedUsage) -> Self {
        Self {
            id: kept.id,
            number: kept.number,
            state: kept.state.into(),
            attempt: kept.attempt,
            reported_as: kept.reported_as,
            queue: kept.queue,
            usage: kept.usage.into(),
            job_kind: kept.job_kind.map(Into::into),
            cost: kept.cost.map(|cost| StatedCost {
                cost_micros: cost.cost_micros,
                currency: cost.currency.code().to_owned(),
            }),
            at: kept.at,
            actor: kept.actor,
            assigned_to: kept.assigned_to,
            resolved_at: kept.resolved_at,
        }
    }
}

impl UntrackedList {
    pub(crate) fn page(self, handle: &Handle) -> Result<UntrackedPage, Error> {
        let found = handle.open_untracked(&page(self.after, self.limit)?)?;
        Ok(UntrackedPage {
            rows: found.rows.into_iter().map(UntrackedUsage::from).collect(),
            next: found.next,
            end: found.end,
        })
    }
}
