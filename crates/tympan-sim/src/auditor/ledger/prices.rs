//! What a job costs.

use tympan_core::configuration::PriceTerms;
use tympan_core::error::Code;
use tympan_core::ledger::Usage;

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
    let in_force = list.revisions.iter().rfind(|(from, _)| *from <= desk.now);
    let Some((_, rules)) = in_force else {
        return Ok(None);
    };
    let queue = queue.as_deref().map(str::trim);
    let queue = queue.filter(|queue| !queue.is_empty());
    let of = |wanted: Option<&str>| rules.iter().find(|rule| rule.queue.as_deref() == wanted);
    let rule = match queue {
        Some(queue) => of(Some(queue)).or_else(|| of(None)),
        None => of(None),
    };
    match rule {
        Some(rule) => Ok(Some((Unit::money(&list.currency), cost(rule, usage)?))),
        None => Ok(None),
    }
}

pub(super) fn cost(rule: &PriceTerms, usage: &Usage) -> Result<i128, Code> {
    let counted = |unit| paper::counted(usage, unit);
    let full = counted("mono_pages") * i128::from(rule.mono_page_micros)
        + counted("colour_pages") * i128::from(rule.colour_page_micros);
    let (parts, of) = if paper::is_two_sided(usage) {
        (
            i128::from(rule.two_sided.numerator),
            i128::from(rule.two_sided.denominator),
        )
    } else {
        (1, 1)
    };
    let exact = full * parts + i128::from(rule.job_micros) * of;
    // To the nearest, halves upwards.
    let (whole, rest) = (exact.div_euclid(of), exact.rem_euclid(of));
    fits(whole + i128::from(2 * rest >= of))
}
