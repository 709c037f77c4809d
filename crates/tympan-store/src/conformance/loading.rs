//! What a view holds after loading.

use std::sync::Arc;

use tympan_core::ids::UserId;
use tympan_core::records::{Relations, Wallets};
use tympan_core::view::{Change, Follow, Key, ReadSet, Record, View, apply};

use super::Harness;
use super::list::cases;
use super::samples::*;
use super::steps::*;

const USER: Key = Key::User(TENANT, UserId(1));
const RELATIONS: Key = Key::Relations(TENANT, UserId(1));
const WALLETS: Key = Key::Wallets(TENANT, 1);

fn claimed() -> Key {
    Key::Claim(TENANT, card("a"))
}

fn held() -> Key {
    Key::Hold(TENANT, tympan_core::ids::HoldId(1))
}

/// What `one_of_each` has under a key.
fn sample(key: &Key) -> Record {
    let found = one_of_each(TENANT)
        .into_iter()
        .find(|(other, _)| other == key);
    found.expect("it is a sample").1
}

/// Follows a key over a store with one record of each kind, and expects these to be loaded.
fn follows(harness: &dyn Harness, key: Key, follow: Follow, behind: &[Key]) {
    let store = harness.open();
    put(&*store, one_of_each(TENANT));
    put(&*store, one_of_each(OTHER));
    let set = ReadSet::default().and_follow(key.clone(), follow);
    for view in [read(&*store, &set), load(&*store, &set)] {
        for expected in behind.iter().chain([&key]) {
            let found = view.get(expected);
            assert_eq!(found, Some(Some(&sample(expected))), "{expected:?}");
        }
    }
}

/// Follows a key to a user that is not there.
fn follows_to_nobody(harness: &dyn Harness, slot: Option<Slot>, key: Key) {
    let store = harness.open();
    put(&*store, slot);
    let set = ReadSet::default().and_follow(key, Follow::ALL);
    for view in [read(&*store, &set), load(&*store, &set)] {
        assert_eq!(view.get(&USER), Some(None));
        assert_eq!(view.get(&RELATIONS), Some(None));
        assert_eq!(view.get(&WALLETS), Some(Some(&no_wallets())));
    }
}

fn no_wallets() -> Record {
    Record::Wallets(Arc::new(Wallets::default()))
}

cases! {
    __conformance_loading;

    /// Every key that was asked for is known, and holds nothing where there is nothing.
    fn absent_keys_are_known_to_be_absent(harness: &dyn Harness) {
        let store = harness.open();
        let keys: Vec<Key> = one_of_each(TENANT)
            .into_iter()
            .map(|(key, _)| key)
            .collect();
        let set = reads(&keys).and(Key::Receipt(TENANT, [1; 32]));
        for view in [read(&*store, &set), load(&*store, &set)] {
            for key in keys.iter().chain([&Key::Receipt(TENANT, [1; 32])]) {
                let expected = no_wallets();
                let expected = (*key == WALLETS).then_some(&expected);
                assert_eq!(view.get(key), Some(expected), "{key:?}");
            }
        }
    }

    /// Every record is found under its key.
    fn records_are_found_under_their_keys(harness: &dyn Harness) {
        let store = harness.open();
        put(&*store, one_of_each(TENANT));
        for (key, record) in one_of_each(TENANT) {
            assert_eq!(get(&*store, &key), Some(record.clone()), "{key:?}");
            let loaded = load(&*store, &ReadSet::of(key.clone()));
            assert_eq!(loaded.get(&key), Some(Some(&record)), "{key:?}");
        }
    }

    /// Nothing is read where nothing was asked for.
    fn an_empty_set_loads_nothing(harness: &dyn Harness) {
        let store = harness.open();
        put(&*store, one_of_each(TENANT));
        assert_eq!(read(&*store, &ReadSet::default()).records().count(), 0);
    }

    /// A key that is asked for twice is loaded as if it were asked for once.
    fn a_key_asked_for_twice_is_loaded(harness: &dyn Harness) {
        let store = harness.open();
        put(&*store, one_of_each(TENANT));
        let set = ReadSet::of(USER)
            .and(USER)
            .and_follow(USER, Follow::RELATIONS)
            .and(RELATIONS);
        let view = read(&*store, &set);
        assert_eq!(view.get(&USER), Some(Some(&sample(&USER))));
        assert_eq!(view.get(&RELATIONS), Some(Some(&sample(&RELATIONS))));
    }

    /// Hundreds of keys are loaded at once.
    fn a_large_set_is_loaded_at_once(harness: &dyn Harness) {
        let store = harness.open();
        let user = |id| user(TENANT, id, 1).slot();
        put(&*store, (1..=700).filter(|id| id % 3 != 0).map(user));
        let keys: Vec<Key> = (1..=700).map(|id| user(id).0).collect();
        let view = read(&*store, &reads(&keys));
        for (key, id) in keys.iter().zip(1..) {
            let expected = (id % 3 != 0).then(|| user(id).1);
            assert_eq!(view.get(key), Some(expected.as_ref()), "{key:?}");
        }
    }

    /// A user is loaded alone.
    fn a_user_with_nothing_behind(harness: &dyn Harness) {
        follows(harness, USER, Follow::NOTHING, &[]);
    }

    /// A user leads to the children.
    fn a_user_leads_to_the_children(harness: &dyn Harness) {
        follows(harness, USER, Follow::RELATIONS, &[RELATIONS]);
    }

    /// A user leads to the wallets.
    fn a_user_leads_to_the_wallets(harness: &dyn Harness) {
        follows(harness, USER, Follow::WALLETS, &[WALLETS]);
    }

    /// A user leads to children and wallets.
    fn a_user_leads_to_everything(harness: &dyn Harness) {
        follows(harness, USER, Follow::ALL, &[RELATIONS, WALLETS]);
    }

    /// A claim leads to its owner even where nothing behind the owner is asked for.
    fn a_claim_leads_to_its_owner(harness: &dyn Harness) {
        follows(harness, claimed(), Follow::NOTHING, &[USER]);
    }

    /// A claim leads to its owner's children.
    fn a_claim_leads_to_the_children(harness: &dyn Harness) {
        follows(harness, claimed(), Follow::RELATIONS, &[USER, RELATIONS]);
    }

    /// A claim leads to its owner's wallets.
    fn a_claim_leads_to_the_wallets(harness: &dyn Harness) {
        follows(harness, claimed(), Follow::WALLETS, &[USER, WALLETS]);
    }

    /// A claim leads to its owner's children and wallets.
    fn a_claim_leads_to_everything(harness: &dyn Harness) {
        follows(harness, claimed(), Follow::ALL, &[USER, RELATIONS, WALLETS]);
    }

    /// A hold leads to its owner.
    fn a_hold_leads_to_its_owner(harness: &dyn Harness) {
        follows(harness, held(), Follow::NOTHING, &[USER]);
    }

    /// A hold leads to its owner's children and wallets.
    fn a_hold_leads_to_everything(harness: &dyn Harness) {
        follows(harness, held(), Follow::ALL, &[USER, RELATIONS, WALLETS]);
    }

    /// Behind a user who is not there are no children, and wallets that are known to be none.
    fn an_absent_user_has_no_children_and_no_wallets(harness: &dyn Harness) {
        follows_to_nobody(harness, None, USER);
    }

    /// A claim may be of a user who is not there.
    fn a_claim_leads_to_nobody(harness: &dyn Harness) {
        follows_to_nobody(harness, Some(claim(TENANT, "a", 1, 1).slot()), claimed());
    }

    /// A hold may be of a user who is not there.
    fn a_hold_leads_to_nobody(harness: &dyn Harness) {
        follows_to_nobody(harness, Some(hold(TENANT, 1, 1, 1).slot()), held());
    }

    /// A user without children has empty ones, whatever way they were asked for.
    fn a_user_without_children_has_empty_ones(harness: &dyn Harness) {
        let store = harness.open();
        put(&*store, [user(TENANT, 1, 1).slot()]);
        let nothing = Record::Relations(Arc::new(Relations::default()));
        assert_eq!(get(&*store, &RELATIONS), Some(nothing.clone()));
        let view = read(&*store, &ReadSet::default().and_follow(USER, Follow::ALL));
        assert_eq!(view.get(&RELATIONS), Some(Some(&nothing)));
        assert_eq!(view.get(&WALLETS), Some(Some(&no_wallets())));
    }

    /// Wallets are there without a user too, and so are their holds.
    fn wallets_need_no_user(harness: &dyn Harness) {
        let store = harness.open();
        put(
            &*store,
            [wallets_slot(TENANT, 1, wallets(TENANT, 1, &[1, 2, 3]))],
        );
        let expected = wallets_slot(TENANT, 1, wallets(TENANT, 1, &[1, 2, 3])).1;
        let view = read(&*store, &ReadSet::default().and_follow(USER, Follow::ALL));
        assert_eq!(view.get(&USER), Some(None));
        assert_eq!(view.get(&WALLETS), Some(Some(&expected)));
    }

    /// Behind a key that the view holds already, more is loaded when more is asked for.
    fn more_is_loaded_behind_a_key_that_is_there(harness: &dyn Harness) {
        let store = harness.open();
        put(&*store, one_of_each(TENANT));
        let mut view = read(&*store, &ReadSet::of(claimed()).and(USER));
        let set = ReadSet::default().and_follow(claimed(), Follow::ALL);
        store.read(&set, &mut view).unwrap();
        assert_eq!(view.get(&RELATIONS), Some(Some(&sample(&RELATIONS))));
        assert_eq!(view.get(&WALLETS), Some(Some(&sample(&WALLETS))));
    }

    /// A key that the view holds stays as it was loaded first.
    fn a_loaded_key_stays_as_it_is(harness: &dyn Harness) {
        let store = harness.open();
        let keys: Vec<Key> = one_of_each(TENANT)
            .into_iter()
            .map(|(key, _)| key)
            .collect();
        let mut view = read(&*store, &reads(&keys));
        put(&*store, one_of_each(TENANT));
        let set = reads(&keys)
            .and_follow(claimed(), Follow::ALL)
            .and_follow(held(), Follow::ALL);
        store.read(&set, &mut view).unwrap();
        store.turn().unwrap().load(&set, &mut view).unwrap();
        for key in keys {
            let expected = no_wallets();
            let expected = (key == WALLETS).then_some(&expected);
            assert_eq!(view.get(&key), Some(expected), "{key:?}");
        }
    }

    /// A key that was changed in the view stays changed.
    fn a_changed_key_stays_as_it_is(harness: &dyn Harness) {
        let store = harness.open();
        put(&*store, one_of_each(TENANT));
        let mut view = read(&*store, &ReadSet::of(USER));
        let (_, changed) = user(TENANT, 1, 2).slot();
        apply(vec![Change::Put(USER, changed.clone())], &mut view);
        store
            .read(&ReadSet::default().and_follow(USER, Follow::ALL), &mut view)
            .unwrap();
        assert_eq!(view.get(&USER), Some(Some(&changed)));
    }

    /// A configuration that the caller knows is used if it is of the stored version.
    fn a_known_config_is_used_again(harness: &dyn Harness) {
        let store = harness.open();
        put(&*store, [config(TENANT, 3).slot()]);
        let known = Arc::new(config(TENANT, 3));
        let mut set = ReadSet::of(Key::Config(TENANT));
        set.known
            .extend([Arc::new(config(OTHER, 3)), Arc::clone(&known)]);
        for view in [read(&*store, &set), load(&*store, &set)] {
            let found = view.config(TENANT).unwrap().expect("it is there");
            assert!(Arc::ptr_eq(found, &known), "it was loaded again");
        }
    }

    /// A configuration that the caller knows is not used if the stored one has another version.
    fn a_known_config_of_another_version_is_not_used(harness: &dyn Harness) {
        let store = harness.open();
        put(&*store, [config(TENANT, 3).slot()]);
        for version in [2, 4] {
            let mut set = ReadSet::of(Key::Config(TENANT));
            set.known.extend([
                Arc::new(config(TENANT, version)),
                Arc::new(config(OTHER, 3)),
            ]);
            for view in [read(&*store, &set), load(&*store, &set)] {
                let found = view.config(TENANT).unwrap().expect("it is there");
                assert_eq!(**found, config(TENANT, 3));
            }
        }
    }

    /// A configuration that the caller knows is none if nothing is stored.
    fn a_known_config_of_no_tenant_is_not_used(harness: &dyn Harness) {
        let store = harness.open();
        let mut set = ReadSet::of(Key::Config(TENANT));
        set.known.push(Arc::new(config(TENANT, 1)));
        assert_eq!(read(&*store, &set).config(TENANT).unwrap(), None);
        assert_eq!(load(&*store, &set).config(TENANT).unwrap(), None);
    }

    /// A turn loads several times, each time more.
    fn a_turn_loads_more_and_more(harness: &dyn Harness) {
        let store = harness.open();
        put(&*store, one_of_each(TENANT));
        let mut turn = store.turn().unwrap();
        let mut view = View::default();
        for (key, record) in one_of_each(TENANT) {
            turn.load(&ReadSet::of(key.clone()), &mut view).unwrap();
            assert_eq!(view.get(&key), Some(Some(&record)), "{key:?}");
        }
    }

    /// What a turn has not committed, nobody sees.
    fn what_is_not_committed_is_not_read(harness: &dyn Harness) {
        let (store, second) = (harness.open(), harness.open());
        put(&*store, one_of_each(TENANT));
        let mut turn = store.turn().unwrap();
        let mut view = View::default();
        turn.load(&ReadSet::of(USER), &mut view).unwrap();
        apply(vec![Change::Remove(USER)], &mut view);
        for other in [&store, &second] {
            assert_eq!(get(&**other, &USER), Some(sample(&USER)));
        }
        turn.commit(&view.into_batch()).unwrap();
        for other in [&store, &second] {
            assert_eq!(get(&**other, &USER), None);
        }
    }

    /// Lists of children and wallets are in the order of their keys, however they were written.
    fn children_are_in_the_order_of_their_keys(harness: &dyn Harness) {
        let store = harness.open();
        let (mut children, mut funds) = (relations(TENANT, 1, 5), wallets(TENANT, 1, &[1; 5]));
        children.identities.reverse();
        children.memberships.reverse();
        children.role_rows.reverse();
        children.role_row_accounts.reverse();
        funds.wallets.reverse();
        funds.hold_parts.reverse();
        let slots = [
            relations_slot(TENANT, 1, children),
            wallets_slot(TENANT, 1, funds),
        ];
        put(
            &*store,
            slots.into_iter().chain([user(TENANT, 1, 1).slot()]),
        );
        let ordered = relations_slot(TENANT, 1, relations(TENANT, 1, 5)).1;
        assert_eq!(get(&*store, &RELATIONS), Some(ordered));
        let ordered = wallets_slot(TENANT, 1, wallets(TENANT, 1, &[1; 5])).1;
        assert_eq!(get(&*store, &WALLETS), Some(ordered));
    }
}
