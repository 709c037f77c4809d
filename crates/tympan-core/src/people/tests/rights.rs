//! Who decides how a user is recognised, and how they are limited.

use super::only;
use super::store::*;
use crate::command::Command;
use crate::error::{Code, Error};
use crate::ids::{AccountId, RoleId, UserId};
use crate::people::*;
use crate::permissions::ALLOWANCE_ADJUST;
use crate::records::IdentityKind;

/// A user with a username, an alias, a role and a role row over accounts.
fn with(
    store: &mut Store,
    name: &str,
    role: Option<RoleId>,
    row: Option<(RoleId, Accounts)>,
) -> UserId {
    let alias = NewIdentity::new(IdentityKind::Alias, format!("alias of {name}"));
    let mut create = CreateUser::named(name).username(name).identity(alias);
    create.fields.role = role;
    let row = row.map(|(role, accounts)| NewRoleRow { role, accounts });
    create.role_rows.extend(row);
    store.host(&create).unwrap().user.id
}

fn add(user: UserId, value: &str) -> AddIdentity {
    AddIdentity {
        user: user.into(),
        expected_version: None,
        identity: NewIdentity::new(IdentityKind::Alias, value),
        reason: None,
    }
}

fn alias_of(name: &str) -> IdentityReference {
    IdentityReference::value(IdentityKind::Alias, format!("alias of {name}"))
}

/// What a command is answered; whatever it did is taken back, so that no line of a table changes
/// the next.
fn code<C: Command>(store: &mut Store, actor: UserId, command: &C) -> Option<Code> {
    refusal(store, actor, command).map(|error| error.code())
}

fn refusal<C: Command>(store: &mut Store, actor: UserId, command: &C) -> Option<Error> {
    let before = store.records.clone();
    let answered = store.by(actor, command);
    store.records = before;
    answered.err()
}

#[test]
fn a_user_is_recognised_as_those_say_who_hold_as_much() {
    const NO: Option<Code> = Some(Code::GrantBeyondOwn);
    let (mut store, ada) = Store::with_administrator();
    let both = Accounts::Only([NORTH, SOUTH].into());
    let helper = with(&mut store, "helper", Some(HELPDESK), None);
    let northern = (OPERATOR, only(NORTH));
    let north = with(&mut store, "north", Some(HELPDESK), Some(northern.clone()));
    let all = (OPERATOR, Accounts::All);
    let all = with(&mut store, "all", Some(HELPDESK), Some(all));
    let regular = with(&mut store, "regular", None, None);
    let clerk = with(&mut store, "clerk", Some(CLERK), None);
    let deputy = with(&mut store, "deputy", Some(DEPUTY), None);
    let operates_north = with(&mut store, "o1", None, Some(northern));
    let operates_both = with(&mut store, "o2", None, Some((OPERATOR, both)));
    let operates_all = with(&mut store, "o3", None, Some((OPERATOR, Accounts::All)));
    let operator = with(&mut store, "o4", Some(OPERATOR), None);
    let gone = with(&mut store, "gone", Some(OPERATOR), None);
    store.host(&DeactivateUser::of(gone, None)).unwrap();

    // actor, whom, what is answered
    for (actor, whom, expected) in [
        (helper, helper, None),
        (helper, regular, None),
        (helper, clerk, None),
        (helper, deputy, NO),
        (helper, ada, NO),
        (helper, operates_north, NO),
        (helper, north, NO),
        (helper, gone, NO),
        (north, helper, None),
        (north, operates_north, None),
        (north, operates_both, NO),
        (north, operates_all, NO),
        (north, operator, NO),
        (all, operates_both, None),
        (all, operates_all, None),
        (all, operator, None),
        (all, gone, None),
        (all, deputy, NO),
        (ada, deputy, None),
        (ada, ada, None),
        (regular, helper, Some(Code::Denied)),
    ] {
        assert_eq!(
            code(&mut store, actor, &add(whom, "x")),
            expected,
            "{actor} {whom}"
        );
    }
    let error = refusal(&mut store, north, &add(operates_both, "x")).unwrap();
    let account = error.detail("account").map(str::to_owned);
    assert_eq!(error.detail("permission"), Some("press.start"));
    assert_eq!(account, Some(AccountId::to_string(&SOUTH)));
}

#[test]
fn every_way_of_deciding_on_identities_asks_for_as_much() {
    const NO: Option<Code> = Some(Code::GrantBeyondOwn);
    let (mut store, _) = Store::with_administrator();
    let helper = with(&mut store, "helper", Some(HELPDESK), None);
    let regular = with(&mut store, "regular", None, None);
    let operator = with(&mut store, "operator", Some(OPERATOR), None);
    for (whom, expected) in [(operator, NO), (regular, None)] {
        let identities = store.identities(whom);
        let is_alias = |found: &&crate::records::Identity| found.kind == IdentityKind::Alias;
        let alias = identities.iter().find(is_alias).unwrap().id;
        let edit = |store: &mut Store, change: &dyn Fn(&mut EditUser)| {
            let mut edit = EditUser::of(whom, None);
            change(&mut edit);
            code(store, helper, &edit)
        };
        let replace = ReplaceIdentity {
            user: whom.into(),
            expected_version: None,
            identity: alias,
            kind: IdentityKind::Alias,
            value: NewValue::Given("mine".into()),
            reason: None,
        };
        let remove = RemoveIdentity {
            user: whom.into(),
            expected_version: None,
            identity: alias,
            reason: None,
        };
        let enable = |enabled| EnableIdentity {
            user: whom.into(),
            expected_version: None,
            identity: alias,
            enabled,
            reason: None,
        };
        let name = store.user(whom).username.clone().unwrap();
        let of_helper = || alias_of("helper");
        for (what, answered) in [
            ("replace", code(&mut store, helper, &replace)),
            ("remove", code(&mut store, helper, &remove)),
            ("disable", code(&mut store, helper, &enable(false))),
            (
                "give",
                code(&mut store, helper, &TransferIdentity::of(of_helper(), whom)),
            ),
            (
                "take",
                code(
                    &mut store,
                    helper,
                    &TransferIdentity::of(alias_of(&name), helper),
                ),
            ),
            (
                "swap",
                code(
                    &mut store,
                    helper,
                    &SwapIdentities::of(of_helper(), alias_of(&name)),
                ),
            ),
            (
                "swap back",
                code(
                    &mut store,
                    helper,
                    &SwapIdentities::of(alias_of(&name), of_helper()),
                ),
            ),
            (
                "username",
                edit(&mut store, &|edit| edit.set.username = Some("x".into())),
            ),
            (
                "no username",
                edit(&mut store, &|edit| edit.clear.push(UserField::Username)),
            ),
            (
                "network",
                edit(&mut store, &|edit| edit.set.network_name = Some("x".into())),
            ),
            (
                "email",
                edit(&mut store, &|edit| {
                    edit.set.email = Some("x@example.org".into())
                }),
            ),
            (
                "emails",
                edit(&mut store, &|edit| {
                    edit.set.other_emails = Some(vec!["x@example.org".into()])
                }),
            ),
            (
                "disabled",
                edit(&mut store, &|edit| {
                    let mut alias = NewIdentity::new(IdentityKind::Alias, "x");
                    alias.enabled = false;
                    edit.identities.push(IdentityEdit::Add(alias));
                }),
            ),
        ] {
            assert_eq!(answered, expected, "{what} of {name}");
        }
        // What changes no identity is as free as before: a screen is saved with names as they were.
        let screen = |edit: &mut EditUser| {
            edit.set.username = Some(name.clone());
            edit.set.notes = Some("on leave".into());
        };
        assert_eq!(edit(&mut store, &screen), None);
        assert_eq!(code(&mut store, helper, &enable(true)), None);
    }
}

#[test]
fn a_role_that_goes_with_the_same_edit_still_counts() {
    let (mut store, _) = Store::with_administrator();
    let deputy = with(
        &mut store,
        "deputy",
        Some(DEPUTY),
        Some((HELPDESK, Accounts::All)),
    );
    let operator = with(&mut store, "operator", Some(OPERATOR), None);
    let mut edit = EditUser::of(operator, None);
    edit.set.username = Some("x".into());
    edit.clear.push(UserField::Role);
    assert_eq!(code(&mut store, deputy, &edit), Some(Code::GrantBeyondOwn));
    edit.set.username = None;
    assert_eq!(code(&mut store, deputy, &edit), None);
    // And one that comes must be the actor's own, with or without an identity.
    let regular = with(&mut store, "regular", None, None);
    for (role, expected) in [(OPERATOR, Some(Code::GrantBeyondOwn)), (DEPUTY, None)] {
        let mut edit = EditUser::of(regular, None);
        edit.set.username = Some("x".into());
        edit.set.role = Some(role);
        assert_eq!(code(&mut store, deputy, &edit), expected);
        let card = NewIdentity::new(IdentityKind::Card, "1");
        let mut create = CreateUser::named("New").identity(card);
        create.fields.role = Some(role);
        assert_eq!(code(&mut store, deputy, &create), expected);
    }
}

#[test]
fn identities_besides_names_need_their_own_permission() {
    let (mut store, _) = Store::with_administrator();
    let clerk = with(&mut store, "clerk", Some(CLERK), None);
    let regular = with(&mut store, "regular", None, None);
    let mut edit = EditUser::of(regular, None);
    edit.set.username = Some("x".into());
    assert_eq!(code(&mut store, clerk, &edit), None);
    let card = NewIdentity::new(IdentityKind::Card, "1");
    edit.identities.push(IdentityEdit::Add(card.clone()));
    assert_eq!(code(&mut store, clerk, &edit), Some(Code::Denied));
    let create = CreateUser::named("Bob");
    assert_eq!(code(&mut store, clerk, &create), None);
    assert_eq!(
        code(&mut store, clerk, &create.identity(card)),
        Some(Code::Denied)
    );
}

#[test]
fn nobody_lifts_their_own_limits_who_may_not_adjust_balances() {
    const NO: Option<Code> = Some(Code::Denied);
    let (mut store, ada) = Store::with_administrator();
    let clerk = with(&mut store, "clerk", Some(CLERK), None);
    let regular = with(&mut store, "regular", None, None);
    let profile = |user| {
        let mut edit = EditUser::of(user, None);
        edit.set.profile = Some(GUESTS);
        edit
    };
    let free = |user| {
        let mut edit = EditUser::of(user, None);
        edit.set.restricted = Some(false);
        edit
    };
    let screen = |user| {
        let mut edit = EditUser::of(user, None);
        edit.set.profile = Some(STAFF);
        edit.set.restricted = Some(true);
        edit.set.office = Some("7".into());
        edit
    };
    for (actor, edit, expected) in [
        (clerk, profile(clerk), NO),
        (clerk, free(clerk), NO),
        (clerk, screen(clerk), None),
        (clerk, profile(regular), None),
        (clerk, free(regular), None),
        (ada, profile(ada), None),
        (ada, free(ada), None),
    ] {
        assert_eq!(code(&mut store, actor, &edit), expected, "{edit:?}");
    }
    store.configure(|config| {
        let rows = config.permissions.get_mut(&CLERK).unwrap();
        let mut adjust = rows.first().unwrap().clone();
        adjust.permission = ALLOWANCE_ADJUST.to_owned();
        rows.push(adjust);
    });
    assert_eq!(code(&mut store, clerk, &profile(clerk)), None);
    assert_eq!(code(&mut store, clerk, &free(clerk)), None);
}
