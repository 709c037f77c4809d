//! Everything that is no command as a call: questions, opening, checking, copying.

use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::task::JoinHandle;
use tympan::{Code, Error};

use super::{Call, Work, guarded};
use crate::Tympan;

/// What is asked, and of what: the source is taken when the call begins, so that a store that is
/// closed meanwhile still answers.
pub(super) struct Question<S, T, F> {
    source: fn(&Tympan) -> Result<S, Error>,
    stage: Stage<T, F>,
}

enum Stage<T, F> {
    Asked(F),
    Running(Abandoned<T>),
    Over,
}

/// Work on a thread of the pool, which is not begun any more once nobody waits for it.
struct Abandoned<T>(JoinHandle<Result<T, Error>>);

impl<T> Drop for Abandoned<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl<T: Send + 'static> Call<T> {
    /// A question to a source that a handle gives.
    pub(crate) fn question<S: Send + 'static>(
        tympan: Tympan,
        source: fn(&Tympan) -> Result<S, Error>,
        ask: impl FnOnce(S) -> Result<T, Error> + Send + 'static,
    ) -> Self {
        Self::new(tympan, Question::new(source, ask))
    }
}

impl<S, T, F: FnOnce(S) -> Result<T, Error>> Question<S, T, F> {
    pub(super) fn new(source: fn(&Tympan) -> Result<S, Error>, ask: F) -> Self {
        let stage = Stage::Asked(ask);
        Self { source, stage }
    }
}

impl<S, T, F> Work<T> for Question<S, T, F>
where
    S: Send + 'static,
    T: Send + 'static,
    F: FnOnce(S) -> Result<T, Error> + Send + 'static,
{
    fn wait(self: Box<Self>, tympan: &Tympan) -> Result<T, Error> {
        match self.stage {
            Stage::Asked(ask) => ask((self.source)(tympan)?),
            Stage::Running(_) | Stage::Over => Err(Error::of(Code::Internal)),
        }
    }

    fn poll(&mut self, tympan: &Tympan, task: &mut Context<'_>) -> Poll<Result<T, Error>> {
        let mut running = match std::mem::replace(&mut self.stage, Stage::Over) {
            Stage::Asked(ask) => {
                let source = (self.source)(tympan)?;
                let asked = tympan.clone();
                let work = move || guarded(&asked, || ask(source));
                Abandoned(tympan.pool().run(work)?)
            }
            Stage::Running(running) => running,
            Stage::Over => return Poll::Ready(Err(Error::of(Code::Internal))),
        };
        let polled = Pin::new(&mut running.0).poll(task);
        self.stage = Stage::Running(running);
        polled.map(|joined| joined.unwrap_or_else(|_| Err(Error::of(Code::Internal))))
    }
}
