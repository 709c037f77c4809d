//! When several refusals apply, the documented order decides which one is told.

use tympan::core::configuration::Bootstrap;
use tympan::core::error::Code;
use tympan::core::ids::UserId;
use tympan::core::ledger::{Adjust, Authorise, Charge, StatedCost, Usage, WalletName};
use tympan::core::measure::Currency;
use tympan::core::people::UserReference;
use tympan::{Options, Tympan};

#[test]
fn of_several_refusals_the_first_in_the_documented_order_is_told() {
    let shop = Tympan::open("memory:", Options::default()).unwrap().host();
    let made = shop
        .run(Bootstrap::new("Shop", Currency::EUR, "Root"))
        .unwrap();
    let root = made.administrator;
    let minus = Some(StatedCost {
        cost_micros: -1,
        currency: Currency::EUR,
    });
    let long = "q".repeat(201);
    let charge = |user: UserReference, key: &str| Charge {
        cost: minus,
        ..Charge::new(user, key, Usage::pages(-1)).queue(long.as_str())
    };
    let code = |charge: Charge| shop.run(charge).unwrap_err().code();
    let nameless = || UserReference::username("");
    assert_eq!(code(charge(nameless(), "")), Code::EmptyText);
    assert_eq!(code(charge(root.into(), "")), Code::TextTooLong);
    let short = Charge {
        queue: None,
        ..charge(root.into(), "")
    };
    assert_eq!(code(short.clone()), Code::InvalidKey);
    let keyed = Charge {
        key: "k".into(),
        ..short.clone()
    };
    assert_eq!(code(keyed), Code::NegativeAmount);
    let authorise = |job| Authorise {
        job,
        expires_in_ms: Some(0),
    };
    let refused = shop.run(authorise(short)).unwrap_err();
    assert_eq!(refused.code(), Code::InvalidValue);
    let adjust = Adjust {
        user: root.into(),
        wallet: WalletName::OwnFunds(Currency::EUR),
        amount: 1,
        reason: String::new(),
        key: "".into(),
        may_owe: false,
    };
    assert_eq!(shop.run(adjust).unwrap_err().code(), Code::EmptyText);

    // Whoever may not ask at all learns nothing about what was sent.
    let nobody = shop.as_user(UserId(1));
    for refused in [
        nobody.run(charge(nameless(), "")).unwrap_err(),
        nobody.run(charge(root.into(), "k")).unwrap_err(),
        nobody
            .run(Charge::new(root, "k", Usage::pages(1)))
            .unwrap_err(),
    ] {
        assert_eq!(refused.code(), Code::Denied);
    }
}
