//! Schedules and reset verbs: one word and a few fields here, one value there. A field that the word
//! does not ask for is refused rather than forgotten.

use tympan::{Code, Cycle, Date, Error};

use super::same_words;
use crate::definition::{Plan, ResetVerb, Schedule, Weekday};

same_words! {
    Weekday => tympan::Weekday { Monday Tuesday Wednesday Thursday Friday Saturday Sunday }
    tympan::Weekday => Weekday { Monday Tuesday Wednesday Thursday Friday Saturday Sunday }
}

/// # Errors
/// `invalid_value`, `too_many`.
pub(super) fn schedule(plan: &Plan) -> Result<tympan::Schedule, Error> {
    let asked: &[&str] = match plan.schedule {
        Schedule::Never | Schedule::Daily => &[],
        Schedule::Once | Schedule::Dates => &["dates"],
        Schedule::Weekly => &["weekday"],
        Schedule::Monthly => &["day"],
        Schedule::Quarterly | Schedule::HalfYearly | Schedule::Yearly => &["month", "day"],
        Schedule::Rolling => &["rolling_days"],
    };
    for (field, is_given) in [
        ("weekday", plan.weekday.is_some()),
        ("month", plan.month.is_some()),
        ("day", plan.day.is_some()),
        ("dates", !plan.dates.is_empty()),
        ("rolling_days", plan.rolling_days.is_some()),
    ] {
        if is_given && !asked.contains(&field) {
            return Err(wrong(field, format!("the schedule has no `{field}`")));
        }
    }
    match plan.schedule {
        Schedule::Never => Ok(tympan::Schedule::Never),
        Schedule::Daily => Ok(tympan::Schedule::Daily),
        Schedule::Once => match days(plan)?.as_slice() {
            [day] => Ok(tympan::Schedule::Once(*day)),
            _ => Err(wrong("dates", "a schedule that gives once has one day")),
        },
        Schedule::Dates => tympan::Schedule::dates(days(plan)?),
        Schedule::Weekly => {
            let weekday = plan.weekday.unwrap_or(Weekday::Monday);
            Ok(tympan::Schedule::Weekly(weekday.into()))
        }
        Schedule::Monthly => every(plan, Cycle::Monthly),
        Schedule::Quarterly => every(plan, Cycle::Quarterly),
        Schedule::HalfYearly => every(plan, Cycle::HalfYearly),
        Schedule::Yearly => every(plan, Cycle::Yearly),
        Schedule::Rolling => match plan.rolling_days {
            Some(days) => tympan::Schedule::rolling(days.into()),
            None => Err(wrong("rolling_days", "a rolling schedule needs its days")),
        },
    }
}

fn days(plan: &Plan) -> Result<Vec<Date>, Error> {
    plan.dates.iter().map(|day| Date::parse(day)).collect()
}

fn every(plan: &Plan, cycle: Cycle) -> Result<tympan::Schedule, Error> {
    let or_first = |given: Option<i32>| given.map_or(1, i64::from);
    tympan::Schedule::every(cycle, or_first(plan.month), or_first(plan.day))
}

/// # Errors
/// `invalid_value`.
pub(super) fn verb(plan: &Plan) -> Result<tympan::ResetVerb, Error> {
    let otherwise = match plan.schedule {
        Schedule::Rolling => ResetVerb::ZeroUsage,
        _ => ResetVerb::SetTo,
    };
    match (plan.verb.unwrap_or(otherwise), plan.cap) {
        (ResetVerb::AddUpTo, Some(cap)) => Ok(tympan::ResetVerb::AddUpTo(cap)),
        (ResetVerb::AddUpTo, None) => Err(wrong("cap", "adding up to a cap needs the cap")),
        (_, Some(_)) => Err(wrong("cap", "only adding up to a cap has one")),
        (ResetVerb::SetTo, None) => Ok(tympan::ResetVerb::SetTo),
        (ResetVerb::Add, None) => Ok(tympan::ResetVerb::Add),
        (ResetVerb::RaiseTo, None) => Ok(tympan::ResetVerb::RaiseTo),
        (ResetVerb::ZeroUsage, None) => Ok(tympan::ResetVerb::ZeroUsage),
    }
}

fn wrong(field: &'static str, message: impl Into<String>) -> Error {
    Error::new(Code::InvalidValue, message).with("field", field)
}

/// A plan's terms with everything said that may be left out when they are given.
pub(super) fn shown(revision: tympan::PlanRevision) -> Plan {
    let (verb, cap) = match revision.verb {
        tympan::ResetVerb::SetTo => (ResetVerb::SetTo, None),
        tympan::ResetVerb::Add => (ResetVerb::Add, None),
        tympan::ResetVerb::AddUpTo(cap) => (ResetVerb::AddUpTo, Some(cap)),
        tympan::ResetVerb::RaiseTo => (ResetVerb::RaiseTo, None),
        tympan::ResetVerb::ZeroUsage => (ResetVerb::ZeroUsage, None),
    };
    let mut plan = Plan {
        measure: revision.measure.name().into_owned(),
        amount: revision.amount,
        schedule: Schedule::Never,
        time_of_day: Some(revision.time_of_day.to_string()),
        time_zone: Some(revision.time_zone.name().to_owned()),
        weekday: None,
        month: None,
        day: None,
        dates: Vec::new(),
        rolling_days: None,
        verb: Some(verb),
        cap,
        run_if_missed: revision.run_if_missed,
        suspended: revision.suspended,
        when_exhausted: Some(revision.when_exhausted.into()),
        overdraft: Some(revision.overdraft),
        low_balances: revision.low_balances.amounts().to_vec(),
        priority: Some(revision.priority),
    };
    show_schedule(revision.schedule, &mut plan);
    plan
}

fn show_schedule(schedule: tympan::Schedule, plan: &mut Plan) {
    match schedule {
        tympan::Schedule::Never => {}
        tympan::Schedule::Daily => plan.schedule = Schedule::Daily,
        tympan::Schedule::Once(day) => {
            plan.schedule = Schedule::Once;
            plan.dates = vec![day.to_string()];
        }
        tympan::Schedule::Dates(days) => {
            plan.schedule = Schedule::Dates;
            plan.dates = days.iter().map(|day| day.to_string()).collect();
        }
        tympan::Schedule::Weekly(weekday) => {
            plan.schedule = Schedule::Weekly;
            plan.weekday = Some(weekday.into());
        }
        tympan::Schedule::Every(cycle, on) => {
            plan.day = Some(on.day().into());
            plan.month = Some(on.month().into()).filter(|_| cycle != Cycle::Monthly);
            plan.schedule = match cycle {
                Cycle::Monthly => Schedule::Monthly,
                Cycle::Quarterly => Schedule::Quarterly,
                Cycle::HalfYearly => Schedule::HalfYearly,
                Cycle::Yearly => Schedule::Yearly,
            };
        }
        tympan::Schedule::Rolling(days) => {
            plan.schedule = Schedule::Rolling;
            plan.rolling_days = Some(days.count().into());
        }
    }
}
