//! Values over the border, without loss: what does not fit is refused with Python's own errors,
//! which name the argument.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::str::FromStr;

use pyo3::exceptions::{PyOverflowError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{
    PyBool, PyBytes, PyDict, PyInt, PyList, PyMapping, PyNone, PySequence, PyString,
};

use tympan_surface::{Error, Secret};

use crate::answer::{exception, failure};

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
    value
        .0
        .map_or_else(|| Ok(T::default()), |value| required(&value, name))
}

/// The value of an argument.
///
/// # Errors
/// As [`FromPython::from_python`].
pub fn required<T: FromPython>(value: &Bound<'_, PyAny>, name: &str) -> PyResult<T> {
    T::from_python(value, name)
}

/// A value of another type than is due.
pub fn wrong(value: &Bound<'_, PyAny>, name: &str, due: &str) -> PyErr {
    match value.get_type().name() {
        Ok(found) => PyTypeError::new_err(format!("{name} must be {due}, not {found}")),
        Err(error) => error,
    }
}

/// How a record shows itself: as the call that would make it.
///
/// # Errors
/// What Python says when it shows a value.
pub fn shown(name: &str, fields: &[(&str, String)]) -> String {
    let fields: Vec<String> = fields
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    format!("{name}({})", fields.join(", "))
}

/// How a field shows itself.
///
/// # Errors
/// What Python says when it shows a value.
pub fn plain<T: IntoPython + Clone>(py: Python<'_>, value: &T) -> PyResult<String> {
    Ok(value.clone().into_python(py)?.repr()?.to_string())
}

/// Instead of a secret.
pub fn hidden() -> String {
    "<hidden>".to_owned()
}

impl FromPython for bool {
    fn from_python(value: &Bound<'_, PyAny>, name: &str) -> PyResult<Self> {
        let flag = value.cast::<PyBool>();
        flag.map(|flag| flag.is_true())
            .map_err(|_| wrong(value, name, "bool"))
    }
}

fn whole<'py, T>(value: &Bound<'py, PyAny>, name: &str) -> PyResult<T>
where
    T: for<'a> FromPyObject<'a, 'py, Error = PyErr>,
{
    // A bool is an int to Python, and neither a count nor an amount to anybody.
    if !value.is_instance_of::<PyInt>() || value.is_instance_of::<PyBool>() {
        return Err(wrong(value, name, "int"));
    }
    value.extract().map_err(|_| {
        let bits = 8 * size_of::<T>();
        PyOverflowError::new_err(format!("{name} does not fit into {bits} bits"))
    })
}

impl FromPython for i32 {
    fn from_python(value: &Bound<'_, PyAny>, name: &str) -> PyResult<Self> {
        whole(value, name)
    }
}

impl FromPython for i64 {
    fn from_python(value: &Bound<'_, PyAny>, name: &str) -> PyResult<Self> {
        whole(value, name)
    }
}

fn text<'a>(value: &'a Bound<'_, PyAny>, name: &str) -> PyResult<&'a str> {
    let text = value
        .cast::<PyString>()
        .map_err(|_| wrong(value, name, "str"))?;
    text.to_str().map_err(|_| {
        PyValueError::new_err(format!("{name} has half a surrogate pair, which is no text"))
    })
}

impl FromPython for String {
    fn from_python(value: &Bound<'_, PyAny>, name: &str) -> PyResult<Self> {
        text(value, name).map(str::to_owned)
    }
}

impl FromPython for Secret {
    fn from_python(value: &Bound<'_, PyAny>, name: &str) -> PyResult<Self> {
        text(value, name).map(Self::from)
    }
}

/// An id, from its text.
///
/// # Errors
/// `TypeError` or `ValueError`; `InvalidId` for a text of another form.
pub fn id<T: FromStr<Err = Error>>(value: &Bound<'_, PyAny>, name: &str) -> PyResult<T> {
    text(value, name)?
        .parse()
        .map_err(|error| failure(value.py(), &error))
}

impl FromPython for Vec<u8> {
    fn from_python(value: &Bound<'_, PyAny>, name: &str) -> PyResult<Self> {
        let bytes = value.cast::<PyBytes>();
        bytes
            .map(|bytes| bytes.as_bytes().to_vec())
            .map_err(|_| wrong(value, name, "bytes"))
    }
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
        elements
            .map(|element| T::from_python(&element?, name))
            .collect()
    }
}

impl<T: FromPython> FromPython for BTreeMap<String, T> {
    fn from_python(value: &Bound<'_, PyAny>, name: &str) -> PyResult<Self> {
        let mapping = value
            .cast::<PyMapping>()
            .map_err(|_| wrong(value, name, "a mapping"))?;
        let pair = |pair: Bound<'_, PyAny>| {
            let (key, value): (Bound<'_, PyAny>, Bound<'_, PyAny>) = pair.extract()?;
            Ok((required(&key, name)?, required(&value, name)?))
        };
        mapping.items()?.iter().map(pair).collect()
    }
}

impl IntoPython for () {
    fn into_python(self, py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
        Ok(PyNone::get(py).to_owned().into_any())
    }
}

impl IntoPython for bool {
    fn into_python(self, py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
        Ok(PyBool::new(py, self).to_owned().into_any())
    }
}

impl IntoPython for i32 {
    fn into_python(self, py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
        i64::from(self).into_python(py)
    }
}

impl IntoPython for i64 {
    fn into_python(self, py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
        Ok(PyInt::new(py, self).into_any())
    }
}

impl IntoPython for String {
    fn into_python(self, py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
        Ok(PyString::new(py, &self).into_any())
    }
}

impl IntoPython for Secret {
    fn into_python(self, py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
        Ok(PyString::new(py, self.expose()).into_any())
    }
}

impl IntoPython for Vec<u8> {
    fn into_python(self, py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
        Ok(PyBytes::new(py, &self).into_any())
    }
}

impl IntoPython for Error {
    fn into_python(self, py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
        exception(py, &self)
    }
}

impl<T: IntoPython> IntoPython for Option<T> {
    fn into_python(self, py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
        match self {
            Some(value) => value.into_python(py),
            None => ().into_python(py),
        }
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
