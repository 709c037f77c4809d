//! Holds as they are settled and cancelled.

use tympan_core::error::Code;
use tympan_core::ids::HoldId;
use tympan_core::ledger::{Extend, Extra, Settle};
use tympan_core::records::Verb;

use super::jobs::later;
use super::prices::priced;
use super::{Effect, Expected, HoldEffect, Prediction, Refusal, Said, line};
use crate::auditor::model::{Feed, Hold, HoldState, Tenant, Unit};
use crate::auditor::paper::{counted, plain};
use crate::auditor::purses::{Beyond, Desk, Take};
use crate::auditor::sharing::sharer_in;
use crate::calendar::Calendar;

pub(super) fn settlement(
    tenant: &Tenant,
    calendar: &mut Calendar,
    clock: i64,
    settle: &Settle,
    attempt: i32,
) -> Result<Prediction, Refusal> {
    let hold = *tenant.holds.get(&settle.hold.0).ok_or(Code::UnknownHold)?;
    if matches!(hold.state, HoldState::Settled | HoldState::Cancelled) {
        return Err(resolved(&hold));
    }
    let user = hold.owner;
    let mut desk = Desk::open_shared(tenant, user, hold.sharer, clock, calendar)?;
    let late = hold.expires_at <= desk.now;
    let parts = desk.aside(settle.hold.0);
    desk.forget(settle.hold.0);
    let mut cost = priced(
        tenant,
        &desk,
        &(settle.usage.clone(), settle.queue.clone(), settle.cost),
    )?;
    // Where nothing prices the job any more in the money that was put aside, that is its price.
    if settle.cost.is_none() {
        let money = parts.iter().filter_map(|(feed, amount)| {
            let purse = desk.purse(*feed)?;
            purse.unit.is_money().then(|| (purse.unit.clone(), *amount))
        });
        let put_aside = money.reduce(|(unit, sum), (_, amount)| (unit, sum + amount));
        if let Some((unit, sum)) = put_aside
            && cost.as_ref().is_none_or(|(of, _)| *of != unit)
        {
            cost = Some((unit, sum));
        }
    }
    let home = Unit::money(&tenant.currency);
    let used = |unit: &Unit| counted(&settle.usage, &unit.1);
    let mut needs = desk.needs(&used, cost.clone(), &home);
    desk.promise(&mut needs, &parts, &used);
    if settle.extra == Extra::Deny && !late {
        for need in &mut needs {
            let cut = (need.amount - need.promised()).max(0);
            need.amount -= cut;
            need.denied = cut;
        }
    }
    // What the hold kept aside is there for it to take.
    release(&mut desk, &parts, -1);
    let beyond = match settle.extra {
        Extra::TakeAndOwe => Beyond::Owe,
        Extra::Deny | Extra::TakeAvailable => Beyond::Available,
    };
    let shared = desk.share(&needs, beyond, calendar);
    let mut takes = shared.map_err(|_| Code::Internal)?;
    release(&mut desk, &parts, 1);
    for (feed, _) in &parts {
        if !takes.iter().any(|take| take.feed == *feed) {
            let purse = desk.purse(*feed).ok_or(Code::Internal)?;
            takes.push(Take {
                feed: *feed,
                unit: purse.unit.clone(),
                amount: 0,
                debt: 0,
                carried: 0,
                denied: 0,
            });
        }
    }
    let verb = if late { Verb::Charge } else { Verb::Settle };
    let takes = desk.own_first(takes, &home);
    let mut lines = Vec::new();
    for take in &takes {
        let held: i128 = parts
            .iter()
            .filter(|(feed, _)| *feed == take.feed)
            .map(|(_, amount)| amount)
            .sum();
        lines.push(line(&mut desk, take, -take.amount, -held, verb)?);
    }
    let said = Said {
        at: desk.now,
        verb,
        user,
        other: sharer_in(&desk, &lines),
        attempt,
        usage: Some(plain(&settle.usage)),
        cost,
        hold: Some(settle.hold.0),
        expires_at: None,
        late,
        lines,
    };
    Ok(Prediction {
        expected: Expected::Receipt(said.into()),
        effect: Some((user, desk)),
        other: None,
        hold: HoldEffect::Resolved(settle.hold.0, HoldState::Settled),
        paid: Effect::Took,
        kept: true,
    })
}

/// What a hold keeps aside, the person's own before what others share; where that is none of the
/// person's own, a line of nothing is on record of it.
fn on_record(desk: &Desk, tenant: &Tenant, hold: i64) -> Vec<(Feed, i128)> {
    let mut parts = desk.aside(hold);
    if !parts.iter().any(|(feed, _)| feed.of_sharer().is_none()) {
        let (feed, _) = desk.own_record(&Unit::money(&tenant.currency));
        parts.insert(0, (feed, 0));
    }
    parts
}

fn release(desk: &mut Desk, parts: &[(Feed, i128)], sign: i128) {
    for (feed, amount) in parts {
        if let Some(purse) = desk.purse_mut(*feed) {
            purse.held += sign * amount;
        }
    }
}

pub(super) fn cancellation(
    tenant: &Tenant,
    calendar: &mut Calendar,
    clock: i64,
    id: HoldId,
    attempt: i32,
) -> Result<Prediction, Refusal> {
    let hold = *tenant.holds.get(&id.0).ok_or(Code::UnknownHold)?;
    if matches!(hold.state, HoldState::Settled | HoldState::Cancelled) {
        return Err(resolved(&hold));
    }
    let user = hold.owner;
    let mut desk = Desk::open_shared(tenant, user, hold.sharer, clock, calendar)?;
    if hold.expires_at <= desk.now {
        return Ok(too_late(&hold, desk));
    }
    let parts = on_record(&desk, tenant, id.0);
    desk.forget(id.0);
    let mut lines = Vec::new();
    for (feed, amount) in &parts {
        let known = desk.purse(*feed);
        let home = || Unit::money(&tenant.currency);
        let take = Take {
            feed: *feed,
            unit: known.map_or_else(home, |purse| purse.unit.clone()),
            amount: 0,
            debt: 0,
            carried: 0,
            denied: 0,
        };
        lines.push(line(&mut desk, &take, 0, -amount, Verb::Cancel)?);
    }
    let said = Said {
        at: desk.now,
        verb: Verb::Cancel,
        user,
        other: sharer_in(&desk, &lines),
        attempt,
        usage: None,
        cost: None,
        hold: Some(id.0),
        expires_at: None,
        late: false,
        lines,
    };
    Ok(Prediction {
        expected: Expected::Receipt(said.into()),
        effect: Some((user, desk)),
        other: None,
        hold: HoldEffect::Resolved(id.0, HoldState::Cancelled),
        paid: Effect::None,
        kept: true,
    })
}

pub(super) fn extension(
    tenant: &Tenant,
    calendar: &mut Calendar,
    clock: i64,
    extend: &Extend,
    attempt: i32,
) -> Result<Prediction, Refusal> {
    let id = extend.hold.0;
    let hold = *tenant.holds.get(&id).ok_or(Code::UnknownHold)?;
    if matches!(hold.state, HoldState::Settled | HoldState::Cancelled) {
        return Err(resolved(&hold));
    }
    let mut desk = Desk::open_shared(tenant, hold.owner, hold.sharer, clock, calendar)?;
    if hold.expires_at <= desk.now {
        return Ok(too_late(&hold, desk));
    }
    let home = Unit::money(&tenant.currency);
    let mut lines = Vec::new();
    for (feed, _) in on_record(&desk, tenant, id) {
        let known = desk.purse(feed);
        let take = Take {
            feed,
            unit: known.map_or_else(|| home.clone(), |purse| purse.unit.clone()),
            amount: 0,
            debt: 0,
            carried: 0,
            denied: 0,
        };
        lines.push(line(&mut desk, &take, 0, 0, Verb::Extend)?);
    }
    let expires_at = later(desk.now, extend.expires_in_ms);
    let said = Said {
        at: desk.now,
        verb: Verb::Extend,
        user: hold.owner,
        other: sharer_in(&desk, &lines),
        attempt,
        cost: None,
        hold: Some(id),
        expires_at: Some(expires_at),
        late: false,
        usage: None,
        lines,
    };
    Ok(Prediction {
        expected: Expected::Receipt(said.into()),
        effect: Some((hold.owner, desk)),
        other: None,
        hold: HoldEffect::Until(id, expires_at),
        paid: Effect::None,
        kept: true,
    })
}

/// The refusal for a hold whose time is over. What fell due meanwhile stands.
fn too_late(hold: &Hold, desk: Desk) -> Prediction {
    let expired = Hold {
        state: HoldState::Expired,
        resolved_at: hold.expires_at,
        ..*hold
    };
    let Refusal(code, details) = resolved(&expired);
    Prediction {
        expected: Expected::Refused(code, details),
        effect: Some((hold.owner, desk)),
        other: None,
        hold: HoldEffect::None,
        paid: Effect::None,
        kept: false,
    }
}

fn resolved(hold: &Hold) -> Refusal {
    let state = match hold.state {
        HoldState::Open => "open",
        HoldState::Settled => "settled",
        HoldState::Cancelled => "cancelled",
        HoldState::Expired => "expired",
    };
    let details = vec![
        ("state", state.to_owned()),
        ("resolved_at", hold.resolved_at.to_string()),
    ];
    Refusal(Code::HoldResolved, details)
}
