//! An open store, and how it is let go of.

use std::sync::Arc;
use std::thread::Builder;

use tympan::Ended;

/// An open store. Closing takes its time, a file's for one writes its log back: whoever lets go of it
/// last may be an event loop, a finaliser or in the middle of an answer, so a thread of its own does
/// that. None only while it is dropped.
pub(crate) struct Opened(Option<tympan::Tympan>);

impl Opened {
    pub(crate) fn new(store: tympan::Tympan) -> Arc<Self> {
        Arc::new(Self(Some(store)))
    }

    pub(crate) fn store(&self) -> Option<&tympan::Tympan> {
        self.0.as_ref()
    }

    /// Lets go of it, and closes it on this thread unless calls are under way. What is given tells
    /// when it is closed.
    pub(crate) fn close(this: Arc<Self>) -> Option<Ended> {
        let ended = this.store().map(tympan::Tympan::ended);
        if let Some(mut last) = Arc::into_inner(this) {
            drop(last.0.take());
        }
        ended
    }
}

impl Drop for Opened {
    fn drop(&mut self) {
        if let Some(store) = self.0.take() {
            let close = move || drop(store);
            // A system that gives no thread has dropped what it was given for it: that is closed too.
            drop(
                Builder::new()
                    .name("tympan-closing".to_owned())
                    .spawn(close),
            );
        }
    }
}
