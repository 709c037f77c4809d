//! What a command is: prepared outside a turn, decided inside one, by a pure function.

use tympan_vault::{BlindIndex, ChainKey, DocumentKey, KeyRing, RandomSource, RecordKey, Sealer};

use crate::error::Error;
use crate::ids::{Ids, TenantId, UserId};
use crate::permissions::Requirement;
use crate::records::Config;
use crate::time::Timestamp;
use crate::view::{Change, Missing, ReadSet, View};

/// Who does it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Actor {
    /// The host itself: whatever it asks for is permitted.
    Host,
    /// A user whom the host has recognised; each command checks what the user may do.
    User(UserId),
}

impl Actor {
    /// The user, unless it is the host itself.
    #[must_use]
    pub fn user(self) -> Option<UserId> {
        match self {
            Self::Host => None,
            Self::User(user) => Some(user),
        }
    }
}

/// The keys of one tenant, each derived from the key ring for its own purpose.
#[derive(Debug)]
pub struct TenantKeys {
    /// Finds secret values without storing them.
    pub blind_index: BlindIndex,
    /// Chains entries and audit events.
    pub chain: ChainKey,
    /// Seals what must be shown again.
    pub sealer: Sealer,
    /// Digests words that must not be read back.
    pub document: DocumentKey,
    /// Digests records that no chain holds.
    pub record: RecordKey,
}

impl TenantKeys {
    /// The keys of a tenant.
    #[must_use]
    pub fn new(ring: &KeyRing, tenant: TenantId) -> Self {
        Self {
            blind_index: BlindIndex::new(ring, tenant.0),
            chain: ChainKey::new(ring, tenant.0),
            sealer: Sealer::new(ring, tenant.0),
            document: DocumentKey::new(ring, tenant.0),
            record: RecordKey::new(ring, tenant.0),
        }
    }
}

/// What preparing may use.
pub struct Preparation<'a> {
    /// The tenant.
    pub tenant: TenantId,
    /// Its configuration; none before its bootstrap.
    pub config: Option<&'a Config>,
    /// Its keys.
    pub keys: &'a TenantKeys,
    /// Where nonces and generated values come from.
    pub random: &'a mut dyn RandomSource,
}

/// What deciding may use, besides the view.
pub struct Context<'a> {
    /// The tenant.
    pub tenant: TenantId,
    /// Who does it.
    pub actor: Actor,
    /// The time of the turn.
    pub now: Timestamp,
    /// Where new ids come from.
    pub ids: &'a mut Ids,
    /// Random bytes of the turn, from which the salts of texts are derived.
    pub noise: &'a [u8; 32],
    /// The tenant's keys.
    pub keys: &'a TenantKeys,
}

/// Something a host can ask for that may change something.
pub trait Command: Send + Sync {
    /// What is decided in the turn.
    type Prepared: Decide;
    /// Its name in audit events and in other languages.
    const NAME: &'static str;
    /// What the actor must hold.
    const REQUIRES: Requirement;

    /// Normalises and hashes, outside any turn; done again if the configuration has moved since.
    ///
    /// # Errors
    /// What is wrong with the request by itself.
    fn prepare(&self, preparation: &mut Preparation<'_>) -> Result<Self::Prepared, Error>;
}

/// A prepared command.
pub trait Decide: Send {
    /// The answer.
    type Reply: Send + 'static;

    /// What deciding will ask the view for, as far as it is known before.
    fn reads(&self, tenant: TenantId) -> ReadSet;

    /// Decides: a pure function of the view and the context.
    ///
    /// # Errors
    /// A refusal that changes nothing, or what the view lacks.
    fn decide(&self, view: &View, context: &mut Context<'_>)
    -> Result<Decision<Self::Reply>, Stop>;
}

/// What was decided. A refusal may leave its trace too.
#[derive(Clone, Debug)]
pub struct Decision<R> {
    /// What changes.
    pub changes: Vec<Change>,
    /// The answer, or the refusal.
    pub reply: Result<R, Error>,
}

impl<R> Decision<R> {
    /// A decision with an answer.
    #[must_use]
    pub fn new(changes: Vec<Change>, reply: R) -> Self {
        Self {
            changes,
            reply: Ok(reply),
        }
    }
}

/// Why there is no decision.
#[derive(Clone, Debug)]
pub enum Stop {
    /// The rules say no; nothing changes.
    Refused(Error),
    /// The view lacks these: load them and decide again.
    Needs(Box<ReadSet>),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Refused(error)
    }
}

impl From<Missing> for Stop {
    fn from(missing: Missing) -> Self {
        Self::Needs(missing.0)
    }
}
