//! Users and what they are recognised by.

mod audited;
mod authority;
mod changed;
mod claims;
mod create_user;
mod edit;
mod edit_user;
#[cfg(test)]
mod edit_user_tests;
mod fields;
mod first_user;
mod identity_edit;
mod new_identity;
mod person;
mod pins;
mod reference;
mod refusals;
mod role_rows;
mod subjects;
#[cfg(test)]
mod testing;
mod uses;
mod value;

pub use changed::Changed;
pub use create_user::{CreateUser, PreparedCreateUser};
pub use edit::{MAX_IDENTITIES, MAX_MEMBERSHIPS, MAX_ROLE_ROW_ACCOUNTS, MAX_ROLE_ROWS};
pub use edit_user::{EditUser, PreparedEditUser};
pub use fields::{MAX_OTHER_EMAILS, UserField, UserFields};
pub(crate) use first_user::FirstUser;
pub use identity_edit::IdentityEdit;
pub use new_identity::{NewIdentity, NewValue, StoredIdentity};
pub use reference::{PreparedUser, UserReference};
pub use role_rows::{Accounts, NewRoleRow, RoleRowEdit};
pub use value::{LookupValue, RawValue, lookup_value, unseal};
