//! Profiles and their plans.

use super::*;
use crate::ids::{PlanId, PriceListId, ProfileId};
use crate::ledger::{Charge, Receipt, Usage};
use crate::people::{CreateUser, EditUser, UserReference};
use crate::records::{PlanRevision, Profile, WhenExhausted};
use crate::schedule::{ResetVerb, Schedule};
use crate::view::{Key, Record};

const DAY: i64 = 86_400_000;

fn staff(store: &mut TestStore) -> (ProfileId, PlanId) {
    let made = store
        .run(&CreateProfile::new("Staff").plan(pages(100)))
        .unwrap();
    (made.id, made.added_plans[0])
}

fn revisions(store: &TestStore, profile: ProfileId) -> Vec<&PlanRevision> {
    config(store)
        .plans
        .get(&profile.into())
        .into_iter()
        .flatten()
        .collect()
}

fn edit(plan: PlanId, terms: PlanTerms, effective_from: Option<Timestamp>) -> PlanChange {
    PlanChange::Edit {
        plan,
        terms,
        effective_from,
    }
}

fn end(plan: PlanId, effective_from: Option<Timestamp>) -> PlanChange {
    PlanChange::End {
        plan,
        effective_from,
    }
}

#[test]
fn a_profile_is_made_with_its_plans_in_force_at_once() {
    let (mut store, _) = shop();
    let prices = store
        .run(&CreatePriceList::new("Prices", Currency::EUR).rule(PriceTerms::pages(1, 2)))
        .unwrap();
    let made = store
        .run(
            &CreateProfile::new("Staff")
                .price_list(prices.id)
                .plan(pages(100))
                .plan(PlanTerms {
                    priority: -1,
                    when_exhausted: WhenExhausted::Warn,
                    ..pages(7)
                }),
        )
        .unwrap();
    assert_eq!(made.version, 1);
    assert_eq!(made.added_plans.len(), 2);
    let config = config(&store);
    assert_eq!(config.tenant.version, 3);
    assert_eq!(config.profiles[&made.id].price_list, Some(prices.id));
    let in_force: Vec<(PlanId, i64)> = config
        .plans_at(made.id, store.now)
        .into_iter()
        .map(|plan| (plan.plan, plan.amount))
        .collect();
    assert_eq!(
        in_force,
        [(made.added_plans[1], 7), (made.added_plans[0], 100)]
    );
}

#[test]
fn terms_are_checked() {
    let negative = PlanTerms {
        overdraft: -1,
        ..pages(1)
    };
    let adding_up_to = |cap| PlanTerms {
        verb: ResetVerb::AddUpTo(cap),
        ..pages(1)
    };
    let rolling = PlanTerms {
        schedule: Schedule::rolling(30).unwrap(),
        ..pages(1)
    };
    let table = [
        (pages(-1), Code::NegativeAmount, "amount"),
        (negative, Code::NegativeAmount, "overdraft"),
        (pages(MAX_AMOUNT + 1), Code::AmountOverflow, "amount"),
        (adding_up_to(-1), Code::NegativeAmount, "cap"),
        (adding_up_to(MAX_AMOUNT + 1), Code::AmountOverflow, "cap"),
        (rolling, Code::InvalidValue, "verb"),
    ];
    for (terms, code, field) in table {
        let (mut store, _) = shop();
        let (profile, plan) = staff(&mut store);
        let before = store.records.clone();
        let commands = [
            store.run(&CreateProfile::new("New").plan(terms.clone())),
            store.run(&EditProfile::new(profile).plan(PlanChange::Add(terms.clone()))),
            store.run(&EditProfile::new(profile).plan(edit(plan, terms, None))),
        ];
        for result in commands {
            assert_eq!(refusal(result, "field"), (code, Some(field.to_owned())));
        }
        assert_eq!(store.records, before);
    }
    let (mut store, _) = shop();
    assert!(
        store
            .run(&CreateProfile::new("Most").plan(pages(MAX_AMOUNT)))
            .is_ok()
    );
}

#[test]
fn an_edit_appends_a_revision_that_never_lies_in_the_past() {
    let (store, _) = shop();
    let now = store.now;
    let table = [
        (None, now),
        (Some(now.plus_millis(-DAY)), now),
        (Some(now), now),
        (Some(now.plus_millis(DAY)), now.plus_millis(DAY)),
    ];
    for (asked, expected) in table {
        let (mut store, _) = shop();
        let (profile, plan) = staff(&mut store);
        let saved = store
            .run(&EditProfile::new(profile).plan(edit(plan, pages(50), asked)))
            .unwrap();
        assert_eq!(saved.version, 2);
        let found: Vec<(i32, i64, Timestamp)> = revisions(&store, profile)
            .into_iter()
            .map(|revision| (revision.revision, revision.amount, revision.effective_from))
            .collect();
        assert_eq!(found, [(1, 100, now), (2, 50, expected)], "{asked:?}");
    }
}

#[test]
fn a_revision_never_comes_before_the_newest() {
    let (mut store, _) = shop();
    let (profile, plan) = staff(&mut store);
    let tomorrow = later(&store, DAY);
    let run = |store: &mut TestStore, change| store.run(&EditProfile::new(profile).plan(change));
    run(&mut store, edit(plan, pages(50), Some(tomorrow))).unwrap();
    for change in [
        edit(plan, pages(40), None),
        edit(plan, pages(40), Some(tomorrow.plus_millis(-1))),
        end(plan, None),
    ] {
        assert_eq!(
            refusal(run(&mut store, change), "not_before"),
            (Code::InvalidValue, Some(tomorrow.millis().to_string()))
        );
    }
    // The same instant takes the place of what was to come.
    run(&mut store, edit(plan, pages(100), Some(tomorrow))).unwrap();
    let amount_at = |at| config(&store).plans_at(profile, at)[0].amount;
    assert_eq!(amount_at(store.now), 100);
    assert_eq!(amount_at(tomorrow), 100);
    assert_eq!(revisions(&store, profile).len(), 3);
}

#[test]
fn a_plan_ends_and_keeps_its_revisions() {
    let (mut store, _) = shop();
    let (profile, plan) = staff(&mut store);
    let tomorrow = later(&store, DAY);
    let run = |store: &mut TestStore, change| store.run(&EditProfile::new(profile).plan(change));
    run(&mut store, end(plan, Some(tomorrow))).unwrap();
    assert_eq!(config(&store).plans_at(profile, store.now).len(), 1);
    assert_eq!(config(&store).plans_at(profile, tomorrow).len(), 0);
    // An end that has not come yet is taken back by terms from the same instant on.
    run(&mut store, edit(plan, pages(100), Some(tomorrow))).unwrap();
    assert_eq!(config(&store).plans_at(profile, tomorrow).len(), 1);
    run(&mut store, end(plan, Some(tomorrow))).unwrap();

    store.now = tomorrow;
    for change in [edit(plan, pages(100), None), end(plan, None)] {
        assert_eq!(
            refusal(run(&mut store, change), "ended_at"),
            (Code::InvalidValue, Some(tomorrow.millis().to_string()))
        );
    }
    assert_eq!(revisions(&store, profile).len(), 4);
}

#[test]
fn a_plan_keeps_its_measure_and_its_profile() {
    let (mut store, made) = shop();
    let (profile, plan) = staff(&mut store);
    let sheets = PlanTerms::monthly(Measure::Sheets, 100, TimeZoneName::UTC);
    assert_eq!(
        refusal(
            store.run(&EditProfile::new(profile).plan(edit(plan, sheets, None))),
            "measure"
        ),
        (Code::InvalidValue, Some("total_pages".to_owned()))
    );
    for (profile, plan) in [(made.default_profile, plan), (profile, PlanId(9))] {
        for change in [edit(plan, pages(1), None), end(plan, None)] {
            assert_eq!(
                refusal(store.run(&EditProfile::new(profile).plan(change)), "plan"),
                (Code::UnknownPlan, Some(plan.to_string()))
            );
        }
    }
}

#[test]
fn an_edit_that_changes_nothing_writes_nothing() {
    let (mut store, _) = shop();
    let (profile, plan) = staff(&mut store);
    let before = store.records.clone();
    let events = store.audit_events.len();
    let saved = store
        .run(&EditProfile {
            name: Some("Staff".to_owned()),
            price_list: Some(None),
            ..EditProfile::new(profile).plan(edit(plan, pages(100), None))
        })
        .unwrap();
    assert_eq!(saved.version, 1);
    assert_eq!(store.records, before);
    assert_eq!(store.audit_events.len(), events);
}

#[test]
fn all_of_an_edit_happens_or_nothing() {
    let (mut store, _) = shop();
    let (profile, plan) = staff(&mut store);
    let before = store.records.clone();
    let result = store.run(&EditProfile {
        name: Some("Others".to_owned()),
        ..EditProfile::new(profile)
            .plan(PlanChange::Add(pages(1)))
            .plan(edit(plan, pages(1), None))
            .plan(end(PlanId(9), None))
    });
    assert_eq!(result.unwrap_err().code(), Code::UnknownPlan);
    assert_eq!(store.records, before);
}

#[test]
fn plans_of_groups_and_those_of_one_user_are_bounded() {
    let (mut store, _) = shop();
    let full = |store: &mut TestStore, number: usize| {
        let made = store.run(&CreateGroup::new(format!("Group {number}")));
        let group = made.unwrap().id;
        let plans = (0..MAX_PLANS).map(|_| PlanChange::Add(pages(1)));
        let edit = EditGroup {
            plans: plans.collect(),
            ..EditGroup::new(group)
        };
        (group, edit)
    };
    let mut groups = Vec::new();
    for number in 0..MAX_GROUP_PLANS / MAX_PLANS {
        let (group, edit) = full(&mut store, number);
        let plans = store.run(&edit).unwrap().added_plans;
        groups.push((group, plans));
    }
    let (last, edit) = full(&mut store, MAX_NAMED);
    let one = EditGroup::new(last).plan(PlanChange::Add(pages(1)));
    for edit in [&edit, &one] {
        assert_eq!(
            refusal(store.run(edit), "field"),
            (Code::TooMany, Some("all_group_plans".to_owned()))
        );
    }
    // One that ends elsewhere makes room; nothing of a group has a place in a profile's.
    let (first, plans) = &groups[0];
    let end = EditGroup::new(*first).plan(end(plans[0], None));
    store.run(&end).unwrap();
    store.run(&one).unwrap();
    store
        .run(&CreateProfile::new("Other").plan(pages(1)))
        .unwrap();

    let within = MAX_USER_PLANS / MAX_PLANS;
    let several = |range: std::ops::Range<usize>| -> Vec<_> {
        groups[range].iter().map(|(group, _)| *group).collect()
    };
    let user = |name: &str, groups: Vec<_>| CreateUser {
        groups,
        ..CreateUser::named(name)
    };
    let ann = store
        .run(&user("Ann", several(1..within + 1)))
        .unwrap()
        .user
        .id;
    let expected = (Code::TooMany, Some("plans".to_owned()));
    let ben = user("Ben", several(1..within + 2));
    assert_eq!(refusal(store.run(&ben), "field"), expected);
    let join = |group| EditUser {
        join: vec![group],
        ..EditUser::of(ann, None)
    };
    assert_eq!(
        refusal(store.run(&join(groups[within + 1].0)), "field"),
        expected
    );
    let empty = store.run(&CreateGroup::new("Empty")).unwrap().id;
    store.run(&join(empty)).unwrap();
}

#[test]
fn plans_and_revisions_are_bounded() {
    let (mut store, _) = shop();
    let most = (0..MAX_PLANS).fold(CreateProfile::new("Most"), |make, _| make.plan(pages(1)));
    let made = store.run(&most).unwrap();
    let more = EditProfile::new(made.id).plan(PlanChange::Add(pages(1)));
    assert_eq!(
        refusal(store.run(&more), "limit"),
        (Code::TooMany, Some(MAX_PLANS.to_string()))
    );
    // One that ends makes room.
    let swap = more.plan(end(made.added_plans[0], None));
    assert!(store.run(&swap).is_ok());

    let (profile, plan) = staff(&mut store);
    let edits = |count: usize| {
        (0..count).fold(EditProfile::new(profile), |edits, at| {
            edits.plan(edit(plan, pages(at as i64), None))
        })
    };
    store.run(&edits(MAX_REVISIONS - 1)).unwrap();
    assert_eq!(
        refusal(store.run(&edits(1)), "limit"),
        (Code::TooMany, Some(MAX_REVISIONS.to_string()))
    );
}

/// Charges three pages to Bob, the same job each time.
fn charged(store: &mut TestStore) -> Receipt {
    let charge = Charge::new(UserReference::username("bob"), "job", Usage::pages(3));
    store.run(&charge).unwrap()
}

#[test]
fn receipts_outlive_the_profile_whose_plan_fed_the_wallet() {
    let (mut store, made) = shop();
    let (profile, plan) = staff(&mut store);
    let mut bob = CreateUser::named("Bob").username("bob");
    bob.fields.profile = Some(profile);
    let bob = store.run(&bob).unwrap().user.id;
    let receipt = charged(&mut store);
    assert_eq!(receipt.lines[0].measure, Measure::TotalPages);

    let delete = DeleteProfile::new(profile);
    assert_eq!(store.run(&delete).unwrap_err().code(), Code::InUse);
    let mut moved = EditUser::of(bob, None);
    moved.set.profile = Some(made.default_profile);
    store.run(&moved).unwrap();
    store.now = later(&store, DAY);
    store.run(&delete).unwrap();

    assert_eq!(show::<Profile>(config(&store), profile), None);
    let kept: Vec<(PlanId, i32, bool, Timestamp)> = revisions(&store, profile)
        .into_iter()
        .map(|kept| (kept.plan, kept.revision, kept.ended, kept.effective_from))
        .collect();
    let ended = (plan, 2, true, store.now);
    assert_eq!(kept, [(plan, 1, false, later(&store, -DAY)), ended]);
    assert_eq!(charged(&mut store), receipt);
}

#[test]
fn plans_of_a_deleted_profile_end_once_and_not_before_what_was_to_come() {
    let (mut store, made) = shop();
    let (profile, running) = staff(&mut store);
    let more = EditProfile::new(profile)
        .plan(PlanChange::Add(pages(1)))
        .plan(PlanChange::Add(pages(2)));
    let added = store.run(&more).unwrap().added_plans;
    let (coming, ended) = (added[0], added[1]);
    let tomorrow = later(&store, DAY);
    let edits = EditProfile::new(profile)
        .plan(edit(coming, pages(9), Some(tomorrow)))
        .plan(end(ended, None));
    store.run(&edits).unwrap();
    let mut bob = CreateUser::named("Bob");
    bob.fields.profile = Some(profile);
    let mut moved = EditUser::of(store.run(&bob).unwrap().user.id, None);
    moved.set.profile = Some(made.default_profile);
    store.run(&moved).unwrap();
    store.run(&DeleteProfile::new(profile)).unwrap();

    let newest = |plan| {
        let mut revisions = config(&store).plans.values().flatten();
        let newest = revisions.rfind(|revision| revision.plan == plan).unwrap();
        assert!(newest.ended);
        (newest.revision, newest.effective_from)
    };
    assert_eq!(newest(running), (2, store.now));
    assert_eq!(newest(coming), (3, tomorrow));
    assert_eq!(newest(ended), (2, store.now));
}

#[test]
fn the_revisions_of_all_profiles_are_bounded() {
    let (mut store, _) = shop();
    let (profile, plan) = staff(&mut store);
    let mut full = config(&store).clone();
    let template = full.plans[&profile.into()][0].clone();
    let other = ProfileId(7);
    let rows = (0..MAX_PLAN_ROWS - 2).map(|at| PlanRevision {
        plan: PlanId(1_000_000 + at as i64),
        owner: other.into(),
        ..template.clone()
    });
    full.plans.insert(other.into(), rows.collect());
    store.put(
        Key::Config(TestStore::TENANT),
        Record::Config(std::sync::Arc::new(full)),
    );
    let mut run =
        |amount| store.run(&EditProfile::new(profile).plan(edit(plan, pages(amount), None)));
    run(1).unwrap();
    assert_eq!(
        refusal(run(2), "limit"),
        (Code::TooMany, Some(MAX_PLAN_ROWS.to_string()))
    );
}

#[test]
fn a_profile_names_a_price_list_that_is_there_and_not_retired() {
    let (mut store, _) = shop();
    let prices = store
        .run(&CreatePriceList::new("Prices", Currency::EUR).rule(PriceTerms::pages(1, 2)))
        .unwrap();
    let (profile, _) = staff(&mut store);
    let name = |list| EditProfile {
        price_list: Some(Some(list)),
        ..EditProfile::new(profile)
    };
    store.run(&name(prices.id)).unwrap();
    store.run(&RetirePriceList::new(prices.id)).unwrap();
    // Whoever has it keeps it.
    assert_eq!(store.run(&name(prices.id)).unwrap().version, 2);
    let wanted = [
        (prices.id, Code::Retired),
        (PriceListId(9), Code::UnknownPriceList),
    ];
    for (list, code) in wanted {
        let result = store.run(&CreateProfile::new("New").price_list(list));
        assert_eq!(result.unwrap_err().code(), code);
    }
    let none = EditProfile {
        price_list: Some(None),
        ..EditProfile::new(profile)
    };
    store.run(&none).unwrap();
    assert_eq!(
        store.run(&name(prices.id)).unwrap_err().code(),
        Code::Retired
    );
    assert_eq!(
        show::<Profile>(config(&store), profile).unwrap().price_list,
        None
    );
}
