//! The declarations for TypeScript, with the documentation of the definition.

use std::fmt::Write;

use super::script::{error_class, error_classes};
use super::{Source, id_variant, is_optional};
use crate::bindgen::NOTICE;
use crate::bindgen::model::{Answers, Docs, Enum, Field, Method, Parameter, Record, Type};
use crate::bindgen::names::{camel, linked, snake};

/// What stands before and behind what is generated from the definition.
const FIXED: &str = "
declare const brand: unique symbol;

/** How a call is made. */
export interface CallOptions {
  /**
   * Rejects the promise with the signal's reason as soon as it is sent. The call goes on: what
   * became of it is found out by repeating it with the same key.
   */
  signal?: AbortSignal | null | undefined;
}

/**
 * Whether a snapshot permits something: in the whole tenant, or over an account. It is advisory, for
 * showing and hiding what a person sees: it is as old as its `version`, and whatever is done is
 * checked again when it is done.
 */
export declare function may(snapshot: Capabilities, permission: string, account?: AccountId | null): boolean;
";

/// `index.d.ts`: the same for `import`.
pub fn exports() -> String {
    format!("// {NOTICE}\nexport * from './index.cjs';\n")
}

/// `index.d.cts`.
pub fn file(source: &Source<'_>) -> String {
    let model = source.model;
    let mut out = format!("// {NOTICE}\n/// <reference types=\"node\" />\n{FIXED}");
    for (name, docs) in &model.ids {
        comment(&mut out, "", docs, source);
        let _ = writeln!(
            out,
            "export type {name} = string & {{ readonly [brand]: '{name}' }};"
        );
    }
    errors(&mut out, source);
    for words in model.enums.values() {
        enumeration(&mut out, words, source);
    }
    for record in model.records.values() {
        interfaces(&mut out, record, source);
    }
    class(&mut out, source);
    out
}

fn errors(out: &mut String, source: &Source<'_>) {
    let model = source.model;
    let union = |words: Vec<&str>| {
        let words: Vec<String> = words.iter().map(|word| format!("'{word}'")).collect();
        words.join(" | ")
    };
    let kinds = model.kinds.iter().map(|kind| kind.kind.as_str());
    let _ = write!(
        out,
        "
/** What a caller can do about an error. */
export type ErrorKind = {};

/** Which error it is. A code never changes its meaning. */
export type ErrorCode =
",
        union(kinds.collect())
    );
    for code in &model.codes {
        let _ = writeln!(out, "  /** {} */\n  | '{}'", code.meaning, code.code);
    }
    out.push_str(
        "  ;

/** What tympan refuses, and what its store cannot do. */
export declare class TympanError extends Error {
  protected constructor();
  /** Which error it is. */
  readonly code: ErrorCode;
  /** What a caller can do about it. */
  readonly kind: ErrorKind;
  /** Whether the same call may succeed later with nothing mended. */
  readonly retry: boolean;
  /** Values that the code names. */
  readonly details: Readonly<Record<string, string>>;
}
",
    );
    for (kind, class) in model.kinds.iter().zip(error_classes(source)) {
        debug_assert_eq!(class, error_class(&kind.kind));
        let codes = model.codes.iter().filter(|code| code.kind == kind.kind);
        let codes: Vec<&str> = codes.map(|code| code.code.as_str()).collect();
        let codes = match codes.is_empty() {
            true => "ErrorCode".to_owned(),
            false => union(codes),
        };
        let _ = write!(
            out,
            "
/** {}. */
export declare class {class} extends TympanError {{
  readonly kind: '{}';
  readonly code: {codes};
}}
",
            capitalised(&kind.meaning),
            kind.kind
        );
    }
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

fn enumeration(out: &mut String, words: &Enum, source: &Source<'_>) {
    comment(out, "", &words.docs, source);
    let bare = id_variant(words)
        .filter(|_| words.input)
        .map(|(_, id)| format!("\n  /** By id. */\n  | {id}"));
    let _ = write!(
        out,
        "export type {} ={}",
        words.name,
        bare.unwrap_or_default()
    );
    for variant in &words.variants {
        out.push('\n');
        comment(out, "  ", &variant.docs, source);
        let word = snake(&variant.name);
        if !words.has_fields() {
            let _ = write!(out, "  | '{word}'");
            continue;
        }
        let _ = writeln!(out, "  | {{\n      type: '{word}';");
        for field in &variant.fields {
            let way = if words.output { Way::Out } else { Way::In };
            let optional = words.input && !words.output && is_optional(&field.kind);
            member(out, "      ", field, optional, way, source);
        }
        out.push_str("    }");
    }
    out.push_str(";\n");
}

/// Which way a value goes.
#[derive(Clone, Copy, PartialEq)]
enum Way {
    In,
    Out,
}

fn interfaces(out: &mut String, record: &Record, source: &Source<'_>) {
    if record.output {
        interface(out, record, &record.name, Way::Out, source);
    }
    if record.input {
        interface(out, record, &taken_name(record), Way::In, source);
    }
}

/// A record that goes both ways has two types: what is given is whole, what is taken need not be.
fn taken_name(record: &Record) -> String {
    match record.output {
        true => format!("{}Input", record.name),
        false => record.name.clone(),
    }
}

fn interface(out: &mut String, record: &Record, name: &str, way: Way, source: &Source<'_>) {
    comment(out, "", &record.docs, source);
    let base = match record.options {
        true => " extends CallOptions",
        false => "",
    };
    let _ = writeln!(out, "export interface {name}{base} {{");
    for field in &record.fields {
        let optional = way == Way::In && field.has_default();
        member(out, "  ", field, optional, way, source);
    }
    out.push_str("}\n");
}

fn member(
    out: &mut String,
    indent: &str,
    field: &Field,
    optional: bool,
    way: Way,
    source: &Source<'_>,
) {
    comment(out, indent, &field.docs, source);
    let mark = if optional { "?" } else { "" };
    let kind = match optional {
        true => left_out(&field.kind, source),
        false => written(&field.kind, way, source),
    };
    let _ = writeln!(out, "{indent}{}{mark}: {kind};", camel(&field.name));
}

/// The type of what may be left out: `undefined` and `null` mean that it is.
fn left_out(kind: &Type, source: &Source<'_>) -> String {
    let inner = match kind {
        Type::Option(inner) => inner,
        other => other,
    };
    format!("{} | null | undefined", written(inner, Way::In, source))
}

fn written(kind: &Type, way: Way, source: &Source<'_>) -> String {
    match kind {
        Type::None => "void".to_owned(),
        Type::Bool => "boolean".to_owned(),
        Type::Count => "number".to_owned(),
        Type::Amount => "bigint".to_owned(),
        Type::Text | Type::Secret => "string".to_owned(),
        Type::Bytes => "Uint8Array".to_owned(),
        Type::Timestamp => "Date".to_owned(),
        Type::Error => "TympanError".to_owned(),
        Type::Handle => source.model.handle.name.clone(),
        Type::Id(name) | Type::Enum(name) => name.clone(),
        Type::Record(name) => match source.model.records.get(name) {
            Some(record) if way == Way::In => taken_name(record),
            _ => name.clone(),
        },
        Type::Option(inner) => format!("{} | null", written(inner, way, source)),
        Type::List(inner) => {
            let item = written(inner, way, source);
            let read_only = if way == Way::In { "readonly " } else { "" };
            match item.contains(' ') {
                true => format!("{read_only}({item})[]"),
                false => format!("{read_only}{item}[]"),
            }
        }
        Type::Map(inner) => format!("Record<string, {}>", written(inner, way, source)),
    }
}

fn class(out: &mut String, source: &Source<'_>) {
    let handle = &source.model.handle;
    comment(out, "", &handle.docs, source);
    let _ = writeln!(
        out,
        "export declare class {} {{\n  private constructor();",
        handle.name
    );
    for method in handle.methods.values() {
        declare(out, method, source);
    }
    if handle.methods.contains_key("close") {
        out.push_str("\n  /** Closes it and does not wait for the end, where this version of Node has the symbol. */\n  [Symbol.dispose](): void;\n  /** Closes it and waits for the end, where this version of Node has the symbol. */\n  [Symbol.asyncDispose](): Promise<void>;\n");
    }
    out.push_str("}\n");
}

fn declare(out: &mut String, method: &Method, source: &Source<'_>) {
    let prefix = if method.takes_handle { "" } else { "static " };
    let name = camel(&method.name);
    let gives = written(&method.gives, Way::Out, source);
    let options = method.options.as_deref();
    let mut write = |name: &str, options: Option<&str>, gives: &str| {
        out.push('\n');
        comment(out, "  ", &method.docs, source);
        let parameters = parameters(&method.parameters, options, source);
        let _ = writeln!(out, "  {prefix}{name}({parameters}): {gives};");
    };
    if method.answers != Answers::Call {
        write(&name, options, &gives);
        return;
    }
    let call_options = Some(options.unwrap_or("CallOptions"));
    write(&name, call_options, &format!("Promise<{gives}>"));
    write(&format!("{name}Sync"), options, &gives);
    if method.pages {
        let row = format!("{gives}['rows'][number]");
        let rows = format!("AsyncGenerator<{row}, void, undefined>");
        write(&format!("{name}All"), call_options, &rows);
    }
}

fn parameters(parameters: &[Parameter], options: Option<&str>, source: &Source<'_>) -> String {
    // Only what stands at the end may be left out.
    let last_required = parameters
        .iter()
        .rposition(|parameter| !is_optional(&parameter.kind));
    let parameter = |(place, parameter): (usize, &Parameter)| {
        let name = camel(&parameter.name);
        match is_optional(&parameter.kind) {
            true if last_required.is_none_or(|last| place > last) => {
                format!("{name}?: {}", left_out(&parameter.kind, source))
            }
            true => format!("{name}: {}", left_out(&parameter.kind, source)),
            false => format!("{name}: {}", written(&parameter.kind, Way::In, source)),
        }
    };
    let options = options.map(|options| format!("options?: {options} | null"));
    let named = parameters.iter().enumerate().map(parameter);
    named.chain(options).collect::<Vec<_>>().join(", ")
}

/// A comment of TSDoc.
fn comment(out: &mut String, indent: &str, docs: &Docs, source: &Source<'_>) {
    let link = |name: &str| link(name, source);
    let mut lines: Vec<String> = linked(&docs.text, link)
        .lines()
        .map(str::to_owned)
        .collect();
    if !docs.errors.is_empty() {
        let errors = linked(&docs.errors, link);
        let errors = format!("@throws {{@link TympanError}} {errors}");
        lines.push(String::new());
        lines.extend(errors.lines().map(str::to_owned));
    }
    if indent.is_empty() {
        out.push('\n');
    }
    match lines.as_slice() {
        [line] => {
            let _ = writeln!(out, "{indent}/** {line} */");
        }
        lines => {
            let _ = writeln!(out, "{indent}/**");
            for line in lines {
                let _ = writeln!(out, "{}", format!("{indent} * {line}").trim_end());
            }
            let _ = writeln!(out, "{indent} */");
        }
    }
}

/// `{@link Tympan.editUser}` of `Tympan::edit_user`.
fn link(name: &str, source: &Source<'_>) -> String {
    match name.split_once("::") {
        Some((class, method)) if class == source.model.handle.name => {
            format!("{{@link {class}.{}}}", camel(method))
        }
        _ => format!("`{name}`"),
    }
}
