//! Editing groups, with the plans that they carry.

use crate::command::{Command, Context, Decide, Decision, Preparation, Stop};
use crate::configuration::draft::{change, reads};
use crate::configuration::named::Named;
use crate::configuration::plan::{PlanChange, checked, revise};
use crate::error::Error;
use crate::ids::{GroupId, PlanId, TenantId};
use crate::permissions::{ALLOWANCE_ADJUST, Requirement, permit};
use crate::records::Group;
use crate::refusals::Refusals;
use crate::text;
use crate::view::{ReadSet, View};

/// Edits a group as a whole: all of it, or nothing. Its plans feed a wallet of each member, besides
/// those of the member's profile. No member is touched: their wallets follow when somebody looks.
///
/// Whoever may edit groups may be a member, so changing plans needs `allowance.adjust` too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EditGroup {
    /// The group.
    pub group: GroupId,
    /// The version that the edit was made against; none: whatever it is.
    pub expected_version: Option<i64>,
    /// Another name.
    pub name: Option<String>,
    /// What to do to its plans, in order.
    pub plans: Vec<PlanChange>,
}

impl EditGroup {
    /// An edit that changes nothing yet, against whatever version the group has.
    #[must_use]
    pub fn new(group: GroupId) -> Self {
        Self {
            group,
            expected_version: None,
            name: None,
            plans: Vec::new(),
        }
    }

    /// The same with one more change to the plans.
    #[must_use]
    pub fn plan(mut self, change: PlanChange) -> Self {
        self.plans.push(change);
        self
    }
}

/// The answer to an edit of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedGroup {
    /// The group.
    pub id: GroupId,
    /// Its version now.
    pub version: i64,
    /// The plans that were added, in the order in which they were given.
    pub added_plans: Vec<PlanId>,
}

/// An edit with its name normalised and its plans checked.
#[derive(Debug)]
pub struct PreparedEditGroup {
    group: GroupId,
    expected_version: Option<i64>,
    name: Option<String>,
    plans: Vec<PlanChange>,
}

impl Command for EditGroup {
    type Prepared = PreparedEditGroup;
    const NAME: &'static str = "edit_group";
    const REQUIRES: Requirement = Group::REQUIRES;

    fn prepare(&self, _: &mut Preparation<'_>) -> Result<PreparedEditGroup, Error> {
        let mut refusals = Refusals::default();
        let name = text::given("name", self.name.as_deref(), text::MAX_NAME);
        let prepared = PreparedEditGroup {
            group: self.group,
            expected_version: self.expected_version,
            name: refusals.or_default(name),
            plans: refusals.or_default(checked(self.plans.iter().cloned())),
        };
        refusals.finish().map(|()| prepared)
    }
}

impl Decide for PreparedEditGroup {
    type Reply = SavedGroup;

    fn reads(&self, tenant: TenantId) -> ReadSet {
        reads(tenant)
    }

    fn decide(&self, view: &View, context: &mut Context<'_>) -> Result<Decision<SavedGroup>, Stop> {
        if !self.plans.is_empty() {
            let adjust = Requirement::Permission(ALLOWANCE_ADJUST);
            permit(view, context.tenant, context.actor, adjust, None)?;
        }
        let mut added_plans = Vec::new();
        let (id, expected) = (self.group, self.expected_version);
        let action = EditGroup::NAME;
        let decision = change::<Group>(view, context, action, id, expected, |draft, context| {
            added_plans = revise(draft, context, id.into(), &self.plans)?;
            if let Some(name) = &self.name {
                draft.rename::<Group>(id, name)?;
            }
            Ok(())
        })?;
        Ok(Decision {
            changes: decision.changes,
            reply: decision.reply.map(|saved| SavedGroup {
                id: saved.id,
                version: saved.version,
                added_plans,
            }),
        })
    }
}
