//! Allowance plans of profiles and groups: immutable revisions, each in force from an instant on.
//! Wallets are settled under the revision that was in force at each instant, so the past is never edited.

use crate::command::{Context, Stop};
use crate::configuration::draft::Draft;
use crate::configuration::limits::{
    MAX_AMOUNT, MAX_GROUP_PLANS, MAX_PLAN_ROWS, MAX_PLANS, MAX_REVISIONS,
};
use crate::configuration::named::Ending;
use crate::error::{Code, Error};
use crate::ids::PlanId;
use crate::ledger::Thresholds;
use crate::measure::Measure;
use crate::records::{Config, PlanOwner, PlanRevision, User, WhenExhausted, plan_owners};
use crate::refusals::{Refusals, too_many};
use crate::schedule::{ResetVerb, Schedule, TimeOfDay};
use crate::time::{TimeZoneName, Timestamp};

/// What a plan gives, when, and what happens when it is used up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanTerms {
    /// Wallets of lower numbers are emptied first.
    pub priority: i32,
    /// What it limits; never changes.
    pub measure: Measure,
    /// What it gives, in the measure's unit; not negative.
    pub amount: i64,
    /// On which days it gives, after it gave once when it began to apply to the user.
    pub schedule: Schedule,
    /// When on those days.
    pub time_of_day: TimeOfDay,
    /// By whose clocks.
    pub time_zone: TimeZoneName,
    /// How it gives; a rolling plan zeroes usage.
    pub verb: ResetVerb,
    /// Whether it gives once on resumption if it was due while it was suspended, or while the user
    /// was inactive: however often it was due, and as it then would. If not, what was missed is
    /// lost.
    pub run_if_missed: bool,
    /// Whether what is due passes by. The plan limits on, and whoever gets it is given its amount.
    pub suspended: bool,
    /// What happens when nothing is left.
    pub when_exhausted: WhenExhausted,
    /// How far below zero the balance may go, in the measure's unit; not negative.
    pub overdraft: i64,
    /// Below which balances somebody is to be told.
    pub low_balances: Thresholds,
}

impl PlanTerms {
    /// An amount that is there anew at each local midnight of the first of a month; a job that it
    /// does not cover is refused.
    #[must_use]
    pub fn monthly(measure: Measure, amount: i64, time_zone: TimeZoneName) -> Self {
        Self {
            priority: 0,
            measure,
            amount,
            schedule: Schedule::FIRST_OF_MONTH,
            time_of_day: TimeOfDay::MIDNIGHT,
            time_zone,
            verb: ResetVerb::SetTo,
            run_if_missed: false,
            suspended: false,
            when_exhausted: WhenExhausted::Refuse,
            overdraft: 0,
            low_balances: Thresholds::default(),
        }
    }

    /// Checks what needs no view.
    fn check(&self, refusals: &mut Refusals) {
        refusals.prepared(amount("amount", self.amount));
        refusals.prepared(amount("overdraft", self.overdraft));
        if let ResetVerb::AddUpTo(cap) = self.verb {
            refusals.prepared(amount("cap", cap));
        }
        let is_rolling = matches!(self.schedule, Schedule::Rolling(_));
        if is_rolling && self.verb != ResetVerb::ZeroUsage {
            let message = "a rolling plan zeroes usage and does nothing else";
            refusals.note(Error::new(Code::InvalidValue, message).with("field", "verb"));
        }
    }

    fn of(revision: &PlanRevision) -> Self {
        Self {
            priority: revision.priority,
            measure: revision.measure,
            amount: revision.amount,
            schedule: revision.schedule.clone(),
            time_of_day: revision.time_of_day,
            time_zone: revision.time_zone,
            verb: revision.verb,
            run_if_missed: revision.run_if_missed,
            suspended: revision.suspended,
            when_exhausted: revision.when_exhausted,
            overdraft: revision.overdraft,
            low_balances: revision.low_balances.clone(),
        }
    }
}

/// Checks an amount, an overdraft or a price.
pub(super) fn amount(field: &'static str, amount: i64) -> Result<(), Error> {
    if amount < 0 {
        return Err(
            Error::new(Code::NegativeAmount, format!("`{field}` is negative")).with("field", field),
        );
    }
    if amount > MAX_AMOUNT {
        return Err(Error::new(
            Code::AmountOverflow,
            format!("`{field}` is more than {MAX_AMOUNT}"),
        )
        .with("field", field)
        .with("limit", MAX_AMOUNT));
    }
    Ok(())
}

/// One change to the plans of a profile or a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlanChange {
    /// A new plan, from now on.
    Add(PlanTerms),
    /// Other terms for a plan. What users have left stays until the plan gives next.
    Edit {
        /// The plan.
        plan: PlanId,
        /// Its terms from then on.
        terms: PlanTerms,
        /// From when on; none, or an instant in the past: now. Not before the newest revision.
        effective_from: Option<Timestamp>,
    },
    /// No more plan: it limits nothing and gives nothing.
    End {
        /// The plan.
        plan: PlanId,
        /// From when on; none, or an instant in the past: now. Not before the newest revision.
        effective_from: Option<Timestamp>,
    },
}

impl PlanChange {
    /// Checks what needs no view.
    fn check(&self, refusals: &mut Refusals) {
        match self {
            Self::Add(terms) | Self::Edit { terms, .. } => terms.check(refusals),
            Self::End { .. } => {}
        }
    }
}

/// Checks changes as far as that needs no view.
pub(super) fn checked(changes: impl Iterator<Item = PlanChange>) -> Result<Vec<PlanChange>, Error> {
    let changes: Vec<PlanChange> = changes.take(MAX_REVISIONS + 1).collect();
    if changes.len() > MAX_REVISIONS {
        return Err(too_many("plans", MAX_REVISIONS));
    }
    let mut refusals = Refusals::default();
    for change in &changes {
        change.check(&mut refusals);
    }
    refusals.finish().map(|()| changes)
}

/// Appends revisions to the plans of a profile or a group; the ids of those that were added, in
/// order.
pub(super) fn revise(
    draft: &mut Draft<'_>,
    context: &mut Context<'_>,
    owner: PlanOwner,
    changes: &[PlanChange],
) -> Result<Vec<PlanId>, Stop> {
    let mut added = Vec::new();
    for change in changes {
        match change.clone() {
            PlanChange::Add(terms) => {
                let plan = PlanId(context.ids.next());
                added.push(plan);
                let place = Place {
                    plan,
                    revision: 1,
                    from: context.now,
                };
                append(
                    draft,
                    owner,
                    None,
                    place.revision_of(owner, context, terms, false),
                );
            }
            PlanChange::Edit {
                plan,
                terms,
                effective_from,
            } => {
                let newest = newest(draft, context, owner, plan)?;
                if newest.measure != terms.measure {
                    return Err(measure_changed(&newest).into());
                }
                if newest.ended || PlanTerms::of(&newest) != terms {
                    let place = Place::after(&newest, context, effective_from)?;
                    let next = place.revision_of(owner, context, terms, false);
                    append(draft, owner, Some(&newest), next);
                }
            }
            PlanChange::End {
                plan,
                effective_from,
            } => {
                let newest = newest(draft, context, owner, plan)?;
                if !newest.ended {
                    let place = Place::after(&newest, context, effective_from)?;
                    let terms = PlanTerms::of(&newest);
                    let next = place.revision_of(owner, context, terms, true);
                    append(draft, owner, Some(&newest), next);
                }
            }
        }
    }
    check_limits(draft, owner)?;
    Ok(added)
}

/// Where a revision goes.
struct Place {
    plan: PlanId,
    revision: i32,
    from: Timestamp,
}

impl Place {
    fn after(
        newest: &PlanRevision,
        context: &Context<'_>,
        asked: Option<Timestamp>,
    ) -> Result<Self, Error> {
        Ok(Self {
            plan: newest.plan,
            revision: newest.revision.saturating_add(1),
            from: effective(context.now, asked, newest.effective_from)?,
        })
    }

    fn revision_of(
        self,
        owner: PlanOwner,
        context: &Context<'_>,
        terms: PlanTerms,
        ended: bool,
    ) -> PlanRevision {
        PlanRevision {
            tenant: context.tenant,
            plan: self.plan,
            revision: self.revision,
            owner,
            effective_from: self.from,
            priority: terms.priority,
            measure: terms.measure,
            amount: terms.amount,
            schedule: terms.schedule,
            time_of_day: terms.time_of_day,
            time_zone: terms.time_zone,
            verb: terms.verb,
            run_if_missed: terms.run_if_missed,
            suspended: terms.suspended,
            when_exhausted: terms.when_exhausted,
            overdraft: terms.overdraft,
            low_balances: terms.low_balances,
            ended,
        }
    }
}

/// When a revision comes into force: never in the past, and never before the newest one so far,
/// which would then never have been in force.
pub(super) fn effective(
    now: Timestamp,
    asked: Option<Timestamp>,
    newest: Timestamp,
) -> Result<Timestamp, Error> {
    let from = asked.unwrap_or(now).max(now);
    if from < newest {
        return Err(Error::new(
            Code::InvalidValue,
            "`effective_from` lies before that of the newest revision",
        )
        .with("field", "effective_from")
        .with("not_before", newest.millis()));
    }
    Ok(from)
}

/// The newest revision of a plan of the owner, whose end has not come yet.
fn newest(
    draft: &Draft<'_>,
    context: &Context<'_>,
    owner: PlanOwner,
    plan: PlanId,
) -> Result<PlanRevision, Error> {
    let newest = draft
        .after
        .plans
        .get(&owner)
        .into_iter()
        .flatten()
        .rfind(|revision| revision.plan == plan)
        .ok_or_else(|| {
            Error::new(
                Code::UnknownPlan,
                format!("the {} has no plan `{plan}`", owner.word()),
            )
            .with("plan", plan)
        })?;
    if newest.ended && newest.effective_from <= context.now {
        return Err(Error::new(
            Code::InvalidValue,
            format!("the plan `{plan}` has ended; add another"),
        )
        .with("field", "plan")
        .with("ended_at", newest.effective_from.millis()));
    }
    Ok(newest.clone())
}

fn measure_changed(newest: &PlanRevision) -> Error {
    Error::new(
        Code::InvalidValue,
        format!(
            "the plan's measure is `{}` and never changes",
            newest.measure.name()
        ),
    )
    .with("field", "measure")
    .with("measure", newest.measure.name())
}

fn append(
    draft: &mut Draft<'_>,
    owner: PlanOwner,
    newest: Option<&PlanRevision>,
    next: PlanRevision,
) {
    let prefix = format!("plan.{}.", next.plan);
    draft.note_record(&prefix, newest, Some(&next));
    let revisions = draft.after.plans.entry(owner).or_default();
    revisions.push(next);
    revisions.sort_by_key(|revision| (revision.plan, revision.revision));
}

/// Ends the plans of a profile or group that is deleted. Entries name their plans for ever and ask
/// them for their measure, so plans that may have fed a wallet are kept, and others go.
pub(super) fn end_plans(config: &mut Config, owner: PlanOwner, ending: Ending) {
    if !ending.was_used {
        config.plans.remove(&owner);
        return;
    }
    let Some(revisions) = config.plans.get_mut(&owner) else {
        return;
    };
    let ends: Vec<PlanRevision> = revisions
        .chunk_by(|left, right| left.plan == right.plan)
        .filter_map(<[PlanRevision]>::last)
        .filter(|newest| !newest.ended)
        .map(|newest| PlanRevision {
            revision: newest.revision.saturating_add(1),
            effective_from: newest.effective_from.max(ending.now),
            ended: true,
            ..newest.clone()
        })
        .collect();
    revisions.extend(ends);
    revisions.sort_by_key(|revision| (revision.plan, revision.revision));
}

fn check_limits(draft: &Draft<'_>, owner: PlanOwner) -> Result<(), Error> {
    let Some(revisions) = draft.after.plans.get(&owner) else {
        return Ok(());
    };
    let all: usize = draft.after.plans.values().map(Vec::len).sum();
    if all > MAX_PLAN_ROWS {
        return Err(too_many("all_plan_revisions", MAX_PLAN_ROWS));
    }
    if revisions.len() > MAX_REVISIONS {
        return Err(too_many("plan_revisions", MAX_REVISIONS));
    }
    if going_on(revisions) > MAX_PLANS {
        return Err(too_many("plans", MAX_PLANS));
    }
    let is_group = |owner: &PlanOwner| matches!(owner, PlanOwner::Group(_));
    let of_groups = |config: &Config| -> usize {
        let groups = config.plans.iter().filter(|(owner, _)| is_group(owner));
        groups.map(|(_, revisions)| going_on(revisions)).sum()
    };
    let after = of_groups(&draft.after);
    if is_group(&owner) && after > MAX_GROUP_PLANS && after > of_groups(draft.before) {
        return Err(too_many("all_group_plans", MAX_GROUP_PLANS));
    }
    Ok(())
}

/// How many of an owner's plans have not ended.
fn going_on(revisions: &[PlanRevision]) -> usize {
    revisions
        .chunk_by(|left, right| left.plan == right.plan)
        .filter(|plan| plan.last().is_some_and(|newest| !newest.ended))
        .count()
}

/// How many plans a user has that have not ended, by profile and groups.
pub(crate) fn plans_of_user(config: &Config, user: &User) -> usize {
    let owners = plan_owners(user).filter_map(|(owner, _)| config.plans.get(&owner));
    owners.map(|revisions| going_on(revisions)).sum()
}
