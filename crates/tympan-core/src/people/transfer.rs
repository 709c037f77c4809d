//! Moving identities from one user to another: in one step, so that nobody else can take the value
//! in between, and with an audit event on both users.

use crate::audit;
use crate::command::{Command, Context, Decide, Decision, Preparation, Stop};
use crate::error::{Code, Error};
use crate::ids::{IdentityId, TenantId, UserId};
use crate::people::create_user::reason;
use crate::people::edit::{Edit, Edits};
use crate::people::person::{Person, unknown_identity};
use crate::people::reference::{PreparedUser, UserReference};
use crate::people::shown_user::ShownUser;
use crate::people::value::{RawValue, lookup_only};
use crate::permissions::{IDENTITY_EDIT, Requirement, configured};
use crate::records::{ClaimName, IdentityKind};
use crate::refusals::Refusals;
use crate::view::{Follow, Key, ReadSet, View};

/// An identity, by its owner and id or by its value.
#[derive(Clone, Debug, PartialEq, Eq)]
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
        kind: IdentityKind,
        /// The value, as typed or read.
        value: RawValue,
    },
}

impl IdentityReference {
    /// By value.
    pub fn value(kind: IdentityKind, value: impl Into<RawValue>) -> Self {
        Self::Value {
            kind,
            value: value.into(),
        }
    }

    fn prepare(&self, preparation: &Preparation<'_>) -> Result<PreparedIdentity, Error> {
        Ok(match self {
            Self::Of { user, identity } => {
                PreparedIdentity::Of(user.prepare(preparation)?, *identity)
            }
            Self::Value { kind, value } => PreparedIdentity::Claim(ClaimName {
                kind: kind.clone(),
                value: lookup_only(kind, value, preparation)?.into(),
            }),
        })
    }
}

#[derive(Debug)]
enum PreparedIdentity {
    Of(PreparedUser, IdentityId),
    Claim(ClaimName),
}

impl PreparedIdentity {
    fn reads(&self, tenant: TenantId) -> ReadSet {
        match self {
            Self::Of(user, _) => user.reads(tenant, Follow::RELATIONS),
            Self::Claim(name) => {
                let key = Key::Claim(tenant, name.clone());
                ReadSet::default().and_follow(key, Follow::RELATIONS)
            }
        }
    }

    /// The owner and the identity's id.
    fn require(&self, view: &View, tenant: TenantId) -> Result<(UserId, IdentityId), Stop> {
        match self {
            Self::Of(user, identity) => {
                let owner = user.require(view, tenant)?.id;
                let relations = view.relations(tenant, owner)?;
                relations
                    .and_then(|relations| relations.identity(*identity))
                    .map(|identity| (owner, identity.id))
                    .ok_or_else(|| unknown_identity(*identity).into())
            }
            Self::Claim(name) => match view.claim(tenant, name.clone())? {
                Some(claim) => Ok((claim.user, claim.identity)),
                None => {
                    let message = format!("no user has this `{}`", name.kind.name());
                    Err(Error::new(Code::UnknownIdentity, message).into())
                }
            },
        }
    }
}

/// Moves an identity to another user. Its id, label and value stay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransferIdentity {
    /// Which identity.
    pub identity: IdentityReference,
    /// The version of the owner that the caller saw; none if it does not matter.
    pub expected_version: Option<i64>,
    /// To whom.
    pub to: UserReference,
    /// The version of the new owner that the caller saw; none if it does not matter.
    pub to_expected_version: Option<i64>,
    /// Why.
    pub reason: Option<String>,
}

/// Exchanges the owners of two identities of one type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SwapIdentities {
    /// One.
    pub first: IdentityReference,
    /// The version of its owner that the caller saw; none if it does not matter.
    pub first_expected_version: Option<i64>,
    /// The other.
    pub second: IdentityReference,
    /// The version of its owner that the caller saw; none if it does not matter.
    pub second_expected_version: Option<i64>,
    /// Why.
    pub reason: Option<String>,
}

impl TransferIdentity {
    /// Moves an identity, whatever the versions of the users.
    pub fn of(identity: IdentityReference, to: impl Into<UserReference>) -> Self {
        Self {
            identity,
            expected_version: None,
            to: to.into(),
            to_expected_version: None,
            reason: None,
        }
    }
}

impl SwapIdentities {
    /// Exchanges two identities, whatever the versions of the users.
    #[must_use]
    pub fn of(first: IdentityReference, second: IdentityReference) -> Self {
        Self {
            first,
            first_expected_version: None,
            second,
            second_expected_version: None,
            reason: None,
        }
    }
}

/// The two users after a transfer or swap; the same one twice if nothing had to move.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transferred {
    /// Who gave the identity, or the first identity.
    pub from: ShownUser,
    /// Who got it.
    pub to: ShownUser,
}

/// A transfer with everything checked that needs no view.
#[derive(Debug)]
pub struct PreparedTransfer {
    identity: PreparedIdentity,
    expected_version: Option<i64>,
    to: PreparedUser,
    to_expected_version: Option<i64>,
    reason: Option<String>,
}

/// A swap with everything checked that needs no view.
#[derive(Debug)]
pub struct PreparedSwap {
    first: PreparedIdentity,
    first_expected_version: Option<i64>,
    second: PreparedIdentity,
    second_expected_version: Option<i64>,
    reason: Option<String>,
}

impl Command for TransferIdentity {
    type Prepared = PreparedTransfer;
    const NAME: &'static str = "transfer_identity";
    const REQUIRES: Requirement = Requirement::Permission(IDENTITY_EDIT);

    fn prepare(&self, preparation: &mut Preparation<'_>) -> Result<PreparedTransfer, Error> {
        let mut refusals = Refusals::default();
        let identity = refusals.prepared(self.identity.prepare(preparation));
        let to = refusals.prepared(self.to.prepare(preparation));
        let reason = refusals.or_default(reason(self.reason.as_deref()));
        let (identity, to) = refusals.all(identity.zip(to))?;
        Ok(PreparedTransfer {
            identity,
            expected_version: self.expected_version,
            to,
            to_expected_version: self.to_expected_version,
            reason,
        })
    }
}

impl Command for SwapIdentities {
    type Prepared = PreparedSwap;
    const NAME: &'static str = "swap_identities";
    const REQUIRES: Requirement = Requirement::Permission(IDENTITY_EDIT);

    fn prepare(&self, preparation: &mut Preparation<'_>) -> Result<PreparedSwap, Error> {
        let mut refusals = Refusals::default();
        let first = refusals.prepared(self.first.prepare(preparation));
        let second = refusals.prepared(self.second.prepare(preparation));
        let reason = refusals.or_default(reason(self.reason.as_deref()));
        let (first, second) = refusals.all(first.zip(second))?;
        Ok(PreparedSwap {
            first,
            first_expected_version: self.first_expected_version,
            second,
            second_expected_version: self.second_expected_version,
            reason,
        })
    }
}

impl Decide for PreparedTransfer {
    type Reply = Transferred;

    fn reads(&self, tenant: TenantId) -> ReadSet {
        let mut set = ReadSet::of(audit::strand_key(tenant));
        set.extend(self.identity.reads(tenant));
        set.extend(self.to.reads(tenant, Follow::RELATIONS));
        set
    }

    fn decide(
        &self,
        view: &View,
        context: &mut Context<'_>,
    ) -> Result<Decision<Transferred>, Stop> {
        let tenant = context.tenant;
        let mut refusals = Refusals::default();
        let found = refusals.check(self.identity.require(view, tenant))?;
        let to = refusals.check(self.to.require(view, tenant))?;
        let (Some((from, identity)), Some(to)) = (found, to) else {
            return Err(told(refusals));
        };
        let mut pair = Pair::load(
            view,
            tenant,
            (from, self.expected_version),
            (to.id, self.to_expected_version),
        )?;
        if let Some(second) = &mut pair.second {
            let moved = pair.first.after.take_identity(identity)?;
            second.after.give_identity(moved, false);
        }
        let (action, reason) = (TransferIdentity::NAME, self.reason.clone());
        pair.decide(action, reason, refusals, view, context)
    }
}

impl Decide for PreparedSwap {
    type Reply = Transferred;

    fn reads(&self, tenant: TenantId) -> ReadSet {
        let mut set = ReadSet::of(audit::strand_key(tenant));
        set.extend(self.first.reads(tenant));
        set.extend(self.second.reads(tenant));
        set
    }

    fn decide(
        &self,
        view: &View,
        context: &mut Context<'_>,
    ) -> Result<Decision<Transferred>, Stop> {
        let tenant = context.tenant;
        let mut refusals = Refusals::default();
        let first = refusals.check(self.first.require(view, tenant))?;
        let second = refusals.check(self.second.require(view, tenant))?;
        let (Some((first, first_id)), Some((second, second_id))) = (first, second) else {
            return Err(told(refusals));
        };
        let mut pair = Pair::load(
            view,
            tenant,
            (first, self.first_expected_version),
            (second, self.second_expected_version),
        )?;
        if let Some(second) = &mut pair.second {
            swap(
                (&mut pair.first.after, first_id),
                (&mut second.after, second_id),
                &mut refusals,
            )?;
        }
        let (action, reason) = (SwapIdentities::NAME, self.reason.clone());
        pair.decide(action, reason, refusals, view, context)
    }
}

/// Each takes the other's place, also as the first of the type.
fn swap(
    (first, first_id): (&mut Person, IdentityId),
    (second, second_id): (&mut Person, IdentityId),
    refusals: &mut Refusals,
) -> Result<(), Error> {
    let from_first = first.take_identity(first_id)?;
    let from_second = second.take_identity(second_id)?;
    if from_first.kind != from_second.kind {
        let message = "identities of different types cannot be swapped";
        refusals.note(Error::new(Code::InvalidValue, message).with("field", "kind"));
    }
    let primaries = (from_first.is_primary, from_second.is_primary);
    first.give_identity(from_second, primaries.0);
    second.give_identity(from_first, primaries.1);
    Ok(())
}

/// Two users, or one who is both.
struct Pair {
    first: Edit,
    second: Option<Edit>,
}

impl Pair {
    fn load(
        view: &View,
        tenant: TenantId,
        (first, first_version): (UserId, Option<i64>),
        (second, second_version): (UserId, Option<i64>),
    ) -> Result<Self, Stop> {
        Ok(Self {
            first: Edit::of(view, tenant, first, first_version)?,
            second: match first == second {
                true => None,
                false => Some(Edit::of(view, tenant, second, second_version)?),
            },
        })
    }

    fn decide(
        self,
        action: &str,
        reason: Option<String>,
        refusals: Refusals,
        view: &View,
        context: &mut Context<'_>,
    ) -> Result<Decision<Transferred>, Stop> {
        let config = configured(view, context.tenant)?;
        let edits = Edits {
            action,
            reason,
            edits: std::iter::once(self.first).chain(self.second).collect(),
            refusals,
        };
        let outcome = edits.decide(view, context, config)?;
        let mut users = outcome
            .people
            .into_iter()
            .map(|person| ShownUser::of(&person.user));
        let from = users.next().ok_or_else(|| Error::of(Code::Internal))?;
        let to = users.next().unwrap_or_else(|| from.clone());
        Ok(Decision::new(outcome.changes, Transferred { from, to }))
    }
}

/// What was refused, where something certainly was.
fn told(refusals: Refusals) -> Stop {
    let error = refusals.finish().err();
    error.unwrap_or_else(|| Error::of(Code::Internal)).into()
}
