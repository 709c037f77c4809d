//! Values over the border, without loss: what does not fit is refused with Python's own errors,
//! which name the argument. Plain values, ids, records, enums and what holds others
//! are generated from what is here.

use std::convert::Infallible;

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;

/// A value that Python gives.
pub trait FromPython: Sized {
    /// # Errors
    /// `TypeError`, `OverflowError` or `ValueError`, naming the argument.
    fn from_python(value: &Bound<'_, PyAny>, name: &str) -> PyResult<Self>;
}

/// A value that Python gets.
pub trait IntoPython {
    /// # Errors
    /// What Python says when it makes the value.
    fn into_python(self, py: Python<'_>) -> PyResult<Bound<'_, PyAny>>;
}

/// An argument that may be left out. None is not the same: where none has a meaning, it is given.
pub struct Given<'py>(pub Option<Bound<'py, PyAny>>);

impl<'py> FromPyObject<'_, 'py> for Given<'py> {
    type Error = Infallible;

    fn extract(value: Borrowed<'_, 'py, PyAny>) -> Result<Self, Infallible> {
        Ok(Self(Some(value.to_owned())))
    }
}

/// The value of an argument, or its default.
///
/// # Errors
/// As [`FromPython::from_python`].
pub fn given<T: FromPython + Default>(value: Given<'_>, name: &str) -> PyResult<T> {
    let value = value.0.map(|value| T::from_python(&value, name));
    value.unwrap_or_else(|| Ok(T::default()))
}

/// A value of another type than is due.
pub fn wrong(value: &Bound<'_, PyAny>, name: &str, due: &str) -> PyErr {
    let found = value.get_type().name();
    found.map_or_else(
        |error| error,
        |found| PyTypeError::new_err(format!("{name} must be {due}, not {found}")),
    )
}
