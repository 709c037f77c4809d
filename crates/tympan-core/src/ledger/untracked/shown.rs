//! Untracked usage as it is told.

use crate::ids::UserId;
use crate::ledger::{KeptUsage, StatedCost, UntrackedId, Usage};
use crate::records::{JobKind, Untracked, UntrackedState};
use crate::time::Timestamp;

/// What a job used that was reported for an unknown or inactive user, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UntrackedUsage {
    /// By what it is named.
    pub id: UntrackedId,
    /// Its place among what was reported, and by what audit events name it.
    pub number: i64,
    /// What became of it.
    pub state: UntrackedState,
    /// Which attempt of the job.
    pub attempt: i32,
    /// Whom the host named; none of a secret, or once it was erased.
    pub reported_as: Option<String>,
    /// The queue the job went to.
    pub queue: Option<String>,
    /// What the job used.
    pub usage: Usage,
    /// What kind of job it was, if the host said so.
    pub job_kind: Option<JobKind>,
    /// What it costs, if the host stated it.
    pub cost: Option<StatedCost>,
    /// When it was reported.
    pub at: Timestamp,
    /// The user who reported it; none: the host.
    pub actor: Option<UserId>,
    /// Whom it was charged to.
    pub assigned_to: Option<UserId>,
    /// When it was assigned or dismissed.
    pub resolved_at: Option<Timestamp>,
}

impl UntrackedUsage {
    /// What a record says.
    #[must_use]
    pub fn of(untracked: &Untracked) -> Self {
        Self {
            id: UntrackedId(untracked.key),
            number: untracked.number,
            state: untracked.state,
            attempt: untracked.attempt,
            reported_as: untracked.reported_as.clone(),
            queue: untracked.queue.clone(),
            usage: KeptUsage::usage(&untracked.usage),
            job_kind: untracked.job_kind,
            cost: stated_cost(untracked),
            at: untracked.at,
            actor: untracked.actor,
            assigned_to: untracked.assigned_to,
            resolved_at: untracked.resolved_at,
        }
    }
}

/// What the host said that the job costs.
pub(super) fn stated_cost(untracked: &Untracked) -> Option<StatedCost> {
    let (cost_micros, currency) = untracked.cost_micros.zip(untracked.currency)?;
    Some(StatedCost {
        cost_micros,
        currency,
    })
}
