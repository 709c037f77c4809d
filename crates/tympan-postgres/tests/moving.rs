//! From a file to a server and back: the same rows, the same cards and PINs, the same receipts. And
//! what the engine adds: several of them on one database.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test ends at the first surprise"
)]

mod common;

use std::time::{Duration, Instant};

use common::Schema;
use tympan::sources::SystemRandom;
use tympan::{
    Bootstrap, Charge, Code, CreateUser, Currency, IdentityKind, KeyRing, NewIdentity, Options,
    Tympan, Usage, UserReference,
};

struct Shop {
    ring: String,
    schema: Schema,
}

impl Shop {
    fn new() -> Self {
        let ring = KeyRing::generate(&mut SystemRandom::default()).unwrap();
        Self {
            ring: ring.to_text().expose().to_owned(),
            schema: Schema::new(),
        }
    }

    fn open(&self, address: &str) -> Tympan {
        let ring = KeyRing::parse(&self.ring).unwrap();
        let options = Options::default().keys(ring).schema(&self.schema.name);
        Tympan::open(address, options.freshness(Duration::ZERO)).unwrap()
    }

    fn on_server(&self) -> Tympan {
        self.open(&common::address())
    }
}

fn dump(tympan: &Tympan) -> Vec<u8> {
    let mut out = Vec::new();
    tympan.dump(&mut out).unwrap();
    out
}

fn by_card(at: usize, key: &str) -> Charge {
    Charge::new(
        UserReference::card(format!("04AB{at:04}")),
        key,
        Usage::pages(1),
    )
}

fn fill(tympan: &Tympan, users: usize) {
    let shop = tympan.host();
    shop.run(Bootstrap::new("Moved", Currency::EUR, "Ada Admin"))
        .unwrap();
    let create = |at: usize| {
        CreateUser::named(format!("User {at}"))
            .identity(NewIdentity::new(IdentityKind::Card, format!("04AB{at:04}")))
            .identity(NewIdentity::generated_pin())
    };
    for created in shop.run_all((0..users).map(create).collect()) {
        created.unwrap();
    }
    let charges = (0..users).map(|at| by_card(at, &format!("key {at}")));
    for charged in shop.run_all(charges.collect()) {
        charged.unwrap();
    }
}

#[test]
fn a_shop_moves_to_a_server_and_back() {
    let (shop, folder) = (Shop::new(), tempfile::tempdir().unwrap());
    let file = |name: &str| format!("sqlite:{}", folder.path().join(name).display());
    let (from, server, back) = (
        shop.open(&file("from.db")),
        shop.on_server(),
        shop.open(&file("back.db")),
    );
    fill(&from, 300);
    let copied = from.copy_to(&server, &mut |_| {}).unwrap();
    assert_eq!(copied.found, 0);
    assert!(dump(&server) == dump(&from));
    server.copy_to(&back, &mut |_| {}).unwrap();
    assert!(dump(&back) == dump(&from));
    for moved in [&server, &back] {
        assert!(moved.verify().unwrap().is_sound());
        // A card is found by its digest, and a key that was used gives the receipt it gave.
        let again = by_card(7, "key 7");
        assert_eq!(moved.host().run(again.clone()), from.host().run(again));
        let error = moved.host().run(by_card(9_999, "new")).unwrap_err();
        assert_eq!(error.code(), Code::UnknownUser);
    }
    assert!(dump(&server) == dump(&from));
}

#[test]
fn a_shop_that_moves_goes_on_charging_and_the_copy_is_of_one_instant() {
    let (shop, folder) = (Shop::new(), tempfile::tempdir().unwrap());
    let (server, other) = (shop.on_server(), shop.on_server());
    let back = format!("sqlite:{}", folder.path().join("back.db").display());
    let back = shop.open(&back);
    fill(&server, 300);
    let before = dump(&server);
    let mut number = 0;
    server
        .copy_to(&back, &mut |_| {
            // By this process and by another one.
            for tympan in [&server, &other] {
                number += 1;
                let charge = by_card(number % 300, &format!("meanwhile {number}"));
                tympan.host().run(charge).unwrap();
            }
            let user = CreateUser::named(format!("Newcomer {number}"));
            server.host().run(user).unwrap();
        })
        .unwrap();
    assert!(number > 20 && dump(&server) != before);
    assert!(dump(&back) == before);
    assert!(back.verify().unwrap().is_sound() && server.verify().unwrap().is_sound());
}

#[test]
fn what_one_engine_changes_the_other_sees() {
    let shop = Shop::new();
    let (one, two) = (shop.on_server(), shop.on_server());
    let admin = one
        .host()
        .run(Bootstrap::new("Shared", Currency::EUR, "Ada Admin"))
        .unwrap();
    // Configuration, rights and names are kept by each engine, and looked at again.
    assert!(
        two.host()
            .may(admin.administrator, "user.edit", None)
            .unwrap()
    );
    let user = CreateUser::named("Ben").username("ben");
    let ben = one.host().run(user.clone()).unwrap();
    assert_eq!(
        two.host().run(user).unwrap_err().code(),
        Code::IdentityTaken
    );
    let charge = Charge::new(UserReference::username("ben"), "one key", Usage::pages(2));
    let first = one.host().run(charge.clone()).unwrap();
    assert_eq!(two.host().run(charge).unwrap(), first);
    assert!(!two.host().may(ben.user.id, "user.edit", None).unwrap());
}

#[test]
fn engines_that_share_one_wallet_lose_nothing_and_none_starves() {
    let shop = Shop::new();
    let engines: Vec<Tympan> = (0..4).map(|_| shop.on_server()).collect();
    let first = engines.first().unwrap();
    first
        .host()
        .run(Bootstrap::new("Hot", Currency::EUR, "Ada Admin"))
        .unwrap();
    first
        .host()
        .run(CreateUser::named("Ben").username("ben"))
        .unwrap();
    let until = Instant::now() + Duration::from_secs(4);
    let counts: Vec<u64> = std::thread::scope(|scope| {
        let threads: Vec<_> = engines
            .iter()
            .enumerate()
            .map(|(engine, tympan)| {
                scope.spawn(move || {
                    let mut count = 0;
                    while Instant::now() < until {
                        let user = UserReference::username("ben");
                        let key = format!("{engine}-{count}");
                        tympan
                            .host()
                            .run(Charge::new(user, key, Usage::pages(1)))
                            .unwrap();
                        count += 1;
                    }
                    count
                })
            })
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    });
    let all: u64 = counts.iter().sum();
    let least = counts.iter().min().copied().unwrap();
    assert!(least * 2 * 4 >= all, "{counts:?}");
    let verified = first.verify().unwrap();
    assert!(
        verified.is_sound() && verified.entries >= all,
        "{verified:?}"
    );
}

#[test]
fn a_database_that_is_shared_has_keys_of_the_hosts() {
    let error = Tympan::open(&common::address(), Options::default())
        .err()
        .unwrap();
    assert_eq!(
        (error.code(), error.detail("field")),
        (Code::InvalidValue, Some("keys"))
    );
}

#[test]
fn time_is_the_servers_unless_the_host_has_one_of_its_own() {
    let shop = Shop::new();
    let own = tympan::sources::ManualClock::at(tympan::Timestamp::from_millis(5_000));
    let ring = KeyRing::parse(&shop.ring).unwrap();
    let options = Options::default()
        .keys(ring)
        .schema(&shop.schema.name)
        .clock(own);
    let early = Tympan::open(&common::address(), options).unwrap();
    early
        .host()
        .run(Bootstrap::new("Clock", Currency::EUR, "Ada Admin"))
        .unwrap();
    let times = |minimum: &str| {
        common::ask(&format!(
            "SELECT count(*) FROM \"{}\".\"audit_event\" WHERE \"at\" {minimum}",
            shop.schema.name
        ))
    };
    assert_ne!(times("= 5000"), "0");
    shop.on_server()
        .host()
        .run(CreateUser::named("Ben"))
        .unwrap();
    assert_ne!(times("> (extract(epoch FROM now()) - 60) * 1000"), "0");
}
