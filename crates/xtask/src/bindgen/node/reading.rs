//! How the addon reads records and enums: field after field, of a variant behind its number.

use std::fmt::Write;

use super::Source;
use crate::bindgen::model::{Enum, Field, Variant};

pub fn file(source: &Source<'_>) -> String {
    let mut out = format!(
        "use {} as surface;
        use crate::values::{{Crossed, Read, Reader}};",
        source.module
    );
    for record in source.model.records.values().filter(|record| record.input) {
        let fields = fields(&record.fields);
        implementation(&mut out, &record.name, &format!("Ok(Self {{ {fields} }})"));
    }
    for words in source.model.enums.values().filter(|words| words.input) {
        implementation(&mut out, &words.name, &body(words));
    }
    out
}

fn implementation(out: &mut String, name: &str, body: &str) {
    let _ = write!(
        out,
        "impl Read for surface::{name} {{
            fn read(from: &mut Reader<'_>) -> Crossed<Self> {{ {body} }}
        }}"
    );
}

fn fields(fields: &[Field]) -> String {
    fields
        .iter()
        .map(|field| format!("{}: Read::read(from)?,", field.name))
        .collect()
}

/// A number that no variant has is a fault of ours.
fn body(words: &Enum) -> String {
    let arm = |(number, variant): (usize, &Variant)| {
        let fields = fields(&variant.fields);
        format!("{number} => Ok(Self::{} {{ {fields} }}),", variant.name)
    };
    let arms: String = words.variants.iter().enumerate().map(arm).collect();
    format!(
        "let number: u32 = from.value()?;
        match number {{
            {arms}
            _ => Err(tympan_surface::Error::of(tympan_surface::Code::Internal)),
        }}"
    )
}
