//! When an engine and its store are gone, whoever held them last.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use tympan_core::error::{Code, Error};

use crate::engine::lock;

#[derive(Debug, Default)]
struct End {
    is_there: Mutex<bool>,
    came: Condvar,
}

/// To be dropped behind everything that has to end.
#[derive(Default)]
pub(super) struct Lasts(Arc<End>);

/// The end of an open store, to wait for without keeping it open.
#[derive(Clone, Debug)]
pub struct Ended {
    end: Arc<End>,
    deadline: Duration,
}

impl Lasts {
    pub(super) fn ended(&self, deadline: Duration) -> Ended {
        let end = self.0.clone();
        Ended { end, deadline }
    }
}

impl Drop for Lasts {
    fn drop(&mut self) {
        *lock(&self.0.is_there) = true;
        self.0.came.notify_all();
    }
}

impl Ended {
    /// Waits until the last clone, the last handle and the last call under way are gone, and the
    /// store is closed. Whoever holds one of them waits for ever.
    pub fn wait(&self) {
        let is_there = lock(&self.end.is_there);
        let came = self.end.came.wait_while(is_there, |is_there| !*is_there);
        drop(came.unwrap_or_else(PoisonError::into_inner));
    }

    /// The same, but no longer than the store's deadline: a future that waits for room and is never
    /// polled again holds the store for as long as it is kept.
    ///
    /// # Errors
    /// `busy` if somebody still held the store then; it is closed when they let go.
    pub fn wait_to_the_deadline(&self) -> Result<(), Error> {
        let is_there = lock(&self.end.is_there);
        let waiting = |is_there: &mut bool| !*is_there;
        let waited = self
            .end
            .came
            .wait_timeout_while(is_there, self.deadline, waiting);
        let (is_there, _) = waited.unwrap_or_else(PoisonError::into_inner);
        if *is_there {
            return Ok(());
        }
        let message = "calls that nobody fetches or that take long hold the store beyond the deadline: it is closed when they end";
        Err(Error::new(Code::Busy, message))
    }
}
