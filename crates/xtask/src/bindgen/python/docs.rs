//! Documentation as Python writes it.

use crate::bindgen::model::Docs;
use crate::bindgen::names::linked;

/// The text with links as Python names things.
pub fn text(docs: &str) -> String {
    linked(docs, |name| format!("`{}`", name.replace("::", ".")))
}

/// As comments of the glue, which pyo3 shows as `__doc__`.
pub fn rust(docs: &Docs) -> String {
    let mut whole = text(&docs.text);
    if !docs.errors.is_empty() {
        whole += &format!("\n\nRaises:\n{}", indented(&raises(docs), "    "));
    }
    whole.lines().map(|line| format!("/// {line}\n")).collect()
}

/// As a docstring behind so much indentation, with its line end.
pub fn string(docs: &Docs, indentation: &str) -> String {
    let mut whole = text(&docs.text);
    if !docs.errors.is_empty() {
        whole += &format!("\n\nRaises:\n{}", indented(&raises(docs), "    "));
        whole.push('\n');
    }
    let whole = whole.replace('\\', "\\\\");
    let raw = indented(&whole, indentation);
    let raw = raw.trim_start();
    match whole.lines().count() {
        1 => format!("{indentation}\"\"\"{raw}\"\"\"\n"),
        _ => format!(
            "{indentation}\"\"\"{}\n{indentation}\"\"\"\n",
            raw.trim_end()
        ),
    }
}

fn raises(docs: &Docs) -> String {
    format!("TympanError: {}", text(&docs.errors))
}

fn indented(text: &str, indentation: &str) -> String {
    let lines: Vec<String> = text
        .lines()
        .map(|line| match line.is_empty() {
            true => String::new(),
            false => format!("{indentation}{line}"),
        })
        .collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_told_as_python_tells_them() {
        let docs = Docs {
            text: "Charges; see [`Tympan::settle`].".to_owned(),
            errors: "`denied`.".to_owned(),
        };
        let expected = "    \"\"\"Charges; see `Tympan.settle`.\n\n    Raises:\n        TympanError: `denied`.\n    \"\"\"\n";
        assert_eq!(string(&docs, "    "), expected);
    }
}
