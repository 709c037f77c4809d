//! What the scenarios need to call the surface from Rust: by name, with JSON.

use std::fmt::Write;

use crate::bindgen::model::{Enum, Method, Model, Record, Type, Variant};
use crate::bindgen::names::snake;
use crate::bindgen::{Files, NOTICE};

/// The dispatcher of the scenarios.
///
/// # Errors
/// If what was written is no Rust.
pub fn files(model: &Model) -> Result<Files, String> {
    let mut code = String::from(
        "use serde_json::Value;
         use tympan_surface::*;
         use crate::value::{FromValue, Outcome, ToValue, field, finished, object};\n",
    );
    for record in model.records.values() {
        if record.input {
            code += &record_from(record);
        }
        if record.output {
            code += &record_to(record);
        }
    }
    for words in model.enums.values() {
        if words.input {
            code += &enum_from(words);
        }
        if words.output {
            code += &enum_to(words);
        }
    }
    code += &dispatcher(model);
    let parsed = syn::parse_file(&code).map_err(|error| format!("the dispatcher: {error}"))?;
    let text = format!("// {NOTICE}\n\n{}", prettyplease::unparse(&parsed));
    let path = "crates/tympan-surface/tests/scenarios/generated.rs";
    Ok(Files::from([(path.into(), text)]))
}

fn record_from(record: &Record) -> String {
    let name = &record.name;
    let fields = fields_from(record.fields.iter().map(|field| field.name.as_str()));
    format!(
        "impl FromValue for {name} {{
            fn from_value(value: &Value) -> Self {{ Self {{ {fields} }} }}
            fn absent() -> Option<Self> {{ None }}
        }}\n"
    )
}

fn record_to(record: &Record) -> String {
    let name = &record.name;
    let mut fields = String::new();
    for field in &record.fields {
        let _ = write!(fields, "({0:?}, self.{0}.to_value()),", field.name);
    }
    format!("impl ToValue for {name} {{ fn to_value(&self) -> Value {{ object([{fields}]) }} }}\n")
}

fn fields_from<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.fold(String::new(), |mut fields, name| {
        let _ = write!(fields, "{name}: field(value, {name:?}),");
        fields
    })
}

fn enum_from(words: &Enum) -> String {
    let name = &words.name;
    let mut arms = String::new();
    for variant in &words.variants {
        let fields = fields_from(variant.fields.iter().map(|field| field.name.as_str()));
        let made = match variant.fields.is_empty() {
            true => format!("Self::{}", variant.name),
            false => format!("Self::{} {{ {fields} }}", variant.name),
        };
        let _ = write!(arms, "{:?} => {made},", snake(&variant.name));
    }
    let word = match words.has_fields() {
        true => "field::<String>(value, \"type\")",
        false => "String::from_value(value)",
    };
    format!(
        "impl FromValue for {name} {{
            fn from_value(value: &Value) -> Self {{
                match {word}.as_str() {{ {arms} other => panic!(\"no {name} is called `{{other}}`\"), }}
            }}
            fn absent() -> Option<Self> {{ None }}
        }}\n"
    )
}

fn enum_to(words: &Enum) -> String {
    let name = &words.name;
    let arms: String = words
        .variants
        .iter()
        .map(|variant| match words.has_fields() {
            true => variant_to(variant),
            false => format!(
                "Self::{} => Value::from({:?}),",
                variant.name,
                snake(&variant.name)
            ),
        })
        .collect();
    format!(
        "impl ToValue for {name} {{ fn to_value(&self) -> Value {{ match self {{ {arms} }} }} }}\n"
    )
}

fn variant_to(variant: &Variant) -> String {
    let (mut names, mut fields) = (String::new(), String::new());
    for field in &variant.fields {
        let _ = write!(names, "{},", field.name);
        let _ = write!(fields, "({0:?}, {0}.to_value()),", field.name);
    }
    format!(
        "Self::{0} {{ {names} }} => object([(\"type\", Value::from({1:?})), {fields}]),",
        variant.name,
        snake(&variant.name)
    )
}

fn dispatcher(model: &Model) -> String {
    let mut arms = String::new();
    let methods = model.handle.methods.values();
    for method in methods.filter(|method| method.takes_handle) {
        let _ = write!(arms, "{:?} => {},", method.name, call(method));
    }
    format!(
        "/// Calls a method of the handle by its name.
        pub fn call(handle: &Tympan, name: &str, value: &Value) -> Result<Outcome, Error> {{
            Ok(match name {{ {arms} other => panic!(\"no method is called `{{other}}`\"), }})
        }}\n"
    )
}

fn call(method: &Method) -> String {
    use crate::bindgen::model::Answers;
    let mut arguments = String::new();
    for parameter in &method.parameters {
        let _ = write!(arguments, "field(value, {:?}),", parameter.name);
    }
    if method.options.is_some() {
        arguments += "FromValue::from_value(value),";
    }
    let answer = format!("handle.{}({arguments})", method.name);
    let answer = match method.answers {
        Answers::Call => format!("finished({answer})?"),
        Answers::Fallible => format!("{answer}?"),
        Answers::Plain => answer,
    };
    match method.gives {
        Type::None => format!("{{ {answer}; Outcome::Value(Value::Null) }}"),
        Type::Handle => format!("Outcome::Handle({answer})"),
        _ => format!("Outcome::Value({answer}.to_value())"),
    }
}
