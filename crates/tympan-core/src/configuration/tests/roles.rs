//! Roles: nobody rises by editing one, and somebody always administers users.

use super::*;
use crate::command::{Actor, Command, Decide};
use crate::ids::{RoleId, UserId};
use crate::people::{CreateUser, EditUser};
use crate::permissions::{ROLE_EDIT, USER_ADMINISTER, USER_READ, permissions_of};
use crate::records::Role;
use crate::view::View;

/// A user who holds a role in the whole tenant.
pub(super) fn user_with(store: &mut TestStore, role: RoleId) -> UserId {
    let mut create = CreateUser::named("Bob");
    create.fields.role = Some(role);
    by_host(store, &create).user.id
}

/// Runs what must work, as the host itself.
fn by_host<C: Command>(store: &mut TestStore, command: &C) -> <C::Prepared as Decide>::Reply {
    let actor = std::mem::replace(&mut store.actor, Actor::Host);
    let reply = store.run(command).unwrap();
    store.actor = actor;
    reply
}

/// Has the host give a role exactly these permissions.
pub(super) fn set_permissions(store: &mut TestStore, role: RoleId, permissions: &[&str]) {
    by_host(store, &permit(role, permissions));
}

fn permit(role: RoleId, permissions: &[&str]) -> EditRole {
    EditRole {
        permissions: Some(permissions.iter().map(|name| (*name).to_owned()).collect()),
        ..EditRole::new(role)
    }
}

fn held(store: &TestStore, role: RoleId) -> Vec<&str> {
    permissions_of(config(store), role).collect()
}

#[test]
fn a_role_is_made_and_edited_with_its_permissions_in_order() {
    let (mut store, _) = shop();
    let role = store
        .run(
            &CreateRole::new("Press")
                .permission("press.start")
                .permission(USER_READ)
                .permission("press.start"),
        )
        .unwrap()
        .id;
    assert_eq!(held(&store, role), ["press.start", "user.read"]);
    let saved = store
        .run(&EditRole {
            production: Some(true),
            name: Some("Press room".to_owned()),
            ..permit(role, &["press.stop"])
        })
        .unwrap();
    assert_eq!(saved.version, 2);
    assert_eq!(held(&store, role), ["press.stop"]);
    let shown = show::<Role>(config(&store), role).unwrap();
    assert!(shown.production && shown.name == "Press room");
    set_permissions(&mut store, role, &[]);
    assert!(!config(&store).permissions.contains_key(&role));
    let text = &store.audit_texts.last().unwrap().changes;
    assert_eq!(text, r#"{"permissions":["press.stop",null]}"#);
}

#[test]
fn permissions_are_known_names() {
    let (mut store, made) = shop();
    let many: Vec<String> = (0..=MAX_PERMISSIONS).map(|at| format!("a.p{at}")).collect();
    for (names, code) in [
        (vec!["user.fly".to_owned()], Code::UnknownPermission),
        (vec!["nothing".to_owned()], Code::UnknownPermission),
        (many, Code::TooMany),
    ] {
        let create = CreateRole {
            permissions: names.clone(),
            ..CreateRole::new("New")
        };
        let edit = EditRole {
            permissions: Some(names),
            ..EditRole::new(made.roles.regular)
        };
        for result in [store.run(&create), store.run(&edit)] {
            assert_eq!(
                refusal(result, "field"),
                (code, Some("permissions".to_owned()))
            );
        }
    }
}

#[test]
fn nobody_gives_a_role_what_they_do_not_hold() {
    let (mut store, made) = shop();
    set_permissions(&mut store, made.roles.regular, &[ROLE_EDIT, "press.start"]);
    let editor = user_with(&mut store, made.roles.regular);
    store.actor = Actor::User(editor);
    let beyond = |permission: &str| (Code::GrantBeyondOwn, Some(permission.to_owned()));

    let own = CreateRole::new("Own").permission("press.start");
    let role = store.run(&own).unwrap().id;
    let more = CreateRole::new("More").permission(USER_ADMINISTER);
    assert_eq!(
        refusal(store.run(&more), "permission"),
        beyond(USER_ADMINISTER)
    );
    for role in [role, made.roles.regular] {
        assert_eq!(
            refusal(
                store.run(&permit(role, &[ROLE_EDIT, USER_READ])),
                "permission"
            ),
            beyond(USER_READ)
        );
    }
    // What a role permits already is not granted anew: others' roles can be edited, and shrunk.
    let rename = EditRole {
        name: Some("Accounts".to_owned()),
        ..permit(made.roles.accountant, &[USER_READ, "report.view"])
    };
    assert!(store.run(&rename).is_ok());
    assert_eq!(
        held(&store, made.roles.accountant),
        ["report.view", "user.read"]
    );
}

#[test]
fn an_edit_leaves_somebody_who_administers_users() {
    let (mut store, made) = shop();
    let administrator = made.roles.administrator;
    let before = store.records.clone();
    let without = permit(administrator, &[ROLE_EDIT]);
    assert_eq!(
        store.run(&without).unwrap_err().code(),
        Code::LastAdministrator
    );
    assert_eq!(store.records, before);
    // Keeping it, or changing anything else, is free.
    store
        .run(&EditRole {
            production: Some(true),
            ..permit(administrator, &[USER_ADMINISTER])
        })
        .unwrap();

    // Another role with it is not enough: an active user must hold that role.
    let second = CreateRole::new("Second").permission(USER_ADMINISTER);
    let second = store.run(&second).unwrap().id;
    assert_eq!(
        store.run(&without).unwrap_err().code(),
        Code::LastAdministrator
    );
    user_with(&mut store, second);
    assert!(store.run(&without).is_ok());
    assert_eq!(
        store.run(&permit(second, &[])).unwrap_err().code(),
        Code::LastAdministrator
    );
}

#[test]
fn users_who_are_not_active_administer_nothing() {
    let (mut store, made) = shop();
    let second = CreateRole::new("Second").permission(USER_ADMINISTER);
    let second = store.run(&second).unwrap().id;
    let bob = user_with(&mut store, second);
    let mut inactive = EditUser::of(bob, None);
    inactive.set.active = Some(false);
    store.run(&inactive).unwrap();
    let without = permit(made.roles.administrator, &[]);
    assert_eq!(
        store.run(&without).unwrap_err().code(),
        Code::LastAdministrator
    );
    // A role that nobody active holds can lose it.
    assert!(store.run(&permit(second, &[])).is_ok());
}

#[test]
fn a_role_that_somebody_holds_is_not_deleted() {
    let (mut store, made) = shop();
    let bob = user_with(&mut store, made.roles.regular);
    let delete = DeleteRole::new(made.roles.regular);
    assert_eq!(
        refusal(store.run(&delete), "users"),
        (Code::InUse, Some("1".to_owned()))
    );
    let mut other = EditUser::of(bob, None);
    other.set.role = Some(made.roles.accountant);
    store.run(&other).unwrap();
    store.run(&delete).unwrap();
    let holders = uses_of(&store, made.roles.accountant);
    assert_eq!((holders.users, holders.active_users), (1, 1));
}

fn uses_of(store: &TestStore, role: RoleId) -> UsesCount {
    let mut view = View::default();
    for read in uses_reads::<Role>(TestStore::TENANT, &[role]).reads {
        view.load(read.key.clone(), store.records.get(&read.key).cloned());
    }
    uses::<Role>(&view, config(store), role).unwrap()
}

#[test]
fn retired_roles_still_hold() {
    let (mut store, made) = shop();
    store
        .run(&RetireRole::new(made.roles.administrator))
        .unwrap();
    store.actor = Actor::User(made.administrator);
    assert!(
        store
            .run(&UnretireRole::new(made.roles.administrator))
            .is_ok()
    );
}
