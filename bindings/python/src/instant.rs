//! Instants: aware `datetime` in UTC on Python's side, milliseconds on the other.

use pyo3::exceptions::{PyOverflowError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyDateTime, PyDelta, PyTzInfo};

use tympan_surface::Timestamp;

use crate::convert::{FromPython, IntoPython, wrong};

fn epoch(py: Python<'_>) -> PyResult<Bound<'_, PyDateTime>> {
    let utc = PyTzInfo::utc(py)?;
    PyDateTime::new(py, 1970, 1, 1, 0, 0, 0, 0, Some(&*utc))
}

fn millisecond(py: Python<'_>) -> PyResult<Bound<'_, PyDelta>> {
    PyDelta::new(py, 0, 0, 1_000, false)
}

/// Microseconds are rounded down to milliseconds; what is not aware of its time zone is refused.
impl FromPython for Timestamp {
    fn from_python(value: &Bound<'_, PyAny>, name: &str) -> PyResult<Self> {
        if !value.is_instance_of::<PyDateTime>() {
            return Err(wrong(value, name, "datetime"));
        }
        if value.call_method0("utcoffset")?.is_none() {
            let message = format!("{name} must be aware of its time zone");
            return Err(PyValueError::new_err(message));
        }
        let (py, since) = (value.py(), value.sub(epoch(value.py())?)?);
        let millis = since.floor_div(millisecond(py)?)?.extract()?;
        let instant = Self::from_millis(millis);
        match instant.millis() == millis {
            true => Ok(instant),
            false => Err(PyOverflowError::new_err(format!("{name} is before 1970"))),
        }
    }
}

impl IntoPython for Timestamp {
    fn into_python(self, py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
        epoch(py)?.add(millisecond(py)?.mul(self.millis())?)
    }
}
