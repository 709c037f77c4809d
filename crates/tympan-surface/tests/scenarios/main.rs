//! The scenarios of `bindings/scenarios`, or of the folder that `TYMPAN_SCENARIOS` names, through
//! the surface. `bindings/scenarios/README.md` documents their format.
#![expect(clippy::panic, reason = "what is wrong in a scenario ends the test")]

#[rustfmt::skip]
mod generated;
mod matching;
mod story;
mod value;

use std::path::PathBuf;

/// The stores that every scenario is run on.
fn addresses(folder: &std::path::Path) -> Vec<String> {
    let file = folder.join("shop.db");
    let mut addresses = vec!["memory:".to_owned(), format!("sqlite:{}", file.display())];
    addresses.extend(std::env::var("TYMPAN_SCENARIO_STORE"));
    addresses
}

#[test]
fn every_scenario_comes_true() {
    let here = PathBuf::from(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../bindings/scenarios"
    ));
    let folder = std::env::var("TYMPAN_SCENARIOS").map_or(here, PathBuf::from);
    let mut files: Vec<PathBuf> = std::fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "json")
        })
        .collect();
    files.sort();
    assert!(!files.is_empty(), "{} holds no scenario", folder.display());
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        let scenario = serde_json::from_str(&text)
            .unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let folder = tempfile::tempdir().unwrap();
        for (place, address) in addresses(folder.path()).into_iter().enumerate() {
            if let Err(fault) = story::play(&scenario, &address, place) {
                panic!("{} on {address}: {fault}", file.display());
            }
        }
    }
}
