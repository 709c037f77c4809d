//! Balances that are changed by hand.

use tympan_core::error::Code;
use tympan_core::ids::PlanId;
use tympan_core::ledger::WalletName;
use tympan_core::people::UserReference;
use tympan_core::records::Verb;

use super::{Effect, Expected, HoldEffect, Prediction, Refusal, Said, line};
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
    let lines = vec![line(&mut desk, &take, amount, 0, verb)?];
    let said = Said {
        at: desk.now,
        verb,
        user,
        attempt,
        usage: None,
        cost_micros: None,
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
        paid: Effect::None,
        kept: true,
    })
}
