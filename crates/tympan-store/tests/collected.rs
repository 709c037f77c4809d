//! Every case that is written is run: the files and the list of cases say the same.
#![cfg(feature = "conformance")]
#![expect(
    clippy::disallowed_methods,
    reason = "the files themselves are looked at"
)]
#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

use std::collections::BTreeSet;
use std::path::Path;

use tympan_store::conformance::{Case, all_cases};

/// The signature that makes a function a case.
const CASE: &str = "(harness: &dyn Harness) {";

/// File and name of every function in the suite's files that is declared as a case is.
fn written() -> BTreeSet<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/conformance");
    let mut found = BTreeSet::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        if path.is_dir() {
            continue;
        }
        let module = path.file_stem().unwrap().to_str().unwrap().to_owned();
        for line in std::fs::read_to_string(&path).unwrap().lines() {
            let name = line
                .trim()
                .strip_prefix("fn ")
                .and_then(|rest| rest.strip_suffix(CASE));
            found.extend(name.map(|name| (module.clone(), name.to_owned())));
        }
    }
    found
}

fn listed() -> impl Iterator<Item = &'static Case> {
    all_cases()
}

#[test]
fn every_case_that_is_written_is_listed() {
    let module = |case: &Case| case.path.rsplit("::").next().unwrap().to_owned();
    let listed: BTreeSet<_> = listed()
        .map(|case| (module(case), case.name.to_owned()))
        .collect();
    assert_eq!(listed, written());
}

#[test]
fn every_case_has_a_name_of_its_own_and_says_what_it_shows() {
    let names: BTreeSet<_> = listed().map(|case| case.name).collect();
    assert_eq!(names.len(), listed().count());
    for case in listed() {
        assert!(case.about.ends_with('.'), "{}: {}", case.name, case.about);
    }
}

#[test]
fn there_are_as_many_cases_as_were_promised() {
    assert!(listed().count() >= 150, "{}", listed().count());
}
