//! The list of users: its order, its pages, its filters.

use tympan_core::ids::{GroupId, ProfileId, UserId};
use tympan_core::queries::{MAX_PAGE, UserPlace, UserQuery, fold_user};
use tympan_core::records::{Membership, Relations, User};
use tympan_core::text::Pattern;
use tympan_core::view::{Change, Key};

use super::list::cases;
use super::samples::*;
use super::steps::*;
use super::variants::plain;
use crate::Store;

/// Names that trip filters, orders and cursors.
const NAMES: &[&str] = &[
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
const PATTERNS: &[&str] = &[
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
fn named(nth: usize, name: &str) -> User {
    let id = i64::try_from(nth).unwrap() + 1;
    let text = || Some(name.to_owned());
    let mut user = User {
        name: name.to_owned(),
        username: None,
        network_name: None,
        email: None,
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
fn crowd() -> Vec<User> {
    let fields = 0..5;
    let all = NAMES
        .iter()
        .flat_map(|name| fields.clone().map(move |_| *name));
    all.enumerate()
        .map(|(nth, name)| named(nth, name))
        .collect()
}

/// The groups that a user is in.
fn groups(user: &User) -> Vec<i64> {
    (1..=3)
        .filter(|group| (user.id.0 + group) % 4 == 0 || user.id.0 % (group + 2) == 0)
        .collect()
}

/// A store with these users in their groups, and a few of another tenant.
fn fill(store: &dyn Store, users: &[User]) {
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
fn everybody() -> UserQuery {
    UserQuery {
        tenant: TENANT,
        active: None,
        group: None,
        profile: None,
        pattern: None,
        after: None,
        limit: MAX_PAGE,
    }
}

/// The answer by the definition: who is admitted, by folded name, then id.
fn expected(users: &[User], query: &UserQuery) -> Vec<User> {
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
fn answers(store: &dyn Store, users: &[User], query: &UserQuery) {
    let ids = |users: &[User]| users.iter().map(|user| user.id.0).collect::<Vec<_>>();
    let (found, expected) = (store.users(query).unwrap(), expected(users, query));
    assert_eq!(ids(&found), ids(&expected), "{query:?}");
    assert_eq!(found, expected, "{query:?}");
}

/// All pages of a query, with what is done between one page and the next.
fn pages(store: &dyn Store, query: &UserQuery, mut between: impl FnMut(usize)) -> Vec<User> {
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
fn lettered(id: i64, name: &str) -> User {
    let mut user = User {
        name: name.to_owned(),
        ..user(TENANT, id, 1)
    };
    fold_user(&mut user);
    user
}

fn names(users: &[User]) -> Vec<&str> {
    users.iter().map(|user| user.name.as_str()).collect()
}

cases! {
    __conformance_users;

    /// An empty store has no users.
    fn an_empty_store_lists_nobody(harness: &dyn Harness) {
        let store = harness.open();
        assert_eq!(store.users(&everybody()).unwrap(), []);
        let query = UserQuery {
            group: Some(GroupId(1)),
            pattern: Pattern::parse("*").unwrap(),
            ..everybody()
        };
        assert_eq!(store.users(&query).unwrap(), []);
    }

    /// Users come by the bytes of their folded names, then by id.
    fn users_are_in_the_order_of_bytes(harness: &dyn Harness) {
        let store = harness.open();
        let crowd = crowd();
        fill(&*store, &crowd);
        answers(&*store, &crowd, &everybody());
    }

    /// Users of one name come by id.
    fn users_of_one_name_come_by_id(harness: &dyn Harness) {
        let store = harness.open();
        let ids = [5, 1, i64::MAX, 3, 2, 1 << 53, 10, 9];
        put(&*store, ids.map(|id| lettered(id, "same").slot()));
        let users = store.users(&everybody()).unwrap();
        let found: Vec<i64> = users.iter().map(|user| user.id.0).collect();
        assert_eq!(found, [1, 2, 3, 5, 9, 10, 1 << 53, i64::MAX]);
    }

    /// Whoever is active, and whoever is not.
    fn users_by_whether_they_are_active(harness: &dyn Harness) {
        let store = harness.open();
        let crowd = crowd();
        fill(&*store, &crowd);
        for active in [Some(true), Some(false), None] {
            answers(
                &*store,
                &crowd,
                &UserQuery {
                    active,
                    ..everybody()
                },
            );
        }
    }

    /// The users of a profile.
    fn users_by_profile(harness: &dyn Harness) {
        let store = harness.open();
        let crowd = crowd();
        fill(&*store, &crowd);
        for profile in 1..=3 {
            answers(
                &*store,
                &crowd,
                &UserQuery {
                    profile: Some(ProfileId(profile)),
                    ..everybody()
                },
            );
        }
    }

    /// The members of a group.
    fn users_by_group(harness: &dyn Harness) {
        let store = harness.open();
        let crowd = crowd();
        fill(&*store, &crowd);
        for group in 1..=4 {
            answers(
                &*store,
                &crowd,
                &UserQuery {
                    group: Some(GroupId(group)),
                    ..everybody()
                },
            );
        }
    }

    /// Wildcards match as the definition says, whatever means something to a database.
    fn users_by_pattern(harness: &dyn Harness) {
        let store = harness.open();
        let crowd = crowd();
        fill(&*store, &crowd);
        for pattern in PATTERNS.iter().chain(NAMES) {
            let pattern = Pattern::parse(pattern).unwrap();
            answers(
                &*store,
                &crowd,
                &UserQuery {
                    pattern,
                    ..everybody()
                },
            );
        }
    }

    /// A pattern is found in each of the searched fields.
    fn every_searched_field_is_searched(harness: &dyn Harness) {
        let store = harness.open();
        let crowd: Vec<User> = (0..5).map(|nth| named(nth, "needle")).collect();
        fill(&*store, &crowd);
        for pattern in ["NEEDLE", "*needle*", "*n??dl*"] {
            let pattern = Pattern::parse(pattern).unwrap();
            let found = store
                .users(&UserQuery {
                    pattern,
                    ..everybody()
                })
                .unwrap();
            assert_eq!(found.len(), 5);
        }
    }

    /// All filters at once, page by page.
    fn users_by_everything_at_once(harness: &dyn Harness) {
        let store = harness.open();
        let crowd = crowd();
        fill(&*store, &crowd);
        for (nth, pattern) in PATTERNS.iter().enumerate() {
            let query = UserQuery {
                active: Some(nth % 2 == 0),
                group: Some(GroupId(1 + i64::try_from(nth % 3).unwrap())),
                profile: Some(ProfileId(1 + i64::try_from(nth % 2).unwrap())),
                pattern: Pattern::parse(pattern).unwrap(),
                limit: 2,
                ..everybody()
            };
            answers(&*store, &crowd, &query);
            let all = expected(
                &crowd,
                &UserQuery {
                    limit: MAX_PAGE,
                    ..query.clone()
                },
            );
            assert_eq!(pages(&*store, &query, |_| ()), all, "{query:?}");
        }
    }

    /// A page holds as many users as were asked for, and pages join to the whole.
    fn pages_join_to_the_whole(harness: &dyn Harness) {
        let store = harness.open();
        let crowd = crowd();
        fill(&*store, &crowd);
        let whole = expected(&crowd, &everybody());
        for limit in [1, 7, 349, 350, 351, MAX_PAGE] {
            let query = UserQuery {
                limit,
                ..everybody()
            };
            answers(&*store, &crowd, &query);
            assert_eq!(pages(&*store, &query, |_| ()), whole, "pages of {limit}");
        }
    }

    /// A place need not be a user's: the list goes on behind it.
    fn a_place_need_not_be_a_users(harness: &dyn Harness) {
        let store = harness.open();
        let crowd = crowd();
        fill(&*store, &crowd);
        for name_folded in [
            "",
            "a",
            "a\u{1}",
            "same",
            "zzz",
            "\u{10ffff}\u{10ffff}",
            "'",
            "%",
        ] {
            for id in [i64::MIN, 0, 1, 100, i64::MAX] {
                let place = UserPlace {
                    tenant: TENANT,
                    name_folded: name_folded.into(),
                    id: UserId(id),
                };
                answers(
                    &*store,
                    &crowd,
                    &UserQuery {
                        after: Some(place),
                        limit: 5,
                        ..everybody()
                    },
                );
            }
        }
    }

    /// Users that come between two pages are listed if they lie ahead, and none is listed twice.
    fn a_cursor_stays_right_while_users_come(harness: &dyn Harness) {
        let store = harness.open();
        put(
            &*store,
            ["b", "d", "f", "h"]
                .iter()
                .zip(1..)
                .map(|(name, id)| lettered(id, name).slot()),
        );
        let query = UserQuery {
            limit: 1,
            ..everybody()
        };
        let new = [["a", "c"], ["b", "g"], ["cc", "i"]];
        let all = pages(&*store, &query, |nth| {
            if let Some(names) = new.get(nth) {
                let id = 10 * i64::try_from(nth + 1).unwrap();
                put(
                    &*store,
                    names
                        .iter()
                        .zip(id..)
                        .map(|(name, id)| lettered(id, name).slot()),
                );
            }
        });
        assert_eq!(names(&all), ["b", "c", "d", "f", "g", "h", "i"]);
    }

    /// Users that go between two pages are not missed by the others, even the last one listed.
    fn a_cursor_stays_right_while_users_go(harness: &dyn Harness) {
        let store = harness.open();
        let letters = ["a", "b", "c", "d", "e", "f"];
        put(
            &*store,
            letters
                .iter()
                .zip(1..)
                .map(|(name, id)| lettered(id, name).slot()),
        );
        let query = UserQuery {
            limit: 2,
            ..everybody()
        };
        let all = pages(&*store, &query, |nth| {
            if nth == 0 {
                // `b` was listed last, `d` would come.
                let keys = [2, 4].map(|id| Change::Remove(Key::User(TENANT, UserId(id))));
                change(&*store, keys.to_vec());
            }
        });
        assert_eq!(names(&all), ["a", "b", "c", "e", "f"]);
    }

    /// A user who is renamed moves in the list.
    fn a_renamed_user_moves(harness: &dyn Harness) {
        let store = harness.open();
        put(
            &*store,
            ["a", "b", "c"]
                .iter()
                .zip(1..)
                .map(|(name, id)| lettered(id, name).slot()),
        );
        put(&*store, [lettered(1, "z").slot()]);
        assert_eq!(names(&store.users(&everybody()).unwrap()), ["b", "c", "z"]);
        put(&*store, [lettered(1, "b").slot()]);
        let users = store.users(&everybody()).unwrap();
        assert_eq!(
            users.iter().map(|user| user.id.0).collect::<Vec<_>>(),
            [1, 2, 3]
        );
    }

    /// A user who is gone is in no list, and neither is one who left the group.
    fn who_is_gone_is_not_listed(harness: &dyn Harness) {
        let store = harness.open();
        let slots = |count| {
            [
                user(TENANT, 1, 1).slot(),
                relations_slot(TENANT, 1, relations(TENANT, 1, count)),
            ]
        };
        put(&*store, slots(2));
        let query = UserQuery {
            group: Some(GroupId(2)),
            ..everybody()
        };
        assert_eq!(store.users(&query).unwrap().len(), 1);
        put(&*store, slots(1));
        assert_eq!(store.users(&query).unwrap(), []);
        let query = UserQuery {
            group: Some(GroupId(1)),
            ..everybody()
        };
        let gone = slots(1).map(|(key, _)| Change::Remove(key));
        change(&*store, gone.to_vec());
        assert_eq!(store.users(&query).unwrap(), []);
        assert_eq!(store.users(&everybody()).unwrap(), []);
    }

    /// A folded name is compared as it is stored: the store folds nothing itself.
    fn the_stored_folded_name_decides(harness: &dyn Harness) {
        let store = harness.open();
        let folded = |id, name_folded: &str| User {
            name: "same".into(),
            name_folded: name_folded.into(),
            ..user(TENANT, id, 1)
        };
        put(
            &*store,
            [
                folded(1, "b"),
                folded(2, "B"),
                folded(3, "á"),
                folded(4, "a"),
            ]
            .map(Slotted::slot),
        );
        let users = store.users(&everybody()).unwrap();
        assert_eq!(
            users.iter().map(|user| user.id.0).collect::<Vec<_>>(),
            [2, 4, 1, 3]
        );
    }
}
