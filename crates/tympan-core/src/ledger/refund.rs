//! Giving back what a job took: all of it, a part, or the job never happened.

use std::sync::Arc;

use crate::command::{Command, Context, Decide, Decision, Preparation, Stop};
use crate::error::{Code, Error};
use crate::ids::TenantId;
use crate::ledger::book::{Book, blank};
use crate::ledger::chain::entry_text_digest;
use crate::ledger::charge::{flat, repeat};
use crate::ledger::paid::{Given, Paid, lines_of};
use crate::ledger::receipt::{IdempotencyKey, PreparedKey, Receipt, Words, measure_of};
use crate::measure::Measure;
use crate::people::Refusals;
use crate::permissions::{JOB_REFUND, Requirement, configured};
use crate::records::{Config, Entry, Request, Verb};
use crate::text;
use crate::view::{Change, Key, ReadSet, View};

/// A part of what a job took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefundPart {
    /// Of what; a job may take pages and money.
    pub measure: Measure,
    /// How much, in the measure's unit, micros for money; more than 0.
    pub amount: i64,
}

/// Gives back what a job took, to the wallets it came from, whatever feeds the user now: what was
/// carried or taken below a wallet's limit first, then what was taken last. What is given back of a job never
/// comes to more than it took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refund {
    /// The job's key, with the attempt that was charged: that of its charge, of its hold, or of the
    /// settlement.
    pub job: IdempotencyKey,
    /// How much; none: all that is left, of every measure.
    pub part: Option<RefundPart>,
    /// Why.
    pub reason: String,
    /// The refund's own key.
    pub key: IdempotencyKey,
}

impl Refund {
    /// A refund of all that is left.
    pub fn new(
        job: impl Into<IdempotencyKey>,
        reason: impl Into<String>,
        key: impl Into<IdempotencyKey>,
    ) -> Self {
        Self {
            job: job.into(),
            part: None,
            reason: reason.into(),
            key: key.into(),
        }
    }

    /// The same refund, of so much of a measure only.
    #[must_use]
    pub fn part(mut self, measure: Measure, amount: i64) -> Self {
        self.part = Some(RefundPart { measure, amount });
        self
    }
}

/// Gives back whatever is left of what a job took, and counts the job as if it had never been: it
/// is neither spent nor used. Nothing more is refunded of it, and it is not voided again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Void {
    /// The job's key, with the attempt that was charged: that of its charge, of its hold, or of the
    /// settlement.
    pub job: IdempotencyKey,
    /// Why.
    pub reason: String,
    /// The key of the voiding itself.
    pub key: IdempotencyKey,
}

impl Void {
    /// A voiding.
    pub fn new(
        job: impl Into<IdempotencyKey>,
        reason: impl Into<String>,
        key: impl Into<IdempotencyKey>,
    ) -> Self {
        Self {
            job: job.into(),
            reason: reason.into(),
            key: key.into(),
        }
    }
}

/// How much to give back.
#[derive(Clone, Copy, Debug)]
enum Extent {
    Whole,
    Part(RefundPart),
    Void,
}

/// A refund or a voiding with everything checked that needs no view.
#[derive(Debug)]
pub struct PreparedRefund {
    job: PreparedKey,
    extent: Extent,
    reason: String,
    key: PreparedKey,
}

impl Extent {
    fn prepare(
        self,
        job: &IdempotencyKey,
        reason: &str,
        key: &IdempotencyKey,
        tenant: TenantId,
    ) -> Result<PreparedRefund, Error> {
        let mut refusals = Refusals::default();
        if let Self::Part(part) = self {
            refusals.prepared(positive("amount", part.amount));
        }
        let job = refusals.prepared(job.prepare(tenant));
        let reason = refusals.prepared(text::required("reason", reason, text::MAX_NOTES));
        let key = refusals.prepared(key.prepare(tenant));
        let (job, reason, key) = refusals.all(job.zip(reason).zip(key)).map(flat)?;
        Ok(PreparedRefund {
            job,
            extent: self,
            reason,
            key,
        })
    }

    fn request(self) -> Request {
        match self {
            Self::Void => Request::Void,
            Self::Whole | Self::Part(_) => Request::Refund,
        }
    }
}

/// Checks an amount that something is to be done with.
pub(super) fn positive(field: &'static str, amount: i64) -> Result<(), Error> {
    if amount > 0 {
        return Ok(());
    }
    let message = format!("`{field}` is not more than 0");
    Err(Error::new(Code::AmountNotPositive, message).with("field", field))
}

impl Command for Refund {
    type Prepared = PreparedRefund;
    const NAME: &'static str = Request::Refund.as_str();
    const REQUIRES: Requirement = Requirement::Permission(JOB_REFUND);

    fn prepare(&self, preparation: &mut Preparation<'_>) -> Result<PreparedRefund, Error> {
        self.part.map_or(Extent::Whole, Extent::Part).prepare(
            &self.job,
            &self.reason,
            &self.key,
            preparation.tenant,
        )
    }
}

impl Command for Void {
    type Prepared = PreparedRefund;
    const NAME: &'static str = Request::Void.as_str();
    const REQUIRES: Requirement = Requirement::Permission(JOB_REFUND);

    fn prepare(&self, preparation: &mut Preparation<'_>) -> Result<PreparedRefund, Error> {
        Extent::Void.prepare(&self.job, &self.reason, &self.key, preparation.tenant)
    }
}

impl Decide for PreparedRefund {
    type Reply = Receipt;

    fn reads(&self, tenant: TenantId) -> ReadSet {
        let set = self.key.reads(tenant);
        set.and(Key::Receipt(tenant, self.job.digest))
    }

    fn decide(&self, view: &View, context: &mut Context<'_>) -> Result<Decision<Receipt>, Stop> {
        let config = configured(view, context.tenant)?;
        if let Some(entries) = self.key.answered(view, context.tenant)? {
            // Whose job it was comes first, even where only somebody else was given something back.
            let gave = |entry: &&Arc<Entry>| entry.amount != 0 || entry.carried.is_some();
            let differs = match entries.iter().find(gave).or(entries.first()) {
                Some(told) => self.differs(view, context, config, told)?,
                None => None,
            };
            return repeat(config, entries, differs);
        }
        let entries = lines_of(view, context, &self.job)?;
        let paid = Paid::of(view, config, context.tenant, entries)?;
        let given = match self.extent {
            Extent::Whole => paid.whole()?,
            Extent::Part(part) => paid.part(part.measure, part.amount)?,
            Extent::Void => paid.everything(),
        };
        let mut book = Book::open_both(view, context, config, paid.users)?;
        book.begin_receipt();
        let mut records = Vec::with_capacity(given.len());
        for given in paid.own_first(given) {
            records.push(self.give(&mut book, context, &paid, given)?);
        }
        let mut decision =
            book.close(view, context, &self.key, Some(Words::reason(&self.reason)))?;
        decision.changes.extend(records);
        Ok(decision)
    }
}

impl PreparedRefund {
    /// Gives back what one line took, and says what is then on record.
    fn give(
        &self,
        book: &mut Book<'_>,
        context: &mut Context<'_>,
        paid: &Paid<'_>,
        given: Given,
    ) -> Result<Change, Error> {
        let line = paid.lines.get(given.line);
        let line = line.ok_or_else(|| Error::of(Code::Internal))?;
        let index = book.position(line.entry.wallet());
        let index = index.ok_or_else(|| Error::of(Code::Internal))?;
        let voids = matches!(self.extent, Extent::Void);
        let back = line.give(given.amount, book.wallet(index)?.carried);
        let unspent = line.unspent(back.uncarried);
        let mut entry = blank(if voids { Verb::Void } else { Verb::Refund });
        entry.request = self.extent.request();
        entry.refunds = Some(line.entry.id);
        entry.amount = back.amount;
        entry.debt = (back.wiped > 0).then_some(-back.wiped);
        entry.carried = (back.uncarried > 0).then_some(-back.uncarried);
        entry.asked = match self.extent {
            Extent::Whole => None,
            Extent::Part(part) => Some(part.amount),
            Extent::Void => Some(unspent),
        };
        book.write(context, index, entry)?;
        let unspent = if voids { unspent } else { 0 };
        book.count_back(index, line.entry.id, (back.amount, back.paid), unspent)?;
        line.after(given.amount, back.uncarried, voids)
    }

    /// The first field in which the refund differs from the one that was decided under its key.
    fn differs(
        &self,
        view: &View,
        context: &Context<'_>,
        config: &Config,
        entry: &Entry,
    ) -> Result<Option<&'static str>, Stop> {
        if entry.request != self.extent.request() {
            return Ok(Some("command"));
        }
        let took = |took: &Arc<Entry>| entry.refunds == Some(took.id);
        match lines_of(view, context, &self.job) {
            Ok(lines) if lines.iter().any(took) => {}
            Ok(_) | Err(Stop::Refused(_)) => return Ok(Some("job")),
            Err(needs) => return Err(needs),
        }
        match (self.extent, entry.asked) {
            (Extent::Part(part), Some(asked)) => {
                if part.measure != measure_of(config, entry.wallet()) {
                    return Ok(Some("measure"));
                }
                if part.amount != asked {
                    return Ok(Some("amount"));
                }
            }
            (Extent::Void, _) | (Extent::Whole, None) => {}
            (Extent::Part(_), None) | (Extent::Whole, Some(_)) => return Ok(Some("part")),
        }
        let text = self
            .key
            .text(context, entry.id, Words::reason(&self.reason));
        let same_reason = entry.text_digest == Some(entry_text_digest(&text));
        Ok((!same_reason).then_some("reason"))
    }
}
