//! tympan for Python: the module `tympan._tympan`.
//!
//! What there is to see is generated from the surface's definition by `cargo xtask bindgen` and
//! lies in `generated/`. By hand are only the ways over the border: values ([`convert`]), answers
//! and errors ([`answer`]), calls of event loops ([`begun`]), lists in pages ([`rows`]).

mod answer;
mod begun;
mod convert;
#[allow(
    unused_imports,
    clippy::clone_on_copy,
    clippy::too_many_arguments,
    clippy::unit_arg,
    reason = "what is generated treats all types alike, and a call has as many options as it has"
)]
#[rustfmt::skip]
mod generated;
mod instant;
mod rows;

use pyo3::prelude::*;
use pyo3::types::{IntoPyDict, PyModule};

#[pymodule]
fn _tympan(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    generated::register(module)?;
    module.add_class::<begun::Begun>()?;
    module.add_function(wrap_pyfunction!(begun::begin, module)?)?;
    module.add_function(wrap_pyfunction!(enable_logging, module)?)?;
    #[cfg(feature = "probe")]
    generated::probe::register(module)?;
    let end = wrap_pyfunction!(begun::end, module)?;
    module
        .py()
        .import("atexit")?
        .call_method1("register", (end,))?;
    watch_forks(module)
}

/// Asking twice changes nothing.
#[pyfunction]
fn enable_logging(py: Python<'_>) -> PyResult<bool> {
    let logger = pyo3_log::Logger::new(py, pyo3_log::Caching::LoggersAndLevels)?;
    let _installed = logger.filter(log::LevelFilter::Trace).install();
    Ok(tympan_surface::tell())
}

/// What was opened before a fork is of no use behind it, and must not touch the other's files.
fn watch_forks(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let py = module.py();
    // Where there is no fork, there is nothing to register with.
    if let Some(register) = py.import("os")?.getattr_opt("register_at_fork")? {
        let forked = wrap_pyfunction!(forked, module)?;
        let named = [("after_in_child", forked)].into_py_dict(py)?;
        register.call((), Some(&named))?;
    }
    Ok(())
}

#[pyfunction]
fn forked() {
    tympan_surface::forked();
}
