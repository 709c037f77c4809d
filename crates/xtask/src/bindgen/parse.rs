//! Reads a definition: plain Rust, and nothing that other languages could not have.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use syn::spanned::Spanned;
use syn::{
    Attribute, Fields, FnArg, ImplItem, Item, Pat, ReturnType, Type as Written, UseTree, Visibility,
};

use crate::bindgen::model::{
    Answers, Docs, Enum, Field, Handle, Method, Parameter, Record, Type, Variant,
};

/// What was read, before names are looked up.
pub struct Parsed {
    /// The class with methods.
    pub handle: Handle,
    /// Records by name.
    pub records: BTreeMap<String, Record>,
    /// Enums by name.
    pub enums: BTreeMap<String, Enum>,
    /// Kinds of ids by name.
    pub ids: BTreeMap<String, Docs>,
}

/// Reads every file of a folder. `handle` is the name of the class with methods.
///
/// # Errors
/// Everything that may not stand in a definition, each with file and line.
pub fn folder(folder: &Path, handle: (&str, Docs)) -> Result<Parsed, Vec<String>> {
    let failed = |path: &Path, error| vec![format!("{}: {error}", path.display())];
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(|error| failed(folder, error))? {
        let path = entry.map_err(|error| failed(folder, error))?.path();
        if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).map_err(|error| failed(&path, error))?;
            files.push((path.display().to_string(), text));
        }
    }
    files.sort();
    texts(&files, handle)
}

/// Reads files that were read already: name and text.
///
/// # Errors
/// As [`folder`].
pub fn texts(
    files: &[(String, String)],
    (name, docs): (&str, Docs),
) -> Result<Parsed, Vec<String>> {
    let mut reader = Reader {
        file: String::new(),
        faults: Vec::new(),
        parsed: Parsed {
            handle: Handle {
                name: name.to_owned(),
                docs,
                methods: BTreeMap::new(),
            },
            records: BTreeMap::new(),
            enums: BTreeMap::new(),
            ids: BTreeMap::new(),
        },
    };
    for (file, text) in files {
        reader.file.clone_from(file);
        match syn::parse_file(text) {
            Ok(parsed) => parsed.items.iter().for_each(|item| reader.item(item)),
            Err(error) => reader.fault(error.span(), &error.to_string()),
        }
    }
    if reader.faults.is_empty() {
        Ok(reader.parsed)
    } else {
        Err(reader.faults)
    }
}

struct Reader {
    file: String,
    faults: Vec<String>,
    parsed: Parsed,
}

impl Reader {
    fn fault(&mut self, at: proc_macro2::Span, what: &str) {
        self.faults
            .push(format!("{}:{}: {what}", self.file, at.start().line));
    }

    fn item(&mut self, item: &Item) {
        match item {
            Item::Struct(record) => self.record(record),
            Item::Enum(words) => self.words(words),
            Item::Impl(methods) => self.methods(methods),
            Item::Use(used) => self.used(used),
            Item::Mod(module) if module.content.is_none() => {
                self.plain(&module.attrs, module.span())
            }
            other => self.fault(
                other.span(),
                "only structs, enums, methods and `use` may stand here",
            ),
        }
    }

    /// Ids are documented `pub use` of one name each.
    fn used(&mut self, used: &syn::ItemUse) {
        let is_public = matches!(used.vis, Visibility::Public(_));
        let named = match &used.tree {
            UseTree::Path(path) if path.ident == "tympan" => match &*path.tree {
                UseTree::Name(name) => Some(name.ident.to_string()),
                _ => None,
            },
            _ => None,
        };
        match named {
            Some(name) if is_public => {
                let docs = self.docs(&used.attrs, used.span(), &name);
                self.parsed.ids.insert(name, docs);
            }
            _ => self.plain(&used.attrs, used.span()),
        }
    }

    fn record(&mut self, record: &syn::ItemStruct) {
        let name = record.ident.to_string();
        self.bare(&record.generics, &name);
        self.public(&record.vis, record.ident.span(), &name);
        let docs = self.docs(&record.attrs, record.ident.span(), &name);
        let fields = self.fields(&record.fields, record.ident.span(), true);
        let record = Record {
            name: name.clone(),
            docs,
            fields,
            input: false,
            output: false,
            options: false,
        };
        if self.parsed.records.insert(name.clone(), record).is_some() {
            self.faults
                .push(format!("{}: `{name}` stands twice", self.file));
        }
    }

    fn words(&mut self, words: &syn::ItemEnum) {
        let name = words.ident.to_string();
        self.bare(&words.generics, &name);
        self.public(&words.vis, words.ident.span(), &name);
        let docs = self.docs(&words.attrs, words.ident.span(), &name);
        let mut variants = Vec::new();
        for variant in &words.variants {
            let name = variant.ident.to_string();
            let docs = self.docs(&variant.attrs, variant.ident.span(), &name);
            if variant.discriminant.is_some() {
                self.fault(variant.span(), "a variant has no number");
            }
            let fields = self.fields(&variant.fields, variant.ident.span(), false);
            variants.push(Variant { name, docs, fields });
        }
        let words = Enum {
            name: name.clone(),
            docs,
            variants,
            input: false,
            output: false,
        };
        if self.parsed.enums.insert(name.clone(), words).is_some() {
            self.faults
                .push(format!("{}: `{name}` stands twice", self.file));
        }
    }

    fn fields(&mut self, fields: &Fields, at: proc_macro2::Span, is_record: bool) -> Vec<Field> {
        let named = match fields {
            Fields::Named(named) => named,
            Fields::Unit if !is_record => return Vec::new(),
            _ => {
                self.fault(at, "fields have names");
                return Vec::new();
            }
        };
        let mut read = Vec::new();
        for field in &named.named {
            let at = field.ident.span();
            let name = field
                .ident
                .as_ref()
                .map(ToString::to_string)
                .unwrap_or_default();
            if is_record {
                self.public(&field.vis, at, &name);
            }
            let docs = self.docs(&field.attrs, at, &name);
            read.push(Field {
                name,
                docs,
                kind: self.kind(&field.ty),
            });
        }
        read
    }

    fn methods(&mut self, methods: &syn::ItemImpl) {
        let handle = self.parsed.handle.name.clone();
        let on_handle =
            matches!(&*methods.self_ty, Written::Path(path) if path.path.is_ident(&handle));
        if methods.trait_.is_some() || !methods.generics.params.is_empty() || !on_handle {
            self.fault(
                methods.span(),
                &format!("only methods of `{handle}` may stand here"),
            );
            return;
        }
        for item in &methods.items {
            match item {
                ImplItem::Fn(method) => self.method(method),
                other => self.fault(other.span(), "only methods may stand here"),
            }
        }
    }

    fn method(&mut self, method: &syn::ImplItemFn) {
        let signature = &method.sig;
        let name = signature.ident.to_string();
        self.bare(&signature.generics, &name);
        self.public(&method.vis, signature.ident.span(), &name);
        if signature.asyncness.is_some() || signature.unsafety.is_some() {
            self.fault(
                signature.span(),
                "a method is plain: it returns a `Call` if it may wait",
            );
        }
        let docs = self.docs(&method.attrs, signature.ident.span(), &name);
        let (answers, gives) = self.answer(&signature.output);
        let mut method = Method {
            name: name.clone(),
            docs,
            takes_handle: false,
            answers,
            gives,
            parameters: Vec::new(),
            options: None,
            pages: false,
        };
        for input in &signature.inputs {
            self.input(input, &mut method);
        }
        if self
            .parsed
            .handle
            .methods
            .insert(name.clone(), method)
            .is_some()
        {
            self.faults
                .push(format!("{}: `{name}` stands twice", self.file));
        }
    }

    /// What a method takes: the handle, a parameter, or options.
    fn input(&mut self, input: &FnArg, method: &mut Method) {
        let typed = match input {
            FnArg::Receiver(receiver) => {
                let is_shared = receiver.reference.is_some() && receiver.mutability.is_none();
                method.takes_handle |= is_shared;
                if !is_shared {
                    self.fault(receiver.span(), "a method takes `&self`");
                }
                return;
            }
            FnArg::Typed(typed) => typed,
        };
        let Pat::Ident(ident) = &*typed.pat else {
            self.fault(typed.span(), "a parameter has a name");
            return;
        };
        let (name, kind) = (ident.ident.to_string(), self.kind(&typed.ty));
        match (name.as_str(), kind) {
            ("options", Type::Record(record)) => method.options = Some(record),
            ("options", _) => self.fault(typed.span(), "options are a record"),
            (_, kind) => method.parameters.push(Parameter { name, kind }),
        }
    }

    fn answer(&mut self, output: &ReturnType) -> (Answers, Type) {
        let ReturnType::Type(_, written) = output else {
            return (Answers::Plain, Type::None);
        };
        let (name, inner) = generic(written).unwrap_or_default();
        match (name.as_str(), inner.as_slice()) {
            ("Call", [gives]) => (Answers::Call, self.kind(gives)),
            ("Result", [gives, _]) => (Answers::Fallible, self.kind(gives)),
            _ => (Answers::Plain, self.kind(written)),
        }
    }

    fn kind(&mut self, written: &Written) -> Type {
        if let Written::Tuple(tuple) = written
            && tuple.elems.is_empty()
        {
            return Type::None;
        }
        if let Some((name, inner)) = generic(written) {
            match (name.as_str(), inner.as_slice()) {
                ("Vec", [element]) if is_named(element, "u8") => return Type::Bytes,
                ("Vec", [element]) => return Type::List(Box::new(self.kind(element))),
                ("Option", [inner]) => return Type::Option(Box::new(self.kind(inner))),
                ("BTreeMap", [key, value]) if is_named(key, "String") => {
                    return Type::Map(Box::new(self.kind(value)));
                }
                _ => {}
            }
        }
        let handle = self.parsed.handle.name.clone();
        match written {
            Written::Path(path) if path.qself.is_none() => {
                if let Some(name) = path.path.get_ident().map(ToString::to_string) {
                    return match name.as_str() {
                        "bool" => Type::Bool,
                        "i32" => Type::Count,
                        "i64" => Type::Amount,
                        "String" => Type::Text,
                        "Secret" => Type::Secret,
                        "Timestamp" => Type::Timestamp,
                        "Error" => Type::Error,
                        _ if name == handle => Type::Handle,
                        // Looked up when all files are read.
                        _ => Type::Record(name),
                    };
                }
            }
            _ => {}
        }
        self.fault(written.span(), "no type that every language has");
        Type::None
    }

    fn bare(&mut self, generics: &syn::Generics, name: &str) {
        if !generics.params.is_empty() || generics.where_clause.is_some() {
            self.fault(
                generics.span(),
                &format!("`{name}` has type parameters, which no other language sees"),
            );
        }
    }

    fn public(&mut self, visibility: &Visibility, at: proc_macro2::Span, name: &str) {
        if !matches!(visibility, Visibility::Public(_)) {
            self.fault(
                at,
                &format!("`{name}` is not public: what others do not see stands elsewhere"),
            );
        }
    }

    fn plain(&mut self, attributes: &[Attribute], at: proc_macro2::Span) {
        let is_plain = |attribute: &Attribute| {
            attribute.path().is_ident("doc") || attribute.path().is_ident("derive")
        };
        if !attributes.iter().all(is_plain) {
            self.fault(at, "no attribute but `derive` may stand here");
        }
    }

    fn docs(&mut self, attributes: &[Attribute], at: proc_macro2::Span, name: &str) -> Docs {
        self.plain(attributes, at);
        let lines: Vec<String> = attributes.iter().filter_map(doc_line).collect();
        let (text, errors) = split(&lines);
        if text.is_empty() {
            self.fault(at, &format!("`{name}` is not documented"));
        }
        Docs { text, errors }
    }
}

/// The documentation of a text: what stands before `# Errors`, and what stands behind it.
fn split(lines: &[String]) -> (String, String) {
    let lines: Vec<&str> = lines
        .iter()
        .map(|line| line.strip_prefix(' ').unwrap_or(line))
        .collect();
    let at = lines
        .iter()
        .position(|line| line.trim() == "# Errors")
        .unwrap_or(lines.len());
    let (text, errors) = lines.split_at(at);
    let errors = errors.get(1..).unwrap_or_default();
    (
        text.join("\n").trim().to_owned(),
        errors.join("\n").trim().to_owned(),
    )
}

fn doc_line(attribute: &Attribute) -> Option<String> {
    let syn::Meta::NameValue(pair) = &attribute.meta else {
        return None;
    };
    match &pair.value {
        syn::Expr::Lit(syn::ExprLit {
            lit: syn::Lit::Str(text),
            ..
        }) if pair.path.is_ident("doc") => Some(text.value()),
        _ => None,
    }
}

/// `Vec<T>` as its name and the types within; other paths than by one word have none.
fn generic(written: &Written) -> Option<(String, Vec<&Written>)> {
    let Written::Path(path) = written else {
        return None;
    };
    let last = path.path.segments.last()?;
    let syn::PathArguments::AngleBracketed(arguments) = &last.arguments else {
        return None;
    };
    let inner = arguments
        .args
        .iter()
        .filter_map(|argument| match argument {
            syn::GenericArgument::Type(inner) => Some(inner),
            _ => None,
        })
        .collect();
    Some((last.ident.to_string(), inner))
}

fn is_named(written: &Written, name: &str) -> bool {
    matches!(written, Written::Path(path) if path.path.is_ident(name))
}
