//! Identities: typed values by which users are recognised.

use crate::definition::{Changed, IdentityId, User, UserReference};
use crate::{Call, Secret, Timestamp, Tympan};

/// An identity to add.
#[derive(Clone, Debug, PartialEq)]
pub struct NewIdentity {
    /// Its type: `pin`, `card`, `smart_card`, `id_number`, `username`, `network_name`, `email`,
    /// `alias`, `department_id`, `external`, or one of the host's own, `custom:badge`.
    pub kind: String,
    /// Its value, as typed or read; none: tympan draws a PIN.
    pub value: Option<Secret>,
    /// What the user calls it.
    pub label: Option<String>,
    /// Whether it is kept without finding anybody: it then reserves nothing.
    pub disabled: bool,
    /// Of a PIN: whether it signs in by itself, and so must be unique and long enough for the
    /// number of users. Means nothing for other types.
    pub alone: bool,
    /// Where it comes from; none: a person typed it in. A backing PIN of a file or a directory is
    /// taken as it is.
    pub source: Option<IdentitySource>,
}

/// Where an identity came from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum IdentitySource {
    /// A person typed it in.
    Manual,
    /// A file.
    Import,
    /// A directory.
    Directory,
    /// The user, at a device.
    Own,
}

/// A change to a user's identities.
#[derive(Clone, Debug, PartialEq)]
pub enum IdentityEdit {
    /// One more.
    Add {
        /// The identity.
        identity: NewIdentity,
    },
    /// Another value; the old one dies in the same commit.
    Replace {
        /// Of which identity.
        identity: IdentityId,
        /// Its type: values of each type are normalised in their own way.
        kind: String,
        /// The value; none: tympan draws a PIN.
        value: Option<Secret>,
    },
    /// It goes, and its value is free.
    Remove {
        /// Which.
        identity: IdentityId,
    },
    /// Whether it finds the user. A disabled one reserves nothing: enabling it may find the value
    /// taken.
    Enable {
        /// Which.
        identity: IdentityId,
        /// Whether it is enabled from now on.
        enabled: bool,
    },
}

/// An identity, by its owner and id or by its value.
#[derive(Clone, Debug, PartialEq)]
pub enum IdentityReference {
    /// An identity of a user.
    Of {
        /// Whose.
        user: UserReference,
        /// Which.
        identity: IdentityId,
    },
    /// The enabled identity with a value that belongs to one user at a time.
    Value {
        /// Its type.
        kind: String,
        /// The value, as typed or read.
        value: Secret,
    },
}

/// An identity with its secret masked.
#[derive(Clone, Debug, PartialEq)]
pub struct Identity {
    /// Its id.
    pub id: IdentityId,
    /// Its type.
    pub kind: String,
    /// The value; of a secret one, the last character at most.
    pub shown: String,
    /// What the user calls it.
    pub label: Option<String>,
    /// Whether it finds the user.
    pub enabled: bool,
    /// Whether it is the first of its type.
    pub is_primary: bool,
    /// Of a PIN: whether it signs in by itself.
    pub alone: bool,
    /// Where it came from.
    pub source: IdentitySource,
    /// When it was added.
    pub created_at: Timestamp,
}

/// An identity as it was stored. The value is told this once; afterwards it is masked.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredIdentity {
    /// Its id.
    pub id: IdentityId,
    /// Its type.
    pub kind: String,
    /// What lists show.
    pub shown: String,
    /// The value itself, normalised or drawn.
    pub value: Secret,
}

/// A type of identity.
#[derive(Clone, Debug, PartialEq)]
pub struct IdentityType {
    /// The word for it.
    pub kind: String,
    /// What it is called, in English.
    pub label: String,
    /// What a value looks like, in English.
    pub format: String,
    /// Characters of a value at most, as typed or read.
    pub max_length: i32,
    /// Whether values are secret: found by a keyed digest, shown masked.
    pub secret: bool,
}

/// What became of a card read, step by step.
#[derive(Clone, Debug, PartialEq)]
pub struct CardPreview {
    /// Each step that was taken.
    pub steps: Vec<CardStep>,
    /// The value; none if the read is refused.
    pub value: Option<Secret>,
    /// Why the read is refused: the code of the error.
    pub refused: Option<String>,
}

/// One step of a card pipeline.
#[derive(Clone, Debug, PartialEq)]
pub struct CardStep {
    /// Its name.
    pub step: String,
    /// What it made of the read.
    pub becomes: Secret,
}

/// The two users after a transfer or swap; the same one twice if nothing had to move.
#[derive(Clone, Debug, PartialEq)]
pub struct Transferred {
    /// Who gave the identity, or the first identity.
    pub giver: User,
    /// Who got it.
    pub receiver: User,
}

/// How a change to one user is made.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ChangeUser {
    /// The version that the caller saw; none: whatever it is.
    pub expected_version: Option<i32>,
    /// Why, for the audit event.
    pub reason: Option<String>,
}

/// How a transfer is made.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TransferIdentity {
    /// The version of the owner that the caller saw; none: whatever it is.
    pub expected_version: Option<i32>,
    /// The version of the new owner that the caller saw; none: whatever it is.
    pub receiver_expected_version: Option<i32>,
    /// Why, for the audit event.
    pub reason: Option<String>,
}

/// How a swap is made.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SwapIdentities {
    /// The version of the first owner that the caller saw; none: whatever it is.
    pub first_expected_version: Option<i32>,
    /// The version of the second owner that the caller saw; none: whatever it is.
    pub second_expected_version: Option<i32>,
    /// Why, for the audit event.
    pub reason: Option<String>,
}

impl Tympan {
    /// Adds an identity. The answer shows the value, this once.
    ///
    /// # Errors
    /// `denied`, `grant_beyond_own`, `unknown_user`, `stale_version`, `identity_taken`, `pin_policy`,
    /// `card_format`, `invalid_email`, `invalid_value`, `empty_text`, `text_too_long`,
    /// `control_character`, `too_many`.
    pub fn add_identity(
        &self,
        user: UserReference,
        identity: NewIdentity,
        options: ChangeUser,
    ) -> Call<Changed> {
        self.command(options.add_identity(user, identity))
    }

    /// Gives an identity another value, of the same type; the old value dies in the same commit.
    /// Without a value tympan draws a PIN. The answer shows the value, this once.
    ///
    /// # Errors
    /// Those of [`Tympan::add_identity`]; `unknown_identity`.
    pub fn replace_identity(
        &self,
        user: UserReference,
        identity: IdentityId,
        kind: String,
        value: Option<Secret>,
        options: ChangeUser,
    ) -> Call<Changed> {
        self.command(options.replace_identity(user, identity, &kind, value))
    }

    /// Removes an identity; its value is free.
    ///
    /// # Errors
    /// `denied`, `grant_beyond_own`, `unknown_user`, `unknown_identity`, `stale_version`.
    pub fn remove_identity(
        &self,
        user: UserReference,
        identity: IdentityId,
        options: ChangeUser,
    ) -> Call<Changed> {
        self.command(options.remove_identity(user, identity))
    }

    /// Says whether an identity finds its user. A disabled one reserves nothing.
    ///
    /// # Errors
    /// `denied`, `grant_beyond_own`, `unknown_user`, `unknown_identity`, `stale_version`,
    /// `identity_taken`.
    pub fn enable_identity(
        &self,
        user: UserReference,
        identity: IdentityId,
        enabled: bool,
        options: ChangeUser,
    ) -> Call<Changed> {
        self.command(options.enable_identity(user, identity, enabled))
    }

    /// Moves an identity to another user, in one step. Its id, label and value stay.
    ///
    /// # Errors
    /// `denied`, `grant_beyond_own`, `unknown_user`, `unknown_identity`, `stale_version`.
    pub fn transfer_identity(
        &self,
        identity: IdentityReference,
        receiver: UserReference,
        options: TransferIdentity,
    ) -> Call<Transferred> {
        self.command(options.command(identity, receiver))
    }

    /// Exchanges the owners of two identities of one type, in one step.
    ///
    /// # Errors
    /// Those of [`Tympan::transfer_identity`]; `invalid_value` for two types.
    pub fn swap_identities(
        &self,
        first: IdentityReference,
        second: IdentityReference,
        options: SwapIdentities,
    ) -> Call<Transferred> {
        self.command(options.command(first, second))
    }

    /// The types of identities.
    ///
    /// # Errors
    /// `denied` without `user.read`.
    pub fn identity_types(&self) -> Call<Vec<IdentityType>> {
        self.ask_all(|handle| handle.identity_types())
    }

    /// What a raw card read becomes, step by step: by the tenant's own pipeline, or by one that is
    /// only tried, as JSON.
    ///
    /// # Errors
    /// `denied` without `configuration.read`; `invalid_pipeline`.
    pub fn preview_card(&self, read: Secret, pipeline: Option<String>) -> Call<CardPreview> {
        self.ask(move |handle| handle.preview_card(read.expose(), pipeline.as_deref()))
    }
}
