//! What users miss while they are inactive or have another profile; and that it does not matter
//! when, how often and by whom schedules are run.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::store::*;
use crate::configuration::{EditGroup, EditProfile, PlanChange, PlanTerms};
use crate::ids::{PlanId, ProfileId, UserId};
use crate::ledger::{Adjust, Authorise, Cancel, Charge, SettleDue, Usage, WalletName};
use crate::measure::Measure;
use crate::people::*;
use crate::records::{PlanOwner, PlanRevision, Verb, WalletKey, WalletKind};
use crate::schedule::{ResetVerb, Schedule, TimeOfDay};
use crate::time::{TimeZoneName, Timestamp};

const HOUR: i64 = 3_600_000;
const PLAN: PlanId = PlanId(1);
const OTHER_PLAN: PlanId = PlanId(2);
const GROUP_PLAN: PlanId = PlanId(3);
const MINUTES_PAST: i64 = 7 * 60_000;
/// 2026-09-01T00:00Z.
const MIDNIGHT: i64 = 1_788_220_800_000;

/// A hundred pages every day, added.
fn terms(run_if_missed: bool) -> PlanTerms {
    PlanTerms {
        schedule: Schedule::Daily,
        verb: ResetVerb::Add,
        run_if_missed,
        ..PlanTerms::monthly(Measure::TotalPages, 100, TimeZoneName::UTC)
    }
}

pub(super) fn revision(
    plan: PlanId,
    owner: impl Into<PlanOwner>,
    terms: &PlanTerms,
) -> PlanRevision {
    PlanRevision {
        tenant: TENANT,
        plan,
        revision: 1,
        owner: owner.into(),
        effective_from: Timestamp::EPOCH,
        priority: 0,
        measure: terms.measure,
        amount: terms.amount,
        schedule: terms.schedule.clone(),
        time_of_day: terms.time_of_day,
        time_zone: terms.time_zone,
        verb: terms.verb,
        run_if_missed: terms.run_if_missed,
        suspended: terms.suspended,
        when_exhausted: terms.when_exhausted,
        overdraft: terms.overdraft,
        low_balances: terms.low_balances.clone(),
        ended: false,
    }
}

/// A company where staff has one plan and guests another, and Ann of the staff, new at midnight.
fn company(staff: &PlanTerms) -> (Store, UserId) {
    let (mut store, _) = Store::with_administrator();
    store.configure(|config| {
        let plan = revision(PLAN, STAFF, staff);
        config.plans.insert(STAFF.into(), vec![plan]);
        let plan = revision(OTHER_PLAN, GUESTS, &terms(false));
        config.plans.insert(GUESTS.into(), vec![plan]);
        let plan = revision(GROUP_PLAN, PRESS, &terms(true));
        config.plans.insert(PRESS.into(), vec![plan]);
    });
    store.now = hours(0);
    let ann = store.create("ann").user.id;
    (store, ann)
}

fn hours(hours: i64) -> Timestamp {
    Timestamp::from_millis(MIDNIGHT + hours * HOUR)
}

fn set_active(store: &mut Store, user: UserId, at: i64, active: bool) {
    store.now = hours(at);
    let mut edit = EditUser::of(user, None);
    edit.set.active = Some(active);
    store.host(&edit).unwrap();
}

fn set_profile(store: &mut Store, user: UserId, at: i64, profile: ProfileId) {
    store.now = hours(at);
    let mut edit = EditUser::of(user, None);
    edit.set.profile = Some(profile);
    store.host(&edit).unwrap();
}

fn settle(store: &mut Store, user: UserId, at: i64) {
    store.now = hours(at);
    store.host(&SettleDue::of(user)).unwrap();
}

/// At which hours the staff's plan gave, after it gave first, and how much.
fn given(store: &Store) -> Vec<(i64, i64)> {
    let resets = store.entries.iter().filter(|entry| {
        entry.kind == WalletKind::Allowance && entry.feed == PLAN.0 && entry.verb == Verb::Reset
    });
    let hour = |at: Option<Timestamp>| (at.unwrap().millis() - MIDNIGHT) / HOUR;
    resets
        .map(|entry| (hour(entry.due_at), entry.amount))
        .collect()
}

#[test]
fn what_an_inactive_user_misses_is_made_up_for_once_or_lost() {
    for (run_if_missed, expected) in [
        (false, &[(24, 100), (120, 100)][..]),
        (true, &[(24, 100), (108, 100), (120, 100)]),
    ] {
        // Whether or not anybody looks meanwhile.
        for touched in [&[][..], &[40, 60, 100]] {
            let (mut store, ann) = company(&terms(run_if_missed));
            set_active(&mut store, ann, 36, false);
            for at in touched {
                settle(&mut store, ann, *at);
            }
            set_active(&mut store, ann, 108, true);
            settle(&mut store, ann, 130);
            assert_eq!(given(&store), expected, "{run_if_missed} {touched:?}");
        }
    }
}

#[test]
fn what_a_group_gives_is_made_up_for_though_the_profile_is_another_one_too() {
    let (mut store, ann) = company(&terms(true));
    let mut edit = EditUser::of(ann, None);
    edit.join.push(PRESS);
    store.now = hours(1);
    store.host(&edit).unwrap();
    set_active(&mut store, ann, 2, false);
    let mut edit = EditUser::of(ann, None);
    edit.set.active = Some(true);
    edit.set.profile = Some(GUESTS);
    store.now = hours(30);
    store.host(&edit).unwrap();
    let resets = store
        .entries
        .iter()
        .filter(|entry| entry.verb == Verb::Reset);
    let feeds: Vec<_> = resets.map(|entry| entry.feed).collect();
    assert_eq!(feeds, [GROUP_PLAN.0]);
}

#[test]
fn what_a_suspended_plan_lets_pass_is_missed_whether_or_not_anybody_looked_before() {
    for looks in [false, true] {
        let suspended = PlanTerms {
            suspended: true,
            ..terms(false)
        };
        let (mut store, ann) = company(&suspended);
        if looks {
            settle(&mut store, ann, 1);
        }
        // What was due was Ann's to miss, so that nothing is made up for when she is back.
        set_profile(&mut store, ann, 30, GUESTS);
        let change = PlanChange::Edit {
            plan: PLAN,
            terms: terms(false),
            effective_from: Some(hours(40)),
        };
        store.host(&EditProfile::new(STAFF).plan(change)).unwrap();
        set_profile(&mut store, ann, 40, STAFF);
        settle(&mut store, ann, 50);
        assert_eq!(given(&store), [(48, 100)], "{looks}");
    }
}

#[test]
fn who_was_inactive_between_two_due_instants_missed_nothing() {
    let (mut store, ann) = company(&terms(true));
    set_active(&mut store, ann, 1, false);
    set_active(&mut store, ann, 23, true);
    settle(&mut store, ann, 30);
    assert_eq!(given(&store), [(24, 100)]);
}

#[test]
fn the_instant_of_a_change_belongs_to_what_was_before() {
    let (mut store, ann) = company(&terms(false));
    set_active(&mut store, ann, 24, false);
    set_active(&mut store, ann, 48, true);
    settle(&mut store, ann, 73);
    assert_eq!(given(&store), [(24, 100), (72, 100)]);
}

#[test]
fn while_a_plan_is_suspended_nothing_is_made_up_for() {
    let (mut store, ann) = company(&terms(true));
    let edit = |suspended| {
        let terms = PlanTerms {
            suspended,
            ..terms(true)
        };
        EditProfile::new(STAFF).plan(PlanChange::Edit {
            plan: PLAN,
            terms,
            effective_from: None,
        })
    };
    set_active(&mut store, ann, 30, false);
    store.now = hours(50);
    store.host(&edit(true)).unwrap();
    set_active(&mut store, ann, 60, true);
    settle(&mut store, ann, 80);
    assert_eq!(given(&store), [(24, 100)]);
    store.now = hours(90);
    store.host(&edit(false)).unwrap();
    settle(&mut store, ann, 100);
    assert_eq!(given(&store), [(24, 100), (90, 100), (96, 100)]);
}

#[test]
fn nobody_is_told_of_a_reset_while_inactive() {
    let (mut store, ann) = company(&terms(true));
    let next = |store: &Store| {
        let details = store.details(crate::command::Actor::Host, ann, None);
        let wallets = details.unwrap().unwrap().wallets.unwrap();
        wallets.first().unwrap().next_reset_at
    };
    assert_eq!(next(&store), Some(hours(24)));
    set_active(&mut store, ann, 36, false);
    assert_eq!(next(&store), None);
    set_active(&mut store, ann, 50, true);
    assert_eq!(next(&store), Some(hours(72)));
}

#[test]
fn whoever_comes_back_to_a_profile_after_it_gave_is_given_to_once() {
    for run_if_missed in [false, true] {
        // Back within a day: nothing was due meanwhile.
        let (mut store, ann) = company(&terms(run_if_missed));
        set_profile(&mut store, ann, 30, GUESTS);
        set_profile(&mut store, ann, 40, STAFF);
        settle(&mut store, ann, 50);
        assert_eq!(given(&store), [(24, 100), (48, 100)]);
        // Back days later.
        let (mut store, ann) = company(&terms(run_if_missed));
        set_profile(&mut store, ann, 30, GUESTS);
        set_profile(&mut store, ann, 100, STAFF);
        settle(&mut store, ann, 130);
        assert_eq!(given(&store), [(24, 100), (100, 100), (120, 100)]);
    }
}

#[test]
fn what_was_missed_before_a_profile_was_left_is_made_up_for_when_the_user_is_back() {
    for (run_if_missed, expected) in [(false, &[(24, 100)][..]), (true, &[(24, 100), (60, 100)])] {
        let (mut store, ann) = company(&terms(run_if_missed));
        set_active(&mut store, ann, 25, false);
        // Midnight at 48 passes by. The profile is left and joined between two due instants.
        set_profile(&mut store, ann, 50, GUESTS);
        set_active(&mut store, ann, 55, true);
        set_profile(&mut store, ann, 60, STAFF);
        settle(&mut store, ann, 65);
        assert_eq!(given(&store), expected, "{run_if_missed}");
        settle(&mut store, ann, 70);
        assert_eq!(given(&store), expected, "twice, {run_if_missed}");
    }
}

#[test]
fn whoever_is_back_twice_at_one_instant_is_made_up_to_when_active() {
    for (run_if_missed, expected) in [(false, &[(24, 100)][..]), (true, &[(24, 100), (100, 100)])] {
        let (mut store, ann) = company(&terms(run_if_missed));
        set_active(&mut store, ann, 25, false);
        set_profile(&mut store, ann, 30, GUESTS);
        // Back while inactive: what was due meanwhile is missed.
        set_profile(&mut store, ann, 100, STAFF);
        settle(&mut store, ann, 100);
        set_profile(&mut store, ann, 100, GUESTS);
        set_active(&mut store, ann, 100, true);
        set_profile(&mut store, ann, 100, STAFF);
        settle(&mut store, ann, 100);
        assert_eq!(given(&store), expected, "{run_if_missed}");
        settle(&mut store, ann, 110);
        assert_eq!(given(&store), expected, "twice, {run_if_missed}");
    }
}

/// Something that happens after some hours.
#[derive(Clone, Debug)]
enum Step {
    Print(i64),
    Adjust(i64),
    Hold { pages: i64, hours: i64 },
    Active(bool),
    Profile(ProfileId),
    Edit { later: i64, terms: PlanTerms },
    Member(bool),
    EditGroup { later: i64, terms: PlanTerms },
    Cancel(usize),
}

fn steps() -> impl Strategy<Value = Vec<(i64, Step)>> {
    let step = prop_oneof![
        4 => (0_i64..40).prop_map(Step::Print),
        1 => (-20_i64..40).prop_map(Step::Adjust),
        2 => (0_i64..20, 1_i64..200).prop_map(|(pages, hours)| Step::Hold { pages, hours }),
        2 => any::<bool>().prop_map(Step::Active),
        1 => prop_oneof![Just(STAFF), Just(GUESTS)].prop_map(Step::Profile),
        2 => (0_i64..60, any_terms()).prop_map(|(later, terms)| Step::Edit { later, terms }),
        3 => any::<bool>().prop_map(Step::Member),
        1 => (0_i64..60, any_terms()).prop_map(|(later, terms)| Step::EditGroup { later, terms }),
        1 => (0_usize..20).prop_map(Step::Cancel),
    ];
    proptest::collection::vec((0_i64..80, step), 1..20)
}

fn any_terms() -> impl Strategy<Value = PlanTerms> {
    let schedule = prop_oneof![
        Just("daily"),
        Just("weekly:friday"),
        Just("monthly:1"),
        Just("dates:2026-09-03 2026-09-10 2026-09-11"),
        Just("never"),
        Just("rolling:3"),
        Just("once:2026-09-07"),
    ];
    let verb = prop_oneof![
        Just(ResetVerb::SetTo),
        Just(ResetVerb::Add),
        Just(ResetVerb::AddUpTo(150)),
        Just(ResetVerb::RaiseTo),
        Just(ResetVerb::ZeroUsage),
    ];
    let amount = prop_oneof![Just(100_i64), Just(0), 50_i64..150];
    let zone = prop_oneof![Just("UTC"), Just("America/Sao_Paulo")];
    let time = prop_oneof![Just("00:00"), Just("06:30")];
    (schedule, verb, amount, zone, time, any::<(bool, bool)>()).prop_map(
        |(schedule, verb, amount, zone, time, (run_if_missed, suspended))| PlanTerms {
            schedule: Schedule::parse(schedule).unwrap(),
            verb: match schedule {
                "rolling:3" => ResetVerb::ZeroUsage,
                _ => verb,
            },
            time_of_day: TimeOfDay::parse(time).unwrap(),
            run_if_missed,
            suspended,
            ..PlanTerms::monthly(
                Measure::TotalPages,
                amount,
                TimeZoneName::parse(zone).unwrap(),
            )
        },
    )
}

/// Does a step some minutes past an hour: whoever sweeps in the very millisecond in which a plan is
/// edited that is due in it does so before or after.
fn take(store: &mut Store, ann: UserId, number: usize, now: i64, step: &Step) {
    store.now = hours(now).plus_millis(MINUTES_PAST);
    let key = number.to_string();
    let print = |pages| Charge::new(ann, key.as_str(), Usage::pages(pages));
    let wallet = WalletName::Allowance(PLAN);
    // Whatever is refused is refused whether or not somebody swept.
    match step {
        Step::Print(pages) => drop(store.host(&print(*pages))),
        Step::Adjust(amount) => {
            let adjust = Adjust::new(ann, wallet, *amount, "by hand", key.as_str());
            drop(store.host(&adjust));
        }
        Step::Hold { pages, hours } => {
            let hold = Authorise {
                job: print(*pages),
                expires_in_ms: Some(hours * HOUR),
            };
            drop(store.host(&hold));
        }
        Step::Active(active) => {
            let mut edit = EditUser::of(ann, None);
            edit.set.active = Some(*active);
            store.host(&edit).unwrap();
        }
        Step::Profile(profile) => {
            let mut edit = EditUser::of(ann, None);
            edit.set.profile = Some(*profile);
            store.host(&edit).unwrap();
        }
        Step::Edit { later, terms } => {
            let change = PlanChange::Edit {
                plan: PLAN,
                terms: terms.clone(),
                effective_from: (*later > 0).then(|| hours(now + later)),
            };
            drop(store.host(&EditProfile::new(STAFF).plan(change)));
        }
        Step::Member(member) => {
            let mut edit = EditUser::of(ann, None);
            match member {
                true => edit.join.push(PRESS),
                false => edit.leave.push(PRESS),
            }
            store.host(&edit).unwrap();
        }
        Step::EditGroup { later, terms } => {
            let change = PlanChange::Edit {
                plan: GROUP_PLAN,
                terms: terms.clone(),
                effective_from: (*later > 0).then(|| hours(now + later)),
            };
            drop(store.host(&EditGroup::new(PRESS).plan(change)));
        }
        Step::Cancel(nth) => {
            let holds = store.entries.iter().filter_map(|entry| entry.hold);
            let holds: BTreeSet<_> = holds.collect();
            if let Some(hold) = holds.into_iter().nth(*nth) {
                drop(store.host(&Cancel::new(hold, key.as_str())));
            }
        }
    }
}

/// The ledger of every wallet, and how each stands: all but when it was decided, and by which id.
fn ledger(store: &Store, ann: UserId) -> Vec<String> {
    let Some(crate::view::Record::Wallets(wallets)) =
        store.records.get(&crate::view::Key::Wallets(TENANT, ann.0))
    else {
        return Vec::new();
    };
    let lines = |key: WalletKey| {
        let own = store
            .entries
            .iter()
            .filter(move |entry| entry.wallet() == key);
        own.map(|entry| {
            let amounts = (
                entry.amount,
                entry.held,
                entry.balance_after,
                entry.held_after,
            );
            format!(
                "{} {:?} {amounts:?} {:?}",
                entry.sequence, entry.verb, entry.due_at
            )
        })
    };
    let mut all = Vec::new();
    for wallet in &wallets.wallets {
        all.extend(lines(wallet.key()));
        let amounts = (
            wallet.balance,
            wallet.held,
            wallet.spent,
            wallet.used,
            wallet.given,
            wallet.taken_back,
        );
        all.push(format!(
            "{:?} {amounts:?} {}",
            wallet.key(),
            wallet.used_by_day
        ));
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// A company where nobody sweeps and one where somebody sweeps every hour have the same ledger.
    #[test]
    fn lazily_and_by_sweep_the_ledger_is_the_same(first in any_terms(), steps in steps()) {
        let (mut lazy, ann) = company(&first);
        let (mut swept, _) = company(&first);
        let mut now = 0;
        for (number, (pause, step)) in steps.iter().enumerate() {
            for hour in now..=now + pause {
                settle(&mut swept, ann, hour);
            }
            now += pause;
            take(&mut lazy, ann, number, now, step);
            take(&mut swept, ann, number, now, step);
        }
        settle(&mut lazy, ann, now + 1_000);
        settle(&mut swept, ann, now + 1_000);
        prop_assert_eq!(ledger(&lazy, ann), ledger(&swept, ann));
    }
}
