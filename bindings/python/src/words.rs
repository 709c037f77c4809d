//! Closed sets of words: enums that are written in Python.

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

use crate::convert::wrong;

/// The members of one enum, and what each of them means.
pub struct Words<T: 'static> {
    module: &'static str,
    class: &'static str,
    meanings: &'static [(&'static str, T)],
    members: PyOnceLock<Vec<Py<PyAny>>>,
}

impl<T: Copy + PartialEq> Words<T> {
    /// The enum of a module, its members by their names.
    pub const fn new(
        module: &'static str,
        class: &'static str,
        meanings: &'static [(&'static str, T)],
    ) -> Self {
        Self {
            module,
            class,
            meanings,
            members: PyOnceLock::new(),
        }
    }

    /// What a member means.
    ///
    /// # Errors
    /// `TypeError` for anything else, even a text of the same letters.
    pub fn meaning(&self, value: &Bound<'_, PyAny>, name: &str) -> PyResult<T> {
        let members = self.members(value.py())?.iter().zip(self.meanings);
        let mut found = members.filter(|(member, _)| member.is(value));
        let meaning = found.next().map(|(_, (_, meaning))| *meaning);
        meaning.ok_or_else(|| wrong(value, name, self.class))
    }

    /// The member that means something.
    ///
    /// # Errors
    /// If the enum does not have it.
    pub fn member<'py>(&self, py: Python<'py>, meant: T) -> PyResult<Bound<'py, PyAny>> {
        let mut members = self.members(py)?.iter().zip(self.meanings);
        let found = members.find(|(_, (_, meaning))| *meaning == meant);
        found
            .map(|(member, _)| member.bind(py).clone())
            .ok_or_else(|| pyo3::exceptions::PySystemError::new_err(self.class))
    }

    fn members(&self, py: Python<'_>) -> PyResult<&Vec<Py<PyAny>>> {
        self.members.get_or_try_init(py, || {
            let class = py.import(self.module)?.getattr(self.class)?;
            let member = |(name, _): &(&str, T)| class.getattr(*name).map(Bound::unbind);
            self.meanings.iter().map(member).collect()
        })
    }
}
