//! What a job costs.
//!
//! One line of the price list in force prices a job: that for its queue and its paper; or else that
//! for its queue and every other paper; or else that for its paper and every other queue; or else
//! that for all others.
//!
//! The parts of a job are added exactly: its pages in colour and in one colour, both times the part
//! that pages of two-sided jobs cost; its sheets; its area; the job itself. Of the sum the user pays
//! so many percent, and that is rounded once, as the price list says.

use crate::error::{Code, Error};
use crate::ids::{PriceListId, ProfileId};
use crate::ledger::{Rounding, Usage};
use crate::measure::{Currency, Measure};
use crate::records::{Config, PriceRule};
use crate::time::Timestamp;

/// Square millimetres of a square metre.
const SQUARE_METRE: i128 = 1_000_000;

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

/// What a job costs a user of a profile who pays the whole price, by the revision of its price list in force at an instant;
/// none if the profile has no price list or none of its revisions is in force yet.
///
/// # Errors
/// `invalid_usage`, `too_many`, `amount_overflow`.
pub fn price(
    config: &Config,
    profile: ProfileId,
    usage: &Usage,
    queue: Option<&str>,
    at: Timestamp,
) -> Result<Option<Price>, Error> {
    usage.check()?;
    price_of_checked(config, (profile, None), usage, queue, at)
}

/// [`price`] of usage that was checked, for a user who pays so many percent of it.
pub(super) fn price_of_checked(
    config: &Config,
    (profile, percent): (ProfileId, Option<i32>),
    usage: &Usage,
    queue: Option<&str>,
    at: Timestamp,
) -> Result<Option<Price>, Error> {
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
    let Some(rule) = rule_for(rules, queue, usage.media.as_deref(), at) else {
        return Ok(None);
    };
    let cost = cost(rule, usage, percent, list.rounding).ok_or_else(|| {
        Error::new(
            Code::AmountOverflow,
            "the cost of the job does not fit into 63 bits",
        )
    })?;
    Ok(Some(Price {
        cost_micros: cost,
        currency: list.currency,
        price_list: Some(list.id),
    }))
}

/// The line of the revision in force that says most exactly that it is for a job.
fn rule_for<'a>(
    rules: &'a [PriceRule],
    queue: Option<&str>,
    media: Option<&str>,
    at: Timestamp,
) -> Option<&'a PriceRule> {
    let revision = rules
        .iter()
        .filter(|rule| rule.effective_from <= at)
        .map(|rule| rule.revision)
        .max()?;
    let is_for =
        |named: &Option<String>, has: Option<&str>| named.is_none() || named.as_deref() == has;
    rules
        .iter()
        .filter(|rule| rule.revision == revision)
        .filter(|rule| is_for(&rule.queue, queue) && is_for(&rule.media, media))
        .max_by_key(|rule| (rule.queue.is_some(), rule.media.is_some()))
}

/// What a job costs by a line; none if that does not fit, here or on the way: no part is negative,
/// so that what is too large on the way is too large in the end.
fn cost(rule: &PriceRule, usage: &Usage, percent: Option<i32>, rounding: Rounding) -> Option<i64> {
    let priced = |count: i64, micros: i64| i128::from(count).checked_mul(i128::from(micros));
    let colour = priced(usage.colour_pages(), rule.colour_page_micros)?;
    let pages = priced(usage.mono_pages(), rule.mono_page_micros)?.checked_add(colour)?;
    let (numerator, denominator) = match usage.is_two_sided() {
        true => (rule.two_sided_numerator, rule.two_sided_denominator),
        false => (1, 1),
    };
    let whole = match rule.sheet_micros {
        0 => i128::from(rule.job_micros),
        micros => priced(usage.total_sheets(), micros)?.checked_add(rule.job_micros.into())?,
    };
    let mut denominator = i128::from(denominator);
    let mut sum = pages
        .checked_mul(numerator.into())?
        .checked_add(whole.checked_mul(denominator)?)?;
    let area = priced(usage.of(Measure::Area), rule.area_micros)?;
    if area > 0 {
        sum = sum
            .checked_mul(SQUARE_METRE)?
            .checked_add(area.checked_mul(denominator)?)?;
        denominator = denominator.checked_mul(SQUARE_METRE)?;
    }
    if let Some(percent) = percent {
        sum = sum.checked_mul(percent.into())?;
        denominator = denominator.checked_mul(100)?;
    }
    rounding.round(sum, denominator)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::TenantId;
    use crate::ledger::{Counter, MAX_COUNT, MAX_MEASURED, RoundingMode};

    fn rule(queue: Option<&str>, revision: i32, from: i64, mono: i64, colour: i64) -> PriceRule {
        PriceRule {
            tenant: TenantId::DEFAULT,
            price_list: PriceListId(1),
            revision,
            place: 0,
            effective_from: Timestamp::from_millis(from),
            queue: queue.map(str::to_owned),
            media: None,
            mono_page_micros: mono,
            colour_page_micros: colour,
            sheet_micros: 0,
            area_micros: 0,
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
                cost(&rule(None, 1, 0, micros, 0), &usage, None, Rounding::MICRO),
                Some(expected),
                "{micros} {usage:?}"
            );
        }
    }

    #[test]
    fn every_part_of_a_job_is_added_exactly() {
        let line = PriceRule {
            sheet_micros: 5_000,
            area_micros: 8_000_000,
            job_micros: 100_000,
            ..rule(None, 1, 0, 40_001, 150_000)
        };
        // 315,002.25 for three quarters of 3 × 40,001 and 2 × 150,000; 15,000 for 3 sheets; 498,960 for
        // 62,370 mm² at 8.00 a square metre; 100,000 for the job: 928,962.25.
        let usage = Usage::pages(5)
            .colour(2)
            .two_sided(true)
            .with(Counter::Area, 62_370);
        for (unit, mode, expected) in [
            (1, RoundingMode::HalfUp, 928_962),
            (1, RoundingMode::Up, 928_963),
            (10_000, RoundingMode::HalfUp, 930_000),
            (100_000, RoundingMode::HalfEven, 900_000),
            (1_000_000, RoundingMode::Up, 1_000_000),
        ] {
            let rounding = Rounding::to(unit, mode).unwrap();
            assert_eq!(cost(&line, &usage, None, rounding), Some(expected));
        }
        // A blank side is a page of neither; its sheet costs.
        let blank = Usage::default().with(Counter::BlankSides, 2);
        assert_eq!(cost(&line, &blank, None, Rounding::MICRO), Some(110_000));
        assert_eq!(
            cost(&line, &Usage::default(), None, Rounding::MICRO),
            Some(100_000)
        );
    }

    #[test]
    fn a_percentage_is_of_the_exact_sum_and_rounded_with_it() {
        // Three quarters of 3 × 40,001 are 90,002.25: 33 percent of that are 29,700.7425.
        let line = rule(None, 1, 0, 40_001, 0);
        let usage = Usage::pages(3).two_sided(true);
        for (percent, mode, unit, expected) in [
            (None, RoundingMode::HalfUp, 1, 90_002),
            (Some(100), RoundingMode::HalfUp, 1, 90_002),
            (Some(33), RoundingMode::HalfUp, 1, 29_701),
            (Some(33), RoundingMode::HalfUp, 10_000, 30_000),
            (Some(0), RoundingMode::Up, 10_000, 0),
            (Some(1), RoundingMode::Up, 1_000_000, 1_000_000),
            (Some(150), RoundingMode::Up, 1, 135_004),
        ] {
            let rounding = Rounding::to(unit, mode).unwrap();
            assert_eq!(
                cost(&line, &usage, percent, rounding),
                Some(expected),
                "{percent:?}"
            );
        }
        // Half of a price that does not fit may fit.
        let dear = rule(None, 1, 0, i64::MAX, 0);
        let two = Usage::pages(2);
        assert_eq!(cost(&dear, &two, Some(50), Rounding::MICRO), Some(i64::MAX));
        assert_eq!(cost(&dear, &two, Some(51), Rounding::MICRO), None);
    }

    #[test]
    fn a_cost_that_does_not_fit_is_none() {
        let dear = rule(None, 1, 0, i64::MAX, 0);
        let of = |rule: &PriceRule, usage| cost(rule, &usage, None, Rounding::MICRO);
        assert_eq!(of(&dear, Usage::pages(1)), Some(i64::MAX));
        assert_eq!(of(&dear, Usage::pages(2)), None);
        let most = PriceRule {
            colour_page_micros: i64::MAX,
            sheet_micros: i64::MAX,
            area_micros: i64::MAX,
            job_micros: i64::MAX,
            two_sided_numerator: i32::MAX,
            two_sided_denominator: 1,
            ..dear
        };
        let usage = Usage::pages(MAX_COUNT)
            .colour(MAX_COUNT)
            .two_sided(true)
            .with(Counter::Area, MAX_MEASURED);
        assert_eq!(of(&most, usage.clone()), None);
        let least = PriceRule {
            two_sided_denominator: i32::MAX,
            ..rule(None, 1, 0, 1, 1)
        };
        assert_eq!(of(&least, Usage::pages(MAX_COUNT).two_sided(true)), Some(1));
    }

    #[test]
    fn the_more_exact_line_goes_first_and_the_newest_revision_rules() {
        let with = |media: &str, rule: PriceRule| PriceRule {
            media: Some(media.to_owned()),
            ..rule
        };
        let rules = [
            rule(None, 1, 10, 4, 4),
            with("a3", rule(None, 1, 10, 7, 7)),
            rule(Some("wide"), 1, 10, 15, 15),
            with("a3", rule(Some("wide"), 1, 10, 22, 22)),
            rule(None, 2, 1_000, 5, 5),
        ];
        for reversed in [false, true] {
            let mut rules = rules.clone();
            if reversed {
                rules.reverse();
            }
            let at = |queue, media, ms| {
                rule_for(&rules, queue, media, Timestamp::from_millis(ms))
                    .map(|rule| rule.mono_page_micros)
            };
            assert_eq!(at(Some("wide"), Some("a3"), 999), Some(22));
            assert_eq!(at(Some("wide"), Some("a4"), 999), Some(15));
            assert_eq!(at(Some("wide"), None, 999), Some(15));
            assert_eq!(at(Some("desk"), Some("a3"), 999), Some(7));
            assert_eq!(at(None, Some("a3"), 999), Some(7));
            assert_eq!(at(Some("desk"), Some("a4"), 999), Some(4));
            assert_eq!(at(None, None, 999), Some(4));
            assert_eq!(at(Some("wide"), Some("a3"), 1_000), Some(5));
            assert_eq!(at(None, None, 9), None);
        }
    }
}
