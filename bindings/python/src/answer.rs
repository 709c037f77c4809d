//! Answers and errors.

use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::time::Duration;

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyDict;

use tympan_surface::{Call, Code, Error};

use crate::convert::IntoPython;

/// How often a thread that waits for a store to open looks whether somebody pressed Ctrl-C.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// The classes of `tympan.errors` by code.
static CLASSES: PyOnceLock<Py<PyDict>> = PyOnceLock::new();

/// Does what a call asks for while other threads of Python run.
///
/// # Errors
/// The call's.
pub fn answered<'py, T>(py: Python<'py>, call: Call<T>) -> PyResult<Bound<'py, PyAny>>
where
    T: IntoPython + Send,
{
    waited(py, call)?.into_python(py)
}

/// The same, for what is turned into Python's values elsewhere.
///
/// # Errors
/// The call's.
pub fn waited<T: Send>(py: Python<'_>, call: Call<T>) -> PyResult<T> {
    finished(py, || call.wait())
}

/// What is answered at once.
///
/// # Errors
/// The one that it gave.
pub fn finished<T: Send>(
    py: Python<'_>,
    work: impl FnOnce() -> Result<T, Error> + Send,
) -> PyResult<T> {
    py.detach(work).map_err(|error| failure(py, &error))
}

/// What opens a store, on a thread of its own, for a server that does not answer may take its time:
/// Ctrl-C ends the wait, and what is opened after all is closed at once.
///
/// # Errors
/// The call's; whatever a signal's handler raises.
pub fn opened<'py, T>(py: Python<'py>, call: Call<T>) -> PyResult<Bound<'py, PyAny>>
where
    T: IntoPython + Send + 'static,
{
    let (send, receive) = sync_channel(1);
    let begun = std::thread::Builder::new().spawn(move || send.send(call.wait()));
    begun?;
    // Moved into each wait: a receiver may be used by one thread at a time only.
    let mut receive = receive;
    loop {
        let (back, answer) = py.detach(move || {
            let answer = receive.recv_timeout(LOOK_EVERY);
            (receive, answer)
        });
        receive = back;
        match answer {
            Ok(answer) => {
                return answer
                    .map_err(|error| failure(py, &error))?
                    .into_python(py);
            }
            Err(RecvTimeoutError::Timeout) => py.check_signals()?,
            Err(RecvTimeoutError::Disconnected) => {
                return Err(failure(py, &Error::of(Code::Internal)));
            }
        }
    }
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
    let classes = CLASSES.get_or_try_init(py, || {
        let classes = py.import("tympan.errors")?.getattr("BY_CODE")?;
        PyResult::Ok(classes.cast_into::<PyDict>()?.unbind())
    })?;
    let class = classes.bind(py).as_any().get_item(error.code().as_str())?;
    class.call1((error.message(), error.details().clone()))
}
