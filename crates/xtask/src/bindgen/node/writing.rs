//! How the addon writes records and enums: field after field, of a variant behind its number.

use std::fmt::Write;

use super::Source;
use crate::bindgen::model::{Enum, Field, Variant};

pub fn file(source: &Source<'_>) -> String {
    let mut out = format!(
        "use {} as surface;
        use crate::values::{{Crossed, Write, Writer}};",
        source.module
    );
    for record in source.model.records.values().filter(|record| record.output) {
        let fields = fields(&record.fields, "self.");
        implementation(&mut out, &record.name, &format!("{fields} Ok(())"));
    }
    for words in source.model.enums.values().filter(|words| words.output) {
        implementation(&mut out, &words.name, &body(words));
    }
    out
}

fn implementation(out: &mut String, name: &str, body: &str) {
    let _ = write!(
        out,
        "impl Write for surface::{name} {{
            fn write(self, to: &mut Writer<'_>) -> Crossed<()> {{ {body} }}
        }}"
    );
}

fn fields(fields: &[Field], holder: &str) -> String {
    fields
        .iter()
        .map(|field| format!("{holder}{}.write(to)?;", field.name))
        .collect()
}

fn body(words: &Enum) -> String {
    let arm = |(number, variant): (usize, &Variant)| {
        let names: String = variant
            .fields
            .iter()
            .map(|field| format!("{},", field.name))
            .collect();
        let fields = fields(&variant.fields, "");
        format!(
            "Self::{} {{ {names} }} => {{ to.put({number}_u32)?; {fields} }}",
            variant.name
        )
    };
    let arms: String = words.variants.iter().enumerate().map(arm).collect();
    format!("match self {{ {arms} }} Ok(())")
}
