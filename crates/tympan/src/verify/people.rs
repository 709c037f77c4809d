//! Users: who owns which value, and how many use what. Decisions rest on these records, and nothing
//! else would tell if one of them were wrong.

use std::collections::BTreeMap;
use std::iter::Peekable;

use tympan_core::configuration::UsesCount;
use tympan_core::error::Error;
use tympan_core::ids::{IdentityId, TenantId, UserId};
use tympan_core::people::uses_of;
use tympan_core::proof;
use tympan_core::records::{
    Claim, ClaimName, Identity, Joined, Membership, Relations, RoleRow, RoleRowAccount, Subject,
    User, Uses,
};
use tympan_core::row::Row;
use tympan_store::Snapshot;

use super::audit::Changes;
use super::{Check, Verification};
use crate::rows::Scan;

type Claims = BTreeMap<(TenantId, ClaimName), (UserId, IdentityId)>;
type Counts = BTreeMap<(TenantId, Subject), UsesCount>;

impl Check<'_> {
    /// Checks every user with the children, every claim and every count of users.
    pub(super) fn people(&mut self, mut changes: Changes<(TenantId, UserId)>) -> Result<(), Error> {
        let mut claims = claims(self.snapshot)?;
        let mut counts = Counts::new();
        let mut children = Children::new(self.snapshot);
        for user in Scan::<User>::new(self.snapshot) {
            let user = user?;
            let relations = children.of(&user, &mut self.found)?;
            let told = changes.remove(&(user.tenant, user.id)).unwrap_or_default();
            self.user(&user, &relations, told, &mut claims);
            let tenant = user.tenant;
            for (subject, count) in uses_of(user, relations) {
                let sum = counts.entry((tenant, subject)).or_default();
                sum.users = sum.users.saturating_add(count.users);
                sum.active_users = sum.active_users.saturating_add(count.active_users);
            }
        }
        children.end(&mut self.found)?;
        for (tenant, user) in changes.keys() {
            self.found.fault("user", || {
                format!("there is no user `{user}` of tenant `{tenant}`, of whom audit events tell")
            });
        }
        for ((_, name), (owner, identity)) in &claims {
            self.found.fault("claim", || {
                let kind = name.kind.name();
                format!(
                    "a `{kind}` is claimed for identity `{identity}` of user `{owner}`, who has \
                     none such"
                )
            });
        }
        compare(self.snapshot, counts, &mut self.found)
    }

    fn user(&mut self, user: &User, relations: &Relations, told: i64, claims: &mut Claims) {
        let (tenant, id, version) = (user.tenant, user.id, user.version);
        self.found.users += 1;
        let digest = proof::of_user(&self.keys.of(tenant).record, user, relations);
        let place = || format!("user `{id}` of tenant `{tenant}`, or what belongs to the user");
        self.found.expect(digest == user.digest, "user", place);
        self.found.expect(told == version, "version", || {
            format!(
                "user `{id}` of tenant `{tenant}` has version {version}, audit events tell of \
                 {told} changes"
            )
        });
        for identity in relations.identities.iter().filter(|row| row.is_claimed()) {
            let claim = claims.remove(&(tenant, name_of(identity)));
            let place = || format!("identity `{}` of user `{id}`", identity.id);
            self.found
                .expect(claim == Some((id, identity.id)), "claim", place);
        }
        let memberships = relations.memberships.iter();
        let joined = Joined::new(memberships.map(|row| (row.user_group, row.since)));
        self.found.expect(joined == user.groups, "child", || {
            format!("the groups of user `{id}` of tenant `{tenant}`")
        });
        for row in &relations.role_row_accounts {
            let mut rows = relations.role_rows.iter();
            let fits = rows.any(|held| held.id == row.role_row && !held.all_accounts);
            let place = || format!("an account of role row `{}` of user `{id}`", row.role_row);
            self.found.expect(fits, "child", place);
        }
    }
}

fn claims(snapshot: &dyn Snapshot) -> Result<Claims, Error> {
    Scan::<Claim>::new(snapshot)
        .map(|claim| {
            claim.map(|claim| ((claim.tenant, claim.name()), (claim.user, claim.identity)))
        })
        .collect()
}

fn name_of(identity: &Identity) -> ClaimName {
    ClaimName {
        kind: identity.kind.clone(),
        value: identity.value.as_str().into(),
    }
}

/// The stored counts against what the users come to. A thing that nobody uses may have none.
fn compare(
    snapshot: &dyn Snapshot,
    mut counts: Counts,
    found: &mut Verification,
) -> Result<(), Error> {
    let place = |subject: Subject| format!("{} number {}", subject.kind.as_str(), subject.id);
    for uses in Scan::<Uses>::new(snapshot) {
        let uses = uses?;
        let counted = counts.remove(&(uses.tenant, uses.subject()));
        let counted = counted.unwrap_or_default();
        let fits = (uses.users, uses.active_users) == (counted.users, counted.active_users);
        found.expect(fits, "uses", || place(uses.subject()));
    }
    for (_, subject) in counts.keys() {
        found.fault("uses", || place(*subject));
    }
    Ok(())
}

/// The children of users, which lie in the order of their users.
struct Children<'a> {
    identities: Peekable<Scan<'a, Identity>>,
    memberships: Peekable<Scan<'a, Membership>>,
    role_rows: Peekable<Scan<'a, RoleRow>>,
    role_row_accounts: Peekable<Scan<'a, RoleRowAccount>>,
}

macro_rules! owned {
    ($($name:ident),+) => {$(
        impl Owned for $name {
            fn owner(&self) -> (TenantId, UserId) {
                (self.tenant, self.user)
            }
        }
    )+};
}

/// A row that belongs to a user.
trait Owned: Row {
    fn owner(&self) -> (TenantId, UserId);
}

owned!(Identity, Membership, RoleRow, RoleRowAccount);

impl<'a> Children<'a> {
    fn new(snapshot: &'a dyn Snapshot) -> Self {
        Self {
            identities: Scan::new(snapshot).peekable(),
            memberships: Scan::new(snapshot).peekable(),
            role_rows: Scan::new(snapshot).peekable(),
            role_row_accounts: Scan::new(snapshot).peekable(),
        }
    }

    /// Those of the next user.
    fn of(&mut self, user: &User, found: &mut Verification) -> Result<Relations, Error> {
        let owner = (user.tenant, user.id);
        Ok(Relations {
            identities: take(&mut self.identities, owner, found)?,
            memberships: take(&mut self.memberships, owner, found)?,
            role_rows: take(&mut self.role_rows, owner, found)?,
            role_row_accounts: take(&mut self.role_row_accounts, owner, found)?,
        })
    }

    /// Whatever is left belongs to nobody.
    fn end(mut self, found: &mut Verification) -> Result<(), Error> {
        let last = (TenantId(i64::MAX), UserId(i64::MAX));
        take(&mut self.identities, last, found)?;
        take(&mut self.memberships, last, found)?;
        take(&mut self.role_rows, last, found)?;
        take(&mut self.role_row_accounts, last, found)?;
        Ok(())
    }
}

/// The rows of an owner; those before belong to a user who is not there.
fn take<T: Owned>(
    rows: &mut Peekable<Scan<'_, T>>,
    owner: (TenantId, UserId),
    found: &mut Verification,
) -> Result<Vec<T>, Error> {
    let mut taken = Vec::new();
    let comes = |row: &Result<T, Error>| row.as_ref().map_or(true, |row| row.owner() <= owner);
    while let Some(row) = rows.next_if(comes) {
        let row = row?;
        if row.owner() == owner {
            taken.push(row);
        } else {
            found.fault("child", || {
                let (tenant, user) = row.owner();
                let table = T::TABLE.name;
                format!("a `{table}` of user `{user}` of tenant `{tenant}`, who is not there")
            });
        }
    }
    Ok(taken)
}
