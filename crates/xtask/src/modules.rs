//! A file that no module names is never compiled, and nothing else says so.

use std::fs;
use std::path::{Path, PathBuf};

/// Files that the compiler begins with, or that name the others.
const ROOTS: [&str; 3] = ["lib.rs", "main.rs", "mod.rs"];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            // Each file there is a program of its own.
            if !path.ends_with("src/bin") {
                sources(&path, found);
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// Whether a text has `mod name;`, be it public.
fn names(text: &str, name: &str) -> bool {
    let line = format!("mod {name};");
    text.lines()
        .map(str::trim)
        .filter(|found| found.ends_with(&line))
        .any(|found| found == line || found.starts_with("pub"))
}

fn is_named(file: &Path) -> bool {
    let (Some(folder), Some(name)) = (file.parent(), file.file_stem()) else {
        return false;
    };
    let name = name.to_string_lossy();
    let parents = ROOTS.map(|root| folder.join(root));
    parents
        .into_iter()
        .chain([folder.with_extension("rs")])
        .filter_map(|parent| fs::read_to_string(parent).ok())
        .any(|text| names(&text, &name))
}

#[test]
fn every_source_file_belongs_to_a_module() {
    let root = crate::root();
    let mut files = Vec::new();
    for packages in ["bindings", "crates", "examples"] {
        for package in fs::read_dir(root.join(packages)).unwrap() {
            let source = package.unwrap().path().join("src");
            // What is not Rust has no such folder.
            if source.is_dir() {
                sources(&source, &mut files);
            }
        }
    }
    assert!(files.len() > 100, "the sources lie elsewhere");
    let is_root = |file: &PathBuf| ROOTS.iter().any(|root| file.ends_with(root));
    let lost: Vec<&PathBuf> = files
        .iter()
        .filter(|file| !is_root(file) && !is_named(file))
        .collect();
    assert!(lost.is_empty(), "no module names {lost:?}");
}

#[test]
fn a_name_is_found_however_it_is_written_and_not_within_another() {
    let text =
        "mod one;\npub(crate) mod two;\n    pub mod three;\nmod four_and_five;\n// mod six;\n";
    for (name, found) in [
        ("one", true),
        ("two", true),
        ("three", true),
        ("five", false),
        ("six", false),
        ("seven", false),
    ] {
        assert_eq!(names(text, name), found, "{name}");
    }
}
