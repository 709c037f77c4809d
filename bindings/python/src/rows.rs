//! Lists in pages, row by row.

use std::sync::{Mutex, PoisonError};

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use tympan_surface::Call;

use crate::answer::waited;
use crate::convert::IntoPython;

/// What a page gives: its rows, and the cursor of the next one.
type Page = (std::vec::IntoIter<Py<PyAny>>, Option<String>);

/// All rows of a list. The next page is asked for when the one before is used up.
#[pyclass(frozen, module = "tympan")]
pub struct Rows {
    ask: Box<dyn Fn(Python<'_>, Option<String>) -> PyResult<Page> + Send + Sync>,
    /// None while a thread asks for the next page.
    state: Mutex<Option<State>>,
}

struct State {
    rows: std::vec::IntoIter<Py<PyAny>>,
    next: Next,
}

enum Next {
    Page(Option<String>),
    Over,
}

impl Rows {
    /// The rows of the page behind a cursor, and of all pages after it.
    pub fn new<P, T>(
        after: Option<String>,
        ask: impl Fn(Option<String>) -> Call<P> + Send + Sync + 'static,
        parts: fn(P) -> (Vec<T>, Option<String>),
    ) -> Self
    where
        P: Send + 'static,
        T: IntoPython + 'static,
    {
        let ask = move |py: Python<'_>, after| {
            let (rows, next) = parts(waited(py, ask(after))?);
            let rows = rows.into_iter().map(|row| row.into_python(py));
            let rows: PyResult<Vec<_>> = rows.map(|row| row.map(Bound::unbind)).collect();
            Ok((rows?.into_iter(), next))
        };
        Self {
            ask: Box::new(ask),
            state: Mutex::new(Some(State {
                rows: Vec::new().into_iter(),
                next: Next::Page(after),
            })),
        }
    }

    fn swap(&self, state: Option<State>) -> Option<State> {
        let mut kept = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut *kept, state)
    }

    fn advance(&self, py: Python<'_>, state: &mut State) -> PyResult<Option<Py<PyAny>>> {
        loop {
            if let Some(row) = state.rows.next() {
                return Ok(Some(row));
            }
            let Next::Page(after) = std::mem::replace(&mut state.next, Next::Over) else {
                return Ok(None);
            };
            let (rows, next) = (self.ask)(py, after)?;
            state.rows = rows;
            state.next = next.map_or(Next::Over, |next| Next::Page(Some(next)));
        }
    }
}

#[pymethods]
impl Rows {
    fn __iter__(rows: Bound<'_, Self>) -> Bound<'_, Self> {
        rows
    }

    fn __next__(&self, py: Python<'_>) -> PyResult<Option<Py<PyAny>>> {
        let Some(mut state) = self.swap(None) else {
            return Err(PyValueError::new_err("another thread asks for the next page"));
        };
        let row = self.advance(py, &mut state);
        self.swap(Some(state));
        row
    }
}
