//! Instants: aware `datetime` in UTC on Python's side, milliseconds on the other.

use pyo3::exceptions::{PyOverflowError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyDateTime, PyDelta, PyDeltaAccess, PyTzInfo};

use tympan_surface::Timestamp;

use crate::convert::{FromPython, IntoPython, wrong};

fn epoch(py: Python<'_>) -> PyResult<Bound<'_, PyDateTime>> {
    let utc = PyTzInfo::utc(py)?;
    PyDateTime::new(py, 1970, 1, 1, 0, 0, 0, 0, Some(&*utc))
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
        let since = value.sub(epoch(value.py())?)?.cast_into::<PyDelta>()?;
        let seconds = i64::from(since.get_days()) * 86_400 + i64::from(since.get_seconds());
        let millis = seconds * 1_000 + i64::from(since.get_microseconds() / 1_000);
        let instant = Self::from_millis(millis);
        match instant.millis() == millis {
            true => Ok(instant),
            false => Err(PyOverflowError::new_err(format!("{name} is before 1970"))),
        }
    }
}

impl IntoPython for Timestamp {
    fn into_python(self, py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
        let (days, rest) = (self.millis() / 86_400_000, self.millis() % 86_400_000);
        let [days, seconds, micros] = [days, rest / 1_000, rest % 1_000 * 1_000].map(i32::try_from);
        epoch(py)?.add(PyDelta::new(py, days?, seconds?, micros?, false)?)
    }
}
