//! The same ids under two tenants are two things.

use tympan_core::ids::{TenantId, UserId};
use tympan_core::queries::{AuditQuery, EntryQuery, UserQuery};
use tympan_core::view::{Change, Follow, Key, ReadSet};

use super::list::cases;
use super::samples::*;
use super::steps::*;

/// A query for everybody in a tenant.
fn everybody(tenant: TenantId) -> UserQuery {
    UserQuery {
        tenant,
        active: None,
        group: None,
        profile: None,
        sharing: None,
        pattern: None,
        after: None,
        limit: 100,
    }
}

cases! {
    __conformance_tenants;

    /// Each tenant's records are found under its keys, and only those.
    fn records_of_two_tenants_are_two(harness: &dyn Harness) {
        let store = harness.open();
        put(&*store, one_of_each(OTHER));
        for (key, _) in one_of_each(TENANT) {
            let empty = wallets_slot(TENANT, 1, Default::default());
            let expected = (key == empty.0).then_some(empty.1);
            assert_eq!(get(&*store, &key), expected, "{key:?}");
        }
        put(&*store, one_of_each(TENANT));
        for (key, record) in one_of_each(TENANT).into_iter().chain(one_of_each(OTHER)) {
            assert_eq!(get(&*store, &key), Some(record), "{key:?}");
        }
        for (key, _) in one_of_each(TenantId(3)) {
            let empty = wallets_slot(TenantId(3), 1, Default::default());
            let expected = (key == empty.0).then_some(empty.1);
            assert_eq!(get(&*store, &key), expected, "{key:?}");
        }
    }

    /// A claim leads to the owner of its own tenant, though another has a user with that id.
    fn a_claim_stays_in_its_tenant(harness: &dyn Harness) {
        let store = harness.open();
        put(
            &*store,
            [
                claim(TENANT, "a", 1, 1).slot(),
                hold(TENANT, 1, 1, 1).slot(),
            ],
        );
        put(
            &*store,
            one_of_each(OTHER)
                .into_iter()
                .filter(|(key, _)| !matches!(key, Key::Claim(..))),
        );
        for start in [
            Key::Claim(TENANT, card("a")),
            Key::Claim(OTHER, card("a")),
            hold(TENANT, 1, 1, 1).slot().0,
        ] {
            let view = read(&*store, &ReadSet::default().and_follow(start, Follow::ALL));
            let user = view.get(&Key::User(TENANT, UserId(1))).flatten();
            let other = view.get(&Key::User(OTHER, UserId(1))).flatten();
            assert_eq!((user, other), (None, None));
        }
    }

    /// A change to one tenant's records leaves the other's alone, and so does removing them.
    fn changes_stay_in_their_tenant(harness: &dyn Harness) {
        let store = harness.open();
        put(&*store, one_of_each(TENANT));
        put(&*store, one_of_each(OTHER));
        let keys = one_of_each(TENANT)
            .into_iter()
            .map(|(key, _)| Change::Remove(key));
        change(&*store, keys.collect());
        for (key, record) in one_of_each(OTHER) {
            assert_eq!(get(&*store, &key), Some(record), "{key:?}");
        }
    }

    /// A digest is a receipt in its own tenant only.
    fn receipts_stay_in_their_tenant(harness: &dyn Harness) {
        let store = harness.open();
        change(&*store, vec![Change::from(keyed(TENANT, 1, [7; 32], 1))]);
        assert_eq!(get(&*store, &Key::Receipt(OTHER, [7; 32])), None);
        change(&*store, vec![Change::from(keyed(OTHER, 2, [7; 32], 1))]);
        for (tenant, id) in [(TENANT, 1), (OTHER, 2)] {
            let view = read(&*store, &ReadSet::of(Key::Receipt(tenant, [7; 32])));
            let entries = view.receipt(tenant, [7; 32]).unwrap().expect("it is there");
            assert_eq!(entries[..], [keyed(tenant, id, [7; 32], 1).into()]);
        }
    }

    /// Users are listed for their own tenant only, whatever page was asked for.
    fn users_stay_in_their_tenant(harness: &dyn Harness) {
        let store = harness.open();
        put(&*store, (1..=3).map(|id| user(TENANT, id, 1).slot()));
        put(&*store, (1..=5).map(|id| user(OTHER, id, 1).slot()));
        for (tenant, count) in [(TENANT, 3), (OTHER, 5), (TenantId(3), 0)] {
            let users = store.users(&everybody(tenant)).unwrap();
            assert_eq!(users.len(), count);
            assert!(users.iter().all(|user| user.tenant == tenant));
        }
    }

    /// Entries are listed for their own tenant only, of wallets with the same name.
    fn entries_stay_in_their_tenant(harness: &dyn Harness) {
        let store = harness.open();
        let wallet = wallet_key(1, 1);
        for id in 1..=6 {
            let tenant = if id % 3 == 0 { OTHER } else { TENANT };
            change(&*store, linked(&*store, tenant, wallet, [id]));
        }
        for (tenant, ids) in [
            (TENANT, vec![5, 4, 2, 1]),
            (OTHER, vec![6, 3]),
            (TenantId(3), vec![]),
        ] {
            let query = EntryQuery {
                tenant,
                wallet,
                before: None,
                limit: 100,
            };
            let found = store.entries(&query).unwrap();
            let found: Vec<i64> = found.iter().map(|(entry, _)| entry.id.0).collect();
            assert_eq!(found, ids);
        }
    }

    /// Audit events are listed for their own tenant only.
    fn audit_events_stay_in_their_tenant(harness: &dyn Harness) {
        let store = harness.open();
        change(
            &*store,
            (1..=6)
                .map(|id| Change::Audit(audit(if id % 3 == 0 { OTHER } else { TENANT }, id)))
                .collect(),
        );
        for (tenant, ids) in [
            (TENANT, vec![1, 2, 4, 5]),
            (OTHER, vec![3, 6]),
            (TenantId(3), vec![]),
        ] {
            let found = store
                .audit_events(&AuditQuery {
                    tenant,
                    after: None,
                    limit: 100,
                })
                .unwrap();
            let found: Vec<i64> = found.iter().map(|(event, _)| event.id.0).collect();
            assert_eq!(found, ids);
        }
    }

    /// Tenants have numbers up to the largest.
    fn the_last_tenant_is_a_tenant(harness: &dyn Harness) {
        let store = harness.open();
        let last = TenantId(i64::MAX);
        put(&*store, one_of_each(TENANT));
        put(&*store, one_of_each(last));
        for (key, record) in one_of_each(last) {
            assert_eq!(get(&*store, &key), Some(record), "{key:?}");
        }
        assert_eq!(store.users(&everybody(last)).unwrap(), [user(last, 1, 1)]);
    }
}
