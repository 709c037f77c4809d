//! *User details* in one read: fields, identities, roles, groups, profile, wallets, smart card.

use std::sync::Arc;

use crate::command::{Context, Stop};
use crate::commands::{LOOK_UP, SHOW_USER};
use crate::ids::{AccountId, GroupId, IdentityId, ProfileId, RoleId, RoleRowId, TenantId, UserId};
use crate::ledger::{Standing, standing};
use crate::people::person::Person;
use crate::people::reference::PreparedUser;
use crate::people::shown_user::ShownUser;
use crate::permissions::{
    ALLOWANCE_READ, IDENTITY_EDIT, Requirement, configured, permit, permit_as,
};
use crate::records::{
    Config, Identity, IdentityKind, IdentitySource, Relations, RoleRow, Subject, SubjectKind, User,
    Wallets,
};
use crate::time::Timestamp;
use crate::view::{Follow, Key, ReadSet, View};

/// A user as a screen shows them. Secrets are masked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserDetails {
    /// The fields.
    pub user: ShownUser,
    /// Identities, in the order in which they were added.
    pub identities: Vec<ShownIdentity>,
    /// The role that holds in the whole tenant.
    pub role: Option<NamedThing<RoleId>>,
    /// Roles over accounts.
    pub role_rows: Vec<ShownRoleRow>,
    /// Groups, in the order of their names.
    pub groups: Vec<NamedThing<GroupId>>,
    /// The profile.
    pub profile: NamedThing<ProfileId>,
    /// Each wallet's type, allowance, what is left and when it is fed next; none for an actor who
    /// may not see wallets.
    pub wallets: Option<Vec<Standing>>,
    /// When the latest accepted job was submitted; none before the first.
    pub last_printed_at: Option<Timestamp>,
    /// The field of the smart card.
    pub smart_card: SmartCard,
}

/// An identity with its secret masked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownIdentity {
    /// Its id.
    pub id: IdentityId,
    /// Its type.
    pub kind: IdentityKind,
    /// The value; of a secret one, the last character at most.
    pub shown: String,
    /// What the user calls it.
    pub label: Option<String>,
    /// Whether it finds the user.
    pub enabled: bool,
    /// The first of its type.
    pub is_primary: bool,
    /// Of a PIN: whether it signs in by itself.
    pub alone: bool,
    /// Where it came from.
    pub source: IdentitySource,
    /// When it was added.
    pub created_at: Timestamp,
}

/// Something with a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedThing<I> {
    /// Its id.
    pub id: I,
    /// Its name; empty if it was deleted.
    pub name: String,
    /// Whether it was retired.
    pub retired: bool,
}

/// A role row with its names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownRoleRow {
    /// Its id.
    pub id: RoleRowId,
    /// The role.
    pub role: NamedThing<RoleId>,
    /// Whether it holds for every account.
    pub all_accounts: bool,
    /// The accounts that it holds for otherwise.
    pub accounts: Vec<NamedThing<AccountId>>,
}

/// Whether the smart card can be seen, edited and used, and if not, why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SmartCard {
    /// The card, if the user has one. It may be kept while the conditions do not hold.
    pub identity: Option<ShownIdentity>,
    /// Whether a screen shows the field: the user works in production, or has a card.
    pub shown: bool,
    /// Whether the actor may change it now.
    pub editable: bool,
    /// Whether it signs the user in.
    pub usable: bool,
    /// Why it does not.
    pub obstacles: Vec<SmartCardObstacle>,
}

/// Why a smart card does not sign in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SmartCardObstacle {
    /// The user has none.
    NoCard,
    /// It is disabled.
    Disabled,
    /// The user is inactive.
    Inactive,
    /// The user does not work in production.
    NotProductionUser,
    /// The user holds no production role.
    NoProductionRole,
    /// The station is no production station.
    NotProductionStation,
}

impl SmartCardObstacle {
    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoCard => "no_card",
            Self::Disabled => "disabled",
            Self::Inactive => "inactive",
            Self::NotProductionUser => "not_production_user",
            Self::NoProductionRole => "no_production_role",
            Self::NotProductionStation => "not_production_station",
        }
    }
}

/// What [`look_up`] reads.
#[must_use]
pub fn look_up_reads(tenant: TenantId, user: &PreparedUser) -> ReadSet {
    user.reads(tenant, Follow::NOTHING)
}

/// The user that a reference means; none if there is none.
///
/// # Errors
/// `denied`, or what the view lacks.
pub fn look_up(
    view: &View,
    context: &Context<'_>,
    user: &PreparedUser,
) -> Result<Option<Arc<User>>, Stop> {
    let (tenant, actor) = (context.tenant, context.actor);
    permit(view, tenant, actor, LOOK_UP.requires, None)?;
    Ok(user.find(view, tenant)?.cloned())
}

/// What [`user_details`] reads.
#[must_use]
pub fn details_reads(tenant: TenantId, user: &PreparedUser) -> ReadSet {
    user.reads(tenant, Follow::ALL).and(Key::Config(tenant))
}

/// Everything about a user; none if there is no such user. `production_station` says what kind of
/// station asks; none if none does.
///
/// # Errors
/// `denied`, `unknown_tenant`, `amount_overflow`, or what the view lacks.
pub fn user_details(
    view: &View,
    context: &mut Context<'_>,
    user: &PreparedUser,
    production_station: Option<bool>,
) -> Result<Option<UserDetails>, Stop> {
    let tenant = context.tenant;
    let found = user.find(view, tenant)?.cloned();
    let about = found.as_ref().map(|user| user.id);
    permit(view, tenant, context.actor, SHOW_USER.requires, about)?;
    let Some(user) = found else {
        return Ok(None);
    };
    view.require([
        Key::Relations(tenant, user.id),
        Key::Wallets(tenant, user.id.0),
    ])?;
    let config = configured(view, tenant)?;
    let person = Person::load(view, tenant, user.id)?;
    let stored = view.wallets(tenant, user.id.0)?;
    let stored = stored.map(|stored| Wallets::clone(stored));
    let stored = stored.unwrap_or_default();
    let jobs = stored.wallets.iter().map(|wallet| wallet.last_job_at);
    let last_printed_at = jobs.max().flatten();
    let wallets = match allows(view, context, ALLOWANCE_READ, Some(user.id))? {
        true => Some(standing(config, &user, &stored, context)?),
        false => None,
    };
    let as_user = permit_as(view, tenant, context.actor, &person.user, &person.relations);
    let may_edit = allows(view, context, IDENTITY_EDIT, None)? && allowed(as_user)?;
    let relations = &person.relations;
    let role_rows = relations.role_rows.iter();
    Ok(Some(UserDetails {
        identities: relations.identities.iter().map(shown).collect(),
        role: user.role.map(|role| role_thing(config, role)),
        role_rows: role_rows
            .map(|row| role_row(config, &person, row))
            .collect(),
        groups: groups(config, relations),
        profile: thing(config, user.profile, SubjectKind::Profile, user.profile.0),
        wallets,
        last_printed_at,
        smart_card: smart_card(config, &person, may_edit, production_station),
        user: ShownUser::of(&user),
    }))
}

/// Groups, in the order of their names.
fn groups(config: &Config, relations: &Relations) -> Vec<NamedThing<GroupId>> {
    let memberships = relations.memberships.iter().map(|row| row.user_group);
    let mut groups: Vec<NamedThing<GroupId>> = memberships
        .map(|group| thing(config, group, SubjectKind::Group, group.0))
        .collect();
    groups.sort_by(|left, right| (&left.name, left.id).cmp(&(&right.name, right.id)));
    groups
}

fn allows(
    view: &View,
    context: &Context<'_>,
    permission: &'static str,
    or_self: Option<UserId>,
) -> Result<bool, Stop> {
    let requirement = match or_self {
        Some(_) => Requirement::PermissionOrSelf(permission),
        None => Requirement::Permission(permission),
    };
    allowed(permit(
        view,
        context.tenant,
        context.actor,
        requirement,
        or_self,
    ))
}

fn allowed(checked: Result<(), Stop>) -> Result<bool, Stop> {
    match checked {
        Ok(()) => Ok(true),
        Err(Stop::Refused(_)) => Ok(false),
        Err(needs) => Err(needs),
    }
}

/// The smart card of a user, with the conditions under which it signs in: the user is an active
/// production user with a production role, at a production station.
fn smart_card(
    config: &Config,
    person: &Person,
    may_edit: bool,
    production_station: Option<bool>,
) -> SmartCard {
    let user = &person.user;
    let cards = person.relations.identities.iter();
    let card = cards
        .filter(|identity| identity.kind == IdentityKind::SmartCard)
        .find(|identity| identity.is_primary);
    let has_role = holds_production_role(config, person);
    let obstacles: Vec<SmartCardObstacle> = [
        (card.is_none(), SmartCardObstacle::NoCard),
        (
            card.is_some_and(|card| !card.enabled),
            SmartCardObstacle::Disabled,
        ),
        (!user.active, SmartCardObstacle::Inactive),
        (!user.production, SmartCardObstacle::NotProductionUser),
        (!has_role, SmartCardObstacle::NoProductionRole),
        (
            production_station == Some(false),
            SmartCardObstacle::NotProductionStation,
        ),
    ]
    .into_iter()
    .filter_map(|(stands, obstacle)| stands.then_some(obstacle))
    .collect();
    SmartCard {
        identity: card.map(shown),
        shown: user.production || card.is_some(),
        editable: may_edit && user.production && has_role,
        usable: obstacles.is_empty(),
        obstacles,
    }
}

fn holds_production_role(config: &Config, person: &Person) -> bool {
    let rows = person.relations.role_rows.iter().map(|row| row.role);
    rows.chain(person.user.role)
        .filter_map(|role| config.roles.get(&role))
        .any(|role| role.production)
}

fn shown(identity: &Identity) -> ShownIdentity {
    ShownIdentity {
        id: identity.id,
        kind: identity.kind.clone(),
        shown: identity.shown.clone(),
        label: identity.label.clone(),
        enabled: identity.enabled,
        is_primary: identity.is_primary,
        alone: identity.alone,
        source: identity.source,
        created_at: identity.created_at,
    }
}

fn role_row(config: &Config, person: &Person, row: &RoleRow) -> ShownRoleRow {
    let accounts = person.relations.accounts_of(row.id);
    ShownRoleRow {
        id: row.id,
        role: role_thing(config, row.role),
        all_accounts: row.all_accounts,
        accounts: accounts
            .map(|account| thing(config, account, SubjectKind::Account, account.0))
            .collect(),
    }
}

fn role_thing(config: &Config, role: RoleId) -> NamedThing<RoleId> {
    thing(config, role, SubjectKind::Role, role.0)
}

fn thing<I>(config: &Config, id: I, kind: SubjectKind, number: i64) -> NamedThing<I> {
    let found = super::subjects::known(config, Subject { kind, id: number });
    NamedThing {
        id,
        name: found.map(|found| found.name.to_owned()).unwrap_or_default(),
        retired: found.is_some_and(|found| found.retired),
    }
}
