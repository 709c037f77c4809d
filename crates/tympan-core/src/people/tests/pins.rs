//! PINs: how long they must be, and which are drawn.

use std::collections::BTreeSet;

use super::store::*;
use crate::error::Code;
use crate::people::*;
use crate::records::IdentityKind;

#[test]
fn pins_that_sign_in_alone_grow_with_the_population() {
    let (mut store, _) = Store::with_administrator();
    let eleven = CreateUser::named("Ann").identity(NewIdentity::generated_pin().alone());
    for user in 0..8 {
        store.create(&format!("user{user}"));
    }
    let pin = |changed: Changed| changed.identities.first().unwrap().value.expose().len();
    assert_eq!(pin(store.host(&eleven).unwrap()), 6);
    assert_eq!(pin(store.host(&eleven).unwrap()), 7);
    let mut short = CreateUser::named("Bob");
    short.identities = vec![NewIdentity::new(IdentityKind::Pin, "903417").alone()];
    let error = store.host(&short).unwrap_err();
    assert_eq!(
        (error.code(), error.detail("rule")),
        (Code::PinPolicy, Some("too_short"))
    );
    assert_eq!(error.detail("minimum"), Some("7"));
    short.identities = vec![NewIdentity::new(IdentityKind::Pin, "903417")];
    assert!(store.host(&short).is_ok());
}

#[test]
fn a_drawn_pin_is_free() {
    let (mut store, _) = Store::with_administrator();
    store.configure(|config| {
        config.tenant.pin_length = 4;
        config.tenant.pin_floor = "usual".into();
    });
    let create = CreateUser::named("Ann").identity(NewIdentity::generated_pin().alone());
    // The same bytes for each: the same first draw, which is free only once.
    let mut seen = BTreeSet::new();
    for _ in 0..20 {
        store.rewind_random();
        let created = store.host(&create).unwrap();
        assert!(
            seen.insert(
                created
                    .identities
                    .first()
                    .unwrap()
                    .value
                    .expose()
                    .to_owned()
            )
        );
    }
}
