//! Identity values: as they are typed or read, and as they are found.

use std::fmt;

use tympan_vault::RandomSource;
use zeroize::Zeroizing;

use crate::card_pipeline::CardPipeline;
use crate::command::{Preparation, TenantKeys};
use crate::error::{Code, Error};
use crate::ids::TenantId;
use crate::people::person::DOMAIN_SEPARATOR;
use crate::records::{Config, Identity, IdentityKind};
use crate::text;

/// A value as a person typed it or a reader read it. Never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct RawValue(Zeroizing<String>);

impl RawValue {
    /// The text itself.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<&str> for RawValue {
    fn from(text: &str) -> Self {
        Self(Zeroizing::new(text.to_owned()))
    }
}

impl From<String> for RawValue {
    fn from(text: String) -> Self {
        Self(Zeroizing::new(text))
    }
}

impl fmt::Debug for RawValue {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("RawValue(…)")
    }
}

/// A value in the forms in which it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LookupValue {
    /// What it is found by: folded, or the keyed digest of a secret.
    pub lookup: String,
    /// What lists show.
    pub shown: String,
    /// The normalised text, for sealing; never shown.
    pub normalised: RawValue,
}

/// Normalises a value: the same way when it is stored and when it is looked up.
///
/// # Errors
/// Those of [`text::required`], `invalid_email`, `invalid_value` for a network name with more than
/// one backslash or an empty part and for a type that cannot be, `invalid_pipeline`, `card_format`.
pub fn lookup_value(
    kind: &IdentityKind,
    raw: &RawValue,
    preparation: &Preparation<'_>,
) -> Result<LookupValue, Error> {
    if kind.is_secret() {
        let normalised = normalised_secret(kind, raw, preparation.config)?;
        return Ok(secret_value(kind, normalised, preparation.keys));
    }
    plain_value(kind, raw.expose())
}

/// Only what a value is found by: for look-ups, of which there is one in nearly every command.
pub(super) fn lookup_only(
    kind: &IdentityKind,
    raw: &RawValue,
    preparation: &Preparation<'_>,
) -> Result<String, Error> {
    if kind.is_secret() {
        let normalised = normalised_secret(kind, raw, preparation.config)?;
        return Ok(secret_digest(kind, &normalised, preparation.keys));
    }
    plain_value(kind, raw.expose()).map(|value| value.lookup)
}

/// A value that is no secret.
pub(super) fn plain_value(kind: &IdentityKind, raw: &str) -> Result<LookupValue, Error> {
    let text = match kind {
        IdentityKind::Email => text::email("email", raw)?,
        IdentityKind::Username => text::without_joiners("username", raw, text::MAX_USERNAME)?,
        IdentityKind::NetworkName => network_name(raw)?,
        IdentityKind::Custom(_) => {
            IdentityKind::parse(&kind.name())?;
            text::without_joiners("value", raw, text::MAX_VALUE)?
        }
        _ => text::without_joiners("value", raw, text::MAX_VALUE)?,
    };
    let lookup = text::fold(&text);
    if lookup.is_empty() {
        return Err(Error::new(Code::EmptyText, "`value` is empty").with("field", "value"));
    }
    Ok(LookupValue {
        lookup,
        shown: text.clone(),
        normalised: RawValue::from(text),
    })
}

/// `name` or `DOMAIN\name`, with nothing around either: `DOM\ ann` is `DOM\ann`.
fn network_name(raw: &str) -> Result<String, Error> {
    let text = text::without_joiners("network_name", raw, text::MAX_VALUE)?;
    let parts: Vec<&str> = text.split(DOMAIN_SEPARATOR).map(str::trim).collect();
    if parts.len() <= 2 && parts.iter().all(|part| !part.is_empty()) {
        Ok(parts.join(DOMAIN_SEPARATOR.encode_utf8(&mut [0; 4])))
    } else {
        Err(Error::new(
            Code::InvalidValue,
            "`network_name` is neither a name nor a domain, a backslash and a name",
        )
        .with("field", "network_name"))
    }
}

/// A secret as it is digested: cards as the tenant's pipeline yields them, the rest without regard
/// to case.
fn normalised_secret(
    kind: &IdentityKind,
    raw: &RawValue,
    config: Option<&Config>,
) -> Result<RawValue, Error> {
    if *kind == IdentityKind::Card {
        let normalised = match config {
            Some(config) => config.card_pipeline()?.apply(raw.expose()),
            None => CardPipeline::default().apply(raw.expose()),
        };
        return normalised.map(RawValue::from);
    }
    let text = Zeroizing::new(text::without_joiners(
        "value",
        raw.expose(),
        text::MAX_VALUE,
    )?);
    let folded = Zeroizing::new(text::fold(&text));
    // Generated PINs are capitals.
    Ok(RawValue::from(folded.to_uppercase()))
}

/// The forms of a secret that is normalised already.
pub(super) fn secret_value(
    kind: &IdentityKind,
    normalised: RawValue,
    keys: &TenantKeys,
) -> LookupValue {
    LookupValue {
        lookup: secret_digest(kind, &normalised, keys),
        shown: masked(normalised.expose()),
        normalised,
    }
}

fn secret_digest(kind: &IdentityKind, normalised: &RawValue, keys: &TenantKeys) -> String {
    let value = normalised.expose().as_bytes();
    keys.blind_index.digest(&kind.name(), value).to_short_text()
}

/// Seals a secret value, so that those who may can see it again.
pub(super) fn seal(
    tenant: TenantId,
    kind: &IdentityKind,
    value: &LookupValue,
    keys: &TenantKeys,
    random: &mut dyn RandomSource,
) -> Result<Option<Vec<u8>>, Error> {
    if !kind.is_secret() {
        return Ok(None);
    }
    let secret = value.normalised.expose().as_bytes();
    keys.sealer
        .seal(secret, &sealed_for(tenant, kind, &value.lookup), random)
        .map(Some)
        .map_err(|_| Error::new(Code::Internal, "the value could not be sealed"))
}

/// The value of a secret identity; none if it is not kept or no secret.
///
/// # Errors
/// `store_corrupt` if the sealed value is not genuine, not of this value, or sealed with a key that
/// the ring does not hold.
pub fn unseal(identity: &Identity, keys: &TenantKeys) -> Result<Option<RawValue>, Error> {
    let Some(sealed) = &identity.sealed else {
        return Ok(None);
    };
    let associated = sealed_for(identity.tenant, &identity.kind, &identity.value);
    let corrupt = || Error::of(Code::StoreCorrupt).with("identity", identity.id);
    let opened = keys
        .sealer
        .open(sealed, &associated)
        .map_err(|_| corrupt())?;
    let text = opened.to_text().map_err(|_| corrupt())?;
    Ok(Some(RawValue::from(text.expose())))
}

/// What a sealed value is bound to. Not to the user: a transfer moves it. The digest binds it to
/// the row, for no other row of the type finds the same value.
fn sealed_for(tenant: TenantId, kind: &IdentityKind, lookup: &str) -> Vec<u8> {
    format!("identity\n{}\n{}\n{lookup}", tenant.0, kind.name()).into_bytes()
}

/// At most the last character.
fn masked(text: &str) -> String {
    let last = if text.chars().count() > 3 {
        text.chars().last()
    } else {
        None
    };
    last.map_or_else(|| "•••".to_owned(), |last| format!("•••{last}"))
}
