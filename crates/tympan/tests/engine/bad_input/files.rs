//! What can be wrong with the file, the keys and the address.

use std::fs;
use std::path::PathBuf;

use tympan::{Bootstrap, Code, Currency, Error, KeyRing, Migrate, Options, Tympan};

use crate::common::dump;

struct Place {
    folder: tempfile::TempDir,
    path: PathBuf,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("shop.db");
        Self { folder, path }
    }

    fn made() -> Self {
        let place = Self::new();
        let tympan = place.open(Options::default()).unwrap();
        tympan
            .host()
            .run(Bootstrap::new("Shop", Currency::EUR, "Ada"))
            .unwrap();
        place
    }

    fn keys(&self) -> PathBuf {
        self.folder.path().join("shop.db.keys")
    }

    fn open(&self, options: Options) -> Result<Tympan, Error> {
        Tympan::open(&format!("sqlite:{}", self.path.display()), options)
    }

    /// Refused with a code, and with the path named.
    fn refuses(&self, options: Options, code: Code) {
        let error = self.open(options).err().unwrap();
        assert_eq!(error.code(), code, "{error}");
        assert!(error.message().contains("shop.db"), "{error}");
    }
}

fn other_keys() -> KeyRing {
    KeyRing::generate(&mut tympan::sources::SeededRandom::new(9)).unwrap()
}

#[test]
fn wrong_keys() {
    let place = Place::made();
    let before = dump(&place.open(Options::default()).unwrap());
    let own = fs::read(place.keys()).unwrap();
    place.refuses(Options::default().keys(other_keys()), Code::StoreKeys);
    fs::write(place.keys(), other_keys().to_text().expose()).unwrap();
    place.refuses(Options::default(), Code::StoreKeys);
    fs::write(place.keys(), own).unwrap();
    assert_eq!(dump(&place.open(Options::default()).unwrap()), before);
}

#[test]
fn no_keys() {
    let place = Place::made();
    fs::remove_file(place.keys()).unwrap();
    place.refuses(Options::default(), Code::StoreKeys);
    assert!(!place.keys().exists(), "none are made up");
    fs::write(place.keys(), "").unwrap();
    place.refuses(Options::default(), Code::StoreKeys);
    fs::write(place.keys(), [0xff; 100]).unwrap();
    place.refuses(Options::default(), Code::StoreKeys);
}

#[test]
fn not_a_database_of_tympan() {
    let place = Place::new();
    fs::write(
        &place.path,
        "not a database at all, but long enough to look",
    )
    .unwrap();
    place.refuses(Options::default().keys(other_keys()), Code::StoreForeign);
}

#[test]
fn nothing_there() {
    let place = Place::new();
    let options = || Options::default().migrate(Migrate::Never);
    place.refuses(options().keys(other_keys()), Code::StoreMissing);
    // A refusal leaves nothing behind: not even keys.
    let error = place.open(options()).err().unwrap();
    assert_eq!(error.code(), Code::StoreMissing, "{error}");
    assert_eq!(fs::read_dir(place.folder.path()).unwrap().count(), 0);
    let nowhere = format!("sqlite:{}/no/shop.db", place.folder.path().display());
    let error = Tympan::open(&nowhere, Options::default()).err().unwrap();
    assert_eq!(error.kind(), tympan::Kind::Storage, "{error}");
    assert!(error.message().contains("shop.db"), "{error}");
}

#[test]
fn read_only() {
    let place = Place::made();
    let mut rights = fs::metadata(&place.path).unwrap().permissions();
    rights.set_readonly(true);
    fs::set_permissions(&place.path, rights).unwrap();
    place.refuses(Options::default(), Code::StoreReadOnly);
}

#[test]
fn an_address_of_no_form() {
    for address in ["", "memory", "memory:x", "sqlite:", "postgre:x", "shop.db"] {
        let error = Tympan::open(address, Options::default()).err().unwrap();
        assert_eq!(error.code(), Code::InvalidValue);
        assert_eq!(error.detail("field"), Some("address"));
    }
}
