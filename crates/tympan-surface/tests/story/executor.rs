//! Polling by hand: futures of this crate need no runtime.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::Thread;
use std::time::{Duration, Instant};

/// An answer that takes longer is a fault.
const PATIENCE: Duration = Duration::from_secs(60);

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Polls all futures on this thread until each has given its answer.
pub fn answers<F: Future + Unpin>(futures: Vec<F>) -> Vec<F::Output> {
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut task = Context::from_waker(&waker);
    let end = Instant::now() + PATIENCE;
    let mut answers: Vec<Option<F::Output>> = futures.iter().map(|_| None).collect();
    let mut waiting: Vec<(usize, F)> = futures.into_iter().enumerate().collect();
    loop {
        waiting.retain_mut(|(place, future)| match Pin::new(future).poll(&mut task) {
            Poll::Ready(answer) => {
                answers[*place] = Some(answer);
                false
            }
            Poll::Pending => true,
        });
        if waiting.is_empty() {
            return answers.into_iter().flatten().collect();
        }
        let left = end.saturating_duration_since(Instant::now());
        assert!(!left.is_zero(), "{} without an answer", waiting.len());
        std::thread::park_timeout(left);
    }
}
