//! How often this process was forked off another: what was opened before the fork is of no use
//! behind it. Its locks may be held by threads that are not there any more, its files and
//! connections belong to the other process, and both would draw the same random bytes.

use std::sync::atomic::{AtomicU64, Ordering};

use tympan::{Code, Error};

static FORKS: AtomicU64 = AtomicU64::new(0);

/// Takes note that this process was forked off another: every handle that was opened before is
/// refused with `closed` from then on, and touches neither its locks nor its files. To be called in
/// the new process before anything else is asked of tympan.
pub fn forked() {
    FORKS.fetch_add(1, Ordering::SeqCst);
    crate::bell::forked();
}

/// Between which forks something was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Generation(u64);

impl Generation {
    pub(crate) fn current() -> Self {
        Self(FORKS.load(Ordering::SeqCst))
    }

    pub(crate) fn is_over(self) -> bool {
        self != Self::current()
    }

    /// # Errors
    /// `closed` behind a fork.
    pub(crate) fn check(self) -> Result<(), Error> {
        match self.is_over() {
            false => Ok(()),
            true => Err(Error::new(
                Code::Closed,
                "the store was opened before this process was forked: open it again, behind the \
                 fork",
            )),
        }
    }
}
