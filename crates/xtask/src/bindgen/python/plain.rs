//! Values that cross as one value of Python's, by a table.

use std::fmt::Write;

use super::Target;

/// A type that has a class of Python's own.
struct Plain {
    rust: &'static str,
    /// The class in the glue, and what Python calls it.
    class: &'static str,
    called: &'static str,
    /// The value that is taken of an `it` of the class.
    taken: &'static str,
    /// What Python is given.
    given: &'static str,
}

const PLAIN: &[Plain] = &[
    Plain {
        rust: "bool",
        class: "PyBool",
        called: "bool",
        taken: "Ok(it.is_true())",
        given: "self",
    },
    Plain {
        rust: "i32",
        class: "PyInt",
        called: "int",
        taken: "whole(it, name)",
        given: "self",
    },
    Plain {
        rust: "i64",
        class: "PyInt",
        called: "int",
        taken: "whole(it, name)",
        given: "self",
    },
    Plain {
        rust: "String",
        class: "PyString",
        called: "str",
        taken: "text(it, name).map(Self::from)",
        given: "self",
    },
    Plain {
        rust: "Secret",
        class: "PyString",
        called: "str",
        taken: "text(it, name).map(Self::from)",
        given: "self.expose()",
    },
    Plain {
        rust: "Vec<u8>",
        class: "PyBytes",
        called: "bytes",
        taken: "Ok(it.as_bytes().to_vec())",
        given: "self",
    },
];

/// How each of them goes over the border, and ids, which go as their text.
pub fn all(target: &Target<'_>) -> String {
    let mut code = String::from(
        "use pyo3::types::{PyBool, PyBytes, PyInt, PyString};
         use pyo3::IntoPyObjectExt;
         use tympan_surface::Secret;
         use crate::answer::failure;\n",
    );
    for plain in PLAIN {
        let Plain {
            rust,
            class,
            called,
            taken,
            given,
        } = plain;
        let _ = write!(
            code,
            "impl FromPython for {rust} {{
                fn from_python(value: &Bound<'_, PyAny>, name: &str) -> PyResult<Self> {{
                    let it = value.cast::<{class}>().map_err(|_| wrong(value, name, \"{called}\"))?;
                    {taken}
                }}
            }}
            impl IntoPython for {rust} {{
                fn into_python(self, py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {{
                    {given}.into_bound_py_any(py)
                }}
            }}\n"
        );
    }
    for id in target.model.ids.keys() {
        let _ = write!(
            code,
            "impl FromPython for surface::{id} {{
                fn from_python(value: &Bound<'_, PyAny>, name: &str) -> PyResult<Self> {{
                    let id = String::from_python(value, name)?.parse();
                    id.map_err(|error| failure(value.py(), &error))
                }}
            }}
            impl IntoPython for surface::{id} {{
                fn into_python(self, py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {{
                    self.to_string().into_python(py)
                }}
            }}\n"
        );
    }
    code
}
