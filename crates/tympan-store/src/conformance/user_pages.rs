//! Pages of the list of users: they join to the whole, and stay right while users come and go.

use tympan_core::ids::{GroupId, UserId};
use tympan_core::queries::{MAX_PAGE, UserPlace, UserQuery};
use tympan_core::records::User;
use tympan_core::view::{Change, Key};

use super::crowd::*;
use super::list::cases;
use super::samples::*;
use super::steps::*;

cases! {
    __conformance_user_pages;

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
