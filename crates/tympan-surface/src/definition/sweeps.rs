//! Wallets of many users: settled when something fell due, reset before it does.

use crate::definition::{PlanId, Receipt, UserId, UserReference};
use crate::{Call, Error, Tympan};

/// Which users to settle next.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SweepPage {
    /// The cursor of the page before, as it was given; none: from the first user.
    pub after: Option<String>,
    /// At most so many users, 1 to 999; none: 50.
    pub limit: Option<i32>,
}

/// What a page of a sweep came to.
#[derive(Clone, Debug, PartialEq)]
pub struct Swept {
    /// Users looked at.
    pub users: i32,
    /// Entries written.
    pub entries: i64,
    /// Users who could not be settled, and why: they are passed over.
    pub refused: Vec<SweepRefusal>,
    /// The cursor for the next page; none: everybody was looked at.
    pub next: Option<String>,
}

/// A user who could not be settled.
#[derive(Clone, Debug, PartialEq)]
pub struct SweepRefusal {
    /// The user.
    pub user: UserId,
    /// Why.
    pub refused: Error,
}

/// What became of the reset of one of many.
#[derive(Clone, Debug, PartialEq)]
pub struct ResetOutcome {
    /// The user.
    pub user: UserId,
    /// The receipt.
    pub receipt: Option<Receipt>,
    /// Why nothing was reset.
    pub refused: Option<Error>,
}

impl Tympan {
    /// Does for the next users, in the order of their ids, what [`Tympan::settle_due`] does for one.
    /// It can be stopped anywhere, and doing it twice does no more.
    ///
    /// # Errors
    /// `denied` without `allowance.adjust`; `invalid_cursor`; `invalid_value` for the limit.
    pub fn settle_all_due(&self, options: SweepPage) -> Call<Swept> {
        self.ask_checked(move |handle| options.sweep(handle))
    }

    /// Does to a plan's wallet what the plan does when it is due, now and whatever its schedule: also
    /// of a plan that is suspended, and for a user who is inactive. A rolling plan forgets all days
    /// that it looks back on. The schedule goes on as if nothing had been asked.
    ///
    /// # Errors
    /// `unknown_user`; `unknown_plan` for one that is not in force for the user; `amount_overflow`,
    /// `key_reused`, `invalid_key`, `empty_text`, `text_too_long`, `control_character`, `denied`.
    pub fn reset_allowance(
        &self,
        user: UserReference,
        plan: PlanId,
        reason: String,
        key: String,
    ) -> Call<Receipt> {
        let user = user.reference();
        self.command(user.map(|user| tympan::ResetAllowance::new(user, plan, reason, key)))
    }

    /// Resets a plan's wallet of many users: a selection, or the members of a group, as they are
    /// listed page by page. Each has an answer of its own, in the same order, under a key of its own:
    /// the one given, a space, and the user's id. So a selection can be sent again as it is. The key
    /// has at most 182 bytes, so that an id finds room behind it.
    ///
    /// # Errors
    /// `too_many` for more than 999 users; those of [`Tympan::reset_allowance`], of each user in its
    /// outcome.
    pub fn reset_allowances(
        &self,
        users: Vec<UserId>,
        plan: PlanId,
        reason: String,
        key: String,
    ) -> Call<Vec<ResetOutcome>> {
        self.ask_checked(move |handle| ResetOutcome::all(handle, users, plan, &reason, &key))
    }
}
