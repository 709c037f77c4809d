//! How records and enums are given to JavaScript: their fields, to the function that makes one.

use std::fmt::Write;

use super::{Made, Source};
use crate::bindgen::model::{Enum, Field};
use crate::bindgen::names::snake;

pub fn file(source: &Source<'_>) -> String {
    let mut out = format!(
        "use napi::bindgen_prelude::{{Result, Unknown}};
        use {} as surface;
        use crate::binding::FIRST_MAKER;
        use crate::write::{{Write, Writer}};",
        source.module
    );
    if source.owns_ids {
        for name in source.model.ids.keys() {
            implementation(&mut out, name, "self.to_string().write(writer)");
        }
    }
    for record in source.model.records.values().filter(|record| record.output) {
        let maker = source
            .maker(|made| matches!(made, Made::Record(candidate) if candidate.name == record.name));
        let values = values(&record.fields, "self.");
        let body = format!("writer.make({maker}, &[{values}])");
        implementation(&mut out, &record.name, &body);
    }
    for words in source.model.enums.values().filter(|words| words.output) {
        let body = match words.has_fields() {
            true => union_body(source, words),
            false => words_body(words),
        };
        implementation(&mut out, &words.name, &body);
    }
    out
}

fn implementation(out: &mut String, name: &str, body: &str) {
    let _ = write!(
        out,
        "impl Write for surface::{name} {{
            fn write<'a>(self, writer: Writer<'a>) -> Result<Unknown<'a>> {{ {body} }}
        }}"
    );
}

fn values(fields: &[Field], holder: &str) -> String {
    fields
        .iter()
        .map(|field| format!("{holder}{}.write(writer)?,", field.name))
        .collect()
}

fn words_body(words: &Enum) -> String {
    let arms: String = words
        .variants
        .iter()
        .map(|variant| format!("Self::{} => {:?},", variant.name, snake(&variant.name)))
        .collect();
    format!("let word = match self {{ {arms} }}; word.write(writer)")
}

fn union_body(source: &Source<'_>, words: &Enum) -> String {
    let arm = |variant: &crate::bindgen::model::Variant| {
        let maker = source.maker(|made| {
            matches!(made, Made::Variant(owner, candidate)
                if owner.name == words.name && candidate.name == variant.name)
        });
        let fields: String = variant
            .fields
            .iter()
            .map(|field| format!("{},", field.name))
            .collect();
        format!(
            "Self::{} {{ {fields} }} => writer.make({maker}, &[{}]),",
            variant.name,
            values(&variant.fields, "")
        )
    };
    let arms: String = words.variants.iter().map(arm).collect();
    format!("match self {{ {arms} }}")
}
