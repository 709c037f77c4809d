//! Looks names up in what was read, and tells which records callers make and which calls give.

use std::collections::{BTreeMap, BTreeSet};

use tympan::{Code, Kind};

use crate::bindgen::model::{Docs, ErrorCode, ErrorKind, Field, Model, Type};
use crate::bindgen::parse::Parsed;

/// The model of a definition, which may also use the ids of another one.
///
/// # Errors
/// Names that nothing stands for, and what no language could express.
pub fn resolve(parsed: Parsed, others: BTreeMap<String, Docs>) -> Result<Model, Vec<String>> {
    let Parsed {
        handle,
        records,
        enums,
        mut ids,
    } = parsed;
    ids.extend(others);
    let (codes, kinds) = (codes(), kinds());
    let mut model = Model {
        handle,
        records,
        enums,
        ids,
        codes,
        kinds,
    };
    let mut faults = Vec::new();
    name_types(&mut model, &mut faults);
    if faults.is_empty() {
        mark_uses(&mut model);
        mark_pages(&mut model);
        check(&model, &mut faults);
    }
    if faults.is_empty() {
        Ok(model)
    } else {
        Err(faults)
    }
}

/// The parser takes every unknown name for a record: it may be an enum or an id, or nothing.
fn name_types(model: &mut Model, faults: &mut Vec<String>) {
    let records: BTreeSet<String> = model.records.keys().cloned().collect();
    let enums: BTreeSet<String> = model.enums.keys().cloned().collect();
    let ids: BTreeSet<String> = model.ids.keys().cloned().collect();
    let mut name = |kind: &mut Type, place: &str| {
        let kind = innermost_mut(kind);
        let Type::Record(word) = &*kind else { return };
        if enums.contains(word) {
            *kind = Type::Enum(word.clone());
        } else if ids.contains(word) {
            *kind = Type::Id(word.clone());
        } else if !records.contains(word) {
            faults.push(format!(
                "{place}: there is no type `{word}` in the definition"
            ));
        }
    };
    for record in model.records.values_mut() {
        record
            .fields
            .iter_mut()
            .for_each(|field| name(&mut field.kind, &record.name));
    }
    for words in model.enums.values_mut() {
        let fields = words
            .variants
            .iter_mut()
            .flat_map(|variant| &mut variant.fields);
        fields.for_each(|field| name(&mut field.kind, &words.name));
    }
    for method in model.handle.methods.values_mut() {
        method
            .parameters
            .iter_mut()
            .for_each(|parameter| name(&mut parameter.kind, &method.name));
        name(&mut method.gives, &method.name);
    }
}

fn innermost_mut(kind: &mut Type) -> &mut Type {
    match kind {
        Type::Option(inner) | Type::List(inner) | Type::Map(inner) => innermost_mut(inner),
        other => other,
    }
}

fn mark_uses(model: &mut Model) {
    let methods: Vec<_> = model.handle.methods.values().cloned().collect();
    for method in &methods {
        if let Some(options) = &method.options {
            if let Some(record) = model.records.get_mut(options) {
                record.options = true;
            }
            mark(model, &Type::Record(options.clone()), Way::In);
        }
        method
            .parameters
            .iter()
            .for_each(|parameter| mark(model, &parameter.kind, Way::In));
        mark(model, &method.gives, Way::Out);
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Way {
    In,
    Out,
}

fn mark(model: &mut Model, kind: &Type, way: Way) {
    let fields: Vec<Field> = match kind.innermost() {
        Type::Record(name) => {
            let Some(record) = model.records.get_mut(name) else {
                return;
            };
            let marked = if way == Way::In {
                &mut record.input
            } else {
                &mut record.output
            };
            if std::mem::replace(marked, true) {
                return;
            }
            record.fields.clone()
        }
        Type::Enum(name) => {
            let Some(words) = model.enums.get_mut(name) else {
                return;
            };
            let marked = if way == Way::In {
                &mut words.input
            } else {
                &mut words.output
            };
            if std::mem::replace(marked, true) {
                return;
            }
            words
                .variants
                .iter()
                .flat_map(|variant| variant.fields.clone())
                .collect()
        }
        _ => return,
    };
    fields
        .iter()
        .for_each(|field| mark(model, &field.kind, way));
}

/// A list in pages gives `rows` and `next`, and takes the option `after`.
fn mark_pages(model: &mut Model) {
    let has = |record: Option<&String>, name: &str| {
        record
            .and_then(|record| model.records.get(record))
            .is_some_and(|record| record.fields.iter().any(|field| field.name == name))
    };
    let is_page = |gives: &Type, options: Option<&String>| match gives {
        Type::Record(page) => {
            has(Some(page), "rows") && has(Some(page), "next") && has(options, "after")
        }
        _ => false,
    };
    let paged: Vec<String> = model
        .handle
        .methods
        .values()
        .filter(|method| is_page(&method.gives, method.options.as_ref()))
        .map(|method| method.name.clone())
        .collect();
    for name in paged {
        if let Some(method) = model.handle.methods.get_mut(&name) {
            method.pages = true;
        }
    }
}

fn check(model: &Model, faults: &mut Vec<String>) {
    for record in model.records.values() {
        if !record.input && !record.output {
            faults.push(format!("no method takes or gives `{}`", record.name));
        }
        if record.options && record.fields.iter().any(|field| !field.has_default()) {
            faults.push(format!(
                "`{}` are options, and one of them could not be left out",
                record.name
            ));
        }
    }
    for words in model.enums.values() {
        if !words.input && !words.output {
            faults.push(format!("no method takes or gives `{}`", words.name));
        }
    }
    for method in model.handle.methods.values() {
        let options = method
            .options
            .as_ref()
            .and_then(|options| model.records.get(options));
        let names: Vec<&str> = method
            .parameters
            .iter()
            .map(|parameter| parameter.name.as_str())
            .collect();
        for field in options.into_iter().flat_map(|options| &options.fields) {
            if names.contains(&field.name.as_str()) {
                faults.push(format!(
                    "`{}` has the parameter `{}` twice",
                    method.name, field.name
                ));
            }
        }
    }
}

fn codes() -> Vec<ErrorCode> {
    let code = |code: &Code| ErrorCode {
        code: code.as_str().to_owned(),
        kind: kind_name(code.kind()).to_owned(),
        retry: code.retry(),
        meaning: code.meaning().to_owned(),
        details: code.details().iter().map(|&name| name.to_owned()).collect(),
    };
    Code::ALL.iter().map(code).collect()
}

fn kinds() -> Vec<ErrorKind> {
    let kinds = [
        (Kind::Invalid, "the request itself is wrong: mend it"),
        (Kind::NotFound, "what the request names is not there"),
        (
            Kind::Conflict,
            "the request was made against a state that is gone: read again",
        ),
        (Kind::Refused, "the rules say no: tell the person why"),
        (Kind::Denied, "the actor may not do this"),
        (Kind::Throttled, "too many tries: wait"),
        (
            Kind::Storage,
            "the store could not do its work; nothing was changed",
        ),
        (
            Kind::UnknownOutcome,
            "the store could not say whether the change took effect: repeat with the same key",
        ),
        (Kind::Internal, "a fault of tympan itself"),
    ];
    let kind = |(kind, meaning): (Kind, &str)| ErrorKind {
        kind: kind_name(kind).to_owned(),
        meaning: meaning.to_owned(),
    };
    kinds.map(kind).to_vec()
}

/// The word for a kind of error.
fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Invalid => "invalid",
        Kind::NotFound => "not_found",
        Kind::Conflict => "conflict",
        Kind::Refused => "refused",
        Kind::Denied => "denied",
        Kind::Throttled => "throttled",
        Kind::Storage => "storage",
        Kind::UnknownOutcome => "unknown_outcome",
        Kind::Internal => "internal",
    }
}
