//! What an edit asks of its actor beyond the command's own permission.

use std::collections::BTreeSet;

use crate::command::{Context, Stop};
use crate::ids::{GroupId, ProfileId, RoleId};
use crate::people::edit::Edit;
use crate::people::person::{Person, Place};
use crate::permissions::{
    ALLOWANCE_ADJUST, Requirement, USER_ADMINISTER, permissions_of, permit, permit_as, permit_grant,
};
use crate::records::{Config, Relations};
use crate::refusals::Refusals;
use crate::view::View;

/// Roles are user administration, and nobody grants what they do not hold. Who says how somebody is
/// recognised can be that somebody, and who brings somebody back gives them all that they held: both
/// need as much as that user holds. And nobody decides on their own limits, or on who else spends a
/// user's money, who may not decide on balances.
pub(super) fn check(
    view: &View,
    context: &Context<'_>,
    config: &Config,
    edit: &Edit,
    refusals: &mut Refusals,
) -> Result<(), Stop> {
    let (tenant, actor) = (context.tenant, context.actor);
    let administer = Requirement::Permission(USER_ADMINISTER);
    if changes_roles(edit) {
        refusals.check(permit(view, tenant, actor, administer, None))?;
    }
    let granted: BTreeSet<&str> = granted_roles(edit)
        .into_iter()
        .flat_map(|role| permissions_of(config, role))
        .collect();
    if !granted.is_empty() {
        refusals.check(permit_grant(view, tenant, actor, granted.into_iter()))?;
    }
    let adjust = Requirement::Permission(ALLOWANCE_ADJUST);
    if shares_anew(edit) {
        refusals.check(permit(view, tenant, actor, adjust, None))?;
    }
    // A new user holds nothing but what the edit grants.
    let Some(before) = &edit.before else {
        return Ok(());
    };
    if opens(edit, before) {
        let (user, relations) = (&before.user, &before.relations);
        refusals.check(permit_as(view, tenant, actor, user, relations))?;
    }
    if actor.user() == Some(before.user.id) && changes_limits(edit, before) {
        refusals.check(permit(view, tenant, actor, adjust, None))?;
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

/// Whether another value recognises the user, or one no longer does, or the user is active again
/// with all that there was.
fn opens(edit: &Edit, before: &Person) -> bool {
    let reactivated = edit.after.user.active && !before.user.active;
    reactivated || edit.after.relations.identities != before.relations.identities
}

/// Whether the user shares wallets with others than before.
fn shares_anew(edit: &Edit) -> bool {
    let before = edit.before.as_ref();
    let before = before.and_then(|person| person.user.shared_with.as_ref());
    edit.after.user.shared_with.as_ref() != before
}

/// Whether the rules change by which the user is limited. Groups may carry plans, and wallets are
/// shared with groups and account codes.
fn changes_limits(edit: &Edit, before: &Person) -> bool {
    fn limits(person: &Person) -> (ProfileId, bool, Option<i32>, Option<&str>) {
        let user = &person.user;
        let code = user.account_code.as_deref();
        (user.profile, user.restricted, user.price_percent, code)
    }
    let groups = |person: &Person| -> BTreeSet<GroupId> {
        let joined = person.user.groups.iter();
        joined.map(|(group, _)| group).collect()
    };
    limits(&edit.after) != limits(before) || groups(&edit.after) != groups(before)
}
