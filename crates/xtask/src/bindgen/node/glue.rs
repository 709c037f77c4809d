//! The methods, as the addon exports them: with the binding of the environment, the number of the
//! task that a call becomes, without which it is waited for, and the values that it takes.

use std::fmt::Write;

use super::Source;
use crate::bindgen::model::{Answers, Method, Type};
use crate::bindgen::names::{camel, snake};

/// The list of generated modules.
pub fn modules(sources: &[&Source<'_>]) -> String {
    let mut out = String::new();
    for source in sources {
        let name = snake(&source.model.handle.name);
        let plain = source.owns_ids.then_some("mod plain;");
        out.push_str(plain.unwrap_or_default());
        for part in ["glue", "reading", "writing"] {
            if !source.owns_ids {
                out.push_str("#[cfg(feature = \"probe\")]");
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
    format!(
        "use napi::bindgen_prelude::{{Env, Object, Result}};
        use napi_derive::napi;
        use crate::binding::Binding;
        use crate::values::{{Crossed, Read, Write, Writer}};

        /// The handle.
        #[napi]
        pub struct {native}(tympan_surface::{name});

        impl Write for tympan_surface::{name} {{
            fn write(self, to: &mut Writer<'_>) -> Crossed<()> {{ to.put({native}(self)) }}
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

/// `tympanOpen`, as JavaScript calls what takes no handle.
pub fn function_name(handle: &str, method: &str) -> String {
    camel(&format!("{}_{method}", snake(handle)))
}

fn function(method: &Method, handle: &str) -> String {
    format!(
        "/// `{handle}.{}`
        #[napi(catch_unwind)]
        pub fn {}_{}(binding: &Binding, env: &Env, {}) -> Result<()> {{ {} }}",
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
        pub fn {}(&self, binding: &Binding, env: &Env, {}) -> Result<()> {{ {} }}",
        camel(&method.name),
        method.name,
        parameters(method),
        answer(method, "self.0.")
    )
}

fn parameters(method: &Method) -> &'static str {
    match method.answers {
        Answers::Call => "task: Option<u32>, values: Object<'_>",
        Answers::Fallible | Answers::Plain => "values: Object<'_>",
    }
}

fn answer(method: &Method, holder: &str) -> String {
    let count = method.parameters.len() + usize::from(method.options.is_some());
    let from = if count == 0 { "_" } else { "from" };
    let arguments = ["Read::read(from)?"].repeat(count).join(", ");
    let call = format!("{holder}{}({arguments})", method.name);
    match (method.answers, &method.gives) {
        (Answers::Call, _) => {
            format!("binding.answer(env, task, values, |{from}| Ok({call}))")
        }
        (Answers::Fallible, _) => format!("binding.now(env, values, |{from}| {call})"),
        (Answers::Plain, Type::None) => {
            format!("binding.now(env, values, |{from}| {{ {call}; Ok(()) }})")
        }
        (Answers::Plain, _) => format!("binding.now(env, values, |{from}| Ok({call}))"),
    }
}
