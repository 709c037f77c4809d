//! Whose wallets a book holds: mostly one user's, seldom those of two.

use smallvec::SmallVec;

use crate::records::{Config, PlanRevision, PlansInForce, User, Wallets};
use crate::time::Timestamp;

/// Whose wallets a book holds.
pub(super) struct Party<'a> {
    pub(super) user: &'a User,
    /// The plans that apply, in the order in which their wallets are emptied.
    pub(super) plans: PlansInForce<'a>,
    /// Plans of the user that others overrule: they feed their wallets, and no job takes from those.
    pub(super) overruled: PlansInForce<'a>,
}

impl<'a> Party<'a> {
    pub(super) fn of(config: &'a Config, user: &'a User, now: Timestamp) -> Self {
        let stacked = config.plans_for(user, now);
        Self {
            user,
            plans: stacked.applying,
            overruled: stacked.overruled,
        }
    }

    /// Every plan that feeds a wallet of the user.
    pub(super) fn all_plans(&self) -> impl Iterator<Item = &'a PlanRevision> {
        self.plans.iter().chain(&self.overruled).copied()
    }
}

/// The wallets of each owner, the first one's first.
pub(super) fn split(
    mut wallets: Wallets,
    (own, shared): (i64, Option<i64>),
) -> SmallVec<[(i64, Wallets); 2]> {
    let mut owners = SmallVec::new();
    if let Some(shared) = shared {
        let mut others = Wallets::default();
        for wallet in std::mem::take(&mut wallets.wallets) {
            let of = if wallet.owner == own {
                &mut wallets
            } else {
                &mut others
            };
            of.wallets.push(wallet);
        }
        let parts = wallets.hold_parts.extract_if(.., |part| part.owner != own);
        others.hold_parts.extend(parts);
        owners.push((shared, others));
    }
    owners.insert(0, (own, wallets));
    owners
}
