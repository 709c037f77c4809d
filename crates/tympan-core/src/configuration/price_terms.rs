//! Lines of a price list: immutable revisions, each in force from an instant on.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::command::{Context, Stop};
use crate::configuration::draft::Draft;
use crate::configuration::limits::{MAX_PRICE_ROWS, MAX_PRICE_RULES, MAX_REVISIONS};
use crate::configuration::plan::{amount, effective};
use crate::error::{Code, Error};
use crate::ids::PriceListId;
use crate::ledger::MAX_MEDIA;
use crate::records::PriceRule;
use crate::refusals::{Refusals, too_many};
use crate::text;
use crate::time::Timestamp;

/// What jobs cost that go to one queue, or are on one paper, or both. The more exact line goes first:
/// that for a job's queue and its paper, then that for its queue, then that for its paper, then that
/// for all others. Prices are micros of the currency's major unit, and not negative.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PriceTerms {
    /// The queue; none: every queue that no other line names.
    pub queue: Option<String>,
    /// The paper, as jobs name it; none: every paper that no other line names.
    pub media: Option<String>,
    /// Micros for a page in one colour.
    pub mono_page_micros: i64,
    /// Micros for a page in colour.
    pub colour_page_micros: i64,
    /// Micros for a piece of paper.
    pub sheet_micros: i64,
    /// Micros for a printed square metre.
    pub area_micros: i64,
    /// Micros for the job itself.
    pub job_micros: i64,
    /// What part of the page price the pages of a two-sided job cost.
    pub two_sided: TwoSided,
}

/// A part of the page price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct TwoSided {
    /// So many; not negative.
    pub numerator: i32,
    /// Of so many parts; positive.
    pub denominator: i32,
}

impl TwoSided {
    /// The pages of a two-sided job cost what others cost.
    pub const SAME: Self = Self {
        numerator: 1,
        denominator: 1,
    };
}

impl PriceTerms {
    /// Prices of pages on every queue that no other line names.
    #[must_use]
    pub fn pages(mono_page_micros: i64, colour_page_micros: i64) -> Self {
        Self {
            queue: None,
            media: None,
            mono_page_micros,
            colour_page_micros,
            sheet_micros: 0,
            area_micros: 0,
            job_micros: 0,
            two_sided: TwoSided::SAME,
        }
    }

    /// The same for one queue.
    #[must_use]
    pub fn queue(mut self, queue: impl Into<String>) -> Self {
        self.queue = Some(queue.into());
        self
    }

    /// The same for one paper.
    #[must_use]
    pub fn media(mut self, media: impl Into<String>) -> Self {
        self.media = Some(media.into());
        self
    }

    /// The same with another part for the pages of two-sided jobs.
    #[must_use]
    pub fn two_sided(mut self, numerator: i32, denominator: i32) -> Self {
        self.two_sided = TwoSided {
            numerator,
            denominator,
        };
        self
    }

    fn checked(&self, refusals: &mut Refusals) -> Self {
        let queue = text::given("queue", self.queue.as_deref(), text::MAX_SHORT);
        let media = text::given("media", self.media.as_deref(), MAX_MEDIA);
        for (field, price) in [
            ("mono_page_micros", self.mono_page_micros),
            ("colour_page_micros", self.colour_page_micros),
            ("sheet_micros", self.sheet_micros),
            ("area_micros", self.area_micros),
            ("job_micros", self.job_micros),
        ] {
            refusals.prepared(amount(field, price));
        }
        if self.two_sided.numerator < 0 || self.two_sided.denominator < 1 {
            let message = "`two_sided` is not a part: the numerator is negative or the denominator not positive";
            refusals.note(Error::new(Code::InvalidValue, message).with("field", "two_sided"));
        }
        Self {
            queue: refusals.or_default(queue),
            media: refusals.or_default(media),
            ..self.clone()
        }
    }

    fn of(rule: &PriceRule) -> Self {
        Self {
            queue: rule.queue.clone(),
            media: rule.media.clone(),
            mono_page_micros: rule.mono_page_micros,
            colour_page_micros: rule.colour_page_micros,
            sheet_micros: rule.sheet_micros,
            area_micros: rule.area_micros,
            job_micros: rule.job_micros,
            two_sided: TwoSided {
                numerator: rule.two_sided_numerator,
                denominator: rule.two_sided_denominator,
            },
        }
    }
}

/// Checks the lines of one revision: one for each queue and paper, and one for all others, or the
/// jobs of a queue that somebody sets up later would cost nothing without a word.
pub(super) fn checked(rules: &[PriceTerms]) -> Result<Vec<PriceTerms>, Error> {
    if rules.len() > MAX_PRICE_RULES {
        return Err(too_many("rules", MAX_PRICE_RULES));
    }
    if rules.is_empty() {
        // A revision is its lines: without one it could not be kept, and the last would stay.
        return Err(
            Error::new(Code::InvalidValue, "a price list has at least one rule")
                .with("field", "rules"),
        );
    }
    let mut refusals = Refusals::default();
    let rules: Vec<PriceTerms> = rules
        .iter()
        .map(|rule| rule.checked(&mut refusals))
        .collect();
    refusals.finish()?;
    let mut jobs = BTreeSet::new();
    for rule in &rules {
        if !jobs.insert((&rule.queue, &rule.media)) {
            let (queue, media) = (rule.queue.as_deref(), rule.media.as_deref());
            let message = match (queue, media) {
                (None, None) => "two rules are for every other job".to_owned(),
                (Some(queue), None) => format!("two rules are for the queue `{queue}`"),
                (None, Some(media)) => format!("two rules are for the paper `{media}`"),
                (Some(queue), Some(media)) => {
                    format!("two rules are for the queue `{queue}` and the paper `{media}`")
                }
            };
            return Err(Error::new(Code::InvalidValue, message)
                .with("field", "rules")
                .with("queue", queue.unwrap_or_default())
                .with("media", media.unwrap_or_default()));
        }
    }
    if !jobs.contains(&(&None, &None)) {
        let message = "no rule is for the jobs that no other rule is for";
        return Err(Error::new(Code::InvalidValue, message).with("field", "rules"));
    }
    Ok(rules)
}

/// Appends a revision with these lines, if they differ from those of the newest.
pub(super) fn revise(
    draft: &mut Draft<'_>,
    context: &Context<'_>,
    price_list: PriceListId,
    rules: &[PriceTerms],
    asked: Option<Timestamp>,
) -> Result<(), Stop> {
    let rows = draft.after.price_rules.get(&price_list);
    let newest = newest_revision(rows.map_or(&[][..], Vec::as_slice));
    let before: Vec<PriceTerms> = newest.iter().map(PriceTerms::of).collect();
    if before == rules {
        return Ok(());
    }
    let (revision, from) = match newest.first() {
        Some(newest) => (
            newest.revision.saturating_add(1),
            effective(context.now, asked, newest.effective_from)?,
        ),
        None => (1, context.now),
    };
    let before = (!before.is_empty()).then(|| json(&before));
    let from_before = newest.first().map(|newest| newest.effective_from);
    draft.note("rules".to_owned(), before, Some(json(rules)));
    draft.note(
        "effective_from".to_owned(),
        from_before.map(|from| from.millis().to_string()),
        Some(from.millis().to_string()),
    );
    let rows = draft.after.price_rules.entry(price_list).or_default();
    for (place, terms) in (0..).zip(rules) {
        rows.push(PriceRule {
            tenant: context.tenant,
            price_list,
            revision,
            place,
            effective_from: from,
            queue: terms.queue.clone(),
            media: terms.media.clone(),
            mono_page_micros: terms.mono_page_micros,
            colour_page_micros: terms.colour_page_micros,
            sheet_micros: terms.sheet_micros,
            area_micros: terms.area_micros,
            job_micros: terms.job_micros,
            two_sided_numerator: terms.two_sided.numerator,
            two_sided_denominator: terms.two_sided.denominator,
        });
    }
    if rows.len() > MAX_PRICE_ROWS {
        return Err(too_many("price_rules", MAX_PRICE_ROWS).into());
    }
    if usize::try_from(revision).is_ok_and(|revision| revision > MAX_REVISIONS) {
        return Err(too_many("price_revisions", MAX_REVISIONS).into());
    }
    Ok(())
}

/// The lines of the newest revision; lines lie in order of revision, then place.
fn newest_revision(rows: &[PriceRule]) -> &[PriceRule] {
    rows.chunk_by(|left, right| left.revision == right.revision)
        .next_back()
        .unwrap_or_default()
}

fn json(rules: &[PriceTerms]) -> String {
    serde_json::to_string(rules).unwrap_or_default()
}
