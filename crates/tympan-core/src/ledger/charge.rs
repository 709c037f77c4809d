//! Charging a job in one step, and setting its cost aside before it is printed.

use std::borrow::Cow;
use std::sync::Arc;

use smol_str::SmolStr;
use tympan_vault::hex;

use crate::command::{Command, Context, Decide, Decision, Preparation, Stop};
use crate::error::{Code, Error};
use crate::ids::{HoldId, TenantId, UserId};
use crate::ledger::allocate::{Beyond, Demands, Shortage, Take, allocate, demands, own_first};
use crate::ledger::book::{Book, blank};
use crate::ledger::chain::entry_text_digest;
use crate::ledger::details::JobDetails;
use crate::ledger::price::{Price, price_of_checked};
use crate::ledger::receipt::{IdempotencyKey, PreparedKey, Receipt, Words, answer};
use crate::ledger::shared::{PreparedShared, Shared};
use crate::ledger::usage::{KeptUsage, MAX_MEDIA, Usage};
use crate::measure::{Currency, Measure};
use crate::people::{PreparedUser, Refusals, UserReference};
use crate::permissions::{JOB_CHARGE, Requirement, configured};
use crate::records::{
    Config, Entry, HoldPart, JobKind, Request, SharedOrder, User, Verb, WordKeeping,
};
use crate::text;
use crate::time::Timestamp;
use crate::view::{Follow, ReadSet, View};

/// How long a hold stays open if nobody says: a week.
pub const DEFAULT_HOLD_MS: i64 = 168 * 3_600 * 1_000;
/// How long a hold may stay open at most: a year.
pub const MAX_HOLD_MS: i64 = 366 * DAY_MS;
const DAY_MS: i64 = 24 * 3_600 * 1_000;

/// A cost that the host has worked out itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatedCost {
    /// Micros of the currency's major unit; not negative.
    pub cost_micros: i64,
    /// The currency.
    pub currency: Currency,
}

/// Charges a job in one step, for hosts that only know the result. The job takes from all wallets
/// that it needs, or from none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Charge {
    /// Whose job.
    pub user: UserReference,
    /// The job's key.
    pub key: IdempotencyKey,
    /// What it used.
    pub usage: Usage,
    /// The queue it went to: some price lists ask.
    pub queue: Option<String>,
    /// What it costs, instead of what the price list says.
    pub cost: Option<StatedCost>,
    /// Which shared wallets it takes from too, if any.
    pub shared: Option<Shared>,
    /// What else is known of it.
    pub details: JobDetails,
}

impl Charge {
    /// A charge by the price list of the user's profile.
    pub fn new(
        user: impl Into<UserReference>,
        key: impl Into<IdempotencyKey>,
        usage: Usage,
    ) -> Self {
        Self {
            user: user.into(),
            key: key.into(),
            usage,
            queue: None,
            cost: None,
            shared: None,
            details: JobDetails::default(),
        }
    }

    /// The same charge for a job on a queue.
    #[must_use]
    pub fn queue(mut self, queue: impl Into<String>) -> Self {
        self.queue = Some(queue.into());
        self
    }

    /// The same charge for a job on wallets that somebody shares with the user.
    #[must_use]
    pub fn shared(mut self, user: impl Into<UserReference>, order: SharedOrder) -> Self {
        let user = user.into();
        self.shared = Some(Shared { user, order });
        self
    }

    /// The same charge with what else is known of the job.
    #[must_use]
    pub fn details(mut self, details: JobDetails) -> Self {
        self.details = details;
        self
    }
}

/// Sets a job's expected cost aside. The hold is settled with what the job really used, cancelled,
/// or given back by itself when its time is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authorise {
    /// The job, as far as it is known.
    pub job: Charge,
    /// How long the hold stays open, in milliseconds; none: [`DEFAULT_HOLD_MS`].
    pub expires_in_ms: Option<i64>,
}

impl Authorise {
    /// A hold for as long as [`DEFAULT_HOLD_MS`].
    #[must_use]
    pub fn new(job: Charge) -> Self {
        Self {
            job,
            expires_in_ms: None,
        }
    }

    /// The same hold for so many milliseconds.
    #[must_use]
    pub fn expires_in_ms(mut self, milliseconds: i64) -> Self {
        self.expires_in_ms = Some(milliseconds);
        self
    }
}

/// What a job is about, with everything checked that needs no view.
#[derive(Debug)]
pub struct PreparedJob {
    pub(super) user: PreparedUser,
    pub(super) key: PreparedKey,
    pub(super) job: Job,
    shared: Option<PreparedShared>,
    hold_ms: Option<i64>,
}

/// What a job used and how it is priced.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) usage: Usage,
    /// The usage as entries keep it.
    pub(super) kept: KeptUsage,
    pub(super) queue: Option<String>,
    pub(super) cost: Option<StatedCost>,
    pub(super) details: JobDetails,
    /// The instant whose prices apply; none: that of the charge.
    pub(super) priced_at: Option<Timestamp>,
}

impl Job {
    pub(super) fn prepare(
        usage: &Usage,
        queue: Option<&str>,
        cost: Option<StatedCost>,
        details: &JobDetails,
    ) -> Result<Self, Error> {
        let mut refusals = Refusals::default();
        let word = |field, word: Option<&str>, most| {
            word.map_or(Ok(None), |word| text::optional(field, word, most))
        };
        let queue = refusals.or_default(word("queue", queue, text::MAX_SHORT));
        let media = refusals.or_default(word("media", usage.media.as_deref(), MAX_MEDIA));
        if cost.is_some_and(|cost| cost.cost_micros < 0) {
            refusals.note(
                Error::new(Code::NegativeAmount, "`cost_micros` is negative")
                    .with("field", "cost_micros"),
            );
        }
        refusals.prepared(usage.check());
        let details = refusals.or_default(details.prepare());
        refusals.finish()?;
        let mut usage = usage.clone();
        usage.media = media.map(Into::into);
        Ok(Self {
            kept: KeptUsage::of(&usage),
            usage,
            queue,
            cost,
            details,
            priced_at: None,
        })
    }

    /// What the job costs; none where nothing prices it, or the user's profile does not record the
    /// cost.
    pub(super) fn price(
        &self,
        config: &Config,
        user: &User,
        at: Timestamp,
    ) -> Result<Option<Price>, Error> {
        let price = match self.cost {
            Some(stated) => Some(Price {
                cost_micros: stated.cost_micros,
                currency: stated.currency,
                price_list: None,
            }),
            None => {
                let payer = (user.profile, user.price_percent);
                let queue = self.queue.as_deref();
                price_of_checked(config, payer, &self.usage, queue, at)?
            }
        };
        let tracking = config.tracking(user.profile);
        Ok(price.filter(|price| tracking.records(Measure::Cost(price.currency))))
    }

    /// Checks that the user's profile counts jobs of the kind.
    pub(super) fn check_kind(&self, config: &Config, user: &User) -> Result<(), Error> {
        let kind = self.details.kind;
        if config.tracking(user.profile).counts(kind) {
            return Ok(());
        }
        let kind = kind.unwrap_or(JobKind::Print);
        Err(Error::of(Code::NotTracked).with("job_kind", kind.as_str()))
    }

    /// What the user's profile records of the usage.
    pub(super) fn recorded<'a>(&'a self, book: &Book<'_>) -> Cow<'a, Usage> {
        let tracking = book.config.tracking(book.own.user.profile);
        match &tracking.measures {
            None => Cow::Borrowed(&self.usage),
            Some(measures) => Cow::Owned(self.usage.part(measures)),
        }
    }

    /// The words of the job that the user's profile keeps.
    fn words(&self, book: &Book<'_>, context: &Context<'_>) -> Option<Words> {
        let details = &self.details;
        if details.document.is_none() && details.host.is_none() {
            return None;
        }
        let tracking = book.config.tracking(book.own.user.profile);
        let keep = |keeping, word: &Option<String>| {
            let word = word.as_deref()?;
            kept_word(keeping, word, context)
        };
        let until = |days: i32| book.now.plus_millis(i64::from(days).saturating_mul(DAY_MS));
        let words = Words {
            reason: None,
            document: keep(tracking.document_names, &details.document),
            host: keep(tracking.hosts, &details.host),
            erase_at: tracking.keep_days.map(until),
        };
        words.any()
    }

    /// What the job needs, and the entry that says what it was, for each wallet to fill in. A hold
    /// in money whose currency no price names any more is settled at what it kept aside.
    pub(super) fn demands(
        &self,
        book: &mut Book<'_>,
        (verb, request): (Verb, Request),
        (shared, kept): (Option<SharedOrder>, &[HoldPart]),
    ) -> Result<(Demands, Entry), Error> {
        let priced_at = self.priced_at.unwrap_or(book.now);
        let mut price = self.price(book.config, book.own.user, priced_at)?;
        if self.cost.is_none()
            && let Some(quote) = quote(book, kept)?
            && price.is_none_or(|price| price.currency != quote.currency)
        {
            price = Some(quote);
        }
        let mut entry = blank(verb);
        entry.request = request;
        entry.queue.clone_from(&self.queue);
        entry.job_kind = self.details.kind;
        entry.shared_order = shared;
        entry.account_code = book.own.user.account_code.as_deref().map(SmolStr::new);
        let usage = self.recorded(book);
        entry.usage = Some(match &usage {
            Cow::Borrowed(_) => self.kept.clone(),
            Cow::Owned(part) => KeptUsage::of(part),
        });
        entry.cost_micros = price.map(|price| price.cost_micros);
        entry.currency = price.map(|price| price.currency);
        entry.price_list = price.and_then(|price| price.price_list);
        let stated = self.cost.filter(|_| price.is_some());
        entry.asked = stated.map(|cost| cost.cost_micros);
        Ok((demands(book, (&usage, price), shared)?, entry))
    }

    /// The first field in which the job differs from the one that was decided under its key.
    pub(super) fn differs(&self, entry: &Entry) -> Option<&'static str> {
        if entry.queue != self.queue {
            return Some("queue");
        }
        self.other_usage(entry).or_else(|| self.other_cost(entry))
    }

    /// How the stated cost differs. One that was not recorded cannot.
    fn other_cost(&self, entry: &Entry) -> Option<&'static str> {
        let is_part = entry.usage.as_ref().is_some_and(KeptUsage::is_part);
        let unrecorded = is_part && entry.cost_micros.is_none();
        if entry.asked != self.cost.map(|cost| cost.cost_micros) && !unrecorded {
            return Some("cost_micros");
        }
        let is_other = |decided| self.cost.is_some_and(|cost| cost.currency != decided);
        entry.currency.is_some_and(is_other).then_some("currency")
    }

    /// The first of the job's words that is another than the one that was kept, as whatever it was
    /// kept: which that was, the profile need not say any more.
    fn other_words(
        &self,
        entry: &Entry,
        key: &PreparedKey,
        context: &Context<'_>,
    ) -> Option<&'static str> {
        let digest = entry.text_digest?;
        let forms = |word: &Option<String>| {
            let kept = WordKeeping::ALL.iter();
            let kept = kept.map(|keeping| kept_word(*keeping, word.as_deref()?, context));
            kept.collect::<Vec<_>>()
        };
        let hosts = forms(&self.details.host);
        let same = forms(&self.details.document).into_iter().any(|document| {
            hosts.iter().any(|host| {
                let words = Words {
                    document: document.clone(),
                    host: host.clone(),
                    ..Words::default()
                };
                entry_text_digest(&key.text(context, entry.id, words)) == digest
            })
        });
        (!same).then_some("document")
    }

    fn other_usage(&self, entry: &Entry) -> Option<&'static str> {
        match &entry.usage {
            Some(kept) if *kept == self.kept => None,
            Some(kept) => self.usage.differs(&kept.usage()),
            None => Some("command"),
        }
    }
}

/// What is kept of a word.
fn kept_word(keeping: WordKeeping, word: &str, context: &Context<'_>) -> Option<String> {
    match keeping {
        WordKeeping::Kept => Some(word.to_owned()),
        WordKeeping::Hashed => {
            let digest = context
                .keys
                .document
                .digest(format!("word {word}").as_bytes());
            Some(hex::encode(&digest))
        }
        WordKeeping::Dropped => None,
    }
}

/// What a hold kept aside in money.
fn quote(book: &Book<'_>, kept: &[HoldPart]) -> Result<Option<Price>, Error> {
    let mut quote: Option<Price> = None;
    for part in kept {
        let wallet = book.position(part.wallet()).map(|place| book.wallet(place));
        let Some(Measure::Cost(currency)) = wallet.transpose()?.map(|wallet| wallet.measure) else {
            continue;
        };
        let before = quote.map_or(0, |quote| quote.cost_micros);
        quote = Some(Price {
            cost_micros: Book::checked(before.checked_add(part.amount))?,
            currency,
            price_list: None,
        });
    }
    Ok(quote)
}

/// The answer to a key that was used before: the stored one, if the content is the same.
pub(super) fn repeat(
    config: &Config,
    entries: &[Arc<Entry>],
    differing_field: Option<&'static str>,
) -> Result<Decision<Receipt>, Stop> {
    if let Some(field) = differing_field {
        return Err(reused(field).into());
    }
    Ok(Decision {
        changes: Vec::new(),
        reply: answer(config, entries),
    })
}

/// Says that a key was used before with other content.
pub(super) fn reused(field: &str) -> Error {
    let message = format!("the key was used before with another `{field}`");
    Error::new(Code::KeyReused, message).with("field", field)
}

impl Command for Charge {
    type Prepared = PreparedJob;
    const NAME: &'static str = Request::Charge.as_str();
    const REQUIRES: Requirement = Requirement::Permission(JOB_CHARGE);

    fn prepare(&self, preparation: &mut Preparation<'_>) -> Result<PreparedJob, Error> {
        let mut refusals = Refusals::default();
        let user = refusals.prepared(self.user.prepare(preparation));
        let key = refusals.prepared(self.key.prepare(preparation.tenant));
        let queue = self.queue.as_deref();
        let job = Job::prepare(&self.usage, queue, self.cost, &self.details);
        let job = refusals.prepared(job);
        let shared = self.shared.as_ref();
        let shared =
            refusals.prepared(shared.map(|shared| shared.prepare(preparation)).transpose());
        let (user, key, job) = refusals.all(user.zip(key).zip(job)).map(flat)?;
        Ok(PreparedJob {
            user,
            key,
            job,
            shared: shared.flatten(),
            hold_ms: None,
        })
    }
}

impl Command for Authorise {
    type Prepared = PreparedJob;
    const NAME: &'static str = Request::Authorise.as_str();
    const REQUIRES: Requirement = Requirement::Permission(JOB_CHARGE);

    fn prepare(&self, preparation: &mut Preparation<'_>) -> Result<PreparedJob, Error> {
        let mut refusals = Refusals::default();
        let hold_ms = self.expires_in_ms.unwrap_or(DEFAULT_HOLD_MS);
        refusals.prepared(check_hold_ms(hold_ms));
        let job = refusals.prepared(self.job.prepare(preparation));
        Ok(PreparedJob {
            hold_ms: Some(hold_ms),
            ..refusals.all(job)?
        })
    }
}

/// Checks how long a hold is to stay open.
pub(super) fn check_hold_ms(hold_ms: i64) -> Result<(), Error> {
    if (1..=MAX_HOLD_MS).contains(&hold_ms) {
        return Ok(());
    }
    let message = "`expires_in` is not between a millisecond and 366 days";
    Err(Error::new(Code::InvalidValue, message).with("field", "expires_in"))
}

/// Three things that were paired.
pub(super) fn flat<A, B, C>(((a, b), c): ((A, B), C)) -> (A, B, C) {
    (a, b, c)
}

impl PreparedJob {
    fn request(&self) -> Request {
        if self.hold_ms.is_some() {
            Request::Authorise
        } else {
            Request::Charge
        }
    }

    fn differs(
        &self,
        view: &View,
        context: &Context<'_>,
        entry: &Entry,
    ) -> Result<Option<&'static str>, Stop> {
        if entry.request != self.request() {
            return Ok(Some("command"));
        }
        let owner = UserId(entry.owner);
        if self.user.is_other_than(owner, view, context.tenant)? {
            return Ok(Some("user"));
        }
        let expires_at = self.hold_ms.map(|hold_ms| entry.at.plus_millis(hold_ms));
        if entry.expires_at != expires_at {
            return Ok(Some("expires_in"));
        }
        if entry.job_kind != self.job.details.kind {
            return Ok(Some("job_kind"));
        }
        let shared = self.shared.as_ref();
        if let Some(field) = PreparedShared::differs(shared, view, context.tenant, entry)? {
            return Ok(Some(field));
        }
        let differs = self.job.differs(entry);
        Ok(differs.or_else(|| self.job.other_words(entry, &self.key, context)))
    }
}

impl Decide for PreparedJob {
    type Reply = Receipt;

    fn reads(&self, tenant: TenantId) -> ReadSet {
        let mut set = self.key.reads(tenant);
        set.extend(self.user.reads(tenant, Follow::WALLETS));
        if let Some(shared) = &self.shared {
            set.extend(shared.reads(tenant));
        }
        set
    }

    fn decide(&self, view: &View, context: &mut Context<'_>) -> Result<Decision<Receipt>, Stop> {
        let config = configured(view, context.tenant)?;
        if let Some(entries) = self.key.answered(view, context.tenant)? {
            let differs = match entries.first() {
                Some(first) => self.differs(view, context, first)?,
                None => None,
            };
            return repeat(config, entries, differs);
        }
        let user = self.user.require(view, context.tenant)?;
        if !user.active {
            return Err(Error::of(Code::UserInactive).with("user", user.id).into());
        }
        self.job.check_kind(config, user)?;
        let sharer = self.shared.as_ref();
        let sharer = sharer.map(|shared| shared.require(view, context.tenant, user));
        let users = (&**user, sharer.transpose()?);
        let mut book = Book::open_both(view, context, config, users)?;
        let verb = if self.hold_ms.is_some() {
            Verb::Authorise
        } else {
            Verb::Charge
        };
        let shared = self.shared.as_ref().map(|shared| shared.order);
        let what = (verb, self.request());
        let (demands, mut entry) = self.job.demands(&mut book, what, (shared, &[]))?;
        entry.expires_at = self.hold_ms.map(|hold_ms| book.now.plus_millis(hold_ms));
        let beyond = match self.hold_ms {
            Some(_) => Beyond::SetAside,
            None => Beyond::Refuse,
        };
        let outcome = allocate(&book, &demands, beyond)?;
        book.begin_receipt();
        match outcome {
            Err(shortage) => refuse(&mut book, context, entry, &shortage)?,
            Ok(takes) => {
                let takes = own_first(&mut book, takes)?;
                match self.hold_ms {
                    Some(_) => hold(&mut book, context, &entry, &takes)?,
                    None => take(&mut book, context, &entry, &takes)?,
                }
            }
        }
        let words = self.job.words(&book, context);
        book.close(view, context, &self.key, words)
    }
}

/// Takes what wallets give, a line each.
pub(super) fn take(
    book: &mut Book<'_>,
    context: &mut Context<'_>,
    template: &Entry,
    takes: &[Take],
) -> Result<(), Error> {
    for take in takes {
        let mut entry = template.clone();
        entry.amount = Book::checked(take.amount.checked_neg())?;
        entry.debt = (take.debt != 0).then_some(take.debt);
        entry.carried = (take.carried != 0).then_some(take.carried);
        entry.denied = (take.denied != 0).then_some(take.denied);
        book.write(context, take.wallet, entry)?;
    }
    Ok(())
}

fn hold(
    book: &mut Book<'_>,
    context: &mut Context<'_>,
    template: &Entry,
    takes: &[Take],
) -> Result<(), Error> {
    let id = HoldId(context.ids.next());
    let expires_at = template.expires_at.unwrap_or(book.now);
    for take in takes {
        let mut entry = template.clone();
        entry.held = take.amount;
        entry.denied = (take.denied != 0).then_some(take.denied);
        entry.hold = Some(id);
        book.write(context, take.wallet, entry)?;
        if take.amount > 0 {
            let wallet = book.wallet(take.wallet)?.key();
            let tenant = book.own.user.tenant;
            book.wallets.hold_parts.push(HoldPart {
                tenant,
                owner: wallet.owner,
                kind: wallet.kind,
                feed: wallet.feed,
                hold: id,
                amount: take.amount,
                expires_at,
            });
        }
    }
    book.make_hold(id, expires_at, (template.job_kind, template.shared_order));
    Ok(())
}

/// A refusal changes no balance; its entry is its audit record and answers every repeat.
fn refuse(
    book: &mut Book<'_>,
    context: &mut Context<'_>,
    mut entry: Entry,
    shortage: &Shortage,
) -> Result<(), Error> {
    entry.verb = Verb::Refuse;
    if book.wallet(shortage.wallet)?.owner != book.own.user.id.0 {
        let wallet = book.own_record()?;
        book.write(context, wallet, entry.clone())?;
    }
    entry.needed = Some(shortage.needed);
    entry.available = Some(shortage.available);
    entry.next_reset_at = shortage.next_reset_at;
    book.write(context, shortage.wallet, entry)
}
