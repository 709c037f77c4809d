//! Instants: aware `datetime` in UTC on Python's side, milliseconds on the other.

use pyo3::exceptions::{PyOverflowError, PyValueError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

use tympan_surface::Timestamp;

use crate::convert::{FromPython, IntoPython, wrong};

struct Calendar {
    datetime: Py<PyAny>,
    timedelta: Py<PyAny>,
    epoch: Py<PyAny>,
}

static CALENDAR: PyOnceLock<Calendar> = PyOnceLock::new();

impl Calendar {
    fn of(py: Python<'_>) -> PyResult<&Self> {
        CALENDAR.get_or_try_init(py, || {
            let module = py.import("datetime")?;
            let datetime = module.getattr("datetime")?;
            let utc = module.getattr("timezone")?.getattr("utc")?;
            let epoch = datetime.call1((1970, 1, 1, 0, 0, 0, 0, utc))?;
            Ok(Self {
                datetime: datetime.unbind(),
                timedelta: module.getattr("timedelta")?.unbind(),
                epoch: epoch.unbind(),
            })
        })
    }
}

/// Microseconds are rounded down to milliseconds; what is not aware of its time zone is refused.
impl FromPython for Timestamp {
    fn from_python(value: &Bound<'_, PyAny>, name: &str) -> PyResult<Self> {
        let py = value.py();
        let calendar = Calendar::of(py)?;
        if !value.is_instance(calendar.datetime.bind(py))? {
            return Err(wrong(value, name, "datetime"));
        }
        if value.call_method0("utcoffset")?.is_none() {
            let message = format!("{name} must be aware of its time zone");
            return Err(PyValueError::new_err(message));
        }
        let since = value.sub(calendar.epoch.bind(py))?;
        let part = |part: &str| since.getattr(part)?.extract::<i64>();
        let seconds = part("days")? * 86_400 + part("seconds")?;
        let millis = seconds * 1_000 + part("microseconds")? / 1_000;
        let instant = Self::from_millis(millis);
        if instant.millis() != millis {
            return Err(PyOverflowError::new_err(format!("{name} is before 1970")));
        }
        Ok(instant)
    }
}

impl IntoPython for Timestamp {
    fn into_python(self, py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
        let calendar = Calendar::of(py)?;
        let (seconds, millis) = (self.millis() / 1_000, self.millis() % 1_000);
        let since = calendar
            .timedelta
            .bind(py)
            .call1((0, seconds, millis * 1_000))?;
        calendar.epoch.bind(py).add(since)
    }
}
