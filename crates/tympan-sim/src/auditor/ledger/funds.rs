//! Own funds that are paid in, paid out, given to others.

use tympan_core::error::Code;
use tympan_core::ledger::TransferFunds;
use tympan_core::measure::Currency;
use tympan_core::people::UserReference;
use tympan_core::records::Verb;

use super::{Effect, Expected, HoldEffect, Line, Prediction, Refusal, Said, line};
use crate::auditor::model::{Feed, Tenant, Unit};
use crate::auditor::purses::{Desk, Take};
use crate::calendar::Calendar;

pub(super) fn payment(
    tenant: &Tenant,
    calendar: &mut Calendar,
    clock: i64,
    (verb, user, attempt): (Verb, &UserReference, i32),
    (currency, amount): (Currency, i64),
) -> Result<Prediction, Refusal> {
    let user = tenant.find(user).ok_or(Code::UnknownUser)?;
    let mut desk = Desk::open(tenant, user, clock, calendar)?;
    let amount = i128::from(amount);
    let amount = if verb == Verb::PayOut {
        -amount
    } else {
        amount
    };
    let lines = vec![moved(&mut desk, currency, amount, verb)?];
    Ok(prediction(verb, attempt, (user, desk), None, lines))
}

pub(super) fn transfer(
    tenant: &Tenant,
    calendar: &mut Calendar,
    clock: i64,
    transfer: &TransferFunds,
    attempt: i32,
) -> Result<Prediction, Refusal> {
    let from = tenant.find(&transfer.user).ok_or(Code::UnknownUser)?;
    let to = tenant.find(&transfer.receiver).ok_or(Code::UnknownUser)?;
    if from == to {
        return Err(Refusal(
            Code::InvalidValue,
            vec![("field", "receiver".to_owned())],
        ));
    }
    let (mut gives, mut gets) = Desk::open_both(tenant, (from, to), clock, calendar)?;
    let (currency, amount) = (transfer.currency, i128::from(transfer.amount_micros));
    let lines = vec![
        moved(&mut gives, currency, -amount, Verb::Transfer)?,
        moved(&mut gets, currency, amount, Verb::Transfer)?,
    ];
    let other = Some((to, gets));
    Ok(prediction(
        Verb::Transfer,
        attempt,
        (from, gives),
        other,
        lines,
    ))
}

/// A line of own funds; what is taken must be there.
fn moved(desk: &mut Desk, currency: Currency, amount: i128, verb: Verb) -> Result<Line, Refusal> {
    let unit = Unit::money(currency.code());
    let feed = Feed::Own(unit.number());
    let available = desk.available(feed);
    if amount < 0 && -amount > available {
        let details = vec![
            ("measure", unit.1),
            ("needed", (-amount).to_string()),
            ("available", available.to_string()),
        ];
        return Err(Refusal(Code::FundsExhausted, details));
    }
    let take = Take {
        feed,
        unit,
        amount,
        debt: 0,
        carried: 0,
        denied: 0,
    };
    Ok(line(desk, &take, amount, 0, verb)?)
}

fn prediction(
    verb: Verb,
    attempt: i32,
    (user, desk): (i64, Desk),
    other: Option<(i64, Desk)>,
    lines: Vec<Line>,
) -> Prediction {
    let said = Said {
        at: desk.now,
        verb,
        user,
        other: other.as_ref().map(|(user, _)| *user),
        attempt,
        cost: None,
        hold: None,
        expires_at: None,
        late: false,
        usage: None,
        lines,
    };
    Prediction {
        expected: Expected::Receipt(said.into()),
        effect: Some((user, desk)),
        other,
        hold: HoldEffect::None,
        paid: Effect::None,
        kept: true,
    }
}
