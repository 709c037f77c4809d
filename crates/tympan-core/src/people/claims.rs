//! Who owns which value before and after an edit. All users of one command are compared together,
//! so that a transfer or a swap never collides half-way.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;

use crate::command::{Context, Stop};
use crate::error::{Code, Error};
use crate::ids::{IdentityId, UserId};
use crate::people::edit::Edit;
use crate::people::person::Person;
use crate::permissions::{IDENTITY_REVEAL, Requirement, permit};
use crate::records::{Claim, ClaimName};
use crate::refusals::Refusals;
use crate::view::{Change, Key, Record, View};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Owner {
    user: UserId,
    identity: IdentityId,
}

/// What changes about claims, by name: the owner before and after.
#[derive(Debug, Default)]
pub(super) struct ClaimChanges {
    changed: BTreeMap<ClaimName, (Option<Owner>, Option<Owner>)>,
    /// Values that two identities of the command would share.
    shared: Vec<(ClaimName, Owner, Owner)>,
}

impl ClaimChanges {
    pub(super) fn of(edits: &[Edit]) -> Self {
        let mut all = Self::default();
        for (name, owner) in edits
            .iter()
            .filter_map(|edit| edit.before.as_ref())
            .flat_map(owned)
        {
            all.changed.entry(name).or_default().0 = Some(owner);
        }
        for (name, owner) in edits.iter().flat_map(|edit| owned(&edit.after)) {
            match all.changed.entry(name) {
                Entry::Occupied(mut entry) => match entry.get().1 {
                    Some(first) => all.shared.push((entry.key().clone(), first, owner)),
                    None => entry.get_mut().1 = Some(owner),
                },
                Entry::Vacant(entry) => {
                    entry.insert((None, Some(owner)));
                }
            }
        }
        all.changed.retain(|_, (before, after)| before != after);
        all
    }

    /// The claims that must be known.
    pub(super) fn names(&self) -> impl Iterator<Item = &ClaimName> {
        self.changed.keys()
    }

    /// The changes; a value that another user owns is refused.
    pub(super) fn changes(
        &self,
        view: &View,
        context: &mut Context<'_>,
        refusals: &mut Refusals,
    ) -> Result<Vec<Change>, Stop> {
        let tenant = context.tenant;
        for (name, first, second) in &self.shared {
            refusals.note(taken(view, context, name, *first, second.user)?);
        }
        let mut changes = Vec::with_capacity(self.changed.len());
        for (name, (before, after)) in &self.changed {
            let key = Key::Claim(tenant, name.clone());
            let stored = view.claim(tenant, name.clone())?;
            let Some(after) = after else {
                changes.push(Change::Remove(key));
                continue;
            };
            let version = match (stored, before) {
                // A number that was never used: whoever saw an earlier claim to the value notices.
                (None, _) => context.ids.next(),
                (Some(claim), Some(_)) => claim.version + 1,
                (Some(claim), None) => {
                    let owner = Owner {
                        user: claim.user,
                        identity: claim.identity,
                    };
                    refusals.note(taken(view, context, name, owner, after.user)?);
                    continue;
                }
            };
            let claim = Claim {
                tenant,
                kind: name.kind.clone(),
                value: name.value.clone(),
                user: after.user,
                identity: after.identity,
                version,
            };
            changes.push(Change::Put(key, Record::Claim(Arc::new(claim))));
        }
        Ok(changes)
    }
}

/// The values that belong to a user alone.
fn owned(person: &Person) -> impl Iterator<Item = (ClaimName, Owner)> {
    let identities = person.relations.identities.iter();
    identities
        .filter(|identity| identity.is_claimed())
        .map(|identity| {
            let name = ClaimName {
                kind: identity.kind.clone(),
                value: identity.value.as_str().into(),
            };
            let owner = Owner {
                user: person.user.id,
                identity: identity.id,
            };
            (name, owner)
        })
}

/// That a value is taken; by whom, only for those who may know.
fn taken(
    view: &View,
    context: &Context<'_>,
    name: &ClaimName,
    owner: Owner,
    wanted_by: UserId,
) -> Result<Error, Stop> {
    let kind = name.kind.name();
    let own = owner.user == wanted_by;
    let message = if own {
        format!("the user has this `{kind}` already")
    } else {
        format!("another user has this `{kind}`; a transfer moves it")
    };
    let error = Error::new(Code::IdentityTaken, message).with("kind", kind);
    let reveal = Requirement::Permission(IDENTITY_REVEAL);
    let permitted = match permit(view, context.tenant, context.actor, reveal, None) {
        Ok(()) => true,
        Err(Stop::Refused(_)) => own,
        Err(needs) => return Err(needs),
    };
    Ok(if permitted {
        error
            .with("user", owner.user)
            .with("identity", owner.identity)
    } else {
        error
    })
}
