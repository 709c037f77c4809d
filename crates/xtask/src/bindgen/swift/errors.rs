//! The one error.

use std::fmt::Write;

use crate::bindgen::model::Model;
use crate::bindgen::names::pascal;
use crate::bindgen::swift::{Place, documents};

/// The error in the glue: a variant for each kind, each with the same fields.
pub fn glue(model: &Model) -> String {
    let handle = &model.handle.name;
    let (mut variants, mut told, mut arms) = (String::new(), String::new(), String::new());
    for kind in &model.kinds {
        let name = pascal(&kind.kind);
        variants += &documents::glue(&kind.meaning);
        let _ = writeln!(variants, "{name} {{ {FIELDS} }},");
        let _ = writeln!(
            arms,
            "Kind::{name} => Self::{name} {{ code, text, retry, details }},"
        );
        let _ = write!(told, "| Self::{name} {{ code, text, .. }}");
    }
    let told = told.trim_start_matches("| ");
    format!(
        "//! The one error.
         use std::collections::HashMap;
         use std::fmt;
         use tympan_surface::{{Error, Kind}};
         use super::values::ErrorCode;

         /// Why a call was not done. Each case is something that a caller deals with in a way of
         /// its own; the code says exactly what was wrong.
         #[derive(Debug, uniffi::Error)]
         pub enum {handle}Error {{ {variants} }}

         impl fmt::Display for {handle}Error {{
             fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {{
                 match self {{ {told} => write!(formatter, \"{{code}}: {{text}}\") }}
             }}
         }}

         impl std::error::Error for {handle}Error {{}}

         impl From<Error> for {handle}Error {{
             fn from(error: Error) -> Self {{
                 let (code, text, retry) = (error.code(), error.message().to_owned(), error.retry());
                 let details = error.details().clone().into_iter().collect();
                 match error.kind() {{ {arms} }}
             }}
         }}\n"
    )
}

const FIELDS: &str = "/// What exactly was wrong.
    code: ErrorCode,
    /// For people; not part of the interface.
    text: String,
    /// Whether the same call may succeed later with nothing mended.
    retry: bool,
    /// The values that belong to the code, never secrets.
    details: HashMap<String, String>,";

/// What all cases have, in Swift.
pub fn swift(model: &Model, place: &Place) -> String {
    let name = format!("{}Error", model.handle.name);
    let borrowed = if place.borrows { "import Tympan\n" } else { "" };
    let (cases, kinds) = (patterns(model), words(model));
    format!(
        "import Foundation
{borrowed}
extension {name} {{
    /// What exactly was wrong.
    public var code: ErrorCode {{ parts.code }}

    /// For people; not part of the interface.
    public var text: String {{ parts.text }}

    /// Whether the same call may succeed later with nothing mended.
    public var retry: Bool {{ parts.retry }}

    /// The values that belong to the code, never secrets.
    public var details: [String: String] {{ parts.details }}

    /// The word for its kind.
    public var kind: String {{
        switch self {{
{kinds}        }}
    }}

    private var parts: (code: ErrorCode, text: String, retry: Bool, details: [String: String]) {{
        switch self {{
        case {cases}:
            (code, text, retry, details)
        }}
    }}
}}

extension {name}: LocalizedError, CustomStringConvertible {{
    public var errorDescription: String? {{ text }}
    public var description: String {{ \"\\(code): \\(text)\" }}
}}
"
    )
}

/// Every case, with what all have in common.
fn patterns(model: &Model) -> String {
    let pattern = |kind: &str| {
        let case = pascal(kind);
        format!(".{case}(let code, let text, let retry, let details)")
    };
    let cases: Vec<String> = model.kinds.iter().map(|it| pattern(&it.kind)).collect();
    cases.join(",\n            ")
}

/// Every case's word.
fn words(model: &Model) -> String {
    let mut words = String::new();
    for kind in model.kinds.iter().map(|it| &it.kind) {
        let _ = writeln!(words, "        case .{}: \"{kind}\"", pascal(kind));
    }
    words
}
