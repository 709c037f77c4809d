//! Wallets: how they stand, changed by hand, and their history.

use crate::definition::{
    EntryId, Extra, HoldId, PlanId, PriceListId, Receipt, Usage, UserId, UserReference, Verb,
};
use crate::{Call, Timestamp, Tympan};

/// One of a user's wallets.
#[derive(Clone, Debug, PartialEq)]
pub enum WalletName {
    /// Own funds in a currency.
    OwnFunds {
        /// The currency, as ISO 4217 writes it: `EUR`.
        currency: String,
    },
    /// The wallet that a plan of the user's profile feeds.
    Allowance {
        /// The plan.
        plan: PlanId,
    },
}

/// How a wallet stands at an instant. Amounts are in the unit of the measure: micros for a cost.
#[derive(Clone, Debug, PartialEq)]
pub struct Standing {
    /// Which wallet.
    pub wallet: WalletName,
    /// What it counts.
    pub measure: String,
    /// The balance, as if its schedule had run and its expired holds had been given back.
    pub balance: i64,
    /// What open holds keep aside.
    pub held: i64,
    /// How far below zero it may go.
    pub overdraft: i64,
    /// Balance and overdraft less what is held.
    pub available: i64,
    /// What its plan gives; none for own funds.
    pub allowance: Option<i64>,
    /// Of an allowance: what jobs took since its plan gave last, less what of it came back; of a
    /// rolling one, what they took on the days that it looks back on.
    pub used: i64,
    /// What its plan takes off what it gives next.
    pub carried: i64,
    /// When its plan gives next; none while it is suspended or the user inactive.
    pub next_reset_at: Option<Timestamp>,
}

/// How a balance is changed by hand.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ChangeBalance {
    /// Whether the balance may fall below the wallet's limit; what lies below is a debt.
    pub may_owe: bool,
}

/// One line of a wallet's history. Amounts are in the unit of the wallet's measure.
#[derive(Clone, Debug, PartialEq)]
pub struct StatementLine {
    /// The id of the entry.
    pub id: EntryId,
    /// When it was decided.
    pub at: Timestamp,
    /// Of a grant, reset or expiry: when it was due.
    pub due_at: Option<Timestamp>,
    /// What was done.
    pub verb: Verb,
    /// What was added to the balance.
    pub amount: i64,
    /// What was added to what is held.
    pub held: i64,
    /// The balance after it.
    pub balance_after: i64,
    /// What is held after it.
    pub held_after: i64,
    /// Who did it; none for the host itself.
    pub actor: Option<UserId>,
    /// Which attempt at the job.
    pub attempt: i32,
    /// The hold that was made or resolved.
    pub hold: Option<HoldId>,
    /// Of a hold: when it is given back by itself.
    pub expires_at: Option<Timestamp>,
    /// Of a refund or a void: the entry that took what it gives back.
    pub refunds: Option<EntryId>,
    /// The other user of what was done on wallets of two: of a line on shared wallets, whose job it was;
    /// of one on that user's own, who shares; of a transfer, who got, or who gave.
    pub counterpart: Option<UserId>,
    /// The queue the job went to.
    pub queue: Option<String>,
    /// What the job used, with the totals of pages, impressions and sheets that the host did not
    /// give; none where there is no job.
    pub usage: Option<Usage>,
    /// What the job costs, in micros.
    pub cost_micros: Option<i64>,
    /// The currency of the cost, as ISO 4217 writes it: `EUR`.
    pub currency: Option<String>,
    /// The price list that said so; none for a cost that the caller stated.
    pub price_list: Option<PriceListId>,
    /// How a settlement was asked to deal with more than was held.
    pub extra: Option<Extra>,
    /// What could not be taken and was not.
    pub denied: Option<i64>,
    /// What was taken below the limit of the wallet; of a refund, less what of it came back.
    pub debt: Option<i64>,
    /// What is taken off what the plan gives next; of a reset, a refund or a void, less what of it was
    /// paid by then, or need not be.
    pub carried: Option<i64>,
    /// Of a refusal: how much was needed.
    pub needed: Option<i64>,
    /// Of a refusal: how much was available.
    pub available: Option<i64>,
    /// Of a refusal: when the wallet is fed next.
    pub next_reset_at: Option<Timestamp>,
    /// Why it was done, if somebody said so.
    pub reason: Option<String>,
}

/// What a wallet had at an instant, in the unit of its measure.
#[derive(Clone, Debug, PartialEq)]
pub struct Position {
    /// The balance.
    pub balance: i64,
    /// What was held.
    pub held: i64,
}

/// How a list is written as text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum TextFormat {
    /// Values with commas between them, as RFC 4180 says, the names of the columns first. A text that
    /// a spreadsheet would take for a formula begins with an apostrophe.
    Csv,
    /// One JSON object a line.
    JsonLines,
}

/// Which lines of a statement to read. A line belongs to the period in which it took effect: when
/// it was due, or else when it was decided.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StatementList {
    /// The first instant of the period; none: from the wallet's first line.
    pub since: Option<Timestamp>,
    /// The first instant that no longer belongs to it; none: to the newest line.
    pub until: Option<Timestamp>,
    /// The cursor of an earlier page of the same list, as it was given; none: the first page.
    pub after: Option<String>,
    /// At most so many rows, 1 to 999; none: 50.
    pub limit: Option<i32>,
}

/// One page of a statement. The opening of a page is the closing of the next one, as on paper: the
/// closing of the first page is the position at the end of the period, the opening of the last page
/// that at its beginning.
#[derive(Clone, Debug, PartialEq)]
pub struct StatementPage {
    /// What was brought forward: the position before the oldest line of this page.
    pub opening: Position,
    /// What is carried forward: the position after the newest line of this page.
    pub closing: Position,
    /// The lines, newest first.
    pub rows: Vec<StatementLine>,
    /// The cursor for the next page; none: this was the last.
    pub next: Option<String>,
}

/// One page of a text.
#[derive(Clone, Debug, PartialEq)]
pub struct TextPage {
    /// The lines of text, each with its end.
    pub rows: Vec<String>,
    /// The cursor for the next page; none: this was the last.
    pub next: Option<String>,
}

impl Tympan {
    /// Changes a balance by an amount, in the wallet's unit; negative to take. The reason, of at most
    /// 4,000 characters, is kept, and the key makes it happen once.
    ///
    /// # Errors
    /// `balance_below_limit`, `unknown_user`, `unknown_plan`, `unknown_currency`, `amount_overflow`,
    /// `key_reused`, `invalid_key`, `empty_text`, `text_too_long`, `control_character`, `denied`.
    pub fn adjust(
        &self,
        user: UserReference,
        wallet: WalletName,
        amount: i64,
        reason: String,
        key: String,
        options: ChangeBalance,
    ) -> Call<Receipt> {
        self.command(options.adjust(user, wallet, amount, reason, key))
    }

    /// Sets a balance, in the wallet's unit. The reason, of at most 4,000 characters, is kept, and the
    /// key makes it happen once.
    ///
    /// # Errors
    /// Those of [`Tympan::adjust`].
    pub fn set_balance(
        &self,
        user: UserReference,
        wallet: WalletName,
        balance: i64,
        reason: String,
        key: String,
        options: ChangeBalance,
    ) -> Call<Receipt> {
        self.command(options.set_balance(user, wallet, balance, reason, key))
    }

    /// Gives back a user's holds that expired, and gives what the user's plans were due to give;
    /// the number of entries that wrote. Nobody needs it: whoever reads or touches a wallet sees it
    /// as if this had been done on time. It is for hosts that want what is due in their lists and
    /// statements without waiting for the next job; twice does no more than once.
    ///
    /// # Errors
    /// `denied` without `allowance.adjust`; `unknown_user`, `amount_overflow`.
    pub fn settle_due(&self, user: UserReference) -> Call<i32> {
        self.command(user.reference().map(tympan::SettleDue::of))
    }

    /// A wallet's history over a period, newest first, page by page.
    ///
    /// # Errors
    /// `denied` without `allowance.read`, unless it is the actor's own; `invalid_cursor`;
    /// `invalid_value` for the limit, and for a period that ends before it begins;
    /// `unknown_currency`.
    pub fn statement(
        &self,
        user: UserId,
        wallet: WalletName,
        options: StatementList,
    ) -> Call<StatementPage> {
        self.ask_checked(move |handle| options.page(handle, user, wallet))
    }

    /// A wallet's history over a period as lines of text: written one after the other they are a
    /// file for a spreadsheet, or for a program. Newest first: a line `closing`, one for each
    /// entry, a line `opening`. Amounts are exact decimals in the unit that stands beside them, and
    /// money is in the currency's major unit. A page has up to three lines more than the limit.
    ///
    /// # Errors
    /// Those of [`Tympan::statement`]; `unknown_plan`.
    pub fn statement_text(
        &self,
        user: UserId,
        wallet: WalletName,
        format: TextFormat,
        options: StatementList,
    ) -> Call<TextPage> {
        self.ask_checked(move |handle| options.text(handle, user, wallet, format))
    }
}
