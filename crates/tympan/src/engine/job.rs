//! One queued command: prepared, decided by whoever leads, answered to whoever asked.

use std::sync::{Arc, Condvar, Mutex};
use std::task::{Poll, Waker};
use std::time::{Duration, Instant};

use tympan_core::command::{Actor, Command, Context, Decide, Preparation, Stop};
use tympan_core::error::{Code, Error};
use tympan_core::permissions::{actor_reads, permit};
use tympan_core::records::Config;
use tympan_core::view::{Change, ReadSet, View};

use crate::engine::{Engine, Tenant, deadline, lock, log};

type ReplyOf<C> = <<C as Command>::Prepared as Decide>::Reply;

/// What the leader of a batch sees of a command.
pub(super) trait Pending: Send + Sync {
    fn tenant(&self) -> &Arc<Tenant>;
    /// What deciding reads, as far as it is known before.
    fn reads(&self) -> ReadSet;
    /// Decides over a view and keeps the answer back until the commit.
    fn decide(
        &self,
        engine: &Engine,
        view: &View,
        context: &mut Context<'_>,
    ) -> Result<Vec<Change>, Stop>;
    /// The name of the command.
    fn name(&self) -> &'static str;
    /// Who is asking.
    fn actor(&self) -> Actor;
    /// Answers what was decided, or why it could not be; the first answer stands. The code of the
    /// error, if it is answered with one now.
    fn finish(&self, outcome: Result<(), Error>) -> Option<Code>;
    /// Whether a thread waits for the answer and can lead.
    fn wait_state(&self) -> &WaitState;
}

/// How whoever asked is told.
#[derive(Default)]
pub(super) struct WaitState {
    inner: Mutex<Waiting>,
    changed: Condvar,
}

#[derive(Default)]
struct Waiting {
    done: bool,
    leads: bool,
    /// Whether a thread sleeps on the condition: waking nobody costs a system call too.
    sleeps: bool,
    is_future: bool,
    /// Until when a future waits for its turn.
    until: Option<Instant>,
    waker: Option<Waker>,
}

/// Why a waiting thread goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Woken {
    Done,
    Leads,
    TimedOut,
}

impl WaitState {
    pub(super) fn wait(&self, until: Instant) -> Woken {
        let mut inner = lock(&self.inner);
        loop {
            if inner.done {
                return Woken::Done;
            }
            if inner.leads {
                return Woken::Leads;
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Woken::TimedOut;
            }
            inner.sleeps = true;
            inner = self
                .changed
                .wait_timeout(inner, left)
                .unwrap_or_else(std::sync::PoisonError::into_inner)
                .0;
        }
    }

    /// Waits without a deadline: the command is in a batch already, whose end is bounded.
    pub(super) fn wait_done(&self) {
        let mut inner = lock(&self.inner);
        while !inner.done {
            inner.sleeps = true;
            inner = self
                .changed
                .wait(inner)
                .unwrap_or_else(std::sync::PoisonError::into_inner);
        }
    }

    pub(super) fn lead(&self) {
        lock(&self.inner).leads = true;
        self.changed.notify_all();
    }

    pub(super) fn is_future(&self) -> bool {
        lock(&self.inner).is_future
    }

    /// Until when a future waits for its turn: fixed when it is first asked for.
    pub(super) fn until(&self, patience: Duration) -> Instant {
        *lock(&self.inner)
            .until
            .get_or_insert_with(|| deadline(patience))
    }

    /// Whether a future waits no longer.
    pub(super) fn is_expired(&self, now: Instant) -> bool {
        lock(&self.inner).until.is_some_and(|until| until <= now)
    }

    /// Until when a future waits; none for a thread, which looks after itself.
    pub(super) fn expires(&self) -> Option<Instant> {
        lock(&self.inner).until
    }

    /// Whether it is done; if not, the waker is called when it is.
    pub(super) fn poll(&self, waker: &Waker) -> Poll<()> {
        let mut inner = lock(&self.inner);
        inner.is_future = true;
        if inner.done {
            return Poll::Ready(());
        }
        inner.waker = Some(waker.clone());
        Poll::Pending
    }

    fn is_done(&self) -> bool {
        lock(&self.inner).done
    }

    fn done(&self) {
        let (sleeps, waker) = {
            let mut inner = lock(&self.inner);
            inner.done = true;
            (inner.sleeps, inner.waker.take())
        };
        if sleeps {
            self.changed.notify_all();
        }
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

/// A command with everything that deciding it needs.
pub(super) struct Job<C: Command> {
    tenant: Arc<Tenant>,
    actor: Actor,
    command: C,
    state: Mutex<State<C>>,
    waiting: WaitState,
}

struct State<C: Command> {
    /// None until whoever leads prepares it.
    prepared: Option<C::Prepared>,
    /// The configuration that it was prepared with.
    version: Option<i64>,
    decided: Option<Result<ReplyOf<C>, Error>>,
    answer: Option<Result<ReplyOf<C>, Error>>,
}

impl<C: Command> Job<C> {
    /// Prepares a command as far as that asks no store: whoever submits one must not wait. What is
    /// left to do, or to say to a user who may not even ask, is done in its turn.
    ///
    /// # Errors
    /// What the host is told of a command that is wrong by itself.
    pub(super) fn prepare(
        engine: &Engine,
        tenant: &Arc<Tenant>,
        actor: Actor,
        command: C,
    ) -> Result<Self, Error> {
        let config = tenant.known();
        let prepared = match &config {
            Some(config) => match prepare(engine, tenant, &command, Some(config)) {
                Err(error) if actor == Actor::Host => {
                    log::refused_unread(C::NAME, &error);
                    return Err(error);
                }
                prepared => prepared.ok(),
            },
            None => None,
        };
        let state = State {
            prepared,
            version: config.map(|config| config.tenant.version),
            decided: None,
            answer: None,
        };
        Ok(Self {
            tenant: tenant.clone(),
            actor,
            command,
            state: Mutex::new(state),
            waiting: WaitState::default(),
        })
    }

    pub(super) fn take_reply(&self) -> Result<ReplyOf<C>, Error> {
        lock(&self.state)
            .answer
            .take()
            .unwrap_or_else(|| Err(Error::of(Code::Internal)))
    }
}

/// What to tell of a request that is wrong by itself: whoever may not ask for it at all is told
/// that, and nothing about what was sent.
fn told(allowed: Result<(), Stop>, error: Error) -> Stop {
    match allowed {
        Err(Stop::Refused(refused)) if refused.code() < error.code() => refused.into(),
        Err(needs @ Stop::Needs(_)) => needs,
        _ => error.into(),
    }
}

fn prepare<C: Command>(
    engine: &Engine,
    tenant: &Tenant,
    command: &C,
    config: Option<&Config>,
) -> Result<C::Prepared, Error> {
    let mut random = engine.random();
    command.prepare(&mut Preparation {
        tenant: tenant.id,
        config,
        keys: &tenant.keys,
        random: &mut **random,
    })
}

impl<C: Command + 'static> Pending for Job<C> {
    fn tenant(&self) -> &Arc<Tenant> {
        &self.tenant
    }

    fn name(&self) -> &'static str {
        C::NAME
    }

    fn actor(&self) -> Actor {
        self.actor
    }

    fn reads(&self) -> ReadSet {
        let mut set = actor_reads(self.tenant.id, self.actor);
        if let Some(prepared) = &lock(&self.state).prepared {
            set.extend(prepared.reads(self.tenant.id));
        }
        set
    }

    fn decide(
        &self,
        engine: &Engine,
        view: &View,
        context: &mut Context<'_>,
    ) -> Result<Vec<Change>, Stop> {
        let allowed = permit(view, self.tenant.id, self.actor, C::REQUIRES, None);
        let config: Option<Arc<Config>> = view.config(self.tenant.id)?.cloned();
        let version = config.as_ref().map(|config| config.tenant.version);
        let mut state = lock(&self.state);
        let was = state.version;
        let prepared = match state.prepared.take_if(|_| was == version) {
            Some(prepared) => prepared,
            None => match prepare(engine, &self.tenant, &self.command, config.as_deref()) {
                Ok(prepared) => prepared,
                Err(error) => return Err(told(allowed, error)),
            },
        };
        state.version = version;
        let prepared = state.prepared.insert(prepared);
        allowed?;
        let decision = prepared.decide(view, context)?;
        state.decided = Some(decision.reply);
        Ok(decision.changes)
    }

    fn finish(&self, outcome: Result<(), Error>) -> Option<Code> {
        if self.waiting.is_done() {
            return None;
        }
        let code = {
            let mut state = lock(&self.state);
            let decided = state.decided.take();
            let answer = match outcome {
                Ok(()) => decided.unwrap_or_else(|| Err(Error::of(Code::Internal))),
                Err(error) => Err(error),
            };
            let code = answer.as_ref().err().map(Error::code);
            state.answer = Some(answer);
            code
        };
        self.waiting.done();
        code
    }

    fn wait_state(&self) -> &WaitState {
        &self.waiting
    }
}
