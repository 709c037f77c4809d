//! Charging a job, or keeping what it used where nobody can be charged for it.

use std::sync::Arc;

use crate::command::{Command, Context, Decide, Decision, Preparation, Stop};
use crate::error::Error;
use crate::ids::TenantId;
use crate::ledger::charge::{Charge, PreparedJob, StatedCost, repeat, reused};
use crate::ledger::receipt::Receipt;
use crate::ledger::untracked::shown::stated_cost;
use crate::ledger::untracked::{UntrackedUsage, put};
use crate::people::{RawValue, Refusals, UserReference};
use crate::permissions::{JOB_CHARGE, Requirement, configured};
use crate::records::{Untracked, UntrackedState};
use crate::text;
use crate::view::{Key, ReadSet, View};

/// Charges a job as [`Charge`] does; where that would be refused for there is no such user, or the
/// user is inactive, it keeps what the job used as untracked usage. Once kept it stays so: the same
/// key answers with what was kept, be there such a user meanwhile or not, until it is assigned, and
/// then with the receipt.
///
/// The names of the document and of the host it came from are not kept: which profile says
/// whether they may be is not known. Nor is whose shared wallets the job names: with whom they are
/// shared says nothing of nobody, and an assignment takes from the user's own. A value that nobody could have, an e-mail address without `@`
/// say, is refused as it is by every charge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChargeOrKeep {
    /// The job.
    pub job: Charge,
    /// Whom to list it as, at most [`MAX_VALUE`](crate::text::MAX_VALUE) characters; none: the value
    /// or the id by which the job names the user, but nothing where that is a secret, as a card is.
    pub reported_as: Option<String>,
}

impl ChargeOrKeep {
    /// Lists it, if it is kept, as the job names the user.
    #[must_use]
    pub fn new(job: Charge) -> Self {
        Self {
            job,
            reported_as: None,
        }
    }

    /// The same, listed under a name.
    #[must_use]
    pub fn reported_as(mut self, name: impl Into<String>) -> Self {
        self.reported_as = Some(name.into());
        self
    }
}

impl Charge {
    /// The same charge, kept as untracked usage where nobody can be charged for it.
    #[must_use]
    pub fn or_keep(self) -> ChargeOrKeep {
        ChargeOrKeep::new(self)
    }
}

/// What became of a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChargedOrKept {
    /// It was charged.
    Charged(Receipt),
    /// Nobody is charged for it: it is untracked usage, open still or dismissed.
    Kept(UntrackedUsage),
}

/// A charge with everything checked that needs no view.
#[derive(Debug)]
pub struct PreparedChargeOrKeep {
    job: PreparedJob,
    reported_as: Option<String>,
}

impl Command for ChargeOrKeep {
    type Prepared = PreparedChargeOrKeep;
    const NAME: &'static str = "charge_or_keep";
    const REQUIRES: Requirement = Requirement::Permission(JOB_CHARGE);

    fn prepare(&self, preparation: &mut Preparation<'_>) -> Result<PreparedChargeOrKeep, Error> {
        let mut refusals = Refusals::default();
        let job = refusals.prepared(self.job.prepare(preparation));
        let given = self.reported_as.clone();
        let name = given.or_else(|| name_of(&self.job.user));
        let name = name.map_or(Ok(None), |name| {
            text::optional("reported_as", &name, text::MAX_VALUE)
        });
        let reported_as = refusals.or_default(name);
        let job = refusals.all(job)?;
        Ok(PreparedChargeOrKeep { job, reported_as })
    }
}

/// How a job names its user, unless that is a secret.
fn name_of(user: &UserReference) -> Option<String> {
    match user {
        UserReference::Id(id) => Some(id.to_string()),
        UserReference::Identity(kind, _) if kind.is_secret() => None,
        UserReference::Identity(_, value) => Some(RawValue::expose(value).to_owned()),
    }
}

impl Decide for PreparedChargeOrKeep {
    type Reply = ChargedOrKept;

    fn reads(&self, tenant: TenantId) -> ReadSet {
        let digests = self.digests();
        let reads = |set: ReadSet, digest| set.and(Key::Untracked(tenant, digest));
        digests.fold(self.job.reads(tenant), reads)
    }

    fn decide(
        &self,
        view: &View,
        context: &mut Context<'_>,
    ) -> Result<Decision<ChargedOrKept>, Stop> {
        configured(view, context.tenant)?;
        if let Some(untracked) = self.kept(view, context.tenant)? {
            return self.answer(view, context, untracked);
        }
        let is_answered = self.job.key.answered(view, context.tenant)?.is_some();
        let user = self.job.user.find(view, context.tenant)?;
        if is_answered || user.is_some_and(|user| user.active) {
            return self.charge(view, context);
        }
        self.keep(view, context)
    }
}

impl PreparedChargeOrKeep {
    /// The key of this attempt, and that of the one before: what was kept under it is not to be
    /// kept once more.
    fn digests(&self) -> impl Iterator<Item = [u8; 32]> {
        let key = &self.job.key;
        std::iter::once(key.digest).chain(key.before)
    }

    fn kept<'v>(
        &self,
        view: &'v View,
        tenant: TenantId,
    ) -> Result<Option<&'v Arc<Untracked>>, Stop> {
        for digest in self.digests() {
            if let Some(untracked) = view.untracked(tenant, digest)? {
                return Ok(Some(untracked));
            }
        }
        Ok(None)
    }

    /// The answer to a key whose usage was kept: what was kept, or the receipt if there is one.
    fn answer(
        &self,
        view: &View,
        context: &mut Context<'_>,
        untracked: &Untracked,
    ) -> Result<Decision<ChargedOrKept>, Stop> {
        let config = configured(view, context.tenant)?;
        let receipt = view.receipt(context.tenant, untracked.key)?;
        let differs = self.differs(untracked);
        match (untracked.state, receipt) {
            (UntrackedState::Assigned, Some(entries)) => {
                repeat(config, entries, differs).map(charged)
            }
            // It was charged by itself since.
            (_, Some(_)) => self.charge(view, context),
            (_, None) => {
                let kept = ChargedOrKept::Kept(UntrackedUsage::of(untracked));
                differs.map_or(Ok(Decision::new(Vec::new(), kept)), |field| {
                    Err(reused(field).into())
                })
            }
        }
    }

    fn charge(
        &self,
        view: &View,
        context: &mut Context<'_>,
    ) -> Result<Decision<ChargedOrKept>, Stop> {
        self.job.decide(view, context).map(charged)
    }

    fn keep(
        &self,
        view: &View,
        context: &mut Context<'_>,
    ) -> Result<Decision<ChargedOrKept>, Stop> {
        let (key, job) = (&self.job.key, &self.job.job);
        let untracked = Untracked {
            tenant: context.tenant,
            key: key.digest,
            version: 1,
            number: context.ids.next(),
            state: UntrackedState::Open,
            attempt: key.attempt,
            reported_as: self.reported_as.clone(),
            queue: job.queue.clone(),
            usage: job.kept.clone(),
            job_kind: job.details.kind,
            cost_micros: job.cost.map(|cost| cost.cost_micros),
            currency: job.cost.map(|cost| cost.currency),
            at: context.now,
            actor: context.actor.user(),
            assigned_to: None,
            resolved_at: None,
            digest: [0; 32],
        };
        let reply = ChargedOrKept::Kept(UntrackedUsage::of(&untracked));
        // Not the name: it can be erased, and audit events stay.
        let state = Some(untracked.state.as_str().to_owned());
        let said = vec![("state".to_owned(), None, state)];
        let mut changes = Vec::new();
        let done = (ChargeOrKeep::NAME, None);
        put(view, context, untracked, done, said, &mut changes)?;
        Ok(Decision::new(changes, reply))
    }

    /// The first field in which the job differs from what was kept under its key. A name that was
    /// erased cannot differ.
    fn differs(&self, untracked: &Untracked) -> Option<&'static str> {
        let job = &self.job.job;
        let folded = |name: &Option<String>| name.as_deref().map(text::fold);
        let name = untracked.reported_as.is_some();
        if name && folded(&untracked.reported_as) != folded(&self.reported_as) {
            return Some("user");
        }
        if untracked.job_kind != job.details.kind {
            return Some("job_kind");
        }
        if untracked.queue != job.queue {
            return Some("queue");
        }
        if untracked.usage != job.kept {
            return job.usage.differs(&untracked.usage.usage());
        }
        let stated = stated_cost(untracked);
        let currency = |cost: Option<StatedCost>| cost.map(|cost| cost.currency);
        if currency(stated) != currency(job.cost) {
            return Some("currency");
        }
        (stated != job.cost).then_some("cost_micros")
    }
}

fn charged(decision: Decision<Receipt>) -> Decision<ChargedOrKept> {
    Decision {
        changes: decision.changes,
        reply: decision.reply.map(ChargedOrKept::Charged),
    }
}
