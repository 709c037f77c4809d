//! Who leads, who waits, and how commands become batches.
//!
//! A blocking caller that finds the engine idle leads on its own thread: a hop to another thread
//! costs more than a whole charge in memory. While a batch is under way, others queue; when it is
//! done, the first of them leads the next. Futures are led by the engine's own thread, which the
//! first future starts.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::task::Waker;
use std::time::{Duration, Instant};

use tympan_core::error::{Code, Error};

use crate::engine::job::{Pending, Woken};
use crate::engine::{Engine, deadline, lock};

/// Most commands of one batch: a batch of charges then writes about 2,000 rows.
pub(super) const MAX_BATCH: usize = 1_000;

/// Longest wait of a leader for callers that were just answered.
const MAX_GATHER: Duration = Duration::from_micros(200);

pub(super) struct Queue {
    state: Mutex<State>,
    /// A command came.
    arrived: Condvar,
    /// There is room again.
    room: Condvar,
    /// The engine's thread has something to do.
    work: Condvar,
    limit: usize,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Arc<dyn Pending>>,
    /// Futures that found no room, and until when they wait for it.
    wakers: Vec<(Instant, Waker)>,
    /// Keeps the engine while a future's command waits, which is decided even if nobody else holds
    /// the engine any more.
    keeps: Option<Arc<Engine>>,
    leading: bool,
    closed: bool,
    has_thread: bool,
    /// Whether a caller sleeps until there is room, or a leader until callers come back.
    wants_room: bool,
    gathers: bool,
    /// How many were answered by the last batch, and how long its commit took.
    answered: usize,
    last_batch: Duration,
}

impl State {
    /// What kept the engine, if nothing waits any more; to be dropped when the lock is free.
    fn release(&mut self) -> Option<Arc<Engine>> {
        self.keeps.take_if(|_| self.waiting.is_empty())
    }

    /// The futures that have waited too long, those that found no room woken to see it.
    fn expired(&mut self, now: Instant) -> (Vec<Arc<dyn Pending>>, Vec<Waker>) {
        let is_over = |job: &Arc<dyn Pending>| job.wait_state().is_expired(now);
        let over: Vec<_> = self
            .waiting
            .iter()
            .filter(|job| is_over(job))
            .cloned()
            .collect();
        if !over.is_empty() {
            self.waiting
                .retain(|job| !over.iter().any(|gone| Arc::ptr_eq(gone, job)));
        }
        let wakers = self.wakers.extract_if(.., |(until, _)| *until <= now);
        let mut wakers: Vec<_> = wakers.map(|(_, waker)| waker).collect();
        if !over.is_empty() {
            wakers.extend(self.wakers.drain(..).map(|(_, waker)| waker));
        }
        (over, wakers)
    }

    /// When the first future will have waited too long.
    fn first_expiry(&self) -> Option<Instant> {
        let queued = self
            .waiting
            .iter()
            .filter_map(|job| job.wait_state().expires());
        queued
            .chain(self.wakers.iter().map(|(until, _)| *until))
            .min()
    }
}

impl Queue {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            state: Mutex::default(),
            arrived: Condvar::new(),
            room: Condvar::new(),
            work: Condvar::new(),
            limit: limit.max(1),
        }
    }

    /// Decides commands, at most a batch of them, on this thread or waits until another has; those
    /// that came too late for the deadline are answered with `busy`, and if that was each of them, so
    /// is the call. More of them than there is room for wait until nobody else waits.
    pub(super) fn run_blocking(
        &self,
        engine: &Engine,
        jobs: Vec<Arc<dyn Pending>>,
    ) -> Result<(), Error> {
        let until = deadline(engine.deadline);
        let mut state = lock(&self.state);
        loop {
            if state.closed {
                return Err(Error::of(Code::Closed));
            }
            if !state.leading && state.waiting.is_empty() {
                state.leading = true;
                drop(state);
                self.lead(engine, jobs, until);
                return Ok(());
            }
            let room = self.limit.saturating_sub(state.waiting.len());
            if jobs.len() <= room || state.waiting.is_empty() {
                break;
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(Error::of(Code::Busy));
            }
            state.wants_room = true;
            state = self
                .room
                .wait_timeout(state, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
        state.waiting.extend(jobs.iter().cloned());
        self.announce(state);
        let mut were_begun = jobs.is_empty();
        for job in &jobs {
            were_begun |= match job.wait_state().wait(until) {
                Woken::Done => true,
                Woken::Leads => {
                    self.lead(engine, Vec::new(), until);
                    job.wait_state().wait_done();
                    true
                }
                Woken::TimedOut => !self.withdraw(engine, job, until),
            };
        }
        match were_begun {
            true => Ok(()),
            false => Err(Error::of(Code::Busy)),
        }
    }

    /// Takes a command that was not begun out of the queue; one that was is waited for. Whether it
    /// was not begun.
    fn withdraw(&self, engine: &Engine, job: &Arc<dyn Pending>, until: Instant) -> bool {
        let mut state = lock(&self.state);
        let place = state
            .waiting
            .iter()
            .position(|waiting| Arc::ptr_eq(waiting, job));
        if let Some(place) = place {
            state.waiting.remove(place);
            let wakers = std::mem::take(&mut state.wakers);
            let kept = state.release();
            drop(state);
            drop(kept);
            self.room.notify_one();
            for (_, waker) in wakers {
                waker.wake();
            }
        } else {
            drop(state);
        }
        // The lead may have been passed to this thread meanwhile.
        if job.wait_state().wait(Instant::now()) == Woken::Leads {
            self.lead(engine, Vec::new(), until);
        }
        let was_waiting = place.is_some();
        if was_waiting {
            job.finish(Err(Error::of(Code::Busy)));
        } else {
            job.wait_state().wait_done();
        }
        was_waiting
    }

    /// Queues a future's command; gives it back to be tried again if there is no room.
    pub(super) fn push(
        self: &Arc<Self>,
        engine: &Arc<Engine>,
        job: &Arc<dyn Pending>,
        waker: &Waker,
    ) -> Result<bool, Error> {
        let until = job.wait_state().until(engine.deadline);
        let mut state = lock(&self.state);
        if state.closed {
            return Err(Error::of(Code::Closed));
        }
        if !state.has_thread {
            start_thread(self, engine)?;
            state.has_thread = true;
        }
        if state.waiting.len() >= self.limit {
            if until <= Instant::now() {
                return Err(Error::of(Code::Busy));
            }
            state.wakers.retain(|(_, known)| !known.will_wake(waker));
            state.wakers.push((until, waker.clone()));
            self.work.notify_one();
            return Ok(false);
        }
        if state.keeps.is_none() {
            state.keeps = Some(engine.clone());
            // The engine's thread ends the wait of futures while others lead.
            self.work.notify_one();
        }
        state.waiting.push_back(job.clone());
        self.announce(state);
        Ok(true)
    }

    pub(super) fn close(&self) {
        let mut state = lock(&self.state);
        state.closed = true;
        let wakers = std::mem::take(&mut state.wakers);
        drop(state);
        self.room.notify_all();
        self.work.notify_all();
        for (_, waker) in wakers {
            waker.wake();
        }
    }

    /// Leads one batch: gathers it, decides it, answers it, passes the lead on.
    fn lead(&self, engine: &Engine, own: Vec<Arc<dyn Pending>>, until: Instant) {
        let mut lead = Lead {
            queue: self,
            jobs: own,
            begun: None,
        };
        self.gather(&mut lead.jobs);
        // Nobody waits for a lone caller to come back.
        lead.begun = (lead.jobs.len() > 1).then(Instant::now);
        if !lead.jobs.is_empty() {
            engine.decide_batch(&lead.jobs, until);
        }
    }

    /// The commands of a batch. Callers that were just answered are given a moment to come back:
    /// without that the first one back leads alone, and batches halve. A lone caller never waits.
    fn gather(&self, jobs: &mut Vec<Arc<dyn Pending>>) {
        let mut state = lock(&self.state);
        if state.answered > 1 {
            let until = Instant::now() + MAX_GATHER.min(state.last_batch / 10);
            while state.waiting.len() + jobs.len() < state.answered {
                let left = until.saturating_duration_since(Instant::now());
                if left.is_zero() {
                    break;
                }
                state.gathers = true;
                state = self
                    .arrived
                    .wait_timeout(state, left)
                    .unwrap_or_else(PoisonError::into_inner)
                    .0;
            }
        }
        state.gathers = false;
        let count = state
            .waiting
            .len()
            .min(MAX_BATCH.saturating_sub(jobs.len()));
        jobs.extend(state.waiting.drain(..count));
        let wakers = std::mem::take(&mut state.wakers);
        let wants_room = std::mem::take(&mut state.wants_room);
        let kept = state.release();
        drop(state);
        drop(kept);
        if wants_room {
            self.room.notify_all();
        }
        for (_, waker) in wakers {
            waker.wake();
        }
    }

    /// Tells whoever leads, or is to lead, that commands came.
    fn announce(&self, mut state: MutexGuard<'_, State>) {
        if !state.leading {
            self.pass_on(&mut state);
        }
        let gathers = state.gathers;
        drop(state);
        if gathers {
            self.arrived.notify_one();
        }
    }

    /// Hands the lead to the first that waits, or to the engine's thread if that is a future.
    fn pass_on(&self, state: &mut State) {
        let Some(first) = state.waiting.front() else {
            return;
        };
        if first.wait_state().is_future() {
            self.work.notify_one();
        } else {
            state.leading = true;
            first.wait_state().lead();
        }
    }
}

/// Ends a lead however it ends: whoever waits is answered, and the next one leads.
struct Lead<'a> {
    queue: &'a Queue,
    jobs: Vec<Arc<dyn Pending>>,
    begun: Option<Instant>,
}

impl Drop for Lead<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            for job in &self.jobs {
                job.finish(Err(Error::of(Code::Internal)));
            }
        }
        let mut state = lock(&self.queue.state);
        state.answered = self.jobs.len();
        state.last_batch = self.begun.map_or(Duration::ZERO, |begun| begun.elapsed());
        state.leading = false;
        self.queue.pass_on(&mut state);
    }
}

/// What the engine's thread does until the handle is gone.
fn serve(queue: &Queue, engine: &Weak<Engine>) {
    loop {
        let mut state = lock(&queue.state);
        loop {
            let first_is_future = state
                .waiting
                .front()
                .is_some_and(|first| first.wait_state().is_future());
            if !state.leading && first_is_future {
                break;
            }
            if state.closed && state.waiting.is_empty() {
                return;
            }
            let now = Instant::now();
            let (over, wakers) = state.expired(now);
            if !over.is_empty() || !wakers.is_empty() {
                let kept = state.release();
                drop(state);
                drop(kept);
                for job in over {
                    job.finish(Err(Error::of(Code::Busy)));
                }
                wakers.into_iter().for_each(Waker::wake);
                state = lock(&queue.state);
                continue;
            }
            state = match state.first_expiry() {
                None => queue
                    .work
                    .wait(state)
                    .unwrap_or_else(PoisonError::into_inner),
                Some(first) => {
                    queue
                        .work
                        .wait_timeout(state, first.saturating_duration_since(now))
                        .unwrap_or_else(PoisonError::into_inner)
                        .0
                }
            };
        }
        state.leading = true;
        drop(state);
        // A panic of the host's own parts was answered when the lead ended; others go on.
        let Some(engine) = engine.upgrade() else {
            return;
        };
        let lead = || queue.lead(&engine, Vec::new(), deadline(engine.deadline));
        let _answered = catch_unwind(AssertUnwindSafe(lead));
    }
}

fn start_thread(queue: &Arc<Queue>, engine: &Arc<Engine>) -> Result<(), Error> {
    let (queue, engine) = (queue.clone(), Arc::downgrade(engine));
    std::thread::Builder::new()
        .name("tympan".to_owned())
        .spawn(move || serve(&queue, &engine))
        .map(drop)
        .map_err(|_| Error::new(Code::Busy, "the engine's thread could not be started"))
}
