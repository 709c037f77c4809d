//! What the scenarios need to call the binding by name, with JSON: Swift cannot look methods up.

use std::fmt::Write;

use crate::bindgen::model::{Answers, Enum, Method, Model, Record, Type, Variant};
use crate::bindgen::names::{camel, snake};
use crate::bindgen::swift::enums::is_nameless;
use crate::bindgen::swift::{arguments, types};

/// The dispatcher, and every type from and to JSON.
pub fn dispatcher(model: &Model) -> String {
    let mut code = String::from("import Foundation\n\n@testable import Tympan\n\n");
    code += &calls(model);
    for name in model.ids.keys() {
        let _ = writeln!(code, "extension {name}: FromJSON, ToJSON {{}}");
    }
    code += "\n";
    for record in model.records.values().filter(|record| !record.options) {
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
    code.trim_end().to_owned() + "\n"
}

fn calls(model: &Model) -> String {
    let mut cases = String::new();
    for method in model.handle.methods.values() {
        if method.takes_handle {
            let _ = writeln!(
                cases,
                "    case \"{}\":\n        {}",
                method.name,
                call(model, method)
            );
        }
    }
    let opening = model
        .handle
        .methods
        .get("open")
        .map(|open| open_call(model, open));
    format!(
        "/// Calls a method by its name in `bindings/surface.json`.
func call(_ handle: Tympan, _ name: String, _ with: JSON) async throws -> Outcome {{
    switch name {{
{cases}    default:
        throw Unfit(\"no method is called `\\(name)`\")
    }}
}}

/// Opens a store with options from JSON.
func open(_ address: String, _ with: JSON) async throws -> Tympan {{
    {}
}}

",
        opening.unwrap_or_default()
    )
}

fn open_call(model: &Model, method: &Method) -> String {
    let given = given(model, method, &["address"]);
    format!("try await Tympan.open(address: address, {given})")
}

fn call(model: &Model, method: &Method) -> String {
    let given = given(model, method, &[]);
    let wait = match method.answers {
        Answers::Call => "try await ",
        Answers::Fallible => "try ",
        Answers::Plain => "",
    };
    let call = format!("{wait}handle.{}({given})", camel(&method.name));
    match method.gives {
        Type::None => format!("{call}\n        return .value(.null)"),
        Type::Handle => format!("return .handle({call})"),
        _ => format!("return .value(({call}).json)"),
    }
}

fn given(model: &Model, method: &Method, without: &[&str]) -> String {
    let all = arguments::arguments(model, method);
    let given: Vec<String> = all
        .iter()
        .filter(|argument| !without.contains(&argument.name))
        .map(|argument| {
            format!(
                "{}: with.field(\"{}\")",
                camel(argument.name),
                argument.name
            )
        })
        .collect();
    given.join(", ")
}

fn record_from(record: &Record) -> String {
    let fields: Vec<String> = record
        .fields
        .iter()
        .map(|field| read(&field.name))
        .collect();
    format!(
        "extension {}: FromJSON {{
    static func from(_ json: JSON) throws -> Self {{
        try Self({})
    }}
}}

",
        record.name,
        fields.join(", ")
    )
}

fn read(field: &str) -> String {
    format!("{}: json.field(\"{field}\")", camel(field))
}

fn record_to(record: &Record) -> String {
    let fields: Vec<String> = record
        .fields
        .iter()
        .map(|field| format!("\"{}\": {}.json", field.name, types::name(&field.name)))
        .collect();
    format!(
        "extension {}: ToJSON {{
    var json: JSON {{
        .object([{}])
    }}
}}

",
        record.name,
        fields.join(", ")
    )
}

fn enum_from(words: &Enum) -> String {
    let word = match words.has_fields() {
        true => "json.field(\"type\") as String",
        false => "String.from(json)",
    };
    let mut arms = String::new();
    for variant in &words.variants {
        let fields: Vec<String> = variant
            .fields
            .iter()
            .map(|field| match is_nameless(variant) {
                true => format!("json.field(\"{}\")", field.name),
                false => read(&field.name),
            })
            .collect();
        let made = match fields.is_empty() {
            true => String::new(),
            false => format!("({})", fields.join(", ")),
        };
        let wait = if fields.is_empty() { "" } else { "try " };
        let _ = writeln!(
            arms,
            "        case \"{}\": return {wait}.{}{made}",
            snake(&variant.name),
            camel(&snake(&variant.name))
        );
    }
    let name = &words.name;
    format!(
        "extension {name}: FromJSON {{
    static func from(_ json: JSON) throws -> Self {{
        switch try {word} {{
{arms}        default: throw Unfit(\"no {name} is \\(json)\")
        }}
    }}
}}

"
    )
}

fn enum_to(words: &Enum) -> String {
    let arms: String = words
        .variants
        .iter()
        .map(|variant| told(words, variant))
        .collect();
    format!(
        "extension {}: ToJSON {{
    var json: JSON {{
        switch self {{
{arms}        }}
    }}
}}

",
        words.name
    )
}

fn told(words: &Enum, variant: &Variant) -> String {
    let word = snake(&variant.name);
    let name = camel(&word);
    if !words.has_fields() {
        return format!("        case .{name}: .text(\"{word}\")\n");
    }
    let bound: Vec<String> = variant
        .fields
        .iter()
        .map(|field| types::name(&field.name))
        .collect();
    let pattern = if bound.is_empty() {
        String::new()
    } else {
        format!("(let {})", bound.join(", let "))
    };
    let fields: String = variant
        .fields
        .iter()
        .map(|field| format!(", \"{}\": {}.json", field.name, types::name(&field.name)))
        .collect();
    format!("        case .{name}{pattern}: .object([\"type\": .text(\"{word}\"){fields}])\n")
}
