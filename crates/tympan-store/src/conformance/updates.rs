//! Changes to what is there: rows added, changed and removed, and all others left alone.

use std::sync::Arc;

use tympan_core::ids::{AccountId, GroupId, IdentityId, RoleRowId, UserId};
use tympan_core::records::{Config, Hold, HoldState, Relations, Wallets};
use tympan_core::time::Timestamp;
use tympan_core::view::{Change, Key, Record};

use super::Harness;
use super::everything::{full_config, many_wallets};
use super::list::cases;
use super::samples::*;
use super::steps::*;

/// Changes a full configuration, and expects the outcome and no other trace.
fn reconfigured(harness: &dyn Harness, edit: impl Fn(&mut Config)) {
    let store = harness.open();
    put(
        &*store,
        [full_config(TENANT, 1).slot(), full_config(OTHER, 1).slot()],
    );
    let dumped = dump(&*store);
    let mut edited = full_config(TENANT, 2);
    edit(&mut edited);
    let (key, record) = edited.slot();
    put(&*store, [(key.clone(), record.clone())]);
    assert_eq!(get(&*store, &key), Some(record));
    assert_eq!(
        get(&*store, &full_config(OTHER, 1).slot().0),
        Some(full_config(OTHER, 1).slot().1)
    );
    // And back again, until nothing tells.
    put(&*store, [full_config(TENANT, 1).slot()]);
    assert_eq!(dump(&*store), dumped);
}

/// Changes a user's children, and expects the outcome and no other trace.
fn related(harness: &dyn Harness, edit: impl Fn(&mut Relations)) {
    let store = harness.open();
    let slot = |user: i64| relations_slot(TENANT, user, relations(TENANT, user, 4));
    put(
        &*store,
        [
            user(TENANT, 1, 1).slot(),
            user(TENANT, 2, 1).slot(),
            slot(1),
            slot(2),
        ],
    );
    let dumped = dump(&*store);
    let mut edited = relations(TENANT, 1, 4);
    edit(&mut edited);
    let (key, record) = relations_slot(TENANT, 1, edited);
    put(
        &*store,
        [user(TENANT, 1, 2).slot(), (key.clone(), record.clone())],
    );
    assert_eq!(get(&*store, &key), Some(record));
    assert_eq!(get(&*store, &slot(2).0), Some(slot(2).1));
    put(&*store, [user(TENANT, 1, 1).slot(), slot(1)]);
    assert_eq!(dump(&*store), dumped);
}

/// Changes an owner's wallets, and expects the outcome and no other trace.
fn funded(harness: &dyn Harness, edit: impl Fn(&mut Wallets)) {
    let store = harness.open();
    let slot = |owner: i64| wallets_slot(TENANT, owner, many_wallets(TENANT, owner));
    put(&*store, [slot(1), slot(2)]);
    let dumped = dump(&*store);
    let mut edited = many_wallets(TENANT, 1);
    edit(&mut edited);
    let (key, record) = wallets_slot(TENANT, 1, edited);
    put(&*store, [(key.clone(), record.clone())]);
    assert_eq!(get(&*store, &key), Some(record));
    assert_eq!(get(&*store, &slot(2).0), Some(slot(2).1));
    put(&*store, [slot(1)]);
    assert_eq!(dump(&*store), dumped);
}

cases! {
    __conformance_updates;

    /// The tenant's own row is changed.
    fn settings_change(harness: &dyn Harness) {
        reconfigured(harness, |config| config.tenant.name = "Neu".into());
    }

    /// Profiles come, change and go.
    fn profiles_change(harness: &dyn Harness) {
        reconfigured(harness, |config| {
            let mut profile = config.profiles.pop_last().unwrap().1;
            profile.id.0 += 10;
            config.profiles.insert(profile.id, profile);
            config.profiles.first_entry().unwrap().get_mut().retired ^= true;
        });
    }

    /// Revisions of plans come, change and go.
    fn plans_change(harness: &dyn Harness) {
        reconfigured(harness, |config| {
            config.plans.pop_last();
            let plans = config.plans.first_entry().unwrap().into_mut();
            plans[0].amount -= 1;
            let mut next = plans.remove(1);
            next.revision += 1;
            plans.insert(1, next);
        });
    }

    /// Roles come, change and go.
    fn roles_change(harness: &dyn Harness) {
        reconfigured(harness, |config| {
            let mut role = config.roles.pop_last().unwrap().1;
            role.id.0 += 10;
            config.roles.insert(role.id, role);
            config.roles.first_entry().unwrap().get_mut().name = "renamed".into();
        });
    }

    /// Permissions come and go.
    fn permissions_change(harness: &dyn Harness) {
        reconfigured(harness, |config| {
            config.permissions.pop_last();
            let rows = config.permissions.first_entry().unwrap().into_mut();
            rows.remove(1);
            let mut last = rows[0].clone();
            last.permission = "\u{10ffff}".into();
            rows.push(last);
        });
    }

    /// Groups come, change and go, and two swap their names.
    fn groups_change(harness: &dyn Harness) {
        reconfigured(harness, |config| {
            let name = |config: &Config, id| config.groups[&GroupId(id)].name.clone();
            let (one, two) = (name(config, 1), name(config, 2));
            config.groups.get_mut(&GroupId(1)).unwrap().name = two;
            config.groups.get_mut(&GroupId(2)).unwrap().name = one;
            let mut group = config.groups.pop_last().unwrap().1;
            group.id.0 += 10;
            config.groups.insert(group.id, group);
        });
    }

    /// Accounts come, change and go.
    fn accounts_change(harness: &dyn Harness) {
        reconfigured(harness, |config| {
            let mut account = config.accounts.pop_last().unwrap().1;
            account.id.0 += 10;
            config.accounts.insert(account.id, account);
            config.accounts.get_mut(&AccountId(1)).unwrap().version += 1;
        });
    }

    /// Price lists come, change and go.
    fn price_lists_change(harness: &dyn Harness) {
        reconfigured(harness, |config| {
            let mut list = config.price_lists.pop_last().unwrap().1;
            list.id.0 += 10;
            config.price_lists.insert(list.id, list);
            config.price_lists.first_entry().unwrap().get_mut().name = "renamed".into();
        });
    }

    /// Lines of price lists come, change and go.
    fn price_rules_change(harness: &dyn Harness) {
        reconfigured(harness, |config| {
            config.price_rules.pop_last();
            let rules = config.price_rules.first_entry().unwrap().into_mut();
            rules.remove(1);
            rules[0].queue = None;
            let mut next = rules[1].clone();
            next.place += 1;
            rules.push(next);
        });
    }

    /// All of a configuration goes, but for the tenant.
    fn a_config_is_emptied(harness: &dyn Harness) {
        reconfigured(harness, |config| {
            *config = Config::empty(config.tenant.clone())
        });
    }

    /// A configuration with nothing in its lists has no lists when it is loaded.
    fn empty_lists_are_no_lists(harness: &dyn Harness) {
        let store = harness.open();
        let mut config = full_config(TENANT, 1);
        config.plans.first_entry().unwrap().get_mut().clear();
        config.permissions.first_entry().unwrap().get_mut().clear();
        config.price_rules.first_entry().unwrap().get_mut().clear();
        put(&*store, [config.clone().slot()]);
        config.plans.pop_first();
        config.permissions.pop_first();
        config.price_rules.pop_first();
        let (key, record) = config.slot();
        assert_eq!(get(&*store, &key), Some(record));
    }

    /// Identities come, change and go.
    fn identities_change(harness: &dyn Harness) {
        related(harness, |children| {
            children.identities.remove(1);
            children.identities[0].sealed = None;
            children.identities[2].id = IdentityId(9);
        });
    }

    /// Memberships come, change and go.
    fn memberships_change(harness: &dyn Harness) {
        related(harness, |children| {
            children.memberships.remove(1);
            children.memberships[0].since = Timestamp::LATEST;
            children.memberships[2].user_group = GroupId(9);
        });
    }

    /// Role rows come, change and go.
    fn role_rows_change(harness: &dyn Harness) {
        related(harness, |children| {
            children.role_rows.remove(1);
            children.role_rows[0].all_accounts ^= true;
            children.role_rows[2].id = RoleRowId(9);
        });
    }

    /// Accounts of role rows come and go.
    fn role_row_accounts_change(harness: &dyn Harness) {
        related(harness, |children| {
            children.role_row_accounts.remove(1);
            children.role_row_accounts[2].role_row = RoleRowId(9);
        });
    }

    /// All children go, and the user stays.
    fn children_go_and_the_user_stays(harness: &dyn Harness) {
        related(harness, |children| *children = Relations::default());
    }

    /// A wallet changes, and the ones beside it do not.
    fn one_wallet_changes(harness: &dyn Harness) {
        funded(harness, |all| {
            all.wallets[1].balance = -7;
            all.wallets[1].version += 1;
        });
    }

    /// Wallets come and go.
    fn wallets_come_and_go(harness: &dyn Harness) {
        funded(harness, |all| {
            all.wallets.remove(1);
            all.wallets[2].feed = 9;
        });
    }

    /// Holds keep more aside, less, or nothing any more.
    fn hold_parts_change(harness: &dyn Harness) {
        funded(harness, |all| {
            all.hold_parts.remove(1);
            all.hold_parts[0].amount += 5;
            all.hold_parts.last_mut().unwrap().hold.0 = 9;
        });
    }

    /// All wallets go.
    fn wallets_go(harness: &dyn Harness) {
        funded(harness, |all| *all = Wallets::default());
    }

    /// A hold goes through its life.
    fn a_hold_is_resolved(harness: &dyn Harness) {
        let store = harness.open();
        for (version, state) in (1..).zip(HoldState::ALL) {
            let hold = Hold {
                state: *state,
                ..hold(TENANT, 1, 1, version)
            };
            let (key, record) = hold.slot();
            put(&*store, [(key.clone(), record.clone())]);
            assert_eq!(get(&*store, &key), Some(record));
        }
    }

    /// A claim passes to another owner.
    fn a_claim_passes_on(harness: &dyn Harness) {
        let store = harness.open();
        put(&*store, [claim(TENANT, "a", 1, 1).slot()]);
        put(&*store, [claim(TENANT, "a", 2, 2).slot()]);
        let (key, record) = claim(TENANT, "a", 2, 2).slot();
        assert_eq!(get(&*store, &key), Some(record));
    }

    /// Two users swap their cards in one batch: claims and identities.
    fn two_claims_are_swapped(harness: &dyn Harness) {
        let store = harness.open();
        let owns = |user: i64, value: &str, version: i64| {
            let mut children = relations(TENANT, user, 1);
            children.identities[0].value = value.into();
            [
                super::samples::user(TENANT, user, version).slot(),
                relations_slot(TENANT, user, children),
                claim(TENANT, value, user, version).slot(),
            ]
        };
        put(&*store, [owns(1, "a", 1), owns(2, "b", 1)].concat());
        put(&*store, [owns(1, "b", 2), owns(2, "a", 2)].concat());
        for (key, record) in [owns(1, "b", 2), owns(2, "a", 2)].concat() {
            assert_eq!(get(&*store, &key), Some(record), "{key:?}");
        }
    }

    /// An identity moves from one user to another with its id, in one batch.
    fn an_identity_moves_to_another_user(harness: &dyn Harness) {
        let store = harness.open();
        let children = |user: i64, owns: bool| {
            let mut children = Relations::default();
            if owns {
                children.identities = relations(TENANT, 1, 1).identities;
                children.identities[0].user = UserId(user);
            }
            relations_slot(TENANT, user, children)
        };
        put(
            &*store,
            [user(TENANT, 1, 1).slot(), user(TENANT, 2, 1).slot()],
        );
        for owner in [1, 2, 1] {
            let slots = [children(1, owner == 1), children(2, owner == 2)];
            put(&*store, slots.clone());
            for (key, record) in slots {
                assert_eq!(get(&*store, &key), Some(record), "{key:?}");
            }
        }
    }

    /// A user goes with everything that belongs to it, and comes back as another.
    fn a_user_goes_and_comes_back(harness: &dyn Harness) {
        let store = harness.open();
        put(&*store, one_of_each(TENANT));
        put(
            &*store,
            [
                user(TENANT, 2, 1).slot(),
                relations_slot(TENANT, 2, relations(TENANT, 2, 2)),
            ],
        );
        let keys = [
            Key::User(TENANT, UserId(1)),
            Key::Relations(TENANT, UserId(1)),
            Key::Wallets(TENANT, 1),
            Key::Claim(TENANT, card("a")),
        ];
        change(&*store, keys.iter().cloned().map(Change::Remove).collect());
        for key in &keys {
            let nothing = Record::Wallets(Arc::new(Wallets::default()));
            let expected = matches!(key, Key::Wallets(..)).then_some(nothing);
            assert_eq!(get(&*store, key), expected, "{key:?}");
        }
        put(&*store, [user(TENANT, 1, 7).slot()]);
        let nothing = Record::Relations(Arc::new(Relations::default()));
        assert_eq!(get(&*store, &keys[1]), Some(nothing));
        let (key, record) = relations_slot(TENANT, 2, relations(TENANT, 2, 2));
        assert_eq!(get(&*store, &key), Some(record));
    }

    /// Records come and go again and again under one key.
    fn a_key_is_filled_and_emptied(harness: &dyn Harness) {
        let store = harness.open();
        for version in 1..=3 {
            let slots = one_of_each(TENANT);
            put(&*store, slots.clone());
            change(
                &*store,
                slots
                    .iter()
                    .map(|(key, _)| Change::Remove(key.clone()))
                    .collect(),
            );
            put(&*store, [uses(TENANT, 1, version).slot()]);
            change(&*store, vec![Change::Remove(uses(TENANT, 1, 1).slot().0)]);
        }
        assert!(dump(&*store).iter().all(|(_, rows)| rows.is_empty()));
    }

    /// A large batch is committed at once.
    fn a_large_batch_is_committed(harness: &dyn Harness) {
        let store = harness.open();
        let slots: Vec<Slot> = (1..=400)
            .flat_map(|id| {
                [
                    user(TENANT, id, 1).slot(),
                    relations_slot(TENANT, id, relations(TENANT, id, 2)),
                    wallets_slot(TENANT, id, wallets(TENANT, id, &[1, 1])),
                    claim(TENANT, &format!("{id}"), id, 1).slot(),
                ]
            })
            .collect();
        put(&*store, slots.clone());
        let keys: Vec<Key> = slots.iter().map(|(key, _)| key.clone()).collect();
        let view = read(&*store, &reads(&keys));
        for (key, record) in &slots {
            assert_eq!(view.get(key), Some(Some(record)), "{key:?}");
        }
    }
}
