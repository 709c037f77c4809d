//! What other languages can say and the engine cannot take.

use tympan_surface::{
    Code, CreatePriceList, EditProfile, Error, OpenOptions, PriceLine, Tympan, UserList,
    UserReference,
};

use crate::fixtures::Shop;

fn field(error: Option<Error>) -> (Code, String) {
    let error = error.unwrap();
    let field = error.detail("field").unwrap_or_default().to_owned();
    (error.code(), field)
}

#[test]
fn options_out_of_bounds_are_named() {
    let open = |options| Tympan::open("memory:".to_owned(), options).wait().err();
    let default = OpenOptions::default;
    for (options, name) in [
        (
            OpenOptions {
                deadline_ms: Some(-1),
                ..default()
            },
            "deadline_ms",
        ),
        (
            OpenOptions {
                freshness_ms: Some(-1),
                ..default()
            },
            "freshness_ms",
        ),
        (
            OpenOptions {
                queue_limit: Some(0),
                ..default()
            },
            "queue_limit",
        ),
        (
            OpenOptions {
                keys: Some("no keys".into()),
                ..default()
            },
            "keys",
        ),
    ] {
        assert_eq!(field(open(options)), (Code::InvalidValue, name.to_owned()));
    }
    let other = Tympan::open("shop.db".to_owned(), default()).wait();
    assert_eq!(
        field(other.err()),
        (Code::InvalidValue, "address".to_owned())
    );
}

#[test]
fn values_that_mean_nothing_are_named() {
    let shop = Shop::in_memory();
    let host = &shop.host;
    let limit = UserList {
        limit: Some(1_000),
        ..UserList::default()
    };
    let both = EditProfile {
        price_list: Some(tympan_surface::PriceListId(7)),
        clear_price_list: true,
        ..EditProfile::default()
    };
    let kind = UserReference::Identity {
        kind: "badge".to_owned(),
        value: "1".into(),
    };
    for (error, name) in [
        (host.users(limit).wait().err(), "limit"),
        (
            host.edit_profile(shop.made.default_profile, both)
                .wait()
                .err(),
            "price_list",
        ),
        (host.look_up(kind).wait().err(), "kind"),
    ] {
        assert_eq!(field(error), (Code::InvalidValue, name.to_owned()));
    }
    let lines: Vec<PriceLine> = Vec::new();
    let nowhere = host.create_price_list(
        "Prices".to_owned(),
        "EUX".to_owned(),
        lines,
        CreatePriceList::default(),
    );
    assert_eq!(nowhere.wait().unwrap_err().code(), Code::UnknownCurrency);
    let own = Tympan::open("memory:".to_owned(), OpenOptions::default())
        .wait()
        .unwrap();
    let clock = own.set_clock(tympan_surface::Timestamp::EPOCH).err();
    assert_eq!(field(clock), (Code::InvalidValue, "clock".to_owned()));
}
