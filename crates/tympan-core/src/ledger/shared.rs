//! Jobs that take from wallets that somebody shares with whose job it is: the budget of a group, or
//! of an account code. A user who stands for it has the wallets, with all that wallets are fed by;
//! which of them a job takes from, and when, the job says.

use crate::command::Preparation;
use crate::command::Stop;
use crate::error::{Code, Error};
use crate::ids::{TenantId, UserId};
use crate::people::{PreparedUser, UserReference};
use crate::records::{Entry, Hold, SharedOrder, User};
use crate::view::{Follow, Key, ReadSet, View};

/// Which shared wallets a job takes from, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shared {
    /// Who shares them.
    pub user: UserReference,
    /// When the job takes from them.
    pub order: SharedOrder,
}

impl Shared {
    pub(super) fn prepare(&self, preparation: &Preparation<'_>) -> Result<PreparedShared, Error> {
        Ok(PreparedShared {
            user: self.user.prepare(preparation)?,
            order: self.order,
        })
    }
}

/// The same with its reference prepared.
#[derive(Debug)]
pub(super) struct PreparedShared {
    user: PreparedUser,
    pub(super) order: SharedOrder,
}

impl PreparedShared {
    pub(super) fn reads(&self, tenant: TenantId) -> ReadSet {
        self.user.reads(tenant, Follow::WALLETS)
    }

    /// Who shares wallets with a user.
    ///
    /// # Errors
    /// `unknown_user`, `user_inactive`, `not_shared`, or what the view lacks.
    pub(super) fn require<'v>(
        &self,
        view: &'v View,
        tenant: TenantId,
        user: &User,
    ) -> Result<&'v User, Stop> {
        let sharer = self.user.require(view, tenant)?;
        if !sharer.active {
            let error = Error::of(Code::UserInactive).with("user", sharer.id);
            return Err(error.with("field", "shared").into());
        }
        if !shares(sharer, user) {
            let message = format!(
                "`{}` shares no wallet with whose job it is: see `shared_with`",
                sharer.id
            );
            let error = Error::new(Code::NotShared, message).with("user", sharer.id);
            return Err(error.with("field", "shared").into());
        }
        Ok(sharer)
    }

    /// The first field in which it differs from what was decided.
    pub(super) fn differs(
        shared: Option<&Self>,
        view: &View,
        tenant: TenantId,
        entry: &Entry,
    ) -> Result<Option<&'static str>, Stop> {
        let order = shared.map(|shared| shared.order);
        if entry.shared_order != order {
            return Ok(Some("shared_order"));
        }
        let (Some(shared), Some(sharer)) = (shared, entry.counterpart) else {
            return Ok(None);
        };
        let is_other = shared.user.is_other_than(sharer, view, tenant)?;
        Ok(is_other.then_some("shared"))
    }
}

/// Whether a user shares wallets with another one.
#[must_use]
pub fn shares(sharer: &User, user: &User) -> bool {
    let with = sharer.shared_with.as_ref();
    sharer.id != user.id && with.is_some_and(|with| with.includes(user))
}

/// Whose wallets a hold is on: whose job it is for, and who shares others.
///
/// # Errors
/// `unknown_hold`, or what the view lacks.
pub(super) fn users_of<'v>(
    view: &'v View,
    tenant: TenantId,
    hold: &Hold,
) -> Result<(&'v User, Option<&'v User>), Stop> {
    let user = UserId(hold.owner);
    both(view, tenant, (user, hold.shared_by))
}

/// Two users whose wallets a command is about; the wallets are in the view.
///
/// # Errors
/// `unknown_hold`, or what the view lacks.
pub(super) fn both<'v>(
    view: &'v View,
    tenant: TenantId,
    (user, sharer): (UserId, Option<UserId>),
) -> Result<(&'v User, Option<&'v User>), Stop> {
    let keys = |user: UserId| [Key::User(tenant, user), Key::Wallets(tenant, user.0)];
    view.require([user].into_iter().chain(sharer).flat_map(keys))?;
    let find = |user: UserId| -> Result<&'v User, Stop> {
        let found = view.user(tenant, user)?;
        found
            .map(|found| &**found)
            .ok_or_else(|| Error::of(Code::UnknownHold).into())
    };
    Ok((find(user)?, sharer.map(find).transpose()?))
}
