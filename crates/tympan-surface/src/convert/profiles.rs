//! Profiles and their allowance plans.

use tympan::{Code, Error, Measure, PlanTerms, ProfileId, Thresholds, TimeOfDay, TimeZoneName};

use super::{count, same_words, schedules, version};
use crate::definition::{
    CreateProfile, EditProfile, Plan, PlanChange, PlanRevision, Profile, SavedProfile, Stacking,
    Tracking, WhenExhausted,
};

same_words! {
    Stacking => tympan::Stacking { Sum Max Strictest Priority }
    tympan::Stacking => Stacking { Sum Max Strictest Priority }
    WhenExhausted => tympan::WhenExhausted { Refuse Warn FinishAndForgive FinishAndOwe FinishAndCarry }
    tympan::WhenExhausted => WhenExhausted { Refuse Warn FinishAndForgive FinishAndOwe FinishAndCarry }
}

impl CreateProfile {
    /// # Errors
    /// `invalid_value`, `unknown_currency`, `unknown_time_zone`.
    pub(crate) fn command(self, name: String) -> Result<tympan::CreateProfile, Error> {
        Ok(tympan::CreateProfile {
            name,
            price_list: self.price_list,
            tracking: self.tracking.unwrap_or_default().tracking()?,
            stacking: self.stacking.unwrap_or(Stacking::Sum).into(),
            plans: self
                .plans
                .into_iter()
                .map(Plan::terms)
                .collect::<Result<_, _>>()?,
        })
    }
}

impl EditProfile {
    /// # Errors
    /// `invalid_value`, `unknown_currency`, `unknown_time_zone`.
    pub(crate) fn command(self, profile: ProfileId) -> Result<tympan::EditProfile, Error> {
        let price_list = match (self.price_list, self.clear_price_list) {
            (None, true) => Some(None),
            (given, false) => given.map(Some),
            (Some(_), true) => {
                let message = "`price_list` is given and cleared at once";
                return Err(Error::new(Code::InvalidValue, message).with("field", "price_list"));
            }
        };
        Ok(tympan::EditProfile {
            profile,
            expected_version: version(self.expected_version),
            name: self.name,
            price_list,
            tracking: self.tracking.map(Tracking::tracking).transpose()?,
            stacking: self.stacking.map(Into::into),
            plans: self
                .plans
                .into_iter()
                .map(PlanChange::change)
                .collect::<Result<_, _>>()?,
        })
    }
}

impl PlanChange {
    pub(super) fn change(self) -> Result<tympan::PlanChange, Error> {
        Ok(match self {
            Self::Add { terms } => tympan::PlanChange::Add(terms.terms()?),
            Self::Edit {
                plan,
                terms,
                effective_from,
            } => tympan::PlanChange::Edit {
                plan,
                terms: terms.terms()?,
                effective_from,
            },
            Self::End {
                plan,
                effective_from,
            } => tympan::PlanChange::End {
                plan,
                effective_from,
            },
        })
    }
}

impl Plan {
    fn terms(self) -> Result<PlanTerms, Error> {
        let zone = self.time_zone.as_deref().map(TimeZoneName::parse);
        let time_of_day = self.time_of_day.as_deref().map(TimeOfDay::parse);
        Ok(PlanTerms {
            priority: self.priority.unwrap_or(0),
            measure: Measure::parse(&self.measure)?,
            amount: self.amount,
            schedule: schedules::schedule(&self)?,
            time_of_day: time_of_day.transpose()?.unwrap_or(TimeOfDay::MIDNIGHT),
            time_zone: zone.transpose()?.unwrap_or(TimeZoneName::UTC),
            verb: schedules::verb(&self)?,
            run_if_missed: self.run_if_missed,
            suspended: self.suspended,
            when_exhausted: self.when_exhausted.unwrap_or(WhenExhausted::Refuse).into(),
            overdraft: self.overdraft.unwrap_or(0),
            low_balances: Thresholds::new(self.low_balances)?,
        })
    }
}

impl From<tympan::ShownProfile> for Profile {
    fn from(profile: tympan::ShownProfile) -> Self {
        Self {
            id: profile.id,
            name: profile.name,
            version: count(profile.version),
            retired: profile.retired,
            is_default: profile.is_default,
            price_list: profile.price_list,
            tracking: profile.tracking.into(),
            stacking: profile.stacking.into(),
            plans: profile.plans.into_iter().map(PlanRevision::from).collect(),
            created_at: profile.created_at,
        }
    }
}

impl From<tympan::PlanRevision> for PlanRevision {
    fn from(revision: tympan::PlanRevision) -> Self {
        Self {
            plan: revision.plan,
            revision: revision.revision,
            effective_from: revision.effective_from,
            ended: revision.ended,
            terms: schedules::shown(revision),
        }
    }
}

impl From<tympan::SavedProfile> for SavedProfile {
    fn from(saved: tympan::SavedProfile) -> Self {
        Self {
            id: saved.id,
            version: count(saved.version),
            added_plans: saved.added_plans,
        }
    }
}
