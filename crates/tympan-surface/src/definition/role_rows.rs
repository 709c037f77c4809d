//! Role rows: one role of one user over a stated set of accounts.

use crate::definition::{AccountId, RoleId, RoleRowId};

/// A role row to add.
#[derive(Clone, Debug, PartialEq)]
pub struct NewRoleRow {
    /// The role.
    pub role: RoleId,
    /// Over which accounts, at least one; none: every account, those to come included.
    pub accounts: Option<Vec<AccountId>>,
}

/// A change to a user's role rows.
#[derive(Clone, Debug, PartialEq)]
pub enum RoleRowEdit {
    /// One more.
    Add {
        /// The role row.
        role_row: NewRoleRow,
    },
    /// The accounts become others.
    SetAccounts {
        /// Of which role row.
        role_row: RoleRowId,
        /// Which, at least one; none: every account, those to come included.
        accounts: Option<Vec<AccountId>>,
    },
    /// It goes, and what it granted with it.
    Remove {
        /// Which role row.
        role_row: RoleRowId,
    },
}

/// A role row with its names.
#[derive(Clone, Debug, PartialEq)]
pub struct RoleRow {
    /// Its id.
    pub id: RoleRowId,
    /// The role.
    pub role: RoleName,
    /// Whether it holds for every account.
    pub all_accounts: bool,
    /// The accounts that it holds for otherwise.
    pub accounts: Vec<AccountName>,
}

/// A role by its name.
#[derive(Clone, Debug, PartialEq)]
pub struct RoleName {
    /// Its id.
    pub id: RoleId,
    /// Its name; empty if it was deleted.
    pub name: String,
    /// Whether it was retired.
    pub retired: bool,
}

/// An account by its name.
#[derive(Clone, Debug, PartialEq)]
pub struct AccountName {
    /// Its id.
    pub id: AccountId,
    /// Its name; empty if it was deleted.
    pub name: String,
    /// Whether it was retired.
    pub retired: bool,
}
