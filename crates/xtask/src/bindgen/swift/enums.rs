//! Enums in the glue.

use std::fmt::Write;

use crate::bindgen::model::{Enum, Model, Variant};
use crate::bindgen::names::snake;
use crate::bindgen::swift::types::{Way, across};
use crate::bindgen::swift::{Place, documents, types};

/// Every enum.
pub fn glue(model: &Model, place: &Place) -> String {
    let mut code = format!(
        "//! Enums.
         #![allow(unused_imports, reason = \"not every definition needs all of it\")]
         use tympan_surface::{{Secret, Timestamp}};
         use {} as surface;
         use super::records::*;
         use super::values::*;\n",
        place.surface
    );
    for words in model.enums.values() {
        code += &definition(words);
        let name = &words.name;
        if words.input {
            code += &conversion(words, name, &format!("surface::{name}"), Way::In);
        }
        if words.output {
            code += &conversion(words, &format!("surface::{name}"), name, Way::Out);
        }
    }
    code
}

/// Whether a variant has one field that is called like it: Swift writes `.pin("4711")` then, and
/// not `.pin(pin: "4711")`.
pub fn is_nameless(variant: &Variant) -> bool {
    match variant.fields.as_slice() {
        [only] => only.name == snake(&variant.name),
        _ => false,
    }
}

fn definition(words: &Enum) -> String {
    let mut variants = String::new();
    for variant in &words.variants {
        variants += &documents::glue(&variant.docs.text);
        let fields = match variant.fields.as_slice() {
            [] => String::new(),
            [only] if is_nameless(variant) => format!("({})", types::rust(&only.kind)),
            fields => format!("{{ {} }}", named(fields)),
        };
        let _ = writeln!(variants, "{}{fields},", variant.name);
    }
    let docs = documents::glue(&words.docs.text);
    let name = &words.name;
    format!("{docs}#[derive(uniffi::Enum)]\npub enum {name} {{ {variants} }}\n")
}

fn named(fields: &[crate::bindgen::model::Field]) -> String {
    let mut out = String::new();
    for field in fields {
        out += &documents::glue(&field.docs.text);
        let _ = writeln!(out, "{}: {},", field.name, types::rust(&field.kind));
    }
    out
}

fn conversion(words: &Enum, from: &str, to: &str, way: Way) -> String {
    let arms: String = words
        .variants
        .iter()
        .map(|variant| arm(variant, from, way))
        .collect();
    format!(
        "impl From<{from}> for {to} {{
            fn from(value: {from}) -> Self {{ match value {{ {arms} }} }}
        }}\n"
    )
}

fn arm(variant: &Variant, from: &str, way: Way) -> String {
    let name = &variant.name;
    let (mut pattern, mut made) = (String::new(), String::new());
    for field in &variant.fields {
        let _ = write!(pattern, "{},", field.name);
        let value = across(&field.kind, way, &field.name);
        made += &types::made(&field.name, &value);
    }
    if variant.fields.is_empty() {
        return format!("{from}::{name} => Self::{name},\n");
    }
    let (mut pattern, mut made) = (format!("{{ {pattern} }}"), format!("{{ {made} }}"));
    if let ([only], true) = (variant.fields.as_slice(), is_nameless(variant)) {
        match way {
            Way::In => pattern = format!("({})", only.name),
            Way::Out => made = format!("({})", across(&only.kind, way, &only.name)),
        }
    }
    format!("{from}::{name} {pattern} => Self::{name} {made},\n")
}
