//! Lists in pages, row by row.

use pyo3::prelude::*;

use tympan_surface::Call;

use crate::answer::{guarded, waited};
use crate::convert::IntoPython;

type Given = std::vec::IntoIter<Py<PyAny>>;

/// Asks for the page behind a cursor: its rows, and the cursor of the next one.
type Ask = dyn Fn(Python<'_>, Option<String>) -> PyResult<(Given, Option<String>)> + Send + Sync;

/// All rows of a list. The next page is asked for when the one before is used up. While a thread
/// asks for it, other threads are refused, as by a generator.
#[pyclass(module = "tympan")]
pub struct Rows {
    ask: Box<Ask>,
    rows: Given,
    /// The cursor of the page to ask for next; none: there is no more.
    next: Option<Option<String>>,
}

impl Rows {
    /// The rows of the page behind a cursor, and of all pages after it.
    pub fn new<P: Send + 'static, T: IntoPython + 'static>(
        after: Option<String>,
        ask: impl Fn(Option<String>) -> Call<P> + Send + Sync + 'static,
        parts: fn(P) -> (Vec<T>, Option<String>),
    ) -> Self {
        let ask = move |py: Python<'_>, after| {
            let (rows, next) = parts(waited(py, ask(after))?);
            let rows = rows.into_iter().map(|row| row.into_python(py));
            let rows: PyResult<Vec<_>> = rows.map(|row| row.map(Bound::unbind)).collect();
            Ok((rows?.into_iter(), next))
        };
        let (ask, rows) = (Box::new(ask), Vec::new().into_iter());
        let next = Some(after);
        Self { ask, rows, next }
    }
}

#[pymethods]
impl Rows {
    fn __iter__(rows: Bound<'_, Self>) -> Bound<'_, Self> {
        rows
    }

    fn __next__(&mut self, py: Python<'_>) -> PyResult<Option<Py<PyAny>>> {
        guarded(py, || {
            loop {
                if let Some(row) = self.rows.next() {
                    return Ok(Some(row));
                }
                let Some(after) = self.next.take() else {
                    return Ok(None);
                };
                let (rows, next) = (self.ask)(py, after)?;
                (self.rows, self.next) = (rows, next.map(Some));
            }
        })
    }
}
