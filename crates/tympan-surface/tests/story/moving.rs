//! Fresh keys, and a store that moves to another.

use tympan_surface::{Code, OpenOptions, Secret, Tympan, UserList};

use crate::fixtures::Shop;

fn keyed(keys: &Secret) -> OpenOptions {
    OpenOptions {
        keys: Some(keys.clone()),
        ..OpenOptions::default()
    }
}

#[test]
fn a_store_is_copied_to_another_with_the_same_keys_and_to_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| format!("sqlite:{}", folder.path().join(name).display());
    let (keys, others) = (Tympan::new_keys().unwrap(), Tympan::new_keys().unwrap());
    assert_ne!(keys, others);
    let shop = Shop::open("memory:".to_owned(), keyed(&keys), None);
    let ann = shop.user_with_pages("Ann", 10).user;

    let copied = shop.host.copy_to(place("copy.db"), keyed(&keys));
    let copied = copied.wait().unwrap();
    assert_eq!((copied.found, copied.rows > 10), (0, true));
    // Once more: everything is there already.
    let again = shop.host.copy_to(place("copy.db"), keyed(&keys));
    let again = again.wait().unwrap();
    assert_eq!((again.found > 0, again.rows), (true, copied.rows));
    let copy = Tympan::open(place("copy.db"), keyed(&keys)).wait().unwrap();
    let users = copy.users(UserList::default()).wait().unwrap().rows;
    assert_eq!(users.last(), Some(&ann));
    assert_eq!(copy.verify().wait().unwrap().fault_count, 0);

    let refused = [
        shop.host.copy_to(place("other.db"), keyed(&others)).wait(),
        shop.host.copy_to("nowhere".to_owned(), keyed(&keys)).wait(),
        shop.host
            .as_user(ann.id)
            .unwrap()
            .copy_to(place("third.db"), keyed(&keys))
            .wait(),
    ];
    let codes = refused.map(|refused| refused.err().map(|error| error.code()));
    let expected = [Code::StoreKeys, Code::InvalidValue, Code::Denied];
    assert_eq!(codes, expected.map(Some));
}

const PASSPHRASE: &str = "a ream of paper, an inch of ink";

#[test]
fn a_backup_is_checked_and_put_back_with_its_keys() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let address = format!("sqlite:{}", path("shop.db"));
    let shop = Shop::open(address, OpenOptions::default(), None);
    let ann = shop.user_with_pages("Ann", 10).user;
    shop.host.backup_to(path("backup.db")).wait().unwrap();
    let sealed = shop.host.seal_keys(PASSPHRASE.into()).wait().unwrap();
    let unsealed = Tympan::unseal_keys(sealed.clone(), PASSPHRASE.into());
    let keys = unsealed.wait().unwrap();

    let verified = Tympan::verify_backup(path("backup.db"), keys.clone());
    assert_eq!(verified.wait().unwrap().fault_count, 0);
    let restore = || Tympan::restore(path("backup.db"), path("back.db"), keys.clone()).wait();
    assert_eq!(restore().unwrap().users, 2);
    let back = format!("sqlite:{}", path("back.db"));
    let back = Tympan::open(back, keyed(&keys)).wait().unwrap();
    let users = back.users(UserList::default()).wait().unwrap().rows;
    assert_eq!(users.last(), Some(&ann));

    let refused = [
        restore().err(),
        Tympan::verify_backup(path("nowhere.db"), keys.clone())
            .wait()
            .err(),
        Tympan::verify_backup(path("backup.db"), Tympan::new_keys().unwrap())
            .wait()
            .err(),
        Tympan::verify_backup(path("backup.db"), "keys".into())
            .wait()
            .err(),
    ];
    let codes = refused.map(|refused| refused.map(|error| error.code()));
    let expected = [
        Code::InvalidValue,
        Code::StoreMissing,
        Code::StoreKeys,
        Code::InvalidValue,
    ];
    assert_eq!(codes, expected.map(Some));
    let as_ann = shop.host.as_user(ann.id).unwrap();
    let denied = as_ann.seal_keys(PASSPHRASE.into()).wait().unwrap_err();
    assert_eq!(denied.code(), Code::Denied);
    for (sealed, passphrase, field) in [
        (sealed.as_str(), "another passphrase", "passphrase"),
        (sealed.as_str(), "", "passphrase"),
        ("nothing of the kind", PASSPHRASE, "sealed"),
    ] {
        let unsealed = Tympan::unseal_keys(sealed.to_owned(), passphrase.into());
        let error = unsealed.wait().unwrap_err();
        assert_eq!(error.code(), Code::InvalidValue);
        assert_eq!(error.detail("field"), Some(field));
    }
}
