//! What Swift needs: the Rust glue that uniffi reads, and beside what uniffi writes from it, the
//! Swift that it cannot write.

mod arguments;
mod constants;
mod dispatcher;
mod documents;
mod enums;
mod errors;
mod methods;
mod pages;
mod records;
mod redaction;
mod settings;
#[cfg(test)]
mod tests;
mod types;
pub mod uniffi;
mod values;

use std::path::Path;

use crate::bindgen::model::Model;
use crate::bindgen::{Files, NOTICE};

/// Where the files of one definition go, and what they find there.
struct Place {
    /// The folder of the crate.
    package: &'static str,
    /// The folder of the Swift module.
    sources: &'static str,
    /// Where the types of the definition are, in Rust.
    surface: &'static str,
    /// Whether its ids, codes and helpers are those of the module `Tympan`.
    borrows: bool,
}

const BINDING: Place = Place {
    package: "bindings/swift",
    sources: "bindings/swift/Sources/Tympan/Generated",
    surface: "tympan_surface",
    borrows: false,
};

const PROBE: Place = Place {
    package: "bindings/swift/probe",
    sources: "bindings/swift/Tests/TympanProbe/Generated",
    surface: "tympan_surface::probe",
    borrows: true,
};

/// Folders that hold what is written here and nothing else.
pub const OWN_FOLDERS: &[&str] = &[
    "bindings/swift/src/generated",
    "bindings/swift/probe/src/generated",
    "bindings/swift/Sources/Tympan/Generated",
    "bindings/swift/Tests/TympanProbe/Generated",
];

/// All files of both definitions.
///
/// # Errors
/// What Swift has no word for; what was written and is no Rust.
pub fn files(model: &Model, probe: &Model) -> Result<Files, String> {
    let mut files = Files::new();
    of_place(&mut files, model, &BINDING)?;
    of_place(&mut files, probe, &PROBE)?;
    swift(
        &mut files,
        Path::new(BINDING.sources),
        "Identifiers",
        constants::ids(model),
    );
    swift(
        &mut files,
        Path::new(BINDING.sources),
        "ErrorCode",
        constants::codes(model),
    );
    let tests = Path::new("bindings/swift/Tests/TympanTests/Scenarios");
    swift(
        &mut files,
        tests,
        "Dispatcher",
        dispatcher::dispatcher(model),
    );
    Ok(files)
}

fn of_place(files: &mut Files, model: &Model, place: &Place) -> Result<(), String> {
    let parts = [
        ("mod", "//! The glue between the surface and uniffi.\npub mod enums; pub mod error; pub mod handle; pub mod records; pub mod values;\n".to_owned()),
        ("enums", enums::glue(model, place)),
        ("error", errors::glue(model)),
        ("handle", methods::glue(model, place)?),
        ("records", records::glue(model, place)),
        ("values", values::glue(model)),
    ];
    for (name, code) in parts {
        let path = format!("{}/src/generated/{name}.rs", place.package);
        files.insert(path.into(), rust(name, &code)?);
    }
    let settings = format!("{}/uniffi.toml", place.package);
    files.insert(settings.into(), settings::settings(model, place));
    let sources = Path::new(place.sources);
    swift(files, sources, "Errors", errors::swift(model, place));
    swift(files, sources, "Pages", pages::pages(model, place)?);
    swift(
        files,
        sources,
        "Redaction",
        redaction::redaction(model, place),
    );
    Ok(())
}

fn rust(name: &str, code: &str) -> Result<String, String> {
    let parsed =
        syn::parse_file(code).map_err(|error| format!("Swift's glue `{name}`: {error}"))?;
    Ok(format!("// {NOTICE}\n\n{}", prettyplease::unparse(&parsed)))
}

fn swift(files: &mut Files, folder: &Path, name: &str, code: String) {
    let text = format!("// {NOTICE}\n\n{code}");
    files.insert(folder.join(format!("{name}.swift")), text);
}
