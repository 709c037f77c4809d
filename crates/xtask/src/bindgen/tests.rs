//! What the definition may hold, and that its order does not matter.

use std::path::{Path, PathBuf};

use super::model::{Answers, Docs, Model, Type};
use super::{definitions, files, parse, resolve, stale};

const SOUND: &str = "
/// An answer.
pub struct Answer {
    /// How many.
    pub count: i32,
    /// Which.
    pub word: Word,
}

/// Words.
pub enum Word {
    /// One.
    One,
    /// Another.
    AnotherOne,
}

/// Options.
pub struct Options {
    /// A flag.
    pub loud: bool,
}

impl Tympan {
    /// Asks.
    ///
    /// # Errors
    /// `denied`.
    pub fn ask(&self, whom: Option<String>, options: Options) -> Call<Vec<Answer>> {
        todo(whom)
    }
}
";

fn parsed(texts: &[&str]) -> Result<Model, Vec<String>> {
    let files: Vec<(String, String)> = texts
        .iter()
        .enumerate()
        .map(|(place, text)| (format!("{place}.rs"), (*text).to_owned()))
        .collect();
    parse::texts(&files, ("Tympan", Docs::default()))
        .and_then(|parsed| resolve::resolve(parsed, Default::default()))
}

fn faults_of(change: (&str, &str)) -> String {
    let text = SOUND.replacen(change.0, change.1, 1);
    assert_ne!(text, SOUND, "{change:?} changes nothing");
    match parsed(&[&text]) {
        Ok(_) => String::new(),
        Err(faults) => faults.join("\n"),
    }
}

#[test]
fn a_definition_becomes_a_model() {
    let model = parsed(&[SOUND]).unwrap();
    let ask = &model.handle.methods["ask"];
    assert_eq!(ask.answers, Answers::Call);
    assert_eq!(ask.docs.errors, "`denied`.");
    assert_eq!(ask.options.as_deref(), Some("Options"));
    assert_eq!(ask.parameters[0].kind, Type::Option(Box::new(Type::Text)));
    let answer = &model.records["Answer"];
    assert!(answer.output && !answer.input && !answer.options);
    assert_eq!(answer.fields[1].kind, Type::Enum("Word".to_owned()));
    assert!(model.records["Options"].options && model.enums["Word"].output);
}

#[test]
fn what_other_languages_cannot_have_is_refused_with_its_place() {
    for (change, fault) in [
        (("count: i32", "count: u64"), "there is no type `u64`"),
        (("count: i32", "count: f64"), "there is no type `f64`"),
        (
            ("count: i32", "count: &'static str"),
            "0.rs:5: no type that every language has",
        ),
        (
            ("count: i32", "count: (i32, i32)"),
            "0.rs:5: no type that every language has",
        ),
        (
            ("count: i32", "count: HashMap<String, i32>"),
            "0.rs:5: no type that every language has",
        ),
        (
            ("count: i32", "count: BTreeMap<i32, i32>"),
            "0.rs:5: no type that every language has",
        ),
        (
            ("    /// How many.\n", ""),
            "0.rs:4: `count` is not documented",
        ),
        (("/// Words.\n", ""), "`Word` is not documented"),
        (("    /// Asks.\n    ///\n", ""), "`ask` is not documented"),
        (("pub count", "count"), "0.rs:5: `count` is not public"),
        (
            ("pub struct Answer", "pub struct Answer<T>"),
            "0.rs:3: `Answer` has type parameters",
        ),
        (
            ("pub struct Answer {", "#[cfg(unix)]\npub struct Answer {"),
            "no attribute but `derive`",
        ),
        (
            ("/// Words.", "pub type Words = Vec<Word>;\n/// Words."),
            "only structs, enums, methods and `use`",
        ),
        (
            ("/// Words.", "words! { One }\n/// Words."),
            "only structs, enums, methods and `use`",
        ),
        (
            ("/// Words.", "pub trait Worded {}\n/// Words."),
            "only structs, enums, methods and `use`",
        ),
        (
            ("impl Tympan", "impl Clone for Tympan"),
            "only methods of `Tympan`",
        ),
        (("    One,", "    One(i32),"), "fields have names"),
        (("    One,", "    One = 1,"), "a variant has no number"),
        (
            ("pub fn ask(&self", "pub fn ask(&mut self"),
            "a method takes `&self`",
        ),
        (("pub fn ask", "pub async fn ask"), "a method is plain"),
        (
            ("pub loud: bool", "pub loud: i32"),
            "one of them could not be left out",
        ),
        (
            ("whom: Option<String>", "loud: bool"),
            "has the parameter `loud` twice",
        ),
        (
            ("pub word: Word,", "pub word: String,"),
            "no method takes or gives `Word`",
        ),
    ] {
        let found = faults_of(change);
        assert!(
            found.contains(fault),
            "{change:?} gave `{found}`, not `{fault}`"
        );
    }
}

#[test]
fn what_is_written_does_not_depend_on_the_order_of_the_sources() {
    let root = root();
    let (model, probe) = definitions(&root).unwrap();
    let turned = turned(&root.join("crates/tympan-surface/src/definition"));
    assert_eq!(turned, model);
    assert_eq!(
        files(&turned, &probe).unwrap(),
        files(&model, &probe).unwrap()
    );
}

/// The definition with its files, and the items of each, in opposite order.
fn turned(folder: &Path) -> Model {
    let mut texts = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let mut file = syn::parse_file(&std::fs::read_to_string(&path).unwrap()).unwrap();
        file.items.reverse();
        for item in &mut file.items {
            if let syn::Item::Impl(methods) = item {
                methods.items.reverse();
            }
        }
        texts.push((path.display().to_string(), prettyplease::unparse(&file)));
    }
    texts.sort();
    texts.reverse();
    let docs = definitions(&root()).unwrap().0.handle.docs;
    parse::texts(&texts, ("Tympan", docs))
        .and_then(|parsed| resolve::resolve(parsed, Default::default()))
        .unwrap()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

#[test]
fn what_is_committed_is_what_the_definition_says() {
    super::run(&root(), true).unwrap();
}

#[test]
fn a_field_that_is_renamed_is_seen_in_every_language() {
    let (mut model, probe) = definitions(&root()).unwrap();
    let line = model.records.get_mut("ReceiptLine").unwrap();
    let mut fields = line.fields.iter_mut();
    let field = fields.find(|field| field.name == "balance_after").unwrap();
    field.name = "balance_then".to_owned();
    let files = files(&model, &probe).unwrap();
    let stale = stale(&root(), &files).unwrap();
    for (path, written) in [
        ("bindings/surface.json", "\"balance_then\""),
        (
            "crates/tympan-surface/tests/scenarios/generated.rs",
            "self.balance_then",
        ),
        (
            "bindings/python/src/generated/records.rs",
            "self.0.balance_then",
        ),
        (
            "bindings/python/python/tympan/_tympan.pyi",
            "def balance_then(self) -> int",
        ),
        (
            "bindings/node/src/generated/tympan_writing.rs",
            "self.balance_then",
        ),
        ("bindings/node/index.cjs", "balanceThen: from.next()"),
        ("bindings/node/index.d.cts", "balanceThen: bigint"),
        (
            "bindings/swift/src/generated/records.rs",
            "pub balance_then: i64",
        ),
        (
            "bindings/swift/Tests/TympanTests/Scenarios/Dispatcher.swift",
            "\"balance_then\": balanceThen.json",
        ),
        ("docs/api/types.md", "| `balance_then` | amount |"),
    ] {
        let path = PathBuf::from(path);
        assert!(stale.contains(&path), "{} is the same", path.display());
        assert!(files[&path].contains(written), "{}", path.display());
    }
}
