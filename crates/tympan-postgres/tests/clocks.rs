//! Hosts whose clocks are years off the server's: a hold ends when the server says so, for whoever
//! decides and for whoever looks.
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

use common::Schema;
use proxy::{Proxy, Way};
use tympan::sources::{Clock, ManualClock, SystemClock};
use tympan::{Authorise, Charge, Extra, Options, Settle, Timestamp, Tympan, Usage, UserReference};

const MINUTE: i64 = 60_000;

fn ben() -> UserReference {
    UserReference::username("ben")
}

fn held(tympan: &Tympan) -> i64 {
    let details = tympan.host().user_details(ben()).unwrap().unwrap();
    details
        .wallets
        .unwrap()
        .iter()
        .map(|wallet| wallet.held)
        .sum()
}

#[test]
fn a_hold_is_open_for_as_long_as_the_servers_clock_says() {
    let address = common::plain();
    let (before, after) = address.rsplit_once(':').unwrap();
    let (port, database) = after.split_once('/').unwrap();
    let proxy = Proxy::start(port.parse().unwrap());
    // The server's clock is that of five years ago.
    let words = ("timestamp()) * 1000", "timestamp()) *  900");
    proxy.reword(Way::ToServer, words.0, words.1);
    let (schema, keys) = (Schema::new(), shop::keys());
    let open = |change: fn(Options) -> Options| {
        let options = shop::options(&keys, Duration::from_secs(20)).schema(&schema.name);
        let address = format!("{before}:{}/{database}", proxy.port);
        Tympan::open(&address, change(options)).unwrap()
    };
    let (one, two) = (open(|options| options), open(|options| options));
    shop::set_up(&one);
    let job = Charge::new(ben(), "hold", Usage::pages(3));
    let hold = Authorise {
        job,
        expires_in_ms: Some(MINUTE),
    };
    let receipt = one.host().run(hold).unwrap();
    assert!(receipt.at < Timestamp::from_millis(SystemClock.now().millis() - MINUTE));
    for tympan in [&one, &two] {
        assert!(held(tympan) > 0);
    }
    // A charge that finds it ended would give it back.
    two.host()
        .run(Charge::new(ben(), "other", Usage::pages(1)))
        .unwrap();
    assert!(held(&one) > 0);

    // A clock that a host injects goes before the server's: five minutes later it has ended.
    let injected = open(|options| {
        let now = SystemClock.now().millis() / 10 * 9;
        options.clock(ManualClock::at(Timestamp::from_millis(now + 5 * MINUTE)))
    });
    assert_eq!(held(&injected), 0);
    assert!(held(&two) > 0);
    let settle = Settle {
        hold: receipt.hold.unwrap(),
        key: "settle".into(),
        usage: Usage::pages(3),
        queue: None,
        cost: None,
        extra: Extra::Deny,
    };
    two.host().run(settle).unwrap();
    assert_eq!(held(&two), 0);
}
