//! One turn: load what the queued commands read, decide them one after the other over the same
//! view, commit all their changes as one batch.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;

use tympan_core::command::{Context, Stop};
use tympan_core::error::{Code, Error};
use tympan_core::ids::Ids;
use tympan_core::view::{Batch, Change, Key, ReadSet, Record, View, apply};
use tympan_store::{CommitError, Turn};

use crate::engine::job::Pending;
use crate::engine::log::BatchLog;
use crate::engine::{Engine, lock};

/// Most rounds in which a command asks for more than it had: the edges between records are few.
const MAX_ROUNDS: usize = 64;

/// What became of a turn.
enum Outcome {
    /// It is durable.
    Committed,
    /// Others came first: decide again.
    Conflict,
    /// The store failed; nothing was changed.
    Failed(Error),
    /// Nobody knows.
    Unknown(Error),
}

impl Engine {
    /// Decides a batch and answers each of its commands.
    pub(super) fn decide_batch(&self, jobs: &[Arc<dyn Pending>], until: Instant) {
        let mut log = BatchLog::begin(jobs.len());
        let (refused, outcome) = loop {
            let (refused, outcome) = match self.turn(jobs) {
                Ok(turn) => turn,
                Err(error) => (Vec::new(), Outcome::Failed(error)),
            };
            match outcome {
                Outcome::Conflict => {
                    log.conflict();
                    if Instant::now() >= until {
                        break (refused, Err(Error::of(Code::Busy)));
                    }
                }
                Outcome::Committed => break (refused, Ok(())),
                Outcome::Unknown(error) => break (refused, Err(error)),
                // One command may be what the store cannot take: each is tried by itself, while
                // there is time. A store that is down may take long to say so each time.
                Outcome::Failed(error) if jobs.len() > 1 => {
                    log.divided(&error);
                    return self.decide_each(jobs, &error, until);
                }
                Outcome::Failed(error) => break (refused, Err(error)),
            }
        };
        finish(jobs, &refused, &outcome, &log);
    }

    /// Decides the commands of a batch that failed one by one; those that come too late fail as it
    /// did.
    fn decide_each(&self, jobs: &[Arc<dyn Pending>], error: &Error, until: Instant) {
        for job in jobs {
            let alone = std::slice::from_ref(job);
            if Instant::now() < until {
                self.decide_batch(alone, until);
            } else {
                job.finish(Err(error.clone()));
            }
        }
    }

    /// Which jobs were refused, and why, and what became of the others.
    fn turn(&self, jobs: &[Arc<dyn Pending>]) -> Result<(Vec<(usize, Error)>, Outcome), Error> {
        let mut turn = self.store.turn()?;
        let mut view = View::default();
        turn.load(&self.read_set(jobs), &mut view)?;
        let now = match turn.now()? {
            Some(now) if !self.clock_leads => now,
            _ => self.clock.now(),
        };
        let floor = turn.floor()?;
        let mut noise = [0; 32];
        self.random()
            .fill(&mut noise)
            .map_err(|_| Error::new(Code::Internal, "the source of random bytes failed"))?;
        let start = lock(&self.ids).start(now, floor);
        let mut ids = Ids::starting_at(start);
        let mut refused = Vec::new();
        for (place, job) in jobs.iter().enumerate() {
            let tenant = job.tenant();
            let mut context = Context {
                tenant: tenant.id,
                actor: job.actor(),
                now,
                ids: &mut ids,
                noise: &noise,
                keys: &tenant.keys,
            };
            match self.decide(&mut *turn, &mut view, &mut context, &**job)? {
                Ok(changes) => apply(changes, &mut view),
                Err(error) => refused.push((place, error)),
            }
        }
        lock(&self.ids).used(ids.peek() - 1);
        self.learn(&view);
        let batch = view.is_changed().then(|| view.into_batch());
        // Nobody knows how far a commit came that panicked.
        let committed = catch_unwind(AssertUnwindSafe(|| match &batch {
            Some(batch) => turn.commit(batch),
            None => turn.confirm(),
        }))
        .unwrap_or_else(|_| Err(CommitError::Unknown(Error::of(Code::UnknownOutcome))));
        let batch = batch.unwrap_or_default();
        let outcome = match committed {
            Ok(()) => {
                self.after_commit(&batch);
                Outcome::Committed
            }
            Err(CommitError::Conflict(_)) => Outcome::Conflict,
            Err(CommitError::Failed(error)) => Outcome::Failed(error),
            Err(CommitError::Unknown(error)) => {
                self.forget(&batch);
                Outcome::Unknown(unknown(error))
            }
        };
        Ok((refused, outcome))
    }

    fn read_set(&self, jobs: &[Arc<dyn Pending>]) -> ReadSet {
        let mut set = ReadSet::default();
        for job in jobs {
            let tenant = job.tenant();
            if set.known(tenant.id).is_none() {
                set.known.extend(tenant.known());
            }
            set.extend(job.reads());
        }
        set
    }

    /// Decides one command, loading what it turns out to need.
    fn decide(
        &self,
        turn: &mut dyn Turn,
        view: &mut View,
        context: &mut Context<'_>,
        job: &dyn Pending,
    ) -> Result<Result<Vec<Change>, Error>, Error> {
        let mark = context.ids.peek();
        for _ in 0..MAX_ROUNDS {
            match job.decide(self, view, context) {
                Ok(changes) => return Ok(Ok(changes)),
                Err(Stop::Refused(error)) => {
                    context.ids.rewind(mark);
                    return Ok(Err(error));
                }
                Err(Stop::Needs(set)) => {
                    context.ids.rewind(mark);
                    turn.load(&set, view)?;
                }
            }
        }
        Ok(Err(Error::new(
            Code::Internal,
            "a command never had all that it asked for",
        )))
    }

    /// Keeps the configurations that were loaded, as they are stored.
    fn learn(&self, view: &View) {
        if view.is_changed() {
            return;
        }
        for (key, record) in view.records() {
            if let (Key::Config(_), Some(Record::Config(config))) = (key, record) {
                self.tenants.learn(config);
            }
        }
    }

    /// Brings what this process keeps up to date with what it has just changed.
    fn after_commit(&self, batch: &Batch) {
        for change in &batch.changes {
            if let Some(Record::Config(config)) = &change.after {
                self.tenants.learn(config);
            }
        }
        self.forget(batch);
    }

    /// Forgets what users may do, where a batch changes or may have changed it.
    fn forget(&self, batch: &Batch) {
        for change in &batch.changes {
            if let Key::Config(tenant) | Key::User(tenant, _) | Key::Relations(tenant, _) =
                &change.key
            {
                self.tenants.tenant(*tenant).forget_checked();
            }
        }
    }
}

/// Whatever the store calls it, no caller may take it for a failure.
fn unknown(error: Error) -> Error {
    if error.code() == Code::UnknownOutcome {
        return error;
    }
    let meaning = Code::UnknownOutcome.meaning();
    Error::new(Code::UnknownOutcome, format!("{meaning} ({error})"))
}

/// Answers: a refusal stands whatever became of the batch, for it rests on what was read in it …
/// unless the batch was not committed, in which case nothing it read may have been durable. Only
/// then is told whoever follows the log: what a subscriber does changes no answer.
fn finish(
    jobs: &[Arc<dyn Pending>],
    refused: &[(usize, Error)],
    outcome: &Result<(), Error>,
    log: &BatchLog,
) {
    // Both are in the order of the batch.
    let mut refused = refused.iter().peekable();
    let mut errors = 0;
    let mut told = Vec::new();
    let tells_commands = log.tells_commands();
    for (place, job) in jobs.iter().enumerate() {
        let refusal = refused.next_if(|(of, _)| *of == place);
        let code = job.finish(match (refusal, outcome) {
            (Some((_, refusal)), Ok(())) => Err(refusal.clone()),
            (_, outcome) => outcome.clone(),
        });
        errors += usize::from(code.is_some());
        if tells_commands {
            told.push((job.name(), code));
        }
    }
    for (name, code) in told {
        log.command(name, code);
    }
    log.ended(errors, outcome);
}
