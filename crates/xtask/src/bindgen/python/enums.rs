//! Enums: words are Python's own enums; those with fields are a class with one subclass for each
//! variant.

use std::fmt::Write;

use super::records::{Arguments, shown};
use super::{Target, docs, types};
use crate::bindgen::model::{Enum, Field, Type, Variant};
use crate::bindgen::names::{snake, upper};

/// All of them.
pub fn all(target: &Target<'_>) -> String {
    let enums = target.model.enums.values();
    let code = |words: &Enum| match words.has_fields() {
        true => class(target, words),
        false => words_of(target, words),
    };
    enums.map(code).collect()
}

/// The words of an enum, each between quotes.
pub fn quoted(words: &Enum, quote: char) -> String {
    let variants = words.variants.iter();
    let words: Vec<String> = variants
        .map(|variant| format!("{quote}{}{quote}", snake(&variant.name)))
        .collect();
    words.join(", ")
}

/// The function that adds an enum's classes.
pub fn register_name(name: &str) -> String {
    format!("register_{}", snake(name))
}

/// The members are made, and looked up, by Python: it knows them by their text.
fn words_of(target: &Target<'_>, words: &Enum) -> String {
    let (name, package) = (&words.name, target.package);
    let class = upper(name);
    let (mut told, mut meant) = (String::new(), String::new());
    let one_of = quoted(words, '\'');
    for variant in &words.variants {
        let (variant, word) = (&variant.name, snake(&variant.name));
        let _ = write!(told, "Self::{variant} => {word:?},");
        let _ = write!(meant, "{word:?} => Ok(Self::{variant}),");
    }
    let class = format!("{class}.import(py, \"{package}.enums\", \"{name}\")?");
    let mut code = format!(
        "static {}: PyOnceLock<Py<PyType>> = PyOnceLock::new();
        impl IntoPython for surface::{name} {{
            fn into_python(self, py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {{
                let word = match self {{ {told} }};
                {class}.call1((word,))
            }}
        }}\n",
        upper(name),
    );
    if words.input {
        let _ = write!(
            code,
            "impl FromPython for surface::{name} {{
                fn from_python(value: &Bound<'_, PyAny>, name: &str) -> PyResult<Self> {{
                    let py = value.py();
                    // A member of another enum is text too, and meant as something else.
                    let is_text = value.cast_exact::<pyo3::types::PyString>().is_ok();
                    if !is_text && !value.is_instance({class})? {{ return Err(wrong(value, name, \"{name}\")); }}
                    match String::from_python(value, name)?.as_str() {{
                        {meant}
                        _ => Err(pyo3::exceptions::PyValueError::new_err(format!(\"{{name}} must be one of {one_of}\"))),
                    }}
                }}
            }}\n"
        );
    }
    code
}

fn class(target: &Target<'_>, words: &Enum) -> String {
    let (name, package) = (&words.name, target.package);
    let docs = docs::rust(&words.docs);
    let (mut shows, mut makes, mut variants, mut registers) =
        (String::new(), String::new(), String::new(), String::new());
    for variant in &words.variants {
        let class = format!("{name}{}", variant.name);
        let names = pattern(variant);
        let shown = shown(&format!("{name}.{}", variant.name), &variant.fields, "");
        let _ = write!(
            shows,
            "surface::{name}::{} {names} => {shown},",
            variant.name
        );
        let _ = write!(
            makes,
            "surface::{name}::{} {{ .. }} => Bound::new(py, base.add_subclass({class}))?.into_any(),",
            variant.name
        );
        let _ = write!(
            registers,
            "let class = module.py().get_type::<{class}>();
             class.setattr(\"__name__\", {0:?})?;
             class.setattr(\"__qualname__\", \"{name}.{0}\")?;
             base.setattr({0:?}, class)?;",
            variant.name
        );
        variants += &variant_class(target, words, variant);
    }
    let register = register_name(name);
    let mut code = format!(
        "{docs}
        #[pyclass(frozen, eq, subclass, module = \"{package}\")]
        #[derive(PartialEq)]
        pub struct {name}(surface::{name});

        #[pymethods]
        impl {name} {{
            fn __hash__(&self) -> u64 {{ hashed(&self.0) }}
            fn __repr__(&self, py: Python<'_>) -> PyResult<String> {{
                Ok(match &self.0 {{ {shows} }})
            }}
        }}

        {variants}

        /// Adds the class, with that of each variant in it.
        ///
        /// # Errors
        /// What Python says.
        pub fn {register}(module: &Bound<'_, PyModule>) -> PyResult<()> {{
            let base = module.py().get_type::<{name}>();
            {registers}
            module.add_class::<{name}>()
        }}

        impl IntoPython for surface::{name} {{
            fn into_python(self, py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {{
                let variant = self.clone();
                let base = PyClassInitializer::from({name}(self));
                Ok(match variant {{ {makes} }})
            }}
        }}\n"
    );
    if words.input {
        code += &from_python(words);
    }
    code
}

fn from_python(words: &Enum) -> String {
    let (name, id) = (&words.name, types::bare_id(words));
    let due = id.map_or(name.clone(), |id| format!("{name} or {id}"));
    let bare = id.map_or(String::new(), |_| {
        "if value.is_instance_of::<pyo3::types::PyString>() {
            return Ok(Self::Id { id: FromPython::from_python(value, name)? });
        }"
        .to_owned()
    });
    format!(
        "impl FromPython for surface::{name} {{
            fn from_python(value: &Bound<'_, PyAny>, name: &str) -> PyResult<Self> {{
                {bare}
                let known = value.cast::<{name}>();
                known.map(|known| known.get().0.clone()).map_err(|_| wrong(value, name, {due:?}))
            }}
        }}\n"
    )
}

fn pattern(variant: &Variant) -> String {
    let names: Vec<&str> = variant
        .fields
        .iter()
        .map(|field| field.name.as_str())
        .collect();
    let shown = |field: &&Field| *field.kind.innermost() != Type::Secret;
    let shown = variant
        .fields
        .iter()
        .filter(shown)
        .map(|field| field.name.as_str());
    match names.is_empty() {
        true => String::new(),
        false => format!(
            "{{ {} .. }}",
            shown.fold(String::new(), |all, name| all + name + ",")
        ),
    }
}

fn variant_class(target: &Target<'_>, words: &Enum, variant: &Variant) -> String {
    let (base, name, package) = (&words.name, &variant.name, target.package);
    let docs = docs::rust(&variant.docs);
    let mut methods = String::new();
    if words.input {
        let Arguments {
            signature,
            text,
            parameters,
            values,
        } = Arguments::of(&variant.fields);
        let (signature, text) = match variant.fields.is_empty() {
            true => (String::new(), String::new()),
            false => (format!("*, {signature}"), format!("*, {text}")),
        };
        let value = match variant.fields.is_empty() {
            true => format!("surface::{base}::{name}"),
            false => format!("surface::{base}::{name} {{ {values} }}"),
        };
        let _ = write!(
            methods,
            "#[new]
            #[pyo3(signature = ({signature}), text_signature = \"({text})\")]
            fn __new__({parameters}) -> PyResult<PyClassInitializer<Self>> {{
                Ok(PyClassInitializer::from({base}({value})).add_subclass(Self))
            }}\n"
        );
    }
    for field in &variant.fields {
        let _ = write!(
            methods,
            "{docs}
            #[getter]
            fn {field}<'py>(variant: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {{
                match &variant.as_super().get().0 {{
                    surface::{base}::{name} {{ {field}, .. }} => {field}.clone().into_python(variant.py()),
                    #[allow(unreachable_patterns, reason = \"there may be no other\")]
                    _ => ().into_python(variant.py()),
                }}
            }}\n",
            docs = docs::rust(&field.docs),
            field = field.name,
        );
    }
    format!(
        "{docs}
        #[pyclass(frozen, extends = {base}, module = \"{package}\")]
        pub struct {base}{name};

        #[pymethods]
        impl {base}{name} {{ {methods} }}\n"
    )
}
