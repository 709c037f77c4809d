//! Node: the addon's glue in Rust, the modules in JavaScript, and the declarations for TypeScript. What
//! crosses is written and read as a flat list of plain values, by functions that both sides have of
//! each type.

mod declarations;
mod glue;
mod plain;
mod reading;
mod script;
#[cfg(test)]
mod tests;
mod values;
mod writing;

use std::path::PathBuf;

use crate::bindgen::model::{Enum, Model, Type, Variant};
use crate::bindgen::{Files, NOTICE, names};

/// The folder of generated Rust, which holds nothing else.
pub const GLUE_FOLDER: &str = "bindings/node/src/generated";

/// One definition, and where it is in Rust.
pub struct Source<'a> {
    model: &'a Model,
    /// The module of its records and enums.
    module: &'static str,
    /// Whether its ids are its own, not another definition's.
    owns_ids: bool,
}

/// Everything that Node needs.
///
/// # Errors
/// Glue that is no Rust: a fault of the generator.
pub fn files(model: &Model, probe: &Model) -> Result<Files, String> {
    let tympan = Source {
        model,
        module: "tympan_surface",
        owns_ids: true,
    };
    let probe = Source {
        model: probe,
        module: "tympan_surface::probe",
        owns_ids: false,
    };
    script::check_names(&tympan)?;
    script::check_names(&probe)?;
    let mut files = Files::new();
    let place = |name: &str| PathBuf::from("bindings/node").join(name);
    for source in [&tympan, &probe] {
        let name = names::snake(&source.model.handle.name);
        for (part, text) in [
            ("glue", glue::file(source)),
            ("reading", reading::file(source)),
            ("writing", writing::file(source)),
        ] {
            files.insert(
                PathBuf::from(GLUE_FOLDER).join(format!("{name}_{part}.rs")),
                formatted(&text)?,
            );
        }
    }
    files.insert(
        PathBuf::from(GLUE_FOLDER).join("mod.rs"),
        formatted(&glue::modules(&[&tympan, &probe]))?,
    );
    files.insert(
        PathBuf::from(GLUE_FOLDER).join("plain.rs"),
        formatted(&plain::glue(&tympan))?,
    );
    files.insert(place("plain.cjs"), plain::script());
    files.insert(place("errors.cjs"), script::errors(&tympan));
    files.insert(place("index.cjs"), script::library(&tympan));
    files.insert(place("index.js"), script::exports(&tympan));
    files.insert(place("index.d.cts"), declarations::file(&tympan));
    files.insert(place("index.d.ts"), declarations::exports());
    files.insert(place("test/probe.cjs"), script::probe(&probe));
    Ok(files)
}

/// Rust as `rustfmt` would nearly write it.
fn formatted(text: &str) -> Result<String, String> {
    let file = syn::parse_file(text).map_err(|error| format!("glue for Node: {error}\n{text}"))?;
    Ok(format!("// {NOTICE}\n\n{}", prettyplease::unparse(&file)))
}

/// Whether a variant's field may be left out: only what may be none.
fn is_optional(kind: &Type) -> bool {
    matches!(kind, Type::Option(_))
}

/// The variant that a bare id stands for: `Id`, with an id as its only field.
fn id_variant(words: &Enum) -> Option<(&Variant, &str)> {
    let variant = words.variants.iter().find(|variant| variant.name == "Id")?;
    match variant.fields.as_slice() {
        [field] => match &field.kind {
            Type::Id(id) => Some((variant, id)),
            _ => None,
        },
        _ => None,
    }
}
