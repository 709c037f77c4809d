//! Records in the glue.

use std::fmt::Write;

use crate::bindgen::model::{Field, Model, Record};
use crate::bindgen::swift::types::{Way, across};
use crate::bindgen::swift::{Place, documents, types};

/// Every record but those whose fields are the options of a method: they are arguments in Swift.
pub fn glue(model: &Model, place: &Place) -> String {
    let mut code = format!(
        "//! Records.
         #![allow(unused_imports, reason = \"not every definition needs all of it\")]
         use std::collections::HashMap;
         use tympan_surface::{{Secret, Timestamp}};
         use {} as surface;
         use super::enums::*;
         use super::error::{}Error;
         use super::values::*;\n",
        place.surface, model.handle.name
    );
    for record in model.records.values().filter(|record| !record.options) {
        code += &definition(record);
        let name = &record.name;
        if record.input {
            code += &conversion(record, name, &format!("surface::{name}"), Way::In);
        }
        if record.output {
            code += &conversion(record, &format!("surface::{name}"), name, Way::Out);
        }
    }
    code
}

fn definition(record: &Record) -> String {
    let mut fields = String::new();
    for field in &record.fields {
        fields += &documents::glue(&field.docs.text);
        if record.input && field.has_default() {
            fields += "#[uniffi(default)]\n";
        }
        let _ = writeln!(fields, "pub {},", declared(field));
    }
    let docs = documents::glue(&record.docs.text);
    let name = &record.name;
    format!("{docs}#[derive(uniffi::Record)]\npub struct {name} {{ {fields} }}\n")
}

/// A field or an argument with its type.
pub fn declared(field: &Field) -> String {
    format!("{}: {}", field.name, types::rust(&field.kind))
}

fn conversion(record: &Record, from: &str, to: &str, way: Way) -> String {
    let mut fields = String::new();
    for field in &record.fields {
        let value = across(&field.kind, way, &format!("record.{}", field.name));
        let _ = writeln!(fields, "{}: {value},", field.name);
    }
    format!(
        "impl From<{from}> for {to} {{ fn from(record: {from}) -> Self {{ Self {{ {fields} }} }} }}\n"
    )
}
