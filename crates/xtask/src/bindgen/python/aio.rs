//! The twin for asyncio: the same methods as coroutines, which begin calls instead of waiting.

use std::fmt::Write;

use super::stub::{is_used, row_type};
use super::types::{Scope, Way, options};
use super::{Target, docs, methods};
use crate::bindgen::model::{Answers, Method, Type};

/// The module.
pub fn module(target: &Target<'_>) -> String {
    let handle = &target.model.handle;
    let name = &handle.name;
    let scope = Scope::of(target.model, handle.methods.keys().map(String::as_str));
    let mut body = format!(
        "\n\n@final\nclass {name}:\n{docs}
    __slots__ = (\"_blocking\",)

    def __init__(self, blocking: _blocking.{name}) -> None:
        self._blocking = blocking
",
        docs = docs::string(&handle.docs, "    ")
    );
    let mut functions = String::new();
    for method in handle.methods.values() {
        if method.takes_handle {
            body += "\n";
            body += &method_of(target, &scope, method);
        } else if method.answers == Answers::Call {
            functions += &constructor(target, &scope, method);
        }
        if method.pages {
            body += "\n";
            body += &rows(target, &scope, method);
        }
    }
    if handle.methods.contains_key("close") {
        body += CONTEXT;
    }
    body += &functions;
    imports(target, &body) + &body
}

const CONTEXT: &str = "
    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> None:
        await answered(self._blocking.close)
";

fn imports(target: &Target<'_>, body: &str) -> String {
    let package = target.package;
    let mut text = String::from(
        "\"\"\"The same for asyncio: calls are coroutines, and lists in pages asynchronous generators.

A call is begun when it is awaited, and its deadline runs from then on; however many are under way,
no thread waits for them, and the event loop never does. A task that is cancelled waits no more, but
what it asked for may be done all the same: a change to a wallet is found out by sending it again with
the same key.
\"\"\"

from __future__ import annotations

"
    );
    if body.contains("builtins.") {
        text += "import builtins\n";
    }
    text += &from(
        body,
        "collections.abc",
        &["AsyncIterator", "Mapping", "Sequence"],
    );
    text += &from(body, "datetime", &["datetime"]);
    text += &from(body, "functools", &["partial"]);
    text += &from(body, "types", &["TracebackType"]);
    text += &from(body, "typing", &["Literal", "final"]);
    let model = target.model;
    let glue = if target.is_probe { "_glue" } else { "_tympan" };
    let _ = writeln!(text, "\nfrom {package} import {glue} as _blocking");
    let records = model.records.values().filter(|record| !record.options);
    let enums = model.enums.values().filter(|words| words.has_fields());
    let compiled: Vec<&str> = records
        .map(|record| record.name.as_str())
        .chain(enums.map(|words| words.name.as_str()))
        .collect();
    text += &from(body, &format!("{package}.{glue}"), &compiled);
    text += "from tympan._begun import answered\n";
    let words = model.enums.values().filter(|words| !words.has_fields());
    let words: Vec<&str> = words.map(|words| words.name.as_str()).collect();
    text += &from(body, &format!("{package}.enums"), &words);
    let ids: Vec<&str> = model.ids.keys().map(String::as_str).collect();
    text += &from(body, "tympan.ids", &ids);
    if is_used(body, "Self") {
        text += "\nif TYPE_CHECKING:\n    from typing_extensions import Self\n";
        text = text.replace("from typing import ", "from typing import TYPE_CHECKING, ");
    }
    text
}

fn from(body: &str, module: &str, names: &[&str]) -> String {
    let used: Vec<&str> = names
        .iter()
        .copied()
        .filter(|name| is_used(body, name))
        .collect();
    match used.is_empty() {
        true => String::new(),
        false => format!("from {module} import {}\n", used.join(", ")),
    }
}

/// The head of a function, up to its docstring.
fn head(scope: &Scope<'_>, method: &Method, name: &str, gives: &str, is_async: bool) -> String {
    let (asynchronous, indentation) = (
        if is_async { "async " } else { "" },
        if method.takes_handle { "    " } else { "" },
    );
    let handle = method.takes_handle.then(|| "self".to_owned());
    let arguments: Vec<String> = handle.into_iter().chain(scope.arguments(method)).collect();
    let mut text = format!("{indentation}{asynchronous}def {name}(\n");
    for argument in arguments {
        let _ = writeln!(text, "{indentation}    {argument},");
    }
    text + &format!("{indentation}) -> {gives}:\n")
}

/// The arguments, passed on.
fn passed(target: &Target<'_>, method: &Method) -> Vec<String> {
    let parameters = method
        .parameters
        .iter()
        .map(|parameter| parameter.name.clone());
    let options = options(target.model, method).iter();
    let options = options.map(|field| format!("{0}={0}", field.name));
    parameters.chain(options).collect()
}

fn method_of(target: &Target<'_>, scope: &Scope<'_>, method: &Method) -> String {
    let (name, gives) = (&method.name, scope.written(&method.gives, Way::Out));
    let is_async = method.answers == Answers::Call;
    let docs = docs::string(&method.docs, "        ");
    let passed = passed(target, method);
    let call = format!("self._blocking.{name}");
    let body = match (is_async, &method.gives) {
        (false, Type::Handle) => {
            let handle = &target.model.handle.name;
            format!("return {handle}({call}({}))", passed.join(", "))
        }
        (false, Type::None) => format!("{call}({})", passed.join(", ")),
        (false, _) => format!("return {call}({})", passed.join(", ")),
        (true, _) => {
            let call: Vec<String> = std::iter::once(call).chain(passed).collect();
            let wait = format!("answered(partial({}))", call.join(", "));
            match method.gives {
                Type::None => format!("await {wait}"),
                _ => format!("return await {wait}"),
            }
        }
    };
    head(scope, method, name, &gives, is_async) + &format!("{docs}        {body}\n")
}

fn constructor(target: &Target<'_>, scope: &Scope<'_>, method: &Method) -> String {
    let (name, handle) = (&method.name, &target.model.handle.name);
    let call: Vec<String> = std::iter::once(format!("_blocking.{name}"))
        .chain(passed(target, method))
        .collect();
    let docs = docs::string(&method.docs, "    ");
    let waited = format!("await answered(partial({}))", call.join(", "));
    let (gives, answer) = match &method.gives {
        Type::Handle => (handle.clone(), format!("{handle}({waited})")),
        gives => (scope.written(gives, Way::Out).to_string(), waited),
    };
    let head = head(scope, method, name, &gives, true);
    format!("\n\n{head}{docs}    return {answer}\n")
}

fn rows(target: &Target<'_>, scope: &Scope<'_>, method: &Method) -> String {
    let name = &method.name;
    let row = row_type(target, scope, method);
    let docs = docs::string(&methods::rows_docs(method), "        ");
    let passed = passed(target, method).join(", ");
    format!(
        "{}{docs}        while True:
            page = await self.{name}({passed})
            for row in page.rows:
                yield row
            if page.next is None:
                return
            after = page.next
",
        head(
            scope,
            method,
            &format!("{name}_all"),
            &format!("AsyncIterator[{row}]"),
            true
        )
    )
}
