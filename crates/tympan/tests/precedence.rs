//! When several refusals apply, the documented order decides which one is told.

use tympan::core::configuration::Bootstrap;
use tympan::core::error::Code;
use tympan::core::ids::UserId;
use tympan::core::ledger::{Adjust, Authorise, Charge, StatedCost, Usage, WalletName};
use tympan::core::measure::Currency;
use tympan::core::people::{
    AddIdentity, IdentityReference, SwapIdentities, TransferIdentity, UserReference,
};
use tympan::limits::MAX_MEMBERSHIPS;
use tympan::{
    CreatePriceList, CreateProfile, CreateUser, EditTenant, EditUser, GroupId, IdentityKind,
    Measure, NewIdentity, Options, PlanTerms, PriceTerms, TimeZoneName, Tympan,
};

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

#[test]
fn users_and_what_is_configured_keep_the_same_order() {
    let shop = Tympan::open("memory:", Options::default()).unwrap().host();
    shop.run(Bootstrap::new("Shop", Currency::EUR, "Root"))
        .unwrap();
    let long = || Some("n".repeat(5_000));

    let mut user = CreateUser::named("Ann");
    user.fields.email = Some("nowhere".to_owned());
    user.fields.notes = long();
    assert_eq!(
        shop.run(user.clone()).unwrap_err().code(),
        Code::TextTooLong
    );
    user.fields.notes = None;
    user.reason = long();
    assert_eq!(
        shop.run(user.clone()).unwrap_err().code(),
        Code::TextTooLong
    );
    user.identities = vec![NewIdentity::new(IdentityKind::Alias, "")];
    assert_eq!(shop.run(user).unwrap_err().code(), Code::EmptyText);

    let mut edit = EditUser::of(UserReference::username(""), None);
    edit.set.email = Some("nowhere".to_owned());
    edit.join = vec![GroupId(1); MAX_MEMBERSHIPS + 1];
    assert_eq!(shop.run(edit.clone()).unwrap_err().code(), Code::EmptyText);
    edit.user = UserId(1).into();
    assert_eq!(shop.run(edit).unwrap_err().code(), Code::InvalidEmail);

    let email = |text: &str| IdentityReference::value(IdentityKind::Email, text);
    let mut transfer = TransferIdentity::of(email("nowhere"), UserReference::username(""));
    assert_eq!(
        shop.run(transfer.clone()).unwrap_err().code(),
        Code::EmptyText
    );
    (transfer.to, transfer.reason) = (UserId(1).into(), long());
    assert_eq!(shop.run(transfer).unwrap_err().code(), Code::TextTooLong);
    let mut swap = SwapIdentities::of(email("nowhere"), email(""));
    assert_eq!(shop.run(swap.clone()).unwrap_err().code(), Code::EmptyText);
    (swap.second, swap.reason) = (email("nowhere"), long());
    assert_eq!(shop.run(swap).unwrap_err().code(), Code::TextTooLong);
    let add = |value: &str, label: &str| AddIdentity {
        user: UserId(1).into(),
        expected_version: None,
        identity: NewIdentity::new(IdentityKind::Email, value).label(label),
        reason: None,
    };
    for (value, label, code) in [
        ("nowhere", "l".repeat(5_000), Code::TextTooLong),
        ("", "l".repeat(5_000), Code::EmptyText),
        ("nowhere", "work".to_owned(), Code::InvalidEmail),
    ] {
        let refused = shop.run(add(value, &label)).unwrap_err();
        assert_eq!(refused.code(), code, "{value}");
    }

    let plan = |amount, overdraft| PlanTerms {
        overdraft,
        ..PlanTerms::monthly(Measure::Jobs, amount, TimeZoneName::UTC)
    };
    let profile = CreateProfile::new("Staff").plan(plan(i64::MAX, 0));
    let profile = profile.plan(plan(0, -1));
    assert_eq!(
        shop.run(profile.clone()).unwrap_err().code(),
        Code::NegativeAmount
    );
    let nameless = CreateProfile {
        name: String::new(),
        ..profile
    };
    assert_eq!(shop.run(nameless).unwrap_err().code(), Code::EmptyText);

    let prices = CreatePriceList::new("Prices", Currency::EUR)
        .rule(PriceTerms::pages(i64::MAX, -1))
        .rule(PriceTerms::pages(1, 1).queue(" "));
    assert_eq!(shop.run(prices).unwrap_err().code(), Code::EmptyText);

    let tenant = EditTenant {
        name: Some(String::new()),
        card_pipeline: Some("?".to_owned()),
        ..EditTenant::default()
    };
    assert_eq!(shop.run(tenant).unwrap_err().code(), Code::EmptyText);
}
