//! How a host says whom and what it means.

use tympan::{Error, IdentityKind, RawValue};

use crate::Secret;
use crate::definition::{
    AccountId, GroupId, IdentityReference, PriceListId, ProfileId, RoleId, TenantId, UserId,
    UserReference,
};

impl UserReference {
    /// # Errors
    /// `invalid_value` for a type of identity that there is not.
    pub(crate) fn reference(self) -> Result<tympan::UserReference, Error> {
        let by = |kind, value: RawValue| tympan::UserReference::Identity(kind, value);
        Ok(match self {
            Self::Id { id } => tympan::UserReference::Id(id),
            Self::Username { username } => by(IdentityKind::Username, username.into()),
            Self::NetworkName { network_name } => {
                by(IdentityKind::NetworkName, network_name.into())
            }
            Self::Email { email } => by(IdentityKind::Email, email.into()),
            Self::Card { read } => by(IdentityKind::Card, read.into()),
            Self::Pin { pin } => by(IdentityKind::Pin, pin.into()),
            Self::Identity { kind, value } => by(IdentityKind::parse(&kind)?, value.into()),
        })
    }
}

impl From<UserId> for UserReference {
    fn from(id: UserId) -> Self {
        Self::Id { id }
    }
}

impl IdentityReference {
    /// # Errors
    /// `invalid_value` for a type of identity that there is not.
    pub(super) fn reference(self) -> Result<tympan::IdentityReference, Error> {
        Ok(match self {
            Self::Of { user, identity } => tympan::IdentityReference::Of {
                user: user.reference()?,
                identity,
            },
            Self::Value { kind, value } => tympan::IdentityReference::Value {
                kind: IdentityKind::parse(&kind)?,
                value: value.into(),
            },
        })
    }
}

/// The id of a thing of a kind, as text.
pub(super) fn id_text(kind: &str, number: i64) -> String {
    match kind {
        "account" => AccountId(number).to_string(),
        "group" => GroupId(number).to_string(),
        "price_list" => PriceListId(number).to_string(),
        "profile" => ProfileId(number).to_string(),
        "role" => RoleId(number).to_string(),
        "tenant" => TenantId(number).to_string(),
        // Of a wallet: whose it is.
        "user" | "wallet" => UserId(number).to_string(),
        _ => number.to_string(),
    }
}

/// A value to store: the one given, or a PIN to draw.
pub(super) fn new_value(value: Option<Secret>) -> tympan::NewValue {
    match value {
        Some(value) => tympan::NewValue::Given(value.into()),
        None => tympan::NewValue::Generated,
    }
}
