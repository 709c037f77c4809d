//! The exceptions: one base, a class for each kind, a class for each code.

use std::fmt::Write;

use super::Target;
use crate::bindgen::model::{ErrorCode, ErrorKind};
use crate::bindgen::names::pascal;

const BASE: &str = r#""""What tympan refuses, and what went wrong.

Catch a class: `AllowanceExhausted` is one code, `RefusedError` every error of its kind,
`TympanError` all of them.
"""

from collections.abc import Mapping
from typing import ClassVar, Final


class TympanError(Exception):
    """The base of everything that tympan raises by itself."""

    code: ClassVar[str]
    """What happened, as a word that never changes its meaning."""
    kind: ClassVar[str]
    """What a caller can do about it, as a word."""
    retry: ClassVar[bool]
    """Whether the same call may succeed later with nothing mended."""
    message: str
    """For people; not part of the interface."""
    details: dict[str, str]
    """The values that belong to it, never secrets."""

    def __init__(self, message: str, details: Mapping[str, str] | None = None) -> None:
        super().__init__(message, dict(details or {}))
        self.message = message
        self.details = dict(details or {})

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"
"#;

/// The module `tympan.errors`.
pub fn module(target: &Target<'_>) -> String {
    let mut text = BASE.to_owned();
    for kind in &target.model.kinds {
        text += &category(kind);
    }
    for code in &target.model.codes {
        text += &leaf(code);
    }
    text += "\n\nBY_CODE: Final[dict[str, type[TympanError]]] = {\n";
    for code in &target.model.codes {
        let _ = writeln!(text, "    {:?}: {},", code.code, pascal(&code.code));
    }
    text += "}\n\"\"\"The class of each code.\"\"\"\n";
    text
}

/// The class of all errors of a kind.
pub fn category_name(kind: &str) -> String {
    format!("{}Error", pascal(kind))
}

fn category(kind: &ErrorKind) -> String {
    format!(
        "\n\nclass {}(TympanError):\n    \"\"\"{}.\"\"\"\n\n    kind = {:?}\n",
        category_name(&kind.kind),
        sentence(&kind.meaning),
        kind.kind
    )
}

fn leaf(code: &ErrorCode) -> String {
    let details = match code.details.is_empty() {
        true => String::new(),
        false => format!("\n\n    Details: `{}`.\n    ", code.details.join("`, `")),
    };
    let retry = if code.retry { "True" } else { "False" };
    format!(
        "\n\nclass {}({}):\n    \"\"\"{}.{details}\"\"\"\n\n    code = {:?}\n    retry = {retry}\n",
        pascal(&code.code),
        category_name(&code.kind),
        sentence(&code.meaning),
        code.code
    )
}

fn sentence(meaning: &str) -> String {
    let mut letters = meaning.trim_end_matches('.').chars();
    let first: String = letters
        .next()
        .map(|letter| letter.to_uppercase().collect())
        .unwrap_or_default();
    first + letters.as_str()
}
