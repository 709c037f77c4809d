//! Closing a store as a call.

use std::sync::Arc;
use std::task::{Context, Poll};

use tympan::Error;

use super::question::Question;
use super::{Call, Work};
use crate::Tympan;
use crate::opened::Opened;

/// Whoever waits on a thread closes the store there, and waits for nobody else: a handler of a signal
/// may run in the middle of a call that the store waits for. Whoever awaits is told when calls under
/// way have been answered too, and the store is closed, or that they were not by the deadline.
pub(super) struct Closing<W>(W);

impl Call<()> {
    pub(crate) fn closing(tympan: Tympan) -> Self {
        let end = |opened: Option<Arc<Opened>>| {
            let ended = opened.and_then(Opened::close);
            ended.map_or(Ok(()), |ended| ended.wait_to_the_deadline())
        };
        let awaited = Question::new(|tympan| Ok(tympan.take()), end);
        Self::new(tympan, Closing(awaited)).quick()
    }
}

impl<W: Work<()>> Work<()> for Closing<W> {
    fn wait(self: Box<Self>, tympan: &Tympan) -> Result<(), Error> {
        drop(tympan.take().map(Opened::close));
        Ok(())
    }

    fn poll(&mut self, tympan: &Tympan, task: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.0.poll(tympan, task)
    }
}
