//! Making and editing profiles, with their plans.

use crate::command::{Command, Context, Decide, Decision, Preparation, Stop};
use crate::configuration::draft::{Draft, Saved, change, create, find, reads};
use crate::configuration::named::Named;
use crate::configuration::plan::{PlanChange, PlanTerms, checked, revise};
use crate::error::{Code, Error};
use crate::ids::{PlanId, PriceListId, ProfileId, TenantId};
use crate::permissions::Requirement;
use crate::records::{PriceList, Profile, Stacking, Tracking};
use crate::refusals::Refusals;
use crate::text;
use crate::view::{ReadSet, View};

/// Makes a profile. Its plans are in force from now on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreateProfile {
    /// Its name, unique among profiles.
    pub name: String,
    /// What turns usage into cost; without one, only a stated cost is charged.
    pub price_list: Option<PriceListId>,
    /// What is counted and kept of jobs.
    pub tracking: Tracking,
    /// How plans of one measure stack that its users have by profile and groups.
    pub stacking: Stacking,
    /// Its plans.
    pub plans: Vec<PlanTerms>,
}

impl CreateProfile {
    /// A profile that neither limits nor prices anything, and counts everything.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            price_list: None,
            tracking: Tracking::ALL,
            stacking: Stacking::Sum,
            plans: Vec::new(),
        }
    }

    /// The same with a price list.
    #[must_use]
    pub fn price_list(mut self, price_list: PriceListId) -> Self {
        self.price_list = Some(price_list);
        self
    }

    /// The same with one more plan.
    #[must_use]
    pub fn plan(mut self, terms: PlanTerms) -> Self {
        self.plans.push(terms);
        self
    }
}

/// Edits a profile as a whole: all of it, or nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EditProfile {
    /// The profile.
    pub profile: ProfileId,
    /// The version that the edit was made against; none: whatever it is.
    pub expected_version: Option<i64>,
    /// Another name.
    pub name: Option<String>,
    /// Another price list, or none from now on.
    pub price_list: Option<Option<PriceListId>>,
    /// What else is counted and kept of jobs, from now on.
    pub tracking: Option<Tracking>,
    /// Another policy by which plans stack, from now on.
    pub stacking: Option<Stacking>,
    /// What to do to its plans, in order.
    pub plans: Vec<PlanChange>,
}

impl EditProfile {
    /// An edit that changes nothing yet, against whatever version the profile has.
    #[must_use]
    pub fn new(profile: ProfileId) -> Self {
        Self {
            profile,
            expected_version: None,
            name: None,
            price_list: None,
            tracking: None,
            stacking: None,
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

/// The answer to a command that made or edited a profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedProfile {
    /// The profile.
    pub id: ProfileId,
    /// Its version now.
    pub version: i64,
    /// The plans that were added, in the order in which they were given.
    pub added_plans: Vec<PlanId>,
}

/// A profile to make, with its texts normalised and its plans checked.
#[derive(Debug)]
pub struct PreparedCreateProfile {
    name: String,
    price_list: Option<PriceListId>,
    tracking: Tracking,
    stacking: Stacking,
    plans: Vec<PlanChange>,
}

impl Command for CreateProfile {
    type Prepared = PreparedCreateProfile;
    const NAME: &'static str = "create_profile";
    const REQUIRES: Requirement = Profile::REQUIRES;

    fn prepare(&self, _: &mut Preparation<'_>) -> Result<PreparedCreateProfile, Error> {
        let mut refusals = Refusals::default();
        let name = text::required("name", &self.name, text::MAX_NAME);
        let plans = self
            .plans
            .iter()
            .map(|terms| PlanChange::Add(terms.clone()));
        let prepared = PreparedCreateProfile {
            name: refusals.or_default(name),
            price_list: self.price_list,
            tracking: refusals.or_default(self.tracking.checked()),
            stacking: self.stacking,
            plans: refusals.or_default(checked(plans)),
        };
        refusals.finish().map(|()| prepared)
    }
}

impl Decide for PreparedCreateProfile {
    type Reply = SavedProfile;

    fn reads(&self, tenant: TenantId) -> ReadSet {
        reads(tenant)
    }

    fn decide(
        &self,
        view: &View,
        context: &mut Context<'_>,
    ) -> Result<Decision<SavedProfile>, Stop> {
        let mut added = Vec::new();
        let action = CreateProfile::NAME;
        let decision =
            create::<Profile>(view, context, action, &self.name, |draft, context, id| {
                if let Some(price_list) = self.price_list {
                    in_use_by_new(draft, price_list)?;
                }
                added = revise(draft, context, id.into(), &self.plans)?;
                Ok(Profile {
                    tenant: context.tenant,
                    id,
                    name: self.name.clone(),
                    version: 1,
                    retired: false,
                    price_list: self.price_list,
                    tracking: self.tracking.clone(),
                    stacking: self.stacking,
                    created_at: context.now,
                })
            })?;
        Ok(with_plans(decision, added))
    }
}

/// An edit with its texts normalised and its plans checked.
#[derive(Debug)]
pub struct PreparedEditProfile {
    profile: ProfileId,
    expected_version: Option<i64>,
    name: Option<String>,
    price_list: Option<Option<PriceListId>>,
    tracking: Option<Tracking>,
    stacking: Option<Stacking>,
    plans: Vec<PlanChange>,
}

impl Command for EditProfile {
    type Prepared = PreparedEditProfile;
    const NAME: &'static str = "edit_profile";
    const REQUIRES: Requirement = Profile::REQUIRES;

    fn prepare(&self, _: &mut Preparation<'_>) -> Result<PreparedEditProfile, Error> {
        let mut refusals = Refusals::default();
        let name = text::given("name", self.name.as_deref(), text::MAX_NAME);
        let prepared = PreparedEditProfile {
            profile: self.profile,
            expected_version: self.expected_version,
            name: refusals.or_default(name),
            price_list: self.price_list,
            tracking: refusals
                .or_default(self.tracking.as_ref().map(Tracking::checked).transpose()),
            stacking: self.stacking,
            plans: refusals.or_default(checked(self.plans.iter().cloned())),
        };
        refusals.finish().map(|()| prepared)
    }
}

impl Decide for PreparedEditProfile {
    type Reply = SavedProfile;

    fn reads(&self, tenant: TenantId) -> ReadSet {
        reads(tenant)
    }

    fn decide(
        &self,
        view: &View,
        context: &mut Context<'_>,
    ) -> Result<Decision<SavedProfile>, Stop> {
        let mut added = Vec::new();
        let (id, expected) = (self.profile, self.expected_version);
        let action = EditProfile::NAME;
        let decision = change::<Profile>(view, context, action, id, expected, |draft, context| {
            added = revise(draft, context, id.into(), &self.plans)?;
            let mut profile = find::<Profile>(draft.before, id)?.clone();
            if let Some(price_list) = self.price_list {
                if let Some(new) = price_list.filter(|_| profile.price_list != price_list) {
                    in_use_by_new(draft, new)?;
                }
                profile.price_list = price_list;
            }
            if let Some(tracking) = &self.tracking {
                profile.tracking = tracking.clone();
            }
            profile.stacking = self.stacking.unwrap_or(profile.stacking);
            draft.after.profiles.insert(id, profile);
            if let Some(name) = &self.name {
                draft.rename::<Profile>(id, name)?;
            }
            Ok(())
        })?;
        Ok(with_plans(decision, added))
    }
}

/// Checks that a profile may begin to use a price list.
fn in_use_by_new(draft: &Draft<'_>, price_list: PriceListId) -> Result<(), Error> {
    if find::<PriceList>(draft.before, price_list)?.retired {
        return Err(Error::of(Code::Retired).with("price_list", price_list));
    }
    Ok(())
}

fn with_plans(
    decision: Decision<Saved<ProfileId>>,
    added_plans: Vec<PlanId>,
) -> Decision<SavedProfile> {
    Decision {
        changes: decision.changes,
        reply: decision.reply.map(|saved| SavedProfile {
            id: saved.id,
            version: saved.version,
            added_plans,
        }),
    }
}
