//! Role rows as a command brings them: one role over all accounts or a stated set.

use std::collections::BTreeSet;

use crate::error::{Code, Error};
use crate::ids::{AccountId, RoleId, RoleRowId};
use crate::people::edit::MAX_ROLE_ROW_ACCOUNTS;
use crate::people::person::Person;
use crate::refusals::too_many;

/// The accounts that a role row holds for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Accounts {
    /// Every account, those to come included: the role then holds in the whole tenant.
    All,
    /// These; at least one.
    Only(BTreeSet<AccountId>),
}

impl Accounts {
    /// The set; none for every account.
    pub(super) fn set(&self) -> Option<&BTreeSet<AccountId>> {
        match self {
            Self::All => None,
            Self::Only(accounts) => Some(accounts),
        }
    }

    pub(super) fn check(&self) -> Result<(), Error> {
        let Some(accounts) = self.set() else {
            return Ok(());
        };
        if accounts.len() > MAX_ROLE_ROW_ACCOUNTS {
            return Err(too_many("accounts", MAX_ROLE_ROW_ACCOUNTS));
        }
        if accounts.is_empty() {
            let message = "a role row over no account holds nothing: remove it";
            return Err(Error::new(Code::InvalidValue, message).with("field", "accounts"));
        }
        Ok(())
    }
}

/// A role row to add.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRoleRow {
    /// The role.
    pub role: RoleId,
    /// Over which accounts.
    pub accounts: Accounts,
}

/// A change to a user's role rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RoleRowEdit {
    /// One more.
    Add(NewRoleRow),
    /// The accounts become these.
    SetAccounts {
        /// Of which role row.
        role_row: RoleRowId,
        /// Which.
        accounts: Accounts,
    },
    /// It goes, and what it granted with it.
    Remove(RoleRowId),
}

impl RoleRowEdit {
    pub(super) fn check(&self) -> Result<(), Error> {
        match self {
            Self::Add(row) => row.accounts.check(),
            Self::SetAccounts { accounts, .. } => accounts.check(),
            Self::Remove(_) => Ok(()),
        }
    }

    /// Puts the change into a user; `id` is what a new row is called. The row's id, if it is new.
    pub(super) fn apply(
        &self,
        person: &mut Person,
        next_id: impl FnOnce() -> RoleRowId,
    ) -> Result<Option<RoleRowId>, Error> {
        match self {
            Self::Add(row) => {
                let id = next_id();
                person.add_role_row(id, row.role, row.accounts.set());
                return Ok(Some(id));
            }
            Self::SetAccounts { role_row, accounts } => {
                require(person, *role_row)?;
                person.set_accounts(*role_row, accounts.set());
            }
            Self::Remove(role_row) => {
                require(person, *role_row)?;
                person.remove_role_row(*role_row);
            }
        }
        Ok(None)
    }
}

fn require(person: &Person, id: RoleRowId) -> Result<(), Error> {
    if person.relations.role_rows.iter().any(|row| row.id == id) {
        return Ok(());
    }
    Err(Error::new(
        Code::UnknownRole,
        format!("the user has no role row `{id}`"),
    )
    .with("role_row", id))
}
