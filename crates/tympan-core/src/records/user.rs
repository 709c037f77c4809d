//! A user: the row is the root, identities, memberships and role rows are its children. A change
//! to a child raises the user's version.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::error::{Code, Error};
use crate::ids::{AccountId, GroupId, IdentityId, ProfileId, RoleId, RoleRowId, TenantId, UserId};
use crate::records::{Joined, SharedWith};
use crate::row::{Cell, CellKind, Field, record, words};
use crate::time::Timestamp;

record! {
    /// A person or a service.
    pub struct User in "user", key 2 {
        /// The owner of everything.
        pub tenant: TenantId,
        /// Its id.
        pub id: UserId,
        /// Rises by one with every command that edits a field, an identity, a role row or a group.
        pub version: i64,
        /// The name that is shown.
        pub name: String,
        /// Shown from the identity of that type.
        pub username: Option<String>,
        /// Shown from the identity of that type.
        pub network_name: Option<String>,
        /// The domain of the network name.
        pub network_domain: Option<String>,
        /// Shown from the primary identity of that type.
        pub email: Option<String>,
        /// Inactive users cannot sign in and cannot print; their data is kept.
        pub active: bool,
        /// Whether the user works in production: a condition of the smart card.
        pub production: bool,
        /// Whether wallets limit the user; if not, usage is counted without limit.
        pub restricted: bool,
        /// How many percent of what price lists say the user pays; none: all of it.
        pub price_percent: Option<i32>,
        /// With whom the user shares wallets: then the user stands for their budget.
        pub shared_with: Option<SharedWith>,
        /// The internal account number the user's work is booked to.
        pub account_code: Option<String>,
        /// Department.
        pub department: Option<String>,
        /// Office.
        pub office: Option<String>,
        /// Home folder, as scan devices want it.
        pub home: Option<String>,
        /// Notes.
        pub notes: Option<String>,
        /// The rules the user is tracked and limited by.
        pub profile: ProfileId,
        /// Since when: from then on the profile's plans feed the user's wallets.
        pub profile_since: Timestamp,
        /// The groups the user is in, as the memberships say: their plans feed the user's wallets.
        pub groups: Joined,
        /// The role that holds in the whole tenant.
        pub role: Option<RoleId>,
        /// When the user was created.
        pub created_at: Timestamp,
        /// When the user was edited last.
        pub updated_at: Timestamp,
        /// `name` as lists search and sort it.
        pub name_folded: String,
        /// `username` as lists search and sort it.
        pub username_folded: Option<String>,
        /// `network_name` as lists search and sort it.
        pub network_name_folded: Option<String>,
        /// `email` as lists search and sort it.
        pub email_folded: Option<String>,
        /// `account_code` as lists search and sort it.
        pub account_code_folded: Option<String>,
        /// The keyed digest of all of it, the children included: see [`proof`](crate::proof).
        pub digest: [u8; 32],
    }
}

/// What type an identity is of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IdentityKind {
    /// A number or word that a person types.
    Pin,
    /// A swiped or touched card.
    Card,
    /// A card with a chip that signs.
    SmartCard,
    /// A staff or student number.
    IdNumber,
    /// The name in this system.
    Username,
    /// The name in the network, `DOMAIN\name` or `name`.
    NetworkName,
    /// An e-mail address.
    Email,
    /// Another name.
    Alias,
    /// The number of a department at a device.
    DepartmentId,
    /// Issuer and subject of another directory, joined by a space.
    External,
    /// A type of the host's own.
    Custom(String),
}

impl IdentityKind {
    /// Every type of tympan's own.
    pub const OWN: &'static [Self] = &[
        Self::Pin,
        Self::Card,
        Self::SmartCard,
        Self::IdNumber,
        Self::Username,
        Self::NetworkName,
        Self::Email,
        Self::Alias,
        Self::DepartmentId,
        Self::External,
    ];

    /// The word for it; `custom:` and the host's word for its own.
    #[must_use]
    pub fn name(&self) -> Cow<'_, str> {
        Cow::Borrowed(match self {
            Self::Pin => "pin",
            Self::Card => "card",
            Self::SmartCard => "smart_card",
            Self::IdNumber => "id_number",
            Self::Username => "username",
            Self::NetworkName => "network_name",
            Self::Email => "email",
            Self::Alias => "alias",
            Self::DepartmentId => "department_id",
            Self::External => "external",
            Self::Custom(word) => return Cow::Owned(format!("custom:{word}")),
        })
    }

    /// The type that a word names.
    ///
    /// # Errors
    /// `invalid_value`.
    pub fn parse(name: &str) -> Result<Self, Error> {
        if let Some(own) = Self::OWN.iter().find(|kind| kind.name() == name) {
            return Ok(own.clone());
        }
        let well_formed = |word: &&str| {
            (1..=40).contains(&word.len())
                && word
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
        };
        name.strip_prefix("custom:")
            .filter(well_formed)
            .map(|word| Self::Custom(word.to_owned()))
            .ok_or_else(|| {
                Error::new(Code::InvalidValue, "there is no such identity type")
                    .with("field", "kind")
            })
    }

    /// Whether the value is a secret: found by a keyed digest, shown masked.
    #[must_use]
    pub fn is_secret(&self) -> bool {
        matches!(self, Self::Pin | Self::Card | Self::SmartCard)
    }
}

impl Serialize for IdentityKind {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.name())
    }
}

impl<'de> Deserialize<'de> for IdentityKind {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Self::parse(&name).map_err(serde::de::Error::custom)
    }
}

impl Field for IdentityKind {
    const KIND: CellKind = CellKind::Text;
    fn cell(&self) -> Cell<'_> {
        Cell::Text(self.name())
    }
    fn from_cell(cell: Cell<'_>) -> Option<Self> {
        match cell {
            Cell::Text(name) => Self::parse(&name).ok(),
            _ => None,
        }
    }
}

words! {
    /// Where an identity came from.
    pub enum IdentitySource {
        /// A person typed it in.
        Manual = "manual",
        /// A file.
        Import = "import",
        /// A directory.
        Directory = "directory",
        /// The user, at a device.
        Own = "self",
    }
}

record! {
    /// A typed value by which a user is recognised.
    pub struct Identity in "identity", key 3 {
        /// The owner of everything.
        pub tenant: TenantId,
        /// Whose it is.
        pub user: UserId,
        /// Its id.
        pub id: IdentityId,
        /// Its type.
        pub kind: IdentityKind,
        /// What it is found by: the folded value, or the keyed digest of a secret one.
        pub value: String,
        /// What lists show: the value, or a secret one masked to its last character.
        pub shown: String,
        /// A secret value under the key ring, so that those who may can see it again.
        pub sealed: Option<Vec<u8>>,
        /// What the user calls it.
        pub label: Option<String>,
        /// Disabled identities are kept, reserve nothing and find nobody.
        pub enabled: bool,
        /// The first among several of its type; of e-mail addresses, the one the user is shown with.
        pub is_primary: bool,
        /// Of a PIN: whether it signs in by itself, and so must be unique.
        pub alone: bool,
        /// Where it came from.
        pub source: IdentitySource,
        /// When it was added.
        pub created_at: Timestamp,
    }
}

impl Identity {
    /// Whether the value belongs to one user at a time: every enabled one but a PIN that only
    /// backs another identity.
    #[must_use]
    pub fn is_claimed(&self) -> bool {
        self.enabled && (self.kind != IdentityKind::Pin || self.alone)
    }
}

record! {
    /// A user in a group.
    pub struct Membership in "membership", key 3 {
        /// The owner of everything.
        pub tenant: TenantId,
        /// The member.
        pub user: UserId,
        /// The group.
        pub user_group: GroupId,
        /// Since when.
        pub since: Timestamp,
    }
}

record! {
    /// One role of one user, over all accounts or a stated set.
    pub struct RoleRow in "role_row", key 3 {
        /// The owner of everything.
        pub tenant: TenantId,
        /// Whose it is.
        pub user: UserId,
        /// Its id.
        pub id: RoleRowId,
        /// The role.
        pub role: RoleId,
        /// Whether it holds for all accounts.
        pub all_accounts: bool,
    }
}

record! {
    /// One account that a role row holds for.
    pub struct RoleRowAccount in "role_row_account", key 4 {
        /// The owner of everything.
        pub tenant: TenantId,
        /// Whose it is.
        pub user: UserId,
        /// The role row.
        pub role_row: RoleRowId,
        /// The account.
        pub account: AccountId,
    }
}

/// A user's children, each list in the order of its key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Relations {
    /// Identities.
    pub identities: Vec<Identity>,
    /// Groups.
    pub memberships: Vec<Membership>,
    /// Role rows.
    pub role_rows: Vec<RoleRow>,
    /// Accounts of role rows.
    pub role_row_accounts: Vec<RoleRowAccount>,
}

impl Relations {
    /// The accounts of one role row.
    pub fn accounts_of(&self, role_row: RoleRowId) -> impl Iterator<Item = AccountId> {
        self.role_row_accounts
            .iter()
            .filter(move |row| row.role_row == role_row)
            .map(|row| row.account)
    }

    /// One identity.
    #[must_use]
    pub fn identity(&self, id: IdentityId) -> Option<&Identity> {
        self.identities.iter().find(|identity| identity.id == id)
    }
}
