//! What belongs to one environment of Node, the main thread's or a worker's: the calls under way,
//! and the function that takes what they give.

use std::cell::RefCell;

use napi::bindgen_prelude::{
    Env, Function, FunctionRef, JsValuesTupleIntoVec, Object, Result, Unknown,
};
use napi::sys::{napi_env, napi_value};
use napi::threadsafe_function::ThreadsafeFunctionCallMode;
use napi_derive::napi;
use tympan_surface::{Call, Tasks, caught};

use crate::values::{Crossed, Reader, Write, Writer};

/// Values that are handed over at once: a function of JavaScript takes far more, though not any
/// number of them, and this is faster than putting each into an array.
const AT_ONCE: usize = 1_000;

/// Values for a function of JavaScript.
pub struct Values(Vec<napi_value>);

impl JsValuesTupleIntoVec for Values {
    fn into_vec(self, _: napi_env) -> Result<Vec<napi_value>> {
        Ok(self.0)
    }
}

/// One environment.
#[napi]
pub struct Binding {
    take: FunctionRef<Values, Unknown<'static>>,
    tasks: RefCell<Tasks<Box<dyn Answer>>>,
}

/// The answer of a task, whatever it gives.
trait Answer {
    fn tell(self: Box<Self>, binding: &Binding, env: &Env) -> Result<()>;
}

impl<T: Write> Answer for Crossed<T> {
    fn tell(self: Box<Self>, binding: &Binding, env: &Env) -> Result<()> {
        binding.tell(env, *self)
    }
}

#[napi]
impl Binding {
    /// Takes the function that is given values, and the one to call when a task may be finished.
    #[napi(constructor, catch_unwind)]
    pub fn new(
        take: FunctionRef<Values, Unknown<'static>>,
        wake: Function<'_, (), Unknown<'static>>,
    ) -> Result<Self> {
        // Weak: an idle handle does not keep the process alive.
        let wake = wake.build_threadsafe_function().weak::<true>().build()?;
        let tasks = RefCell::new(Tasks::new(move || {
            // An environment that is gone has nobody left to tell.
            let _ = wake.call((), ThreadsafeFunctionCallMode::NonBlocking);
        }));
        Ok(Self { take, tasks })
    }

    /// Tells what a finished task gave, and gives its number; null if there is none.
    #[napi(catch_unwind)]
    pub fn finished(&self, env: &Env) -> Result<Option<u32>> {
        let finished = self.tasks.borrow_mut().finished();
        let told = finished.map(|(number, answer)| answer.tell(self, env).map(|()| number));
        told.transpose()
    }
}

impl Binding {
    /// Waits for a call and tells what it gave, or begins it as a task.
    pub(crate) fn answer<T: Write + 'static>(
        &self,
        env: &Env,
        task: Option<u32>,
        values: Object<'_>,
        call: impl FnOnce(&mut Reader<'_>) -> Crossed<Call<T>>,
    ) -> Result<()> {
        let Some(number) = task else {
            return self.now(env, values, |from| call(from)?.wait());
        };
        let begun = read(values, call).map(Call::submit);
        let answer = async {
            let answer: Crossed<T> = async { begun?.await }.await;
            Box::new(answer) as Box<dyn Answer>
        };
        self.tasks.borrow_mut().begin(number, answer);
        Ok(())
    }

    /// Tells what is there at once.
    pub(crate) fn now<T: Write>(
        &self,
        env: &Env,
        values: Object<'_>,
        answer: impl FnOnce(&mut Reader<'_>) -> Crossed<T>,
    ) -> Result<()> {
        self.tell(env, read(values, answer))
    }

    /// Gives an answer: true and the value, or false and the error.
    fn tell<T: Write>(&self, env: &Env, answer: Crossed<T>) -> Result<()> {
        let values = Vec::new();
        let mut to = Writer { env, values };
        let told = answer.and_then(|value| {
            to.put(true)?;
            caught(|| value.write(&mut to)).flatten()
        });
        if let Err(error) = told {
            to.values.clear();
            let told = to.put(false).and_then(|()| error.write(&mut to));
            told.map_err(|error| napi::Error::from_reason(error.to_string()))?;
        }
        let take = self.take.borrow_back(env)?;
        if to.values.len() <= AT_ONCE {
            return take.call(Values(to.values)).map(drop);
        }
        let mut parts = to.values.chunks(AT_ONCE);
        parts.try_for_each(|part| take.call(Values(part.to_vec())).map(drop))
    }
}

/// A panic while values are read is an error like others.
fn read<T>(values: Object<'_>, call: impl FnOnce(&mut Reader<'_>) -> Crossed<T>) -> Crossed<T> {
    caught(|| call(&mut Reader { values, next: 0 })).flatten()
}
