//! What a host is told that opens something that cannot be opened, and copies that can.
#![cfg(feature = "sqlite")]

use std::ffi::OsString;
use std::fs;
use std::path::Path;

use tympan::{
    Bootstrap, Code, CreateUser, Currency, Durability, Error, KeyRing, Migrate, Options, Tympan,
    UserReference,
};

fn open(path: &Path, options: Options) -> Result<Tympan, Error> {
    Tympan::open(&format!("sqlite:{}", path.display()), options)
}

fn refusal(path: &Path, options: Options) -> Option<Error> {
    open(path, options).err()
}

fn code(path: &Path) -> Option<Code> {
    refusal(path, Options::default()).map(|error| error.code())
}

fn names(folder: &Path) -> std::io::Result<Vec<OsString>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        names.push(entry?.file_name());
    }
    names.sort();
    Ok(names)
}

#[test]
fn what_was_never_ours_is_foreign_and_is_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("letter.txt");
    fs::write(&text, "Dear Ann").unwrap();
    assert_eq!(code(&text), Some(Code::StoreForeign));
    assert_eq!(code(folder.path()), Some(Code::StoreForeign));
    assert_eq!(fs::read(&text).unwrap(), b"Dear Ann");
    assert_eq!(names(folder.path()).unwrap(), ["letter.txt"]);
}

#[test]
fn a_folder_that_is_not_there_is_missing_with_and_without_keys() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("nowhere").join("shop.db");
    let ring = KeyRing::from_bytes(1, &std::array::from_fn(|at| u8::try_from(at).unwrap()));
    for options in [
        Options::default(),
        Options::default().migrate(Migrate::Never),
        Options::default().keys(ring.unwrap()),
    ] {
        let error = refusal(&path, options).unwrap();
        assert_eq!(error.code(), Code::StoreMissing);
        assert_eq!(error.detail("path"), path.to_str());
    }
    assert!(names(folder.path()).unwrap().is_empty());
}

#[test]
fn a_database_without_its_keys_says_which_file_to_put_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shop.db");
    let shop = open(&path, Options::default()).unwrap();
    shop.host()
        .run(Bootstrap::new("Shop", Currency::EUR, "Ada"))
        .unwrap();
    drop(shop);
    let keys = folder.path().join("shop.db.keys");
    let away = folder.path().join("away");
    fs::rename(&keys, &away).unwrap();
    let error = refusal(&path, Options::default()).unwrap();
    assert_eq!(error.code(), Code::StoreKeys);
    assert!(error.message().contains(keys.to_str().unwrap()), "{error}");
    assert!(!keys.exists(), "keys that open nothing would hide the loss");
    fs::rename(&away, &keys).unwrap();
    assert!(open(&path, Options::default()).is_ok());
}

#[test]
fn a_copy_made_while_the_database_is_in_use_holds_everything() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shop.db");
    let tympan = open(&path, Options::default()).unwrap();
    let shop = tympan.host();
    shop.run(Bootstrap::new("Shop", Currency::EUR, "Ada"))
        .unwrap();
    shop.run(CreateUser::named("Ann").username("ann")).unwrap();
    let copy = folder.path().join("copy.db");
    tympan.backup_to(&copy).unwrap();
    shop.run(CreateUser::named("Bob").username("bob")).unwrap();

    assert_eq!(
        code(&copy),
        Some(Code::StoreKeys),
        "the keys are not in the copy"
    );
    let keys = |name| folder.path().join(name);
    fs::copy(keys("shop.db.keys"), keys("copy.db.keys")).unwrap();
    let restored = open(&copy, Options::default()).unwrap();
    let found = |name| {
        let user = restored.host().look_up(UserReference::username(name));
        user.unwrap().is_some()
    };
    assert!(found("ann") && !found("bob"));
    assert!(restored.verify().unwrap().is_sound());
}

#[test]
fn what_is_no_file_cannot_be_copied() {
    let folder = tempfile::tempdir().unwrap();
    let tympan = Tympan::open("memory:", Options::default()).unwrap();
    let error = tympan.backup_to(&folder.path().join("copy.db"));
    assert_eq!(error.unwrap_err().code(), Code::Storage);
    assert!(names(folder.path()).unwrap().is_empty());
}

#[test]
fn every_store_says_how_safely_it_keeps_commits_and_why() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shop.db");
    let said = |tympan: Tympan| {
        let report = tympan.doctor().unwrap();
        (report.keeping.as_str(), report.why.join("; "))
    };
    let normal = Options::default().durability(Durability::Normal);
    let memory = Tympan::open("memory:", Options::default()).unwrap();
    for ((keeping, why), expected, word) in [
        (
            said(open(&path, Options::default()).unwrap()),
            "local-durable",
            "`full`",
        ),
        (
            said(open(&path, normal).unwrap()),
            "not durable",
            "`normal`",
        ),
        (said(memory), "not durable", "memory"),
    ] {
        assert_eq!(keeping, expected, "{why}");
        assert!(why.contains(word), "{why}");
    }
}
