//! Forgetting whom untracked usage was reported for, while the usage stays.

use crate::command::{Command, Context, Decide, Decision, Preparation, Stop};
use crate::error::Error;
use crate::ids::TenantId;
use crate::ledger::untracked::{UntrackedId, UntrackedUsage, known, put, reads};
use crate::permissions::{Requirement, UNTRACKED_RESOLVE, configured};
use crate::records::Untracked;
use crate::view::{ReadSet, View};

/// Stands in an audit event for a name that was erased.
const ERASED: &str = "•••";

/// Erases the name that untracked usage was reported as, whatever became of it: it may be that of a
/// person. The usage stays, and can be assigned as before. Erasing it again changes nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EraseUntrackedName {
    /// Of which.
    pub untracked: UntrackedId,
}

impl EraseUntrackedName {
    /// An erasure.
    #[must_use]
    pub fn of(untracked: UntrackedId) -> Self {
        Self { untracked }
    }
}

/// An erasure: there is nothing to prepare.
#[derive(Debug)]
pub struct PreparedEraseUntrackedName(UntrackedId);

impl Command for EraseUntrackedName {
    type Prepared = PreparedEraseUntrackedName;
    const NAME: &'static str = "erase_untracked_name";
    const REQUIRES: Requirement = Requirement::Permission(UNTRACKED_RESOLVE);

    fn prepare(&self, _: &mut Preparation<'_>) -> Result<PreparedEraseUntrackedName, Error> {
        Ok(PreparedEraseUntrackedName(self.untracked))
    }
}

impl Decide for PreparedEraseUntrackedName {
    type Reply = UntrackedUsage;

    fn reads(&self, tenant: TenantId) -> ReadSet {
        reads(tenant, self.0)
    }

    fn decide(
        &self,
        view: &View,
        context: &mut Context<'_>,
    ) -> Result<Decision<UntrackedUsage>, Stop> {
        configured(view, context.tenant)?;
        let untracked = known(view, context.tenant, self.0)?;
        if untracked.reported_as.is_none() {
            return Ok(Decision::new(Vec::new(), UntrackedUsage::of(untracked)));
        }
        let erased = Untracked {
            version: untracked.version + 1,
            reported_as: None,
            ..Untracked::clone(untracked)
        };
        let reply = UntrackedUsage::of(&erased);
        let done = (EraseUntrackedName::NAME, None);
        let said = vec![("reported_as".to_owned(), Some(ERASED.to_owned()), None)];
        let mut changes = Vec::new();
        put(view, context, erased, done, said, &mut changes)?;
        Ok(Decision::new(changes, reply))
    }
}
