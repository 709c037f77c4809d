//! The stub of the compiled module: every class and function with exact types.

use std::fmt::Write;

use super::types::{Scope, Way, properties};
use super::{Target, docs, methods, package};
use crate::bindgen::model::{Enum, Field, Method, Record};

/// The whole of it.
pub fn module(target: &Target<'_>) -> String {
    let model = target.model;
    let records: String = model
        .records
        .values()
        .filter(|record| !record.options)
        .map(|record| record_class(target, record))
        .collect();
    let enums: String = model
        .enums
        .values()
        .filter(|words| words.has_fields())
        .map(|words| enum_class(target, words))
        .collect();
    let mut body = records + &enums + &handle(target);
    if !target.is_probe {
        body += BEGUN;
    }
    imports(target, &body) + &body
}

/// What is written by hand: what `aio` waits with, and the way to Python's logging.
const BEGUN: &str = "
@final
class Begun:
    def poll(self, wake: Callable[[], object]) -> tuple[object] | None: ...
    def leave(self) -> None: ...

def begin(call: Callable[[], object]) -> Begun: ...

def enable_logging() -> bool:
    \"\"\"From now on tympan tells Python's `logging`, under the name `tympan`, what became of commits and
    checks: numbers, names of commands and codes of errors, nothing of what they are about. Loggers and
    their levels are looked up once: set them before. Until it is called, nothing is told. False if it was
    called before.
    \"\"\"
";

/// Only what is used.
fn imports(target: &Target<'_>, body: &str) -> String {
    let mut text = String::new();
    if body.contains("builtins.") {
        text += "import builtins\n";
    }
    let uses = |name: &str| is_used(body, name);
    let from = |module: &str, names: &[&str]| {
        let used: Vec<&str> = names.iter().copied().filter(|name| uses(name)).collect();
        match used.is_empty() {
            true => String::new(),
            false => format!("from {module} import {}\n", used.join(", ")),
        }
    };
    text += &from(
        "collections.abc",
        &["Callable", "Iterator", "Mapping", "Sequence"],
    );
    text += &from("datetime", &["datetime"]);
    text += &from("types", &["TracebackType"]);
    text += &from("typing", &["Literal", "final"]);
    text += "\n";
    text += &from("typing_extensions", &["Self", "disjoint_base"]);
    text += "\n";
    let words = target
        .model
        .enums
        .values()
        .filter(|words| !words.has_fields());
    let words: Vec<&str> = words.map(|words| words.name.as_str()).collect();
    text += &from(&format!("{}.enums", target.package), &words);
    text += &from("tympan.errors", &["TympanError"]);
    let ids: Vec<&str> = target.model.ids.keys().map(String::as_str).collect();
    text += &from("tympan.ids", &ids);
    if !target.is_probe {
        let mut names = package::compiled(target);
        let others = ["__version__", "Begun", "begin", "enable_logging"];
        names.extend(others.map(str::to_owned));
        let _ = write!(text, "\n__all__ = {names:?}\n\n__version__: str\n");
    }
    text
}

/// Whether a name stands in a text as a word.
pub fn is_used(text: &str, name: &str) -> bool {
    let is_word = |letter: Option<char>| letter.is_some_and(|it| it.is_alphanumeric() || it == '_');
    text.match_indices(name).any(|(at, _)| {
        let (before, after) = (&text[..at], &text[at + name.len()..]);
        !is_word(before.chars().next_back()) && !is_word(after.chars().next())
    })
}

fn record_class(target: &Target<'_>, record: &Record) -> String {
    let names = record.fields.iter().map(|field| field.name.as_str());
    let scope = Scope::of(target.model, names);
    let mut text = format!(
        "\n@final\nclass {}:\n{}\n",
        record.name,
        docs::string(&record.docs, "    ")
    );
    if record.input {
        text += &constructor(&scope, &record.fields, "    ");
    }
    text += &properties(&scope, &record.fields, "    ");
    text + EQUAL
}

const EQUAL: &str =
    "    def __eq__(self, other: object, /) -> bool: ...\n    def __hash__(self) -> int: ...\n";

fn constructor(scope: &Scope<'_>, fields: &[Field], indentation: &str) -> String {
    let arguments: Vec<String> = fields.iter().map(|field| scope.argument(field)).collect();
    let star = if arguments.is_empty() { "" } else { ", *, " };
    format!(
        "{indentation}def __new__(cls{star}{}) -> Self: ...\n",
        arguments.join(", ")
    )
}

fn enum_class(target: &Target<'_>, words: &Enum) -> String {
    let mut text = format!(
        "\n@disjoint_base\nclass {}:\n{}\n",
        words.name,
        docs::string(&words.docs, "    ")
    );
    for variant in &words.variants {
        let names = variant.fields.iter().map(|field| field.name.as_str());
        let scope = Scope::of(target.model, names);
        let _ = write!(
            text,
            "    @final\n    class {}({}):\n{}\n",
            variant.name,
            words.name,
            docs::string(&variant.docs, "        ")
        );
        if words.input {
            text += &constructor(&scope, &variant.fields, "        ");
        }
        text += &properties(&scope, &variant.fields, "        ");
    }
    text + EQUAL
}

fn handle(target: &Target<'_>) -> String {
    let handle = &target.model.handle;
    let scope = Scope::of(target.model, handle.methods.keys().map(String::as_str));
    let mut text = format!(
        "\n@final\nclass {}:\n{}\n",
        handle.name,
        docs::string(&handle.docs, "    ")
    );
    let mut functions = String::new();
    for method in handle.methods.values() {
        if method.takes_handle {
            text += &function(&scope, method, "    ");
        } else {
            functions += "\n";
            functions += &function(&scope, method, "");
        }
        if method.pages {
            text += &rows(target, &scope, method);
        }
    }
    if handle.methods.contains_key("close") {
        text += "    def __enter__(self) -> Self: ...
    def __exit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> None: ...
";
    }
    text + &functions
}

fn function(scope: &Scope<'_>, method: &Method, indentation: &str) -> String {
    let gives = scope.written(&method.gives, Way::Out);
    let docs = docs::string(&method.docs, &format!("{indentation}    "));
    let arguments = arguments(scope, method);
    format!(
        "{indentation}def {}({arguments}) -> {gives}:\n{docs}",
        method.name
    )
}

fn arguments(scope: &Scope<'_>, method: &Method) -> String {
    let handle = method.takes_handle.then(|| "self".to_owned());
    let arguments: Vec<String> = handle.into_iter().chain(scope.arguments(method)).collect();
    arguments.join(", ")
}

fn rows(target: &Target<'_>, scope: &Scope<'_>, method: &Method) -> String {
    let row = row_type(target, scope, method);
    let docs = docs::string(&methods::rows_docs(method), "        ");
    let arguments = arguments(scope, method);
    format!(
        "    def {}_all({arguments}) -> Iterator[{row}]:\n{docs}",
        method.name
    )
}

/// The type of the rows of a list in pages.
pub fn row_type(target: &Target<'_>, scope: &Scope<'_>, method: &Method) -> String {
    use crate::bindgen::model::Type;
    let Type::Record(page) = &method.gives else {
        return String::new();
    };
    let fields = target
        .model
        .records
        .get(page)
        .map(|page| page.fields.as_slice());
    let rows = fields
        .into_iter()
        .flatten()
        .find(|field| field.name == "rows");
    match rows.map(|rows| &rows.kind) {
        Some(Type::List(row)) => scope.written(row, Way::Out),
        _ => String::new(),
    }
}
