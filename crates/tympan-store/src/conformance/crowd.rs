//! Users with names that trip filters, orders and cursors, and how they are asked for.

use tympan_core::ids::{GroupId, ProfileId};
use tympan_core::queries::{MAX_PAGE, UserPlace, UserQuery, fold_user};
use tympan_core::records::{Membership, Relations, SharedWith, User};

use super::samples::*;
use super::steps::*;
use super::variants::plain;
use crate::Store;

/// Names that trip filters, orders and cursors.
pub(super) const NAMES: &[&str] = &[
    "a",
    "A",
    "b",
    "B",
    "aa",
    "ab",
    "Z",
    "_",
    "__",
    "%",
    "%%",
    "a%b",
    "a_b",
    "a*b",
    "a?b",
    "[a]",
    "[",
    "]",
    "[^a]",
    "[a-z]",
    "\\",
    "a\\%b",
    "\\*",
    "*",
    "?",
    "'",
    "''",
    "\"",
    "0",
    "10",
    "9",
    " ",
    "a b",
    "a  b",
    "Müller",
    "MÜLLER",
    "Muller",
    "Mueller",
    "mu\u{308}ller",
    "Straße",
    "STRASSE",
    "ẞ",
    "İstanbul",
    "Istanbul",
    "ıstanbul",
    "istanbul",
    "Σοφός",
    "ΣΟΦΌΣ",
    "σοφοσ",
    "Ω",
    "Å",
    "A\u{30a}",
    "Łódź",
    "Żółć",
    "Đặng",
    "ﬁne",
    "ｆｕｌｌ",
    "日本",
    "🖨",
    "\u{10ffff}",
    "é",
    "e\u{301}",
    "z\u{323}\u{307}",
    "z\u{307}\u{323}",
    "ß",
    "ss",
    "",
    "same",
    "same",
    "same",
];

/// Patterns besides the names themselves.
pub(super) const PATTERNS: &[&str] = &[
    "*",
    "?",
    "??",
    "*?",
    "?*",
    "a*",
    "*a",
    "*a*",
    "a?b",
    "a*b",
    "*%*",
    "*_*",
    "*\\*",
    "*[*",
    "*]*",
    "[a]*",
    "%*",
    "_?",
    "\\%",
    "m?ller",
    "M*R",
    "*ß*",
    "*ss*",
    "i*",
    "İ*",
    "ı*",
    "*ς",
    "*Σ",
    "日*",
    "?本",
    "🖨*",
    "*'*",
    "*\"*",
    "* *",
    "*e\u{301}*",
    "user*",
    "*@*",
    "acme\\*",
    "12?",
];

/// The n-th user: each in another field, so that every searched column is hit.
pub(super) fn named(nth: usize, name: &str) -> User {
    let id = i64::try_from(nth).unwrap() + 1;
    let text = || Some(name.to_owned());
    let mut user = User {
        name: name.to_owned(),
        username: None,
        network_name: None,
        email: None,
        price_percent: None,
        shared_with: nth
            .is_multiple_of(6)
            .then_some(SharedWith::Group(GroupId(id))),
        account_code: None,
        active: !nth.is_multiple_of(3),
        profile: ProfileId(1 + id % 2),
        ..user(TENANT, id, 1)
    };
    match nth % 5 {
        1 => user.username = text(),
        2 => user.network_name = Some(format!("ACME\\{name}")),
        3 => user.email = Some(format!("{name}@example.org")),
        4 => user.account_code = Some(format!("12{name}")),
        _ => {}
    }
    if !nth.is_multiple_of(5) {
        user.name = format!("User {}", nth % 7);
    }
    fold_user(&mut user);
    user
}

/// Every name in every field.
pub(super) fn crowd() -> Vec<User> {
    let fields = 0..5;
    let all = NAMES
        .iter()
        .flat_map(|name| fields.clone().map(move |_| *name));
    all.enumerate()
        .map(|(nth, name)| named(nth, name))
        .collect()
}

/// The groups that a user is in.
pub(super) fn groups(user: &User) -> Vec<i64> {
    (1..=3)
        .filter(|group| (user.id.0 + group) % 4 == 0 || user.id.0 % (group + 2) == 0)
        .collect()
}

/// A store with these users in their groups, and a few of another tenant.
pub(super) fn fill(store: &dyn Store, users: &[User]) {
    let member = |user: &User, group| Membership {
        tenant: user.tenant,
        user: user.id,
        user_group: GroupId(group),
        ..plain()
    };
    let plain_member = member(&users[0], 1);
    let mut slots = Vec::new();
    for user in users {
        let memberships = groups(user).into_iter().map(|group| Membership {
            user: user.id,
            user_group: GroupId(group),
            ..plain_member.clone()
        });
        let relations = Relations {
            memberships: memberships.collect(),
            ..Relations::default()
        };
        slots.push(user.clone().slot());
        slots.push(relations_slot(TENANT, user.id.0, relations));
    }
    for user in users.iter().take(9) {
        slots.push(
            User {
                tenant: OTHER,
                ..user.clone()
            }
            .slot(),
        );
    }
    put(store, slots);
}

/// A query for everybody.
pub(super) fn everybody() -> UserQuery {
    UserQuery {
        tenant: TENANT,
        active: None,
        group: None,
        profile: None,
        sharing: None,
        pattern: None,
        after: None,
        limit: MAX_PAGE,
    }
}

/// The answer by the definition: who is admitted, by folded name, then id.
pub(super) fn expected(users: &[User], query: &UserQuery) -> Vec<User> {
    let mut users: Vec<User> = users
        .iter()
        .filter(|user| query.admits(user))
        .filter(|user| {
            query
                .group
                .is_none_or(|group| groups(user).contains(&group.0))
        })
        .cloned()
        .collect();
    users.sort_by(|one, other| {
        (one.name_folded.as_bytes(), one.id).cmp(&(other.name_folded.as_bytes(), other.id))
    });
    users.truncate(usize::try_from(query.limit).unwrap());
    users
}

/// Asks, and compares with the definition.
pub(super) fn answers(store: &dyn Store, users: &[User], query: &UserQuery) {
    let ids = |users: &[User]| users.iter().map(|user| user.id.0).collect::<Vec<_>>();
    let (found, expected) = (store.users(query).unwrap(), expected(users, query));
    assert_eq!(ids(&found), ids(&expected), "{query:?}");
    assert_eq!(found, expected, "{query:?}");
}

/// All pages of a query, with what is done between one page and the next.
pub(super) fn pages(
    store: &dyn Store,
    query: &UserQuery,
    mut between: impl FnMut(usize),
) -> Vec<User> {
    let (mut all, mut query) = (Vec::new(), query.clone());
    for nth in 0.. {
        let page = store.users(&query).unwrap();
        assert!(page.len() <= usize::try_from(query.limit).unwrap());
        assert!(nth < 1_000, "the pages never end");
        let Some(last) = page.last() else {
            break;
        };
        let place = Some(UserPlace::of(last));
        assert_ne!(query.after, place, "a page ends where it began");
        query.after = place;
        all.extend(page);
        between(nth);
    }
    all
}

/// A user with a name of ASCII, in the order of names.
pub(super) fn lettered(id: i64, name: &str) -> User {
    let mut user = User {
        name: name.to_owned(),
        ..user(TENANT, id, 1)
    };
    fold_user(&mut user);
    user
}

pub(super) fn names(users: &[User]) -> Vec<&str> {
    users.iter().map(|user| user.name.as_str()).collect()
}
