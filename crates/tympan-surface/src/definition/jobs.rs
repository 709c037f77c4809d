//! Jobs: what they cost, set aside, charged, settled, cancelled. Every change to a wallet carries
//! the caller's key: the same key and content gives the same receipt, however often it is sent.

use crate::definition::{EntryId, HoldId, JobDetails, Usage, UserId, UserReference, WalletName};
use crate::{Call, Error, Timestamp, Tympan};

/// A cost that the host has worked out itself.
#[derive(Clone, Debug, PartialEq)]
pub struct StatedCost {
    /// Micros of the currency's major unit; not negative.
    pub cost_micros: i64,
    /// The currency, as ISO 4217 writes it: `EUR`.
    pub currency: String,
}

/// Wallets that somebody shares with the user, for a job to take from: the budget of a group, or of an
/// account code.
#[derive(Clone, Debug, PartialEq)]
pub struct SharedWallets {
    /// Who shares them, and stands for the budget.
    pub user: UserReference,
    /// When the job takes from them.
    pub order: SharedOrder,
}

/// When a job takes from shared wallets.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum SharedOrder {
    /// Before the user's own.
    First,
    /// After the user's own.
    Last,
    /// Instead of the user's own, which neither give nor limit.
    Only,
}

/// What else is known of a job to charge.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ChargeJob {
    /// The queue it went to: some price lists ask.
    pub queue: Option<String>,
    /// What it costs, instead of what the price list says.
    pub cost: Option<StatedCost>,
    /// Which attempt under the same key, 1, 2, 3 …; none: the first. A refusal is remembered; to
    /// try the same job again, for example after a top-up, name the next attempt.
    pub attempt: Option<i32>,
    /// Which shared wallets it takes from too; none: only the user's own.
    pub shared: Option<SharedWallets>,
    /// What kind of job it is, and where it came from.
    pub details: Option<JobDetails>,
}

/// What else is known of a job to authorise.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AuthoriseJob {
    /// The queue it goes to: some price lists ask.
    pub queue: Option<String>,
    /// What it will cost, instead of what the price list says.
    pub cost: Option<StatedCost>,
    /// Which attempt under the same key, 1, 2, 3 …; none: the first.
    pub attempt: Option<i32>,
    /// How long the hold stays open, in seconds; none: 168 hours.
    pub expires_in_seconds: Option<i32>,
    /// Which shared wallets it takes from too; none: only the user's own.
    pub shared: Option<SharedWallets>,
    /// What kind of job it is, and where it came from.
    pub details: Option<JobDetails>,
}

/// What else is known of a job to settle.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SettleJob {
    /// The queue it went to.
    pub queue: Option<String>,
    /// What it costs, instead of what the price list says.
    pub cost: Option<StatedCost>,
    /// What to do about more than was held; none: the wallets go below zero for it.
    pub extra: Option<Extra>,
}

/// What to do about usage beyond what was held and can be taken.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Extra {
    /// What was held is taken, and not a unit more.
    Deny,
    /// As much as the wallets have is taken; the rest is denied.
    TakeAvailable,
    /// All of it is taken; what the wallets do not have is a debt.
    TakeAndOwe,
}

/// What was done under a key.
#[derive(Clone, Debug, PartialEq)]
pub struct Receipt {
    /// The id of its first entry.
    pub entry: EntryId,
    /// When it was decided.
    pub at: Timestamp,
    /// What was done.
    pub verb: Verb,
    /// Whose wallets; of a transfer, who gives.
    pub user: UserId,
    /// Which attempt.
    pub attempt: i32,
    /// What the job used, with the totals of pages, impressions and sheets that the host did not
    /// give; none where there is no job.
    pub usage: Option<Usage>,
    /// What the job costs, in micros of the currency's major unit.
    pub cost_micros: Option<i64>,
    /// The currency of the cost, as ISO 4217 writes it: `EUR`.
    pub currency: Option<String>,
    /// The hold that was made or resolved.
    pub hold: Option<HoldId>,
    /// When that hold is given back by itself.
    pub expires_at: Option<Timestamp>,
    /// Whether a settlement came after its hold had expired, and was charged in one step.
    pub late: bool,
    /// Each wallet's part.
    pub lines: Vec<ReceiptLine>,
}

/// One wallet's part of a receipt. Amounts are in the unit of the measure: micros for a cost.
#[derive(Clone, Debug, PartialEq)]
pub struct ReceiptLine {
    /// Whose wallet: of a transfer, the second line is that of who gets; of a job on shared wallets,
    /// the lines of who shares come last.
    pub user: UserId,
    /// Which wallet.
    pub wallet: WalletName,
    /// What it counts.
    pub measure: String,
    /// What was added to the balance.
    pub amount: i64,
    /// What was added to what is held.
    pub held: i64,
    /// The balance after it.
    pub balance_after: i64,
    /// What is held after it.
    pub held_after: i64,
    /// What the job needed of the measure and did not get: told on one line of each measure.
    pub denied: i64,
    /// What was taken below the wallet's limit; of a refund, less what of it came back.
    pub debt: i64,
    /// What is taken off what the plan gives next; of a refund, less what of it need not be.
    pub carried: i64,
    /// Of a refund or a void: the entry that took what it gives back.
    pub refunds: Option<EntryId>,
}

/// What an entry of a wallet records.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Verb {
    /// A plan fed the wallet for the first time.
    Grant,
    /// A plan fed the wallet when it was due.
    Reset,
    /// A plan of a group fed the wallet for the first time, for the user joined the group.
    Join,
    /// The user left the group whose plan feeds the wallet: what was left was taken back.
    Leave,
    /// The user joined the group again: what was taken back came again.
    Rejoin,
    /// A job was charged in one step.
    Charge,
    /// An amount was set aside.
    Authorise,
    /// A hold was charged.
    Settle,
    /// A hold was given back on request.
    Cancel,
    /// A hold was given back because its time was over.
    Expire,
    /// A person changed the balance by an amount.
    Adjust,
    /// A person set the balance.
    Set,
    /// A job was refused; nothing changed.
    Refuse,
    /// A hold got another expiry.
    Extend,
    /// Some of what a job took was given back.
    Refund,
    /// What was left of what a job took was given back: the job never happened.
    Void,
    /// Somebody paid in.
    TopUp,
    /// Somebody was paid out.
    PayOut,
    /// Own funds were given to another user, or came from one.
    Transfer,
}

/// One job of many to charge.
#[derive(Clone, Debug, PartialEq)]
pub struct Job {
    /// Whose job.
    pub user: UserReference,
    /// The job's key, at most 200 bytes.
    pub key: String,
    /// What it used.
    pub usage: Usage,
    /// The queue it went to: some price lists ask.
    pub queue: Option<String>,
    /// What it costs, instead of what the price list says.
    pub cost: Option<StatedCost>,
    /// Which attempt under the same key, 1, 2, 3 …; none: the first.
    pub attempt: Option<i32>,
    /// Which shared wallets it takes from too; none: only the user's own.
    pub shared: Option<SharedWallets>,
    /// What kind of job it is, and where it came from.
    pub details: Option<JobDetails>,
}

/// What became of one job of many: a receipt, or why there is none.
#[derive(Clone, Debug, PartialEq)]
pub struct JobOutcome {
    /// The receipt.
    pub receipt: Option<Receipt>,
    /// Why the job was not charged.
    pub refused: Option<Error>,
}

impl Tympan {
    /// Charges a job in one step, for hosts that only know the result. It takes from all wallets
    /// that it needs, or from none. The key names the job, at most 200 bytes: the same key and
    /// content, ten years on, returns the same receipt and charges nothing; a refusal is remembered
    /// under it too.
    ///
    /// # Errors
    /// `allowance_exhausted`, `unknown_user`, `user_inactive`, `not_shared`, `key_reused`, `invalid_key`,
    /// `invalid_usage`, `invalid_value` for the name of a custom count, `too_many`, `text_too_long`,
    /// `control_character`, `negative_amount`, `amount_overflow`, `unknown_currency`, `not_tracked`,
    /// `denied`;
    /// `unknown_outcome`: send it again with the same key.
    pub fn charge(
        &self,
        user: UserReference,
        key: String,
        usage: Usage,
        options: ChargeJob,
    ) -> Call<Receipt> {
        self.command(options.command(user, key, usage))
    }

    /// Charges many jobs, at most a thousand to a commit. Each has its own answer, in the same
    /// order: a refusal refuses only its own job.
    ///
    /// # Errors
    /// Those of [`Tympan::charge`], of each job in its outcome.
    pub fn charge_all(&self, jobs: Vec<Job>) -> Call<Vec<JobOutcome>> {
        self.commands(jobs.into_iter().map(Job::command).collect())
    }

    /// Sets a job's expected cost aside. The hold is settled with what the job really used,
    /// cancelled, or given back by itself when its time is over.
    ///
    /// # Errors
    /// Those of [`Tympan::charge`].
    pub fn authorise(
        &self,
        user: UserReference,
        key: String,
        usage: Usage,
        options: AuthoriseJob,
    ) -> Call<Receipt> {
        self.command(options.command(user, key, usage))
    }

    /// Settles a hold: what was held goes back, and what the job really used is taken. One that
    /// comes after its hold has expired is charged in one step and says so, for the paper is
    /// printed. The settlement has a key of its own.
    ///
    /// # Errors
    /// `unknown_hold`, `hold_resolved`; those of [`Tympan::charge`].
    pub fn settle(
        &self,
        hold: HoldId,
        key: String,
        usage: Usage,
        options: SettleJob,
    ) -> Call<Receipt> {
        self.command(options.command(hold, key, usage))
    }

    /// Gives a hold back: the job was not printed. The cancellation has a key of its own.
    ///
    /// # Errors
    /// `unknown_hold`, `hold_resolved`, `key_reused`, `invalid_key`, `denied`.
    pub fn cancel(&self, hold: HoldId, key: String) -> Call<Receipt> {
        self.command(Ok(tympan::Cancel::new(hold, key)))
    }
}
