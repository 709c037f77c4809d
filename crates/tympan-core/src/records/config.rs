//! Configuration: one bounded, immutable snapshot per tenant. The tenant's row is its root: every
//! change to any of these rows raises the tenant's version.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::OnceLock;

use smallvec::SmallVec;

use crate::card_pipeline::CardPipeline;
use crate::error::{Code, Error};
use crate::ids::{AccountId, GroupId, PlanId, PriceListId, ProfileId, RoleId, TenantId};
use crate::ledger::{Rounding, Thresholds};
use crate::measure::{Currency, Measure};
use crate::records::{Tracking, User};
use crate::row::{by_text, record, words};
use crate::schedule::{ResetVerb, Schedule, TimeOfDay, Timetable};
use crate::time::{TimeZoneName, Timestamp};

record! {
    /// The company that owns everything else, with its settings.
    pub struct Tenant in "tenant", key 1 {
        /// Its id.
        pub id: TenantId,
        /// Its name.
        pub name: String,
        /// Rises with every change of the configuration.
        pub version: i64,
        /// The profile of a user for whom none was asked.
        pub default_profile: ProfileId,
        /// The currency of own funds where no price list names another.
        pub currency: Currency,
        /// The card pipeline as JSON: the steps that every card number passes.
        pub card_pipeline: String,
        /// Characters of a generated PIN.
        pub pin_length: i32,
        /// `numeric` or `alphanumeric`.
        pub pin_alphabet: String,
        /// `population` or `usual`: how long a PIN that signs in alone must be.
        pub pin_floor: String,
        /// Below which balances of own funds in the tenant's currency somebody is to be told, in
        /// micros.
        pub low_funds: Thresholds,
        /// The version of the time zone database that decided last.
        pub time_zone_database: String,
        /// When it was bootstrapped.
        pub created_at: Timestamp,
        /// The keyed digests of the parts of the configuration, one after the other: see
        /// [`proof`](crate::proof).
        pub digests: Vec<u8>,
    }
}

words! {
    /// How plans of one measure stack, whatever carries them: profile or groups. Every plan feeds its
    /// wallet, whether or not jobs take from it.
    pub enum Stacking {
        /// Jobs take from the wallets of all of them, in order of priority.
        Sum = "sum",
        /// Only the plan that gives most applies. One that only warns gives without end.
        Max = "max",
        /// Only the plan that gives least applies.
        Strictest = "strictest",
        /// Only the plan of the lowest priority number applies.
        Priority = "priority",
    }
}

record! {
    /// The rules that users are tracked and limited by.
    pub struct Profile in "profile", key 2 {
        /// The owner of everything.
        pub tenant: TenantId,
        /// Its id.
        pub id: ProfileId,
        /// Its name, unique among profiles.
        pub name: String,
        /// Rises with every edit.
        pub version: i64,
        /// Retired profiles keep their users and take no new ones.
        pub retired: bool,
        /// What turns usage into cost; without one, only a stated cost is charged.
        pub price_list: Option<PriceListId>,
        /// What is counted and kept of jobs.
        pub tracking: Tracking,
        /// How plans of one measure stack that its users have.
        pub stacking: Stacking,
        /// When it was created.
        pub created_at: Timestamp,
    }
}

words! {
    /// What happens to a job that a plan's wallet does not cover.
    pub enum WhenExhausted {
        /// The whole job is refused.
        Refuse = "refuse",
        /// The job is counted, and the balance goes below its limit.
        Warn = "warn",
        /// The job may start while something is available; what it needs beyond that is forgiven.
        FinishAndForgive = "finish_and_forgive",
        /// The job may start while something is available; the plan's wallet owes what it needs beyond
        /// that.
        FinishAndOwe = "finish_and_owe",
        /// The job may start while something is available; what it needs beyond that is taken off
        /// what the plan gives next.
        FinishAndCarry = "finish_and_carry",
    }
}

impl WhenExhausted {
    /// Whether a job may finish that a little is left for.
    #[must_use]
    pub fn finishes(self) -> bool {
        match self {
            Self::Refuse | Self::Warn => false,
            Self::FinishAndForgive | Self::FinishAndOwe | Self::FinishAndCarry => true,
        }
    }
}

/// What carries an allowance plan. Written as a word and a number: `profile:12`, `group:13`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PlanOwner {
    /// Every user of a profile has the plan.
    Profile(ProfileId),
    /// Every member of a group has the plan.
    Group(GroupId),
}

impl PlanOwner {
    /// The owner that a text names.
    ///
    /// # Errors
    /// `store_corrupt`: texts are only ever read from a store.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let (word, number) = text.split_once(':').unwrap_or((text, ""));
        let owner = match (word, number.parse()) {
            ("profile", Ok(number)) => Some(Self::Profile(ProfileId(number))),
            ("group", Ok(number)) => Some(Self::Group(GroupId(number))),
            _ => None,
        };
        owner
            .filter(|owner| owner.to_string() == text)
            .ok_or_else(|| Error::of(Code::StoreCorrupt))
    }

    /// The word for what it is.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Profile(_) => "profile",
            Self::Group(_) => "group",
        }
    }
}

impl fmt::Display for PlanOwner {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = match self {
            Self::Profile(profile) => profile.0,
            Self::Group(group) => group.0,
        };
        write!(formatter, "{}:{number}", self.word())
    }
}

by_text!(PlanOwner);

impl From<ProfileId> for PlanOwner {
    fn from(profile: ProfileId) -> Self {
        Self::Profile(profile)
    }
}

impl From<GroupId> for PlanOwner {
    fn from(group: GroupId) -> Self {
        Self::Group(group)
    }
}

record! {
    /// One revision of an allowance plan, in force from an instant until the next one.
    pub struct PlanRevision in "plan_revision", key 3 {
        /// The owner of everything.
        pub tenant: TenantId,
        /// The plan; its wallet lives as long as it does.
        pub plan: PlanId,
        /// 1, 2, 3 …
        pub revision: i32,
        /// What carries it.
        pub owner: PlanOwner,
        /// From when on.
        pub effective_from: Timestamp,
        /// Wallets of lower numbers are emptied first.
        pub priority: i32,
        /// What it limits.
        pub measure: Measure,
        /// What it gives, in the measure's unit.
        pub amount: i64,
        /// On which days it gives.
        pub schedule: Schedule,
        /// When on those days.
        pub time_of_day: TimeOfDay,
        /// By whose clocks.
        pub time_zone: TimeZoneName,
        /// How it gives.
        pub verb: ResetVerb,
        /// Whether it gives once on resumption if it was due while it was suspended, or while the
        /// user was inactive.
        pub run_if_missed: bool,
        /// Whether what is due passes by.
        pub suspended: bool,
        /// What happens when nothing is left.
        pub when_exhausted: WhenExhausted,
        /// How far below zero the balance may go, in the measure's unit.
        pub overdraft: i64,
        /// Below which balances somebody is to be told, in the measure's unit.
        pub low_balances: Thresholds,
        /// From this revision on the plan limits nothing and feeds nothing.
        pub ended: bool,
    }
}

record! {
    /// A named set of permissions.
    pub struct Role in "role", key 2 {
        /// The owner of everything.
        pub tenant: TenantId,
        /// Its id.
        pub id: RoleId,
        /// Its name, unique among roles.
        pub name: String,
        /// Rises with every edit.
        pub version: i64,
        /// Retired roles keep their holders and take no new ones.
        pub retired: bool,
        /// Whether it is a production role: a condition of the smart card.
        pub production: bool,
        /// When it was created.
        pub created_at: Timestamp,
    }
}

record! {
    /// One permission of a role.
    pub struct RolePermission in "role_permission", key 3 {
        /// The owner of everything.
        pub tenant: TenantId,
        /// The role.
        pub role: RoleId,
        /// The permission's name.
        pub permission: String,
    }
}

record! {
    /// A named set of users.
    pub struct Group in "user_group", key 2 {
        /// The owner of everything.
        pub tenant: TenantId,
        /// Its id.
        pub id: GroupId,
        /// Its name, unique among groups.
        pub name: String,
        /// Rises with every edit.
        pub version: i64,
        /// Retired groups keep their members and take no new ones.
        pub retired: bool,
        /// When it was created.
        pub created_at: Timestamp,
    }
}

record! {
    /// A production account inside the tenant.
    pub struct Account in "account", key 2 {
        /// The owner of everything.
        pub tenant: TenantId,
        /// Its id.
        pub id: AccountId,
        /// Its name, unique among accounts.
        pub name: String,
        /// Rises with every edit.
        pub version: i64,
        /// Retired accounts keep their role rows and take no new ones.
        pub retired: bool,
        /// When it was created.
        pub created_at: Timestamp,
    }
}

record! {
    /// What turns usage into cost.
    pub struct PriceList in "price_list", key 2 {
        /// The owner of everything.
        pub tenant: TenantId,
        /// Its id.
        pub id: PriceListId,
        /// Its name, unique among price lists.
        pub name: String,
        /// Rises with every edit.
        pub version: i64,
        /// Retired price lists keep their profiles and take no new ones.
        pub retired: bool,
        /// The currency of its prices.
        pub currency: Currency,
        /// How the cost of a job is rounded.
        pub rounding: Rounding,
        /// When it was created.
        pub created_at: Timestamp,
    }
}

record! {
    /// One line of one revision of a price list.
    pub struct PriceRule in "price_rule", key 4 {
        /// The owner of everything.
        pub tenant: TenantId,
        /// The price list.
        pub price_list: PriceListId,
        /// 1, 2, 3 …
        pub revision: i32,
        /// Its place in the revision, from 0.
        pub place: i32,
        /// From when on the revision is in force.
        pub effective_from: Timestamp,
        /// The queue it is for; none: every queue that no other line names.
        pub queue: Option<String>,
        /// The paper it is for; none: every paper that no other line names.
        pub media: Option<String>,
        /// Micros for a page in one colour.
        pub mono_page_micros: i64,
        /// Micros for a page in colour.
        pub colour_page_micros: i64,
        /// Micros for a piece of paper.
        pub sheet_micros: i64,
        /// Micros for a printed square metre.
        pub area_micros: i64,
        /// Micros for the job itself.
        pub job_micros: i64,
        /// A two-sided job's pages cost this many …
        pub two_sided_numerator: i32,
        /// … of so many parts of the page price.
        pub two_sided_denominator: i32,
    }
}

impl PlanRevision {
    /// When it is due.
    #[must_use]
    pub fn timetable(&self) -> Timetable<'_> {
        Timetable {
            schedule: &self.schedule,
            time_of_day: self.time_of_day,
            time_zone: self.time_zone,
        }
    }
}

/// Revisions of plans that are in force; few profiles have more than four.
pub type PlansInForce<'a> = SmallVec<[&'a PlanRevision; 4]>;

/// Everything that is configured for one tenant, as of one version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// The tenant's own row: the root.
    pub tenant: Tenant,
    /// Profiles by id.
    pub profiles: BTreeMap<ProfileId, Profile>,
    /// Plan revisions by what carries them, in order of plan, then revision.
    pub plans: BTreeMap<PlanOwner, Vec<PlanRevision>>,
    /// Roles by id.
    pub roles: BTreeMap<RoleId, Role>,
    /// Permissions by role, in the order of their names.
    pub permissions: BTreeMap<RoleId, Vec<RolePermission>>,
    /// Groups by id.
    pub groups: BTreeMap<GroupId, Group>,
    /// Accounts by id.
    pub accounts: BTreeMap<AccountId, Account>,
    /// Price lists by id.
    pub price_lists: BTreeMap<PriceListId, PriceList>,
    /// Price rules by price list, in order of revision, then place.
    pub price_rules: BTreeMap<PriceListId, Vec<PriceRule>>,
    /// The tenant's card pipeline, compiled when it is asked for first.
    compiled: Compiled,
}

/// What is derived from a configuration, and so no part of what it is.
#[derive(Debug, Default)]
struct Compiled(OnceLock<Result<CardPipeline, Error>>);

impl Clone for Compiled {
    /// A copy is there to be changed: it compiles for itself.
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl PartialEq for Compiled {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Compiled {}

impl Config {
    /// The configuration of a tenant with nothing in it yet.
    #[must_use]
    pub fn empty(tenant: Tenant) -> Self {
        Self {
            tenant,
            profiles: BTreeMap::new(),
            plans: BTreeMap::new(),
            roles: BTreeMap::new(),
            permissions: BTreeMap::new(),
            groups: BTreeMap::new(),
            accounts: BTreeMap::new(),
            price_lists: BTreeMap::new(),
            price_rules: BTreeMap::new(),
            compiled: Compiled::default(),
        }
    }

    /// What every card number passes.
    ///
    /// # Errors
    /// `invalid_pipeline`.
    pub fn card_pipeline(&self) -> Result<&CardPipeline, Error> {
        let compile = || CardPipeline::parse(&self.tenant.card_pipeline);
        self.compiled
            .0
            .get_or_init(compile)
            .as_ref()
            .map_err(Clone::clone)
    }

    /// The revisions in force at an instant of the plans that something carries, in order of
    /// priority, then plan.
    #[must_use]
    pub fn plans_at(&self, owner: impl Into<PlanOwner>, at: Timestamp) -> PlansInForce<'_> {
        in_order(self.in_force(owner.into(), at).collect())
    }

    /// What is counted and kept of the jobs of a profile's users.
    #[must_use]
    pub fn tracking(&self, profile: ProfileId) -> &Tracking {
        let profile = self.profiles.get(&profile);
        profile.map_or(&Tracking::ALL, |profile| &profile.tracking)
    }

    /// The revisions in force at an instant of the plans that a user has, by profile and groups: those
    /// that apply by the profile's policy, and those that they overrule; each in order of priority,
    /// then plan.
    #[must_use]
    pub fn plans_for(&self, user: &User, at: Timestamp) -> Stacked<'_> {
        let owners = plan_owners(user);
        let plans = owners.flat_map(|(owner, _)| self.in_force(owner, at));
        stack(self.stacking_of(user), in_order(plans.collect()))
    }

    /// How plans of one measure stack that a user has.
    #[must_use]
    pub fn stacking_of(&self, user: &User) -> Stacking {
        let profile = self.profiles.get(&user.profile);
        profile.map_or(Stacking::Sum, |profile| profile.stacking)
    }

    /// The plans that something carries or carried: the revisions of each, oldest first.
    pub fn plans_of(&self, owner: PlanOwner) -> impl Iterator<Item = &[PlanRevision]> {
        let revisions = self.plans.get(&owner);
        let revisions = revisions.map_or(&[][..], Vec::as_slice);
        revisions.chunk_by(|left, right| left.plan == right.plan)
    }

    fn in_force(&self, owner: PlanOwner, at: Timestamp) -> impl Iterator<Item = &PlanRevision> {
        self.plans_of(owner).filter_map(move |revisions| {
            let begun = |revision: &&PlanRevision| revision.effective_from <= at;
            revisions.iter().rfind(begun).filter(|newest| !newest.ended)
        })
    }
}

/// The plans that a user has.
#[derive(Clone, Debug, Default)]
pub struct Stacked<'a> {
    /// Those whose wallets jobs take from.
    pub applying: PlansInForce<'a>,
    /// Those that others of the same measure overrule.
    pub overruled: PlansInForce<'a>,
}

/// Of each measure, all plans apply or one does. Of two that are equal, the first in order applies.
fn stack(policy: Stacking, plans: PlansInForce<'_>) -> Stacked<'_> {
    let gives = |plan: &PlanRevision| {
        let warns = plan.when_exhausted == WhenExhausted::Warn;
        (warns, plan.amount, plan.overdraft)
    };
    let beats = |plan: &PlanRevision, other: &PlanRevision| match policy {
        Stacking::Sum | Stacking::Priority => false,
        Stacking::Max => gives(plan) > gives(other),
        Stacking::Strictest => gives(plan) < gives(other),
    };
    let mut stacked = Stacked::default();
    if policy == Stacking::Sum {
        stacked.applying = plans;
        return stacked;
    }
    for plan in plans {
        let mut applying = stacked.applying.iter_mut();
        let rival = applying.find(|rival| rival.measure == plan.measure);
        match rival {
            None => stacked.applying.push(plan),
            Some(rival) if beats(plan, rival) => {
                stacked.overruled.push(std::mem::replace(rival, plan));
            }
            Some(_) => stacked.overruled.push(plan),
        }
    }
    Stacked {
        applying: in_order(stacked.applying),
        overruled: in_order(stacked.overruled),
    }
}

fn in_order(mut plans: PlansInForce<'_>) -> PlansInForce<'_> {
    plans.sort_by_key(|revision| (revision.priority, revision.plan));
    plans
}

/// What carries plans for a user, and since when: the profile, then the groups.
pub fn plan_owners(user: &User) -> impl Iterator<Item = (PlanOwner, Timestamp)> + Clone {
    let groups = user.groups.iter();
    let groups = groups.map(|(group, since)| (PlanOwner::Group(group), since));
    std::iter::once((PlanOwner::Profile(user.profile), user.profile_since)).chain(groups)
}
