//! Threads of one process wait for their turn in the order in which they came.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, Thread};
use std::time::Instant;

/// A lock that is handed from one thread to the one that has waited longest.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    taken: bool,
    waiting: VecDeque<Arc<Waiter>>,
}

#[derive(Debug)]
struct Waiter {
    thread: Thread,
    called: AtomicBool,
}

/// The turn of one thread, until it is dropped.
#[derive(Debug)]
pub(crate) struct Seat<'a> {
    queue: &'a Queue,
}

impl Queue {
    /// Waits for the turn; `None` if the deadline passed first.
    pub(crate) fn enter(&self, deadline: Instant) -> Option<Seat<'_>> {
        let waiter = {
            let mut state = self.lock();
            if !state.taken {
                state.taken = true;
                return Some(Seat { queue: self });
            }
            let waiter = Arc::new(Waiter {
                thread: thread::current(),
                called: AtomicBool::new(false),
            });
            state.waiting.push_back(Arc::clone(&waiter));
            waiter
        };
        while !waiter.called.load(Ordering::Acquire) {
            match deadline.checked_duration_since(Instant::now()) {
                Some(left) if !left.is_zero() => thread::park_timeout(left),
                _ => {
                    let mut state = self.lock();
                    // Called between the look and the lock: the turn is ours and must be taken.
                    if !waiter.called.load(Ordering::Acquire) {
                        state.waiting.retain(|other| !Arc::ptr_eq(other, &waiter));
                        return None;
                    }
                }
            }
        }
        Some(Seat { queue: self })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Seat<'_> {
    fn drop(&mut self) {
        let mut state = self.queue.lock();
        match state.waiting.pop_front() {
            Some(next) => {
                next.called.store(true, Ordering::Release);
                next.thread.unpark();
            }
            None => state.taken = false,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::time::Duration;

    use super::*;

    fn soon() -> Instant {
        Instant::now() + Duration::from_secs(60)
    }

    #[test]
    fn threads_are_called_in_the_order_in_which_they_came() {
        let queue = Queue::default();
        let (send, called) = mpsc::channel();
        thread::scope(|scope| {
            let seat = queue.enter(soon()).unwrap();
            for number in 0..8 {
                let (queue, send) = (&queue, send.clone());
                scope.spawn(move || {
                    let _seat = queue.enter(soon()).unwrap();
                    send.send(number).unwrap();
                });
                while queue.lock().waiting.len() <= number {
                    thread::yield_now();
                }
            }
            drop(seat);
        });
        drop(send);
        assert_eq!(
            called.iter().collect::<Vec<_>>(),
            (0..8).collect::<Vec<_>>()
        );
        assert!(!queue.lock().taken);
    }

    #[test]
    fn who_gives_up_is_not_called() {
        let queue = Queue::default();
        let seat = queue.enter(soon()).unwrap();
        assert!(queue.enter(Instant::now()).is_none());
        assert!(queue.lock().waiting.is_empty());
        drop(seat);
        assert!(queue.enter(Instant::now()).is_some());
    }
}
