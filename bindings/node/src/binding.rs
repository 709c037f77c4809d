//! What belongs to one environment of Node: the functions that make objects, and the calls under
//! way.

use std::rc::Rc;

use napi::bindgen_prelude::{
    Array, Env, Function, FunctionRef, JsValuesTupleIntoVec, Result, ToNapiValue, Unknown,
};
use napi_derive::napi;
use tympan_surface::{Call, Error};

use crate::read::Fault;
use crate::tasks::Tasks;
use crate::write::{Write, Writer};

/// Makes a `TympanError`: of code, kind, retry, message and details.
pub(crate) const REFUSED: usize = 0;
/// Makes a `TypeError`, or a `RangeError` if the first argument is true.
const WRONG: usize = 1;
/// Makes an object of names and values in turn.
pub(crate) const MAP: usize = 2;
/// Where the makers of the generated code begin.
pub(crate) const FIRST_MAKER: usize = 3;

/// Arguments for a function of JavaScript, as many as it takes.
pub struct Arguments(pub(crate) Vec<napi::sys::napi_value>);

impl JsValuesTupleIntoVec for Arguments {
    fn into_vec(self, _: napi::sys::napi_env) -> Result<Vec<napi::sys::napi_value>> {
        Ok(self.0)
    }
}

type Maker = FunctionRef<Arguments, Unknown<'static>>;

/// One environment.
#[napi]
pub struct Binding(pub(crate) Rc<Environment>);

/// What the handles of an environment share.
pub(crate) struct Environment {
    makers: Vec<Maker>,
    tasks: Tasks,
}

#[napi]
impl Binding {
    /// Takes the functions that make objects, and the one to call when a task may be finished.
    #[napi(constructor, catch_unwind)]
    pub fn new(makers: Vec<Maker>, wake: Function<'_, (), Unknown<'static>>) -> Result<Self> {
        let tasks = Tasks::new(&wake)?;
        Ok(Self(Rc::new(Environment { makers, tasks })))
    }

    /// The tasks that are finished: number, whether it failed, and what it gave, in turn.
    #[napi(catch_unwind)]
    pub fn finished<'a>(&self, env: &'a Env) -> Result<Array<'a>> {
        let writer = self.0.writer(env);
        let mut told = env.create_array(0)?;
        for (number, task) in self.0.tasks.finished() {
            let answer = task.tell(writer);
            told.insert(number)?;
            told.insert(answer.is_err())?;
            told.insert(answer.or_else(|fault| writer.fault(fault))?)?;
        }
        Ok(told)
    }
}

impl Environment {
    pub(crate) fn maker(&self, place: usize) -> Result<&Maker> {
        let missing = || napi::Error::from_reason("index.cjs is of another version than the addon");
        self.makers.get(place).ok_or_else(missing)
    }

    /// Waits for a call, or begins it as a task: `undefined` then.
    pub(crate) fn answer<'a, T: Write + 'static>(
        self: &'a Rc<Self>,
        env: &'a Env,
        task: Option<u32>,
        call: impl FnOnce() -> std::result::Result<Call<T>, Fault>,
    ) -> Result<Unknown<'a>> {
        self.now(env, || match task {
            None => Ok(Some(call()?.wait()?)),
            Some(number) => {
                self.tasks.begin(number, call()?.submit());
                Ok(None)
            }
        })
    }

    /// Gives what is there at once; `undefined` for none.
    pub(crate) fn now<'a, T: Write>(
        self: &'a Rc<Self>,
        env: &'a Env,
        answer: impl FnOnce() -> std::result::Result<Option<T>, Fault>,
    ) -> Result<Unknown<'a>> {
        let writer = self.writer(env);
        match answer() {
            Ok(Some(value)) => value.write(writer),
            Ok(None) => ().into_unknown(env),
            // What a getter threw is still on its way.
            Err(Fault::Thrown(error)) => Err(error),
            Err(fault) => Err(napi::Error::from(writer.fault(fault)?)),
        }
    }

    fn writer<'a>(self: &'a Rc<Self>, env: &'a Env) -> Writer<'a> {
        Writer {
            env,
            environment: self,
        }
    }
}

impl<'a> Writer<'a> {
    /// What a fault looks like in JavaScript.
    fn fault(self, fault: Fault) -> Result<Unknown<'a>> {
        match fault {
            Fault::Refused(error) => error.write(self),
            Fault::Wrong { range, path, must } => {
                let message = format!("`{path}` must be {must}");
                self.make(WRONG, &[range.write(self)?, message.write(self)?])
            }
            Fault::Thrown(error) => error.into_unknown(self.env),
        }
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Refused(error)
    }
}
