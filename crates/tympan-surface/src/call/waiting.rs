//! Waiting for a future a little at a time, for who has other things to look at meanwhile.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::Thread;
use std::time::{Duration, Instant};

use tympan::Error;

use super::Pending;

thread_local! {
    /// One for each thread: whoever keeps wakers knows it again.
    static UNPARK: Waker = Waker::from(Arc::new(Unpark(std::thread::current())));
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

impl<T> Pending<T> {
    /// Waits on this thread for the answer, but not longer than that: none if it is not there yet,
    /// and then the call goes on.
    pub fn wait_for(&mut self, patience: Duration) -> Option<Result<T, Error>> {
        let began = Instant::now();
        UNPARK.with(|waker| {
            let mut task = Context::from_waker(waker);
            loop {
                if let Poll::Ready(answer) = Pin::new(&mut *self).poll(&mut task) {
                    return Some(answer);
                }
                let left = patience.saturating_sub(began.elapsed());
                if left.is_zero() {
                    return None;
                }
                std::thread::park_timeout(left);
            }
        })
    }
}
