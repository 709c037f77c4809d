//! Commands without a key: what became of one whose commit broke is found out all the same.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test ends at the first surprise"
)]

mod common;
#[path = "common/proxy.rs"]
mod proxy;
#[path = "common/shop.rs"]
mod shop;

use std::time::Duration;

use common::{Schema, ask, run};
use proxy::{Proxy, Way};
use tympan::{Code, CreateUser, Tympan};

fn through(schema: &Schema) -> (Proxy, Tympan) {
    let address = common::plain();
    let (before, after) = address.rsplit_once(':').unwrap();
    let (port, database) = after.split_once('/').unwrap();
    let proxy = Proxy::start(port.parse().unwrap());
    let options = shop::options(&shop::keys(), Duration::from_secs(20)).schema(&schema.name);
    let tympan = Tympan::open(&format!("{before}:{}/{database}", proxy.port), options).unwrap();
    shop::set_up(&tympan);
    (proxy, tympan)
}

fn create(tympan: &Tympan, number: u32) -> Result<(), tympan::Error> {
    let name = format!("user{number}");
    tympan
        .host()
        .run(CreateUser::named(&name).username(&name))
        .map(drop)
}

#[test]
fn a_user_whose_commit_broke_is_there_once_and_the_caller_is_told() {
    let schema = Schema::new();
    let (proxy, tympan) = through(&schema);
    create(&tympan, 0).unwrap();
    let passed = [Way::ToServer, Way::ToClient].map(|way| proxy.passed(way));
    create(&tympan, 1).unwrap();
    let mut number = 1;
    for (way, before) in [Way::ToServer, Way::ToClient].into_iter().zip(passed) {
        let bytes = i64::try_from(proxy.passed(way) - before).unwrap();
        // The last cuts are within the COMMIT and its answer.
        let cuts = (1..=20)
            .map(|step| bytes * step / 20)
            .chain((bytes - 60..bytes).step_by(3));
        for cut in cuts.filter(|cut| *cut > 0) {
            number += 1;
            proxy.cut_after(way, cut);
            let outcome = create(&tympan, number);
            proxy.heal();
            assert_eq!(outcome, Ok(()), "cut {way:?} at {cut} of {bytes}");
        }
    }
    let name = &schema.name;
    let users = format!("SELECT count(*) FROM \"{name}\".\"user\" WHERE \"username\" LIKE 'user%'");
    assert_eq!(ask(&users), (number + 1).to_string());
    let events = format!(
        "SELECT count(*) FROM (SELECT \"subject\" FROM \"{name}\".\"audit_event\" \
         WHERE \"action\" = 'create_user' GROUP BY \"subject\" HAVING count(*) > 1) AS twice"
    );
    assert_eq!(ask(&events), "0");
    assert!(tympan.verify().unwrap().is_sound());
}

#[test]
fn what_tells_of_batches_does_not_grow_for_ever_and_charges_do_not_need_it() {
    let schema = Schema::new();
    let (_proxy, tympan) = through(&schema);
    let name = &schema.name;
    let count = format!("SELECT count(*) FROM \"{name}\".\"batch\"");
    let before = ask(&count);
    for key in 0..10 {
        shop::charge(&tympan, &format!("key {key}")).unwrap();
    }
    assert_eq!(ask(&count), before);
    run(&format!(
        "UPDATE \"{name}\".\"batch\" SET \"at\" = \"at\" - interval '8 days'; \
         INSERT INTO \"{name}\".\"batch\" SELECT number::text, now() - interval '9 days' FROM generate_series(1, 20) AS number"
    ));
    for number in 0..15 {
        create(&tympan, number).unwrap();
    }
    assert_eq!(ask(&count), "15");
}

#[test]
fn a_transaction_in_another_session_is_refused_before_it_does_anything() {
    let schema = Schema::new();
    let (proxy, tympan) = through(&schema);
    // As a pooler would have it that gives each transaction another session: this one has not what
    // the first was given.
    let words = ("current_setting('tympan.s", "current_setting('tympan.x");
    proxy.reword(Way::ToServer, words.0, words.1);
    proxy.cut_after(Way::ToServer, 1);
    let error = shop::charge(&tympan, "shared").unwrap_err();
    assert_eq!(error.code(), Code::Storage, "{error}");
    assert!(error.to_string().contains("session"), "{error}");
    let written = format!(
        "SELECT count(*) FROM \"{}\".\"entry\" WHERE \"key\" IS NOT NULL",
        schema.name
    );
    assert_eq!(ask(&written), "0");
}
