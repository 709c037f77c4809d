//! Balances that are changed by hand.

use tympan_core::error::Code;
use tympan_core::ids::PlanId;
use tympan_core::ledger::{ResetAllowance, WalletName};
use tympan_core::people::UserReference;
use tympan_core::records::Verb;

use super::{Effect, Expected, HoldEffect, Line, Prediction, Refusal, Said, line};
use crate::auditor::feeds::reset_by_hand;
use crate::auditor::model::{Feed, Tenant, Unit};
use crate::auditor::purses::{Desk, Take, fits, nearest};
use crate::calendar::Calendar;

pub(super) fn by_hand(
    tenant: &Tenant,
    calendar: &mut Calendar,
    clock: i64,
    (user, wallet, may_owe): (&UserReference, WalletName, bool),
    (verb, asked, attempt): (Verb, i64, i32),
) -> Result<Prediction, Refusal> {
    let user = tenant.find(user).ok_or(Code::UnknownUser)?;
    let mut desk = Desk::open(tenant, user, clock, calendar)?;
    let (feed, unit) = match wallet {
        WalletName::OwnFunds(currency) => {
            let unit = Unit::money(currency.code());
            (Feed::Own(unit.number()), unit)
        }
        WalletName::Allowance(PlanId(plan)) => {
            let purse = desk.purses.purses.get(&Feed::Plan(plan));
            (
                Feed::Plan(plan),
                purse.ok_or(Code::UnknownPlan)?.unit.clone(),
            )
        }
    };
    let (balance, held) = desk
        .purses
        .purses
        .get(&feed)
        .map_or((0, 0), |purse| (purse.balance, purse.held));
    let amount = match verb {
        Verb::Set => fits(i128::from(asked) - balance)?,
        _ => i128::from(asked),
    };
    let after = fits(balance + amount)?;
    let limit = held - desk.overdraft(feed);
    let below = nearest(limit - after).max(0);
    let owed = if amount < 0 && desk.person.restricted {
        below
    } else {
        0
    };
    if owed > 0 && !may_owe {
        let details = vec![("balance", after.to_string()), ("limit", limit.to_string())];
        return Err(Refusal(Code::BalanceBelowLimit, details));
    }
    let take = Take {
        feed,
        unit,
        amount,
        debt: owed,
        carried: 0,
        denied: 0,
    };
    let line = line(&mut desk, &take, amount, 0, verb)?;
    Ok(done((user, desk), verb, attempt, line))
}

/// A plan's purse that is reset before it is due.
pub(super) fn reset(
    tenant: &Tenant,
    calendar: &mut Calendar,
    clock: i64,
    asked: &ResetAllowance,
    attempt: i32,
) -> Result<Prediction, Refusal> {
    let user = tenant.find(&asked.user).ok_or(Code::UnknownUser)?;
    let mut desk = Desk::open(tenant, user, clock, calendar)?;
    let feed = Feed::Plan(asked.plan.0);
    let mut plans = desk.plans.iter().chain(&desk.pushed_aside);
    let plan = plans.find(|(plan, _)| Feed::Plan(*plan) == feed).cloned();
    let (_, revision) = plan.ok_or(Code::UnknownPlan)?;
    let purse = desk.purses.purses.get_mut(&feed).ok_or(Code::UnknownPlan)?;
    let (before, carried) = (purse.balance, purse.carried);
    reset_by_hand(purse, &revision)?;
    let unit = purse.unit.clone();
    let take = Take {
        feed,
        unit,
        amount: 0,
        debt: 0,
        carried: purse.carried - carried,
        denied: 0,
    };
    let gift = purse.balance - before;
    // What the purse has is put back, to be written like any other line.
    purse.balance = before;
    let line = line(&mut desk, &take, gift, 0, Verb::Reset)?;
    Ok(done((user, desk), Verb::Reset, attempt, line))
}

fn done((user, desk): (i64, Desk), verb: Verb, attempt: i32, line: Line) -> Prediction {
    let said = Said {
        at: desk.now,
        verb,
        user,
        other: None,
        attempt,
        usage: None,
        cost: None,
        hold: None,
        expires_at: None,
        late: false,
        lines: vec![line],
    };
    Prediction {
        expected: Expected::Receipt(said.into()),
        effect: Some((user, desk)),
        other: None,
        hold: HoldEffect::None,
        paid: Effect::None,
        kept: true,
    }
}
