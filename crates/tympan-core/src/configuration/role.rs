//! Making and editing roles. Nobody makes or edits a role to hold what they do not hold
//! themselves, and an edit leaves somebody who administers users.

use std::collections::BTreeSet;

use crate::command::{Command, Context, Decide, Decision, Preparation, Stop};
use crate::configuration::administrators::must_remain;
use crate::configuration::draft::{Draft, Saved, change, create, find, reads};
use crate::configuration::limits::MAX_PERMISSIONS;
use crate::configuration::named::Named;
use crate::error::Error;
use crate::ids::{RoleId, TenantId};
use crate::permissions::{
    Requirement, parse_permission, permissions_of, permit_grant, role_grants,
};
use crate::records::{Role, RolePermission};
use crate::refusals::{Refusals, too_many};
use crate::text;
use crate::view::{ReadSet, View};

/// Makes a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreateRole {
    /// Its name, unique among roles.
    pub name: String,
    /// Whether it is a production role: a condition of the smart card.
    pub production: bool,
    /// What it permits: names of tympan's own or of the host's.
    pub permissions: Vec<String>,
}

impl CreateRole {
    /// A role that permits nothing yet.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            production: false,
            permissions: Vec::new(),
        }
    }

    /// The same with one more permission.
    #[must_use]
    pub fn permission(mut self, name: impl Into<String>) -> Self {
        self.permissions.push(name.into());
        self
    }
}

/// Edits a role as a whole: all of it, or nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EditRole {
    /// The role.
    pub role: RoleId,
    /// The version that the edit was made against; none: whatever it is.
    pub expected_version: Option<i64>,
    /// Another name.
    pub name: Option<String>,
    /// Whether it is a production role from now on.
    pub production: Option<bool>,
    /// Everything that it permits from now on.
    pub permissions: Option<Vec<String>>,
}

impl EditRole {
    /// An edit that changes nothing yet, against whatever version the role has.
    #[must_use]
    pub fn new(role: RoleId) -> Self {
        Self {
            role,
            expected_version: None,
            name: None,
            production: None,
            permissions: None,
        }
    }
}

/// A role to make, with its texts normalised.
#[derive(Debug)]
pub struct PreparedCreateRole {
    name: String,
    production: bool,
    permissions: BTreeSet<String>,
}

impl Command for CreateRole {
    type Prepared = PreparedCreateRole;
    const NAME: &'static str = "create_role";
    const REQUIRES: Requirement = Role::REQUIRES;

    fn prepare(&self, _: &mut Preparation<'_>) -> Result<PreparedCreateRole, Error> {
        let mut refusals = Refusals::default();
        let name = text::required("name", &self.name, text::MAX_NAME);
        let prepared = PreparedCreateRole {
            name: refusals.or_default(name),
            production: self.production,
            permissions: refusals.or_default(checked(&self.permissions)),
        };
        refusals.finish().map(|()| prepared)
    }
}

impl Decide for PreparedCreateRole {
    type Reply = Saved<RoleId>;

    fn reads(&self, tenant: TenantId) -> ReadSet {
        reads(tenant)
    }

    fn decide(
        &self,
        view: &View,
        context: &mut Context<'_>,
    ) -> Result<Decision<Self::Reply>, Stop> {
        let action = CreateRole::NAME;
        create::<Role>(view, context, action, &self.name, |draft, context, id| {
            grant(draft, context, id, &self.permissions)?;
            Ok(Role {
                tenant: context.tenant,
                id,
                name: self.name.clone(),
                version: 1,
                retired: false,
                production: self.production,
                created_at: context.now,
            })
        })
    }
}

/// An edit with its texts normalised.
#[derive(Debug)]
pub struct PreparedEditRole {
    role: RoleId,
    expected_version: Option<i64>,
    name: Option<String>,
    production: Option<bool>,
    permissions: Option<BTreeSet<String>>,
}

impl Command for EditRole {
    type Prepared = PreparedEditRole;
    const NAME: &'static str = "edit_role";
    const REQUIRES: Requirement = Role::REQUIRES;

    fn prepare(&self, _: &mut Preparation<'_>) -> Result<PreparedEditRole, Error> {
        let mut refusals = Refusals::default();
        let name = text::given("name", self.name.as_deref(), text::MAX_NAME);
        let permissions = self.permissions.as_deref().map(checked).transpose();
        let prepared = PreparedEditRole {
            role: self.role,
            expected_version: self.expected_version,
            name: refusals.or_default(name),
            production: self.production,
            permissions: refusals.or_default(permissions),
        };
        refusals.finish().map(|()| prepared)
    }
}

impl Decide for PreparedEditRole {
    type Reply = Saved<RoleId>;

    fn reads(&self, tenant: TenantId) -> ReadSet {
        reads(tenant)
    }

    fn decide(
        &self,
        view: &View,
        context: &mut Context<'_>,
    ) -> Result<Decision<Self::Reply>, Stop> {
        let (id, expected) = (self.role, self.expected_version);
        let action = EditRole::NAME;
        change::<Role>(view, context, action, id, expected, |draft, context| {
            if let Some(permissions) = &self.permissions {
                grant(draft, context, id, permissions)?;
            }
            if let Some(name) = &self.name {
                draft.rename::<Role>(id, name)?;
            }
            let mut role = find::<Role>(&draft.after, id)?.clone();
            role.production = self.production.unwrap_or(role.production);
            draft.after.roles.insert(id, role);
            must_remain(draft)
        })
    }
}

fn checked(names: &[String]) -> Result<BTreeSet<String>, Error> {
    if names.len() > MAX_PERMISSIONS {
        return Err(too_many("permissions", MAX_PERMISSIONS));
    }
    names.iter().map(|name| parse_permission(name)).collect()
}

/// Makes these the permissions of a role. The actor holds what the role did not permit before.
fn grant(
    draft: &mut Draft<'_>,
    context: &Context<'_>,
    role: RoleId,
    permissions: &BTreeSet<String>,
) -> Result<(), Stop> {
    let new = permissions
        .iter()
        .map(String::as_str)
        .filter(|name| !role_grants(draft.before, role, name));
    permit_grant(draft.view, context.tenant, context.actor, new)?;
    let before: Vec<&str> = permissions_of(draft.before, role).collect();
    let after: Vec<&str> = permissions.iter().map(String::as_str).collect();
    let shown = |names: &[&str]| (!names.is_empty()).then(|| names.join(" "));
    draft.note("permissions".to_owned(), shown(&before), shown(&after));
    if permissions.is_empty() {
        draft.after.permissions.remove(&role);
        return Ok(());
    }
    let rows = permissions
        .iter()
        .map(|permission| RolePermission {
            tenant: context.tenant,
            role,
            permission: permission.clone(),
        })
        .collect();
    draft.after.permissions.insert(role, rows);
    Ok(())
}
