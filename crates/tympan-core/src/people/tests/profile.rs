use super::store::*;
use crate::ids::{PlanId, ProfileId};
use crate::ledger::Thresholds;
use crate::measure::Measure;
use crate::people::*;
use crate::records::{PlanRevision, Verb, WhenExhausted};
use crate::schedule::{ResetVerb, Schedule, TimeOfDay};
use crate::time::{TimeZoneName, Timestamp};

const DAY_MS: i64 = 24 * 3_600 * 1_000;
const STAFF_PLAN: PlanId = PlanId(1);
const GUEST_PLAN: PlanId = PlanId(2);

fn plan(plan: PlanId, profile: ProfileId, amount: i64) -> PlanRevision {
    PlanRevision {
        tenant: TENANT,
        plan,
        revision: 1,
        owner: profile.into(),
        effective_from: Timestamp::EPOCH,
        priority: 1,
        measure: Measure::TotalPages,
        amount,
        schedule: Schedule::FIRST_OF_MONTH,
        time_of_day: TimeOfDay::MIDNIGHT,
        time_zone: TimeZoneName::UTC,
        verb: ResetVerb::SetTo,
        run_if_missed: false,
        suspended: false,
        when_exhausted: WhenExhausted::Refuse,
        overdraft: 0,
        low_balances: Thresholds::default(),
        ended: false,
    }
}

#[test]
fn a_new_profile_feeds_from_then_on_and_the_old_one_is_settled_first() {
    let (mut store, _) = Store::with_administrator();
    store.configure(|config| {
        config
            .plans
            .insert(STAFF.into(), vec![plan(STAFF_PLAN, STAFF, 100)]);
        config
            .plans
            .insert(GUESTS.into(), vec![plan(GUEST_PLAN, GUESTS, 20)]);
    });
    let created_at = store.now;
    let ann = store.create("ann").user.id;
    assert!(store.entries.is_empty());

    store.now = store.now.plus_millis(10 * DAY_MS);
    let mut edit = EditUser::of(ann, None);
    edit.set.office = Some("1".into());
    store.host(&edit).unwrap();
    assert!(store.entries.is_empty());
    assert_eq!(store.user(ann).profile_since, created_at);

    edit.set.profile = Some(GUESTS);
    let user = store.host(&edit).unwrap().user;
    assert_eq!((user.profile, user.profile_since), (GUESTS, store.now));
    let written: Vec<_> = store
        .entries
        .iter()
        .map(|entry| (entry.verb, entry.feed, entry.amount, entry.due_at))
        .collect();
    assert_eq!(
        written,
        [(Verb::Grant, STAFF_PLAN.0, 100, Some(created_at))]
    );

    let details = store
        .details(crate::command::Actor::Host, ann, None)
        .unwrap()
        .unwrap();
    let wallets: Vec<_> = details
        .wallets
        .unwrap()
        .iter()
        .map(|standing| (standing.feed, standing.available, standing.balance))
        .collect();
    assert_eq!(wallets, [(GUEST_PLAN.0, 20, 20)]);
    assert_eq!(details.profile.name, "Guests");
}

#[test]
fn a_clock_that_went_back_moves_nothing_back() {
    let (mut store, _) = Store::with_administrator();
    store.configure(|config| {
        config
            .plans
            .insert(STAFF.into(), vec![plan(STAFF_PLAN, STAFF, 100)]);
        config
            .plans
            .insert(GUESTS.into(), vec![plan(GUEST_PLAN, GUESTS, 20)]);
    });
    store.now = store.now.plus_millis(DAY_MS);
    let late = store.now;
    let ann = store.create("ann").user.id;
    let profile = |profile| {
        let mut edit = EditUser::of(ann, None);
        edit.set.profile = Some(profile);
        edit
    };
    store.host(&profile(GUESTS)).unwrap();
    store.now = store.now.plus_millis(-DAY_MS);
    let user = store.host(&profile(STAFF)).unwrap().user;
    assert_eq!((user.profile_since, user.updated_at), (late, late));
}
