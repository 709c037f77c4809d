//! Users and what they are recognised by.

mod activation;
mod audited;
mod authority;
mod changed;
mod claims;
mod create_user;
mod details;
mod edit;
mod edit_user;
mod explain;
mod fields;
mod first_user;
mod identities;
mod identity_edit;
mod identity_types;
mod new_identity;
mod person;
mod pins;
mod reference;
mod role_rows;
mod sharing;
mod shown_user;
mod subjects;
#[cfg(test)]
mod tests;
mod transfer;
mod uses;
mod value;

pub(crate) use crate::refusals::Refusals;
pub use activation::{DeactivateUser, Gone, PreparedReactivateUser, ReactivateUser, Reactivated};
pub use changed::Changed;
pub use create_user::{CreateUser, PreparedCreateUser};
pub use details::{
    NamedThing, ShownIdentity, ShownRoleRow, SmartCard, SmartCardObstacle, UserDetails,
    details_reads, look_up, look_up_reads, user_details,
};
pub use edit::{MAX_IDENTITIES, MAX_MEMBERSHIPS, MAX_ROLE_ROW_ACCOUNTS, MAX_ROLE_ROWS};
pub use edit_user::{EditUser, PreparedEditUser};
pub use explain::{
    EffectivePlan, EffectiveValue, Explanation, ValueSource, explain, explain_reads,
};
pub use fields::{MAX_OTHER_EMAILS, UserField, UserFields};
pub(crate) use first_user::FirstUser;
pub use identities::{AddIdentity, EnableIdentity, RemoveIdentity, ReplaceIdentity};
pub use identity_edit::IdentityEdit;
pub use identity_types::{IdentityType, identity_types};
pub use new_identity::{NewIdentity, NewValue, StoredIdentity};
pub use reference::{PreparedUser, UserReference};
pub use role_rows::{Accounts, NewRoleRow, RoleRowEdit};
pub use sharing::shared_with;
pub use shown_user::ShownUser;
pub use transfer::{
    IdentityReference, PreparedSwap, PreparedTransfer, SwapIdentities, TransferIdentity,
    Transferred,
};
pub use uses::uses_of;
pub use value::{LookupValue, RawValue, lookup_value, unseal};
