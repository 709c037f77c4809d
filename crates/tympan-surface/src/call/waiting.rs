//! Waiting for a future a little at a time, for who has other things to look at meanwhile, or
//! until a bell rings.

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

    /// The answer, if it is there. If not, `ring` is called when it may be, on a thread that has
    /// nothing else to do, and then whoever waits is to ask again.
    pub fn rung(&mut self, ring: impl Fn() + Send + Sync + 'static) -> Option<Result<T, Error>> {
        // Behind a fork there is no thread, and nothing to wait for.
        let waker = match self.tympan.current() {
            Ok(()) => self.tympan.bell().waker(ring),
            Err(_) => Ok(Waker::noop().clone()),
        };
        match waker {
            Ok(waker) => match Pin::new(self).poll(&mut Context::from_waker(&waker)) {
                Poll::Ready(answer) => Some(answer),
                Poll::Pending => None,
            },
            Err(error) => Some(Err(error)),
        }
    }
}
