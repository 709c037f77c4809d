//! Databases that earlier versions wrote must open for ever.
//!
//! Each folder under `fixtures/` is named after the version that wrote it and holds a database
//! with its key file. A new one is made by running the print shop of that version over the first 40
//! users and 400 lines of its own data.

#![cfg(feature = "sqlite")]
#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use std::fs;
use std::path::Path;

use tympan::{Charge, Options, PageRequest, Tympan, Usage, UserList, UserReference};

#[test]
fn every_database_that_was_ever_written_opens_and_is_sound() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let mut opened = 0;
    for folder in fs::read_dir(fixtures).unwrap() {
        let folder = folder.unwrap().path();
        let copy = tempfile::tempdir().unwrap();
        for file in fs::read_dir(&folder).unwrap() {
            let file = file.unwrap();
            fs::copy(file.path(), copy.path().join(file.file_name())).unwrap();
        }
        check(&copy.path().join("shop.db"));
        opened += 1;
    }
    assert!(opened > 0);
}

fn check(database: &Path) {
    let address = format!("sqlite:{}", database.display());
    let tympan = Tympan::open(&address, Options::default()).unwrap();
    let before = tympan.verify().unwrap();
    assert!(before.is_sound(), "{:?}", before.faults);
    assert!(before.entries > 0 && before.wallets > 0 && before.audit_events > 0);
    let shop = tympan.host();
    assert!(
        !shop
            .users(&UserList::default(), &PageRequest::default())
            .unwrap()
            .rows
            .is_empty()
    );

    // Old wallets are charged as new ones are, and secrets are found by the old keys.
    let card = UserReference::card("1872852789");
    let found = shop.look_up(card.clone()).unwrap().unwrap();
    assert_eq!(found.username.as_deref(), Some("gadeyemi"));
    let job = || Charge::new(card.clone(), "one more", Usage::pages(1));
    let receipt = shop.run(job()).unwrap();
    assert_eq!(shop.run(job()).unwrap(), receipt);
    assert!(tympan.verify().unwrap().is_sound());
}
