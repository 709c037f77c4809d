//! How records and enums are taken from JavaScript.

use std::fmt::Write;

use super::{Source, id_variant, is_optional};
use crate::bindgen::model::{Enum, Field, Record, Variant};
use crate::bindgen::names::{camel, snake};

pub fn file(source: &Source<'_>) -> String {
    let mut out = format!(
        "use napi::bindgen_prelude::Unknown;
        use {} as surface;
        use crate::read::{{Fault, Fields, Read, Taken}};",
        source.module
    );
    let mut inputs = source.model.enums.values().filter(|words| words.input);
    if inputs.any(|words| id_variant(words).is_some()) {
        out.push_str("use napi::ValueType;");
    }
    if source.owns_ids {
        for name in source.model.ids.keys() {
            implementation(&mut out, name, "Ok(String::read(value)?.parse()?)");
        }
    }
    for record in source.model.records.values().filter(|record| record.input) {
        implementation(&mut out, &record.name, &record_body(record));
    }
    for words in source.model.enums.values().filter(|words| words.input) {
        let body = match words.has_fields() {
            true => union_body(words),
            false => words_body(words),
        };
        implementation(&mut out, &words.name, &body);
    }
    out
}

fn implementation(out: &mut String, name: &str, body: &str) {
    let _ = write!(
        out,
        "impl Read for surface::{name} {{
            fn read(value: Unknown<'_>) -> Taken<Self> {{ {body} }}
        }}"
    );
}

fn record_body(record: &Record) -> String {
    let fields: String = record
        .fields
        .iter()
        .map(|field| taken(field, field.has_default()))
        .collect();
    format!("let fields = Fields::of(value)?; Ok(Self {{ {fields} }})")
}

fn taken(field: &Field, may_be_left_out: bool) -> String {
    let take = match may_be_left_out {
        true => "or_default",
        false => "required",
    };
    format!("{}: fields.{take}({:?})?,", field.name, camel(&field.name))
}

fn words_body(words: &Enum) -> String {
    let arms: String = words
        .variants
        .iter()
        .map(|variant| format!("{:?} => Ok(Self::{}),", snake(&variant.name), variant.name))
        .collect();
    format!(
        "match String::read(value)?.as_str() {{ {arms} _ => Err(Fault::type_error({:?})) }}",
        one_of(words)
    )
}

fn union_body(words: &Enum) -> String {
    let arms: String = words.variants.iter().map(arm).collect();
    format!(
        "{} let fields = Fields::of(value)?;
        match fields.required::<String>(\"type\")?.as_str() {{
            {arms}
            _ => Err(Fault::type_error({:?}).within(\"type\")),
        }}",
        bare_id(words),
        one_of(words)
    )
}

fn arm(variant: &Variant) -> String {
    let fields: String = variant
        .fields
        .iter()
        .map(|field| taken(field, is_optional(&field.kind)))
        .collect();
    format!(
        "{:?} => Ok(Self::{} {{ {fields} }}),",
        snake(&variant.name),
        variant.name
    )
}

fn bare_id(words: &Enum) -> String {
    match id_variant(words) {
        Some((variant, _)) => format!(
            "if value.get_type()? == ValueType::String {{
                return Ok(Self::{} {{ id: Read::read(value)? }});
            }}",
            variant.name
        ),
        None => String::new(),
    }
}

/// What a value must be: `one of 'full', 'normal'`.
fn one_of(words: &Enum) -> String {
    let words: Vec<String> = words
        .variants
        .iter()
        .map(|variant| format!("'{}'", snake(&variant.name)))
        .collect();
    format!("one of {}", words.join(", "))
}
