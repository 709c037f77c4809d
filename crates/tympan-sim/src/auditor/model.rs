//! What the auditor knows: plain maps and wide numbers.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use tympan_core::configuration::{PlanTerms, PriceTerms};
use tympan_core::ledger::{Charge, Rounding, UntrackedId, Usage};
use tympan_core::measure::Measure;
use tympan_core::records::{SharedOrder, UntrackedState, WhenExhausted};

use crate::ask::{Answer, Ask};
use crate::calendar::Timetable;

/// One tenant.
#[derive(Debug, Default)]
pub(super) struct Tenant {
    pub(super) currency: String,
    pub(super) default_profile: i64,
    pub(super) roles: BTreeMap<i64, BTreeSet<String>>,
    pub(super) profiles: BTreeMap<i64, Profile>,
    /// Plans that groups have.
    pub(super) groups: BTreeMap<i64, Profile>,
    pub(super) prices: BTreeMap<i64, Prices>,
    pub(super) people: BTreeMap<i64, Person>,
    pub(super) purses: BTreeMap<i64, Purses>,
    pub(super) holds: BTreeMap<i64, Hold>,
    /// What jobs took, by the first entry.
    pub(super) paid: BTreeMap<i64, Paid>,
    /// By key and attempt.
    pub(super) done: BTreeMap<(String, i32), Done>,
    /// Usage that was reported for nobody who could be charged, by key and attempt.
    pub(super) untracked: BTreeMap<(String, i32), Kept>,
    /// Balances that fell below a threshold.
    pub(super) low: Vec<Low>,
    /// Identities that were ever made, to number them.
    pub(super) identities: u64,
}

/// What was decided under a key.
#[derive(Clone, Debug)]
pub(super) struct Done {
    pub(super) user: i64,
    /// Who got what the user gave.
    pub(super) other: Option<i64>,
    pub(super) ask: Ask,
    pub(super) answer: Answer,
    pub(super) refused: bool,
}

/// Usage that was reported for nobody who could be charged.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    pub(super) id: UntrackedId,
    pub(super) number: i64,
    pub(super) state: UntrackedState,
    pub(super) attempt: i32,
    pub(super) name: Option<String>,
    pub(super) job: Charge,
    pub(super) at: i64,
    pub(super) actor: Option<i64>,
    pub(super) assigned_to: Option<i64>,
    pub(super) resolved_at: Option<i64>,
}

/// A balance that fell below a threshold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Low {
    /// Whose.
    pub user: i64,
    /// The plan whose purse it is.
    pub plan: i64,
    /// What it fell below.
    pub threshold: i64,
    /// The balance before.
    pub before: i128,
    /// The balance after.
    pub balance: i128,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Profile {
    pub(super) prices: Option<i64>,
    /// `sum`, `max`, `strictest` or `priority`.
    pub(super) stacking: String,
    pub(super) plans: BTreeMap<i64, Vec<Revision>>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Revision {
    pub(super) from: i64,
    pub(super) terms: Terms,
    pub(super) ended: bool,
}

impl Revision {
    /// Whether its plan feeds when it is due.
    pub(super) fn feeds(&self) -> bool {
        !self.ended && !self.terms.suspended
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Terms {
    pub(super) priority: i32,
    pub(super) unit: Unit,
    pub(super) amount: i128,
    pub(super) timetable: Timetable,
    /// `add_up_to:500`, say.
    pub(super) verb: String,
    pub(super) run_if_missed: bool,
    pub(super) suspended: bool,
    pub(super) warns: bool,
    /// `forgive`, `owe` or `carry`: what becomes of what a job needs that finishes.
    pub(super) finishes: Option<&'static str>,
    pub(super) overdraft: i128,
    pub(super) thresholds: Vec<i64>,
}

impl Terms {
    pub(super) fn of(terms: &PlanTerms) -> Self {
        Self {
            priority: terms.priority,
            unit: Unit::of(terms.measure),
            amount: i128::from(terms.amount),
            timetable: Timetable {
                zone: terms.time_zone.name(),
                schedule: terms.schedule.to_string(),
                time: terms.time_of_day.to_string(),
            },
            verb: terms.verb.to_string(),
            run_if_missed: terms.run_if_missed,
            suspended: terms.suspended,
            warns: terms.when_exhausted == WhenExhausted::Warn,
            finishes: match terms.when_exhausted {
                WhenExhausted::FinishAndForgive => Some("forgive"),
                WhenExhausted::FinishAndOwe => Some("owe"),
                WhenExhausted::FinishAndCarry => Some("carry"),
                WhenExhausted::Refuse | WhenExhausted::Warn => None,
            },
            overdraft: i128::from(terms.overdraft),
            thresholds: terms.low_balances.amounts().to_vec(),
        }
    }
}

/// What is counted, in the order in which a job is looked at.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Unit(u8, pub(super) String);

impl Unit {
    const CUSTOM: u8 = 98;
    const MONEY: u8 = 99;

    pub(super) fn of(measure: Measure) -> Self {
        let name = measure.name().into_owned();
        let order = [
            "total_pages",
            "colour_pages",
            "mono_pages",
            "sheets",
            "impressions",
            "jobs",
            "scans",
            "faxes",
            "area",
            "length",
            "kilobytes",
            "points",
        ];
        let place = order.iter().position(|word| *word == name);
        let place = place.and_then(|at| u8::try_from(at).ok());
        let last = if name.starts_with("custom:") {
            Self::CUSTOM
        } else {
            Self::MONEY
        };
        Self(place.unwrap_or(last), name)
    }

    pub(super) fn money(currency: &str) -> Self {
        Self(Self::MONEY, format!("cost:{currency}"))
    }

    pub(super) fn is_money(&self) -> bool {
        self.0 == Self::MONEY
    }

    /// The currency's number in ISO 4217.
    pub(super) fn number(&self) -> i64 {
        match self.1.as_str() {
            "cost:EUR" => 978,
            "cost:USD" => 840,
            "cost:CHF" => 756,
            _ => -1,
        }
    }
}

#[derive(Clone, Debug, Default)]
pub(super) struct Prices {
    pub(super) currency: String,
    pub(super) rounding: Rounding,
    pub(super) revisions: Vec<(i64, Vec<PriceTerms>)>,
}

#[derive(Clone, Debug)]
pub(super) struct Person {
    pub(super) active: bool,
    /// From when on the person was active, or was not, since they are there.
    pub(super) was_active: Vec<(i64, bool)>,
    pub(super) restricted: bool,
    /// What of each price the person pays.
    pub(super) percent: i32,
    /// With whom the person shares purses: `group:7`, `account_code:4711`.
    pub(super) shares_with: Option<String>,
    pub(super) account_code: Option<String>,
    pub(super) profile: i64,
    pub(super) profile_since: i64,
    /// Groups, and since when.
    pub(super) groups: BTreeMap<i64, i64>,
    pub(super) role: Option<i64>,
    /// Role and accounts; none: all accounts.
    pub(super) rows: BTreeMap<i64, (i64, Option<BTreeSet<i64>>)>,
    pub(super) identities: Vec<Identity>,
}

#[derive(Clone, Debug)]
pub(super) struct Identity {
    pub(super) number: u64,
    pub(super) id: Option<i64>,
    pub(super) kind: String,
    pub(super) value: String,
    pub(super) enabled: bool,
    pub(super) first: bool,
    /// Whether nobody else may have the value.
    pub(super) exclusive: bool,
}

/// What feeds a purse: a plan, or payments in a currency. Purses are emptied in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Feed {
    Plan(i64),
    Own(i64),
    /// The same of who shares purses with the person whose job it is.
    SharedPlan(i64),
    SharedOwn(i64),
}

impl Feed {
    /// As the person calls it whose job it is, of a purse that somebody shares.
    pub(super) fn shared(self) -> Self {
        match self {
            Self::Plan(plan) | Self::SharedPlan(plan) => Self::SharedPlan(plan),
            Self::Own(currency) | Self::SharedOwn(currency) => Self::SharedOwn(currency),
        }
    }

    /// As who shares it calls it; none for the person's own.
    pub(super) fn of_sharer(self) -> Option<Self> {
        match self {
            Self::Plan(_) | Self::Own(_) => None,
            Self::SharedPlan(plan) => Some(Self::Plan(plan)),
            Self::SharedOwn(currency) => Some(Self::Own(currency)),
        }
    }

    pub(super) fn is_plan(self) -> bool {
        matches!(self, Self::Plan(_) | Self::SharedPlan(_))
    }
}

/// Everything a person has.
#[derive(Clone, Debug, Default)]
pub(super) struct Purses {
    pub(super) purses: BTreeMap<Feed, Purse>,
    /// What is kept aside: by hold and purse.
    pub(super) aside: BTreeMap<(i64, Feed), i128>,
    /// When any of them was written last.
    pub(super) latest: i64,
}

#[derive(Clone, Debug)]
pub(super) struct Purse {
    pub(super) unit: Unit,
    pub(super) balance: i128,
    pub(super) held: i128,
    pub(super) spent: i128,
    /// The last instant at which its plan fed it or was due, or its person came back to it.
    pub(super) due_at: i64,
    /// Up to when it is known whether its person was active.
    pub(super) fed_until: i64,
    /// Whether its plan was due and did not feed it, and may still make up for it.
    pub(super) missed: bool,
    /// How many revisions of its plan there were when it was looked at last.
    pub(super) seen: usize,
    /// What jobs took that counts as used.
    pub(super) used: i128,
    /// Once its person left the group whose plan feeds it: what was taken out of it for that.
    pub(super) gone: Option<i128>,
    /// What is to come off what its plan feeds it next.
    pub(super) carried: i128,
    /// How often its plan fed it.
    pub(super) period: u64,
    /// What its plan's amount was when it fed it last.
    pub(super) given: i128,
    /// Of a rolling plan: what jobs took on days before.
    pub(super) by_day: Vec<(NaiveDate, i128)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HoldState {
    Open,
    Settled,
    Cancelled,
    Expired,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Hold {
    pub(super) owner: i64,
    /// Who shares purses that it may be kept aside in as well, and when.
    pub(super) sharer: Option<(i64, SharedOrder)>,
    pub(super) state: HoldState,
    pub(super) expires_at: i64,
    pub(super) resolved_at: i64,
    /// Of a settled one: the first entry of what was taken.
    pub(super) settled_by: Option<i64>,
}

/// What a job took.
#[derive(Clone, Debug)]
pub(super) struct Paid {
    pub(super) user: i64,
    /// Who shares the other purses that it took from.
    pub(super) sharer: Option<i64>,
    /// What it used, and what it cost.
    pub(super) usage: Option<Usage>,
    pub(super) cost: Option<(Unit, i128)>,
    pub(super) lines: Vec<PaidLine>,
    pub(super) voided: bool,
}

/// What a job took from one purse, and what of it came back.
#[derive(Clone, Debug)]
pub(super) struct PaidLine {
    pub(super) feed: Feed,
    pub(super) unit: Unit,
    pub(super) taken: i128,
    pub(super) debt: i128,
    pub(super) carried: i128,
    pub(super) back: i128,
    /// What of that came off what was carried.
    pub(super) uncarried: i128,
    /// How often the purse had been fed by then.
    pub(super) period: u64,
}
