//! What all jobs of a tenant came to, person by person.

use std::collections::BTreeMap;

use super::model::{Paid, Tenant};
use super::paper::counted;

/// What was used, what wallets gave, and what of that came back.
pub type Figures = (i128, i128, i128);

/// Everything that is counted of a job's usage but by names of the host's own.
const COUNTED: [&str; 12] = [
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

/// The figures by person and unit, as far as they come to anything.
pub(super) fn totals(tenant: &Tenant) -> BTreeMap<(i64, String), Figures> {
    let mut all: BTreeMap<(i64, String), Figures> = BTreeMap::new();
    for paid in tenant.paid.values() {
        for line in &paid.lines {
            let figures = all.entry((paid.user, line.unit.1.clone())).or_default();
            figures.1 += line.taken;
            figures.2 += line.back;
        }
        for (unit, count) in used(paid) {
            all.entry((paid.user, unit)).or_default().0 += count;
        }
    }
    all.retain(|_, figures| *figures != (0, 0, 0));
    all
}

/// What a job used and cost; a voided one never happened.
fn used(paid: &Paid) -> Vec<(String, i128)> {
    if paid.voided {
        return Vec::new();
    }
    let mut used: Vec<(String, i128)> = Vec::new();
    if let Some(usage) = &paid.usage {
        let own = COUNTED.iter();
        used.extend(own.map(|unit| ((*unit).to_owned(), counted(usage, unit))));
        let custom = usage.custom_counts();
        used.extend(custom.map(|(name, count)| (format!("custom:{}", name.name()), count.into())));
    }
    let cost = paid.cost.as_ref();
    used.extend(cost.map(|(unit, micros)| (unit.1.clone(), *micros)));
    used
}
