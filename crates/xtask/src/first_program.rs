//! The first program stands in the README as it stands in `examples/`, in every language.

use std::fs;

const PROGRAMS: [[&str; 3]; 5] = [
    ["README.md", "rust", "examples/rust/first_program.rs"],
    ["README.md", "python", "examples/python/first_program.py"],
    ["README.md", "js", "examples/node/first-program.mjs"],
    [
        "README.md",
        "swift",
        "examples/swift/shop/Sources/FirstProgram/main.swift",
    ],
    // Those of Python and Node run what their README shows; this one has to be compiled.
    [
        "bindings/swift/README.md",
        "swift",
        "examples/swift/shop/Sources/Guide/main.swift",
    ],
];

/// The blocks of a language in a text.
fn blocks<'a>(text: &'a str, language: &str) -> Vec<&'a str> {
    let begin = format!("```{language}\n");
    let behind = text.split(&begin).skip(1);
    behind.filter_map(|rest| rest.split("```").next()).collect()
}

/// Comments and attributes, which say what a reader of the README is told beside the program.
fn is_about(line: &str) -> bool {
    let is_within = |line: &str| line.starts_with("    ") || line == ")]";
    line.is_empty()
        || ["//", "# ", "#!["]
            .iter()
            .any(|sign| line.starts_with(sign))
        || is_within(line)
}

#[test]
fn the_readmes_show_the_examples() {
    let root = crate::root();
    for [readme, language, path] in PROGRAMS {
        let readme = fs::read_to_string(root.join(readme)).unwrap();
        let program = fs::read_to_string(root.join(path)).unwrap();
        // What comes behind it, if anything, shows single things.
        let blocks = blocks(&readme, language);
        let Some(block) = blocks.first() else {
            panic!("the README has no block in {language}");
        };
        let Some(about) = program.strip_suffix(*block) else {
            panic!("{path} does not end with what the README shows");
        };
        assert!(
            about.lines().all(is_about),
            "{path} has more than the README"
        );
    }
}

#[test]
fn blocks_are_found_by_their_language() {
    let text = "a\n```rust\none\n```\n```sh\ntwo\n```\n```rust\nthree\n```\n";
    assert_eq!(blocks(text, "rust"), ["one\n", "three\n"]);
    assert_eq!(blocks(text, "swift"), [""; 0]);
    assert!(is_about("// why") && !is_about("use tympan;"));
}
