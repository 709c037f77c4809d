//! The list of users: its order and its filters.

use tympan_core::ids::{GroupId, ProfileId};
use tympan_core::queries::{MAX_PAGE, UserQuery};
use tympan_core::records::User;
use tympan_core::text::Pattern;

use super::crowd::*;
use super::list::cases;
use super::samples::*;
use super::steps::*;

cases! {
    __conformance_users;

    /// An empty store has no users.
    fn an_empty_store_lists_nobody(harness: &dyn Harness) {
        let store = harness.open();
        assert_eq!(store.users(&everybody()).unwrap(), []);
        let query = UserQuery {
            group: Some(GroupId(1)),
            sharing: None,
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

    /// Those who share wallets, and those who do not.
    fn users_by_whether_they_share_wallets(harness: &dyn Harness) {
        let store = harness.open();
        let crowd = crowd();
        fill(&*store, &crowd);
        for sharing in [Some(true), Some(false)] {
            for limit in [3, MAX_PAGE] {
                answers(
                    &*store,
                    &crowd,
                    &UserQuery {
                        sharing,
                        limit,
                        ..everybody()
                    },
                );
            }
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
                sharing: (nth % 3 != 0).then_some(nth % 4 < 2),
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
}
