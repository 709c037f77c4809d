//! The handle in the glue: its methods with their options as arguments.

use std::fmt::Write;

use crate::bindgen::model::{Answers, Method, Model, Type};
use crate::bindgen::names;
use crate::bindgen::swift::arguments::{Argument, absent, arguments, options};
use crate::bindgen::swift::types::{Way, across, made};
use crate::bindgen::swift::{Place, documents, types};

/// The handle and everything that it does.
///
/// # Errors
/// What uniffi cannot write.
pub fn glue(model: &Model, place: &Place) -> Result<String, String> {
    let handle = &model.handle.name;
    let (mut methods, mut functions) = (String::new(), String::new());
    for method in model.handle.methods.values() {
        match is_function(method) {
            true => functions += &exported(model, method)?,
            false => methods += &exported(model, method)?,
        }
    }
    let docs = documents::glue(&model.handle.docs.text);
    Ok(format!(
        "//! The handle.
         #![allow(unused_imports, reason = \"not every definition needs all of it\")]
         #![allow(clippy::too_many_arguments, reason = \"options are named arguments in Swift\")]
         use std::collections::HashMap;
         use std::sync::Arc;
         use tympan_surface::{{Secret, Timestamp}};
         use {surface} as surface;
         use super::enums::*;
         use super::error::{handle}Error;
         use super::records::*;
         use super::values::*;

         {docs}#[derive(uniffi::Object)]
         pub struct {handle}(tympan_surface::{handle});

         #[uniffi::export]
         impl {handle} {{ {methods} }}

         {functions}\n",
        surface = place.surface
    ))
}

/// Whether it neither takes the handle nor makes one: a class cannot have it.
fn is_function(method: &Method) -> bool {
    !method.takes_handle && method.gives != Type::Handle
}

fn exported(model: &Model, method: &Method) -> Result<String, String> {
    let all = arguments(model, method);
    let docs = documents::glue(&documents::of_method(&method.docs, options(model, method)));
    let attribute = attribute(method, &all)?;
    let wait = match method.answers {
        Answers::Call => "async ",
        Answers::Fallible | Answers::Plain => "",
    };
    let mut signature = String::from(if method.takes_handle { "&self," } else { "" });
    for argument in &all {
        let _ = write!(
            signature,
            "{}: {},",
            argument.name,
            types::rust(argument.kind)
        );
    }
    let gives = types::rust(&method.gives);
    let gives = match (method.answers, &method.gives) {
        (Answers::Plain, Type::None) => String::new(),
        (Answers::Plain, _) => format!("-> {gives}"),
        (Answers::Call | Answers::Fallible, _) => {
            format!("-> Result<{gives}, {}Error>", model.handle.name)
        }
    };
    let body = body(model, method);
    let name = &method.name;
    Ok(format!(
        "{docs}{attribute}pub {wait}fn {name}({signature}) {gives} {{ {body} }}\n"
    ))
}

/// What uniffi is to know: that it makes a handle, and what may be left out.
fn attribute(method: &Method, all: &[Argument<'_>]) -> Result<String, String> {
    let mut defaults = Vec::new();
    for argument in all.iter().filter(|argument| argument.optional) {
        defaults.push(format!(
            "{} = {}",
            argument.name,
            absent(argument.kind, "None")?
        ));
    }
    let kind = match method.takes_handle {
        true => "method",
        false if is_function(method) => "export",
        false => "constructor",
    };
    Ok(match defaults.as_slice() {
        [] if method.takes_handle => String::new(),
        [] => format!("#[uniffi::{kind}]\n"),
        defaults => format!("#[uniffi::{kind}(default({}))]\n", defaults.join(", ")),
    })
}

fn body(model: &Model, method: &Method) -> String {
    let mut body = String::new();
    if let Some(record) = &method.options {
        let mut fields = String::new();
        for field in options(model, method) {
            let value = across(&field.kind, Way::In, &field.name);
            fields += &made(&field.name, &value);
        }
        let _ = writeln!(body, "let options = surface::{record} {{ {fields} }};");
    }
    let mut given = String::new();
    for parameter in &method.parameters {
        let _ = write!(
            given,
            "{},",
            across(&parameter.kind, Way::In, &parameter.name)
        );
    }
    if method.options.is_some() {
        given += "options";
    }
    let name = &method.name;
    let call = match method.takes_handle {
        true => format!("self.0.{name}({given})"),
        false => format!("tympan_surface::{}::{name}({given})", model.handle.name),
    };
    let answer = match method.answers {
        Answers::Call => format!("{call}.submit().await?"),
        Answers::Fallible => format!("tympan_surface::caught({})??", names::thunk(&call)),
        Answers::Plain => call,
    };
    let plain = across(&method.gives, Way::Out, "answer") == "answer";
    body += &match (method.answers, plain) {
        (Answers::Plain, true) => answer,
        (_, true) => format!("Ok({answer})"),
        (Answers::Plain, false) => {
            format!(
                "let answer = {answer}; {}",
                across(&method.gives, Way::Out, "answer")
            )
        }
        (_, false) => {
            format!(
                "let answer = {answer}; Ok({})",
                across(&method.gives, Way::Out, "answer")
            )
        }
    };
    body
}
