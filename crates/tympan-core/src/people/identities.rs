//! Commands on the identities of one user, for those who edit nothing else.

use crate::command::{Command, Preparation};
use crate::error::Error;
use crate::ids::IdentityId;
use crate::people::edit_user::{EditUser, PreparedEditUser};
use crate::people::identity_edit::IdentityEdit;
use crate::people::new_identity::{NewIdentity, NewValue};
use crate::people::reference::UserReference;
use crate::permissions::{IDENTITY_EDIT, Requirement};
use crate::records::IdentityKind;

/// Adds an identity. The answer shows the value, this once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddIdentity {
    /// To whom.
    pub user: UserReference,
    /// The version that the caller saw; none if the caller says that it does not matter.
    pub expected_version: Option<i64>,
    /// The identity.
    pub identity: NewIdentity,
    /// Why.
    pub reason: Option<String>,
}

/// Gives an identity another value; the old one dies in the same commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplaceIdentity {
    /// Whose.
    pub user: UserReference,
    /// The version that the caller saw; none if the caller says that it does not matter.
    pub expected_version: Option<i64>,
    /// Which.
    pub identity: IdentityId,
    /// Its type: values of each type are normalised in their own way.
    pub kind: IdentityKind,
    /// The value.
    pub value: NewValue,
    /// Why.
    pub reason: Option<String>,
}

/// Removes an identity; its value is free.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoveIdentity {
    /// Whose.
    pub user: UserReference,
    /// The version that the caller saw; none if the caller says that it does not matter.
    pub expected_version: Option<i64>,
    /// Which.
    pub identity: IdentityId,
    /// Why.
    pub reason: Option<String>,
}

/// Says whether an identity finds its user. A disabled one reserves nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnableIdentity {
    /// Whose.
    pub user: UserReference,
    /// The version that the caller saw; none if the caller says that it does not matter.
    pub expected_version: Option<i64>,
    /// Which.
    pub identity: IdentityId,
    /// Whether it is enabled from now on.
    pub enabled: bool,
    /// Why.
    pub reason: Option<String>,
}

impl Command for AddIdentity {
    type Prepared = PreparedEditUser;
    const NAME: &'static str = "add_identity";
    const REQUIRES: Requirement = Requirement::Permission(IDENTITY_EDIT);

    fn prepare(&self, preparation: &mut Preparation<'_>) -> Result<PreparedEditUser, Error> {
        let change = IdentityEdit::Add(self.identity.clone());
        edit(&self.user, self.expected_version, change, &self.reason)
            .prepare_as(Self::NAME, preparation)
    }
}

impl Command for ReplaceIdentity {
    type Prepared = PreparedEditUser;
    const NAME: &'static str = "replace_identity";
    const REQUIRES: Requirement = Requirement::Permission(IDENTITY_EDIT);

    fn prepare(&self, preparation: &mut Preparation<'_>) -> Result<PreparedEditUser, Error> {
        let change = IdentityEdit::Replace {
            identity: self.identity,
            kind: self.kind.clone(),
            value: self.value.clone(),
        };
        edit(&self.user, self.expected_version, change, &self.reason)
            .prepare_as(Self::NAME, preparation)
    }
}

impl Command for RemoveIdentity {
    type Prepared = PreparedEditUser;
    const NAME: &'static str = "remove_identity";
    const REQUIRES: Requirement = Requirement::Permission(IDENTITY_EDIT);

    fn prepare(&self, preparation: &mut Preparation<'_>) -> Result<PreparedEditUser, Error> {
        let change = IdentityEdit::Remove(self.identity);
        edit(&self.user, self.expected_version, change, &self.reason)
            .prepare_as(Self::NAME, preparation)
    }
}

impl Command for EnableIdentity {
    type Prepared = PreparedEditUser;
    const NAME: &'static str = "enable_identity";
    const REQUIRES: Requirement = Requirement::Permission(IDENTITY_EDIT);

    fn prepare(&self, preparation: &mut Preparation<'_>) -> Result<PreparedEditUser, Error> {
        let change = IdentityEdit::Enable {
            identity: self.identity,
            enabled: self.enabled,
        };
        edit(&self.user, self.expected_version, change, &self.reason)
            .prepare_as(Self::NAME, preparation)
    }
}

fn edit(
    user: &UserReference,
    expected_version: Option<i64>,
    change: IdentityEdit,
    reason: &Option<String>,
) -> EditUser {
    EditUser {
        identities: vec![change],
        reason: reason.clone(),
        ..EditUser::of(user.clone(), expected_version)
    }
}
