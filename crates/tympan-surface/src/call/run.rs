//! A command as a call.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tympan::{Code, Command, Error, Submission};

use super::{Call, Reply, Work};
use crate::Tympan;
use crate::opened::Opened;

/// A command, and what becomes of its answer.
struct Run<C: Command, T> {
    stage: Stage<C>,
    told: fn(Reply<C>) -> T,
}

enum Stage<C: Command> {
    /// What the request was turned into, or what is wrong with it.
    Asked(Result<C, Error>),
    /// Beside it, as long as it holds the store, what closes that elsewhere.
    Queued(Submission<Reply<C>>, Option<Arc<Opened>>),
    Over,
}

impl<T> Call<T> {
    /// A command, or what is wrong with the request for one.
    pub(super) fn run<C>(tympan: Tympan, command: Result<C, Error>, told: fn(Reply<C>) -> T) -> Self
    where
        C: Command + 'static,
        T: 'static,
    {
        let stage = Stage::Asked(command);
        Self::new(tympan, Run { stage, told })
    }
}

impl<C: Command + 'static, T> Work<T> for Run<C, T> {
    fn wait(self: Box<Self>, tympan: &Tympan) -> Result<T, Error> {
        match self.stage {
            Stage::Asked(command) => tympan.handle()?.run(command?).map(self.told),
            Stage::Queued(..) | Stage::Over => Err(Error::of(Code::Internal)),
        }
    }

    fn poll(&mut self, tympan: &Tympan, task: &mut Context<'_>) -> Poll<Result<T, Error>> {
        let (mut queued, opened) = match std::mem::replace(&mut self.stage, Stage::Over) {
            Stage::Asked(command) => {
                let opened = tympan.opened()?;
                (tympan.handle_of(&opened)?.submit(command?), Some(opened))
            }
            Stage::Queued(queued, opened) => (queued, opened),
            Stage::Over => return Poll::Ready(Err(Error::of(Code::Internal))),
        };
        let polled = Pin::new(&mut queued).poll(task);
        let opened = opened.filter(|_| queued.holds_store());
        self.stage = Stage::Queued(queued, opened);
        polled.map_ok(self.told)
    }
}
