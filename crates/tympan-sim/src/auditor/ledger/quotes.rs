//! Quotes: what a charge would be answered, and nothing of it kept.

use tympan_core::error::{Code, Error};
use tympan_core::ids::UserId;
use tympan_core::ledger::{Charge, Quoted};
use tympan_core::time::Timestamp;

use super::answers::feed_of;
use super::jobs::job;
use super::{Expected, Line, Prediction};
use crate::auditor::model::{Tenant, Unit};
use crate::auditor::wrong;
use crate::calendar::Calendar;

/// Whether a quote says what a charge would do.
pub(in crate::auditor) fn quotes(
    tenant: &Tenant,
    calendar: &mut Calendar,
    (actor, clock): (Option<UserId>, i64),
    charge: &Charge,
    quoted: &Result<Quoted, Error>,
) -> Result<(), String> {
    let expected = expected(tenant, calendar, (actor, clock), charge);
    let agrees = match (&expected, quoted) {
        (Expected::Refused(Code::AllowanceExhausted, details), Ok(quoted)) => {
            let told = |name: &str| details.iter().find(|detail| detail.0 == name);
            let missing = quoted.missing.as_ref();
            missing.is_some_and(|missing| {
                let next = missing.next_reset_at.map(Timestamp::millis);
                let says = |name, value: String| told(name).is_some_and(|known| known.1 == value);
                says("needed", missing.needed.to_string())
                    && says("available", missing.available.to_string())
                    && says("measure", missing.measure.name().into_owned())
                    && says("wallet", missing.kind.as_str().to_owned())
                    && told("next_reset_at").map(|known| known.1.clone())
                        == next.map(|at| at.to_string())
                    && quoted.lines.is_empty()
            })
        }
        (Expected::Refused(code, _), Err(error)) => error.code() == *code,
        (Expected::Receipt(said), Ok(quoted)) => {
            let lines = quoted.lines.iter().zip(&said.lines);
            let cost = quoted.price.map(|price| {
                let unit = Unit::money(price.currency.code());
                (unit, i128::from(price.cost_micros))
            });
            quoted.accepted()
                && (quoted.at.millis(), quoted.user.0) == (said.at, said.user)
                && cost == said.cost
                && Some(&quoted.usage) == said.usage.as_ref()
                && quoted.lines.len() == said.lines.len()
                && lines.into_iter().all(|(told, line)| {
                    *line
                        == Line {
                            feed: match told.user == quoted.user {
                                true => feed_of(told.kind, told.feed),
                                false => feed_of(told.kind, told.feed).shared(),
                            },
                            unit: told.measure.name().into_owned(),
                            amount: -i128::from(told.amount),
                            balance_after: i128::from(told.balance_after),
                            ..line.clone()
                        }
                })
        }
        _ => false,
    };
    if agrees {
        return Ok(());
    }
    Err(format!("expected {expected:?}"))
}

fn expected(
    tenant: &Tenant,
    calendar: &mut Calendar,
    (actor, clock): (Option<UserId>, i64),
    charge: &Charge,
) -> Expected {
    let mut codes = wrong::user(&charge.user);
    codes.extend(wrong::job(
        &charge.usage,
        charge.queue.as_deref(),
        charge.cost,
    ));
    if !tenant.may(actor, "job.charge") {
        codes.push(Code::Denied);
    }
    if let Some(code) = codes.into_iter().min() {
        return Expected::Refused(code, Vec::new());
    }
    let decided = job(tenant, calendar, clock, charge, None, 1);
    decided.unwrap_or_else(Prediction::from).expected
}
