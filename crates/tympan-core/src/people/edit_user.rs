//! Editing a user: one command for a whole screen, with one version check, all or nothing.

use crate::audit;
use crate::command::{Command, Context, Decide, Decision, Preparation, Stop};
use crate::error::{Code, Error};
use crate::ids::{GroupId, RoleRowId, TenantId};
use crate::people::changed::Changed;
use crate::people::create_user::reason;
use crate::people::edit::{Edit, Edits, MAX_IDENTITIES, MAX_MEMBERSHIPS, MAX_ROLE_ROWS};
use crate::people::fields::{PreparedFields, UserField, UserFields};
use crate::people::identity_edit::{IdentityEdit, PreparedIdentityEdit};
use crate::people::new_identity::Values;
use crate::people::role_rows::RoleRowEdit;
use crate::people::{PreparedUser, UserReference};
use crate::permissions::{IDENTITY_EDIT, Requirement, USER_EDIT, configured, permit};
use crate::records::IdentitySource;
use crate::refusals::{Refusals, too_many};
use crate::view::{Follow, ReadSet, View};

/// Edits a user. Fields come first, then identities, groups and role rows, each in their order;
/// what was refused anywhere changes nothing.
///
/// Role changes need the permission to administer users too, identities beyond the fields the
/// permission to edit identities. Who changes the names or other identities of a user, or makes
/// them active again, must hold all that the user holds; who changes their own profile, whether
/// wallets limit them, their account code or the groups they are in, or with whom anybody shares wallets,
/// must be allowed to adjust balances.
/// A new profile and a new group feed from now on; what the old ones owed is settled first, and what
/// is left of what a group's plans gave is taken back when the user leaves it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EditUser {
    /// Whom.
    pub user: UserReference,
    /// The version that the caller saw; none if the caller says that it does not matter.
    pub expected_version: Option<i64>,
    /// Fields to set.
    pub set: UserFields,
    /// Fields to clear.
    pub clear: Vec<UserField>,
    /// Changes to identities.
    pub identities: Vec<IdentityEdit>,
    /// Groups to join; the user may be a member already.
    pub join: Vec<GroupId>,
    /// Groups to leave; the user need not be a member.
    pub leave: Vec<GroupId>,
    /// Changes to role rows.
    pub role_rows: Vec<RoleRowEdit>,
    /// Where names come from that the fields bring.
    pub source: IdentitySource,
    /// Why.
    pub reason: Option<String>,
}

impl EditUser {
    /// An edit that changes nothing yet, made against a version.
    pub fn of(user: impl Into<UserReference>, expected_version: Option<i64>) -> Self {
        Self {
            user: user.into(),
            expected_version,
            set: UserFields::default(),
            clear: Vec::new(),
            identities: Vec::new(),
            join: Vec::new(),
            leave: Vec::new(),
            role_rows: Vec::new(),
            source: IdentitySource::Manual,
            reason: None,
        }
    }
}

/// An edit with everything checked that needs no view.
#[derive(Debug)]
pub struct PreparedEditUser {
    action: &'static str,
    user: PreparedUser,
    expected_version: Option<i64>,
    fields: PreparedFields,
    identities: Vec<PreparedIdentityEdit>,
    join: Vec<GroupId>,
    leave: Vec<GroupId>,
    role_rows: Vec<RoleRowEdit>,
    source: IdentitySource,
    reason: Option<String>,
}

impl Command for EditUser {
    type Prepared = PreparedEditUser;
    const NAME: &'static str = "edit_user";
    const REQUIRES: Requirement = Requirement::Permission(USER_EDIT);

    fn prepare(&self, preparation: &mut Preparation<'_>) -> Result<PreparedEditUser, Error> {
        self.prepare_as(Self::NAME, preparation)
    }
}

impl EditUser {
    /// For commands that are edits by another name.
    pub(super) fn prepare_as(
        &self,
        action: &'static str,
        preparation: &mut Preparation<'_>,
    ) -> Result<PreparedEditUser, Error> {
        let mut refusals = Refusals::default();
        for (field, limit, length) in [
            ("identities", MAX_IDENTITIES, self.identities.len()),
            ("join", MAX_MEMBERSHIPS, self.join.len()),
            ("leave", MAX_MEMBERSHIPS, self.leave.len()),
            ("role_rows", MAX_ROLE_ROWS, self.role_rows.len()),
        ] {
            if length > limit {
                refusals.note(too_many(field, limit));
            }
        }
        for row in self.role_rows.iter().take(MAX_ROLE_ROWS) {
            refusals.prepared(row.check());
        }
        let user = refusals.prepared(self.user.prepare(preparation));
        let fields = refusals.prepared(self.set.prepare(&self.clear));
        let identities = self.identities.iter().take(MAX_IDENTITIES);
        let identities = identities
            .filter_map(|edit| refusals.prepared(edit.prepare(preparation)))
            .collect();
        let reason = refusals.or_default(reason(self.reason.as_deref()));
        let (user, fields) = refusals.all(user.zip(fields))?;
        Ok(PreparedEditUser {
            action,
            user,
            expected_version: self.expected_version,
            fields,
            identities,
            join: self.join.clone(),
            leave: self.leave.clone(),
            role_rows: self.role_rows.clone(),
            source: self.source,
            reason,
        })
    }
}

impl Decide for PreparedEditUser {
    type Reply = Changed;

    fn reads(&self, tenant: TenantId) -> ReadSet {
        let moves = !self.join.is_empty() || !self.leave.is_empty();
        let follow = if moves || self.fields.profile.is_some() || self.fields.active.is_some() {
            Follow::ALL
        } else {
            Follow::RELATIONS
        };
        let mut set = ReadSet::of(audit::strand_key(tenant));
        set.extend(self.user.reads(tenant, follow));
        set.extend(self.fields.reads(tenant));
        for edit in &self.identities {
            set.extend(edit.reads(tenant));
        }
        set
    }

    fn decide(&self, view: &View, context: &mut Context<'_>) -> Result<Decision<Changed>, Stop> {
        let config = configured(view, context.tenant)?;
        let mut refusals = Refusals::default();
        if !self.identities.is_empty() {
            let requirement = Requirement::Permission(IDENTITY_EDIT);
            refusals.check(permit(
                view,
                context.tenant,
                context.actor,
                requirement,
                None,
            ))?;
        }
        let found = refusals.check(self.user.require(view, context.tenant))?;
        let Some(user) = found else {
            refusals.finish()?;
            return Err(Error::of(Code::Internal).into());
        };
        let mut edit = Edit::of(view, context.tenant, user.id, self.expected_version)?;
        let person = &mut edit.after;
        if let Err(error) = self.fields.apply(person, self.source, context) {
            refusals.note(error);
        }
        let mut values = Values::new(view, config, 0);
        let mut stored = Vec::new();
        for change in &self.identities {
            let told = change.apply(person, &mut values, context, &mut refusals)?;
            stored.extend(told);
        }
        for group in &self.leave {
            person.leave(*group);
        }
        for group in &self.join {
            person.join(*group, context.now);
        }
        let mut role_rows = Vec::new();
        for change in &self.role_rows {
            match change.apply(person, || RoleRowId(context.ids.next())) {
                Ok(added) => role_rows.extend(added),
                Err(error) => refusals.note(error),
            }
        }
        let edits = Edits {
            action: self.action,
            reason: self.reason.clone(),
            edits: vec![edit],
            refusals,
        };
        let outcome = edits.decide(view, context, config)?;
        Changed::decision(outcome, stored, role_rows)
    }
}
