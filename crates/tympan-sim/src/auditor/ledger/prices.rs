//! What a job costs.

use tympan_core::configuration::PriceTerms;
use tympan_core::error::Code;
use tympan_core::ledger::{Rounding, RoundingMode, Usage};

use super::keys::JobParts;
use crate::auditor::model::{Tenant, Unit};
use crate::auditor::paper;
use crate::auditor::purses::{Desk, fits};

/// What a job costs: as stated, or by the prices in force of the profile's list.
pub(super) fn priced(
    tenant: &Tenant,
    desk: &Desk,
    job: &JobParts,
) -> Result<Option<(Unit, i128)>, Code> {
    priced_at(tenant, desk, job, desk.now)
}

/// The same by the prices of another time.
pub(super) fn priced_at(
    tenant: &Tenant,
    desk: &Desk,
    job: &JobParts,
    at: i64,
) -> Result<Option<(Unit, i128)>, Code> {
    let (usage, queue, stated) = job;
    if let Some(stated) = stated {
        let unit = Unit::money(stated.currency.code());
        return Ok(Some((unit, i128::from(stated.cost_micros))));
    }
    let profile = tenant.profiles.get(&desk.person.profile);
    let list = profile
        .and_then(|profile| profile.prices)
        .and_then(|list| tenant.prices.get(&list));
    let Some(list) = list else { return Ok(None) };
    let in_force = list.revisions.iter().rfind(|(from, _)| *from <= at);
    let Some((_, rules)) = in_force else {
        return Ok(None);
    };
    let said = |word: Option<&str>| {
        let word = word.map(str::trim).filter(|word| !word.is_empty());
        word.map(str::to_owned)
    };
    let (queue, media) = (said(queue.as_deref()), said(usage.media.as_deref()));
    let exactly = |queue: &Option<String>, media: &Option<String>| {
        rules
            .iter()
            .find(|rule| (&rule.queue, &rule.media) == (queue, media))
    };
    let rule = exactly(&queue, &media)
        .or_else(|| exactly(&queue, &None))
        .or_else(|| exactly(&None, &media))
        .or_else(|| exactly(&None, &None));
    match rule {
        Some(rule) => {
            let cost = cost(rule, usage, desk.person.percent, list.rounding)?;
            Ok(Some((Unit::money(&list.currency), cost)))
        }
        None => Ok(None),
    }
}

/// The exact cost is a number of hundredths of millionths of the factor's parts of a micro.
fn cost(rule: &PriceTerms, usage: &Usage, percent: i32, rounding: Rounding) -> Result<i128, Code> {
    let counted = |unit| paper::counted(usage, unit);
    let pages = counted("mono_pages") * i128::from(rule.mono_page_micros)
        + counted("colour_pages") * i128::from(rule.colour_page_micros);
    let (parts, of) = if paper::is_two_sided(usage) {
        (
            i128::from(rule.two_sided.numerator),
            i128::from(rule.two_sided.denominator),
        )
    } else {
        (1, 1)
    };
    let sheets = counted("sheets") * i128::from(rule.sheet_micros);
    let area = counted("area") * i128::from(rule.area_micros);
    let per_micro = 1_000_000 * of;
    let wide = |number: i128, by: i128| number.checked_mul(by).ok_or(Code::AmountOverflow);
    let exact = [
        wide(pages, 1_000_000 * parts)?,
        wide(sheets + i128::from(rule.job_micros), per_micro)?,
        wide(area, of)?,
    ];
    let exact = exact
        .into_iter()
        .try_fold(0_i128, |sum, part| sum.checked_add(part))
        .ok_or(Code::AmountOverflow)?;
    let exact = wide(exact, percent.into())?;
    let per_micro = 100 * per_micro;
    let unit = i128::from(rounding.unit_micros());
    let step = per_micro * unit;
    let below = exact - exact.rem_euclid(step);
    let above = below + step;
    let (down, up) = (exact - below, above - exact);
    let rounded = match rounding.mode() {
        _ if down == 0 => below,
        RoundingMode::Up => above,
        _ if down != up => {
            if down < up {
                below
            } else {
                above
            }
        }
        RoundingMode::HalfUp => above,
        RoundingMode::HalfEven if (below / step) % 2 == 0 => below,
        RoundingMode::HalfEven => above,
    };
    fits(rounded / per_micro)
}
