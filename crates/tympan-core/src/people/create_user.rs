//! Creating a user, with everything that a screen or a line of a file says at once.

use crate::audit;
use crate::command::{Command, Context, Decide, Decision, Preparation, Stop};
use crate::configuration::population_reads;
use crate::error::Error;
use crate::ids::{GroupId, ProfileId, RoleRowId, TenantId, UserId};
use crate::people::changed::Changed;
use crate::people::edit::{Edit, Edits, MAX_IDENTITIES, MAX_MEMBERSHIPS, MAX_ROLE_ROWS};
use crate::people::fields::{PreparedFields, UserFields};
use crate::people::new_identity::{NewIdentity, Prepared, Values};
use crate::people::person::Person;
use crate::people::role_rows::NewRoleRow;
use crate::permissions::{IDENTITY_EDIT, Requirement, USER_EDIT, configured, permit};
use crate::records::{Config, IdentitySource, Joined, Relations, User};
use crate::refusals::{Refusals, too_many};
use crate::text;
use crate::time::Timestamp;
use crate::view::{ReadSet, View};

/// Creates a user. Only the name is required; a user is active and restricted, and has the
/// tenant's default profile, unless the fields say otherwise.
///
/// Roles need the permission to administer users too, identities beyond the fields the permission
/// to edit identities.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreateUser {
    /// The fields; `name` is required.
    pub fields: UserFields,
    /// Groups to join.
    pub groups: Vec<GroupId>,
    /// Roles over accounts.
    pub role_rows: Vec<NewRoleRow>,
    /// Identities besides those that the fields name.
    pub identities: Vec<NewIdentity>,
    /// Where the user comes from: the source of the identities that the fields name.
    pub source: IdentitySource,
    /// Why.
    pub reason: Option<String>,
}

impl CreateUser {
    /// A user with a name, and nothing else yet.
    pub fn named(name: impl Into<String>) -> Self {
        Self {
            fields: UserFields {
                name: Some(name.into()),
                ..UserFields::default()
            },
            groups: Vec::new(),
            role_rows: Vec::new(),
            identities: Vec::new(),
            source: IdentitySource::Manual,
            reason: None,
        }
    }

    /// The same user with a username.
    #[must_use]
    pub fn username(mut self, username: impl Into<String>) -> Self {
        self.fields.username = Some(username.into());
        self
    }

    /// The same user with a primary e-mail address.
    #[must_use]
    pub fn email(mut self, email: impl Into<String>) -> Self {
        self.fields.email = Some(email.into());
        self
    }

    /// The same user with another profile than the tenant's default one.
    #[must_use]
    pub fn profile(mut self, profile: ProfileId) -> Self {
        self.fields.profile = Some(profile);
        self
    }

    /// The same user with one more identity.
    #[must_use]
    pub fn identity(mut self, identity: NewIdentity) -> Self {
        self.identities.push(identity);
        self
    }
}

/// A new user with everything checked that needs no view.
#[derive(Debug)]
pub struct PreparedCreateUser {
    fields: PreparedFields,
    groups: Vec<GroupId>,
    role_rows: Vec<NewRoleRow>,
    identities: Vec<Prepared>,
    source: IdentitySource,
    reason: Option<String>,
    /// Counts of users that deciding will need, as far as the configuration tells.
    counts: ReadSet,
}

impl Command for CreateUser {
    type Prepared = PreparedCreateUser;
    const NAME: &'static str = "create_user";
    const REQUIRES: Requirement = Requirement::Permission(USER_EDIT);

    fn prepare(&self, preparation: &mut Preparation<'_>) -> Result<PreparedCreateUser, Error> {
        let mut named = self.fields.clone();
        // Absent and empty are the same mistake.
        named.name.get_or_insert_default();
        let mut refusals = Refusals::default();
        let fields = refusals.prepared(named.prepare(&[]));
        for (field, limit, length) in [
            ("identities", MAX_IDENTITIES, self.identities.len()),
            ("groups", MAX_MEMBERSHIPS, self.groups.len()),
            ("role_rows", MAX_ROLE_ROWS, self.role_rows.len()),
        ] {
            if length > limit {
                refusals.note(too_many(field, limit));
            }
        }
        for row in self.role_rows.iter().take(MAX_ROLE_ROWS) {
            refusals.prepared(row.accounts.check());
        }
        let identities = self.identities.iter().take(MAX_IDENTITIES);
        let identities: Vec<Prepared> = identities
            .filter_map(|identity| refusals.prepared(identity.prepare(preparation)))
            .collect();
        let reason = refusals.or_default(reason(self.reason.as_deref()));
        let fields = refusals.all(fields)?;
        let counts_users = identities.iter().any(Prepared::is_alone);
        let counts = match preparation.config {
            Some(config) if counts_users => population_reads(config),
            _ => ReadSet::default(),
        };
        Ok(PreparedCreateUser {
            fields,
            groups: self.groups.clone(),
            role_rows: self.role_rows.clone(),
            identities,
            source: self.source,
            reason,
            counts,
        })
    }
}

/// Why something was done, if that is said.
pub(super) fn reason(reason: Option<&str>) -> Result<Option<String>, Error> {
    match reason {
        Some(reason) => text::notes("reason", reason),
        None => Ok(None),
    }
}

impl Decide for PreparedCreateUser {
    type Reply = Changed;

    fn reads(&self, tenant: TenantId) -> ReadSet {
        let mut set = ReadSet::of(audit::strand_key(tenant));
        set.extend(self.fields.reads(tenant));
        for identity in &self.identities {
            set.extend(identity.reads(tenant));
        }
        set.extend(self.counts.clone());
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
        let mut person = Person {
            user: blank_user(context, config),
            relations: Relations::default(),
        };
        if let Err(error) = self.fields.apply(&mut person, self.source, context) {
            refusals.note(error);
        }
        let mut values = Values::new(view, config, 1);
        let mut stored = Vec::new();
        for identity in &self.identities {
            let user = person.user.id;
            let decided = identity.decide(user, &mut values, context, &mut refusals)?;
            if let Some((identity, told)) = decided {
                person.relations.identities.push(identity);
                stored.push(told);
            }
        }
        for group in &self.groups {
            person.join(*group, context.now);
        }
        let mut role_rows = Vec::new();
        for row in &self.role_rows {
            let id = RoleRowId(context.ids.next());
            person.add_role_row(id, row.role, row.accounts.set());
            role_rows.push(id);
        }
        let edits = Edits {
            action: CreateUser::NAME,
            reason: self.reason.clone(),
            edits: vec![Edit {
                before: None,
                after: person,
                expected_version: None,
            }],
            refusals,
        };
        let outcome = edits.decide(view, context, config)?;
        Changed::decision(outcome, stored, role_rows)
    }
}

/// A user of whom nothing is known yet.
pub(super) fn blank_user(context: &mut Context<'_>, config: &Config) -> User {
    User {
        tenant: context.tenant,
        id: UserId(context.ids.next()),
        version: 0,
        name: String::new(),
        username: None,
        network_name: None,
        network_domain: None,
        email: None,
        active: true,
        production: false,
        restricted: true,
        price_percent: None,
        shared_with: None,
        account_code: None,
        department: None,
        office: None,
        home: None,
        notes: None,
        profile: config.tenant.default_profile,
        profile_since: Timestamp::EPOCH,
        groups: Joined::default(),
        role: None,
        created_at: Timestamp::EPOCH,
        updated_at: Timestamp::EPOCH,
        name_folded: String::new(),
        username_folded: None,
        network_name_folded: None,
        email_folded: None,
        account_code_folded: None,
        digest: [0; 32],
    }
}
