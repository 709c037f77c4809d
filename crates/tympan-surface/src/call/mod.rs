//! A call: work that waits for somebody to want it done.

mod closing;
mod known;
mod question;
mod run;
mod shapes;
mod tasks;
#[cfg(test)]
mod tests;
mod waiting;

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use tympan::{Code, Command, Decide, Error};

use crate::Tympan;

pub use tasks::Tasks;

/// A piece of work that nobody has begun yet. Whoever may wait calls [`Call::wait`]; whoever may
/// not calls [`Call::submit`].
///
/// A panic inside is a fault of tympan: it is answered as `internal` and closes the store, for
/// nobody knows what it left behind.
#[must_use = "a call does nothing until it is waited for or submitted"]
pub struct Call<T> {
    tympan: Tympan,
    work: Box<dyn Work<T>>,
    is_quick: bool,
}

/// The answer to a call that was submitted, as a future that any executor can poll. The call
/// begins when it is polled first. A command is decided from then on even if the future is dropped,
/// once there was room for it in the queue; whoever drops one does not know, and repeats with the
/// same key.
#[must_use = "a call does nothing until its future is polled"]
pub struct Pending<T> {
    tympan: Tympan,
    /// None once it is answered.
    work: Option<Box<dyn Work<T>>>,
}

/// What a call does: on the thread that waits for it, or bit by bit. The handle is that of the
/// call.
trait Work<T>: Send {
    fn wait(self: Box<Self>, tympan: &Tympan) -> Result<T, Error>;
    fn poll(&mut self, tympan: &Tympan, task: &mut Context<'_>) -> Poll<Result<T, Error>>;
}

/// The answer of a command.
type Reply<C> = <<C as Command>::Prepared as Decide>::Reply;

impl<T> Call<T> {
    /// Does it, on this thread.
    ///
    /// # Errors
    /// Those of the method that made the call; `closed`; `internal` after a panic.
    pub fn wait(self) -> Result<T, Error> {
        let Self { tympan, work, .. } = self;
        guarded(&tympan, || work.wait(&tympan))
    }

    /// Does it while the future is polled. Commands need no thread, however many are under way;
    /// everything else runs on the few threads that the store has for it.
    pub fn submit(self) -> Pending<T> {
        Pending {
            tympan: self.tympan,
            work: Some(self.work),
        }
    }

    /// Whether it waits for nothing but this process: a call to a store in memory, and what an open
    /// store knows by heart. Who wants to be interrupted while others wait for a store need not be
    /// for these.
    #[must_use]
    pub fn is_quick(&self) -> bool {
        self.is_quick
    }

    fn new(tympan: Tympan, work: impl Work<T> + 'static) -> Self {
        Self {
            is_quick: tympan.is_in_memory(),
            tympan,
            work: Box::new(work),
        }
    }

    pub(crate) fn watched(self) -> Self {
        Self {
            is_quick: false,
            ..self
        }
    }

    pub(crate) fn quick(self) -> Self {
        Self {
            is_quick: true,
            ..self
        }
    }
}

impl<T> Future for Pending<T> {
    type Output = Result<T, Error>;

    fn poll(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        let tympan = &this.tympan;
        let Some(work) = &mut this.work else {
            let message = "the answer was taken already";
            return Poll::Ready(Err(Error::new(Code::Internal, message)));
        };
        let polled = guarded(tympan, || {
            tympan.current()?;
            match work.poll(tympan, task) {
                Poll::Ready(answer) => answer.map(Some),
                Poll::Pending => Ok(None),
            }
        });
        match polled.transpose() {
            Some(answer) => {
                this.end();
                Poll::Ready(answer)
            }
            None => Poll::Pending,
        }
    }
}

impl<T> Pending<T> {
    /// Lets go of the work. Behind a fork it is kept for ever: it may hold the last of a store.
    fn end(&mut self) {
        let work = self.work.take();
        if self.tympan.current().is_err() {
            std::mem::forget(work);
        }
    }
}

impl<T> Drop for Pending<T> {
    fn drop(&mut self) {
        self.end();
    }
}

/// Does something at the border to another language, where a panic must not be seen as more than an
/// error.
///
/// # Errors
/// `internal` after a panic.
pub fn caught<T>(work: impl FnOnce() -> T) -> Result<T, Error> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|_| {
        let message = "a fault of tympan ended the call: please report it";
        Error::new(Code::Internal, message)
    })
}

/// Catches a panic, and closes the store after one.
fn guarded<T>(tympan: &Tympan, work: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    caught(work).unwrap_or_else(|_| {
        drop(tympan.take());
        let message = "a fault of tympan ended the call and closed the store: please report it";
        Err(Error::new(Code::Internal, message))
    })
}
