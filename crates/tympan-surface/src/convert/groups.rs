//! Groups with their allowance plans.

use tympan::{Error, GroupId};

use super::{count, version};
use crate::definition::{EditGroup, Group, PlanChange, PlanRevision, SavedGroup};

impl EditGroup {
    /// # Errors
    /// `invalid_value`, `unknown_currency`, `unknown_time_zone`.
    pub(crate) fn command(self, group: GroupId) -> Result<tympan::EditGroup, Error> {
        let plans = self.plans.into_iter().map(PlanChange::change);
        Ok(tympan::EditGroup {
            group,
            expected_version: version(self.expected_version),
            name: self.name,
            plans: plans.collect::<Result<_, _>>()?,
        })
    }
}

impl From<tympan::ShownGroup> for Group {
    fn from(group: tympan::ShownGroup) -> Self {
        Self {
            id: group.id,
            name: group.name,
            version: count(group.version),
            retired: group.retired,
            plans: group.plans.into_iter().map(PlanRevision::from).collect(),
            created_at: group.created_at,
        }
    }
}

impl From<tympan::SavedGroup> for SavedGroup {
    fn from(saved: tympan::SavedGroup) -> Self {
        Self {
            id: saved.id,
            version: count(saved.version),
            added_plans: saved.added_plans,
        }
    }
}
