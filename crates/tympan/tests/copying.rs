//! A whole database goes into another store and back.
#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

use tympan::{
    Bootstrap, Charge, Code, CreateUser, Currency, KeyRing, Options, Tympan, Usage, UserReference,
};

/// A key ring that is the same each time.
fn keys() -> KeyRing {
    struct Counting(u8);
    impl tympan_vault::RandomSource for Counting {
        fn fill(&mut self, bytes: &mut [u8]) -> Result<(), tympan_vault::RandomError> {
            for byte in bytes {
                self.0 = self.0.wrapping_add(1);
                *byte = self.0;
            }
            Ok(())
        }
    }
    KeyRing::generate(&mut Counting(0)).unwrap()
}

fn open(address: &str) -> Tympan {
    Tympan::open(address, Options::default().keys(keys())).unwrap()
}

fn dump(tympan: &Tympan) -> Vec<u8> {
    let mut out = Vec::new();
    tympan.dump(&mut out).unwrap();
    out
}

fn fill(tympan: &Tympan, users: usize) {
    let shop = tympan.host();
    shop.run(Bootstrap::new("Copied", Currency::EUR, "Ada Admin"))
        .unwrap();
    let create = |at: usize| CreateUser::named(format!("User {at}")).username(format!("user{at}"));
    for created in shop.run_all((0..users).map(create).collect()) {
        created.unwrap();
    }
    let charge = |at: usize| {
        let user = UserReference::username(format!("user{at}"));
        Charge::new(user, format!("key {at}"), Usage::pages(1))
    };
    for charged in shop.run_all((0..users).map(charge).collect()) {
        charged.unwrap();
    }
}

#[test]
fn a_copy_holds_the_same_and_finds_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let (from, into, back) = (
        open("memory:"),
        open(&format!(
            "sqlite:{}",
            folder.path().join("copy.db").display()
        )),
        open("memory:"),
    );
    fill(&from, 1_500);
    let mut last = None;
    let copied = from
        .copy_to(&into, &mut |progress| last = Some(progress))
        .unwrap();
    assert_eq!((copied.found, last.unwrap().step), (0, "compare"));
    assert_eq!(last.unwrap().rows, copied.rows);
    assert!(dump(&into) == dump(&from));
    assert!(into.verify().unwrap().is_sound());
    into.copy_to(&back, &mut |_| {}).unwrap();
    assert!(dump(&back) == dump(&from));
    // A name is found by its claim, and a key that was used is known.
    let again = Charge::new(UserReference::username("user7"), "key 7", Usage::pages(1));
    assert_eq!(back.host().run(again.clone()), from.host().run(again));
    assert!(dump(&back) == dump(&from));
}

#[test]
fn an_interrupted_copy_goes_on_and_anything_else_is_no_copy() {
    let (from, into) = (open("memory:"), open("memory:"));
    fill(&from, 1_500);
    // Its author goes away in the middle.
    let interrupted = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        from.copy_to(&into, &mut |progress| assert!(progress.table != "entry"))
    }));
    assert!(interrupted.is_err());
    let copied = from.copy_to(&into, &mut |_| {}).unwrap();
    assert!(copied.found > 1_500, "{copied:?}");
    assert!(dump(&into) == dump(&from));
    assert_eq!(from.copy_to(&into, &mut |_| {}).unwrap().rows, copied.rows);

    into.host().run(CreateUser::named("Somebody else")).unwrap();
    let error = from.copy_to(&into, &mut |_| {}).unwrap_err();
    assert_eq!(error.code(), Code::StoreForeign);
    let other = Tympan::open("memory:", Options::default()).unwrap();
    let error = from.copy_to(&other, &mut |_| {}).unwrap_err();
    assert_eq!(error.code(), Code::StoreKeys);
}

#[test]
fn a_copy_is_of_one_instant_while_others_go_on_writing() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| format!("sqlite:{}", folder.path().join(name).display());
    for (from, into) in [
        (open("memory:"), open(&file("into.db"))),
        (open(&file("from.db")), open("memory:")),
    ] {
        fill(&from, 1_200);
        let before = dump(&from);
        let mut number = 0;
        from.copy_to(&into, &mut |_| {
            number += 1;
            let name = format!("meanwhile{number}");
            let user = CreateUser::named(&name).username(&name);
            from.host().run(user).unwrap();
            let user = UserReference::username(format!("user{number}"));
            let charge = Charge::new(user, name, Usage::pages(1));
            from.host().run(charge).unwrap();
        })
        .unwrap();
        assert!(number > 10 && dump(&from) != before);
        assert!(dump(&into) == before);
        assert!(into.verify().unwrap().is_sound());
    }
}
