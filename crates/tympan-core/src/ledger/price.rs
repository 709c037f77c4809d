//! What a job costs.
//!
//! Rounding: the parts of a job are added exactly, and the sum is rounded once, to the nearest
//! micro, half up.

use crate::error::{Code, Error};
use crate::ids::{PriceListId, ProfileId};
use crate::ledger::Usage;
use crate::measure::Currency;
use crate::records::{Config, PriceRule};
use crate::time::Timestamp;

/// A cost and where it comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Price {
    /// Micros of the currency's major unit.
    pub cost_micros: i64,
    /// The currency.
    pub currency: Currency,
    /// The price list; none if the caller stated the cost.
    pub price_list: Option<PriceListId>,
}

/// What a job costs a user of a profile, by the revision of its price list in force at an instant;
/// none if the profile has no price list or none of its revisions is in force yet.
///
/// # Errors
/// `invalid_usage`, `amount_overflow`.
pub fn price(
    config: &Config,
    profile: ProfileId,
    usage: &Usage,
    queue: Option<&str>,
    at: Timestamp,
) -> Result<Option<Price>, Error> {
    usage.check()?;
    let list = config
        .profiles
        .get(&profile)
        .and_then(|profile| profile.price_list)
        .and_then(|id| config.price_lists.get(&id));
    let Some(list) = list else { return Ok(None) };
    let rules = config
        .price_rules
        .get(&list.id)
        .map_or(&[][..], Vec::as_slice);
    let Some(rule) = rule_for(rules, queue, at) else {
        return Ok(None);
    };
    Ok(Some(Price {
        cost_micros: cost(rule, usage)?,
        currency: list.currency,
        price_list: Some(list.id),
    }))
}

/// The line for a queue, or else the line for all others, of the revision in force.
fn rule_for<'a>(
    rules: &'a [PriceRule],
    queue: Option<&str>,
    at: Timestamp,
) -> Option<&'a PriceRule> {
    let revision = rules
        .iter()
        .filter(|rule| rule.effective_from <= at)
        .map(|rule| rule.revision)
        .max()?;
    let in_force = || rules.iter().filter(|rule| rule.revision == revision);
    in_force()
        .find(|rule| rule.queue.is_some() && rule.queue.as_deref() == queue)
        .or_else(|| in_force().find(|rule| rule.queue.is_none()))
}

fn cost(rule: &PriceRule, usage: &Usage) -> Result<i64, Error> {
    let mono = i128::from(usage.mono_pages()) * i128::from(rule.mono_page_micros);
    let colour = i128::from(usage.colour_pages()) * i128::from(rule.colour_page_micros);
    let (numerator, denominator) = if usage.is_two_sided() {
        (
            i128::from(rule.two_sided_numerator),
            i128::from(rule.two_sided_denominator),
        )
    } else {
        (1, 1)
    };
    let pages = (mono + colour) * numerator;
    let exact = pages + i128::from(rule.job_micros) * denominator;
    let rounded = (2 * exact + denominator).div_euclid(2 * denominator);
    i64::try_from(rounded).map_err(|_| {
        Error::new(
            Code::AmountOverflow,
            "the cost of the job does not fit into 63 bits",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::TenantId;

    fn rule(queue: Option<&str>, revision: i32, from: i64, mono: i64, colour: i64) -> PriceRule {
        PriceRule {
            tenant: TenantId::DEFAULT,
            price_list: PriceListId(1),
            revision,
            place: 0,
            effective_from: Timestamp::from_millis(from),
            queue: queue.map(str::to_owned),
            mono_page_micros: mono,
            colour_page_micros: colour,
            job_micros: 0,
            two_sided_numerator: 3,
            two_sided_denominator: 4,
        }
    }

    #[test]
    fn the_sum_is_rounded_once_half_up() {
        let table = [
            (40_000, Usage::pages(3), 120_000),
            (40_000, Usage::pages(3).two_sided(true), 90_000),
            (1, Usage::pages(1).two_sided(true), 1),
            (1, Usage::pages(2).two_sided(true), 2),
            (1, Usage::pages(3).two_sided(true), 2),
            (3, Usage::pages(1).two_sided(true), 2),
            (0, Usage::pages(9), 0),
        ];
        for (micros, usage, expected) in table {
            assert_eq!(
                cost(&rule(None, 1, 0, micros, 0), &usage),
                Ok(expected),
                "{micros} {usage:?}"
            );
        }
        let dear = rule(None, 1, 0, i64::MAX, 0);
        assert_eq!(
            cost(&dear, &Usage::pages(2)).unwrap_err().code(),
            Code::AmountOverflow
        );
    }

    #[test]
    fn the_line_for_the_queue_goes_before_the_general_one_and_the_newest_revision_rules() {
        let rules = [
            rule(None, 1, 0, 4, 4),
            rule(Some("a3"), 1, 0, 15, 15),
            rule(None, 2, 1_000, 5, 5),
        ];
        let at = |queue, ms| {
            rule_for(&rules, queue, Timestamp::from_millis(ms)).map(|rule| rule.mono_page_micros)
        };
        assert_eq!(at(Some("a3"), 999), Some(15));
        assert_eq!(at(Some("a4"), 999), Some(4));
        assert_eq!(at(None, 999), Some(4));
        assert_eq!(at(Some("a3"), 1_000), Some(5));
    }
}
