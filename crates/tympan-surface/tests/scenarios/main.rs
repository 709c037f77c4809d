//! The scenarios of `bindings/scenarios`, or of the folder that `TYMPAN_SCENARIOS` names, through
//! the surface. `bindings/scenarios/README.md` documents their format.
#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "what is wrong in a scenario ends the test"
)]

#[rustfmt::skip]
mod generated;
mod matching;
mod story;
mod value;

use std::path::{Path, PathBuf};

/// The stores that every scenario is run on.
fn addresses(folder: &Path) -> Vec<String> {
    let file = folder.join("shop.db");
    let mut addresses = vec!["memory:".to_owned(), format!("sqlite:{}", file.display())];
    addresses.extend(std::env::var("TYMPAN_SCENARIO_STORE").map(other));
    addresses
}

/// The address of another store: `postgres` is the server that tests have.
fn other(store: String) -> String {
    match store.as_str() {
        "postgres" => std::env::var("DATABASE_URL").unwrap(),
        _ => store,
    }
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
    let faults: Vec<String> = files.iter().flat_map(|file| faults(file)).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// What is wrong with a scenario, on each store.
fn faults(file: &Path) -> Vec<String> {
    let name = file.file_name().unwrap_or_default().display();
    let text = std::fs::read_to_string(file).unwrap();
    let scenario = match serde_json::from_str(&text) {
        Ok(scenario) => scenario,
        Err(error) => return vec![format!("{name}: {error}")],
    };
    let folder = tempfile::tempdir().unwrap();
    let addresses = addresses(folder.path()).into_iter();
    let played = addresses.map(|address| (story::play(&scenario, &address), address));
    played
        .filter_map(|(end, address)| Some(format!("{name}: {} (on {address})", end.err()?)))
        .collect()
}
