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
