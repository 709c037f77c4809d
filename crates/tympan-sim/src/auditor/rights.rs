//! Nobody comes to be recognised as somebody who may do more, and nobody lifts their own limits.
//!
//! Told from how people were before a command and are after it, whatever the command was.

use std::collections::{BTreeMap, BTreeSet};

use tympan_core::ids::UserId;
use tympan_core::people::UserReference;

use super::model::{Person, Tenant};
use super::people::referred;
use crate::ask::Ask;

/// Whether a command can change what people are recognised or limited by.
fn concerns(ask: &Ask) -> bool {
    matches!(
        ask,
        Ask::EditUser(_)
            | Ask::DeactivateUser(_)
            | Ask::ReactivateUser(_)
            | Ask::AddIdentity(_)
            | Ask::ReplaceIdentity(_)
            | Ask::RemoveIdentity(_)
            | Ask::EnableIdentity(_)
            | Ask::TransferIdentity(_)
            | Ask::SwapIdentities(_)
    )
}

/// An actor who is a user, and how everybody was before.
pub(super) struct Before {
    actor: UserId,
    people: BTreeMap<i64, Person>,
}

impl Before {
    /// What to remember of a command of a user; none if it cannot matter.
    pub(super) fn of(tenant: &Tenant, actor: Option<UserId>, ask: &Ask) -> Option<Self> {
        let actor = actor.filter(|_| concerns(ask))?;
        let people = tenant.people.clone();
        Some(Self { actor, people })
    }

    /// Checks what became of everybody.
    pub(super) fn check(&self, tenant: &Tenant) -> Result<(), String> {
        let actor = self.actor.0;
        let adjusts = self.people.get(&actor);
        let adjusts =
            adjusts.is_some_and(|actor| everywhere(tenant, actor).contains("allowance.adjust"));
        for (id, before) in &self.people {
            let Some(after) = tenant.people.get(id) else {
                continue;
            };
            let reactivated = after.active && !before.active;
            if (reactivated || recognised_by(before) != recognised_by(after))
                && !at_least(tenant, self.people.get(&actor), before)
            {
                return Err(format!("expected `grant_beyond_own`, for the user {id}"));
            }
            if before.shares_with != after.shares_with && !adjusts {
                return Err(format!(
                    "expected `denied`: the user {id} shares purses anew"
                ));
            }
            let limits = |person: &Person| {
                let groups: Vec<i64> = person.groups.keys().copied().collect();
                let code = person.account_code.clone();
                (
                    person.profile,
                    person.restricted,
                    person.percent,
                    code,
                    groups,
                )
            };
            if *id == actor
                && limits(before) != limits(after)
                && !everywhere(tenant, before).contains("allowance.adjust")
            {
                return Err("expected `denied`: the limits are the actor's own".to_owned());
            }
        }
        Ok(())
    }
}

/// Checks that a command on identities was not refused as beyond the actor's own for nothing.
pub(super) fn check_refusal(tenant: &Tenant, actor: UserId, ask: &Ask) -> Result<(), String> {
    let user = |user: &UserReference| tenant.find(user);
    let owner = |identity| referred(tenant, identity).map(|(owner, _)| owner);
    let about = match ask {
        Ask::ReactivateUser(ask) => [user(&ask.user), None],
        Ask::AddIdentity(ask) => [user(&ask.user), None],
        Ask::ReplaceIdentity(ask) => [user(&ask.user), None],
        Ask::RemoveIdentity(ask) => [user(&ask.user), None],
        Ask::EnableIdentity(ask) => [user(&ask.user), None],
        Ask::TransferIdentity(ask) => [owner(&ask.identity), user(&ask.to)],
        Ask::SwapIdentities(ask) => [owner(&ask.first), owner(&ask.second)],
        _ => return Ok(()),
    };
    let actor = tenant.people.get(&actor.0);
    let mut about = about
        .iter()
        .flatten()
        .filter_map(|id| tenant.people.get(id));
    if about.any(|person| !at_least(tenant, actor, person)) {
        Ok(())
    } else {
        Err("expected no `grant_beyond_own`: the actor holds as much".to_owned())
    }
}

fn recognised_by(person: &Person) -> BTreeSet<(&str, &str, bool, bool)> {
    let identities = person.identities.iter();
    identities
        .map(|identity| {
            let (kind, value) = (identity.kind.as_str(), identity.value.as_str());
            (kind, value, identity.enabled, identity.exclusive)
        })
        .collect()
}

/// Whether the actor, active, may do all that a person may do whenever active.
fn at_least(tenant: &Tenant, actor: Option<&Person>, person: &Person) -> bool {
    let Some(actor) = actor.filter(|actor| actor.active) else {
        return false;
    };
    let own = everywhere(tenant, actor);
    let accounts = person.rows.values().filter_map(|(_, over)| over.as_ref());
    everywhere(tenant, person).is_subset(&own)
        && accounts.flatten().all(|account| {
            let mine = over(tenant, actor, *account);
            let mut theirs = over(tenant, person, *account).into_iter();
            theirs.all(|permission| own.contains(permission) || mine.contains(permission))
        })
}

fn everywhere<'a>(tenant: &'a Tenant, person: &Person) -> BTreeSet<&'a str> {
    let rows = person.rows.values().filter(|(_, over)| over.is_none());
    let roles = rows.map(|(role, _)| *role).chain(person.role);
    permissions(tenant, roles)
}

fn over<'a>(tenant: &'a Tenant, person: &Person, account: i64) -> BTreeSet<&'a str> {
    let holds = |over: &Option<BTreeSet<i64>>| over.as_ref().is_some_and(|o| o.contains(&account));
    let rows = person.rows.values().filter(|(_, over)| holds(over));
    permissions(tenant, rows.map(|(role, _)| *role))
}

fn permissions(tenant: &Tenant, roles: impl Iterator<Item = i64>) -> BTreeSet<&str> {
    roles
        .filter_map(|role| tenant.roles.get(&role))
        .flatten()
        .map(String::as_str)
        .collect()
}
