//! When an engine and its store are gone, whoever held them last.

use std::sync::{Arc, Condvar, Mutex, PoisonError};

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
pub struct Ended(Arc<End>);

impl Lasts {
    pub(super) fn ended(&self) -> Ended {
        Ended(self.0.clone())
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
        let mut is_there = lock(&self.0.is_there);
        while !*is_there {
            is_there = self
                .0
                .came
                .wait(is_there)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }
}
