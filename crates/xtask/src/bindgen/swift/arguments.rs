//! The arguments of a method: its parameters, and then its options one by one.

use crate::bindgen::model::{Field, Method, Model, Type};

/// One argument.
pub struct Argument<'a> {
    pub name: &'a str,
    pub kind: &'a Type,
    /// Whether it may be left out.
    pub optional: bool,
}

/// The options of a method.
pub fn options<'a>(model: &'a Model, method: &Method) -> &'a [Field] {
    let record = method
        .options
        .as_ref()
        .and_then(|name| model.records.get(name));
    record.map_or(&[], |record| &record.fields)
}

/// All of them, in order.
pub fn arguments<'a>(model: &'a Model, method: &'a Method) -> Vec<Argument<'a>> {
    let parameters = method.parameters.iter().map(|parameter| Argument {
        name: &parameter.name,
        kind: &parameter.kind,
        optional: matches!(parameter.kind, Type::Option(_)),
    });
    let options = options(model, method).iter().map(|field| Argument {
        name: &field.name,
        kind: &field.kind,
        optional: field.has_default(),
    });
    parameters.chain(options).collect()
}

/// What is taken for one that is left out, which uniffi and Swift write differently.
///
/// # Errors
/// If uniffi cannot write it.
pub fn absent(kind: &Type, nothing: &'static str) -> Result<&'static str, String> {
    match kind {
        Type::Option(_) => Ok(nothing),
        Type::List(_) => Ok("[]"),
        Type::Bool => Ok("false"),
        _ => Err(format!(
            "an argument of the type {kind:?} cannot be left out in Swift"
        )),
    }
}
