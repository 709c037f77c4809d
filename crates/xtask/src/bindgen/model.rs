//! What the definition says, as the emitters and `bindings/surface.json` have it. Everything is in
//! the order of names, whatever the order of the sources; fields, parameters and variants are in
//! the order in which they were written, for that order means something.

use std::collections::BTreeMap;

use serde::Serialize;

/// The whole definition.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Model {
    /// The one class with methods.
    pub handle: Handle,
    /// Records by name.
    pub records: BTreeMap<String, Record>,
    /// Enums by name.
    pub enums: BTreeMap<String, Enum>,
    /// Kinds of ids by name.
    pub ids: BTreeMap<String, Docs>,
    /// Every code of an error, in order of precedence.
    pub codes: Vec<ErrorCode>,
    /// Every kind of error.
    pub kinds: Vec<ErrorKind>,
}

/// The class with methods.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Handle {
    /// `Tympan`, or `Probe`.
    pub name: String,
    /// What it is.
    pub docs: Docs,
    /// Its methods by name, constructors among them.
    pub methods: BTreeMap<String, Method>,
}

/// A method or a constructor.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Method {
    /// Its name in Rust: words joined by underscores.
    pub name: String,
    /// What it does and what it refuses.
    pub docs: Docs,
    /// Whether it takes the handle: a constructor does not.
    pub takes_handle: bool,
    /// How it answers.
    pub answers: Answers,
    /// What it gives.
    pub gives: Type,
    /// The parameters, without the options.
    pub parameters: Vec<Parameter>,
    /// The record whose fields are the named options.
    pub options: Option<String>,
    /// Whether it gives a page of a list: `rows`, and the cursor `next` for the option `after`.
    pub pages: bool,
}

/// How a method answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Answers {
    /// It may wait for a store: blocking, or a promise.
    Call,
    /// At once; it may refuse.
    Fallible,
    /// At once, and never refuses.
    Plain,
}

/// A parameter.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Parameter {
    /// Its name in Rust.
    pub name: String,
    /// Its type; an optional one may be left out.
    #[serde(rename = "type")]
    pub kind: Type,
}

/// A record.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Record {
    /// Its name.
    pub name: String,
    /// What it is.
    pub docs: Docs,
    /// Its fields.
    pub fields: Vec<Field>,
    /// Whether callers make it.
    pub input: bool,
    /// Whether calls give it.
    pub output: bool,
    /// Whether its fields are the named options of a method.
    pub options: bool,
}

/// A field of a record or of a variant.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Field {
    /// Its name in Rust.
    pub name: String,
    /// What it is.
    pub docs: Docs,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: Type,
}

impl Field {
    /// Whether it may be left out where the record is made: none, empty or false then.
    pub fn has_default(&self) -> bool {
        self.kind.has_default()
    }
}

/// An enum.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Enum {
    /// Its name.
    pub name: String,
    /// What it is.
    pub docs: Docs,
    /// Its variants.
    pub variants: Vec<Variant>,
    /// Whether callers make it.
    pub input: bool,
    /// Whether calls give it.
    pub output: bool,
}

impl Enum {
    /// Whether any variant has fields: one that has none is a closed set of words.
    pub fn has_fields(&self) -> bool {
        self.variants
            .iter()
            .any(|variant| !variant.fields.is_empty())
    }
}

/// A variant.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Variant {
    /// Its name in Rust, `OwnFunds`.
    pub name: String,
    /// What it means.
    pub docs: Docs,
    /// Its fields.
    pub fields: Vec<Field>,
}

/// A type that may cross.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Type {
    /// Nothing.
    None,
    /// Yes or no.
    Bool,
    /// A count.
    Count,
    /// An amount of 64 bits.
    Amount,
    /// Text.
    Text,
    /// Text that records do not show.
    Secret,
    /// Bytes.
    Bytes,
    /// An instant, in milliseconds.
    Timestamp,
    /// The one error, as a value.
    Error,
    /// The handle.
    Handle,
    /// An id, by the name of its kind.
    Id(String),
    /// A record, by name.
    Record(String),
    /// An enum, by name.
    Enum(String),
    /// None or something.
    Option(Box<Type>),
    /// A list.
    List(Box<Type>),
    /// Values by text.
    Map(Box<Type>),
}

impl Type {
    /// Whether a field of this type may be left out.
    pub fn has_default(&self) -> bool {
        matches!(
            self,
            Self::Option(_) | Self::List(_) | Self::Map(_) | Self::Bool
        )
    }

    /// The type within options, lists and maps.
    pub fn innermost(&self) -> &Self {
        match self {
            Self::Option(inner) | Self::List(inner) | Self::Map(inner) => inner.innermost(),
            other => other,
        }
    }
}

/// A documentation text.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Docs {
    /// What it is or does, as Markdown; links are written [`Name`] or [`Tympan::method`].
    pub text: String,
    /// What it refuses, as Markdown; empty for what refuses nothing.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub errors: String,
}

/// One code of the one error.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ErrorCode {
    /// The code.
    pub code: String,
    /// Its kind.
    pub kind: String,
    /// Whether the same call may succeed later with nothing mended.
    pub retry: bool,
    /// What it means and what to do.
    pub meaning: String,
    /// The names of the values that it may carry.
    pub details: Vec<String>,
}

/// One kind of error.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ErrorKind {
    /// The word for it.
    pub kind: String,
    /// What a caller can do about it.
    pub meaning: String,
}
