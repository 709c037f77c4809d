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
    let shown = shown(name, &record.fields, "&self.0.");
    let mut code = format!(
        "{docs}
        #[pyclass(frozen, eq, module = \"{package}\")]
        #[derive(PartialEq)]
        pub struct {name}(surface::{name});

        #[pymethods]
        impl {name} {{
            {methods}
            fn __hash__(&self) -> u64 {{ hashed(&self.0) }}
            fn __repr__(&self, py: Python<'_>) -> PyResult<String> {{
                Ok({shown})
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
                    let _ = write!(
                        values,
                        "{name}: FromPython::from_python({name}, {name:?})?,"
                    );
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

/// What `__repr__` shows: the call that would make it, and nothing of a secret. The fields are
/// found behind `holder`.
pub fn shown(name: &str, fields: &[Field], holder: &str) -> String {
    let (mut shown, mut values) = (Vec::new(), String::new());
    for field in fields {
        let name = &field.name;
        if *field.kind.innermost() == Type::Secret {
            shown.push(format!("{name}=<hidden>"));
        } else {
            shown.push(format!("{name}={{}}"));
            let _ = write!(values, "plain(py, {holder}{name})?,");
        }
    }
    let text = format!("{name}({})", shown.join(", "));
    match values.is_empty() {
        true => format!("{text:?}.to_owned()"),
        false => format!("format!({text:?}, {values})"),
    }
}
