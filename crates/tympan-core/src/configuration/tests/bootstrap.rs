//! Making a tenant.

use super::*;
use crate::command::Actor;
use crate::ids::UserId;
use crate::permissions::{Grants, OWN};
use crate::records::{ClaimName, IdentityKind, Subject, SubjectKind};
use crate::view::{Key, Record};

fn record(store: &TestStore, key: Key) -> Option<Record> {
    store.records.get(&key).cloned()
}

#[test]
fn a_tenant_starts_with_roles_a_profile_and_an_administrator_who_may_do_everything() {
    let mut store = TestStore::new();
    let tenant = TestStore::TENANT;
    let bootstrap = Bootstrap::new(" Shop ", Currency::EUR, "Ann")
        .username("Ann")
        .email("Ann@Example.org");
    let made = store.run(&bootstrap).unwrap();

    let config = config(&store);
    assert_eq!(config.tenant.name, "Shop");
    assert_eq!(config.tenant.version, 1);
    assert_eq!(config.tenant.default_profile, made.default_profile);
    assert_eq!(config.profiles[&made.default_profile].name, "Default");
    assert!(config.plans.is_empty());
    let names: Vec<&str> = list::<crate::records::Role>(config, Filter::All)
        .into_iter()
        .map(|role| role.name.as_str())
        .collect();
    assert_eq!(names, ["Accountant", "Administrator", "Regular"]);
    assert!(!config.permissions.contains_key(&made.roles.regular));
    for rows in config.permissions.values() {
        assert!(rows.is_sorted_by(|left, right| left.permission < right.permission));
    }

    let Some(Record::User(user)) = record(&store, Key::User(tenant, made.administrator)) else {
        panic!("there is no administrator");
    };
    let Some(Record::Relations(relations)) =
        record(&store, Key::Relations(tenant, made.administrator))
    else {
        panic!("the administrator has no identities");
    };
    assert_eq!(user.username.as_deref(), Some("Ann"));
    assert_eq!(user.email_folded.as_deref(), Some("ann@example.org"));
    assert_eq!(relations.identities.len(), 2);
    let grants = Grants::of(&user, &relations);
    assert!(OWN.iter().all(|own| grants.include(config, own, None)));

    for (kind, value) in [
        (IdentityKind::Username, "ann"),
        (IdentityKind::Email, "ann@example.org"),
    ] {
        let value = value.to_owned();
        let Some(Record::Claim(claim)) = record(
            &store,
            Key::Claim(
                tenant,
                ClaimName {
                    kind,
                    value: value.into(),
                },
            ),
        ) else {
            panic!("nobody owns the identity");
        };
        assert_eq!(claim.user, made.administrator);
        assert!(relations.identity(claim.identity).is_some());
    }
    for (kind, id, expected) in [
        (SubjectKind::Profile, made.default_profile.0, 1),
        (SubjectKind::Role, made.roles.administrator.0, 1),
        (SubjectKind::Role, made.roles.regular.0, 0),
    ] {
        let active_users = match record(&store, Key::Uses(tenant, Subject { kind, id })) {
            Some(Record::Uses(uses)) => uses.active_users,
            _ => 0,
        };
        assert_eq!(active_users, expected, "{kind:?} {id}");
    }
    let events: Vec<(&str, &str, i64)> = store
        .audit_events
        .iter()
        .map(|event| {
            (
                event.action.as_str(),
                event.subject_kind.as_str(),
                event.sequence,
            )
        })
        .collect();
    assert_eq!(
        events,
        [("bootstrap", "tenant", 1), ("bootstrap", "user", 2)]
    );
}

#[test]
fn only_the_host_can_and_only_once() {
    let again = Bootstrap::new("Shop", Currency::EUR, "Eve");
    let mut store = TestStore::new();
    store.actor = Actor::User(UserId(5));
    assert_eq!(store.run(&again).unwrap_err().code(), Code::UnknownTenant);
    assert!(store.records.is_empty());

    let (mut store, made) = shop();
    let before = store.records.clone();
    for (actor, code) in [
        (Actor::Host, Code::BootstrapDone),
        (Actor::User(made.administrator), Code::Denied),
    ] {
        store.actor = actor;
        assert_eq!(store.run(&again).unwrap_err().code(), code);
    }
    assert_eq!(store.records, before);
}

#[test]
fn what_is_wrong_with_it_is_said_before_anything_is_made() {
    let good = || Bootstrap::new("Shop", Currency::EUR, "Ann");
    let table = [
        (
            Bootstrap::new(" ", Currency::EUR, "Ann"),
            Code::EmptyText,
            "tenant_name",
        ),
        (
            Bootstrap::new("Shop", Currency::EUR, ""),
            Code::EmptyText,
            "name",
        ),
        (good().username(""), Code::EmptyText, "username"),
        (
            good().username("x".repeat(51)),
            Code::TextTooLong,
            "username",
        ),
        (good().email("nowhere"), Code::InvalidEmail, "email"),
    ];
    for (bootstrap, code, field) in table {
        let mut store = TestStore::new();
        let result = store.run(&bootstrap);
        assert_eq!(refusal(result, "field"), (code, Some(field.to_owned())));
        assert!(store.records.is_empty());
    }
}

#[test]
fn nothing_is_configured_before_it() {
    let mut store = TestStore::new();
    let result = store.run(&CreateProfile::new("Staff"));
    assert_eq!(result.unwrap_err().code(), Code::UnknownTenant);
}
