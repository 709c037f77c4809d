//! Calls as promises. A call is polled on the thread of JavaScript, where it never waits: commands
//! are queued in the order in which they were made, and whoever finishes one wakes the event loop,
//! once for all that are finished by then.

use std::cell::RefCell;
use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use napi::bindgen_prelude::{Function, Result, Unknown};
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode};
use tympan_surface::{Error, Pending};

use crate::read::Fault;
use crate::write::{Write, Writer};

/// Calls under way, by the numbers that JavaScript gave them.
pub(crate) struct Tasks {
    under_way: RefCell<HashMap<u32, Box<dyn Task>>>,
    woken: Arc<Woken>,
}

/// A call under way, whatever it gives.
pub(crate) trait Task {
    /// Whether it is finished.
    fn is_finished(&mut self, context: &mut Context<'_>) -> bool;
    /// What it gave.
    fn tell<'a>(self: Box<Self>, writer: Writer<'a>) -> std::result::Result<Unknown<'a>, Fault>;
}

struct Waited<T> {
    pending: Pending<T>,
    answer: Option<std::result::Result<T, Error>>,
}

/// The tasks to look at again.
struct Woken {
    numbers: Mutex<Vec<u32>>,
    wake: ThreadsafeFunction<(), Unknown<'static>, (), napi::Status, false, true>,
}

struct TaskWaker {
    number: u32,
    woken: Arc<Woken>,
}

impl Tasks {
    pub(crate) fn new(wake: &Function<'_, (), Unknown<'static>>) -> Result<Self> {
        // Weak: an idle handle does not keep the process alive.
        let wake = wake.build_threadsafe_function().weak::<true>().build()?;
        let numbers = Mutex::default();
        Ok(Self {
            under_way: RefCell::default(),
            woken: Arc::new(Woken { numbers, wake }),
        })
    }

    pub(crate) fn begin<T: Write + 'static>(&self, number: u32, pending: Pending<T>) {
        let mut task = Box::new(Waited {
            pending,
            answer: None,
        });
        let waker = self.waker(number);
        if task.is_finished(&mut Context::from_waker(&waker)) {
            waker.wake();
        }
        self.under_way.borrow_mut().insert(number, task);
    }

    /// Takes the tasks out that are finished.
    pub(crate) fn finished(&self) -> Vec<(u32, Box<dyn Task>)> {
        let numbers = std::mem::take(&mut *self.woken.lock());
        let mut under_way = self.under_way.borrow_mut();
        let finished = numbers.into_iter().filter_map(|number| {
            let waker = self.waker(number);
            let task = under_way.get_mut(&number)?;
            let is_finished = task.is_finished(&mut Context::from_waker(&waker));
            is_finished.then(|| under_way.remove_entry(&number))?
        });
        finished.collect()
    }

    fn waker(&self, number: u32) -> Waker {
        let woken = self.woken.clone();
        Waker::from(Arc::new(TaskWaker { number, woken }))
    }
}

impl<T: Write> Task for Waited<T> {
    fn is_finished(&mut self, context: &mut Context<'_>) -> bool {
        if self.answer.is_none()
            && let Poll::Ready(answer) = Pin::new(&mut self.pending).poll(context)
        {
            self.answer = Some(answer);
        }
        self.answer.is_some()
    }

    fn tell<'a>(self: Box<Self>, writer: Writer<'a>) -> std::result::Result<Unknown<'a>, Fault> {
        let unfinished = || Err(Error::of(tympan_surface::Code::Internal));
        let answer = self.answer.unwrap_or_else(unfinished)?;
        Ok(answer.write(writer)?)
    }
}

impl Woken {
    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<u32>> {
        self.numbers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        let is_first = {
            let mut numbers = self.woken.lock();
            numbers.push(self.number);
            numbers.len() == 1
        };
        if is_first {
            // An environment that is gone has nobody left to tell.
            let mode = ThreadsafeFunctionCallMode::NonBlocking;
            let _ = self.woken.wake.call((), mode);
        }
    }
}
