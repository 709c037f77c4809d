//! Tables of everything that there is, for people: the same for all languages.

use std::fmt::Write;

use crate::bindgen::model::{Answers, Docs, Enum, Field, Method, Model, Record, Type};
use crate::bindgen::names::{camel, linked, snake};
use crate::bindgen::{Files, NOTICE};

/// The folder of the tables, which holds nothing else.
pub const FOLDER: &str = "docs/api";

/// The tables.
pub fn files(model: &Model) -> Files {
    let file = |name: &str, text: String| {
        let text = format!("<!-- {NOTICE} -->\n\n{text}");
        (format!("{FOLDER}/{name}.md").into(), text)
    };
    Files::from([file("calls", calls(model)), file("types", types(model))])
}

const CALLS: &str = "# Calls

Everything that an open store can be asked for, and how each language writes it. What may be left out of a call stands in
brackets: named arguments in Python and Swift, fields of an object at the end in Node. The errors are those of
[errors.md](../errors.md); [types.md](types.md) tells what is in a record.

Python has each of them in `tympan`, blocking, and in `tympan.aio`, as a coroutine. Node gives a promise, and has a twin
that waits, with `Sync` behind its name; Swift is `async throws`. What is answered at once has no twin, and is marked †.
A list in pages also has an iterator over all its rows: `users_all` in Python, `usersAll` in Node and Swift.

| here | Python | Node | Swift |
| --- | --- | --- | --- |
| text | `str` | `string` | `String` |
| flag | `bool` | `boolean` | `Bool` |
| count | `int`, 32 bits | `number`, an integer of 32 bits | `Int32` |
| amount | `int`, 64 bits | `bigint`, 64 bits | `Int64` |
| instant | aware `datetime` | `Date` | `Date` |
| bytes | `bytes` | `Uint8Array` | `Data` |
| secret | `str` | `string` | `String` |
| list | sequence; `list` | array | array |
| map | mapping; `dict` | object | dictionary |
| none | `None` | `null` | `nil` |

Instants are whole milliseconds, from 1970 to 9999: what is finer is cut off, whatever the language.

";

fn calls(model: &Model) -> String {
    let mut text = CALLS.to_owned();
    text += "| Python | Node and Swift | takes | gives | |\n| --- | --- | --- | --- | --- |\n";
    for method in model.handle.methods.values() {
        let at_once = if method.answers == Answers::Call {
            ""
        } else {
            " †"
        };
        let _ = writeln!(
            text,
            "| `{}`{at_once} | `{}` | {} | {} | {} |",
            method.name,
            camel(&method.name),
            takes(model, method),
            kind(&method.gives),
            call_docs(&method.docs)
        );
    }
    text
}

fn takes(model: &Model, method: &Method) -> String {
    let parameters = method
        .parameters
        .iter()
        .map(|parameter| format!("`{}`: {}", parameter.name, kind(&parameter.kind)));
    let record = method.options.as_ref().and_then(|it| model.records.get(it));
    let options = record
        .into_iter()
        .flat_map(|record| &record.fields)
        .map(|field| format!("[`{}`: {}]", field.name, kind(left_out(&field.kind))));
    parameters.chain(options).collect::<Vec<_>>().join(", ")
}

/// The type of what is given at all.
fn left_out(kind: &Type) -> &Type {
    match kind {
        Type::Option(inner) => inner,
        other => other,
    }
}

fn call_docs(docs: &Docs) -> String {
    let mut text = cell(&docs.text);
    if !docs.errors.is_empty() {
        let _ = write!(text, " **Refuses:** {}", cell(&docs.errors));
    }
    text
}

/// A text in one cell of a table.
fn cell(text: &str) -> String {
    let text = linked(text, |name| {
        let name = name.rsplit("::").next().unwrap_or(name);
        format!("`{name}`")
    });
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").replace('|', "\\|")
}

/// A type, in words.
fn kind(kind: &Type) -> String {
    match kind {
        Type::None => String::new(),
        Type::Bool => "flag".to_owned(),
        Type::Count => "count".to_owned(),
        Type::Amount => "amount".to_owned(),
        Type::Text => "text".to_owned(),
        Type::Secret => "secret".to_owned(),
        Type::Bytes => "bytes".to_owned(),
        Type::Timestamp => "instant".to_owned(),
        Type::Error => "error".to_owned(),
        Type::Handle => "handle".to_owned(),
        Type::Id(name) => format!("[`{name}`](types.md#ids)"),
        Type::Record(name) | Type::Enum(name) => {
            format!("[`{name}`](types.md#{})", name.to_lowercase())
        }
        Type::Option(inner) => format!("{} or none", self::kind(inner)),
        Type::List(inner) => format!("list of {}", self::kind(inner)),
        Type::Map(inner) => format!("map of {}", self::kind(inner)),
    }
}

fn types(model: &Model) -> String {
    let mut text = "# Types

What calls take and give. Fields are in Python's spelling; Node and Swift write `balanceAfter` for `balance_after`. Of a
record that a caller makes, what is a flag, a list or a map may be left out, and so may what may be none.

## Ids

Text with a prefix, `usr_0c1v6z4q8m2k0`. They never change and are never given twice.

| id | of what |
| --- | --- |
"
    .to_owned();
    for (name, docs) in &model.ids {
        let _ = writeln!(text, "| `{name}` | {} |", cell(&docs.text));
    }
    for words in model.enums.values() {
        text += &choices(words);
    }
    let records = model.records.values().filter(|record| !record.options);
    records.for_each(|record| text += &fields_of(record));
    text
}

fn choices(words: &Enum) -> String {
    let mut text = format!(
        "\n## {}\n\n{}\n\n| choice | |\n| --- | --- |\n",
        words.name,
        cell(&words.docs.text)
    );
    for variant in &words.variants {
        let fields: String = variant
            .fields
            .iter()
            .map(|field| format!(" {}", field_of(field)))
            .collect();
        let (word, docs) = (snake(&variant.name), cell(&variant.docs.text));
        let _ = writeln!(text, "| `{word}` | {docs}{fields} |");
    }
    text
}

fn field_of(field: &Field) -> String {
    let docs = cell(&field.docs.text);
    format!("`{}`, {}: {docs}", field.name, kind(&field.kind))
}

fn fields_of(record: &Record) -> String {
    let mut text = format!(
        "\n## {}\n\n{}\n\n| field | type | |\n| --- | --- | --- |\n",
        record.name,
        cell(&record.docs.text)
    );
    for Field {
        name,
        docs,
        kind: of,
    } in &record.fields
    {
        let _ = writeln!(text, "| `{name}` | {} | {} |", kind(of), cell(&docs.text));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_one_line_and_its_links_are_names() {
        assert_eq!(
            cell("One\nline; see [`Tympan::set_clock`]. a|b"),
            "One line; see `set_clock`. a\\|b"
        );
    }

    #[test]
    fn types_are_told_in_words() {
        let list = Type::List(Box::new(Type::Option(Box::new(Type::Amount))));
        assert_eq!(kind(&list), "list of amount or none");
        let record = Type::Record("UserPage".to_owned());
        assert_eq!(kind(&record), "[`UserPage`](types.md#userpage)");
    }
}
