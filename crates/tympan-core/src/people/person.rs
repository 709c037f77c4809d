//! A user with the children: what commands edit, and what follows from an edit by itself.

use std::collections::BTreeSet;

use crate::command::Stop;
use crate::error::{Code, Error};
use crate::ids::{AccountId, GroupId, IdentityId, RoleId, RoleRowId, TenantId, UserId};
use crate::queries::fold_user;
use crate::records::{
    Identity, IdentityKind, Joined, Membership, Relations, RoleRow, RoleRowAccount, Subject,
    SubjectKind, User,
};
use crate::time::Timestamp;
use crate::view::View;

/// What separates a domain from a network name.
pub(super) const DOMAIN_SEPARATOR: char = '\\';

/// A user with the children.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Person {
    pub(super) user: User,
    pub(super) relations: Relations,
}

/// The groups that memberships name.
pub(super) fn joined(relations: &Relations) -> Joined {
    let memberships = relations.memberships.iter();
    Joined::new(memberships.map(|row| (row.user_group, row.since)))
}

/// Where a user uses a thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    Profile,
    TenantRole,
    Membership,
    RoleRow(RoleRowId),
    RoleRowAccount(RoleRowId),
}

impl Person {
    /// A user who is there, with the children.
    pub(super) fn load(view: &View, tenant: TenantId, id: UserId) -> Result<Self, Stop> {
        let (user, relations) = (view.user(tenant, id)?, view.relations(tenant, id)?);
        let user = user.ok_or_else(|| Error::of(Code::UnknownUser).with("user", id))?;
        Ok(Self {
            user: (**user).clone(),
            relations: relations.map(|found| (**found).clone()).unwrap_or_default(),
        })
    }

    /// Puts in order what follows from the rest: the order of children, the first of each type of
    /// identity, the fields shown from identities, and the folded forms.
    pub(super) fn derive(&mut self) {
        let relations = &mut self.relations;
        relations.identities.sort_by_key(|identity| identity.id);
        relations.memberships.sort_by_key(|row| row.user_group);
        relations.role_rows.sort_by_key(|row| row.id);
        relations
            .role_row_accounts
            .sort_by_key(|row| (row.role_row, row.account));
        choose_primaries(&mut relations.identities);
        let shown = |kind| self.primary(&kind).map(|identity| identity.shown.clone());
        let (username, email) = (shown(IdentityKind::Username), shown(IdentityKind::Email));
        let network = shown(IdentityKind::NetworkName);
        let (domain, name) = match &network {
            Some(network) => match network.split_once(DOMAIN_SEPARATOR) {
                Some((domain, name)) => (Some(domain.to_owned()), Some(name.to_owned())),
                None => (None, Some(network.clone())),
            },
            None => (None, None),
        };
        self.user.groups = joined(&self.relations);
        self.user.username = username;
        self.user.email = email;
        self.user.network_name = name;
        self.user.network_domain = domain;
        fold_user(&mut self.user);
    }

    /// The identity that the user is shown with: the first enabled one of a type.
    pub(super) fn primary(&self, kind: &IdentityKind) -> Option<&Identity> {
        self.relations
            .identities
            .iter()
            .find(|identity| identity.kind == *kind && identity.is_primary && identity.enabled)
    }

    /// One identity, to be edited.
    pub(super) fn identity_mut(&mut self, id: IdentityId) -> Result<&mut Identity, Error> {
        self.relations
            .identities
            .iter_mut()
            .find(|identity| identity.id == id)
            .ok_or_else(|| unknown_identity(id))
    }

    /// Takes an identity away.
    pub(super) fn take_identity(&mut self, id: IdentityId) -> Result<Identity, Error> {
        let identities = &mut self.relations.identities;
        identities
            .iter()
            .position(|identity| identity.id == id)
            .map(|at| identities.remove(at))
            .ok_or_else(|| unknown_identity(id))
    }

    /// Gives an identity to the user, as the first of its type or behind those that are there.
    pub(super) fn give_identity(&mut self, identity: Identity, is_primary: bool) {
        self.relations.identities.push(Identity {
            user: self.user.id,
            is_primary,
            ..identity
        });
    }

    /// Makes the user a member, if that is new.
    pub(super) fn join(&mut self, group: GroupId, since: Timestamp) {
        let memberships = &mut self.relations.memberships;
        if memberships.iter().all(|row| row.user_group != group) {
            memberships.push(Membership {
                tenant: self.user.tenant,
                user: self.user.id,
                user_group: group,
                since,
            });
        }
    }

    /// Ends a membership, if there is one.
    pub(super) fn leave(&mut self, group: GroupId) {
        self.relations
            .memberships
            .retain(|row| row.user_group != group);
    }

    /// Adds a role row; `None` for every account.
    pub(super) fn add_role_row(
        &mut self,
        id: RoleRowId,
        role: RoleId,
        accounts: Option<&BTreeSet<AccountId>>,
    ) {
        self.relations.role_rows.push(RoleRow {
            tenant: self.user.tenant,
            user: self.user.id,
            id,
            role,
            all_accounts: accounts.is_none(),
        });
        self.set_accounts(id, accounts);
    }

    /// Sets the accounts of a role row that is there; `None` for every account.
    pub(super) fn set_accounts(
        &mut self,
        role_row: RoleRowId,
        accounts: Option<&BTreeSet<AccountId>>,
    ) {
        let (tenant, user) = (self.user.tenant, self.user.id);
        for row in &mut self.relations.role_rows {
            if row.id == role_row {
                row.all_accounts = accounts.is_none();
            }
        }
        let rows = &mut self.relations.role_row_accounts;
        rows.retain(|row| row.role_row != role_row);
        rows.extend(
            accounts
                .into_iter()
                .flatten()
                .map(|account| RoleRowAccount {
                    tenant,
                    user,
                    role_row,
                    account: *account,
                }),
        );
    }

    /// Takes a role row away, with its accounts.
    pub(super) fn remove_role_row(&mut self, id: RoleRowId) {
        self.relations.role_rows.retain(|row| row.id != id);
        self.relations
            .role_row_accounts
            .retain(|row| row.role_row != id);
    }

    /// Everything that the user uses, and where.
    pub(super) fn places(&self) -> BTreeSet<(Place, Subject)> {
        let subject = |kind, id| Subject { kind, id };
        let relations = &self.relations;
        let mut places = BTreeSet::from([(
            Place::Profile,
            subject(SubjectKind::Profile, self.user.profile.0),
        )]);
        let tenant_role = self.user.role;
        places.extend(
            tenant_role.map(|role| (Place::TenantRole, subject(SubjectKind::Role, role.0))),
        );
        places.extend(relations.memberships.iter().map(|row| {
            let group = subject(SubjectKind::Group, row.user_group.0);
            (Place::Membership, group)
        }));
        places.extend(relations.role_rows.iter().map(|row| {
            let role = subject(SubjectKind::Role, row.role.0);
            (Place::RoleRow(row.id), role)
        }));
        places.extend(relations.role_row_accounts.iter().map(|row| {
            let account = subject(SubjectKind::Account, row.account.0);
            (Place::RoleRowAccount(row.role_row), account)
        }));
        places
    }

    /// The roles that hold in the whole tenant while the user is active.
    pub(super) fn roles_everywhere(&self) -> BTreeSet<RoleId> {
        let rows = self.relations.role_rows.iter();
        rows.filter(|row| row.all_accounts)
            .map(|row| row.role)
            .chain(self.user.role)
            .collect()
    }
}

/// Of each type exactly one identity is the first: the one marked so, an enabled one before a
/// disabled one, an older one before a newer one.
fn choose_primaries(identities: &mut [Identity]) {
    let kinds: BTreeSet<IdentityKind> = identities
        .iter()
        .map(|identity| identity.kind.clone())
        .collect();
    for kind in kinds {
        let best = identities
            .iter()
            .filter(|identity| identity.kind == kind)
            .min_by_key(|identity| (!identity.enabled, !identity.is_primary, identity.id))
            .map(|identity| identity.id);
        for identity in identities
            .iter_mut()
            .filter(|identity| identity.kind == kind)
        {
            identity.is_primary = Some(identity.id) == best;
        }
    }
}

/// There is no such identity.
pub(super) fn unknown_identity(id: IdentityId) -> Error {
    Error::new(
        Code::UnknownIdentity,
        format!("the user has no identity `{id}`"),
    )
    .with("identity", id)
}
