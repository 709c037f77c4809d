//! Roles of users: who may give them, and who must have one.

use std::collections::BTreeSet;

use super::only;
use super::store::*;
use crate::error::Code;
use crate::people::*;

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
