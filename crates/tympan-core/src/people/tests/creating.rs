//! Making users: all at once, or not at all.

use std::collections::BTreeSet;

use super::store::*;
use super::{only, owner, uses};
use crate::error::Code;
use crate::ids::ProfileId;
use crate::people::*;
use crate::records::{IdentityKind, IdentitySource, SubjectKind};

#[test]
fn a_user_is_created_with_everything_at_once() {
    let (mut store, _) = Store::with_administrator();
    let mut create = CreateUser::named(" Zoë Ångström ")
        .username("Zoe")
        .identity(NewIdentity::new(IdentityKind::Card, "04a224e2").label("badge"))
        .identity(NewIdentity::generated_pin().alone());
    create.fields = UserFields {
        network_name: Some("zoe".into()),
        network_domain: Some("PRINT".into()),
        email: Some("Zoe@example.org".into()),
        other_emails: Some(vec!["z@example.org".into(), "zoe@EXAMPLE.org".into()]),
        production: Some(true),
        restricted: Some(false),
        account_code: Some("K-1".into()),
        notes: Some("two\nlines".into()),
        profile: Some(GUESTS),
        role: Some(OPERATOR),
        ..create.fields
    };
    create.groups = vec![OFFICE, PRESS, PRESS];
    create.role_rows = vec![NewRoleRow {
        role: HELPDESK,
        accounts: only(NORTH),
    }];

    let created = store.host(&create).unwrap();

    let user = store.user(created.user.id);
    assert_eq!(ShownUser::of(&user), created.user);
    assert_eq!(
        (
            user.name.as_str(),
            user.version,
            user.active,
            user.production,
            user.restricted
        ),
        ("Zoë Ångström", 1, true, true, false)
    );
    assert_eq!(user.username.as_deref(), Some("Zoe"));
    assert_eq!(user.network_name.as_deref(), Some("zoe"));
    assert_eq!(user.network_domain.as_deref(), Some("PRINT"));
    assert_eq!(user.email.as_deref(), Some("Zoe@example.org"));
    assert_eq!(user.name_folded, "zoe angstrom");
    assert_eq!(
        (user.profile_since, user.created_at),
        (store.now, store.now)
    );
    let relations = store.relations(user.id);
    assert_eq!(relations.identities.len(), 6);
    assert_eq!(relations.memberships.len(), 2);
    for (kind, value) in [
        (IdentityKind::Username, "zoe"),
        (IdentityKind::NetworkName, "print\\zoe"),
        (IdentityKind::Email, "zoe@example.org"),
        (IdentityKind::Email, "z@example.org"),
    ] {
        assert_eq!(owner(&store, kind, value), Some(user.id), "{value}");
    }
    assert_eq!(uses(&store, SubjectKind::Profile, GUESTS.0), (1, 1));
    assert_eq!(uses(&store, SubjectKind::Role, OPERATOR.0), (1, 1));
    assert_eq!(uses(&store, SubjectKind::Role, HELPDESK.0), (1, 0));
    assert_eq!(uses(&store, SubjectKind::Group, PRESS.0), (1, 1));
    assert_eq!(uses(&store, SubjectKind::Account, NORTH.0), (1, 1));

    let [card, pin] = created.identities.as_slice() else {
        panic!("{created:?}");
    };
    assert_eq!(
        (card.shown.as_str(), card.value.expose()),
        ("•••2", "04A224E2")
    );
    assert_eq!(pin.value.expose().len(), 6);
    let stored = relations.identity(card.id).unwrap();
    assert_eq!(stored.label.as_deref(), Some("badge"));
    assert!(!stored.value.contains("04A2"));
    assert_eq!(
        unseal(stored, &store.keys).unwrap(),
        Some("04A224E2".into())
    );
    let (event, text) = store.events.last().unwrap();
    assert_eq!(
        (event.action.as_str(), event.subject),
        ("create_user", user.id.0)
    );
    assert!(text.changes.contains("•••2") && !text.changes.contains("04A2"));
    assert!(!text.changes.contains(pin.value.expose()));
}

#[test]
fn what_a_new_user_may_not_be() {
    let with = |change: &dyn Fn(&mut CreateUser)| {
        let mut create = CreateUser::named("Ann");
        change(&mut create);
        create
    };
    let pin = |value: &str| NewIdentity::new(IdentityKind::Pin, value);
    let table = [
        (with(&|create| create.fields.name = None), Code::EmptyText),
        (
            with(&|create| create.fields.name = Some("\u{200b}".into())),
            Code::ControlCharacter,
        ),
        (
            with(&|create| create.fields.username = Some("x".repeat(51))),
            Code::TextTooLong,
        ),
        (
            with(&|create| create.fields.email = Some("ann".into())),
            Code::InvalidEmail,
        ),
        (
            with(&|create| create.fields.office = Some(" ".into())),
            Code::EmptyText,
        ),
        (
            with(&|create| create.fields.network_name = Some("a\\b\\c".into())),
            Code::InvalidValue,
        ),
        (
            with(&|create| create.fields.network_domain = Some("PRINT".into())),
            Code::InvalidValue,
        ),
        (
            with(&|create| create.groups = vec![PRESS; 1_001]),
            Code::TooMany,
        ),
        (
            with(&|create| {
                create
                    .identities
                    .push(NewIdentity::new(IdentityKind::Card, "12-34"))
            }),
            Code::CardFormat,
        ),
        (
            with(&|create| create.identities.push(pin("123456"))),
            Code::PinPolicy,
        ),
        (
            with(&|create| create.identities.push(pin("4827"))),
            Code::PinPolicy,
        ),
        (
            with(&|create| create.identities.push(pin("9305").alone())),
            Code::PinPolicy,
        ),
        (
            with(&|create| {
                let generated = NewIdentity {
                    kind: IdentityKind::Card,
                    ..NewIdentity::generated_pin()
                };
                create.identities.push(generated);
            }),
            Code::InvalidValue,
        ),
        (
            with(&|create| {
                let custom = IdentityKind::Custom("No Such".into());
                create.identities.push(NewIdentity::new(custom, "1"));
            }),
            Code::InvalidValue,
        ),
        (
            with(&|create| create.fields.username = Some("ADA".into())),
            Code::IdentityTaken,
        ),
        (
            with(&|create| {
                create
                    .identities
                    .push(NewIdentity::new(IdentityKind::Alias, "x"));
                create
                    .identities
                    .push(NewIdentity::new(IdentityKind::Alias, "X"));
            }),
            Code::IdentityTaken,
        ),
        (
            with(&|create| create.fields.profile = Some(ProfileId(99))),
            Code::UnknownProfile,
        ),
        (
            with(&|create| create.fields.profile = Some(OLD_PROFILE)),
            Code::Retired,
        ),
        (
            with(&|create| create.fields.role = Some(OLD_ROLE)),
            Code::Retired,
        ),
        (
            with(&|create| create.groups = vec![OLD_GROUP]),
            Code::Retired,
        ),
        (
            with(&|create| {
                create.groups = vec![crate::ids::GroupId(99), OLD_GROUP];
                create.fields.username = Some("ada".into());
            }),
            Code::UnknownGroup,
        ),
        (
            with(&|create| {
                create.role_rows = vec![NewRoleRow {
                    role: HELPDESK,
                    accounts: only(OLD_ACCOUNT),
                }];
            }),
            Code::Retired,
        ),
        (
            with(&|create| {
                create.role_rows = vec![NewRoleRow {
                    role: HELPDESK,
                    accounts: Accounts::Only(BTreeSet::new()),
                }];
            }),
            Code::InvalidValue,
        ),
    ];
    let (mut store, _) = Store::with_administrator();
    let before = store.records.clone();
    for (create, code) in table {
        let error = store.host(&create).unwrap_err();
        assert_eq!(error.code(), code, "{create:?} {error}");
        assert_eq!(store.records, before, "{create:?}");
    }
    for (source, fits) in [(IdentitySource::Import, true), (IdentitySource::Own, false)] {
        let create = CreateUser::named("Ann").identity(pin("1234").source(source));
        assert_eq!(store.host(&create).is_ok(), fits, "{source:?}");
    }
}
