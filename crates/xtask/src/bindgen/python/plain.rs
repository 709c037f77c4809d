//! Values that cross as one value of Python's, by a table, and what holds others.

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

/// What holds others, and what is there without a type of the table.
const OTHERS: &str = r#"
/// How a field shows itself.
///
/// # Errors
/// What Python says when it shows a value.
pub fn plain<T: IntoPython + Clone>(py: Python<'_>, value: &T) -> PyResult<String> {
    Ok(value.clone().into_python(py)?.repr()?.to_string())
}

/// A number that fits.
///
/// # Errors
/// `OverflowError`; `TypeError` for a bool.
fn whole<'py, T: for<'a> FromPyObject<'a, 'py>>(
    value: &Bound<'py, PyInt>,
    name: &str,
) -> PyResult<T> {
    // A bool is an int to Python, and neither a count nor an amount to anybody.
    if value.is_instance_of::<PyBool>() {
        return Err(wrong(value, name, "int"));
    }
    let bits = 8 * size_of::<T>();
    let too_large = |_| PyOverflowError::new_err(format!("{name} does not fit into {bits} bits"));
    value.extract().map_err(too_large)
}

/// Text that is Unicode.
///
/// # Errors
/// `ValueError`.
fn text<'a>(value: &'a Bound<'_, PyString>, name: &str) -> PyResult<&'a str> {
    let broken = |_| PyValueError::new_err(format!("{name} has half a surrogate pair"));
    value.to_str().map_err(broken)
}

/// What equal records have in common. They show all that makes them different but secrets.
pub fn hashed(value: &impl std::fmt::Debug) -> u64 {
    let mut hasher = DefaultHasher::new();
    format!("{value:?}").hash(&mut hasher);
    hasher.finish()
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
        elements.map(|each| T::from_python(&each?, name)).collect()
    }
}

impl<T: FromPython> FromPython for BTreeMap<String, T> {
    fn from_python(value: &Bound<'_, PyAny>, name: &str) -> PyResult<Self> {
        let mapping = value.cast::<PyMapping>();
        let mapping = mapping.map_err(|_| wrong(value, name, "a mapping"))?;
        let pair = |pair: Bound<'_, PyAny>| {
            let (key, value): (Bound<'_, PyAny>, Bound<'_, PyAny>) = pair.extract()?;
            Ok((
                String::from_python(&key, name)?,
                T::from_python(&value, name)?,
            ))
        };
        mapping.items()?.iter().map(pair).collect()
    }
}

impl IntoPython for () {
    fn into_python(self, py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
        Ok(py.None().into_bound(py))
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
"#;

/// How each of them goes over the border, and ids, which go as their text.
pub fn all(target: &Target<'_>) -> String {
    let mut code = String::from(
        "use std::collections::BTreeMap;
         use std::hash::{DefaultHasher, Hash, Hasher};
         use pyo3::exceptions::{PyOverflowError, PyValueError};
         use pyo3::types::{PyBool, PyBytes, PyDict, PyInt, PyList, PyMapping, PySequence, PyString};
         use pyo3::IntoPyObjectExt;
         use tympan_surface::{Error, Secret};
         use crate::answer::{exception, failure};\n",
    );
    code += OTHERS;
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
