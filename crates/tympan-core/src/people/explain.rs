//! Every effective value of a user, with the reason for which it applies.

use crate::command::{Context, Stop};
use crate::commands::EXPLAIN;
use crate::ids::{PlanId, TenantId, UserId};
use crate::measure::Measure;
use crate::people::reference::PreparedUser;
use crate::permissions::{configured, permit};
use crate::records::{Config, PlanOwner, PlanRevision, Stacking, User, WordKeeping, plan_owners};
use crate::row::words;
use crate::time::Timestamp;
use crate::view::{Follow, Key, ReadSet, View};

/// What users pay of prices who have no percentage of their own.
const FULL_PRICE: i32 = 100;

words! {
    /// Where an effective value comes from.
    pub enum ValueSource {
        /// The user's own row.
        Own = "own",
        /// The user's profile.
        Profile = "profile",
        /// A group the user is in.
        Group = "group",
        /// The tenant's settings.
        Tenant = "tenant",
    }
}

/// One value that applies to a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EffectiveValue {
    /// Which: `active`, `restricted`, `account_code`, `profile`, `price_percent`, `stacking`,
    /// `price_list`, of what the profile tracks `job_kinds`, `measures`, `document_names`, `hosts`
    /// and `keep_days`, `currency`, `pin_length`, `pin_alphabet`, `pin_floor`.
    pub name: &'static str,
    /// The value as a word, a number or a name, words side by side with a comma between; none if there
    /// is none.
    pub value: Option<String>,
    /// Where it comes from.
    pub source: ValueSource,
    /// The name of the profile or the tenant that it comes from, or of the user.
    pub source_name: String,
}

/// One plan that a user has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EffectivePlan {
    /// The revision in force, with all its terms.
    pub revision: PlanRevision,
    /// What carries it: the profile, or a group.
    pub source: ValueSource,
    /// The name of what carries it.
    pub source_name: String,
    /// Since when the user has it: since joining the profile or the group, or since the plan is there.
    pub since: Timestamp,
    /// The plan of the same measure that applies in its stead; none: this one applies.
    pub overruled_by: Option<PlanId>,
}

/// What applies to a user, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
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

/// What [`explain`] reads.
#[must_use]
pub fn explain_reads(tenant: TenantId, user: &PreparedUser) -> ReadSet {
    user.reads(tenant, Follow::NOTHING).and(Key::Config(tenant))
}

/// Every effective value of a user; none if there is no such user.
///
/// # Errors
/// `denied`, `unknown_tenant`, or what the view lacks.
pub fn explain(
    view: &View,
    context: &Context<'_>,
    user: &PreparedUser,
) -> Result<Option<Explanation>, Stop> {
    let tenant = context.tenant;
    let found = user.find(view, tenant)?;
    let about = found.map(|user| user.id);
    permit(view, tenant, context.actor, EXPLAIN.requires, about)?;
    let Some(user) = found else {
        return Ok(None);
    };
    let config = configured(view, tenant)?;
    Ok(Some(Explanation {
        user: user.id,
        at: context.now,
        stacking: config.stacking_of(user),
        plans: plans(config, user, context.now),
        values: values(config, user),
    }))
}

fn plans(config: &Config, user: &User, now: Timestamp) -> Vec<EffectivePlan> {
    let stacked = config.plans_for(user, now);
    let all = stacked.applying.iter().chain(&stacked.overruled);
    let mut plans: Vec<EffectivePlan> = all
        .map(|plan| {
            let winner = stacked
                .applying
                .iter()
                .find(|applies| applies.measure == plan.measure);
            let applies = stacked
                .applying
                .iter()
                .any(|applies| applies.plan == plan.plan);
            let (source, source_name) = named(config, plan.owner);
            EffectivePlan {
                revision: (*plan).clone(),
                source,
                source_name,
                since: since(config, user, plan),
                overruled_by: winner.filter(|_| !applies).map(|winner| winner.plan),
            }
        })
        .collect();
    plans.sort_by_key(|plan| {
        let terms = &plan.revision;
        (terms.measure, terms.priority, terms.plan)
    });
    plans
}

fn named(config: &Config, owner: PlanOwner) -> (ValueSource, String) {
    let (source, name) = match owner {
        PlanOwner::Profile(id) => {
            let profile = config.profiles.get(&id);
            (ValueSource::Profile, profile.map(|profile| &profile.name))
        }
        PlanOwner::Group(id) => {
            let group = config.groups.get(&id);
            (ValueSource::Group, group.map(|group| &group.name))
        }
    };
    (source, name.cloned().unwrap_or_default())
}

fn since(config: &Config, user: &User, plan: &PlanRevision) -> Timestamp {
    let mut owners = plan_owners(user);
    let came = owners.find(|(owner, _)| *owner == plan.owner);
    let mut revisions = config.plans_of(plan.owner).flatten();
    let first = revisions.find(|revision| revision.plan == plan.plan);
    let began = first.map_or(plan.effective_from, |first| first.effective_from);
    came.map_or(began, |(_, since)| since.max(began))
}

fn values(config: &Config, user: &User) -> Vec<EffectiveValue> {
    let profile = config.profiles.get(&user.profile);
    let profile_name = profile
        .map(|profile| profile.name.clone())
        .unwrap_or_default();
    let list = profile.and_then(|profile| profile.price_list);
    let list = list.and_then(|list| config.price_lists.get(&list));
    let (tenant, tracking) = (&config.tenant, config.tracking(user.profile));
    let percent = user.price_percent.unwrap_or(FULL_PRICE);
    let word = |word: bool| Some(if word { "true" } else { "false" }.to_owned());
    let own = |name, value| EffectiveValue {
        name,
        value,
        source: ValueSource::Own,
        source_name: user.name.clone(),
    };
    let of_profile = |name, value| EffectiveValue {
        name,
        value,
        source: ValueSource::Profile,
        source_name: profile_name.clone(),
    };
    let of_tenant = |name, value| EffectiveValue {
        name,
        value: Some(value),
        source: ValueSource::Tenant,
        source_name: tenant.name.clone(),
    };
    vec![
        own("active", word(user.active)),
        own("restricted", word(user.restricted)),
        own("account_code", user.account_code.clone()),
        own(
            "shared_with",
            user.shared_with.as_ref().map(|with| with.to_string()),
        ),
        own("profile", Some(profile_name.clone())),
        own("price_percent", Some(percent.to_string())),
        of_profile(
            "stacking",
            Some(config.stacking_of(user).as_str().to_owned()),
        ),
        of_profile("price_list", list.map(|list| list.name.clone())),
        of_profile(
            "job_kinds",
            listed(tracking.job_kinds.as_deref(), |kind| kind.as_str()),
        ),
        of_profile(
            "measures",
            listed(tracking.measures.as_deref(), Measure::name),
        ),
        of_profile("document_names", kept(tracking.document_names)),
        of_profile("hosts", kept(tracking.hosts)),
        of_profile("keep_days", tracking.keep_days.map(|days| days.to_string())),
        of_tenant("currency", tenant.currency.code().to_owned()),
        of_tenant("pin_length", tenant.pin_length.to_string()),
        of_tenant("pin_alphabet", tenant.pin_alphabet.clone()),
        of_tenant("pin_floor", tenant.pin_floor.clone()),
    ]
}

/// Words side by side; none if there is no list of them: all.
fn listed<T, W: AsRef<str>>(list: Option<&[T]>, word: impl Fn(&T) -> W) -> Option<String> {
    let words = list?.iter().map(word);
    let words: Vec<String> = words.map(|word| word.as_ref().to_owned()).collect();
    Some(words.join(", "))
}

fn kept(keeping: WordKeeping) -> Option<String> {
    Some(keeping.as_str().to_owned())
}
