//! Untracked usage: what a job used that was reported for an unknown or inactive user. It is kept,
//! listed, and charged later to whoever it turns out to be of, under the job's own key and once.

use crate::definition::{
    JobDetails, JobKind, Receipt, SharedWallets, StatedCost, UntrackedId, Usage, UserId,
    UserReference,
};
use crate::{Call, Timestamp, Tympan};

/// What else is known of a job to charge or keep.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ChargeOrKeepJob {
    /// The queue it went to: some price lists ask.
    pub queue: Option<String>,
    /// What it costs, instead of what the price list says.
    pub cost: Option<StatedCost>,
    /// Which attempt under the same key, 1, 2, 3 …; none: the first.
    pub attempt: Option<i32>,
    /// Which shared wallets it takes from too; none: only the user's own. Not kept with untracked
    /// usage, which takes from the user's own once it is assigned.
    pub shared: Option<SharedWallets>,
    /// What kind of job it is, and where it came from. The names of its document and its host are
    /// not kept with untracked usage.
    pub details: Option<JobDetails>,
    /// Whom to list it as if it is kept, at most 256 characters; none: the value or the id by which
    /// the user was named, but nothing where that is a secret, as a card is.
    pub reported_as: Option<String>,
}

/// What became of a job: one of the two.
#[derive(Clone, Debug, PartialEq)]
pub struct ChargedOrKept {
    /// What was done, if it was charged.
    pub receipt: Option<Receipt>,
    /// What was kept, if nobody is charged for it.
    pub untracked: Option<UntrackedUsage>,
}

/// What became of untracked usage.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum UntrackedState {
    /// Nobody said yet whose it is.
    Open,
    /// Charged to a user, under the key it was reported with.
    Assigned,
    /// Nobody is to be charged for it.
    Dismissed,
}

/// What a job used that was reported for an unknown or inactive user, and what became of it.
#[derive(Clone, Debug, PartialEq)]
pub struct UntrackedUsage {
    /// By what it is named.
    pub id: UntrackedId,
    /// By what audit events name it: their subject.
    pub number: i64,
    /// What became of it.
    pub state: UntrackedState,
    /// Which attempt of the job.
    pub attempt: i32,
    /// Whom the host named; none of a secret, or once it was erased.
    pub reported_as: Option<String>,
    /// The queue the job went to.
    pub queue: Option<String>,
    /// What the job used, with the totals of pages, impressions and sheets that the host did not
    /// give.
    pub usage: Usage,
    /// What kind of job it was, if the host said so.
    pub job_kind: Option<JobKind>,
    /// What it costs, if the host stated it.
    pub cost: Option<StatedCost>,
    /// When it was reported.
    pub at: Timestamp,
    /// The user who reported it; none: the host.
    pub actor: Option<UserId>,
    /// Whom it was charged to.
    pub assigned_to: Option<UserId>,
    /// When it was assigned or dismissed.
    pub resolved_at: Option<Timestamp>,
}

/// Which untracked usage to list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct UntrackedList {
    /// The cursor of an earlier page of the same list, as it was given; none: the first page.
    pub after: Option<String>,
    /// At most so many rows, 1 to 999; none: 50.
    pub limit: Option<i32>,
}

/// One page of untracked usage.
#[derive(Clone, Debug, PartialEq)]
pub struct UntrackedPage {
    /// What is open, in the order in which it was reported.
    pub rows: Vec<UntrackedUsage>,
    /// The cursor for the next page; none: this was the last.
    pub next: Option<String>,
    /// The cursor behind the last row of this page, be there more or not; none if there was never
    /// a row.
    pub end: Option<String>,
}

impl Tympan {
    /// Charges a job as [`Tympan::charge`] does; where that would be refused for there is no such
    /// user, or the user is inactive, it keeps what the job used as untracked usage. The same key
    /// and content gives the same answer, and the receipt once it is assigned.
    ///
    /// # Errors
    /// Those of [`Tympan::charge`] but `unknown_user` and `user_inactive`.
    pub fn charge_or_keep(
        &self,
        user: UserReference,
        key: String,
        usage: Usage,
        options: ChargeOrKeepJob,
    ) -> Call<ChargedOrKept> {
        self.command(options.command(user, key, usage))
    }

    /// Untracked usage that is open: what is assigned or dismissed leaves the list.
    ///
    /// # Errors
    /// `invalid_cursor`, `invalid_value`; `denied` without `untracked.read`.
    pub fn open_untracked(&self, options: UntrackedList) -> Call<UntrackedPage> {
        self.ask_checked(move |handle| options.page(handle))
    }

    /// Charges untracked usage to a user, active or not, as a settlement that comes late is: what
    /// the wallets do not have is owed, for the paper is printed. It costs what the host stated, or
    /// what the user's prices said when it was reported. Assigning it to the same user again gives
    /// the same receipt.
    ///
    /// # Errors
    /// `unknown_untracked`, `untracked_resolved`, `unknown_user`, `not_tracked`, `amount_overflow`;
    /// `denied` without `untracked.resolve`.
    pub fn assign_untracked(&self, untracked: UntrackedId, user: UserReference) -> Call<Receipt> {
        let user = user.reference();
        self.command(user.map(|user| tympan::AssignUntracked { untracked, user }))
    }

    /// Dismisses untracked usage: nobody is charged for it. The reason, of at most 4,000 characters,
    /// is kept. Dismissing it again changes nothing, and the first reason stands.
    ///
    /// # Errors
    /// `unknown_untracked`, `untracked_resolved` if it was assigned, `empty_text`, `text_too_long`,
    /// `control_character`; `denied` without `untracked.resolve`.
    pub fn dismiss_untracked(
        &self,
        untracked: UntrackedId,
        reason: String,
    ) -> Call<UntrackedUsage> {
        self.command(Ok(tympan::DismissUntracked { untracked, reason }))
    }

    /// Erases the name that untracked usage was reported as, whatever became of it: it may be that
    /// of a person. The usage stays.
    ///
    /// # Errors
    /// `unknown_untracked`; `denied` without `untracked.resolve`.
    pub fn erase_untracked_name(&self, untracked: UntrackedId) -> Call<UntrackedUsage> {
        self.command(Ok(tympan::EraseUntrackedName { untracked }))
    }
}
