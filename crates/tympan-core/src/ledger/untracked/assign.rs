//! Saying whose untracked usage is: the user is charged for it.

use crate::command::{Command, Context, Decide, Decision, Preparation, Stop};
use crate::error::{Code, Error};
use crate::ids::TenantId;
use crate::ledger::allocate::{Beyond, allocate};
use crate::ledger::book::Book;
use crate::ledger::charge::{Job, take};
use crate::ledger::details::JobDetails;
use crate::ledger::receipt::{PreparedKey, Receipt, answer};
use crate::ledger::untracked::shown::stated_cost;
use crate::ledger::untracked::{UntrackedId, known, put, reads, resolved, state_changed};
use crate::people::{PreparedUser, UserReference};
use crate::permissions::{Requirement, UNTRACKED_RESOLVE, configured};
use crate::records::{Config, Request, Untracked, UntrackedState, User, Verb};
use crate::view::{Change, Follow, Key, ReadSet, View};

/// Charges untracked usage to a user, active or not, as a settlement that comes late is: the paper
/// is printed, so that what the wallets do not have is owed. It stands in the ledger under the key
/// that the usage was reported with, exactly once; assigning it to the same user again gives the
/// same receipt. What it costs is what the host stated, or what the user's prices said when it
/// was reported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssignUntracked {
    /// Which.
    pub untracked: UntrackedId,
    /// To whom.
    pub user: UserReference,
}

impl AssignUntracked {
    /// An assignment.
    pub fn new(untracked: UntrackedId, user: impl Into<UserReference>) -> Self {
        Self {
            untracked,
            user: user.into(),
        }
    }
}

/// An assignment with its user's value normalised.
#[derive(Debug)]
pub struct PreparedAssignUntracked {
    untracked: UntrackedId,
    user: PreparedUser,
}

impl Command for AssignUntracked {
    type Prepared = PreparedAssignUntracked;
    const NAME: &'static str = Request::AssignUntracked.as_str();
    const REQUIRES: Requirement = Requirement::Permission(UNTRACKED_RESOLVE);

    fn prepare(&self, preparation: &mut Preparation<'_>) -> Result<PreparedAssignUntracked, Error> {
        Ok(PreparedAssignUntracked {
            untracked: self.untracked,
            user: self.user.prepare(preparation)?,
        })
    }
}

impl Decide for PreparedAssignUntracked {
    type Reply = Receipt;

    fn reads(&self, tenant: TenantId) -> ReadSet {
        let mut set = reads(tenant, self.untracked).and(Key::Receipt(tenant, self.untracked.0));
        set.extend(self.user.reads(tenant, Follow::WALLETS));
        set
    }

    fn decide(&self, view: &View, context: &mut Context<'_>) -> Result<Decision<Receipt>, Stop> {
        let config = configured(view, context.tenant)?;
        let untracked = known(view, context.tenant, self.untracked)?;
        let receipt = view.receipt(context.tenant, untracked.key)?;
        match (untracked.state, receipt) {
            (UntrackedState::Open, None) => {
                let user = self.user.require(view, context.tenant)?;
                charge(view, context, (config, user), untracked)
            }
            (UntrackedState::Assigned, Some(entries)) if self.is_for(view, untracked)? => {
                Ok(Decision {
                    changes: Vec::new(),
                    reply: answer(config, entries),
                })
            }
            (UntrackedState::Open, Some(_)) => Err(decided_by_itself(untracked).into()),
            _ => Err(resolved(untracked).into()),
        }
    }
}

impl PreparedAssignUntracked {
    /// Whether it was assigned to the user who is named.
    fn is_for(&self, view: &View, untracked: &Untracked) -> Result<bool, Stop> {
        let Some(owner) = untracked.assigned_to else {
            return Ok(false);
        };
        let other = self.user.is_other_than(owner, view, untracked.tenant)?;
        Ok(!other)
    }
}

/// Somebody charged the job without asking that its usage be kept, once there was such a user.
fn decided_by_itself(untracked: &Untracked) -> Error {
    let id = UntrackedId(untracked.key);
    let message = format!(
        "the job of the untracked usage `{id}` was charged or refused under its key since: \
         dismiss it"
    );
    let error = Error::new(Code::UntrackedResolved, message);
    error
        .with("untracked", id)
        .with("state", untracked.state.as_str())
}

fn charge(
    view: &View,
    context: &mut Context<'_>,
    (config, user): (&Config, &User),
    untracked: &Untracked,
) -> Result<Decision<Receipt>, Stop> {
    let job = job_of(untracked);
    job.check_kind(config, user)?;
    let mut book = Book::open(view, context, config, user)?;
    let what = (Verb::Charge, Request::AssignUntracked);
    let (demands, entry) = job.demands(&mut book, what, (None, &[]))?;
    let takes = allocate(&book, &demands, Beyond::Owe)?.map_err(|_| Error::of(Code::Internal))?;
    book.begin_receipt();
    take(&mut book, context, &entry, &takes)?;
    let key = PreparedKey::stored(untracked.key, untracked.attempt);
    let resolved_at = book.now;
    let mut decision = book.close(view, context, &key, None)?;
    let assigned = Untracked {
        version: untracked.version + 1,
        state: UntrackedState::Assigned,
        assigned_to: Some(user.id),
        resolved_at: Some(resolved_at),
        ..untracked.clone()
    };
    let said = vec![
        state_changed(UntrackedState::Assigned),
        ("user".to_owned(), None, Some(user.id.to_string())),
    ];
    let done = (AssignUntracked::NAME, None);
    let changes: &mut Vec<Change> = &mut decision.changes;
    put(view, context, assigned, done, said, changes)?;
    Ok(decision)
}

/// What was reported, priced as of when it was.
fn job_of(untracked: &Untracked) -> Job {
    Job {
        usage: untracked.usage.usage(),
        kept: untracked.usage.clone(),
        queue: untracked.queue.clone(),
        cost: stated_cost(untracked),
        details: JobDetails {
            kind: untracked.job_kind,
            ..JobDetails::default()
        },
        priced_at: Some(untracked.at),
    }
}
