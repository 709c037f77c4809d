//! The first user of a tenant whose configuration is only being made.

use crate::command::{Context, Stop};
use crate::error::{Code, Error};
use crate::ids::{RoleId, TenantId, UserId};
use crate::people::create_user::blank_user;
use crate::people::edit::{Edit, Edits};
use crate::people::fields::{PreparedFields, UserFields};
use crate::people::person::Person;
use crate::records::{Config, IdentitySource, Relations};
use crate::refusals::Refusals;
use crate::view::{Change, ReadSet, View};

/// The first user, with everything checked that needs no view.
#[derive(Debug)]
pub(crate) struct FirstUser(PreparedFields);

impl FirstUser {
    /// A user with these fields.
    pub(crate) fn prepare(fields: &UserFields) -> Result<Self, Error> {
        fields.prepare(&[]).map(Self)
    }

    /// The claims that the user will want.
    pub(crate) fn reads(&self, tenant: TenantId) -> ReadSet {
        self.0.reads(tenant)
    }

    /// The user with a role that holds in the whole tenant, and what follows from that.
    pub(crate) fn create(
        &self,
        view: &View,
        context: &mut Context<'_>,
        config: &Config,
        role: RoleId,
        action: &str,
    ) -> Result<(UserId, Vec<Change>), Stop> {
        let mut person = Person {
            user: blank_user(context, config),
            relations: Relations::default(),
        };
        self.0.apply(&mut person, IdentitySource::Manual, context)?;
        person.user.role = Some(role);
        let edits = Edits {
            action,
            reason: None,
            edits: vec![Edit {
                before: None,
                after: person,
                expected_version: None,
            }],
            refusals: Refusals::default(),
        };
        let outcome = edits.decide(view, context, config)?;
        let user = outcome.people.first().map(|person| person.user.id);
        let user = user.ok_or_else(|| Error::of(Code::Internal))?;
        Ok((user, outcome.changes))
    }
}
