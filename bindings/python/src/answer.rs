//! Answers and errors.

use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::time::Duration;

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

use tympan_surface::{Call, Code, Error};

use crate::convert::IntoPython;

/// How often a thread that waits for a store to open looks whether somebody pressed Ctrl-C.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// The classes of `tympan.errors` by code.
static CLASSES: PyOnceLock<Py<PyAny>> = PyOnceLock::new();

/// Does what a call asks for, while other threads of Python run.
///
/// # Errors
/// The call's.
pub fn answered<T>(py: Python<'_>, call: Call<T>) -> PyResult<Bound<'_, PyAny>>
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
    py.detach(|| call.wait())
        .map_err(|error| failure(py, &error))
}

/// What opens a store, on a thread of its own, for a server that does not answer may take its time:
/// Ctrl-C ends the wait, and what is opened after all is closed at once.
///
/// # Errors
/// The call's; whatever a signal's handler raises.
pub fn opened<T>(py: Python<'_>, call: Call<T>) -> PyResult<Bound<'_, PyAny>>
where
    T: IntoPython + Send + 'static,
{
    let (send, mut receive) = sync_channel(1);
    std::thread::Builder::new().spawn(move || send.send(call.wait()))?;
    loop {
        let receive = &mut receive;
        let answer = match py.detach(move || receive.recv_timeout(LOOK_EVERY)) {
            Ok(answer) => answer,
            Err(RecvTimeoutError::Disconnected) => Err(Error::of(Code::Internal)),
            Err(RecvTimeoutError::Timeout) => {
                py.check_signals()?;
                continue;
            }
        };
        return answer.map_err(|error| failure(py, &error))?.into_python(py);
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
        let errors = py.import("tympan.errors")?;
        PyResult::Ok(errors.getattr("BY_CODE")?.unbind())
    })?;
    let class = classes.bind(py).get_item(error.code().as_str())?;
    class.call1((error.message(), error.details().clone()))
}
