//! Charges, and holds as they are made.

use tympan_core::error::Code;
use tympan_core::ids::UserId;
use tympan_core::ledger::Charge;
use tympan_core::records::Verb;
use tympan_core::time::Timestamp;

use super::answers::kind_word;
use super::prices::priced;
use super::{Effect, Expected, HoldEffect, Prediction, Refusal, Said, line};
use crate::auditor::model::{Tenant, Unit};
use crate::auditor::paper::{counted, plain};
use crate::auditor::purses::{Beyond, Desk};
use crate::auditor::sharing::{sharer_in, sharer_of};
use crate::calendar::Calendar;

/// A charge, or with a time an authorisation.
pub(super) fn job(
    tenant: &Tenant,
    calendar: &mut Calendar,
    clock: i64,
    charge: &Charge,
    hold_ms: Option<i64>,
    attempt: i32,
) -> Result<Prediction, Refusal> {
    let user = tenant.find(&charge.user).ok_or(Code::UnknownUser)?;
    let person = tenant.people.get(&user).ok_or(Code::UnknownUser)?;
    if !person.active {
        let who = ("user", UserId(user).to_string());
        return Err(Refusal(Code::UserInactive, vec![who]));
    }
    let sharer = sharer_of(tenant, user, charge.shared.as_ref())?;
    let mut desk = Desk::open_shared(tenant, user, sharer, clock, calendar)?;
    let parts = (charge.usage.clone(), charge.queue.clone(), charge.cost);
    let cost = priced(tenant, &desk, &parts)?;
    let home = Unit::money(&tenant.currency);
    let needs = desk.needs(&|unit| counted(&charge.usage, &unit.1), cost.clone(), &home);
    let verb = match hold_ms {
        Some(_) => Verb::Authorise,
        None => Verb::Charge,
    };
    let beyond = match hold_ms {
        Some(_) => Beyond::Aside,
        None => Beyond::Refuse,
    };
    let takes = match desk.share(&needs, beyond, calendar) {
        Ok(takes) => desk.own_first(takes, &home),
        Err(short) => {
            if short.feed.of_sharer().is_some() {
                let (feed, unit) = desk.own_record(&home);
                desk.write(feed, &unit, 0, 0)?;
            }
            desk.write(short.feed, &short.unit, 0, 0)?;
            let mut details = vec![
                ("needed", short.needed.to_string()),
                ("available", short.available.to_string()),
                ("measure", short.unit.1.clone()),
                ("wallet", kind_word(short.feed).to_owned()),
            ];
            details.extend(
                short
                    .next_reset_at
                    .map(|at| ("next_reset_at", at.to_string())),
            );
            return Ok(Prediction {
                expected: Expected::Refused(Code::AllowanceExhausted, details),
                effect: Some((user, desk)),
                other: None,
                hold: HoldEffect::None,
                paid: Effect::None,
                kept: true,
            });
        }
    };
    let mut lines = Vec::new();
    for take in &takes {
        let (amount, held) = match hold_ms {
            Some(_) => (0, take.amount),
            None => (-take.amount, 0),
        };
        lines.push(line(&mut desk, take, amount, held, verb)?);
    }
    let expires_at = hold_ms.map(|ms| later(desk.now, ms));
    let said = Said {
        at: desk.now,
        verb,
        user,
        other: sharer_in(&desk, &lines),
        attempt,
        usage: Some(plain(&charge.usage)),
        cost,
        hold: None,
        expires_at,
        late: false,
        lines,
    };
    let aside = takes.iter().map(|take| (take.feed, take.amount)).collect();
    Ok(Prediction {
        expected: Expected::Receipt(said.into()),
        effect: Some((user, desk)),
        other: None,
        hold: expires_at.map_or(HoldEffect::None, |at| HoldEffect::New(at, aside)),
        paid: match hold_ms {
            Some(_) => Effect::None,
            None => Effect::Took,
        },
        kept: true,
    })
}

/// Instants end with the year 9999.
pub(super) fn later(now: i64, ms: i64) -> i64 {
    now.saturating_add(ms).min(Timestamp::LATEST.millis())
}
