//! Types as the glue and Swift write them, and the way from one side of the glue to the other.

use crate::bindgen::model::Type;
use crate::bindgen::names::camel;

/// The type in the glue.
pub fn rust(kind: &Type) -> String {
    match kind {
        Type::None => "()".to_owned(),
        Type::Bool => "bool".to_owned(),
        Type::Count => "i32".to_owned(),
        Type::Amount => "i64".to_owned(),
        Type::Text | Type::Secret => "String".to_owned(),
        Type::Bytes => "Vec<u8>".to_owned(),
        Type::Timestamp => "Timestamp".to_owned(),
        Type::Error => "TympanError".to_owned(),
        Type::Handle => "Arc<Self>".to_owned(),
        Type::Id(name) | Type::Record(name) | Type::Enum(name) => name.clone(),
        Type::Option(inner) => format!("Option<{}>", rust(inner)),
        Type::List(inner) => format!("Vec<{}>", rust(inner)),
        Type::Map(inner) => format!("HashMap<String, {}>", rust(inner)),
    }
}

/// The type in Swift.
pub fn swift(kind: &Type) -> String {
    match kind {
        Type::None => "Void".to_owned(),
        Type::Bool => "Bool".to_owned(),
        Type::Count => "Int32".to_owned(),
        Type::Amount => "Int64".to_owned(),
        Type::Text | Type::Secret => "String".to_owned(),
        Type::Bytes => "Data".to_owned(),
        Type::Timestamp => "Date".to_owned(),
        Type::Error => "TympanError".to_owned(),
        Type::Handle => "Self".to_owned(),
        Type::Id(name) | Type::Record(name) | Type::Enum(name) => name.clone(),
        Type::Option(inner) => format!("{}?", swift(inner)),
        Type::List(inner) => format!("[{}]", swift(inner)),
        Type::Map(inner) => format!("[String: {}]", swift(inner)),
    }
}

/// Which way a value goes.
#[derive(Clone, Copy)]
pub enum Way {
    /// From Swift to the surface.
    In,
    /// From the surface to Swift.
    Out,
}

/// The expression that takes a value to the other side.
pub fn across(kind: &Type, way: Way, value: &str) -> String {
    match kind {
        Type::Secret => match way {
            Way::In => format!("Secret::from({value})"),
            Way::Out => format!("{value}.expose().to_owned()"),
        },
        Type::Record(_) | Type::Enum(_) | Type::Error => format!("{value}.into()"),
        Type::Handle => format!("Arc::new(Self({value}))"),
        Type::Option(inner) if differs(inner) => format!("{value}.map({})", closure(inner, way)),
        Type::List(inner) if differs(inner) => {
            format!("{value}.into_iter().map({}).collect()", closure(inner, way))
        }
        Type::Map(inner) if differs(inner) => {
            let inner = across(inner, way, "value");
            format!("{value}.into_iter().map(|(name, value)| (name, {inner})).collect()")
        }
        Type::Map(_) => format!("{value}.into_iter().collect()"),
        _ => value.to_owned(),
    }
}

/// A field of what is made, by the expression for it: once where both are one word.
pub fn made(name: &str, value: &str) -> String {
    match name == value {
        true => format!("{name},"),
        false => format!("{name}: {value},"),
    }
}

fn closure(inner: &Type, way: Way) -> String {
    match inner {
        Type::Record(_) | Type::Enum(_) | Type::Error => "Into::into".to_owned(),
        Type::Secret if matches!(way, Way::In) => "Secret::from".to_owned(),
        _ => format!("|value| {}", across(inner, way, "value")),
    }
}

/// Whether the two sides of the glue have different types for it.
fn differs(kind: &Type) -> bool {
    match kind {
        Type::Secret | Type::Record(_) | Type::Enum(_) | Type::Error | Type::Handle => true,
        Type::Map(_) => true,
        Type::Option(inner) | Type::List(inner) => differs(inner),
        _ => false,
    }
}

/// Words that Swift wants between backticks where they are names.
const KEYWORDS: &[&str] = &[
    "as",
    "associatedtype",
    "break",
    "case",
    "catch",
    "class",
    "continue",
    "default",
    "defer",
    "deinit",
    "do",
    "else",
    "enum",
    "extension",
    "fallthrough",
    "false",
    "fileprivate",
    "for",
    "func",
    "guard",
    "if",
    "import",
    "in",
    "init",
    "inout",
    "internal",
    "is",
    "let",
    "nil",
    "operator",
    "private",
    "protocol",
    "public",
    "repeat",
    "rethrows",
    "return",
    "self",
    "static",
    "struct",
    "subscript",
    "super",
    "switch",
    "throw",
    "throws",
    "true",
    "try",
    "typealias",
    "var",
    "where",
    "while",
];

/// A name as Swift writes it where it stands alone.
pub fn name(word: &str) -> String {
    let word = camel(word);
    match KEYWORDS.contains(&word.as_str()) {
        true => format!("`{word}`"),
        false => word,
    }
}
