//! What an edit asks of its actor beyond the command's own permission.

use std::collections::BTreeSet;

use crate::command::{Context, Stop};
use crate::ids::{IdentityId, RoleId};
use crate::people::edit::Edit;
use crate::people::person::{Person, Place};
use crate::permissions::{Requirement, USER_ADMINISTER, permissions_of, permit, permit_grant};
use crate::records::{Config, Relations};
use crate::refusals::Refusals;
use crate::view::View;

/// Roles are user administration, and nobody grants what they do not hold. Who could recognise
/// themselves as an administrator, or bring one back, must be one: else a new card would be a way
/// around the first rule.
pub(super) fn check(
    view: &View,
    context: &Context<'_>,
    config: &Config,
    edit: &Edit,
    refusals: &mut Refusals,
) -> Result<(), Stop> {
    let (tenant, actor) = (context.tenant, context.actor);
    let administer = Requirement::Permission(USER_ADMINISTER);
    if changes_roles(edit) || opens_administrator(config, edit) {
        refusals.check(permit(view, tenant, actor, administer, None))?;
    }
    let granted: BTreeSet<&str> = granted_roles(edit)
        .into_iter()
        .flat_map(|role| permissions_of(config, role))
        .collect();
    if !granted.is_empty() {
        refusals.check(permit_grant(view, tenant, actor, granted.into_iter()))?;
    }
    Ok(())
}

fn changes_roles(edit: &Edit) -> bool {
    fn held(person: &Person) -> (Option<RoleId>, &Relations) {
        (person.user.role, &person.relations)
    }
    let (role, rows) = held(&edit.after);
    match edit.before.as_ref().map(held) {
        None => role.is_some() || !rows.role_rows.is_empty(),
        Some((role_before, rows_before)) => {
            role != role_before
                || rows.role_rows != rows_before.role_rows
                || rows.role_row_accounts != rows_before.role_row_accounts
        }
    }
}

/// Roles that the user holds in a place in which the user did not hold them, or over more accounts.
fn granted_roles(edit: &Edit) -> BTreeSet<RoleId> {
    let before = edit.before.as_ref().map(Person::places).unwrap_or_default();
    let everywhere_before = edit
        .before
        .as_ref()
        .map(Person::roles_everywhere)
        .unwrap_or_default();
    let mut granted: BTreeSet<RoleId> = edit
        .after
        .roles_everywhere()
        .difference(&everywhere_before)
        .copied()
        .collect();
    for (place, subject) in edit.after.places().difference(&before) {
        match place {
            Place::RoleRow(_) => {
                granted.insert(RoleId(subject.id));
            }
            Place::RoleRowAccount(row) => granted.extend(
                edit.after
                    .relations
                    .role_rows
                    .iter()
                    .filter(|held| held.id == *row)
                    .map(|held| held.role),
            ),
            Place::Profile | Place::TenantRole | Place::Membership => {}
        }
    }
    granted
}

/// Whether an administrator gets a value to be recognised by, or becomes active again.
fn opens_administrator(config: &Config, edit: &Edit) -> bool {
    let Some(before) = &edit.before else {
        return false;
    };
    if !before.is_administrator(config) {
        return false;
    }
    fn values(person: &Person) -> BTreeSet<(IdentityId, &str)> {
        let identities = person.relations.identities.iter();
        identities
            .filter(|identity| identity.enabled)
            .map(|identity| (identity.id, identity.value.as_str()))
            .collect()
    }
    let reactivated = edit.after.user.active && !before.user.active;
    reactivated || !values(&edit.after).is_subset(&values(before))
}
