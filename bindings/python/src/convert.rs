//! Values over the border, without loss: what does not fit is refused with Python's own errors,
//! which name the argument. Plain values, ids, records and enums are generated from what is here.

use std::collections::BTreeMap;
use std::convert::Infallible;

use pyo3::exceptions::{PyOverflowError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyDict, PyInt, PyList, PyMapping, PySequence, PyString};

use tympan_surface::Error;

use crate::answer::exception;

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

/// How a field shows itself.
///
/// # Errors
/// What Python says when it shows a value.
pub fn plain<T: IntoPython + Clone>(py: Python<'_>, value: &T) -> PyResult<String> {
    Ok(value.clone().into_python(py)?.repr()?.to_string())
}

/// A number that fits.
///
/// # Errors
/// `OverflowError`; `TypeError` for a bool.
pub fn whole<'py, T: for<'a> FromPyObject<'a, 'py>>(
    value: &Bound<'py, PyInt>,
    name: &str,
) -> PyResult<T> {
    // A bool is an int to Python, and neither a count nor an amount to anybody.
    if value.is_instance_of::<PyBool>() {
        return Err(wrong(value, name, "int"));
    }
    let bits = 8 * size_of::<T>();
    let too_large = |_| PyOverflowError::new_err(format!("{name} does not fit into {bits} bits"));
    value.extract().map_err(too_large)
}

/// Text that is Unicode.
///
/// # Errors
/// `ValueError`.
pub fn text<'a>(value: &'a Bound<'_, PyString>, name: &str) -> PyResult<&'a str> {
    let broken = |_| PyValueError::new_err(format!("{name} has half a surrogate pair"));
    value.to_str().map_err(broken)
}

impl<T: FromPython> FromPython for Option<T> {
    fn from_python(value: &Bound<'_, PyAny>, name: &str) -> PyResult<Self> {
        match value.is_none() {
            true => Ok(None),
            false => T::from_python(value, name).map(Some),
        }
    }
}

impl<T: FromPython> FromPython for Vec<T> {
    fn from_python(value: &Bound<'_, PyAny>, name: &str) -> PyResult<Self> {
        // Text is a sequence to Python, and a list of letters to nobody.
        let is_text = value.is_instance_of::<PyString>() || value.is_instance_of::<PyBytes>();
        if is_text || value.cast::<PySequence>().is_err() {
            return Err(wrong(value, name, "a sequence"));
        }
        let elements = value.try_iter()?;
        elements.map(|each| T::from_python(&each?, name)).collect()
    }
}

impl<T: FromPython> FromPython for BTreeMap<String, T> {
    fn from_python(value: &Bound<'_, PyAny>, name: &str) -> PyResult<Self> {
        let mapping = value.cast::<PyMapping>();
        let mapping = mapping.map_err(|_| wrong(value, name, "a mapping"))?;
        let pair = |pair: Bound<'_, PyAny>| {
            let (key, value): (Bound<'_, PyAny>, Bound<'_, PyAny>) = pair.extract()?;
            Ok((
                String::from_python(&key, name)?,
                T::from_python(&value, name)?,
            ))
        };
        mapping.items()?.iter().map(pair).collect()
    }
}

impl IntoPython for () {
    fn into_python(self, py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
        Ok(py.None().into_bound(py))
    }
}

impl IntoPython for Error {
    fn into_python(self, py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
        exception(py, &self)
    }
}

impl<T: IntoPython> IntoPython for Option<T> {
    fn into_python(self, py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
        self.map_or_else(|| ().into_python(py), |value| value.into_python(py))
    }
}

impl<T: IntoPython> IntoPython for Vec<T> {
    fn into_python(self, py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
        let elements: PyResult<Vec<_>> = self.into_iter().map(|it| it.into_python(py)).collect();
        Ok(PyList::new(py, elements?)?.into_any())
    }
}

impl<T: IntoPython> IntoPython for BTreeMap<String, T> {
    fn into_python(self, py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
        let dict = PyDict::new(py);
        for (key, value) in self {
            dict.set_item(key, value.into_python(py)?)?;
        }
        Ok(dict.into_any())
    }
}
