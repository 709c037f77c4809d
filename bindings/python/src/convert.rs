//! Values over the border, without loss: what does not fit is refused with Python's own errors,
//! which name the argument.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::str::FromStr;

use pyo3::IntoPyObjectExt;
use pyo3::exceptions::{PyOverflowError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyDict, PyInt, PyList, PyMapping, PySequence, PyString};

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
    let value = value.0.map(|value| required(&value, name));
    value.unwrap_or_else(|| Ok(T::default()))
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
    let found = value.get_type().name();
    found.map_or_else(
        |error| error,
        |found| PyTypeError::new_err(format!("{name} must be {due}, not {found}")),
    )
}

/// How a record shows itself: as the call that would make it.
pub fn shown(name: &str, fields: &[(&str, String)]) -> String {
    let fields = fields.iter().map(|(name, value)| format!("{name}={value}"));
    format!("{name}({})", fields.collect::<Vec<_>>().join(", "))
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

/// Types that are converted by a function each.
macro_rules! from_python {
    ($($type:ty: $convert:expr),*) => {$(
        impl FromPython for $type {
            fn from_python(value: &Bound<'_, PyAny>, name: &str) -> PyResult<Self> {
                $convert(value, name)
            }
        }
    )*};
}

from_python! {
    bool: flag,
    i32: whole,
    i64: whole,
    String: |value, name| text(value, name).map(str::to_owned),
    Secret: |value, name| text(value, name).map(Secret::from),
    Vec<u8>: bytes
}

fn flag(value: &Bound<'_, PyAny>, name: &str) -> PyResult<bool> {
    let flag = value.cast::<PyBool>().map(|flag| flag.is_true());
    flag.map_err(|_| wrong(value, name, "bool"))
}

fn whole<'py, T: for<'a> FromPyObject<'a, 'py>>(
    value: &Bound<'py, PyAny>,
    name: &str,
) -> PyResult<T> {
    // A bool is an int to Python, and neither a count nor an amount to anybody.
    if !value.is_instance_of::<PyInt>() || value.is_instance_of::<PyBool>() {
        return Err(wrong(value, name, "int"));
    }
    let bits = 8 * size_of::<T>();
    let too_large = |_| PyOverflowError::new_err(format!("{name} does not fit into {bits} bits"));
    value.extract().map_err(too_large)
}

fn text<'a>(value: &'a Bound<'_, PyAny>, name: &str) -> PyResult<&'a str> {
    let text = value.cast::<PyString>();
    let broken = |_| PyValueError::new_err(format!("{name} has half a surrogate pair"));
    text.map_err(|_| wrong(value, name, "str"))?
        .to_str()
        .map_err(broken)
}

fn bytes(value: &Bound<'_, PyAny>, name: &str) -> PyResult<Vec<u8>> {
    let bytes = value.cast::<PyBytes>().map(|bytes| bytes.as_bytes());
    bytes
        .map(<[u8]>::to_vec)
        .map_err(|_| wrong(value, name, "bytes"))
}

/// An id, from its text.
///
/// # Errors
/// `TypeError` or `ValueError`; `InvalidId` for a text of another form.
pub fn id<T: FromStr<Err = Error>>(value: &Bound<'_, PyAny>, name: &str) -> PyResult<T> {
    let id = text(value, name)?.parse();
    id.map_err(|error| failure(value.py(), &error))
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
        elements.map(|each| required(&each?, name)).collect()
    }
}

impl<T: FromPython> FromPython for BTreeMap<String, T> {
    fn from_python(value: &Bound<'_, PyAny>, name: &str) -> PyResult<Self> {
        let mapping = value.cast::<PyMapping>();
        let mapping = mapping.map_err(|_| wrong(value, name, "a mapping"))?;
        let pair = |pair: Bound<'_, PyAny>| {
            let (key, value): (Bound<'_, PyAny>, Bound<'_, PyAny>) = pair.extract()?;
            Ok((required(&key, name)?, required(&value, name)?))
        };
        mapping.items()?.iter().map(pair).collect()
    }
}

/// Types that are as pyo3 gives them.
macro_rules! into_python {
    ($($type:ty),*) => {$(
        impl IntoPython for $type {
            fn into_python(self, py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
                self.into_bound_py_any(py)
            }
        }
    )*};
}

into_python!(bool, i32, i64, String, Vec<u8>);

impl IntoPython for () {
    fn into_python(self, py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
        Ok(py.None().into_bound(py))
    }
}

impl IntoPython for Secret {
    fn into_python(self, py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
        self.expose().into_bound_py_any(py)
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
