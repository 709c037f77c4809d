//! The names of tympan's own permissions, for roles and for [`Handle::may`](crate::Handle::may):
//! a misspelt name does not compile. Hosts add names of their own.

pub use tympan_core::permissions::{
    ACCOUNT_EDIT, ALLOWANCE_ADJUST, ALLOWANCE_READ, AUDIT_READ, CONFIGURATION_READ, GROUP_EDIT,
    IDENTITY_EDIT, IDENTITY_REVEAL, JOB_CHARGE, JOB_RELEASE_ANY, OWN, PRICE_EDIT, PROFILE_EDIT,
    REPORT_VIEW, ROLE_EDIT, TENANT_EDIT, USER_ADMINISTER, USER_EDIT, USER_READ,
};
