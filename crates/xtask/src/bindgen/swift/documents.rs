//! Documentation: in the glue, from where uniffi takes it on, and in Swift.

use std::fmt::Write;

use crate::bindgen::model::{Docs, Field};
use crate::bindgen::names::{camel, linked};

/// A text as a comment of the glue.
pub fn glue(text: &str) -> String {
    comment(&turned(text), "///", 0)
}

/// A text as a comment in Swift, so far to the right.
pub fn swift(text: &str, indent: usize) -> String {
    comment(&turned(text), "///", indent)
}

/// Everything about a method, its options one by one.
pub fn of_method(docs: &Docs, options: &[Field]) -> String {
    let mut text = docs.text.clone();
    if !options.is_empty() {
        text += "\n\n- Parameters:";
        for option in options {
            let told = option.docs.text.replace('\n', " ");
            let _ = write!(text, "\n  - {}: {told}", camel(&option.name));
        }
    }
    if !docs.errors.is_empty() {
        let told = docs.errors.replace('\n', " ");
        let _ = write!(text, "\n\n- Throws: {told}");
    }
    text
}

fn comment(text: &str, sign: &str, indent: usize) -> String {
    let mut out = String::new();
    for line in text.lines() {
        let space = if line.is_empty() { "" } else { " " };
        let _ = writeln!(out, "{:indent$}{sign}{space}{line}", "");
    }
    out
}

/// The text with links to Rust's names turned to Swift's.
fn turned(text: &str) -> String {
    linked(text, |target| match target.rsplit_once("::") {
        Some((class, word)) if word.starts_with(char::is_uppercase) => {
            format!("`{class}.{}`", lower_first(word))
        }
        Some((_, word)) => format!("`{}`", camel(word)),
        None => format!("`{target}`"),
    })
}

fn lower_first(word: &str) -> String {
    let mut letters = word.chars();
    let first = letters.next().map(|first| first.to_ascii_lowercase());
    first.into_iter().chain(letters).collect()
}
