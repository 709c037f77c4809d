//! Role rows, and the names that are shown of what they hold over.

use tympan::{AccountId, Accounts, NamedThing, RoleId};

use crate::definition::{AccountName, NewRoleRow, RoleName, RoleRow, RoleRowEdit};

fn over(accounts: Option<Vec<AccountId>>) -> Accounts {
    match accounts {
        Some(accounts) => Accounts::Only(accounts.into_iter().collect()),
        None => Accounts::All,
    }
}

impl From<NewRoleRow> for tympan::NewRoleRow {
    fn from(row: NewRoleRow) -> Self {
        Self {
            role: row.role,
            accounts: over(row.accounts),
        }
    }
}

impl From<RoleRowEdit> for tympan::RoleRowEdit {
    fn from(edit: RoleRowEdit) -> Self {
        match edit {
            RoleRowEdit::Add { role_row } => Self::Add(role_row.into()),
            RoleRowEdit::SetAccounts { role_row, accounts } => Self::SetAccounts {
                role_row,
                accounts: over(accounts),
            },
            RoleRowEdit::Remove { role_row } => Self::Remove(role_row),
        }
    }
}

impl From<tympan::ShownRoleRow> for RoleRow {
    fn from(row: tympan::ShownRoleRow) -> Self {
        Self {
            id: row.id,
            role: row.role.into(),
            all_accounts: row.all_accounts,
            accounts: row.accounts.into_iter().map(AccountName::from).collect(),
        }
    }
}

impl From<NamedThing<RoleId>> for RoleName {
    fn from(thing: NamedThing<RoleId>) -> Self {
        Self {
            id: thing.id,
            name: thing.name,
            retired: thing.retired,
        }
    }
}

impl From<NamedThing<AccountId>> for AccountName {
    fn from(thing: NamedThing<AccountId>) -> Self {
        Self {
            id: thing.id,
            name: thing.name,
            retired: thing.retired,
        }
    }
}
