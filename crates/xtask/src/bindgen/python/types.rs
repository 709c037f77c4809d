//! Types and parameters as Python writes them.

use std::fmt::Write;

use super::docs;
use super::enums::quoted;
use crate::bindgen::model::{Enum, Field, Method, Model, Type};

/// Whether a value is given to the library or comes from it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Way {
    In,
    Out,
}

/// Where names of types are written: a class with a property `list` hides the type.
#[derive(Clone, Copy)]
pub struct Scope<'m> {
    model: &'m Model,
    builtins: &'static str,
}

const BUILTINS: &[&str] = &["bool", "bytes", "dict", "int", "list", "str"];

/// Python's own words, which no field, parameter or method may be called by.
const KEYWORDS: &[&str] = &[
    "and", "as", "assert", "async", "await", "class", "def", "del", "elif", "except", "finally",
    "from", "global", "import", "is", "lambda", "nonlocal", "not", "or", "pass", "raise", "try",
    "with", "yield", "None", "True", "False", "self", "py",
];

impl<'m> Scope<'m> {
    /// The scope of a class with these members.
    pub fn of<'n>(model: &'m Model, mut members: impl Iterator<Item = &'n str>) -> Self {
        let hides = members.any(|member| BUILTINS.contains(&member));
        let builtins = if hides { "builtins." } else { "" };
        Self { model, builtins }
    }

    /// A type, as the argument or the answer of a method.
    pub fn written(&self, kind: &Type, way: Way) -> String {
        let builtin = |name: &str| format!("{}{name}", self.builtins);
        match kind {
            Type::None => "None".to_owned(),
            Type::Bool => builtin("bool"),
            Type::Count | Type::Amount => builtin("int"),
            Type::Text | Type::Secret => builtin("str"),
            Type::Bytes => builtin("bytes"),
            Type::Timestamp => "datetime".to_owned(),
            Type::Error => "TympanError".to_owned(),
            Type::Handle => self.model.handle.name.clone(),
            Type::Id(name) | Type::Record(name) => name.clone(),
            Type::Enum(name) => match (way, self.model.enums.get(name)) {
                (Way::In, Some(words)) => taken(words),
                _ => name.clone(),
            },
            Type::Option(inner) => format!("{} | None", self.written(inner, way)),
            Type::List(inner) => match way {
                Way::In => format!("Sequence[{}]", self.written(inner, way)),
                Way::Out => format!("{}[{}]", builtin("list"), self.written(inner, way)),
            },
            Type::Map(inner) => {
                let map = if way == Way::In {
                    "Mapping".to_owned()
                } else {
                    builtin("dict")
                };
                format!("{map}[{}, {}]", builtin("str"), self.written(inner, way))
            }
        }
    }

    /// A field as a named argument.
    pub fn argument(&self, field: &Field) -> String {
        let written = self.written(&field.kind, Way::In);
        match default(&field.kind) {
            Some(default) => format!("{}: {written} = {default}", field.name),
            None => format!("{}: {written}", field.name),
        }
    }

    /// What a method takes besides the handle.
    pub fn arguments(&self, method: &Method) -> Vec<String> {
        let mut arguments = Vec::new();
        for parameter in &method.parameters {
            let written = self.written(&parameter.kind, Way::In);
            let default = if is_optional(&parameter.kind) {
                " = None"
            } else {
                ""
            };
            arguments.push(format!("{}: {written}{default}", parameter.name));
        }
        let options = options(self.model, method);
        if !options.is_empty() {
            arguments.push("*".to_owned());
        }
        arguments.extend(options.iter().map(|field| self.argument(field)));
        arguments
    }
}

/// An enum, and what may stand for it: an id, or its own words.
fn taken(words: &Enum) -> String {
    let name = &words.name;
    match bare_id(words) {
        Some(id) => format!("{name} | {id}"),
        None if words.has_fields() => name.clone(),
        None => format!("{name} | Literal[{}]", quoted(words, '"')),
    }
}

/// The id that may stand for an enum: that of its first variant, if it is called so.
pub fn bare_id(words: &Enum) -> Option<&str> {
    let variant = words.variants.first()?;
    match variant.fields.as_slice() {
        [
            Field {
                kind: Type::Id(id), ..
            },
        ] if variant.name == "Id" => Some(id),
        _ => None,
    }
}

/// What is taken for an argument that was left out; none: it must be given.
pub fn default(kind: &Type) -> Option<&'static str> {
    match kind {
        Type::Option(_) => Some("None"),
        Type::Bool => Some("False"),
        Type::List(_) => Some("()"),
        Type::Map(_) => Some("{}"),
        _ => None,
    }
}

/// Whether a parameter may be left out.
pub fn is_optional(kind: &Type) -> bool {
    matches!(kind, Type::Option(_))
}

/// The named options of a method.
pub fn options<'m>(model: &'m Model, method: &Method) -> &'m [Field] {
    let record = method
        .options
        .as_ref()
        .and_then(|name| model.records.get(name));
    record.map_or(&[], |record| &record.fields)
}

/// Refuses names that mean something else to Python.
///
/// # Errors
/// The first such name.
pub fn check_names(model: &Model) -> Result<(), String> {
    let fields = model.records.values().flat_map(|record| &record.fields);
    let variants = model.enums.values().flat_map(|words| &words.variants);
    let fields = fields
        .chain(variants.flat_map(|variant| &variant.fields))
        .map(|field| &field.name);
    let methods = model.handle.methods.values();
    let parameters = methods
        .clone()
        .flat_map(|method| &method.parameters)
        .map(|it| &it.name);
    let names = methods.map(|method| &method.name);
    match fields
        .chain(parameters)
        .chain(names)
        .find(|name| KEYWORDS.contains(&name.as_str()))
    {
        Some(name) => Err(format!("`{name}` is a word of Python")),
        None => Ok(()),
    }
}

/// A class with read-only properties, as a stub writes them.
pub fn properties(scope: &Scope<'_>, fields: &[Field], indentation: &str) -> String {
    fields.iter().fold(String::new(), |mut text, field| {
        let written = scope.written(&field.kind, Way::Out);
        let _ = write!(
            text,
            "{indentation}@property\n{indentation}def {}(self) -> {written}:\n{}",
            field.name,
            docs::string(&field.docs, &format!("{indentation}    "))
        );
        text
    })
}
