//! Whatever is done in whatever order, refused or not: who owns which value, how many use what and
//! that an administrator remains follow from the users themselves.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::steps::*;
use super::store::*;
use crate::command::Actor;
use crate::error::Code;
use crate::ids::RoleId;
use crate::permissions::{USER_ADMINISTER, role_grants};
use crate::proof;
use crate::records::{IdentityKind, Relations, Subject, SubjectKind, User};
use crate::view::{Key, Record};

fn everybody(store: &Store) -> Vec<(User, Relations)> {
    let users = store.records.values().filter_map(|record| match record {
        Record::User(user) => Some(((**user).clone(), store.relations(user.id))),
        _ => None,
    });
    users.collect()
}

/// Claims are exactly the enabled identities that belong to one user at a time.
fn claims_are_right(store: &Store) {
    let mut expected = BTreeMap::new();
    for (user, relations) in everybody(store) {
        for identity in relations.identities {
            assert_eq!(identity.user, user.id);
            let backing = identity.kind == IdentityKind::Pin && !identity.alone;
            if identity.enabled && !backing {
                let name = (identity.kind, identity.value);
                let taken = expected.insert(name.clone(), (user.id, identity.id));
                assert_eq!(taken, None, "{name:?} twice");
            }
        }
    }
    let found: BTreeMap<_, _> = store
        .records
        .iter()
        .filter_map(|(key, record)| match (key, record) {
            (Key::Claim(_, name), Record::Claim(claim)) => {
                assert_eq!(*name, claim.name());
                let name = (claim.kind.clone(), claim.value.to_string());
                Some((name, (claim.user, claim.identity)))
            }
            _ => None,
        })
        .collect();
    assert_eq!(found, expected);
}

/// Counts are exactly what counting gives.
fn counts_are_right(store: &Store) {
    let mut expected: BTreeMap<Subject, (i64, i64)> = BTreeMap::new();
    for (user, relations) in everybody(store) {
        let mut count = |kind, ids: BTreeSet<i64>, active: &dyn Fn(i64) -> bool| {
            for id in ids {
                let sums = expected.entry(Subject { kind, id }).or_default();
                sums.0 += 1;
                sums.1 += i64::from(user.active && active(id));
            }
        };
        let rows = &relations.role_rows;
        let everywhere: BTreeSet<i64> = rows
            .iter()
            .filter(|row| row.all_accounts)
            .map(|row| row.role.0)
            .chain(user.role.map(|role| role.0))
            .collect();
        let held = rows
            .iter()
            .map(|row| row.role.0)
            .chain(user.role.map(|role| role.0));
        count(SubjectKind::Role, held.collect(), &|role| {
            everywhere.contains(&role)
        });
        count(
            SubjectKind::Profile,
            BTreeSet::from([user.profile.0]),
            &|_| true,
        );
        let groups = relations.memberships.iter().map(|row| row.user_group.0);
        count(SubjectKind::Group, groups.collect(), &|_| true);
        let accounts = relations.role_row_accounts.iter().map(|row| row.account.0);
        count(SubjectKind::Account, accounts.collect(), &|_| true);
    }
    let found: BTreeMap<Subject, (i64, i64)> = store
        .records
        .values()
        .filter_map(|record| match record {
            Record::Uses(uses) if (uses.users, uses.active_users) != (0, 0) => {
                Some((uses.subject(), (uses.users, uses.active_users)))
            }
            _ => None,
        })
        .collect();
    assert_eq!(found, expected);
}

fn an_administrator_remains(store: &Store) {
    let config = store.config();
    let administers = |role: RoleId| role_grants(&config, role, USER_ADMINISTER);
    let found = everybody(store).into_iter().any(|(user, relations)| {
        let rows = relations.role_rows.iter().filter(|row| row.all_accounts);
        user.active && rows.map(|row| row.role).chain(user.role).any(administers)
    });
    assert!(found);
}

/// Fields are those of the first enabled identity; each type has exactly one first.
fn fields_are_right(store: &Store) {
    for (user, relations) in everybody(store) {
        let first = |kind: IdentityKind| {
            let mut firsts = relations
                .identities
                .iter()
                .filter(|one| one.is_primary && one.kind == kind);
            let first = firsts.next();
            assert!(firsts.next().is_none(), "two first of {kind:?}");
            let any = relations.identities.iter().any(|one| one.kind == kind);
            assert_eq!(first.is_some(), any);
            first.filter(|one| one.enabled).map(|one| one.shown.clone())
        };
        for kind in KINDS {
            first(kind);
        }
        assert_eq!(user.username, first(IdentityKind::Username));
        assert_eq!(user.email, first(IdentityKind::Email));
    }
}

/// Digests are those of what the users are.
fn digests_are_right(store: &Store) {
    for (user, relations) in everybody(store) {
        let digest = proof::of_user(&store.keys.record, &user, &relations);
        // Those who were there from the start were put there by hand.
        assert!(user.digest == digest || user.version == 1, "{user:?}");
    }
}

/// Whoever rests on a count or a claim notices that it changed.
fn guards_rise(before: &BTreeMap<Key, Record>, store: &Store) {
    for (key, record) in &store.records {
        let (old, new) = match (before.get(key), record) {
            (Some(Record::Uses(old)), Record::Uses(new)) => (old.version, new.version),
            (Some(Record::Claim(old)), Record::Claim(new)) => (old.version, new.version),
            _ => continue,
        };
        if before.get(key) != Some(record) {
            assert!(new > old, "{key:?}: {old} {new}");
        }
    }
}

/// What a refused or empty step leaves: everything as it was. What any other leaves: versions that
/// rose by one, with one event for each user.
fn versions_are_right(before: &BTreeMap<Key, Record>, events_before: usize, store: &Store) {
    let mut changed = Vec::new();
    for (key, record) in &store.records {
        let Record::User(user) = record else { continue };
        let old = match before.get(key) {
            Some(Record::User(old)) => old.version,
            _ => 0,
        };
        let relations = Key::Relations(TENANT, user.id);
        let same = before.get(key) == Some(record)
            && before.get(&relations) == store.records.get(&relations);
        assert_eq!(user.version, if same { old } else { old + 1 });
        if !same {
            changed.push(user.id.0);
        }
    }
    let mut told: Vec<i64> = store.events[events_before..]
        .iter()
        .map(|(event, _)| event.subject)
        .collect();
    told.sort_unstable();
    assert_eq!(told, changed);
    if changed.is_empty() {
        assert!(store.records == *before);
    }
}

fn must_hold_after(steps: &[Step]) -> BTreeMap<Option<Code>, usize> {
    let (store, ada) = Store::with_administrator();
    let mut world = World {
        store,
        users: vec![ada],
    };
    let mut outcomes = BTreeMap::new();
    for step in steps {
        let (before, events) = (world.store.records.clone(), world.store.events.len());
        let refused = world.take(step);
        *outcomes.entry(refused).or_default() += 1;
        if refused.is_some() {
            assert!(world.store.records == before, "{step:?}");
        }
        claims_are_right(&world.store);
        counts_are_right(&world.store);
        an_administrator_remains(&world.store);
        fields_are_right(&world.store);
        digests_are_right(&world.store);
        guards_rise(&before, &world.store);
        versions_are_right(&before, events, &world.store);
    }
    let last = *world.users.last().unwrap();
    assert!(
        world
            .store
            .details(Actor::Host, last, None)
            .unwrap()
            .is_some()
    );
    outcomes
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn users_claims_and_counts_agree(steps in prop::collection::vec(step(), 1..60)) {
        must_hold_after(&steps);
    }
}

/// A test that only ever saw refusals would prove little.
#[test]
fn the_steps_reach_what_they_are_for() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;

    let mut runner = TestRunner::deterministic();
    let mut all: BTreeMap<Option<Code>, usize> = BTreeMap::new();
    for _ in 0..40 {
        let steps = prop::collection::vec(step(), 60)
            .new_tree(&mut runner)
            .unwrap();
        for (outcome, times) in must_hold_after(&steps.current()) {
            *all.entry(outcome).or_default() += times;
        }
    }
    for outcome in [
        None,
        Some(Code::IdentityTaken),
        Some(Code::Retired),
        Some(Code::LastAdministrator),
        Some(Code::UnknownIdentity),
        Some(Code::InvalidValue),
    ] {
        let times = all.get(&outcome).copied().unwrap_or(0);
        assert!(times >= 10, "{outcome:?}: {all:?}");
    }
}
