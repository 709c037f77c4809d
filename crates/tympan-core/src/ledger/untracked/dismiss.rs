//! Saying that nobody is to be charged for untracked usage.

use crate::command::{Command, Context, Decide, Decision, Preparation, Stop};
use crate::error::Error;
use crate::ids::TenantId;
use crate::ledger::untracked::{
    UntrackedId, UntrackedUsage, known, put, reads, resolved, state_changed,
};
use crate::permissions::{Requirement, UNTRACKED_RESOLVE, configured};
use crate::records::{Untracked, UntrackedState};
use crate::text;
use crate::view::{ReadSet, View};

/// Dismisses untracked usage: nobody is charged for it, and it is listed no more. It stays on
/// record under its key. Dismissing it again changes nothing: the first reason stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DismissUntracked {
    /// Which.
    pub untracked: UntrackedId,
    /// Why, at most [`MAX_NOTES`](crate::text::MAX_NOTES) characters.
    pub reason: String,
}

impl DismissUntracked {
    /// A dismissal.
    pub fn new(untracked: UntrackedId, reason: impl Into<String>) -> Self {
        Self {
            untracked,
            reason: reason.into(),
        }
    }
}

/// A dismissal with its reason checked.
#[derive(Debug)]
pub struct PreparedDismissUntracked {
    untracked: UntrackedId,
    reason: String,
}

impl Command for DismissUntracked {
    type Prepared = PreparedDismissUntracked;
    const NAME: &'static str = "dismiss_untracked";
    const REQUIRES: Requirement = Requirement::Permission(UNTRACKED_RESOLVE);

    fn prepare(&self, _: &mut Preparation<'_>) -> Result<PreparedDismissUntracked, Error> {
        Ok(PreparedDismissUntracked {
            untracked: self.untracked,
            reason: text::required("reason", &self.reason, text::MAX_NOTES)?,
        })
    }
}

impl Decide for PreparedDismissUntracked {
    type Reply = UntrackedUsage;

    fn reads(&self, tenant: TenantId) -> ReadSet {
        reads(tenant, self.untracked)
    }

    fn decide(
        &self,
        view: &View,
        context: &mut Context<'_>,
    ) -> Result<Decision<UntrackedUsage>, Stop> {
        configured(view, context.tenant)?;
        let untracked = known(view, context.tenant, self.untracked)?;
        match untracked.state {
            UntrackedState::Assigned => return Err(resolved(untracked).into()),
            UntrackedState::Dismissed => {
                return Ok(Decision::new(Vec::new(), UntrackedUsage::of(untracked)));
            }
            UntrackedState::Open => {}
        }
        let dismissed = Untracked {
            version: untracked.version + 1,
            state: UntrackedState::Dismissed,
            resolved_at: Some(context.now),
            ..Untracked::clone(untracked)
        };
        let reply = UntrackedUsage::of(&dismissed);
        let done = (DismissUntracked::NAME, Some(self.reason.as_str()));
        let said = vec![state_changed(UntrackedState::Dismissed)];
        let mut changes = Vec::new();
        put(view, context, dismissed, done, said, &mut changes)?;
        Ok(Decision::new(changes, reply))
    }
}
