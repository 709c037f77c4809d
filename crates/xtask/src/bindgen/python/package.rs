//! The modules of the package that only name things: words, ids, and what the package shows.

use std::fmt::Write;

use super::{Target, docs, errors};
use crate::bindgen::names::{snake, upper};

const WORD: &str = r#""""Closed sets of words."""

from enum import Enum


class _Word(str, Enum):
    """A word that is its own text."""

    def __str__(self) -> str:
        return str(self.value)
"#;

/// The enums without fields.
pub fn enums(target: &Target<'_>) -> String {
    let mut text = WORD.to_owned();
    for words in target
        .model
        .enums
        .values()
        .filter(|words| !words.has_fields())
    {
        let docs = docs::string(&words.docs, "    ");
        let _ = write!(text, "\n\nclass {}(_Word):\n{docs}\n", words.name);
        for variant in &words.variants {
            let (name, word) = (upper(&variant.name), snake(&variant.name));
            let docs = docs::string(&variant.docs, "    ");
            let _ = write!(text, "    {name} = {word:?}\n{docs}");
        }
    }
    text
}

/// The kinds of ids.
pub fn ids(target: &Target<'_>) -> String {
    let mut text = "\"\"\"Ids: text with a prefix, `usr_0c1v6z4q8m2k0`. They never change and are never given twice.\n\"\"\"\n\nfrom typing import NewType\n\n".to_owned();
    for (name, docs) in &target.model.ids {
        let _ = write!(
            text,
            "{name} = NewType({name:?}, str)\n{}",
            docs::string(docs, "")
        );
    }
    text
}

/// What the package shows.
pub fn init(target: &Target<'_>) -> String {
    let model = target.model;
    let mut text = "\"\"\"Users, identities, roles, profiles, groups and allowances for print and production workflow.\n\n`open` opens a store; `tympan.aio` is the same for asyncio.\n\"\"\"\n\n".to_owned();
    let kinds = model
        .kinds
        .iter()
        .map(|kind| errors::category_name(&kind.kind));
    let mut errors: Vec<String> = kinds.chain(["TympanError".to_owned()]).collect();
    errors.sort();
    let modules = [
        ("tympan._tympan", compiled(target)),
        ("tympan.enums", words(target)),
        ("tympan.errors", errors),
        ("tympan.ids", model.ids.keys().cloned().collect()),
    ];
    let mut all = vec![
        "__version__".to_owned(),
        "aio".to_owned(),
        "enable_logging".to_owned(),
        "errors".to_owned(),
    ];
    text += "from tympan import aio, errors\n";
    for (module, names) in modules {
        let _ = writeln!(text, "from {module} import (");
        if module == "tympan._tympan" {
            text += "    __version__,\n    enable_logging,\n";
        }
        for name in &names {
            // Under its own name again: that makes it public without a place in `__all__`.
            let again = if is_hidden(name) { " as open" } else { "" };
            let _ = writeln!(text, "    {name}{again},");
        }
        text += ")\n";
        all.extend(names.into_iter().filter(|name| !is_hidden(name)));
    }
    all.sort();
    text += "\n__all__ = [\n";
    for name in all {
        let _ = writeln!(text, "    {name:?},");
    }
    text + "]\n"
}

/// Whether `from tympan import *` leaves it out: it would hide Python's own.
fn is_hidden(name: &str) -> bool {
    name == "open"
}

/// What the tests' package shows.
pub fn probe_init(target: &Target<'_>) -> String {
    let mut text =
        "\"\"\"What only the tests see: a handle that passes values through.\"\"\"\n\n".to_owned();
    for (module, names) in [
        ("probe._glue", compiled(target)),
        ("probe.enums", words(target)),
    ] {
        for name in names {
            let _ = writeln!(text, "from {module} import {name} as {name}");
        }
    }
    text
}

/// The probe's part of the compiled module, of which the stub of the other part says nothing.
pub fn probe_glue(target: &Target<'_>) -> String {
    let names = compiled(target);
    format!(
        "from tympan import _tympan\n\nfor name in {names:?}:\n    globals()[name] = getattr(_tympan, name)\n"
    )
}

/// The names in the compiled module.
pub fn compiled(target: &Target<'_>) -> Vec<String> {
    let model = target.model;
    let records = model.records.values().filter(|record| !record.options);
    let enums = model.enums.values().filter(|words| words.has_fields());
    let constructors = model
        .handle
        .methods
        .values()
        .filter(|method| !method.takes_handle);
    let mut names = vec![model.handle.name.clone()];
    names.extend(records.map(|record| record.name.clone()));
    names.extend(enums.map(|words| words.name.clone()));
    names.extend(constructors.map(|method| method.name.clone()));
    names.sort();
    names
}

fn words(target: &Target<'_>) -> Vec<String> {
    let enums = target
        .model
        .enums
        .values()
        .filter(|words| !words.has_fields());
    enums.map(|words| words.name.clone()).collect()
}
