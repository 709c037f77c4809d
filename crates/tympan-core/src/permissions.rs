//! Who may do what.
//!
//! Permissions are names, roles are data. A user holds a role in the whole tenant, by a role row
//! over all accounts, or by a role row over some; whoever is inactive holds nothing.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::command::{Actor, Stop};
use crate::error::{Code, Error};
use crate::ids::{AccountId, RoleId, TenantId, UserId};
use crate::records::{Config, Relations, User};
use crate::text::excerpt;
use crate::view::{Follow, Key, ReadSet, View};

/// Characters of a permission's name.
pub const MAX_PERMISSION: usize = 100;

macro_rules! permissions {
    ($($(#[$doc:meta])* $name:ident = $word:literal;)*) => {
        $($(#[$doc])* pub const $name: &str = $word;)*

        /// Every permission of tympan's own; hosts add theirs.
        pub const OWN: &[&str] = &[$($name,)*];
    };
}

permissions! {
    /// See users, their details and the user list.
    USER_READ = "user.read";
    /// Create, edit, deactivate and reactivate users, their groups and their profile. One's own
    /// profile, whether wallets limit oneself and what one pays of prices need `allowance.adjust` too.
    USER_EDIT = "user.edit";
    /// User administration: grant roles. An active user must always hold it.
    USER_ADMINISTER = "user.administer";
    /// Add, replace, remove, enable, transfer and swap identities: one's own, and those of users
    /// who hold nothing that one does not hold oneself.
    IDENTITY_EDIT = "identity.edit";
    /// See who holds an identity that is taken.
    IDENTITY_REVEAL = "identity.reveal";
    /// Create, edit, retire and delete roles.
    ROLE_EDIT = "role.edit";
    /// Create, edit, retire and delete profiles with their plans.
    PROFILE_EDIT = "profile.edit";
    /// Create, edit, retire and delete groups. Changing their plans needs `allowance.adjust` too.
    GROUP_EDIT = "group.edit";
    /// Create, edit, retire and delete accounts.
    ACCOUNT_EDIT = "account.edit";
    /// Create, edit, retire and delete price lists.
    PRICE_EDIT = "price.edit";
    /// Change the tenant's settings.
    TENANT_EDIT = "tenant.edit";
    /// See configuration: roles, profiles, groups, accounts, price lists.
    CONFIGURATION_READ = "configuration.read";
    /// Charge jobs to wallets: authorise, extend, settle, cancel, charge.
    JOB_CHARGE = "job.charge";
    /// Give back what jobs took: refund, void.
    JOB_REFUND = "job.refund";
    /// Release any user's jobs.
    JOB_RELEASE_ANY = "job.release.any";
    /// See wallets and their entries.
    ALLOWANCE_READ = "allowance.read";
    /// Set and adjust balances.
    ALLOWANCE_ADJUST = "allowance.adjust";
    /// Pay in own funds.
    FUNDS_TOP_UP = "funds.top_up";
    /// Pay out own funds.
    FUNDS_PAY_OUT = "funds.pay_out";
    /// Give own funds of one user to another.
    FUNDS_TRANSFER = "funds.transfer";
    /// See untracked usage, with the names that it was reported as.
    UNTRACKED_READ = "untracked.read";
    /// Say what becomes of untracked usage: assign it to a user, dismiss it, erase the name that it
    /// was reported as.
    UNTRACKED_RESOLVE = "untracked.resolve";
    /// See reports.
    REPORT_VIEW = "report.view";
    /// See audit events.
    AUDIT_READ = "audit.read";
}

/// What an actor must hold for a command or a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Requirement {
    /// This permission, in the whole tenant.
    Permission(&'static str),
    /// This permission, or to be the user that it is about.
    PermissionOrSelf(&'static str),
    /// To be the host itself.
    Host,
}

/// What a user holds, resolved from roles and role rows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Grants {
    /// Roles that hold in the whole tenant and over every account.
    everywhere: Vec<RoleId>,
    /// Roles that hold over one account.
    accounts: Vec<(AccountId, RoleId)>,
}

impl Grants {
    /// What a user holds; an inactive one holds nothing.
    #[must_use]
    pub fn of(user: &User, relations: &Relations) -> Self {
        if user.active {
            Self::while_active(user, relations)
        } else {
            Self::default()
        }
    }

    /// What a user holds whenever active: an inactive one gets it back with being active again.
    pub(crate) fn while_active(user: &User, relations: &Relations) -> Self {
        let mut grants = Self {
            everywhere: user.role.into_iter().collect(),
            accounts: Vec::new(),
        };
        for row in &relations.role_rows {
            if row.all_accounts {
                grants.everywhere.push(row.role);
            } else {
                let accounts = relations
                    .accounts_of(row.id)
                    .map(|account| (account, row.role));
                grants.accounts.extend(accounts);
            }
        }
        grants
    }

    /// Whether they include a permission: in the whole tenant, or over the account given.
    #[must_use]
    pub fn include(&self, config: &Config, permission: &str, account: Option<AccountId>) -> bool {
        let grants = |role: &RoleId| role_grants(config, *role, permission);
        self.everywhere.iter().any(grants)
            || account.is_some_and(|account| {
                self.accounts
                    .iter()
                    .any(|(over, role)| *over == account && grants(role))
            })
    }

    /// Every permission that holds in the whole tenant.
    #[must_use]
    pub fn everywhere<'a>(&self, config: &'a Config) -> BTreeSet<&'a str> {
        self.everywhere
            .iter()
            .flat_map(|role| permissions_of(config, *role))
            .collect()
    }

    /// Every permission over one account by a role row that does not hold everywhere.
    #[must_use]
    pub fn over_accounts<'a>(&self, config: &'a Config) -> BTreeSet<(AccountId, &'a str)> {
        self.accounts
            .iter()
            .flat_map(|(account, role)| {
                permissions_of(config, *role).map(|permission| (*account, permission))
            })
            .collect()
    }

    /// What is missing here of what somebody else holds: a permission, and the account if it holds
    /// over that account only.
    fn first_missing<'a>(
        &self,
        config: &'a Config,
        others: &Self,
    ) -> Option<(Option<AccountId>, &'a str)> {
        let everywhere = self.everywhere(config);
        let beyond = |permission: &&str| !everywhere.contains(permission);
        if let Some(missing) = others.everywhere(config).into_iter().find(beyond) {
            return Some((None, missing));
        }
        let over_accounts = self.over_accounts(config);
        others
            .over_accounts(config)
            .into_iter()
            .find(|held| beyond(&held.1) && !over_accounts.contains(held))
            .map(|(account, permission)| (Some(account), permission))
    }
}

/// The permissions of a role.
pub fn permissions_of(config: &Config, role: RoleId) -> impl Iterator<Item = &str> {
    config
        .permissions
        .get(&role)
        .into_iter()
        .flatten()
        .map(|row| row.permission.as_str())
}

/// Whether a role has a permission.
#[must_use]
pub fn role_grants(config: &Config, role: RoleId, permission: &str) -> bool {
    permissions_of(config, role).any(|held| held == permission)
}

/// The roles that have a permission.
pub(crate) fn roles_with<'a>(
    config: &'a Config,
    permission: &'a str,
) -> impl Iterator<Item = RoleId> + 'a {
    let roles = config.roles.keys().copied();
    roles.filter(move |role| role_grants(config, *role, permission))
}

/// A permission's name: words of lower-case letters, digits and `_`, joined by dots. Names that
/// begin with one of tympan's own first words must be one of tympan's own.
///
/// # Errors
/// `unknown_permission`.
pub fn parse_permission(name: &str) -> Result<String, Error> {
    check_permission(name).map_err(|error| error.with("field", "permissions"))?;
    Ok(name.to_owned())
}

/// Whether a role could ever have a permission of this name: see [`parse_permission`].
///
/// # Errors
/// `unknown_permission`.
pub fn check_permission(name: &str) -> Result<(), Error> {
    let unknown = || {
        let shown = excerpt(name);
        let message = format!("there is no permission `{shown}`");
        Error::new(Code::UnknownPermission, message).with("permission", shown)
    };
    let word = |word: &str| {
        !word.is_empty()
            && word
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
    };
    if name.len() > MAX_PERMISSION || !name.contains('.') || !name.split('.').all(word) {
        return Err(unknown());
    }
    fn first(name: &str) -> Option<&str> {
        name.split('.').next()
    }
    let is_own = OWN.iter().any(|own| first(own) == first(name));
    if is_own && !OWN.contains(&name) {
        return Err(unknown());
    }
    Ok(())
}

/// What checking an actor reads.
#[must_use]
pub fn actor_reads(tenant: TenantId, actor: Actor) -> ReadSet {
    let set = ReadSet::of(Key::Config(tenant));
    match actor {
        Actor::Host => set,
        Actor::User(user) => set.and_follow(Key::User(tenant, user), Follow::RELATIONS),
    }
}

/// The configuration of a tenant that has been bootstrapped.
///
/// # Errors
/// `unknown_tenant`, or what the view lacks.
pub fn configured(view: &View, tenant: TenantId) -> Result<&Arc<Config>, Stop> {
    view.config(tenant)?
        .ok_or_else(|| Error::of(Code::UnknownTenant).into())
}

/// Checks that an actor may do something, about a user if there is one.
///
/// # Errors
/// `denied`, or what the view lacks.
pub fn permit(
    view: &View,
    tenant: TenantId,
    actor: Actor,
    requirement: Requirement,
    about: Option<UserId>,
) -> Result<(), Stop> {
    let Actor::User(id) = actor else {
        return Ok(());
    };
    let grants = actor_grants(view, tenant, id)?;
    let config = configured(view, tenant)?;
    let permitted = match requirement {
        Requirement::Host => false,
        Requirement::Permission(permission) => grants.include(config, permission, None),
        Requirement::PermissionOrSelf(permission) => {
            let active = view.user(tenant, id)?.is_some_and(|user| user.active);
            (active && about == Some(id)) || grants.include(config, permission, None)
        }
    };
    if permitted {
        Ok(())
    } else {
        Err(denied(requirement).into())
    }
}

/// Names what the actor lacked: it is the same for every actor and every tenant, so it tells
/// nothing about what is there.
fn denied(requirement: Requirement) -> Error {
    match requirement {
        Requirement::Host => Error::new(Code::Denied, "only the host itself may do this"),
        Requirement::Permission(permission) | Requirement::PermissionOrSelf(permission) => {
            let message = format!("the actor lacks the permission `{permission}`");
            Error::new(Code::Denied, message).with("permission", permission)
        }
    }
}

/// Checks that an actor holds every permission of a role that it grants.
///
/// # Errors
/// `grant_beyond_own`, or what the view lacks.
pub fn permit_grant<'a>(
    view: &View,
    tenant: TenantId,
    actor: Actor,
    granted: impl Iterator<Item = &'a str>,
) -> Result<(), Stop> {
    let Actor::User(id) = actor else {
        return Ok(());
    };
    let grants = actor_grants(view, tenant, id)?;
    let config = configured(view, tenant)?;
    let own = grants.everywhere(config);
    for permission in granted {
        if !own.contains(permission) {
            let error = Error::of(Code::GrantBeyondOwn).with("permission", permission);
            return Err(error.into());
        }
    }
    Ok(())
}

/// Checks that an actor holds all that a user holds whenever active: everywhere what the user holds
/// everywhere, over an account what the user holds over it. Users hold as much as themselves.
///
/// Who can say how a user is recognised can be that user, so this is asked of whoever does.
///
/// # Errors
/// `grant_beyond_own`, or what the view lacks.
pub(crate) fn permit_as(
    view: &View,
    tenant: TenantId,
    actor: Actor,
    user: &User,
    relations: &Relations,
) -> Result<(), Stop> {
    let Actor::User(id) = actor else {
        return Ok(());
    };
    let own = actor_grants(view, tenant, id)?;
    let config = configured(view, tenant)?;
    let others = Grants::while_active(user, relations);
    match own.first_missing(config, &others) {
        None => Ok(()),
        Some((account, permission)) => {
            let message = format!("the user holds `{permission}`, which the actor does not hold");
            let error = Error::new(Code::GrantBeyondOwn, message).with("permission", permission);
            Err(match account {
                Some(account) => error.with("account", account),
                None => error,
            }
            .into())
        }
    }
}

fn actor_grants(view: &View, tenant: TenantId, id: UserId) -> Result<Grants, Stop> {
    let (user, relations) = (view.user(tenant, id)?, view.relations(tenant, id)?);
    Ok(match (user, relations) {
        (Some(user), Some(relations)) => Grants::of(user, relations),
        _ => Grants::default(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_permissions() {
        for own in OWN {
            assert!(parse_permission(own).is_ok(), "{own}");
        }
        for (name, known) in [
            ("press.start", true),
            ("user.delete", false),
            ("user", false),
            ("Press.start", false),
            ("press..start", false),
            ("", false),
        ] {
            assert_eq!(parse_permission(name).is_ok(), known, "{name}");
        }
    }
}
