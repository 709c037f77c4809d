//! The settings of uniffi: how ids, codes and instants look in Swift.

use std::fmt::Write;

use crate::bindgen::NOTICE;
use crate::bindgen::model::Model;
use crate::bindgen::swift::Place;

/// `uniffi.toml`.
pub fn settings(model: &Model, place: &Place) -> String {
    let module = match place.borrows {
        true => format!("Tympan{}", model.handle.name),
        false => model.handle.name.clone(),
    };
    let mut text = format!(
        "# {NOTICE}

[bindings.swift]
module_name = \"{module}\"
ffi_module_name = \"{module}FFI\"
ffi_module_filename = \"{module}FFI\"
omit_localized_error_conformance = true
"
    );
    // The types themselves are in Swift, for uniffi would make mere aliases for text of them.
    let ways = |lift: &str, lower: &str| match place.borrows {
        true => format!("imports = [\"Tympan\"]\nlift = \"{lift}\"\nlower = \"{lower}\"\n"),
        false => format!("lift = \"{lift}\"\nlower = \"{lower}\"\n"),
    };
    let at = ways("Date(milliseconds: {})", "{}.milliseconds");
    let _ = write!(text, "\n[bindings.swift.custom_types.Timestamp]\n{at}");
    let words = model.ids.keys().map(String::as_str).chain(["ErrorCode"]);
    for word in words {
        let ways = ways(&format!("{word}(rawValue: {{}})"), "{}.rawValue");
        let _ = write!(text, "\n[bindings.swift.custom_types.{word}]\n{ways}");
    }
    text
}
