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
fn names_of_one_type_change_places_without_colliding() {
    let (mut store, _) = Store::with_administrator();
    let ann = store.create("Ann").user.id;
    let mut edit = EditUser::of(ann, None);
    edit.set.email = Some("a@example.org".into());
    edit.set.other_emails = Some(vec!["b@example.org".into(), "c@example.org".into()]);
    store.host(&edit).unwrap();
    let ids = |store: &Store| -> BTreeSet<_> {
        store
            .identities(ann)
            .into_iter()
            .map(|identity| identity.id)
            .collect()
    };
    let before = ids(&store);
    edit.set.email = Some("c@example.org".into());
    edit.set.other_emails = Some(vec!["a@example.org".into(), "b@example.org".into()]);
    let user = store.host(&edit).unwrap().user;
    assert_eq!(user.email.as_deref(), Some("c@example.org"));
    assert_eq!(ids(&store), before);

    let mut edit = EditUser::of(ann, None);
    edit.clear = vec![UserField::Email];
    let user = store.host(&edit).unwrap().user;
    assert_eq!(user.email.as_deref(), Some("a@example.org"));
    edit.clear = vec![UserField::OtherEmails];
    store.host(&edit).unwrap();
    assert_eq!(owner(&store, IdentityKind::Email, "b@example.org"), None);
    assert_eq!(
        owner(&store, IdentityKind::Email, "a@example.org"),
        Some(ann)
    );
}

#[test]
fn a_name_that_becomes_one_of_the_others_keeps_its_identity() {
    let (mut store, _) = Store::with_administrator();
    let ann = store.create("Ann").user.id;
    let mut edit = EditUser::of(ann, None);
    edit.set.email = Some("old@example.org".into());
    store.host(&edit).unwrap();
    let id_of = |store: &Store, value: &str| {
        let mut identities = store.identities(ann).into_iter();
        identities
            .find(|identity| identity.value == value)
            .map(|identity| identity.id)
    };
    let old = id_of(&store, "old@example.org");
    edit.set.email = Some("new@example.org".into());
    edit.set.other_emails = Some(vec!["old@example.org".into()]);
    store.host(&edit).unwrap();
    assert_eq!(id_of(&store, "old@example.org"), old);
    // Given alone, it takes the place of the one that was shown.
    let new = id_of(&store, "new@example.org");
    let mut edit = EditUser::of(ann, None);
    edit.set.email = Some("newer@example.org".into());
    store.host(&edit).unwrap();
    assert_eq!(id_of(&store, "newer@example.org"), new);
    assert_eq!(id_of(&store, "new@example.org"), None);
    assert_eq!(id_of(&store, "old@example.org"), old);
}

#[test]
fn a_network_name_is_the_same_with_spaces_around_its_parts() {
    let (mut store, _) = Store::with_administrator();
    let ann = store.create("ann").user.id;
    let mut edit = EditUser::of(ann, None);
    edit.set.network_name = Some("PRINT \\ ann".into());
    let user = store.host(&edit).unwrap().user;
    assert_eq!(
        (user.network_domain.as_deref(), user.network_name.as_deref()),
        (Some("PRINT"), Some("ann"))
    );
    let network = IdentityKind::NetworkName;
    assert_eq!(owner(&store, network.clone(), "print\\ann"), Some(ann));
    let bob = store.create("bob").user.id;
    for taken in ["print\\ANN", " print\\ ann", "print\u{a0}\\\u{2003}ann"] {
        let mut edit = EditUser::of(bob, None);
        edit.set.network_name = Some(taken.into());
        let error = store.host(&edit).unwrap_err();
        assert_eq!(error.code(), Code::IdentityTaken, "{taken:?}");
        let moved = IdentityReference::value(network.clone(), taken);
        let moved = store.host(&TransferIdentity::of(moved, ann)).unwrap();
        assert_eq!(moved.from.id, ann, "{taken:?}");
    }
}

#[test]
fn a_network_name_keeps_its_domain_unless_another_is_given() {
    let (mut store, _) = Store::with_administrator();
    let ann = store.create("Ann").user.id;
    // given name and domain to set, when set one after the other, then
    let table = [
        (Some("PRINT\\ann"), None, Some("PRINT"), Some("ann")),
        (Some("anna"), None, Some("PRINT"), Some("anna")),
        (None, Some("HALL"), Some("HALL"), Some("anna")),
        (Some("YARD\\ann"), None, Some("YARD"), Some("ann")),
        (Some("YARD\\ann"), Some("HALL"), Some("HALL"), Some("ann")),
    ];
    for (name, domain, then_domain, then_name) in table {
        let mut edit = EditUser::of(ann, None);
        edit.set.network_name = name.map(str::to_owned);
        edit.set.network_domain = domain.map(str::to_owned);
        let user = store.host(&edit).unwrap().user;
        assert_eq!(
            (user.network_domain.as_deref(), user.network_name.as_deref()),
            (then_domain, then_name),
            "{name:?} {domain:?}"
        );
        assert_eq!(store.identities(ann).len(), 2);
    }
    let mut edit = EditUser::of(ann, None);
    edit.clear = vec![UserField::NetworkDomain];
    let user = store.host(&edit).unwrap().user;
    assert_eq!(
        (&user.network_domain, user.network_name.as_deref()),
        (&None, Some("ann"))
    );
}

#[test]
fn a_disabled_name_gives_its_place_to_an_enabled_one() {
    let (mut store, _) = Store::with_administrator();
    let create = CreateUser::named("Ann")
        .username("first")
        .identity(NewIdentity::new(IdentityKind::Username, "second"));
    let ann = store.host(&create).unwrap().user.id;
    let first = store.identities(ann).first().unwrap().id;
    let enable = |enabled| EnableIdentity {
        user: ann.into(),
        expected_version: None,
        identity: first,
        enabled,
        reason: None,
    };
    for (enabled, shown) in [(false, "second"), (true, "second")] {
        let user = store.host(&enable(enabled)).unwrap().user;
        assert_eq!(user.username.as_deref(), Some(shown));
    }
    let mut edit = EditUser::of(ann, None);
    edit.set.username = Some("First".into());
    let user = store.host(&edit).unwrap().user;
    assert_eq!(user.username.as_deref(), Some("First"));
    assert_eq!(owner(&store, IdentityKind::Username, "second"), None);
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

#[test]
fn who_holds_a_taken_value_is_told_to_those_who_may_know() {
    let (mut store, ada) = Store::with_administrator();
    let helper = store.create("helper").user.id;
    let mut grant = EditUser::of(helper, None);
    grant.set.role = Some(HELPDESK);
    store.host(&grant).unwrap();
    let create = CreateUser::named("Ann").username("ada");
    let told = store.by(ada, &create).unwrap_err();
    let untold = store.by(helper, &create).unwrap_err();
    assert_eq!(
        (told.code(), untold.code()),
        (Code::IdentityTaken, Code::IdentityTaken)
    );
    assert_eq!(told.detail("user"), Some(ada.to_string().as_str()));
    assert_eq!(untold.detail("user"), None);
    assert_eq!(untold.detail("identity"), None);
}

#[test]
fn roles_are_granted_by_those_who_hold_them() {
    let (mut store, ada) = Store::with_administrator();
    let with_role = |store: &mut Store, name: &str, role| {
        let mut create = CreateUser::named(name);
        create.fields.role = Some(role);
        store.host(&create).unwrap().user.id
    };
    let deputy = with_role(&mut store, "deputy", DEPUTY);
    let helper = with_role(&mut store, "helper", HELPDESK);
    store.configure(|config| {
        // A deputy who edits users too, but may not start a press.
        let mut held = config.permissions.get(&HELPDESK).cloned().unwrap();
        let more = config.permissions.get_mut(&DEPUTY).unwrap();
        held.iter_mut().for_each(|row| row.role = DEPUTY);
        more.extend(held);
    });
    let ann = store.create("Ann").user.id;
    let role = |role| {
        let mut edit = EditUser::of(ann, None);
        edit.set.role = Some(role);
        edit
    };
    let row = |role, accounts| {
        let mut edit = EditUser::of(ann, None);
        edit.role_rows = vec![RoleRowEdit::Add(NewRoleRow { role, accounts })];
        edit
    };
    let table = [
        (helper, role(HELPDESK), Some(Code::Denied)),
        (helper, role(crate::ids::RoleId(99)), Some(Code::Denied)),
        (deputy, role(OPERATOR), Some(Code::GrantBeyondOwn)),
        (
            deputy,
            row(OPERATOR, only(NORTH)),
            Some(Code::GrantBeyondOwn),
        ),
        (
            deputy,
            row(OPERATOR, Accounts::All),
            Some(Code::GrantBeyondOwn),
        ),
        (deputy, role(ADMINISTRATOR), Some(Code::GrantBeyondOwn)),
        (
            deputy,
            role(crate::ids::RoleId(99)),
            Some(Code::UnknownRole),
        ),
        (deputy, row(HELPDESK, only(NORTH)), None),
        (deputy, role(DEPUTY), None),
    ];
    for (actor, edit, code) in table {
        let edited = store.by(actor, &edit);
        assert_eq!(
            edited.as_ref().err().map(|error| error.code()),
            code,
            "{edit:?}"
        );
    }
    // A wider row is a grant, a narrower one and none are not; all are user administration.
    let wide = store.host(&row(OPERATOR, only(SOUTH)));
    let id = *wide.unwrap().role_rows.first().unwrap();
    let change = |accounts| {
        let mut edit = EditUser::of(ann, None);
        edit.role_rows = vec![RoleRowEdit::SetAccounts {
            role_row: id,
            accounts,
        }];
        edit
    };
    let both = Accounts::Only(BTreeSet::from([NORTH, SOUTH]));
    let mut remove = EditUser::of(ann, None);
    remove.role_rows = vec![RoleRowEdit::Remove(id)];
    let table = [
        (deputy, change(both.clone()), Some(Code::GrantBeyondOwn)),
        (ada, change(both), None),
        (helper, change(only(NORTH)), Some(Code::Denied)),
        (deputy, change(Accounts::All), Some(Code::GrantBeyondOwn)),
        (deputy, change(only(NORTH)), None),
        (helper, remove.clone(), Some(Code::Denied)),
        (deputy, remove.clone(), None),
        (deputy, remove, Some(Code::UnknownRole)),
    ];
    for (actor, edit, code) in table {
        let edited = store.by(actor, &edit);
        assert_eq!(
            edited.as_ref().err().map(|error| error.code()),
            code,
            "{edit:?}"
        );
    }
    // A whole screen saved by someone who may not administer, with the role as it was.
    let mut screen = role(DEPUTY);
    screen.set.office = Some("7".into());
    assert!(store.by(helper, &screen).is_ok());
}

#[test]
fn the_last_administrator_stays() {
    #[derive(Clone, Copy, Debug)]
    enum Do {
        Role(Option<crate::ids::RoleId>),
        Row(crate::ids::RoleId, Option<crate::ids::AccountId>),
        Active(bool),
        MoveToRow,
    }
    let edit_of = |user, does: &[Do]| {
        let mut edit = EditUser::of(user, None);
        for what in does {
            match *what {
                Do::Role(Some(role)) => edit.set.role = Some(role),
                Do::Role(None) => edit.clear.push(UserField::Role),
                Do::Active(active) => edit.set.active = Some(active),
                Do::Row(role, account) => edit.role_rows.push(RoleRowEdit::Add(NewRoleRow {
                    role,
                    accounts: account.map_or(Accounts::All, only),
                })),
                Do::MoveToRow => {
                    edit.clear.push(UserField::Role);
                    edit.role_rows.push(RoleRowEdit::Add(NewRoleRow {
                        role: DEPUTY,
                        accounts: Accounts::All,
                    }));
                }
            }
        }
        edit
    };
    // given what the other user holds, when the first administrator is edited, then
    let nothing: &[Do] = &[];
    let table: [(&[Do], &[Do], bool); 15] = [
        (nothing, &[Do::Role(None)], false),
        (nothing, &[Do::Active(false)], false),
        (nothing, &[Do::Role(Some(HELPDESK))], false),
        (nothing, &[Do::Role(Some(DEPUTY))], true),
        (nothing, &[Do::MoveToRow], true),
        (nothing, &[Do::MoveToRow, Do::Active(false)], false),
        (
            nothing,
            &[Do::Role(None), Do::Row(ADMINISTRATOR, None)],
            true,
        ),
        (
            nothing,
            &[Do::Role(None), Do::Row(ADMINISTRATOR, Some(NORTH))],
            false,
        ),
        (nothing, &[Do::Row(DEPUTY, None), Do::Active(false)], false),
        (&[Do::Role(Some(DEPUTY))], &[Do::Active(false)], true),
        (&[Do::Role(Some(ADMINISTRATOR))], &[Do::Role(None)], true),
        (&[Do::Row(DEPUTY, None)], &[Do::Role(None)], true),
        (&[Do::Row(DEPUTY, Some(NORTH))], &[Do::Role(None)], false),
        (
            &[Do::Role(Some(DEPUTY)), Do::Active(false)],
            &[Do::Role(None)],
            false,
        ),
        (&[Do::Role(Some(OPERATOR))], &[Do::Active(false)], false),
    ];
    for (given, when, then) in table {
        let (mut store, ada) = Store::with_administrator();
        let bob = store.create("bob").user.id;
        store.host(&edit_of(bob, given)).unwrap();
        let before = store.records.clone();
        let edited = store.host(&edit_of(ada, when));
        assert_eq!(edited.is_ok(), then, "{given:?} {when:?} {edited:?}");
        if let Err(error) = edited {
            assert_eq!(error.code(), Code::LastAdministrator);
            assert_eq!(store.records, before);
        }
    }
}

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
