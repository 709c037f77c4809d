//! The types of identities, as a screen offers them.

use crate::records::IdentityKind;
use crate::text::{MAX_EMAIL, MAX_USERNAME, MAX_VALUE};
use tympan_vault::pin::MAX_PIN_LENGTH;

/// A type of identity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentityType {
    /// The type.
    pub kind: IdentityKind,
    /// What it is called, in English.
    pub label: &'static str,
    /// What a value looks like, in English.
    pub format: &'static str,
    /// Characters of a value at most, as typed or read.
    pub max_length: usize,
    /// Whether values are secret: found by a keyed digest, shown masked.
    pub secret: bool,
}

/// Tympan's own types. A host's own are `custom:` and its word, with values of up to
/// [`MAX_VALUE`] characters that are no secrets.
#[must_use]
pub fn identity_types() -> Vec<IdentityType> {
    let described = |kind: &IdentityKind| match kind {
        IdentityKind::Pin => ("PIN", "as the PIN policy says", usize::from(MAX_PIN_LENGTH)),
        IdentityKind::Card => ("Card", "as the card pipeline yields", MAX_VALUE),
        IdentityKind::SmartCard => ("Smart card", "what the reader gives", MAX_VALUE),
        IdentityKind::IdNumber => ("ID number", "a number or word", MAX_VALUE),
        IdentityKind::Username => ("Username", "a name", MAX_USERNAME),
        IdentityKind::NetworkName => ("Network name", "name or DOMAIN\\name", MAX_VALUE),
        IdentityKind::Email => ("E-mail", "name@example.org", MAX_EMAIL),
        IdentityKind::Alias => ("Alias", "a name", MAX_VALUE),
        IdentityKind::DepartmentId => ("Department ID", "a number or word", MAX_VALUE),
        IdentityKind::External => ("External subject", "issuer, a space, subject", MAX_VALUE),
        IdentityKind::Custom(_) => ("Custom", "a number or word", MAX_VALUE),
    };
    let own = IdentityKind::OWN.iter().map(|kind| {
        let (label, format, max_length) = described(kind);
        IdentityType {
            kind: kind.clone(),
            label,
            format,
            max_length,
            secret: kind.is_secret(),
        }
    });
    own.collect()
}
