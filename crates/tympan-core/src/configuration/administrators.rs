//! An active user must always hold user administration.

use crate::command::Stop;
use crate::configuration::draft::Draft;
use crate::configuration::uses::active_users;
use crate::error::{Code, Error};
use crate::ids::RoleId;
use crate::permissions::{USER_ADMINISTER, role_grants, roles_with};
use crate::records::{Config, Role};
use crate::view::View;

/// Checks that a draft which takes user administration away from a role leaves another role with
/// it that an active user holds.
pub(super) fn must_remain(draft: &Draft<'_>) -> Result<(), Stop> {
    let stays = |role| role_grants(&draft.after, role, USER_ADMINISTER);
    if roles_with(draft.before, USER_ADMINISTER).all(stays) {
        return Ok(());
    }
    if administrators(draft.view, &draft.after)? == 0 {
        return Err(Error::of(Code::LastAdministrator).into());
    }
    Ok(())
}

/// How many times user administration is held by an active user in the whole tenant.
pub(crate) fn administrators(view: &View, config: &Config) -> Result<i64, Stop> {
    let roles: Vec<RoleId> = roles_with(config, USER_ADMINISTER).collect();
    active_users::<Role>(view, config.tenant.id, &roles)
}
