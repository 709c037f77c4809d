//! A command as a future that needs no particular runtime.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll};

use tympan_core::command::{Command, Decide};
use tympan_core::error::Error;

use crate::engine::Engine;
use crate::engine::job::{Job, Pending};

/// The answer to a command that was submitted. The command is queued when the future is polled
/// first, if there is room; from then on it is decided even if the future is dropped. Dropped
/// before it was polled, or while it waits for room
/// ([`Options::queue_limit`](crate::Options::queue_limit)), it is not decided at all: whoever drops
/// one knows neither, and repeats with the same key.
pub struct Submission<R> {
    state: State<R>,
}

enum State<R> {
    Queued {
        /// None once it is in the queue, which keeps the engine as long as anything waits there: an
        /// answer that nobody fetches keeps no store open.
        engine: Option<Arc<Engine>>,
        job: Arc<dyn Answering<R>>,
    },
    Failed(Option<Error>),
}

/// A pending command whose answer can be taken.
pub(super) trait Answering<R>: Pending {
    fn answer(&self) -> Result<R, Error>;
    fn as_pending(self: Arc<Self>) -> Arc<dyn Pending>;
}

impl<C, R> Answering<R> for Job<C>
where
    C: Command + 'static,
    C::Prepared: Decide<Reply = R>,
    R: Send + 'static,
{
    fn answer(&self) -> Result<R, Error> {
        self.take_reply()
    }

    fn as_pending(self: Arc<Self>) -> Arc<dyn Pending> {
        self
    }
}

impl<R> Submission<R> {
    pub(super) fn queued(engine: Arc<Engine>, job: Arc<dyn Answering<R>>) -> Self {
        Self {
            state: State::Queued {
                engine: Some(engine),
                job,
            },
        }
    }

    pub(super) fn failed(error: Error) -> Self {
        Self {
            state: State::Failed(Some(error)),
        }
    }

    /// Whether it is still to be queued, and keeps the store open for that.
    #[must_use]
    pub fn holds_store(&self) -> bool {
        matches!(&self.state, State::Queued { engine, .. } if engine.is_some())
    }
}

impl<R> Future for Submission<R> {
    type Output = Result<R, Error>;

    fn poll(mut self: Pin<&mut Self>, task: &mut TaskContext<'_>) -> Poll<Self::Output> {
        match &mut self.state {
            State::Failed(error) => match error.take() {
                Some(error) => Poll::Ready(Err(error)),
                None => Poll::Pending,
            },
            State::Queued { engine, job } => {
                if job.wait_state().poll(task.waker()).is_ready() {
                    return Poll::Ready(job.answer());
                }
                if let Some(kept) = engine {
                    let job = job.clone().as_pending();
                    match kept.queue.push(kept, &job, task.waker()) {
                        Ok(true) => *engine = None,
                        Ok(false) => {}
                        Err(error) => return Poll::Ready(Err(error)),
                    }
                }
                Poll::Pending
            }
        }
    }
}
