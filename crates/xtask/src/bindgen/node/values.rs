//! How the modules in JavaScript write what a call takes and read what it gives: the same values in
//! the same order as the addon does.

use std::fmt::Write;

use super::{Source, id_variant, plain};
use crate::bindgen::model::{Enum, Field, Method, Record, Type, Variant};
use crate::bindgen::names::{camel, snake};

/// The functions that write what callers make and read what calls give.
pub fn functions(source: &Source<'_>) -> String {
    let mut out = String::new();
    for record in source.model.records.values() {
        if record.input {
            out += &record_writer(record);
        }
        if record.output {
            out += &record_reader(record);
        }
    }
    for words in source.model.enums.values() {
        match (words.input, words.has_fields()) {
            (true, true) => out += &union_writer(words),
            (true, false) => out += &words_writer(words),
            (false, _) => {}
        }
        match (words.output, words.has_fields()) {
            (true, true) => out += &union_reader(words),
            (true, false) => out += &words_reader(words),
            (false, _) => {}
        }
    }
    out
}

/// The expression for the list of what a method takes.
pub fn taken(method: &Method) -> String {
    let mut writes: Vec<String> = method
        .parameters
        .iter()
        .map(|parameter| {
            let name = camel(&parameter.name);
            call(&parameter.kind, &name, &format!("'{name}'"))
        })
        .collect();
    if let Some(options) = &method.options {
        writes.push(format!("write{options}(to, options ?? {{}}, 'options')"));
    }
    match writes.is_empty() {
        true => "[]".to_owned(),
        false => format!("values((to) => {{ {}; }})", writes.join("; ")),
    }
}

/// The function that reads what a method gives.
pub fn given(kind: &Type) -> String {
    match kind {
        Type::Record(name) => format!("read{name}"),
        kind => format!("(from) => {}", read(kind)),
    }
}

fn record_writer(record: &Record) -> String {
    let writes: String = record
        .fields
        .iter()
        .map(|field| {
            let value = format!("value.{}", camel(&field.name));
            let absent = match field.kind {
                Type::Bool => " ?? false",
                Type::List(_) => " ?? []",
                Type::Map(_) => " ?? {}",
                _ => "",
            };
            write_field(field, &format!("{value}{absent}"))
        })
        .collect();
    let head = format!("\nfunction write{}(to, value, name, at) {{\n", record.name);
    format!("{head}  const here = objectAt(value, name, at);\n{writes}}}\n")
}

fn write_field(field: &Field, value: &str) -> String {
    let place = format!("'{}', here", camel(&field.name));
    format!("  {};\n", call(&field.kind, value, &place))
}

/// The call that writes a value, which stands at a place.
fn call(kind: &Type, value: &str, place: &str) -> String {
    match kind {
        Type::Option(inner) => format!("writeOption({}, to, {value}, {place})", writer(inner)),
        Type::List(inner) => format!("writeList({}, to, {value}, {place})", writer(inner)),
        Type::Map(inner) => format!("writeMap({}, to, {value}, {place})", writer(inner)),
        _ => format!("{}(to, {value}, {place})", writer(kind)),
    }
}

/// The function that writes a type.
fn writer(kind: &Type) -> String {
    match kind {
        Type::Record(name) | Type::Enum(name) => format!("write{name}"),
        Type::Option(_) | Type::List(_) | Type::Map(_) => {
            let call = call(kind, "value", "name, at");
            format!("(to, value, name, at) => {call}")
        }
        _ => plain::writer(kind).unwrap_or("never").to_owned(),
    }
}

/// What a value must be: `one of 'full', 'normal'`, in a text between double quotes.
fn one_of(words: &Enum) -> String {
    let words = words.variants.iter();
    let words: Vec<String> = words
        .map(|variant| format!("'{}'", snake(&variant.name)))
        .collect();
    format!("\"one of {}\"", words.join(", "))
}

fn numbers(words: &Enum) -> String {
    let words = words.variants.iter().enumerate();
    let words: Vec<String> = words
        .map(|(number, variant)| format!("{}: {number}", snake(&variant.name)))
        .collect();
    format!("{{ __proto__: null, {} }}", words.join(", "))
}

fn words_writer(words: &Enum) -> String {
    format!(
        "
const numbersOf{name} = {};

function write{name}(to, value, name, at) {{
  if (typeof value !== 'string') throw wrong(false, 'a string', name, at);
  const number = numbersOf{name}[value];
  if (number === undefined) throw wrong(false, {}, name, at);
  to.push(number);
}}
",
        numbers(words),
        one_of(words),
        name = words.name,
    )
}

fn words_reader(words: &Enum) -> String {
    let all: Vec<String> = words
        .variants
        .iter()
        .map(|variant| format!("'{}'", snake(&variant.name)))
        .collect();
    let (name, all) = (&words.name, all.join(", "));
    format!(
        "\nconst wordsOf{name} = [{all}];\n\nfunction read{name}(from) {{\n  return wordsOf{name}[from.next()];\n}}\n"
    )
}

fn union_writer(words: &Enum) -> String {
    let bare = id_variant(words).map(|(variant, _)| {
        let number = words.variants.iter().position(|other| other == variant);
        let number = number.unwrap_or_default();
        format!(
            "  if (typeof value === 'string') {{
    to.push({number});
    writeText(to, value, name, at);
    return;
  }}
"
        )
    });
    let must = bare.as_ref().map_or("", |_| ", 'an id or an object'");
    let arm = |(number, variant): (usize, &Variant)| {
        let fields: String = variant
            .fields
            .iter()
            .map(|field| {
                let value = format!("value.{}", camel(&field.name));
                format!("    {}", write_field(field, &value))
            })
            .collect();
        let word = snake(&variant.name);
        format!("    case '{word}':\n      to.push({number});\n{fields}      return;\n")
    };
    let arms: String = words.variants.iter().enumerate().map(arm).collect();
    format!(
        "
function write{}(to, value, name, at) {{
{}  const here = objectAt(value, name, at{must});
  const {{ type }} = value;
  if (typeof type !== 'string') throw wrong(false, 'a string', 'type', here);
  switch (type) {{
{arms}    default:
      throw wrong(false, {}, 'type', here);
  }}
}}
",
        words.name,
        bare.unwrap_or_default(),
        one_of(words)
    )
}

fn union_reader(words: &Enum) -> String {
    let arm = |(number, variant): (usize, &Variant)| {
        let word = snake(&variant.name);
        let made = made(&variant.fields, Some(&word));
        format!("    case {number}:\n      return {made};\n")
    };
    let arms: String = words.variants.iter().enumerate().map(arm).collect();
    format!(
        "\nfunction read{}(from) {{\n  switch (from.next()) {{\n{arms}  }}\n}}\n",
        words.name
    )
}

fn record_reader(record: &Record) -> String {
    let made = made(&record.fields, None);
    format!(
        "\nfunction read{}(from) {{\n  return {made};\n}}\n",
        record.name
    )
}

/// An object of fields that are read one after the other, which does not show its secrets.
fn made(fields: &[Field], word: Option<&str>) -> String {
    let tag = word.map(|word| format!("type: '{word}'"));
    let members = fields
        .iter()
        .map(|field| format!("{}: {}", camel(&field.name), read(&field.kind)));
    let members: Vec<String> = tag.into_iter().chain(members).collect();
    let object = format!("{{ {} }}", members.join(", ")).replace("{  }", "{}");
    let secrets: Vec<String> = fields
        .iter()
        .filter(|field| *field.kind.innermost() == Type::Secret)
        .map(|field| format!("'{}'", camel(&field.name)))
        .collect();
    match secrets.is_empty() {
        true => object,
        false => format!("hide({object}, [{}])", secrets.join(", ")),
    }
}

/// The expression that reads a type.
fn read(kind: &Type) -> String {
    match kind {
        Type::None => "undefined".to_owned(),
        Type::Timestamp => "new Date(from.next())".to_owned(),
        Type::Error => "readError(from)".to_owned(),
        Type::Handle => "readHandle(from)".to_owned(),
        Type::Record(name) | Type::Enum(name) => format!("read{name}(from)"),
        // Null is what is not there.
        Type::Option(inner) if **inner == Type::Timestamp => "instant(from.next())".to_owned(),
        Type::Option(inner) if plain::writer(inner).is_some() => "from.next()".to_owned(),
        Type::Option(inner) => format!("from.option({})", reader(inner)),
        Type::List(inner) => format!("from.list({})", reader(inner)),
        Type::Map(inner) => format!("from.map({})", reader(inner)),
        _ => "from.next()".to_owned(),
    }
}

/// The function that reads a type.
fn reader(kind: &Type) -> String {
    match kind {
        Type::Record(name) | Type::Enum(name) => format!("read{name}"),
        kind if plain::writer(kind).is_some() && *kind != Type::Timestamp => "next".to_owned(),
        kind => format!("(from) => {}", read(kind)),
    }
}

/// What the functions need besides those of `runtime.cjs`.
pub fn helpers(source: &Source<'_>) -> String {
    let mut out = String::new();
    let handle = &source.model.handle.name;
    let _ = write!(
        out,
        "
const next = (from) => from.next();

const instant = (millis) => (millis === null ? null : new Date(millis));

function readError(from) {{
  return refused(from.next(), from.next(), from.next(), from.map(next));
}}

function readHandle(from) {{
  return new {handle}(own, from.next());
}}

function values(write) {{
  const to = [];
  write(to);
  return to;
}}
"
    );
    out
}
