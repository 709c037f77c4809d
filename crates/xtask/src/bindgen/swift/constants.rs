//! Kinds of ids and codes of errors, as types of Swift.

use std::fmt::Write;

use crate::bindgen::model::Model;
use crate::bindgen::swift::{documents, types};

/// Every kind of id: a type of its own, so that none is taken for another.
pub fn ids(model: &Model) -> String {
    let mut code = String::new();
    for (name, docs) in &model.ids {
        code += &documents::swift(&docs.text, 0);
        let _ = write!(
            code,
            "public struct {name}: Identifier {{
    public let rawValue: String

    public init(rawValue: String) {{
        self.rawValue = rawValue
    }}
}}

"
        );
    }
    trimmed(code)
}

/// Every code by its name.
pub fn codes(model: &Model) -> String {
    let mut code = String::from(
        "/// What exactly was wrong with a call. Codes may be added, and none ever changes.
public struct ErrorCode: Word {
    public let rawValue: String

    public init(rawValue: String) {
        self.rawValue = rawValue
    }
}

extension ErrorCode {
",
    );
    for known in &model.codes {
        code += &documents::swift(&known.meaning, 4);
        let name = types::name(&known.code);
        let _ = write!(
            code,
            "    public static let {name}: Self = \"{}\"\n\n",
            known.code
        );
    }
    trimmed(code) + "}\n"
}

fn trimmed(code: String) -> String {
    code.trim_end().to_owned() + "\n"
}
