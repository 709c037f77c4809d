//! What applies to a user, and why.

use super::same_words;
use crate::definition::{EffectivePlan, EffectiveValue, Explanation, PlanRevision, ValueSource};

same_words! {
    tympan::ValueSource => ValueSource { Own Profile Group Tenant }
}

impl From<tympan::EffectiveValue> for EffectiveValue {
    fn from(value: tympan::EffectiveValue) -> Self {
        Self {
            name: value.name.to_owned(),
            value: value.value,
            source: value.source.into(),
            source_name: value.source_name,
        }
    }
}

impl From<tympan::EffectivePlan> for EffectivePlan {
    fn from(plan: tympan::EffectivePlan) -> Self {
        Self {
            revision: PlanRevision::from(plan.revision),
            source: plan.source.into(),
            source_name: plan.source_name,
            since: plan.since,
            overruled_by: plan.overruled_by,
        }
    }
}

impl From<tympan::Explanation> for Explanation {
    fn from(told: tympan::Explanation) -> Self {
        Self {
            user: told.user,
            at: told.at,
            stacking: told.stacking.into(),
            plans: told.plans.into_iter().map(EffectivePlan::from).collect(),
            values: told.values.into_iter().map(EffectiveValue::from).collect(),
        }
    }
}
