//! Calls under way for an event loop, which no thread waits for.

use std::cell::Cell;
use std::sync::{Mutex, PoisonError};

use pyo3::prelude::*;
use pyo3::types::PyTuple;

use tympan_surface::{Call, Pending};

use crate::answer::{failure, guarded};
use crate::convert::IntoPython;

thread_local! {
    /// Whether the next call of this thread is only begun.
    static BEGINS: Cell<bool> = const { Cell::new(false) };
}

/// A call of any type.
trait Asked: Send {
    fn poll<'py>(
        &mut self,
        py: Python<'py>,
        wake: Py<PyAny>,
    ) -> PyResult<Option<Bound<'py, PyAny>>>;
}

impl<T: IntoPython + Send> Asked for Pending<T> {
    fn poll<'py>(
        &mut self,
        py: Python<'py>,
        wake: Py<PyAny>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        // A loop that was closed has nobody left to tell.
        let ring = move || Python::attach(|py| drop(wake.call0(py)));
        let told =
            |answer: Result<T, _>| answer.map_err(|error| failure(py, &error))?.into_python(py);
        self.rung(ring).map(told).transpose()
    }
}

/// A call that was begun. Who lets go of it does not know what becomes of it.
#[pyclass(frozen, module = "tympan")]
pub struct Begun(Mutex<Option<Box<dyn Asked>>>);

impl Begun {
    pub fn new<T: IntoPython + Send + 'static>(call: Call<T>) -> Self {
        Self(Mutex::new(Some(Box::new(call.submit()))))
    }
}

#[pymethods]
impl Begun {
    /// The answer in a tuple; or none, and then `wake` is called, on another thread, when it may be
    /// there.
    fn poll<'py>(&self, py: Python<'py>, wake: Py<PyAny>) -> PyResult<Option<Bound<'py, PyTuple>>> {
        let mut call = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(call) = &mut *call else {
            return Ok(None);
        };
        let answer = guarded(py, || call.poll(py, wake))?;
        answer.map(|answer| PyTuple::new(py, [answer])).transpose()
    }

    /// Lets go of it, whoever else still knows it: the traceback of a task that was cancelled does.
    fn leave(&self) {
        let mut call = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        drop(call.take());
    }
}

/// Calls a method, which begins instead of waiting.
#[pyfunction]
pub fn begin<'py>(call: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    BEGINS.set(true);
    let begun = call.call0();
    BEGINS.set(false);
    begun
}

/// Whether what is called now was called to be begun.
pub fn is_wanted() -> bool {
    BEGINS.take()
}

/// At the exit, while others still can be in Python: an interpreter kills those that are in it when
/// it ends, in the middle of Rust.
#[pyfunction]
pub fn end(py: Python<'_>) {
    py.detach(tympan_surface::silence);
}
