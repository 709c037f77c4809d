//! A shop on a server: a user who is charged.
#![allow(dead_code, reason = "every test uses a part of it")]

use std::time::Duration;

use tympan::sources::SystemRandom;
use tympan::{
    Bootstrap, Charge, CreatePriceList, CreateProfile, CreateUser, Currency, Error, KeyRing,
    Measure, Options, PlanTerms, PriceTerms, Receipt, TimeZoneName, Tympan, Usage, UserReference,
};

/// Keys for all who open one database.
pub fn keys() -> String {
    let ring = KeyRing::generate(&mut SystemRandom::default()).unwrap();
    ring.to_text().expose().to_owned()
}

pub fn options(keys: &str, deadline: Duration) -> Options {
    Options::default()
        .keys(KeyRing::parse(keys).unwrap())
        .deadline(deadline)
}

/// A tenant, and a user `ben` with an allowance that no test empties.
pub fn set_up(tympan: &Tympan) {
    let shop = tympan.host();
    shop.run(Bootstrap::new("Shop", Currency::EUR, "Ada Admin"))
        .unwrap();
    let prices = CreatePriceList::new("House", Currency::EUR).rule(PriceTerms::pages(1, 1));
    let prices = shop.run(prices).unwrap().id;
    let plenty = PlanTerms::monthly(
        Measure::Cost(Currency::EUR),
        1_000_000_000,
        TimeZoneName::UTC,
    );
    let staff = CreateProfile::new("Staff").price_list(prices).plan(plenty);
    let staff = shop.run(staff).unwrap().id;
    shop.run(CreateUser::named("Ben").username("ben").profile(staff))
        .unwrap();
}

pub fn charge(tympan: &Tympan, key: &str) -> Result<Receipt, Error> {
    let user = UserReference::username("ben");
    tympan.host().run(Charge::new(user, key, Usage::pages(1)))
}

/// Asks again, under the same key, for as long as the answer says to.
pub fn insist(tympan: &Tympan, key: &str) -> Result<Receipt, Error> {
    loop {
        match charge(tympan, key) {
            Err(error) if error.retry() => {}
            outcome => return outcome,
        }
    }
}
