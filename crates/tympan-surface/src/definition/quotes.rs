//! Quotes: what a job would cost and be paid from, before it is sent.

use crate::definition::{
    JobKind, PriceListId, SharedWallets, StatedCost, Usage, UserId, UserReference, WalletName,
};
use crate::{Call, Timestamp, Tympan};

/// What else is known of a job to quote.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct QuoteJob {
    /// The queue it goes to: some price lists ask.
    pub queue: Option<String>,
    /// What it will cost, instead of what the price list says.
    pub cost: Option<StatedCost>,
    /// Which shared wallets it takes from too; none: only the user's own.
    pub shared: Option<SharedWallets>,
    /// What kind of job it is; none: it counts as printed.
    pub kind: Option<JobKind>,
}

/// What a charge would do.
#[derive(Clone, Debug, PartialEq)]
pub struct Quote {
    /// The instant that it is for.
    pub at: Timestamp,
    /// Whose job.
    pub user: UserId,
    /// What the job will use, with the totals of pages, impressions and sheets that the host did not
    /// give.
    pub usage: Usage,
    /// What it costs, in micros of the currency's major unit; none where nothing prices it.
    pub cost_micros: Option<i64>,
    /// The currency of the cost, as ISO 4217 writes it: `EUR`.
    pub currency: Option<String>,
    /// The price list that says so; none for a cost that the caller stated.
    pub price_list: Option<PriceListId>,
    /// Whether the job would be charged.
    pub accepted: bool,
    /// What each wallet would give; empty if the job would be refused.
    pub lines: Vec<QuoteLine>,
    /// What is missing; none if the job would be charged.
    pub missing: Option<Missing>,
}

/// What one wallet would give, in the unit of its measure: micros for a cost.
#[derive(Clone, Debug, PartialEq)]
pub struct QuoteLine {
    /// Whose wallet: the user's, or that of who shares it.
    pub user: UserId,
    /// Which wallet.
    pub wallet: WalletName,
    /// What it counts.
    pub measure: String,
    /// What it would give.
    pub amount: i64,
    /// The balance after it.
    pub balance_after: i64,
}

/// Why a job would be refused. Amounts are in the unit of the measure: micros for a cost.
#[derive(Clone, Debug, PartialEq)]
pub struct Missing {
    /// Whose wallet would be asked first: the user's, or that of who shares it.
    pub user: UserId,
    /// The first wallet that would be asked.
    pub wallet: WalletName,
    /// What it counts.
    pub measure: String,
    /// How much the job needs.
    pub needed: i64,
    /// How much all wallets of the measure have together.
    pub available: i64,
    /// When one of them is fed next; none if none ever is.
    pub next_reset_at: Option<Timestamp>,
}

impl Tympan {
    /// What a job would cost, whether it would be charged, and what each wallet would give: exactly
    /// what [`Tympan::charge`] would do at this instant. Nothing is written and nothing set aside:
    /// to keep what a job needs until it is printed, authorise it.
    ///
    /// # Errors
    /// `denied` without `job.charge`; those of [`Tympan::charge`] but `allowance_exhausted`, which
    /// is an answer here, and those about keys.
    pub fn quote(&self, user: UserReference, usage: Usage, options: QuoteJob) -> Call<Quote> {
        self.ask_checked(move |handle| options.ask(handle, user, usage))
    }
}
