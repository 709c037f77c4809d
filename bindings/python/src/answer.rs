//! Answers and errors.

use std::time::Duration;

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyDict;

use tympan_surface::{Call, Error, Pending, caught};

use crate::begun::{self, Begun};
use crate::convert::IntoPython;

/// How often the main thread looks whether somebody pressed Ctrl-C while it waits.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// The classes of `tympan.errors` by code.
static CLASSES: PyOnceLock<Py<PyDict>> = PyOnceLock::new();

/// Does what a call asks for, while other threads of Python run; or only begins it, where
/// [`begin`](crate::begun::begin) called.
///
/// # Errors
/// The call's; whatever a signal's handler raises.
pub fn answered<T>(py: Python<'_>, call: Call<T>) -> PyResult<Bound<'_, PyAny>>
where
    T: IntoPython + Send + 'static,
{
    match begun::is_wanted() {
        true => Ok(Bound::new(py, Begun::new(call))?.into_any()),
        false => waited(py, call)?.into_python(py),
    }
}

/// The same, for what is turned into Python's values elsewhere.
///
/// Signals are the main thread's: where its call may wait for others, it looks for them, and whoever
/// is interrupted finds out by the call's key what became of it.
///
/// # Errors
/// As [`answered`].
pub fn waited<T: Send>(py: Python<'_>, call: Call<T>) -> PyResult<T> {
    let answer = match call.is_quick() || !is_main_thread(py)? {
        true => py.detach(|| call.wait()),
        false => watched(py, call.submit())?,
    };
    answer.map_err(|error| failure(py, &error))
}

fn watched<T: Send>(py: Python<'_>, mut pending: Pending<T>) -> PyResult<Result<T, Error>> {
    loop {
        if let Some(answer) = py.detach(|| pending.wait_for(LOOK_EVERY)) {
            return Ok(answer);
        }
        py.check_signals()?;
    }
}

fn is_main_thread(py: Python<'_>) -> PyResult<bool> {
    let threading = py.import("threading")?;
    let main = threading.call_method0("main_thread")?;
    Ok(threading.call_method0("current_thread")?.is(&main))
}

/// Turns a panic into an error that handlers of errors catch.
///
/// # Errors
/// Those of the work; `internal` after a panic.
pub fn guarded<T>(py: Python<'_>, work: impl FnOnce() -> PyResult<T>) -> PyResult<T> {
    caught(work).unwrap_or_else(|error| Err(failure(py, &error)))
}

/// An error, to be raised.
pub fn failure(py: Python<'_>, error: &Error) -> PyErr {
    exception(py, error).map_or_else(|other| other, PyErr::from_value)
}

/// An error, as a value.
///
/// # Errors
/// What Python says when it makes the exception.
pub fn exception<'py>(py: Python<'py>, error: &Error) -> PyResult<Bound<'py, PyAny>> {
    let classes = CLASSES.import(py, "tympan.errors", "BY_CODE")?;
    let class = classes.as_any().get_item(error.code().as_str())?;
    class.call1((error.message(), error.details().clone()))
}
