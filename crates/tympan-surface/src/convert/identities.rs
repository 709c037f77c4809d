//! Identities: added, changed, moved, shown.

use tympan::{
    AddIdentity, EnableIdentity, Error, IdentityId, IdentityKind, RemoveIdentity, ReplaceIdentity,
};

use super::references::new_value;
use super::{count, same_words, version};
use crate::Secret;
use crate::definition::{
    CardPreview, CardStep, ChangeUser, Identity, IdentityEdit, IdentityReference, IdentitySource,
    IdentityType, NewIdentity, StoredIdentity, SwapIdentities, TransferIdentity, Transferred,
    UserReference,
};

same_words! {
    IdentitySource => tympan::IdentitySource { Manual Import Directory Own }
    tympan::IdentitySource => IdentitySource { Manual Import Directory Own }
}

impl NewIdentity {
    /// # Errors
    /// `invalid_value` for a type of identity that there is not.
    pub(super) fn identity(self) -> Result<tympan::NewIdentity, Error> {
        Ok(tympan::NewIdentity {
            kind: IdentityKind::parse(&self.kind)?,
            value: new_value(self.value),
            label: self.label,
            enabled: !self.disabled,
            alone: self.alone,
            source: self.source.unwrap_or(IdentitySource::Manual).into(),
        })
    }
}

impl IdentityEdit {
    /// # Errors
    /// `invalid_value` for a type of identity that there is not.
    pub(super) fn edit(self) -> Result<tympan::IdentityEdit, Error> {
        Ok(match self {
            Self::Add { identity } => tympan::IdentityEdit::Add(identity.identity()?),
            Self::Replace {
                identity,
                kind,
                value,
            } => tympan::IdentityEdit::Replace {
                identity,
                kind: IdentityKind::parse(&kind)?,
                value: new_value(value),
            },
            Self::Remove { identity } => tympan::IdentityEdit::Remove(identity),
            Self::Enable { identity, enabled } => {
                tympan::IdentityEdit::Enable { identity, enabled }
            }
        })
    }
}

/// One change to the identities of one user. Each may be refused for a type of identity that there
/// is not.
impl ChangeUser {
    pub(crate) fn add_identity(
        self,
        user: UserReference,
        identity: NewIdentity,
    ) -> Result<AddIdentity, Error> {
        Ok(AddIdentity {
            user: user.reference()?,
            expected_version: version(self.expected_version),
            identity: identity.identity()?,
            reason: self.reason,
        })
    }

    pub(crate) fn replace_identity(
        self,
        user: UserReference,
        identity: IdentityId,
        kind: &str,
        value: Option<Secret>,
    ) -> Result<ReplaceIdentity, Error> {
        Ok(ReplaceIdentity {
            user: user.reference()?,
            expected_version: version(self.expected_version),
            identity,
            kind: IdentityKind::parse(kind)?,
            value: new_value(value),
            reason: self.reason,
        })
    }

    pub(crate) fn remove_identity(
        self,
        user: UserReference,
        identity: IdentityId,
    ) -> Result<RemoveIdentity, Error> {
        Ok(RemoveIdentity {
            user: user.reference()?,
            expected_version: version(self.expected_version),
            identity,
            reason: self.reason,
        })
    }

    pub(crate) fn enable_identity(
        self,
        user: UserReference,
        identity: IdentityId,
        enabled: bool,
    ) -> Result<EnableIdentity, Error> {
        Ok(EnableIdentity {
            user: user.reference()?,
            expected_version: version(self.expected_version),
            identity,
            enabled,
            reason: self.reason,
        })
    }
}

impl TransferIdentity {
    /// # Errors
    /// `invalid_value` for a type of identity that there is not.
    pub(crate) fn command(
        self,
        identity: IdentityReference,
        receiver: UserReference,
    ) -> Result<tympan::TransferIdentity, Error> {
        Ok(tympan::TransferIdentity {
            identity: identity.reference()?,
            expected_version: version(self.expected_version),
            to: receiver.reference()?,
            to_expected_version: version(self.receiver_expected_version),
            reason: self.reason,
        })
    }
}

impl SwapIdentities {
    /// # Errors
    /// `invalid_value` for a type of identity that there is not.
    pub(crate) fn command(
        self,
        first: IdentityReference,
        second: IdentityReference,
    ) -> Result<tympan::SwapIdentities, Error> {
        Ok(tympan::SwapIdentities {
            first: first.reference()?,
            first_expected_version: version(self.first_expected_version),
            second: second.reference()?,
            second_expected_version: version(self.second_expected_version),
            reason: self.reason,
        })
    }
}

impl From<tympan::Transferred> for Transferred {
    fn from(moved: tympan::Transferred) -> Self {
        Self {
            giver: moved.from.into(),
            receiver: moved.to.into(),
        }
    }
}

impl From<tympan::ShownIdentity> for Identity {
    fn from(identity: tympan::ShownIdentity) -> Self {
        Self {
            id: identity.id,
            kind: identity.kind.name().into_owned(),
            shown: identity.shown,
            label: identity.label,
            enabled: identity.enabled,
            is_primary: identity.is_primary,
            alone: identity.alone,
            source: identity.source.into(),
            created_at: identity.created_at,
        }
    }
}

impl From<tympan::StoredIdentity> for StoredIdentity {
    fn from(stored: tympan::StoredIdentity) -> Self {
        Self {
            id: stored.id,
            kind: stored.kind.name().into_owned(),
            shown: stored.shown,
            value: stored.value.into(),
        }
    }
}

impl From<tympan::IdentityType> for IdentityType {
    fn from(described: tympan::IdentityType) -> Self {
        Self {
            kind: described.kind.name().into_owned(),
            label: described.label.to_owned(),
            format: described.format.to_owned(),
            max_length: count(described.max_length),
            secret: described.secret,
        }
    }
}

impl From<tympan::CardPreview> for CardPreview {
    fn from(preview: tympan::CardPreview) -> Self {
        let steps = preview.steps.into_iter().map(|(step, becomes)| CardStep {
            step: step.to_owned(),
            becomes: becomes.into(),
        });
        let (value, refused) = match preview.outcome {
            Ok(value) => (Some(value.into()), None),
            Err(error) => (None, Some(error.code().as_str().to_owned())),
        };
        Self {
            steps: steps.collect(),
            value,
            refused,
        }
    }
}
