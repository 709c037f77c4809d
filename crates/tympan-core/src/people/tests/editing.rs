//! Editing users: one command for a whole screen.

use super::store::*;
use super::{owner, uses};
use crate::error::Code;
use crate::people::*;
use crate::records::{IdentityKind, SubjectKind};

#[test]
fn an_edit_sets_clears_and_keeps() {
    let (mut store, _) = Store::with_administrator();
    let ann = store.create("Ann").user.id;
    let mut edit = EditUser::of(ann, Some(1));
    edit.set = UserFields {
        name: Some("Anna".into()),
        username: Some("anna".into()),
        network_name: Some("PRINT\\ann".into()),
        email: Some("a@example.org".into()),
        other_emails: Some(vec!["b@example.org".into()]),
        department: Some("Sales".into()),
        ..UserFields::default()
    };
    edit.join = vec![PRESS];
    store.now = store.now.plus_millis(5);
    let changed = store.host(&edit).unwrap();
    let user = &changed.user;
    assert_eq!((user.version, user.updated_at), (2, store.now));
    assert_eq!(
        (user.name.as_str(), user.username.as_deref()),
        ("Anna", Some("anna"))
    );
    assert_eq!(user.network_domain.as_deref(), Some("PRINT"));
    assert_eq!(owner(&store, IdentityKind::Username, "ann"), None);

    let mut edit = EditUser::of(UserReference::username("ANNA"), None);
    edit.set.network_domain = Some("HALL".into());
    edit.set.email = Some("b@example.org".into());
    edit.clear = vec![UserField::Department, UserField::Notes];
    edit.leave = vec![PRESS, OFFICE];
    let user = store.host(&edit).unwrap().user;
    assert_eq!((user.version, user.department.as_deref()), (3, None));
    assert_eq!(user.network_name.as_deref(), Some("ann"));
    assert_eq!(user.network_domain.as_deref(), Some("HALL"));
    assert_eq!(user.email.as_deref(), Some("b@example.org"));
    assert_eq!(owner(&store, IdentityKind::Email, "a@example.org"), None);
    assert_eq!(
        owner(&store, IdentityKind::NetworkName, "hall\\ann"),
        Some(ann)
    );
    assert_eq!(uses(&store, SubjectKind::Group, PRESS.0), (0, 0));

    let mut edit = EditUser::of(ann, None);
    edit.clear = vec![
        UserField::NetworkName,
        UserField::Email,
        UserField::Username,
    ];
    let user = store.host(&edit).unwrap().user;
    assert_eq!(
        (
            &user.username,
            &user.network_name,
            &user.network_domain,
            &user.email
        ),
        (&None, &None, &None, &None)
    );
    assert!(store.identities(ann).is_empty());
}

#[test]
fn an_edit_that_changes_nothing_leaves_no_trace() {
    let (mut store, _) = Store::with_administrator();
    let ann = store.create("Ann").user.id;
    let before = (store.records.clone(), store.events.len());
    let mut edit = EditUser::of(ann, Some(1));
    edit.set.name = Some("Ann ".into());
    edit.set.username = Some("Ann".into());
    edit.set.active = Some(true);
    edit.leave = vec![PRESS];
    assert_eq!(store.host(&edit).unwrap().user.version, 1);
    assert_eq!((store.records.clone(), store.events.len()), before);
}

#[test]
fn a_stale_edit_is_refused_with_the_current_version() {
    let (mut store, _) = Store::with_administrator();
    let ann = store.create("Ann").user.id;
    let mut edit = EditUser::of(ann, Some(1));
    edit.set.office = Some("1".into());
    store.host(&edit).unwrap();
    edit.set.office = Some("2".into());
    edit.join = vec![OLD_GROUP];
    let error = store.host(&edit).unwrap_err();
    assert_eq!(error.code(), Code::StaleVersion);
    assert_eq!(error.detail("version"), Some("2"));
    assert_eq!(store.user(ann).office.as_deref(), Some("1"));
}

#[test]
fn a_replaced_secret_is_audited_even_if_it_looks_the_same() {
    let (mut store, _) = Store::with_administrator();
    let create = CreateUser::named("Ann").identity(NewIdentity::new(IdentityKind::Card, "11119"));
    let created = store.host(&create).unwrap();
    let replace = ReplaceIdentity {
        user: created.user.id.into(),
        expected_version: Some(1),
        identity: created.identities.first().unwrap().id,
        kind: IdentityKind::Card,
        value: NewValue::Given("22229".into()),
        reason: None,
    };
    assert_eq!(store.host(&replace).unwrap().user.version, 2);
    let (event, text) = store.events.last().unwrap();
    assert_eq!(event.action, "replace_identity");
    assert!(text.changes.contains("•••9"), "{}", text.changes);
    let error = store.host(&replace).unwrap_err();
    assert_eq!(error.code(), Code::StaleVersion);
}

#[test]
fn identities_are_added_replaced_disabled_and_removed_in_one_edit() {
    let (mut store, _) = Store::with_administrator();
    let created = store
        .host(
            &CreateUser::named("Ann")
                .identity(NewIdentity::new(IdentityKind::Card, "1111"))
                .identity(NewIdentity::new(IdentityKind::Card, "2222"))
                .identity(NewIdentity::new(IdentityKind::Alias, "annie")),
        )
        .unwrap();
    let [first, second, alias] = created.identities.as_slice() else {
        panic!("{created:?}");
    };
    let mut edit = EditUser::of(created.user.id, Some(1));
    edit.identities = vec![
        IdentityEdit::Replace {
            identity: first.id,
            kind: IdentityKind::Card,
            value: NewValue::Given("2222".into()),
        },
        IdentityEdit::Remove(second.id),
        IdentityEdit::Enable {
            identity: alias.id,
            enabled: false,
        },
        IdentityEdit::Add(NewIdentity::new(IdentityKind::Card, "3333")),
    ];
    let changed = store.host(&edit).unwrap();
    assert_eq!(changed.identities.len(), 2);
    assert_eq!(changed.user.version, 2);
    assert_eq!(owner(&store, IdentityKind::Alias, "annie"), None);
    let other = CreateUser::named("Bob").identity(NewIdentity::new(IdentityKind::Alias, "ANNIE"));
    let bob = store.host(&other).unwrap().user.id;
    let card = CreateUser::named("Eve").identity(NewIdentity::new(IdentityKind::Card, "1111"));
    store.host(&card).unwrap();
    let taken = CreateUser::named("Ida").identity(NewIdentity::new(IdentityKind::Card, "2222"));
    let error = store.host(&taken).unwrap_err();
    assert_eq!(error.code(), Code::IdentityTaken);
    let ann = created.user.id.to_string();
    assert_eq!(error.detail("user"), Some(ann.as_str()));

    let mut enable = EditUser::of(created.user.id, None);
    enable.identities = vec![IdentityEdit::Enable {
        identity: alias.id,
        enabled: true,
    }];
    let error = store.host(&enable).unwrap_err();
    assert_eq!(error.detail("user"), Some(bob.to_string().as_str()));

    let wrong_kind = IdentityEdit::Replace {
        identity: alias.id,
        kind: IdentityKind::Card,
        value: NewValue::Given("7".into()),
    };
    let unknown = IdentityEdit::Remove(second.id);
    for (change, code) in [
        (wrong_kind, Code::InvalidValue),
        (unknown, Code::UnknownIdentity),
    ] {
        enable.identities = vec![change];
        assert_eq!(store.host(&enable).unwrap_err().code(), code);
    }
}
