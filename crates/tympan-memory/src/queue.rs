//! Who may write next: first come, first served.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

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
    /// The one whose turn it is.
    current: u64,
}

/// The turn; dropping it calls the next ticket.
#[derive(Debug)]
pub(crate) struct Place<'a>(&'a Queue);

impl Queue {
    /// Draws a ticket and waits until it is called.
    pub(crate) fn wait(&self) -> Place<'_> {
        let mut tickets = self.tickets();
        let mine = tickets.next;
        tickets.next = mine.wrapping_add(1);
        while tickets.current != mine {
            tickets = self
                .called
                .wait(tickets)
                .unwrap_or_else(PoisonError::into_inner);
        }
        Place(self)
    }

    /// Two numbers that are never half-written: a poisoned lock is as good as any.
    fn tickets(&self) -> MutexGuard<'_, Tickets> {
        self.tickets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut tickets = self.0.tickets();
        tickets.current = tickets.current.wrapping_add(1);
        let waiting = tickets.current != tickets.next;
        drop(tickets);
        if waiting {
            self.0.called.notify_all();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(
        clippy::disallowed_methods,
        reason = "a queue needs threads that wait in it"
    )]
    fn turns_are_served_in_the_order_in_which_they_were_asked_for() {
        let (queue, served) = (Queue::default(), Mutex::new(Vec::new()));
        std::thread::scope(|scope| {
            let first = queue.wait();
            for nth in 1..=5 {
                scope.spawn({
                    let (queue, served) = (&queue, &served);
                    move || {
                        let _place = queue.wait();
                        served.lock().unwrap().push(nth);
                    }
                });
                while queue.tickets().next <= nth {
                    std::hint::spin_loop();
                }
            }
            drop(first);
        });
        assert_eq!(served.into_inner().unwrap(), [1, 2, 3, 4, 5]);
    }
}
