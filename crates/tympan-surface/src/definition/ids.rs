//! Ids: text with a prefix, `usr_0c1v6z4q8m2k0`. They never change and are never given twice.

/// A company, whose users and wallets no other company sees.
pub use tympan::TenantId;

/// A person or a service.
pub use tympan::UserId;

/// A typed value by which a user is recognised.
pub use tympan::IdentityId;

/// A named set of permissions.
pub use tympan::RoleId;

/// One role of one user over a stated set of accounts.
pub use tympan::RoleRowId;

/// The rules that a user is tracked and limited by.
pub use tympan::ProfileId;

/// An allowance plan of a profile.
pub use tympan::PlanId;

/// A price list.
pub use tympan::PriceListId;

/// A named set of users.
pub use tympan::GroupId;

/// A production account inside a tenant.
pub use tympan::AccountId;

/// An amount set aside for a job that has not finished.
pub use tympan::HoldId;

/// One line of a wallet's history.
pub use tympan::EntryId;

/// Usage that was reported for an unknown or inactive user.
pub use tympan::UntrackedId;

/// One audit event.
pub use tympan::AuditId;
