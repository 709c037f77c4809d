//! Accounts: the production accounts that role rows name.

use crate::definition::{AccountId, Against, Listed, Uses};
use crate::{Call, Timestamp, Tympan};

/// A production account inside a tenant.
#[derive(Clone, Debug, PartialEq)]
pub struct Account {
    /// Its id.
    pub id: AccountId,
    /// Its name.
    pub name: String,
    /// Rises with every edit.
    pub version: i32,
    /// Whether it takes no new role rows.
    pub retired: bool,
    /// When it was created.
    pub created_at: Timestamp,
}

impl Tympan {
    /// Makes an account. Its name is unique among accounts.
    ///
    /// # Errors
    /// `denied`, `name_taken`, `empty_text`, `text_too_long`, `control_character`, `too_many`.
    pub fn create_account(&self, name: String) -> Call<AccountId> {
        self.create(tympan::CreateAccount::new(name))
    }

    /// Gives an account another name, unique among accounts. The version of it from then on.
    ///
    /// # Errors
    /// `denied`, `unknown_account`, `stale_version`, `name_taken`, `empty_text`, `text_too_long`,
    /// `control_character`.
    pub fn rename_account(&self, account: AccountId, name: String, options: Against) -> Call<i32> {
        self.rename(account, name, options)
    }

    /// Keeps the role rows of an account and takes no new ones. The version of it from then on.
    ///
    /// # Errors
    /// `denied`, `unknown_account`, `stale_version`.
    pub fn retire_account(&self, account: AccountId, options: Against) -> Call<i32> {
        self.retire(account, options)
    }

    /// Undoes [`Tympan::retire_account`]. The version of it from then on.
    ///
    /// # Errors
    /// `denied`, `unknown_account`, `stale_version`.
    pub fn unretire_account(&self, account: AccountId, options: Against) -> Call<i32> {
        self.unretire(account, options)
    }

    /// Deletes an account that nothing uses.
    ///
    /// # Errors
    /// `denied`, `unknown_account`, `stale_version`, `in_use`.
    pub fn delete_account(&self, account: AccountId, options: Against) -> Call<()> {
        self.delete(account, options)
    }

    /// Accounts, sorted by name.
    ///
    /// # Errors
    /// `denied` without `configuration.read`.
    pub fn accounts(&self, options: Listed) -> Call<Vec<Account>> {
        self.ask_all(move |handle| handle.accounts(options.filter()))
    }

    /// An account; none if there is none with this id.
    ///
    /// # Errors
    /// `denied` without `configuration.read`.
    pub fn account(&self, account: AccountId) -> Call<Option<Account>> {
        self.ask_for(move |handle| handle.account(account))
    }

    /// How many users have role rows over an account.
    ///
    /// # Errors
    /// `denied` without `configuration.read`.
    pub fn account_uses(&self, account: AccountId) -> Call<Uses> {
        self.ask(move |handle| handle.account_uses(account))
    }
}
