//! What applies to a user, and why.

use crate::definition::{PlanId, PlanRevision, Stacking, UserId, UserReference};
use crate::{Call, Timestamp, Tympan};

/// Where an effective value comes from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ValueSource {
    /// The user's own fields.
    Own,
    /// The user's profile.
    Profile,
    /// A group the user is in.
    Group,
    /// The tenant's settings.
    Tenant,
}

/// One value that applies to a user.
#[derive(Clone, Debug, PartialEq)]
pub struct EffectiveValue {
    /// Which: `active`, `restricted`, `account_code`, `profile`, `stacking`, `price_list`, `currency`,
    /// `pin_length`, `pin_alphabet`, `pin_floor`.
    pub name: String,
    /// The value as a word, a number or a name; none if there is none.
    pub value: Option<String>,
    /// Where it comes from.
    pub source: ValueSource,
    /// The name of the profile or the tenant that it comes from, or of the user.
    pub source_name: String,
}

/// One plan that a user has.
#[derive(Clone, Debug, PartialEq)]
pub struct EffectivePlan {
    /// The revision in force, with all its terms.
    pub revision: PlanRevision,
    /// What carries it: the profile, or a group.
    pub source: ValueSource,
    /// The name of what carries it.
    pub source_name: String,
    /// Since when the user has it: since joining the profile or the group, or since the plan is
    /// there.
    pub since: Timestamp,
    /// The plan of the same measure that applies in its stead; none: this one applies.
    pub overruled_by: Option<PlanId>,
}

/// What applies to a user, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    /// The user.
    pub user: UserId,
    /// As of when.
    pub at: Timestamp,
    /// The policy by which plans of one measure stack: the profile's.
    pub stacking: Stacking,
    /// The plans, by measure, then in the order in which their wallets are emptied; those too that
    /// others overrule.
    pub plans: Vec<EffectivePlan>,
    /// Everything else.
    pub values: Vec<EffectiveValue>,
}

impl Tympan {
    /// Every effective value of a user, with the reason for which it applies; none if there is no
    /// such user.
    ///
    /// # Errors
    /// `denied` without `user.read`, unless it is the actor; what is wrong with the reference.
    pub fn explain(&self, user: UserReference) -> Call<Option<Explanation>> {
        self.ask_for(move |handle| handle.explain(user.reference()?))
    }
}
