//! What is done to the wallets of many users.

use tympan::{Code, Error, Handle, PlanId, ResetAllowance, UserId};

use super::{count, page, total};
use crate::definition::{ResetOutcome, SweepPage, SweepRefusal, Swept};

/// Users whose wallets are reset by one call: as many as a page has at most.
const MAX_RESET: usize = 999;

impl SweepPage {
    pub(crate) fn sweep(self, handle: &Handle) -> Result<Swept, Error> {
        let swept = handle.settle_all_due(&page(self.after, self.limit)?)?;
        let refused = swept.refused.into_iter();
        Ok(Swept {
            users: count(swept.users),
            entries: total(swept.entries),
            refused: refused
                .map(|(user, refused)| SweepRefusal { user, refused })
                .collect(),
            next: swept.next,
        })
    }
}

impl ResetOutcome {
    /// Resets the wallet of each user under a key of its own.
    pub(crate) fn all(
        handle: &Handle,
        users: Vec<UserId>,
        plan: PlanId,
        reason: &str,
        key: &str,
    ) -> Result<Vec<Self>, Error> {
        if users.len() > MAX_RESET {
            let message = format!("there can be at most {MAX_RESET} of `users`");
            let error = Error::new(Code::TooMany, message).with("field", "users");
            return Err(error.with("limit", MAX_RESET));
        }
        let of = |user: &UserId| ResetAllowance::new(*user, plan, reason, format!("{key} {user}"));
        let answers = handle.run_all(users.iter().map(of).collect());
        let outcomes = users.into_iter().zip(answers).map(|(user, answer)| {
            let (receipt, refused) = match answer {
                Ok(receipt) => (Some(receipt.into()), None),
                Err(error) => (None, Some(error)),
            };
            Self {
                user,
                receipt,
                refused,
            }
        });
        Ok(outcomes.collect())
    }
}
