//! Whatever is done in whatever order: names stay unique, revisions and versions rise by one.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::ids::{GroupId, PriceListId, ProfileId, RoleId, UserId};
use crate::people::{CreateUser, EditUser};
use crate::permissions::{USER_ADMINISTER, role_grants};
use crate::records::{Account, Group, PlanOwner, PriceList, Profile, Role, User};
use crate::text::fold;
use crate::view::Record;

/// Names of which some are the same once folded.
const NAMES: &[&str] = &["a", "A", "Ä", "ä", "b", "ß", "SS", "Default", "Regular"];

/// One step: what to do, to which thing, with which small number.
#[derive(Clone, Copy, Debug)]
struct Step {
    what: u8,
    thing: usize,
    number: i64,
    wait_ms: i64,
}

fn step() -> impl Strategy<Value = Step> {
    (0..25_u8, 0..6_usize, 0..9_i64, 0..3_i64).prop_map(|(what, thing, number, wait_ms)| Step {
        what,
        thing,
        number,
        wait_ms,
    })
}

fn pick<T: Named>(config: &Config, step: Step) -> T::Id {
    let ids: Vec<T::Id> = T::all(config).keys().copied().collect();
    ids.get(step.thing).copied().unwrap_or_else(|| T::id_of(77))
}

fn run(store: &mut TestStore, step: Step) -> Result<(), Error> {
    let config = config(store).clone();
    let name = NAMES[step.number as usize % NAMES.len()];
    let at = (step.number > 4).then(|| store.now.plus_millis(step.number - 6));
    let profile: ProfileId = pick::<Profile>(&config, step);
    let role: RoleId = pick::<Role>(&config, step);
    let list: PriceListId = pick::<PriceList>(&config, step);
    let group: GroupId = pick::<Group>(&config, step);
    let plan = config
        .plans
        .get(&profile.into())
        .and_then(|plans| plans.last())
        .map_or(crate::ids::PlanId(78), |plan| plan.plan);
    let expected_version = (step.number == 3).then_some(1);
    let edit = |change| EditProfile {
        expected_version,
        ..EditProfile::new(profile).plan(change)
    };
    let permissions = match step.number {
        0..3 => vec![USER_ADMINISTER.to_owned()],
        _ => vec!["press.start".to_owned()],
    };
    match step.what {
        0 => store
            .run(&CreateProfile::new(name).plan(pages(step.number)))
            .map(drop),
        1 => store.run(&CreateRole::new(name)).map(drop),
        2 => store.run(&CreateGroup::new(name)).map(drop),
        3 => store.run(&CreateAccount::new(name)).map(drop),
        4 => store
            .run(&CreatePriceList::new(name, Currency::EUR).rule(PriceTerms::pages(1, 1)))
            .map(drop),
        5 => store.run(&RenameProfile::new(profile, name)).map(drop),
        6 => store.run(&RenameRole::new(role, name)).map(drop),
        7 => store.run(&RenameGroup::new(group, name)).map(drop),
        8 => store.run(&RetireProfile::new(profile)).map(drop),
        9 => store.run(&UnretireProfile::new(profile)).map(drop),
        10 => store.run(&DeleteProfile::new(profile)),
        11 => store.run(&DeleteRole::new(role)),
        12 => store.run(&DeletePriceList::new(list)),
        13 => store
            .run(&edit(PlanChange::Add(pages(step.number))))
            .map(drop),
        14 | 15 => store
            .run(&edit(PlanChange::Edit {
                plan,
                terms: pages(step.number),
                effective_from: at,
            }))
            .map(drop),
        16 => store
            .run(&edit(PlanChange::End {
                plan,
                effective_from: at,
            }))
            .map(drop),
        17 | 18 => store
            .run(&EditPriceList {
                rules: Some(vec![PriceTerms::pages(step.number, 0)]),
                effective_from: at,
                ..EditPriceList::new(list)
            })
            .map(drop),
        19 => store
            .run(&EditRole {
                permissions: Some(permissions),
                ..EditRole::new(role)
            })
            .map(drop),
        20 => store
            .run(&EditProfile {
                price_list: Some(Some(list)),
                ..EditProfile::new(profile)
            })
            .map(drop),
        21 => {
            let mut create = CreateUser::named("Bob");
            create.fields.role = Some(role);
            create.fields.profile = Some(profile);
            store.run(&create).map(drop)
        }
        22 | 23 => {
            let mut edit = EditUser::of(pick_user(store, step), None);
            edit.set.role = Some(role);
            edit.set.active = (step.number > 5).then_some(step.number > 7);
            store.run(&edit).map(drop)
        }
        _ => store
            .run(&EditTenant {
                default_profile: Some(profile),
                ..EditTenant::default()
            })
            .map(drop),
    }
}

fn users(store: &TestStore) -> impl Iterator<Item = &User> {
    store.records.values().filter_map(|record| match record {
        Record::User(user) => Some(&**user),
        _ => None,
    })
}

fn pick_user(store: &TestStore, step: Step) -> UserId {
    let ids: Vec<UserId> = users(store).map(|user| user.id).collect();
    ids[step.thing % ids.len()]
}

/// What users use is there, and an active one administers users.
fn check_users(store: &TestStore) {
    let config = config(store);
    assert!(users(store).all(|user| config.profiles.contains_key(&user.profile)));
    let mut roles = users(store).filter_map(|user| user.role);
    assert!(roles.all(|role| config.roles.contains_key(&role)));
    let administers = |user: &User| {
        user.role
            .is_some_and(|role| role_grants(config, role, USER_ADMINISTER))
    };
    assert!(users(store).any(|user| user.active && administers(user)));
}

fn check_names<T: Named>(config: &Config) {
    let mut seen = BTreeSet::new();
    for thing in T::all(config).values() {
        assert!(seen.insert(fold(thing.name())), "{} twice", thing.name());
    }
}

fn check_versions<T: Named>(before: &Config, after: &Config) {
    let mut changed = 0;
    for (id, thing) in T::all(after) {
        match T::all(before).get(id) {
            Some(same) if same == thing => {}
            Some(old) => {
                assert_eq!(thing.version(), old.version() + 1);
                changed += 1;
            }
            None => assert_eq!(thing.version(), 1),
        }
    }
    assert!(changed <= 1, "one command, one thing");
}

fn check(before: &Config, after: &Config, now: Timestamp) {
    let raised = after.tenant.version - before.tenant.version;
    assert_eq!(raised, i64::from(before != after));
    check_names::<Profile>(after);
    check_names::<Role>(after);
    check_names::<Group>(after);
    check_names::<Account>(after);
    check_names::<PriceList>(after);
    check_versions::<Profile>(before, after);
    check_versions::<Role>(before, after);
    check_versions::<Group>(before, after);
    check_versions::<PriceList>(before, after);
    for (profile, plans) in &after.plans {
        assert!(!plans.is_empty());
        let is_there = match profile {
            PlanOwner::Profile(profile) => after.profiles.contains_key(profile),
            PlanOwner::Group(group) => after.groups.contains_key(group),
        };
        for plan in plans.chunk_by(|left, right| left.plan == right.plan) {
            assert_eq!(plan[0].revision, 1);
            for pair in plan.windows(2) {
                assert_eq!(pair[1].revision, pair[0].revision + 1);
                assert!(pair[1].effective_from >= pair[0].effective_from);
                assert_eq!(pair[1].measure, pair[0].measure);
            }
            assert!(
                is_there || plan[plan.len() - 1].ended,
                "a plan goes on alone"
            );
            let known = before.plans.values().flatten();
            let known = known.filter(|revision| revision.plan == plan[0].plan);
            let old = known.count();
            assert!(plan.len() <= old + 1, "one change, one revision");
            if plan.len() > old {
                assert!(plan[old].effective_from >= now, "the past was edited");
            }
        }
        let was = before.plans.get(profile).map_or(&[][..], Vec::as_slice);
        assert!(was.iter().all(|revision| plans.contains(revision)));
    }
    for rows in after.price_rules.values() {
        for pair in rows.windows(2) {
            assert_eq!(pair[1].revision, pair[0].revision + 1);
            assert!(pair[1].effective_from >= pair[0].effective_from);
        }
    }
    assert!(after.profiles.contains_key(&after.tenant.default_profile));
    assert!(!after.profiles[&after.tenant.default_profile].retired);
    let lists = after
        .profiles
        .values()
        .filter_map(|profile| profile.price_list);
    assert!(
        lists
            .into_iter()
            .all(|list| after.price_lists.contains_key(&list))
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn names_stay_unique_and_revisions_and_versions_rise(steps in prop::collection::vec(step(), 1..60)) {
        let (mut store, _) = shop();
        for step in steps {
            store.now = store.now.plus_millis(step.wait_ms);
            let (before, events) = (config(&store).clone(), store.audit_events.len());
            let outcome = run(&mut store, step);
            let after = config(&store);
            check(&before, after, store.now);
            check_users(&store);
            let written = store.audit_events.len() - events;
            prop_assert!(outcome.is_ok() || written == 0);
            prop_assert!(written == 1 || before == *after);
        }
    }
}
