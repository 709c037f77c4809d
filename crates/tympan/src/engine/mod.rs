//! The engine: load, decide, commit, with what is queued as one batch.

mod batch;
mod caches;
mod ended;
mod job;
pub(crate) mod log;
mod queue;
mod submission;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tympan_core::command::{Actor, Command};
use tympan_core::error::Error;
use tympan_core::time::Timestamp;
use tympan_store::Store;
use tympan_vault::RandomSource;

use crate::sources::{Clock, IdSource};
pub use ended::Ended;
use ended::Lasts;
use job::Job;
use queue::Queue;
pub use submission::Submission;

/// Everything between a handle and its store.
pub(crate) struct Engine {
    pub(crate) store: Box<dyn Store>,
    clock: Box<dyn Clock>,
    /// Whether it goes before the store's own.
    clock_leads: bool,
    pub(crate) tenants: Tenants,
    ids: Mutex<Box<dyn IdSource>>,
    random: Mutex<Box<dyn RandomSource + Send>>,
    queue: Arc<Queue>,
    deadline: Duration,
    pub(crate) freshness: Duration,
    /// The last field: it is dropped when the store is closed.
    lasts: Lasts,
}

/// What an engine is made of.
pub(crate) struct Parts {
    pub(crate) store: Box<dyn Store>,
    pub(crate) clock: Box<dyn Clock>,
    pub(crate) clock_leads: bool,
    pub(crate) ids: Box<dyn IdSource>,
    pub(crate) random: Box<dyn RandomSource + Send>,
    pub(crate) tenants: Tenants,
    pub(crate) deadline: Duration,
    pub(crate) freshness: Duration,
    pub(crate) queue_limit: usize,
}

pub(crate) use caches::{Tenant, Tenants};

impl Engine {
    pub(crate) fn new(parts: Parts) -> Self {
        Self {
            store: parts.store,
            clock: parts.clock,
            clock_leads: parts.clock_leads,
            tenants: parts.tenants,
            ids: Mutex::new(parts.ids),
            random: Mutex::new(parts.random),
            queue: Arc::new(Queue::new(parts.queue_limit)),
            deadline: parts.deadline,
            freshness: parts.freshness,
            lasts: Lasts::default(),
        }
    }

    /// Runs a command on the caller's thread: as leader of a batch if the engine is idle, else as
    /// one of the next batch.
    pub(crate) fn run<C>(
        &self,
        tenant: &Arc<Tenant>,
        actor: Actor,
        command: C,
    ) -> Result<<C::Prepared as tympan_core::command::Decide>::Reply, Error>
    where
        C: Command + 'static,
    {
        let job = Arc::new(Job::prepare(self, tenant, actor, command)?);
        self.queue.run_blocking(self, vec![job.clone()])?;
        job.take_reply()
    }

    /// Runs many commands on the caller's thread; each has its own answer. They are queued batch by
    /// batch, so that others have their turn between two, and so that the queue does not grow with
    /// the call. Once a whole batch found no turn, those behind it are not tried.
    pub(crate) fn run_all<C>(
        &self,
        tenant: &Arc<Tenant>,
        actor: Actor,
        commands: Vec<C>,
    ) -> Vec<Result<<C::Prepared as tympan_core::command::Decide>::Reply, Error>>
    where
        C: Command + 'static,
    {
        let jobs: Vec<Result<Arc<Job<C>>, Error>> = commands
            .into_iter()
            .map(|command| Job::prepare(self, tenant, actor, command).map(Arc::new))
            .collect();
        let mut answers = Vec::with_capacity(jobs.len());
        let mut run = Ok(());
        for batch in jobs.chunks(queue::MAX_BATCH) {
            let prepared = batch.iter().flatten();
            let prepared = prepared.map(|job| job.clone() as Arc<dyn job::Pending>);
            run = run.and_then(|()| self.queue.run_blocking(self, prepared.collect()));
            let answer = |job: &Result<Arc<Job<C>>, Error>| {
                let job = job.as_ref().map_err(Clone::clone)?;
                run.clone().and_then(|()| job.take_reply())
            };
            answers.extend(batch.iter().map(answer));
        }
        answers
    }

    /// Queues a command for the engine's thread; the answer is a future that needs no runtime.
    pub(crate) fn submit<C>(
        self: &Arc<Self>,
        tenant: &Arc<Tenant>,
        actor: Actor,
        command: C,
    ) -> Submission<<C::Prepared as tympan_core::command::Decide>::Reply>
    where
        C: Command + 'static,
    {
        match Job::prepare(self, tenant, actor, command) {
            Ok(job) => Submission::queued(self.clone(), Arc::new(job)),
            Err(error) => Submission::failed(error),
        }
    }

    /// Stops taking commands; those in the queue are still decided.
    pub(crate) fn close(&self) {
        self.queue.close();
    }

    pub(crate) fn ended(&self) -> Ended {
        self.lasts.ended(self.deadline)
    }

    /// The time: an injected clock goes before the store's, and the store's before the machine's.
    pub(crate) fn now(&self) -> Result<Timestamp, Error> {
        match self.clock_leads {
            true => Ok(self.clock.now()),
            false => Ok(self.store.now()?.unwrap_or_else(|| self.clock.now())),
        }
    }

    pub(crate) fn random(&self) -> MutexGuard<'_, Box<dyn RandomSource + Send>> {
        lock(&self.random)
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.queue.close();
    }
}

/// The end of a wait that begins now. A host may mean "for ever" by the longest duration there is,
/// which no instant can hold; a year is as good.
fn deadline(patience: Duration) -> Instant {
    const YEAR: Duration = Duration::from_secs(365 * 24 * 3_600);
    let now = Instant::now();
    now.checked_add(patience.min(YEAR)).unwrap_or(now)
}

/// A panic of a host's own clock or id source must not make every later call fail.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
