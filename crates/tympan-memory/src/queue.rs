//! Who may write next: first come, first served.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A lock that is handed over in the order in which it was asked for. The standard library's own
/// may let one thread have it over and over.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    tickets: Mutex<Tickets>,
    called: Condvar,
}

#[derive(Debug, Default)]
struct Tickets {
    /// The next one to be drawn.
    next: u64,
    /// Those that wait, in the order in which they were drawn.
    waiting: VecDeque<u64>,
    /// Whether somebody has the turn.
    taken: bool,
}

impl Tickets {
    fn is_called(&self, ticket: u64) -> bool {
        !self.taken && self.waiting.front() == Some(&ticket)
    }
}

/// The turn; dropping it calls the next ticket.
#[derive(Debug)]
pub(crate) struct Place<'a>(&'a Queue);

impl Queue {
    /// Draws a ticket and waits until it is called; none if that took too long.
    pub(crate) fn wait(&self, patience: Duration) -> Option<Place<'_>> {
        let mut tickets = self.tickets();
        let mine = tickets.next;
        tickets.next = mine.wrapping_add(1);
        tickets.waiting.push_back(mine);
        if !tickets.is_called(mine) {
            tickets = self
                .called
                .wait_timeout_while(tickets, patience, |tickets| !tickets.is_called(mine))
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
        if tickets.is_called(mine) {
            tickets.waiting.pop_front();
            tickets.taken = true;
            return Some(Place(self));
        }
        tickets.waiting.retain(|ticket| *ticket != mine);
        // It may have been the one that was to be called.
        drop(tickets);
        self.called.notify_all();
        None
    }

    /// Nothing is done under the lock that could panic half-way: a poisoned one is as good as any.
    fn tickets(&self) -> MutexGuard<'_, Tickets> {
        self.tickets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut tickets = self.0.tickets();
        tickets.taken = false;
        let waiting = !tickets.waiting.is_empty();
        drop(tickets);
        if waiting {
            self.0.called.notify_all();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(3_600);

    #[test]
    fn whoever_waits_too_long_makes_way() {
        let queue = Queue::default();
        let first = queue.wait(Duration::ZERO);
        assert!(first.is_some());
        assert!(queue.wait(Duration::ZERO).is_none());
        assert!(queue.wait(Duration::from_millis(1)).is_none());
        drop(first);
        assert!(queue.wait(Duration::ZERO).is_some(), "nobody is before it");
    }

    #[test]
    #[expect(
        clippy::disallowed_methods,
        reason = "a queue needs threads that wait in it"
    )]
    fn turns_are_served_in_the_order_in_which_they_were_asked_for() {
        let (queue, served) = (Queue::default(), Mutex::new(Vec::new()));
        std::thread::scope(|scope| {
            let first = queue.wait(LONG);
            for nth in 1..=5 {
                scope.spawn({
                    let (queue, served) = (&queue, &served);
                    move || {
                        let _place = queue.wait(LONG).unwrap();
                        served.lock().unwrap().push(nth);
                    }
                });
                while queue.tickets().waiting.len() < nth {
                    std::hint::spin_loop();
                }
            }
            drop(first);
        });
        assert_eq!(served.into_inner().unwrap(), [1, 2, 3, 4, 5]);
    }
}
