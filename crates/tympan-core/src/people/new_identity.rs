//! Values that a command brings: normalised while preparing, checked and drawn while deciding.

use std::collections::BTreeSet;

use crate::command::{Context, Preparation, Stop};
use crate::error::{Code, Error};
use crate::ids::{IdentityId, TenantId, UserId};
use crate::people::pins::{self, Seed};
use crate::people::value::{LookupValue, RawValue, lookup_value, seal, secret_value};
use crate::records::{ClaimName, Config, Identity, IdentityKind, IdentitySource};
use crate::refusals::Refusals;
use crate::text;
use crate::view::{Key, ReadSet, View};

/// What a value is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NewValue {
    /// This one, as typed or read.
    Given(RawValue),
    /// A PIN that tympan draws: free, unbiased, as long as the tenant's policy asks.
    Generated,
}

/// An identity to add.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewIdentity {
    /// Its type.
    pub kind: IdentityKind,
    /// Its value.
    pub value: NewValue,
    /// What the user calls it.
    pub label: Option<String>,
    /// Disabled identities are kept, reserve nothing and find nobody.
    pub enabled: bool,
    /// Of a PIN: whether it signs in by itself, and so must be unique and long enough for the
    /// number of users. Means nothing for other types.
    pub alone: bool,
    /// Where it comes from. A backing PIN of a file or a directory is taken as it is.
    pub source: IdentitySource,
}

impl NewIdentity {
    /// An identity with a value: enabled, typed in by a person; a PIN only backs another identity.
    pub fn new(kind: IdentityKind, value: impl Into<RawValue>) -> Self {
        Self {
            kind,
            value: NewValue::Given(value.into()),
            label: None,
            enabled: true,
            alone: false,
            source: IdentitySource::Manual,
        }
    }

    /// A PIN that tympan draws.
    #[must_use]
    pub fn generated_pin() -> Self {
        Self {
            value: NewValue::Generated,
            ..Self::new(IdentityKind::Pin, "")
        }
    }

    /// The same PIN, signing in by itself.
    #[must_use]
    pub fn alone(mut self) -> Self {
        self.alone = true;
        self
    }

    /// The same identity from another source.
    #[must_use]
    pub fn source(mut self, source: IdentitySource) -> Self {
        self.source = source;
        self
    }

    /// The same identity with a label.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }

    pub(super) fn prepare(&self, preparation: &mut Preparation<'_>) -> Result<Prepared, Error> {
        let mut refusals = Refusals::default();
        let value = PreparedValue::prepare(&self.kind, &self.value, preparation);
        let value = refusals.prepared(value);
        let label = match &self.label {
            Some(label) => text::optional("label", label, text::MAX_SHORT),
            None => Ok(None),
        };
        let label = refusals.or_default(label);
        Ok(Prepared {
            value: refusals.all(value)?,
            label,
            enabled: self.enabled,
            alone: self.alone && self.kind == IdentityKind::Pin,
            source: self.source,
        })
    }
}

/// An identity as it was stored. The value is told this once; afterwards it is masked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredIdentity {
    /// Its id.
    pub id: IdentityId,
    /// Its type.
    pub kind: IdentityKind,
    /// What lists show.
    pub shown: String,
    /// The value itself, normalised or drawn.
    pub value: RawValue,
}

/// A new identity with everything done that needs no view.
#[derive(Debug)]
pub(super) struct Prepared {
    value: PreparedValue,
    label: Option<String>,
    enabled: bool,
    alone: bool,
    source: IdentitySource,
}

/// A new value with everything done that needs no view.
#[derive(Debug)]
pub(super) struct PreparedValue {
    pub(super) kind: IdentityKind,
    form: Form,
}

#[derive(Debug)]
enum Form {
    Given(LookupValue, Option<Vec<u8>>),
    Drawn(Seed),
}

/// What finding or checking a value may use.
pub(super) struct Values<'a> {
    pub(super) view: &'a View,
    pub(super) config: &'a Config,
    /// How many users the command adds.
    pub(super) new_users: u64,
    /// Digests drawn in this command.
    pub(super) drawn: BTreeSet<String>,
}

/// A value that is decided.
pub(super) struct Decided {
    value: LookupValue,
    sealed: Option<Vec<u8>>,
}

impl PreparedValue {
    pub(super) fn prepare(
        kind: &IdentityKind,
        value: &NewValue,
        preparation: &mut Preparation<'_>,
    ) -> Result<Self, Error> {
        let form = match value {
            NewValue::Given(raw) => {
                let value = lookup_value(kind, raw, preparation)?;
                let (tenant, keys) = (preparation.tenant, preparation.keys);
                let sealed = seal(tenant, kind, &value, keys, preparation.random)?;
                Form::Given(value, sealed)
            }
            NewValue::Generated if *kind == IdentityKind::Pin => {
                Form::Drawn(Seed::draw(preparation.random)?)
            }
            NewValue::Generated => {
                return Err(Error::new(Code::InvalidValue, "only a pin is generated")
                    .with("field", "value"));
            }
        };
        Ok(Self {
            kind: kind.clone(),
            form,
        })
    }

    /// The claim that the value will want, as far as it is known.
    pub(super) fn reads(&self, tenant: TenantId) -> ReadSet {
        match &self.form {
            Form::Given(value, _) => {
                ReadSet::of(Key::Claim(tenant, claim_name(&self.kind, &value.lookup)))
            }
            Form::Drawn(_) => ReadSet::default(),
        }
    }

    /// Checks a value that was given by the tenant's policy, or draws a free one.
    pub(super) fn decide(
        &self,
        alone: bool,
        source: IdentitySource,
        values: &mut Values<'_>,
        context: &Context<'_>,
        refusals: &mut Refusals,
    ) -> Result<Option<Decided>, Stop> {
        match &self.form {
            Form::Given(value, sealed) => {
                if self.kind == IdentityKind::Pin && (alone || is_chosen(source)) {
                    let usage = values.usage(alone)?;
                    let checked = pins::policy(&values.config.tenant)
                        .and_then(|policy| pins::check(value.normalised.expose(), &policy, usage));
                    if let Err(error) = checked {
                        refusals.note(error);
                    }
                }
                Ok(Some(Decided {
                    value: value.clone(),
                    sealed: sealed.clone(),
                }))
            }
            Form::Drawn(seed) => refusals.check(self.draw(seed, alone, values, context)),
        }
    }

    fn draw(
        &self,
        seed: &Seed,
        alone: bool,
        values: &mut Values<'_>,
        context: &Context<'_>,
    ) -> Result<Decided, Stop> {
        let usage = values.usage(alone)?;
        let policy = pins::policy(&values.config.tenant)?;
        let mut stream = seed.stream();
        for _ in 0..pins::MAX_DRAWS {
            let pin = pins::draw(&policy, usage, &mut stream)?;
            let normalised = RawValue::from(pin.expose());
            let value = secret_value(&self.kind, normalised, context.keys);
            if alone && !values.is_free(context, &self.kind, &value.lookup)? {
                continue;
            }
            let sealed = seal(
                context.tenant,
                &self.kind,
                &value,
                context.keys,
                &mut stream,
            )?;
            values.drawn.insert(value.lookup.clone());
            return Ok(Decided { value, sealed });
        }
        Err(pins::none_free().into())
    }
}

/// Whether a person chose the value now; what a file or a directory brings was chosen before.
fn is_chosen(source: IdentitySource) -> bool {
    matches!(source, IdentitySource::Manual | IdentitySource::Own)
}

impl<'a> Values<'a> {
    pub(super) fn new(view: &'a View, config: &'a Config, new_users: u64) -> Self {
        Self {
            view,
            config,
            new_users,
            drawn: BTreeSet::new(),
        }
    }

    fn usage(&self, alone: bool) -> Result<tympan_vault::pin::PinUse, Stop> {
        pins::usage(self.view, self.config, alone, self.new_users)
    }

    fn is_free(
        &self,
        context: &Context<'_>,
        kind: &IdentityKind,
        lookup: &str,
    ) -> Result<bool, Stop> {
        let claim = self.view.claim(context.tenant, claim_name(kind, lookup))?;
        Ok(claim.is_none() && !self.drawn.contains(lookup))
    }
}

impl Prepared {
    pub(super) fn is_alone(&self) -> bool {
        self.alone
    }

    pub(super) fn reads(&self, tenant: TenantId) -> ReadSet {
        self.value.reads(tenant)
    }

    /// The identity, and what its owner is told.
    pub(super) fn decide(
        &self,
        user: UserId,
        values: &mut Values<'_>,
        context: &mut Context<'_>,
        refusals: &mut Refusals,
    ) -> Result<Option<(Identity, StoredIdentity)>, Stop> {
        let decided = self
            .value
            .decide(self.alone, self.source, values, context, refusals)?;
        let Some(decided) = decided else {
            return Ok(None);
        };
        let mut identity = blank(context, user, self.value.kind.clone(), self.source);
        identity.label.clone_from(&self.label);
        identity.enabled = self.enabled;
        identity.alone = self.alone;
        let stored = decided.put_into(&mut identity);
        Ok(Some((identity, stored)))
    }
}

impl Decided {
    /// Gives the value to an identity; the one it had dies.
    pub(super) fn put_into(self, identity: &mut Identity) -> StoredIdentity {
        identity.value = self.value.lookup;
        identity.shown = self.value.shown.clone();
        identity.sealed = self.sealed;
        StoredIdentity {
            id: identity.id,
            kind: identity.kind.clone(),
            shown: self.value.shown,
            value: self.value.normalised,
        }
    }
}

/// A new identity without a value.
pub(super) fn blank(
    context: &mut Context<'_>,
    user: UserId,
    kind: IdentityKind,
    source: IdentitySource,
) -> Identity {
    Identity {
        tenant: context.tenant,
        user,
        id: IdentityId(context.ids.next()),
        kind,
        value: String::new(),
        shown: String::new(),
        sealed: None,
        label: None,
        enabled: true,
        is_primary: false,
        alone: false,
        source,
        created_at: context.now,
    }
}

pub(super) fn claim_name(kind: &IdentityKind, lookup: &str) -> ClaimName {
    ClaimName {
        kind: kind.clone(),
        value: lookup.into(),
    }
}
