//! However many holds expired since a user was last charged, the next charge gives them all back.

use std::sync::Arc;

use tympan::core::configuration::Bootstrap;
use tympan::core::ledger::{Authorise, Charge, StatedCost, Usage};
use tympan::core::measure::Currency;
use tympan::core::people::EditUser;
use tympan::core::time::Timestamp;
use tympan::sources::ManualClock;
use tympan::{Options, Tympan};

#[test]
fn many_expired_holds_are_given_back_at_once() {
    let clock = Arc::new(ManualClock::at(Timestamp::from_millis(1_788_264_000_000)));
    let tympan = Tympan::open("memory:", Options::default().clock(clock.clone())).unwrap();
    let shop = tympan.host();
    let made = shop
        .run(Bootstrap::new("Shop", Currency::EUR, "Root"))
        .unwrap();
    let root = made.administrator;
    let mut unrestricted = EditUser::of(root, None);
    unrestricted.set.restricted = Some(false);
    shop.run(unrestricted).unwrap();
    let job = |key: String| Charge {
        cost: Some(StatedCost {
            cost_micros: 1,
            currency: Currency::EUR,
        }),
        ..Charge::new(root, key, Usage::pages(1))
    };
    let holds = (0..300).map(|number| Authorise {
        job: job(format!("hold {number}")),
        expires_in_ms: Some(1_000),
    });
    for receipt in shop.run_all(holds.collect()) {
        receipt.unwrap();
    }
    clock.set(Timestamp::from_millis(1_788_264_001_000));
    let receipt = shop.run(job("after".to_owned())).unwrap();
    assert_eq!(receipt.lines[0].held_after, 0);
    let found = tympan.verify().unwrap();
    assert!(found.is_sound() && found.open_holds == 0, "{found:?}");
}
