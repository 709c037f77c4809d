//! How a host says whom it means.

use std::sync::Arc;

use crate::command::{Preparation, Stop};
use crate::error::{Code, Error};
use crate::ids::{TenantId, UserId};
use crate::people::RawValue;
use crate::people::value::lookup_only;
use crate::records::{ClaimName, IdentityKind, User};
use crate::view::{Follow, Key, ReadSet, View};

/// A user, by id or by any identity that belongs to one user at a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UserReference {
    /// By id.
    Id(UserId),
    /// By an identity, as typed or read.
    Identity(IdentityKind, RawValue),
}

impl UserReference {
    /// By username.
    pub fn username(name: impl Into<RawValue>) -> Self {
        Self::Identity(IdentityKind::Username, name.into())
    }

    /// By a card, as the reader read it.
    pub fn card(read: impl Into<RawValue>) -> Self {
        Self::Identity(IdentityKind::Card, read.into())
    }

    /// Normalises the value.
    ///
    /// # Errors
    /// Those of [`lookup_value`](crate::people::lookup_value).
    pub fn prepare(&self, preparation: &Preparation<'_>) -> Result<PreparedUser, Error> {
        Ok(PreparedUser(match self {
            Self::Id(id) => By::Id(*id),
            Self::Identity(kind, raw) => By::Claim(ClaimName {
                kind: kind.clone(),
                value: lookup_only(kind, raw, preparation)?.into(),
            }),
        }))
    }
}

impl From<UserId> for UserReference {
    fn from(id: UserId) -> Self {
        Self::Id(id)
    }
}

/// A reference with its value normalised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreparedUser(By);

#[derive(Clone, Debug, PartialEq, Eq)]
enum By {
    Id(UserId),
    Claim(ClaimName),
}

impl PreparedUser {
    /// What finding the user reads, and what is to be read behind it.
    #[must_use]
    pub fn reads(&self, tenant: TenantId, follow: Follow) -> ReadSet {
        let key = match &self.0 {
            By::Id(id) => Key::User(tenant, *id),
            By::Claim(name) => Key::Claim(tenant, name.clone()),
        };
        ReadSet::default().and_follow(key, follow)
    }

    /// The user, if there is one.
    ///
    /// # Errors
    /// What the view lacks.
    pub fn find<'v>(
        &self,
        view: &'v View,
        tenant: TenantId,
    ) -> Result<Option<&'v Arc<User>>, Stop> {
        let id = match &self.0 {
            By::Id(id) => *id,
            By::Claim(name) => match view.claim(tenant, name.clone())? {
                Some(claim) => claim.user,
                None => return Ok(None),
            },
        };
        Ok(view.user(tenant, id)?)
    }

    /// Whether it means another user than the one with an id. A value that finds nobody any more
    /// may have been that user's.
    ///
    /// # Errors
    /// What the view lacks.
    pub(crate) fn is_other_than(
        &self,
        owner: UserId,
        view: &View,
        tenant: TenantId,
    ) -> Result<bool, Stop> {
        match &self.0 {
            By::Id(id) => Ok(*id != owner),
            By::Claim(_) => Ok(self
                .find(view, tenant)?
                .is_some_and(|user| user.id != owner)),
        }
    }

    /// The user.
    ///
    /// # Errors
    /// `unknown_user`, or what the view lacks.
    pub fn require<'v>(&self, view: &'v View, tenant: TenantId) -> Result<&'v Arc<User>, Stop> {
        self.find(view, tenant)?.ok_or_else(|| {
            let unknown = |message| Error::new(Code::UnknownUser, message);
            let error = match &self.0 {
                By::Id(id) => unknown(format!("there is no user `{id}`")).with("user", id),
                By::Claim(name) => {
                    let kind = name.kind.name();
                    unknown(format!("no user has this `{kind}`")).with("kind", kind)
                }
            };
            error.into()
        })
    }
}
