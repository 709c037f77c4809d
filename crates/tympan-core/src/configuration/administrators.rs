//! An active user must always hold user administration.

use crate::command::Stop;
use crate::configuration::draft::Draft;
use crate::configuration::uses::active_users;
use crate::error::{Code, Error};
use crate::ids::RoleId;
use crate::permissions::{USER_ADMINISTER, roles_with};
use crate::records::Role;

/// Checks that a draft which takes user administration away from a role leaves another role with
/// it that an active user holds.
pub(super) fn must_remain(draft: &Draft<'_>) -> Result<(), Stop> {
    let after: Vec<RoleId> = roles_with(&draft.after, USER_ADMINISTER).collect();
    if roles_with(draft.before, USER_ADMINISTER).all(|role| after.contains(&role)) {
        return Ok(());
    }
    if active_users::<Role>(draft.view, draft.before.tenant.id, &after)? == 0 {
        return Err(Error::of(Code::LastAdministrator).into());
    }
    Ok(())
}
