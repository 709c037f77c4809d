//! What the coverage names is there, and what is there is named.

use std::collections::BTreeSet;
use std::path::Path;

use tympan::core::commands::{COMMANDS, CommandName, QUERIES, QueryName};
use tympan_surface::coverage::{Coverage, OWN, of_command, of_query};

/// The methods of the definition, read from its sources, so that a new file cannot be forgotten.
fn methods() -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/definition");
    let mut found = BTreeSet::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        let written = text
            .lines()
            .filter_map(|line| line.trim().strip_prefix("pub fn "));
        for method in written.filter_map(|line| line.split('(').next()) {
            assert!(found.insert(method.to_owned()), "{method} twice");
        }
    }
    found
}

#[test]
fn every_method_is_named_and_every_name_is_a_method() {
    let commands = CommandName::ALL.iter().map(|command| of_command(*command));
    let queries = QueryName::ALL.iter().map(|query| of_query(*query));
    let mut named: BTreeSet<String> = OWN.iter().map(|own| (*own).to_owned()).collect();
    for coverage in commands.chain(queries) {
        match coverage {
            Coverage::Methods(methods) => {
                for method in methods {
                    assert!(named.insert((*method).to_owned()), "{method} twice");
                }
            }
            Coverage::Refused(reason) => assert!(!reason.is_empty()),
        }
    }
    assert_eq!(named, methods());
}

#[test]
fn names_and_lines_are_the_same_table() {
    let lines: Vec<_> = CommandName::ALL.iter().map(|name| name.line()).collect();
    assert_eq!(lines, COMMANDS);
    let lines: Vec<_> = QueryName::ALL.iter().map(|name| name.line()).collect();
    assert_eq!(lines, QUERIES);
}
