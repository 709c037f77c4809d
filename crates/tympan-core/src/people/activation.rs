//! Deactivating users and bringing them back. Nothing of an inactive user is given away: the
//! identities stay reserved.

use crate::command::{Command, Context, Decide, Decision, Preparation, Stop};
use crate::error::Error;
use crate::ids::TenantId;
use crate::people::changed::Changed;
use crate::people::edit_user::{EditUser, PreparedEditUser};
use crate::people::person::Person;
use crate::people::subjects::known;
use crate::people::{UserFields, UserReference};
use crate::permissions::{Requirement, USER_EDIT, configured};
use crate::records::{Config, Subject};
use crate::view::{ReadSet, View};

/// Deactivates a user, who can then neither sign in nor print; everything is kept. An inactive
/// user stays so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeactivateUser {
    /// Whom.
    pub user: UserReference,
    /// The version that the caller saw; none if the caller says that it does not matter.
    pub expected_version: Option<i64>,
    /// Why.
    pub reason: Option<String>,
}

/// Makes a user active again, with everything that the user had. An active user stays so. An
/// actor who is a user brings back only who holds nothing that the actor does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReactivateUser {
    /// Whom.
    pub user: UserReference,
    /// The version that the caller saw; none if the caller says that it does not matter.
    pub expected_version: Option<i64>,
    /// Why.
    pub reason: Option<String>,
}

/// A user who is active again, and what is not as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reactivated {
    /// The user.
    pub user: Changed,
    /// What the user still has although it was retired meanwhile, or deleted.
    pub gone: Vec<Gone>,
}

/// Something a user has that takes no new users any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gone {
    /// What it is.
    pub subject: Subject,
    /// Its name; none if it was deleted.
    pub name: Option<String>,
}

impl DeactivateUser {
    /// Deactivates a user.
    pub fn of(user: impl Into<UserReference>, expected_version: Option<i64>) -> Self {
        Self {
            user: user.into(),
            expected_version,
            reason: None,
        }
    }
}

impl ReactivateUser {
    /// Makes a user active again.
    pub fn of(user: impl Into<UserReference>, expected_version: Option<i64>) -> Self {
        Self {
            user: user.into(),
            expected_version,
            reason: None,
        }
    }
}

/// A reactivation with everything checked that needs no view.
#[derive(Debug)]
pub struct PreparedReactivateUser(PreparedEditUser);

impl Command for DeactivateUser {
    type Prepared = PreparedEditUser;
    const NAME: &'static str = "deactivate_user";
    const REQUIRES: Requirement = Requirement::Permission(USER_EDIT);

    fn prepare(&self, preparation: &mut Preparation<'_>) -> Result<PreparedEditUser, Error> {
        let edit = set_active(&self.user, self.expected_version, &self.reason, false);
        edit.prepare_as(Self::NAME, preparation)
    }
}

impl Command for ReactivateUser {
    type Prepared = PreparedReactivateUser;
    const NAME: &'static str = "reactivate_user";
    const REQUIRES: Requirement = Requirement::Permission(USER_EDIT);

    fn prepare(&self, preparation: &mut Preparation<'_>) -> Result<PreparedReactivateUser, Error> {
        let edit = set_active(&self.user, self.expected_version, &self.reason, true);
        edit.prepare_as(Self::NAME, preparation)
            .map(PreparedReactivateUser)
    }
}

fn set_active(
    user: &UserReference,
    expected_version: Option<i64>,
    reason: &Option<String>,
    active: bool,
) -> EditUser {
    EditUser {
        set: UserFields {
            active: Some(active),
            ..UserFields::default()
        },
        reason: reason.clone(),
        ..EditUser::of(user.clone(), expected_version)
    }
}

impl Decide for PreparedReactivateUser {
    type Reply = Reactivated;

    fn reads(&self, tenant: TenantId) -> ReadSet {
        self.0.reads(tenant)
    }

    fn decide(
        &self,
        view: &View,
        context: &mut Context<'_>,
    ) -> Result<Decision<Reactivated>, Stop> {
        let decision = self.0.decide(view, context)?;
        let user = decision.reply?;
        let config = configured(view, context.tenant)?;
        let person = Person::load(view, context.tenant, user.user.id)?;
        let gone = gone(config, &person);
        Ok(Decision::new(decision.changes, Reactivated { user, gone }))
    }
}

/// What a user has that was retired or deleted.
fn gone(config: &Config, person: &Person) -> Vec<Gone> {
    let mut subjects: Vec<Subject> = person
        .places()
        .into_iter()
        .map(|(_, subject)| subject)
        .collect();
    subjects.sort_unstable();
    subjects.dedup();
    let gone = |subject| match known(config, subject) {
        Some(found) if !found.retired => None,
        found => Some(Gone {
            subject,
            name: found.map(|found| found.name.to_owned()),
        }),
    };
    subjects.into_iter().filter_map(gone).collect()
}
