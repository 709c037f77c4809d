//! Records that decisions about many rows rest on: who owns a value, and how many use a thing.

use smol_str::SmolStr;

use crate::ids::{IdentityId, TenantId, UserId};
use crate::records::IdentityKind;
use crate::row::{record, words};

record! {
    /// Who owns a value that only one may own. Taking one expects its absence; a transfer sets
    /// another owner, so nothing breaks half-way.
    pub struct Claim in "claim", key 3 {
        /// The owner of everything.
        pub tenant: TenantId,
        /// The identity's type.
        pub kind: IdentityKind,
        /// The identity's `value`.
        pub value: SmolStr,
        /// Who owns it.
        pub user: UserId,
        /// By which identity.
        pub identity: IdentityId,
        /// Rises with every new owner, and never begins where an earlier claim to the value was.
        pub version: i64,
    }
}

/// The name of a claim within a tenant.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClaimName {
    /// The identity's type.
    pub kind: IdentityKind,
    /// What it is found by.
    pub value: SmolStr,
}

impl Claim {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> ClaimName {
        ClaimName {
            kind: self.kind.clone(),
            value: self.value.clone(),
        }
    }
}

words! {
    /// What kind of thing users use.
    pub enum SubjectKind {
        /// A profile: its users.
        Profile = "profile",
        /// A role: those who hold it in the tenant or by a role row.
        Role = "role",
        /// A group: its members.
        Group = "group",
        /// An account: the users whose role rows name it.
        Account = "account",
    }
}

/// A thing that users use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Subject {
    /// What it is.
    pub kind: SubjectKind,
    /// Its id.
    pub id: i64,
}

record! {
    /// How many users use a thing: the guard record that every command which alters the number
    /// writes, so that *in use* and *another administrator exists* rest on a key.
    pub struct Uses in "uses", key 3 {
        /// The owner of everything.
        pub tenant: TenantId,
        /// What kind of thing.
        pub kind: SubjectKind,
        /// Which.
        pub id: i64,
        /// How many users.
        pub users: i64,
        /// How many of them are active. Of a role, how many active users hold it in the whole
        /// tenant: an account's administrator does not administer the tenant.
        pub active_users: i64,
        /// Rises with every change.
        pub version: i64,
    }
}

impl Uses {
    /// A thing that nobody uses.
    #[must_use]
    pub fn none(tenant: TenantId, subject: Subject) -> Self {
        Self {
            tenant,
            kind: subject.kind,
            id: subject.id,
            users: 0,
            active_users: 0,
            version: 0,
        }
    }

    /// The thing.
    #[must_use]
    pub fn subject(&self) -> Subject {
        Subject {
            kind: self.kind,
            id: self.id,
        }
    }
}
