//! Changes to the identities of one user.

use crate::command::{Context, Preparation, Stop};
use crate::error::{Code, Error};
use crate::ids::{IdentityId, TenantId};
use crate::people::new_identity::{
    NewIdentity, NewValue, Prepared, PreparedValue, StoredIdentity, Values,
};
use crate::people::person::Person;
use crate::records::{Identity, IdentityKind};
use crate::refusals::Refusals;
use crate::view::ReadSet;

/// A change to a user's identities.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IdentityEdit {
    /// One more.
    Add(NewIdentity),
    /// Another value; the old one dies in the same commit.
    Replace {
        /// Of which identity.
        identity: IdentityId,
        /// Its type: values of each type are normalised in their own way.
        kind: IdentityKind,
        /// The value.
        value: NewValue,
    },
    /// It goes, and its value is free.
    Remove(IdentityId),
    /// Whether it finds the user. A disabled one reserves nothing: enabling it may find the value
    /// taken.
    Enable {
        /// Which.
        identity: IdentityId,
        /// Whether it is enabled from now on.
        enabled: bool,
    },
}

/// A change with everything done that needs no view.
#[derive(Debug)]
pub(super) enum PreparedIdentityEdit {
    Add(Prepared),
    Replace(IdentityId, PreparedValue),
    Remove(IdentityId),
    Enable(IdentityId, bool),
}

impl IdentityEdit {
    pub(super) fn prepare(
        &self,
        preparation: &mut Preparation<'_>,
    ) -> Result<PreparedIdentityEdit, Error> {
        Ok(match self {
            Self::Add(identity) => PreparedIdentityEdit::Add(identity.prepare(preparation)?),
            Self::Replace {
                identity,
                kind,
                value,
            } => {
                let value = PreparedValue::prepare(kind, value, preparation)?;
                PreparedIdentityEdit::Replace(*identity, value)
            }
            Self::Remove(identity) => PreparedIdentityEdit::Remove(*identity),
            Self::Enable { identity, enabled } => PreparedIdentityEdit::Enable(*identity, *enabled),
        })
    }
}

impl PreparedIdentityEdit {
    pub(super) fn reads(&self, tenant: TenantId) -> ReadSet {
        match self {
            Self::Add(identity) => identity.reads(tenant),
            Self::Replace(_, value) => value.reads(tenant),
            Self::Remove(_) | Self::Enable(..) => ReadSet::default(),
        }
    }

    /// Puts the change into a user; what the user is to be told of it.
    pub(super) fn apply(
        &self,
        person: &mut Person,
        values: &mut Values<'_>,
        context: &mut Context<'_>,
        refusals: &mut Refusals,
    ) -> Result<Option<StoredIdentity>, Stop> {
        match self {
            Self::Add(identity) => {
                let user = person.user.id;
                let decided = identity.decide(user, values, context, refusals)?;
                return Ok(decided.map(|(identity, told)| {
                    person.relations.identities.push(identity);
                    told
                }));
            }
            Self::Replace(id, value) => {
                let Some(identity) = refusals.check(find(person, *id, Some(&value.kind)))? else {
                    return Ok(None);
                };
                let decided =
                    value.decide(identity.alone, identity.source, values, context, refusals)?;
                return Ok(decided.map(|decided| decided.put_into(identity)));
            }
            Self::Remove(id) => {
                refusals.check(person.take_identity(*id).map_err(Stop::from))?;
            }
            Self::Enable(id, enabled) => {
                if let Some(identity) = refusals.check(find(person, *id, None))? {
                    identity.enabled = *enabled;
                }
            }
        }
        Ok(None)
    }
}

fn find<'p>(
    person: &'p mut Person,
    id: IdentityId,
    kind: Option<&IdentityKind>,
) -> Result<&'p mut Identity, Stop> {
    let identity = person.identity_mut(id)?;
    if kind.is_some_and(|kind| identity.kind != *kind) {
        let kind = identity.kind.name();
        let message = format!("the identity is of the type `{kind}`");
        return Err(Error::new(Code::InvalidValue, message)
            .with("field", "kind")
            .into());
    }
    Ok(identity)
}
