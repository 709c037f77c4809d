//! Calls under way for a program with an event loop of one thread.

use std::collections::{BTreeMap, VecDeque};
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

/// Calls under way, each under a number that the event loop gave it. They are polled on the loop's
/// own thread, where they never wait: commands are queued in the order in which they were begun, and
/// whoever finishes one wakes the loop, once for all that are finished until it has seen them.
pub struct Tasks<A> {
    under_way: BTreeMap<u32, Task<A>>,
    woken: Arc<Woken>,
}

struct Task<A> {
    work: Pin<Box<dyn Future<Output = A>>>,
    answer: Option<A>,
}

/// The tasks to look at again.
struct Woken {
    numbers: Mutex<VecDeque<u32>>,
    wake: Box<dyn Fn() + Send + Sync>,
}

struct TaskWaker {
    number: u32,
    woken: Arc<Woken>,
}

impl<A> Tasks<A> {
    /// None under way. `wake` is called on any thread, and has the event loop call
    /// [`Tasks::finished`].
    #[must_use]
    pub fn new(wake: impl Fn() + Send + Sync + 'static) -> Self {
        Self {
            under_way: BTreeMap::new(),
            woken: Arc::new(Woken {
                numbers: Mutex::default(),
                wake: Box::new(wake),
            }),
        }
    }

    /// Begins a task. Its answer is told by [`Tasks::finished`], even if it is there at once.
    pub fn begin(&mut self, number: u32, work: impl Future<Output = A> + 'static) {
        let waker = self.waker(number);
        let mut task = Task {
            work: Box::pin(work),
            answer: None,
        };
        if task.is_finished(&waker) {
            waker.wake();
        }
        self.under_way.insert(number, task);
    }

    /// Takes out a task that is finished, with its answer; none: there is no other, and the loop is
    /// woken when there is.
    pub fn finished(&mut self) -> Option<(u32, A)> {
        loop {
            let number = self.woken.lock().pop_front()?;
            let waker = self.waker(number);
            // Who wakes late, or for nothing, is not listened to.
            let task = self.under_way.get_mut(&number);
            if task.is_some_and(|task| task.is_finished(&waker)) {
                let answer = self.under_way.remove(&number)?.answer?;
                return Some((number, answer));
            }
        }
    }

    fn waker(&self, number: u32) -> Waker {
        let woken = self.woken.clone();
        Waker::from(Arc::new(TaskWaker { number, woken }))
    }
}

impl<A> Task<A> {
    fn is_finished(&mut self, waker: &Waker) -> bool {
        if self.answer.is_none()
            && let Poll::Ready(answer) = self.work.as_mut().poll(&mut Context::from_waker(waker))
        {
            self.answer = Some(answer);
        }
        self.answer.is_some()
    }
}

impl Woken {
    fn lock(&self) -> MutexGuard<'_, VecDeque<u32>> {
        self.numbers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        let is_first = {
            let mut numbers = self.woken.lock();
            numbers.push_back(self.number);
            numbers.len() == 1
        };
        if is_first {
            (self.woken.wake)();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc::{Receiver, channel};

    use super::*;

    /// Tasks, and how often the loop was woken.
    fn tasks() -> (Tasks<i32>, Arc<AtomicUsize>) {
        let woken = Arc::new(AtomicUsize::new(0));
        let counted = woken.clone();
        let wake = move || {
            counted.fetch_add(1, Ordering::SeqCst);
        };
        (Tasks::new(wake), woken)
    }

    /// Pending until something was sent; who sends wakes.
    async fn received(receiver: Receiver<i32>, wakers: Arc<Mutex<Vec<Waker>>>) -> i32 {
        std::future::poll_fn(|task| match receiver.try_recv() {
            Ok(number) => Poll::Ready(number),
            Err(_) => {
                wakers.lock().unwrap().push(task.waker().clone());
                Poll::Pending
            }
        })
        .await
    }

    fn all(tasks: &mut Tasks<i32>) -> Vec<(u32, i32)> {
        std::iter::from_fn(|| tasks.finished()).collect()
    }

    #[test]
    fn an_answer_that_is_there_at_once_wakes_the_loop_too() {
        let (mut tasks, woken) = tasks();
        tasks.begin(7, async { 42 });
        assert_eq!(woken.load(Ordering::SeqCst), 1);
        assert_eq!(all(&mut tasks), [(7, 42)]);
        assert_eq!(all(&mut tasks), []);
    }

    #[test]
    fn the_loop_is_woken_once_for_all_that_are_finished_by_then() {
        let (mut tasks, woken) = tasks();
        let wakers = Arc::new(Mutex::new(Vec::new()));
        let senders: Vec<_> = (0..3)
            .map(|number| {
                let (send, receive) = channel();
                tasks.begin(number, received(receive, wakers.clone()));
                send
            })
            .collect();
        let before = woken.load(Ordering::SeqCst);
        assert_eq!((before, all(&mut tasks)), (0, Vec::new()));
        senders[2].send(20).unwrap();
        senders[0].send(0).unwrap();
        // Who wakes without an answer, as the second does, harms nobody.
        let woke: Vec<Waker> = wakers.lock().unwrap().drain(..).rev().collect();
        woke.into_iter().for_each(Waker::wake);
        assert_eq!(woken.load(Ordering::SeqCst), 1);
        assert_eq!(all(&mut tasks), [(2, 20), (0, 0)]);
        senders[1].send(10).unwrap();
        let woke: Vec<Waker> = wakers.lock().unwrap().drain(..).collect();
        woke.into_iter().for_each(Waker::wake);
        assert_eq!(woken.load(Ordering::SeqCst), 2);
        assert_eq!(all(&mut tasks), [(1, 10)]);
    }

    #[test]
    fn a_waker_that_outlives_its_task_is_nobodys() {
        let (mut tasks, _) = tasks();
        let wakers = Arc::new(Mutex::new(Vec::new()));
        let (send, receive) = channel();
        tasks.begin(1, received(receive, wakers.clone()));
        let late = wakers.lock().unwrap()[0].clone();
        send.send(5).unwrap();
        late.wake_by_ref();
        assert_eq!(all(&mut tasks), [(1, 5)]);
        late.wake();
        assert_eq!(all(&mut tasks), []);
    }
}
