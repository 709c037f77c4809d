//! What plans give, when, and what becomes of it. Hours are those after the first midnight, in UTC.

use super::*;

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;
/// The midnight after the shop opens.
const MIDNIGHT: i64 = START + DAY / 2;

/// A hundred pages every day.
fn daily(verb: ResetVerb) -> PlanRevision {
    PlanRevision {
        measure: Measure::TotalPages,
        schedule: Schedule::Daily,
        time_zone: TimeZoneName::UTC,
        verb,
        ..plan(1, START, 100)
    }
}

/// A later revision of a plan, from the midnight after so many days on.
fn later(plan: &PlanRevision, days: i64) -> PlanRevision {
    PlanRevision {
        revision: plan.revision + 1,
        effective_from: at(MIDNIGHT + days * DAY),
        ..plan.clone()
    }
}

/// Goes to a time so many hours after the first midnight, and settles what fell due.
fn settle_at(store: &mut TestStore, hours: i64) -> i32 {
    store.now = at(MIDNIGHT + hours * HOUR);
    store.run(&SettleDue::of(FREE)).unwrap()
}

fn print(store: &mut TestStore, key: &str, pages: i64) {
    charge(store, FREE, key, pages).unwrap();
}

fn by_hand(store: &mut TestStore, key: &str, amount: i64) {
    let wallet = WalletName::Allowance(MONTHLY);
    store
        .run(&Adjust::new(FREE, wallet, amount, "by hand", key))
        .unwrap();
}

/// What the plan gave: after how many days and hours it was due, how much, and the balance then.
fn given(store: &TestStore) -> Vec<(String, i64, i64)> {
    let feeds = |entry: &&Arc<crate::records::Entry>| {
        entry.kind == WalletKind::Allowance && matches!(entry.verb, Verb::Grant | Verb::Reset)
    };
    let line = |entry: &Arc<crate::records::Entry>| {
        let hours = (entry.due_at.unwrap().millis() - MIDNIGHT) / HOUR;
        let due = format!("{}d{:02}h", hours.div_euclid(24), hours.rem_euclid(24));
        (due, entry.amount, entry.balance_after)
    };
    store.entries.iter().filter(feeds).map(line).collect()
}

fn resets(store: &TestStore) -> Vec<(String, i64, i64)> {
    given(store).split_off(1)
}

fn lines(expected: &[(&str, i64, i64)]) -> Vec<(String, i64, i64)> {
    let own = |(due, amount, balance): &(&str, i64, i64)| ((*due).to_owned(), *amount, *balance);
    expected.iter().map(own).collect()
}

fn allowance(store: &TestStore) -> Wallet {
    let mut wallets = wallets(store, FREE).wallets.into_iter();
    wallets
        .find(|wallet| wallet.kind == WalletKind::Allowance)
        .unwrap()
}

#[test]
fn each_verb_does_something_else_with_what_is_left() {
    for (verb, expected) in [
        // Used 30; used 10 after 50 by hand; not used at all.
        (
            ResetVerb::SetTo,
            &[("0d00h", 30, 100), ("1d00h", -40, 100)][..],
        ),
        (
            ResetVerb::Add,
            &[
                ("0d00h", 100, 170),
                ("1d00h", 100, 310),
                ("2d00h", 100, 410),
            ],
        ),
        (
            ResetVerb::AddUpTo(150),
            &[("0d00h", 80, 150), ("1d00h", 0, 190)],
        ),
        (ResetVerb::RaiseTo, &[("0d00h", 30, 100), ("1d00h", 0, 140)]),
        (
            ResetVerb::ZeroUsage,
            &[("0d00h", 30, 100), ("1d00h", 10, 150)],
        ),
    ] {
        let mut store = shop_with(vec![daily(verb)]);
        print(&mut store, "a", 30);
        assert_eq!(allowance(&store).used, 30);
        settle_at(&mut store, 12);
        by_hand(&mut store, "b", 50);
        print(&mut store, "c", 10);
        settle_at(&mut store, 60);
        assert_eq!(
            given(&store).first(),
            Some(&("-1d12h".to_owned(), 100, 100)),
            "{verb}"
        );
        assert_eq!(resets(&store), lines(expected), "{verb}");
        let wallet = allowance(&store);
        assert_eq!(
            (wallet.used, wallet.spent),
            (0, 40),
            "{verb}: used anew, spent ever"
        );
    }
}

#[test]
fn a_rolling_plan_gives_back_what_is_looked_back_on_no_longer() {
    let mut store = shop_with(vec![PlanRevision {
        schedule: Schedule::rolling(2).unwrap(),
        ..daily(ResetVerb::ZeroUsage)
    }]);
    for (hours, pages) in [(12, 30), (36, 20), (108, 50)] {
        store.now = at(MIDNIGHT + hours * HOUR);
        print(&mut store, &hours.to_string(), pages);
    }
    assert_eq!(allowance(&store).used, 50);
    settle_at(&mut store, 228);
    let expected = [("2d00h", 30, 80), ("3d00h", 20, 100), ("6d00h", 50, 100)];
    assert_eq!(resets(&store), lines(&expected));
    assert_eq!(allowance(&store).used, 0);
}

#[test]
fn what_is_missed_while_suspended_is_made_up_for_once_or_lost() {
    for (run_if_missed, expected) in [
        (false, &[("0d00h", 100, 200), ("6d00h", 100, 300)][..]),
        (
            true,
            &[
                ("0d00h", 100, 200),
                ("5d12h", 100, 300),
                ("6d00h", 100, 400),
            ],
        ),
    ] {
        let running = PlanRevision {
            run_if_missed,
            ..daily(ResetVerb::Add)
        };
        let suspended = PlanRevision {
            suspended: true,
            ..later(&running, 1)
        };
        let resumed = PlanRevision {
            effective_from: at(MIDNIGHT + 5 * DAY + DAY / 2),
            suspended: false,
            ..later(&suspended, 0)
        };
        for touched in [&[156][..], &[12, 60, 108, 156], &[72, 132, 144, 156]] {
            let plans = vec![running.clone(), suspended.clone(), resumed.clone()];
            let mut store = shop_with(plans);
            for hours in touched {
                settle_at(&mut store, *hours);
            }
            assert_eq!(
                resets(&store),
                lines(expected),
                "{run_if_missed} {touched:?}"
            );
        }
    }
}

#[test]
fn a_plan_that_resumes_the_moment_it_is_due_gives_once() {
    let running = PlanRevision {
        run_if_missed: true,
        ..daily(ResetVerb::Add)
    };
    let suspended = PlanRevision {
        suspended: true,
        ..later(&running, 1)
    };
    let resumed = PlanRevision {
        suspended: false,
        ..later(&suspended, 3)
    };
    let mut store = shop_with(vec![running, suspended, resumed]);
    settle_at(&mut store, 84);
    assert_eq!(
        resets(&store),
        lines(&[("0d00h", 100, 200), ("3d00h", 100, 300)])
    );
}

#[test]
fn whoever_gets_a_suspended_plan_is_given_its_amount_and_no_more() {
    let mut store = shop_with(vec![PlanRevision {
        suspended: true,
        ..daily(ResetVerb::Add)
    }]);
    settle_at(&mut store, 228);
    assert_eq!(given(&store), lines(&[("-1d12h", 100, 100)]));
    assert_eq!(allowance(&store).next_due_at, None);
}

#[test]
fn a_revision_decides_from_its_first_instant_on() {
    let first = daily(ResetVerb::SetTo);
    let more = PlanRevision {
        amount: 150,
        ..later(&first, 1)
    };
    let ended = PlanRevision {
        ended: true,
        ..later(&more, 3)
    };
    // Lazily or not, a plan gives up to its end and not later.
    for touched in [&[228][..], &[12, 24, 48, 72, 228]] {
        let mut store = shop_with(vec![first.clone(), more.clone(), ended.clone()]);
        for hours in touched {
            settle_at(&mut store, *hours);
        }
        assert_eq!(
            given(&store),
            lines(&[("-1d12h", 100, 100), ("1d00h", 50, 150)])
        );
    }
}

#[test]
fn usage_that_is_zeroed_brings_an_edited_amount_with_it() {
    let first = daily(ResetVerb::ZeroUsage);
    let less = PlanRevision {
        amount: 60,
        ..later(&first, 1)
    };
    let mut store = shop_with(vec![first, less]);
    print(&mut store, "a", 30);
    by_hand(&mut store, "b", 5);
    settle_at(&mut store, 108);
    assert_eq!(
        resets(&store),
        lines(&[("0d00h", 30, 105), ("1d00h", -40, 65)])
    );
}

#[test]
fn a_zone_under_another_name_gives_nothing_twice() {
    let kiev = PlanRevision {
        schedule: Schedule::FIRST_OF_MONTH,
        time_zone: TimeZoneName::parse("Europe/Kiev").unwrap(),
        ..daily(ResetVerb::Add)
    };
    let kyiv = PlanRevision {
        time_zone: TimeZoneName::parse("Europe/Kyiv").unwrap(),
        effective_from: at(MIDNIGHT + 40 * DAY),
        ..later(&kiev, 0)
    };
    let mut store = shop_with(vec![kiev, kyiv]);
    settle_at(&mut store, 984);
    settle_at(&mut store, 1560);
    // The first of October in summer time, of November in winter time.
    assert_eq!(
        resets(&store),
        lines(&[("28d21h", 100, 200), ("59d22h", 100, 300)])
    );
}

#[test]
fn a_clock_that_goes_back_gives_nothing_twice() {
    let mut store = shop_with(vec![daily(ResetVerb::Add)]);
    settle_at(&mut store, 60);
    let before = given(&store);
    for hours in [12, -6, 36, 60] {
        assert_eq!(settle_at(&mut store, hours), 0);
    }
    assert_eq!(given(&store), before);
    settle_at(&mut store, 84);
    assert_eq!(given(&store).len(), before.len() + 1);
}

#[test]
fn holds_that_expire_and_plans_that_give_come_in_the_order_of_time() {
    let history = |touched: &[i64]| {
        let mut store = shop_with(vec![daily(ResetVerb::Add)]);
        for (key, hours) in [("a", 24), ("b", 36), ("c", 60)] {
            let job = Charge::new(FREE, key, Usage::pages(1));
            let expires_in_ms = Some(hours * HOUR);
            store.run(&Authorise { job, expires_in_ms }).unwrap();
        }
        for hours in touched {
            settle_at(&mut store, *hours);
        }
        let due = store.entries.iter().filter(|entry| {
            entry.kind == WalletKind::Allowance && entry.request == crate::records::Request::Due
        });
        due.map(|entry| (entry.verb, entry.due_at, entry.amount, entry.held_after))
            .collect::<Vec<_>>()
    };
    let lazily = history(&[84]);
    assert_eq!(history(&[2, 12, 17, 24, 36, 48, 50, 72, 84]), lazily);
    let verbs: Vec<Verb> = lazily.iter().map(|(verb, ..)| *verb).collect();
    use Verb::{Expire, Grant, Reset};
    assert_eq!(
        verbs,
        [Grant, Reset, Expire, Expire, Reset, Expire, Reset, Reset]
    );
}

#[test]
fn an_allowance_is_added_to_up_to_the_highest_there_is() {
    let mut store = shop_with(vec![PlanRevision {
        amount: 1 << 60,
        ..daily(ResetVerb::Add)
    }]);
    settle_at(&mut store, 9600);
    assert_eq!(
        allowance(&store).balance,
        crate::schedule::HIGHEST_ALLOWANCE
    );
    assert_eq!(resets(&store).len(), 3);
}

#[test]
fn what_a_wrong_clock_makes_due_is_refused_where_it_is_too_much() {
    let mut store = shop_with(vec![daily(ResetVerb::Add)]);
    settle_at(&mut store, 12);
    let before = store.entries.len();
    store.now = Timestamp::LATEST;
    let refused = charge(&mut store, FREE, "a", 1).unwrap_err();
    assert_eq!(refused.code(), Code::TooMany);
    assert_eq!(store.entries.len(), before);
    settle_at(&mut store, 36);
    assert_eq!(store.entries.len(), before + 1);
}

#[test]
fn a_clock_that_leaps_to_the_end_of_time_is_settled_at_once() {
    for verb in [
        ResetVerb::SetTo,
        ResetVerb::RaiseTo,
        ResetVerb::AddUpTo(500),
        ResetVerb::ZeroUsage,
    ] {
        let mut store = shop_with(vec![daily(verb)]);
        print(&mut store, "a", 1);
        store.now = Timestamp::LATEST;
        store.run(&SettleDue::of(FREE)).unwrap();
        assert!(resets(&store).len() <= 5, "{verb}");
        assert_eq!(allowance(&store).next_due_at, None);
    }
}
