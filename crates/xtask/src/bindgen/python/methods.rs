//! The handle: every method converts its arguments, lets other threads run while it waits, and
//! converts the answer.

use std::fmt::Write;

use super::records::Arguments;
use super::{Target, docs, types};
use crate::bindgen::model::{Answers, Method, Type};
use crate::bindgen::names::thunk;

/// The class, and what needs no handle, which are functions of the module.
pub fn all(target: &Target<'_>) -> String {
    let handle = &target.model.handle;
    let (name, package, path) = (&handle.name, target.package, target.handle);
    let (mut methods, mut functions) = (String::new(), String::new());
    for method in handle.methods.values() {
        if method.takes_handle {
            methods += &method_of(target, method);
        } else {
            functions += &function(target, method);
        }
        if method.pages {
            methods += &all_rows(target, method);
        }
    }
    if handle.methods.contains_key("close") {
        methods += CONTEXT;
    }
    format!(
        "{docs}
        #[pyclass(frozen, module = \"{package}\")]
        pub struct {name}({path});

        #[pymethods]
        impl {name} {{ {methods} }}

        {functions}

        impl IntoPython for {path} {{
            fn into_python(self, py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {{
                Ok(Bound::new(py, {name}(self))?.into_any())
            }}
        }}\n",
        docs = docs::rust(&handle.docs),
    )
}

const CONTEXT: &str = "
    fn __enter__(handle: Bound<'_, Self>) -> Bound<'_, Self> {
        handle
    }
    fn __exit__(
        &self,
        py: Python<'_>,
        _exception_type: &Bound<'_, PyAny>,
        _exception: &Bound<'_, PyAny>,
        _traceback: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        waited(py, self.0.close())
    }
";

/// What stands before the call: the head of the function, and its arguments as Rust's values.
struct Head {
    attribute: String,
    parameters: String,
    values: String,
    /// The arguments of the call.
    arguments: String,
}

impl Head {
    fn of(target: &Target<'_>, method: &Method) -> Self {
        let (mut signature, mut text) = (Vec::new(), Vec::new());
        if method.takes_handle {
            text.push("$self".to_owned());
        }
        let (mut parameters, mut values, mut arguments) =
            (String::new(), String::new(), Vec::new());
        for parameter in &method.parameters {
            let name = &parameter.name;
            if types::is_optional(&parameter.kind) {
                signature.push(format!("{name} = Given(None)"));
                text.push(format!("{name}=None"));
                let _ = write!(parameters, "{name}: Given<'_>,");
                let _ = write!(values, "let {name} = given({name}, {name:?})?;");
            } else {
                signature.push(name.clone());
                text.push(name.clone());
                let _ = write!(parameters, "{name}: &Bound<'_, PyAny>,");
                let _ = write!(
                    values,
                    "let {name} = FromPython::from_python({name}, {name:?})?;"
                );
            }
            arguments.push(name.clone());
        }
        if let Some(record) = &method.options {
            let options = Arguments::of(types::options(target.model, method));
            signature.push(format!("*, {}", options.signature));
            text.push(format!("*, {}", options.text));
            parameters += &options.parameters;
            let _ = write!(
                values,
                "let options = surface::{record} {{ {} }};",
                options.values
            );
            arguments.push("options".to_owned());
        }
        let (signature, text) = (signature.join(", "), text.join(", "));
        Self {
            attribute: format!("#[pyo3(signature = ({signature}), text_signature = \"({text})\")]"),
            parameters,
            values,
            arguments: arguments.join(", "),
        }
    }
}

fn method_of(target: &Target<'_>, method: &Method) -> String {
    let name = &method.name;
    let docs = docs::rust(&method.docs);
    let Head {
        attribute,
        parameters,
        values,
        arguments,
    } = Head::of(target, method);
    let answer = answer(method, &format!("self.0.{name}({arguments})"));
    format!(
        "{docs}
        {attribute}
        fn {name}<'py>(&self, py: Python<'py>, {parameters}) -> PyResult<Bound<'py, PyAny>> {{
            guarded(py, || {{ {values} {answer} }})
        }}\n"
    )
}

fn answer(method: &Method, call: &str) -> String {
    match method.answers {
        Answers::Call => format!("answered(py, {call})"),
        Answers::Fallible => {
            let call = thunk(call);
            format!("py.detach({call}).map_err(|error| failure(py, &error))?.into_python(py)")
        }
        Answers::Plain => format!("py.detach({}).into_python(py)", thunk(call)),
    }
}

fn function(target: &Target<'_>, method: &Method) -> String {
    let (name, path) = (&method.name, target.handle);
    let docs = docs::rust(&method.docs);
    let Head {
        attribute,
        parameters,
        values,
        arguments,
    } = Head::of(target, method);
    let answer = answer(method, &format!("{path}::{name}({arguments})"));
    format!(
        "{docs}
        #[pyfunction]
        {attribute}
        pub fn {name}<'py>(py: Python<'py>, {parameters}) -> PyResult<Bound<'py, PyAny>> {{
            guarded(py, || {{ {values} {answer} }})
        }}\n"
    )
}

/// The rows of all pages.
fn all_rows(target: &Target<'_>, method: &Method) -> String {
    let name = &method.name;
    let docs = docs::rust(&rows_docs(method));
    let Head {
        attribute,
        parameters,
        values,
        ..
    } = Head::of(target, method);
    let cloned: String = method
        .parameters
        .iter()
        .map(|parameter| format!("{}.clone(), ", parameter.name))
        .collect();
    // The types of the parameters are known by the call only, which is inside the closure.
    let types: String = method
        .parameters
        .iter()
        .map(|parameter| rust_type(&parameter.name, &parameter.kind))
        .collect();
    let page = match &method.gives {
        Type::Record(page) => page.as_str(),
        _ => "",
    };
    format!(
        "{docs}
        {attribute}
        fn {name}_all(&self, py: Python<'_>, {parameters}) -> PyResult<Rows> {{
            guarded(py, || {{
                {values}
                {types}
                let handle = self.0.clone();
                let after = options.after.clone();
                let ask = move |after| {{
                    let mut options = options.clone();
                    options.after = after;
                    handle.{name}({cloned} options)
                }};
                Ok(Rows::new(after, ask, |page: surface::{page}| (page.rows, page.next)))
            }})
        }}\n"
    )
}

fn rust_type(name: &str, kind: &Type) -> String {
    match kind {
        Type::Id(kind) | Type::Record(kind) | Type::Enum(kind) => {
            format!("let {name}: surface::{kind} = {name};")
        }
        _ => String::new(),
    }
}

/// What the rows of all pages are.
pub fn rows_docs(method: &Method) -> crate::bindgen::model::Docs {
    let mut docs = method.docs.clone();
    docs.text = format!(
        "Every row of [`Tympan::{}`]: asks for page after page, `limit` rows at a time.",
        method.name
    );
    docs
}
