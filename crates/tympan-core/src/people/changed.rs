//! What commands on users answer.

use crate::command::{Decision, Stop};
use crate::error::{Code, Error};
use crate::ids::RoleRowId;
use crate::people::edit::Outcome;
use crate::people::new_identity::StoredIdentity;
use crate::people::shown_user::ShownUser;

/// A user as the command left them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    /// The user; `version` is what the next edit is made against.
    pub user: ShownUser,
    /// Identities that got a value, in the order of the command. The values are told this once.
    pub identities: Vec<StoredIdentity>,
    /// Role rows that were added, in the order of the command.
    pub role_rows: Vec<RoleRowId>,
}

impl Changed {
    pub(super) fn decision(
        outcome: Outcome,
        identities: Vec<StoredIdentity>,
        role_rows: Vec<RoleRowId>,
    ) -> Result<Decision<Self>, Stop> {
        let mut people = outcome.people.into_iter();
        let person = people.next().ok_or_else(|| Error::of(Code::Internal))?;
        let reply = Self {
            user: ShownUser::of(&person.user),
            identities,
            role_rows,
        };
        Ok(Decision::new(outcome.changes, reply))
    }
}
