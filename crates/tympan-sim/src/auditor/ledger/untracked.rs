//! Usage that is nobody's yet: kept, charged to somebody later, or to nobody.

use tympan_core::error::Code;
use tympan_core::ids::UserId;
use tympan_core::ledger::{
    AssignUntracked, ChargeOrKeep, ChargedOrKept, StatedCost, UntrackedId, UntrackedUsage, Usage,
};
use tympan_core::people::UserReference;
use tympan_core::records::{IdentityKind, UntrackedState, Verb};
use tympan_core::time::Timestamp;

use super::keys::{JobParts, answered, differing_job};
use super::prices::priced_at;
use super::{Effect, Expected, HoldEffect, Prediction, Refusal, Said, compare, learn, line, told};
use crate::ask::{Answer, Ask, Reply, in_full};
use crate::auditor::model::{Kept, Tenant, Unit};
use crate::auditor::paper::{counted, plain};
use crate::auditor::purses::{Beyond, Desk};
use crate::auditor::wrong;
use crate::calendar::Calendar;

type Details = Vec<(&'static str, String)>;

/// Everything that is said of untracked usage but what is new.
#[derive(Debug, PartialEq)]
struct Told {
    state: UntrackedState,
    attempt: i32,
    name: Option<String>,
    queue: Option<String>,
    usage: Usage,
    cost: Option<StatedCost>,
    at: i64,
    actor: Option<i64>,
    assigned_to: Option<i64>,
    resolved_at: Option<i64>,
}

/// Checks an answer about untracked usage, and takes note of what was done; none if the command is
/// about something else.
pub(super) fn check(
    tenant: &mut Tenant,
    calendar: &mut Calendar,
    (actor, clock): (Option<UserId>, i64),
    (ask, answer): (&Ask, &Answer),
) -> Option<Result<(), String>> {
    Some(match ask {
        Ask::ChargeOrKeep(asked) => charge_or_keep(tenant, calendar, (actor, clock), asked, answer),
        Ask::AssignUntracked(asked) => {
            let permitted = tenant.may(actor, "untracked.resolve");
            assign(tenant, calendar, (permitted, clock), asked, (ask, answer))
        }
        Ask::DismissUntracked(asked) => {
            let mut codes = wrong::words(&asked.reason, 4_000, true);
            codes.extend(denied(tenant, actor));
            resolve(tenant, asked.untracked, codes, answer, |kept| {
                match kept.state {
                    UntrackedState::Assigned => return Err(resolved(kept)),
                    UntrackedState::Dismissed => {}
                    UntrackedState::Open => {
                        kept.state = UntrackedState::Dismissed;
                        kept.resolved_at = Some(clock);
                    }
                }
                Ok(())
            })
        }
        Ask::EraseUntrackedName(asked) => {
            let codes = denied(tenant, actor);
            resolve(tenant, asked.untracked, codes, answer, |kept| {
                kept.name = None;
                Ok(())
            })
        }
        _ => return None,
    })
}

fn denied(tenant: &Tenant, actor: Option<UserId>) -> Vec<Code> {
    match tenant.may(actor, "untracked.resolve") {
        true => Vec::new(),
        false => vec![Code::Denied],
    }
}

fn charge_or_keep(
    tenant: &mut Tenant,
    calendar: &mut Calendar,
    (actor, clock): (Option<UserId>, i64),
    asked: &ChargeOrKeep,
    answer: &Answer,
) -> Result<(), String> {
    let mut codes = wrong::charge(&asked.job);
    let given = asked.reported_as.as_deref();
    codes.extend(given.map_or_else(Vec::new, |name| wrong::words(name, 256, false)));
    if !tenant.may(actor, "job.charge") {
        codes.push(Code::Denied);
    }
    if let Some(code) = codes.into_iter().min() {
        return refused(code, &Vec::new(), answer);
    }
    let (text, attempt) = wrong::parts(&asked.job.key);
    let places = [attempt, attempt - 1].map(|attempt| (text.clone(), attempt));
    let place = places
        .iter()
        .find(|place| tenant.untracked.contains_key(*place));
    if let Some((place, kept)) = place.and_then(|place| tenant.untracked.get_key_value(place)) {
        let differs = differing(asked, kept);
        let reused = |field: &str| {
            let details = vec![("field", field.to_owned())];
            refused(Code::KeyReused, &details, answer)
        };
        return match (kept.state, tenant.done.get(place)) {
            (UntrackedState::Assigned, Some(done)) => {
                differs.map_or_else(|| same_receipt(&done.answer, answer), reused)
            }
            (_, Some(_)) => as_charge(tenant, calendar, (actor, clock), asked, answer),
            (_, None) => differs.map_or_else(|| says(kept, answer), reused),
        };
    }
    match answered(tenant, &asked.job.key) {
        Err(code) => return refused(code, &Vec::new(), answer),
        Ok(Some(_)) => return as_charge(tenant, calendar, (actor, clock), asked, answer),
        Ok(None) => {}
    }
    let user = tenant.find(&asked.job.user);
    let person = user.and_then(|user| tenant.people.get(&user));
    if person.is_some_and(|person| person.active) {
        return as_charge(tenant, calendar, (actor, clock), asked, answer);
    }
    let Ok(Reply::Outcome(outcome)) = answer else {
        return Err("expected the usage to be kept".to_owned());
    };
    let ChargedOrKept::Kept(new) = &**outcome else {
        return Err("expected the usage to be kept, and nobody charged".to_owned());
    };
    let kept = Kept {
        id: new.id,
        number: new.number,
        state: UntrackedState::Open,
        attempt,
        name: name_of(asked),
        job: asked.job.clone(),
        at: clock,
        actor: actor.map(|actor| actor.0),
        assigned_to: None,
        resolved_at: None,
    };
    let is_new = |known: &Kept| known.id != kept.id && known.number < kept.number;
    if !tenant.untracked.values().all(is_new) {
        return Err("expected an id and a number of its own".to_owned());
    }
    says(&kept, answer)?;
    tenant.untracked.insert((text, attempt), kept);
    Ok(())
}

/// It is the same request as a charge.
fn as_charge(
    tenant: &mut Tenant,
    calendar: &mut Calendar,
    by: (Option<UserId>, i64),
    asked: &ChargeOrKeep,
    answer: &Answer,
) -> Result<(), String> {
    let answer = match answer {
        Err(error) => Err(error.clone()),
        Ok(Reply::Outcome(outcome)) => match &**outcome {
            ChargedOrKept::Charged(receipt) => Ok(Reply::Receipt(receipt.clone())),
            ChargedOrKept::Kept(_) => return Err("expected what a charge answers".to_owned()),
        },
        Ok(_) => return Err("expected a receipt, or what was kept".to_owned()),
    };
    let charge = Ask::Charge(Box::new(asked.job.clone()));
    super::check(tenant, calendar, by, &charge, &answer)
}

fn same_receipt(before: &Answer, answer: &Answer) -> Result<(), String> {
    if let (Ok(Reply::Receipt(before)), Ok(Reply::Outcome(outcome))) = (before, answer)
        && let ChargedOrKept::Charged(receipt) = &**outcome
        && receipt == before
    {
        return Ok(());
    }
    Err(format!("expected {}", in_full(before)))
}

fn assign(
    tenant: &mut Tenant,
    calendar: &mut Calendar,
    (permitted, clock): (bool, i64),
    asked: &AssignUntracked,
    (ask, answer): (&Ask, &Answer),
) -> Result<(), String> {
    let mut codes = wrong::user(&asked.user);
    codes.extend((!permitted).then_some(Code::Denied));
    if let Some(code) = codes.into_iter().min() {
        return refused(code, &Vec::new(), answer);
    }
    let Some((place, kept)) = known(tenant, asked.untracked) else {
        return unknown(asked.untracked, answer);
    };
    let done = tenant.done.get(&place);
    let expected = match (kept.state, done) {
        (UntrackedState::Open, None) => {
            let decided = charge(tenant, calendar, clock, &asked.user, &kept);
            told(decided)
        }
        (UntrackedState::Assigned, Some(done)) if is_for(tenant, &asked.user, &kept) => {
            let again = Expected::Again(Box::new(done.answer.clone()));
            return compare(tenant, &again, answer);
        }
        _ => {
            let Refusal(code, details) = resolved(&kept);
            return refused(code, &details, answer);
        }
    };
    compare(tenant, &expected.expected, answer)?;
    if let (Some((user, desk)), Some(kept)) = (&expected.effect, tenant.untracked.get_mut(&place)) {
        kept.state = UntrackedState::Assigned;
        kept.assigned_to = Some(*user);
        kept.resolved_at = Some(desk.now);
    }
    learn(tenant, expected, Some(place), (ask, answer));
    Ok(())
}

/// What it costs by the prices of when it was reported, from whatever is there, and the rest owed.
fn charge(
    tenant: &Tenant,
    calendar: &mut Calendar,
    clock: i64,
    user: &UserReference,
    kept: &Kept,
) -> Result<Prediction, Refusal> {
    let user = tenant.find(user).ok_or(Code::UnknownUser)?;
    let mut desk = Desk::open(tenant, user, clock, calendar)?;
    let usage = &kept.job.usage;
    let cost = priced_at(tenant, &desk, &parts(kept), kept.at)?;
    let home = Unit::money(&tenant.currency);
    let needs = desk.needs(&|unit| counted(usage, &unit.1), cost.clone(), &home);
    let shared = desk.share(&needs, Beyond::Owe, calendar);
    let takes = shared.map_err(|_| Code::Internal)?;
    let mut lines = Vec::new();
    for take in &takes {
        lines.push(line(&mut desk, take, -take.amount, 0, Verb::Charge)?);
    }
    let said = Said {
        at: desk.now,
        verb: Verb::Charge,
        user,
        other: None,
        attempt: kept.attempt,
        usage: Some(plain(usage)),
        cost,
        hold: None,
        expires_at: None,
        late: false,
        lines,
    };
    Ok(Prediction {
        expected: Expected::Receipt(said.into()),
        effect: Some((user, desk)),
        other: None,
        hold: HoldEffect::None,
        paid: Effect::Took,
        kept: true,
    })
}

/// Checks the answer to what only changes what is on record.
fn resolve(
    tenant: &mut Tenant,
    id: UntrackedId,
    wrong: Vec<Code>,
    answer: &Answer,
    change: impl Fn(&mut Kept) -> Result<(), Refusal>,
) -> Result<(), String> {
    if let Some(code) = wrong.into_iter().min() {
        return refused(code, &Vec::new(), answer);
    }
    let Some((place, mut kept)) = known(tenant, id) else {
        return unknown(id, answer);
    };
    if let Err(Refusal(code, details)) = change(&mut kept) {
        return refused(code, &details, answer);
    }
    says(&kept, answer)?;
    tenant.untracked.insert(place, kept);
    Ok(())
}

fn known(tenant: &Tenant, id: UntrackedId) -> Option<((String, i32), Kept)> {
    let mut all = tenant.untracked.iter();
    let (place, kept) = all.find(|(_, kept)| kept.id == id)?;
    Some((place.clone(), kept.clone()))
}

fn unknown(id: UntrackedId, answer: &Answer) -> Result<(), String> {
    let details = vec![("untracked", id.to_string())];
    refused(Code::UnknownUntracked, &details, answer)
}

fn resolved(kept: &Kept) -> Refusal {
    let mut details = vec![("state", kept.state.as_str().to_owned())];
    let user = kept.assigned_to.map(|user| UserId(user).to_string());
    details.extend(user.map(|user| ("user", user)));
    let at = kept.resolved_at.map(|at| at.to_string());
    details.extend(at.map(|at| ("resolved_at", at)));
    Refusal(Code::UntrackedResolved, details)
}

fn refused(code: Code, details: &Details, answer: &Answer) -> Result<(), String> {
    let says = |error: &tympan::Error| {
        let told = |(name, value): &(&str, String)| error.detail(name) == Some(value);
        error.code() == code && details.iter().all(told)
    };
    match answer {
        Err(error) if says(error) => Ok(()),
        _ => Err(format!("expected {code} {details:?}")),
    }
}

fn is_for(tenant: &Tenant, user: &UserReference, kept: &Kept) -> bool {
    match user {
        UserReference::Id(id) => Some(id.0) == kept.assigned_to,
        by_value => {
            let found = tenant.find(by_value);
            found.is_none() || found == kept.assigned_to
        }
    }
}

/// Whom it is listed as: what was said, or how the user was named, if that is no secret.
fn name_of(asked: &ChargeOrKeep) -> Option<String> {
    let name = match (&asked.reported_as, &asked.job.user) {
        (Some(name), _) => name.clone(),
        (None, UserReference::Id(id)) => id.to_string(),
        (None, UserReference::Identity(IdentityKind::Username, raw)) => raw.expose().to_owned(),
        (None, UserReference::Identity(..)) => return None,
    };
    Some(name.trim().to_owned()).filter(|name| !name.is_empty())
}

/// The first field in which a report differs from the one whose usage was kept.
fn differing(asked: &ChargeOrKeep, kept: &Kept) -> Option<&'static str> {
    let folded = |name: &Option<String>| name.as_deref().map(wrong::folded);
    if kept.name.is_some() && folded(&kept.name) != folded(&name_of(asked)) {
        return Some("user");
    }
    let new = &asked.job;
    let currency = |cost: Option<StatedCost>| cost.map(|cost| cost.currency);
    let other_currency = currency(new.cost) != currency(kept.job.cost);
    let new = (new.usage.clone(), new.queue.clone(), new.cost);
    let field = differing_job(new, parts(kept))?;
    // Of money the currency is looked at first.
    let is_money = matches!(field, "cost_micros" | "currency");
    Some(match is_money && other_currency {
        true => "currency",
        false => field,
    })
}

fn parts(kept: &Kept) -> JobParts {
    let job = &kept.job;
    (job.usage.clone(), job.queue.clone(), job.cost)
}

/// Checks that an answer says what is on record.
fn says(kept: &Kept, answer: &Answer) -> Result<(), String> {
    let shown = match answer {
        Ok(Reply::Untracked(shown)) => Some(&**shown),
        Ok(Reply::Outcome(outcome)) => match &**outcome {
            ChargedOrKept::Kept(shown) => Some(shown),
            ChargedOrKept::Charged(_) => None,
        },
        _ => None,
    };
    let expected = expected(kept);
    let is_it = |shown: &&UntrackedUsage| (shown.id, shown.number) == (kept.id, kept.number);
    match shown.filter(is_it).map(heard) {
        Some(heard) if heard == expected => Ok(()),
        _ => Err(format!("expected {expected:?}")),
    }
}

fn expected(kept: &Kept) -> Told {
    let queue = kept.job.queue.as_deref().map(str::trim);
    Told {
        state: kept.state,
        attempt: kept.attempt,
        name: kept.name.clone(),
        queue: queue.filter(|queue| !queue.is_empty()).map(str::to_owned),
        usage: plain(&kept.job.usage),
        cost: kept.job.cost,
        at: kept.at,
        actor: kept.actor,
        assigned_to: kept.assigned_to,
        resolved_at: kept.resolved_at,
    }
}

fn heard(shown: &UntrackedUsage) -> Told {
    Told {
        state: shown.state,
        attempt: shown.attempt,
        name: shown.reported_as.clone(),
        queue: shown.queue.clone(),
        usage: shown.usage.clone(),
        cost: shown.cost,
        at: shown.at.millis(),
        actor: shown.actor.map(|actor| actor.0),
        assigned_to: shown.assigned_to.map(|user| user.0),
        resolved_at: shown.resolved_at.map(Timestamp::millis),
    }
}

/// Checks the first rows of the list of what is open.
pub(in crate::auditor) fn lists(
    tenant: &Tenant,
    limit: usize,
    rows: &[UntrackedUsage],
) -> Result<(), String> {
    let is_open = |kept: &&Kept| kept.state == UntrackedState::Open;
    let mut open: Vec<&Kept> = tenant.untracked.values().filter(is_open).collect();
    open.sort_by_key(|kept| kept.number);
    let expected: Vec<(i64, Told)> = open
        .iter()
        .take(limit)
        .map(|kept| (kept.number, expected(kept)))
        .collect();
    let found: Vec<(i64, Told)> = rows.iter().map(|row| (row.number, heard(row))).collect();
    if expected == found {
        return Ok(());
    }
    Err(format!("expected {expected:?}"))
}
