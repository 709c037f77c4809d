//! What a job would cost and be paid from, if it were charged now.

use crate::command::{Context, Preparation, Stop};
use crate::error::{Code, Error};
use crate::ids::{TenantId, UserId};
use crate::ledger::allocate::{Beyond, Shortage, Take, allocate, own_first};
use crate::ledger::book::Book;
use crate::ledger::charge::{Charge, Job, StatedCost, take};
use crate::ledger::details::JobDetails;
use crate::ledger::price::Price;
use crate::ledger::shared::{PreparedShared, Shared};
use crate::ledger::usage::Usage;
use crate::measure::Measure;
use crate::people::{PreparedUser, Refusals, UserReference};
use crate::permissions::configured;
use crate::records::{JobKind, Request, Verb, WalletKind};
use crate::time::Timestamp;
use crate::view::{Follow, ReadSet, View};

/// Asks what [`Charge`] would do at this instant, and does nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quote {
    /// Whose job.
    pub user: UserReference,
    /// What it will use.
    pub usage: Usage,
    /// The queue it goes to: some price lists ask.
    pub queue: Option<String>,
    /// What it costs, instead of what the price list says.
    pub cost: Option<StatedCost>,
    /// Which shared wallets it takes from too, if any.
    pub shared: Option<Shared>,
    /// What kind of job it is; none: it counts as printed.
    pub kind: Option<JobKind>,
}

impl Quote {
    /// A quote by the price list of the user's profile.
    pub fn new(user: impl Into<UserReference>, usage: Usage) -> Self {
        Self {
            user: user.into(),
            usage,
            queue: None,
            cost: None,
            shared: None,
            kind: None,
        }
    }

    /// The same quote for a job on a queue.
    #[must_use]
    pub fn queue(mut self, queue: impl Into<String>) -> Self {
        self.queue = Some(queue.into());
        self
    }

    /// Everything checked that needs no view.
    ///
    /// # Errors
    /// Those of [`Charge`] about the user, the usage, the queue and the cost.
    pub fn prepare(&self, preparation: &Preparation<'_>) -> Result<PreparedQuote, Error> {
        let mut refusals = Refusals::default();
        let user = refusals.prepared(self.user.prepare(preparation));
        let queue = self.queue.as_deref();
        let details = JobDetails {
            kind: self.kind,
            ..JobDetails::default()
        };
        let job = refusals.prepared(Job::prepare(&self.usage, queue, self.cost, &details));
        let shared = self.shared.as_ref();
        let shared =
            refusals.prepared(shared.map(|shared| shared.prepare(preparation)).transpose());
        let (user, job) = refusals.all(user.zip(job))?;
        Ok(PreparedQuote {
            user,
            job,
            shared: shared.flatten(),
        })
    }
}

impl From<&Charge> for Quote {
    fn from(charge: &Charge) -> Self {
        Self {
            user: charge.user.clone(),
            usage: charge.usage.clone(),
            queue: charge.queue.clone(),
            cost: charge.cost,
            shared: charge.shared.clone(),
            kind: charge.details.kind,
        }
    }
}

/// A question for a quote, with everything checked that needs no view.
#[derive(Debug)]
pub struct PreparedQuote {
    user: PreparedUser,
    job: Job,
    shared: Option<PreparedShared>,
}

/// What a job would cost, and which wallets would give how much.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quoted {
    /// The instant that it is for.
    pub at: Timestamp,
    /// Whose job.
    pub user: UserId,
    /// What it will use, as the host counted it.
    pub usage: Usage,
    /// What it costs; none where nothing prices it.
    pub price: Option<Price>,
    /// What each wallet would give; empty if the job would be refused.
    pub lines: Vec<QuoteLine>,
    /// What is missing; none if the job would be charged.
    pub missing: Option<Missing>,
}

impl Quoted {
    /// Whether the job would be charged.
    #[must_use]
    pub fn accepted(&self) -> bool {
        self.missing.is_none()
    }
}

/// What one wallet would give.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuoteLine {
    /// Whose wallet: the user's, or that of who shares it.
    pub user: UserId,
    /// What feeds the wallet.
    pub kind: WalletKind,
    /// The plan, or the currency's number.
    pub feed: i64,
    /// What it counts.
    pub measure: Measure,
    /// What it would give.
    pub amount: i64,
    /// The balance after it.
    pub balance_after: i64,
}

/// Why a job would be refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// Whose wallet was asked first: the user's, or that of who shares it.
    pub user: UserId,
    /// What feeds the first wallet that was asked.
    pub kind: WalletKind,
    /// The plan, or the currency's number.
    pub feed: i64,
    /// What it counts.
    pub measure: Measure,
    /// How much the job needs.
    pub needed: i64,
    /// How much all wallets of the measure have together.
    pub available: i64,
    /// When one of them is fed next.
    pub next_reset_at: Option<Timestamp>,
}

impl PreparedQuote {
    /// What the answer rests on.
    #[must_use]
    pub fn reads(&self, tenant: TenantId) -> ReadSet {
        let mut set = self.user.reads(tenant, Follow::WALLETS);
        if let Some(shared) = &self.shared {
            set.extend(shared.reads(tenant));
        }
        set
    }

    /// What a charge would do.
    ///
    /// # Errors
    /// Those of [`Charge`], but `allowance_exhausted`: that is an answer; or what the view lacks.
    pub fn answer(&self, view: &View, context: &mut Context<'_>) -> Result<Quoted, Stop> {
        let config = configured(view, context.tenant)?;
        let user = self.user.require(view, context.tenant)?;
        if !user.active {
            return Err(Error::of(Code::UserInactive).with("user", user.id).into());
        }
        self.job.check_kind(config, user)?;
        let sharer = self.shared.as_ref();
        let sharer = sharer.map(|shared| shared.require(view, context.tenant, user));
        let users = (&**user, sharer.transpose()?);
        let mut book = Book::open_both(view, context, config, users)?;
        let price = self.job.price(config, user, book.now)?;
        let what = (Verb::Charge, Request::Charge);
        let shared = self.shared.as_ref().map(|shared| shared.order);
        let (demands, entry) = self.job.demands(&mut book, what, (shared, &[]))?;
        let mut quoted = Quoted {
            at: book.now,
            user: user.id,
            usage: self.job.recorded(&book).into_owned(),
            price,
            lines: Vec::new(),
            missing: None,
        };
        match allocate(&book, &demands, Beyond::Refuse)? {
            Err(shortage) => quoted.missing = Some(missing(&book, &shortage)?),
            Ok(takes) => {
                let takes = own_first(&mut book, takes)?;
                take(&mut book, context, &entry, &takes)?;
                let lines = takes.iter().map(|take| line(&book, take));
                quoted.lines = lines.collect::<Result<_, _>>()?;
            }
        }
        Ok(quoted)
    }
}

fn line(book: &Book<'_>, take: &Take) -> Result<QuoteLine, Error> {
    let wallet = book.wallet(take.wallet)?;
    Ok(QuoteLine {
        user: UserId(wallet.owner),
        kind: wallet.kind,
        feed: wallet.feed,
        measure: wallet.measure,
        amount: take.amount,
        balance_after: wallet.balance,
    })
}

fn missing(book: &Book<'_>, shortage: &Shortage) -> Result<Missing, Error> {
    let wallet = book.wallet(shortage.wallet)?;
    Ok(Missing {
        user: UserId(wallet.owner),
        kind: wallet.kind,
        feed: wallet.feed,
        measure: wallet.measure,
        needed: shortage.needed,
        available: shortage.available,
        next_reset_at: shortage.next_reset_at,
    })
}
