//! The methods, as the addon exports them. The first argument is the number of the task that a call
//! becomes; without one it is waited for.

use std::fmt::Write;

use super::{Made, Source};
use crate::bindgen::model::{Answers, Method, Type};
use crate::bindgen::names::{camel, snake};

/// The list of generated modules.
pub fn modules(sources: &[&Source<'_>]) -> String {
    let mut out = String::new();
    for source in sources {
        let name = snake(&source.model.handle.name);
        for part in ["glue", "reading", "writing"] {
            if !source.owns_ids {
                out.push_str("#[cfg(feature = \"probe\")]");
            }
            if part == "glue" {
                out.push_str(
                    "#[allow(clippy::too_many_arguments, reason = \"as many as the method has\")]",
                );
            }
            let _ = write!(out, "mod {name}_{part};");
        }
    }
    out
}

pub fn file(source: &Source<'_>) -> String {
    let handle = &source.model.handle;
    let native = native(&handle.name);
    let (functions, methods): (Vec<&Method>, Vec<&Method>) = handle
        .methods
        .values()
        .partition(|method| !method.takes_handle);
    let functions: String = functions
        .into_iter()
        .map(|method| function(method, &handle.name))
        .collect();
    let methods: String = methods.into_iter().map(member).collect();
    let name = &handle.name;
    let maker = source.maker(|made| matches!(made, Made::Handle));
    format!(
        "use std::rc::Rc;
        use napi::bindgen_prelude::{{Env, JavaScriptClassExt, JsValue, Result, Unknown}};
        use napi_derive::napi;
        use crate::binding::{{Binding, Environment, FIRST_MAKER}};
        use crate::read::{{argument, or_default}};
        use crate::write::{{Write, Writer}};

        /// The handle.
        #[napi]
        pub struct {native} {{ environment: Rc<Environment>, handle: tympan_surface::{name} }}

        impl Write for tympan_surface::{name} {{
            fn write<'a>(self, writer: Writer<'a>) -> Result<Unknown<'a>> {{
                let environment = writer.environment.clone();
                let native = {native} {{ environment, handle: self }};
                let native = native.into_instance(writer.env)?.to_unknown();
                writer.make({maker}, &[native])
            }}
        }}

        {functions}

        #[napi]
        impl {native} {{ {methods} }}"
    )
}

/// `NativeTympan`.
fn native(handle: &str) -> String {
    format!("Native{handle}")
}

/// `tympanOpen`, as JavaScript calls what makes a handle.
pub fn function_name(handle: &str, method: &str) -> String {
    camel(&format!("{}_{method}", snake(handle)))
}

fn function(method: &Method, handle: &str) -> String {
    format!(
        "/// `{handle}.{}`
        #[napi(catch_unwind)]
        pub fn {}_{}<'a>(binding: &'a Binding, env: &'a Env, {}) -> Result<Unknown<'a>> {{
            binding.0.{}
        }}",
        camel(&method.name),
        snake(handle),
        method.name,
        parameters(method),
        answer(method, &format!("tympan_surface::{handle}::"))
    )
}

fn member(method: &Method) -> String {
    format!(
        "/// `{}`
        #[napi(catch_unwind)]
        pub fn {}<'a>(&'a self, env: &'a Env, {}) -> Result<Unknown<'a>> {{
            self.environment.{}
        }}",
        camel(&method.name),
        method.name,
        parameters(method),
        answer(method, "self.handle.")
    )
}

fn parameters(method: &Method) -> String {
    let task = (method.answers == Answers::Call).then(|| "task: Option<u32>,".to_owned());
    let names = method
        .parameters
        .iter()
        .map(|parameter| parameter.name.as_str())
        .chain(method.options.as_ref().map(|_| "options"));
    let named = names.map(|name| format!("{name}: Unknown<'a>,"));
    task.into_iter().chain(named).collect()
}

fn answer(method: &Method, holder: &str) -> String {
    let arguments = method.parameters.iter().map(|parameter| {
        format!(
            "argument({:?}, {})?,",
            camel(&parameter.name),
            parameter.name
        )
    });
    let options = method
        .options
        .as_ref()
        .map(|_| "or_default(\"options\", options)?,".to_owned());
    let arguments: String = arguments.chain(options).collect();
    let call = format!("{holder}{}({arguments})", method.name);
    match (method.answers, &method.gives) {
        (Answers::Call, _) => format!("answer(env, task, || Ok({call}))"),
        (Answers::Fallible, Type::None) => format!("now(env, || {{ {call}?; Ok(None::<()>) }})"),
        (Answers::Plain, Type::None) => format!("now(env, || {{ {call}; Ok(None::<()>) }})"),
        (Answers::Fallible, _) => format!("now(env, || Ok(Some({call}?)))"),
        (Answers::Plain, _) => format!("now(env, || Ok(Some({call})))"),
    }
}
