//! Records: frozen classes that hold what the surface gave, and turn a field into Python's value
//! when somebody asks for it.

use std::fmt::Write;

use super::{Target, docs, types};
use crate::bindgen::model::{Field, Record, Type};

/// All of them; options are no records to Python, but named arguments.
pub fn all(target: &Target<'_>) -> String {
    let records = target
        .model
        .records
        .values()
        .filter(|record| !record.options);
    records.map(|record| class(target, record)).collect()
}

fn class(target: &Target<'_>, record: &Record) -> String {
    let (name, package) = (&record.name, target.package);
    let mut methods = String::new();
    if record.input {
        methods += &constructor(record);
    }
    for field in &record.fields {
        methods += &getter(field, &format!("self.0.{}", field.name), "&self");
    }
    let shown = shown(&record.fields, |field| format!("&self.0.{field}"));
    let mut code = format!(
        "{docs}
        #[pyclass(frozen, eq, module = \"{package}\")]
        #[derive(PartialEq)]
        pub struct {name}(surface::{name});

        #[pymethods]
        impl {name} {{
            {methods}
            fn __repr__(&self, py: Python<'_>) -> PyResult<String> {{
                Ok(shown(\"{name}\", &[{shown}]))
            }}
        }}

        impl IntoPython for surface::{name} {{
            fn into_python(self, py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {{
                Ok(Bound::new(py, {name}(self))?.into_any())
            }}
        }}\n",
        docs = docs::rust(&record.docs),
    );
    if record.input {
        let _ = write!(
            code,
            "impl FromPython for surface::{name} {{
                fn from_python(value: &Bound<'_, PyAny>, name: &str) -> PyResult<Self> {{
                    let record = value.cast::<{name}>();
                    record.map(|record| record.get().0.clone()).map_err(|_| wrong(value, name, \"{name}\"))
                }}
            }}\n"
        );
    }
    code
}

fn constructor(record: &Record) -> String {
    let name = &record.name;
    let Arguments {
        signature,
        text,
        parameters,
        values,
    } = Arguments::of(&record.fields);
    format!(
        "#[new]
        #[pyo3(signature = (*, {signature}), text_signature = \"(*, {text})\")]
        fn __new__({parameters}) -> PyResult<Self> {{ Ok(Self(surface::{name} {{ {values} }})) }}\n"
    )
}

/// Fields as named arguments of a function in the glue.
pub struct Arguments {
    /// As pyo3 wants them.
    pub signature: String,
    /// As Python shows them.
    pub text: String,
    /// As Rust wants them.
    pub parameters: String,
    /// As fields of the record that is made.
    pub values: String,
}

impl Arguments {
    /// All fields: those without a default must be given.
    pub fn of(fields: &[Field]) -> Self {
        let (mut signature, mut text) = (Vec::new(), Vec::new());
        let (mut parameters, mut values) = (String::new(), String::new());
        for Field { name, kind, .. } in fields {
            match types::default(kind) {
                Some(default) => {
                    signature.push(format!("{name} = Given(None)"));
                    text.push(format!("{name}={default}"));
                    let _ = write!(parameters, "{name}: Given<'_>,");
                    let _ = write!(values, "{name}: given({name}, {name:?})?,");
                }
                None => {
                    signature.push(name.clone());
                    text.push(name.clone());
                    let _ = write!(parameters, "{name}: &Bound<'_, PyAny>,");
                    let _ = write!(values, "{name}: required({name}, {name:?})?,");
                }
            }
        }
        let (signature, text) = (signature.join(", "), text.join(", "));
        Self {
            signature,
            text,
            parameters,
            values,
        }
    }
}

/// A property that is made when it is asked for.
pub fn getter(field: &Field, value: &str, receiver: &str) -> String {
    let (name, docs) = (&field.name, docs::rust(&field.docs));
    format!(
        "{docs}
        #[getter]
        fn {name}<'py>({receiver}, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {{
            {value}.clone().into_python(py)
        }}\n"
    )
}

/// What `__repr__` shows of fields: nothing of a secret.
pub fn shown(fields: &[Field], reference: impl Fn(&str) -> String) -> String {
    fields.iter().fold(String::new(), |mut code, field| {
        let name = &field.name;
        let value = match field.kind.innermost() {
            Type::Secret => "hidden()".to_owned(),
            _ => format!("plain(py, {})?", reference(name)),
        };
        let _ = write!(code, "({name:?}, {value}),");
        code
    })
}
