//! Queued commands share commits, and what goes wrong with one is its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tympan::core::view::Batch;
use tympan::{Code, Options, UserId};

use crate::common::{
    Act, Announced, Count, Gate, LONG, PAGE_MICROS, code, page, poll, shops, until,
};

#[test]
fn every_call_is_answered_once_and_the_sums_are_exact() {
    const THREADS: usize = 8;
    const CHARGES: usize = 25;
    for shop in shops(Options::default) {
        std::thread::scope(|scope| {
            for thread in 0..THREADS {
                let shop = &shop;
                scope.spawn(move || {
                    for number in 0..CHARGES {
                        let key = format!("{thread}-{number}");
                        let receipt = shop.host.run(page(shop.ann, key.clone())).unwrap();
                        assert_eq!(receipt.lines.len(), 1);
                        // The same key has the same answer while others charge.
                        assert_eq!(shop.host.run(page(shop.ann, key)).unwrap(), receipt);
                    }
                });
            }
        });
        let count = THREADS * CHARGES;
        let left = -PAGE_MICROS * i64::try_from(count).unwrap();
        assert_eq!(shop.charged(shop.ann), (count, left));
        assert!(shop.watch.take_commits() <= count);
        shop.is_sound();
    }
}

#[test]
fn what_was_queued_during_a_commit_shares_the_next() {
    const OTHERS: usize = 20;
    for shop in shops(Options::default) {
        let gate = Arc::new(Gate::default());
        let behind = gate.clone();
        shop.watch.on_commit(move |_| {
            behind.pass();
            Act::Pass
        });
        std::thread::scope(|scope| {
            let first = scope.spawn(|| shop.host.run(page(shop.ann, "first")));
            gate.wait_for_arrival();
            let count = Arc::new(Count::default());
            let mut others: Vec<_> = (0..OTHERS)
                .map(|number| shop.host.submit(page(shop.ann, format!("{number}"))))
                .collect();
            for other in &mut others {
                assert!(poll(other, &count).is_pending());
            }
            gate.open();
            first.join().unwrap().unwrap();
            for other in others {
                crate::common::block_on(other).unwrap();
            }
        });
        assert_eq!(shop.watch.take_commits(), 2);
        assert_eq!(shop.charged(shop.ann).0, OTHERS + 1);
    }
}

/// A thread cannot be seen to be queued, only to be about to: rounds are tried until in one all
/// were. Without shared commits there is none.
#[test]
fn threads_that_wait_share_a_commit() {
    const OTHERS: usize = 6;
    for shop in shops(Options::default) {
        let begun = Instant::now();
        for round in 0.. {
            let gate = Arc::new(Gate::default());
            let behind = gate.clone();
            shop.watch.on_commit(move |_| {
                behind.pass();
                Act::Pass
            });
            shop.watch.take_commits();
            let announced = Arc::new(AtomicUsize::new(0));
            std::thread::scope(|scope| {
                scope.spawn(|| shop.host.run(page(shop.ann, format!("{round}"))).unwrap());
                gate.wait_for_arrival();
                for number in 0..OTHERS {
                    let command = Announced {
                        command: page(shop.ann, format!("{round}-{number}")),
                        announced: announced.clone(),
                    };
                    scope.spawn(|| shop.host.run(command).unwrap());
                }
                until("all are about to be queued", || {
                    announced.load(Ordering::SeqCst) == OTHERS
                });
                for _ in 0..1_000 {
                    std::thread::yield_now();
                }
                gate.open();
            });
            if shop.watch.take_commits() == 2 {
                break;
            }
            assert!(begun.elapsed() < LONG, "no round shared its second commit");
        }
        shop.is_sound();
    }
}

/// Others have their turn between two batches of one call.
#[test]
fn a_call_with_many_passes_the_lead_on_between_its_batches() {
    for shop in shops(Options::default) {
        let (gate, answered) = (Arc::new(Gate::default()), Arc::new(Count::default()));
        let (behind, told) = (gate.clone(), answered.clone());
        let (commits, early) = (AtomicUsize::new(0), Arc::new(AtomicUsize::new(0)));
        let seen = early.clone();
        shop.watch.on_commit(move |_| {
            behind.pass();
            // Four batches: by the last of them, whoever came during the first is answered.
            if commits.fetch_add(1, Ordering::SeqCst) == 3 {
                seen.store(told.0.load(Ordering::SeqCst), Ordering::SeqCst);
            }
            Act::Pass
        });
        std::thread::scope(|scope| {
            let charges = (0..3_500).map(|number| page(shop.ann, format!("{number}")));
            let many = scope.spawn(|| shop.host.run_all(charges.collect()));
            gate.wait_for_arrival();
            let mut other = shop.host.submit(page(shop.bob, "other"));
            assert!(poll(&mut other, &answered).is_pending());
            gate.open();
            assert!(many.join().unwrap().iter().all(Result::is_ok));
            assert!(early.load(Ordering::SeqCst) > 0, "it came last");
            crate::common::block_on(other).unwrap();
        });
        shop.watch.pass();
        assert!(shop.charged(shop.ann).0 == 3_500 && shop.charged(shop.bob).0 == 1);
    }
}

/// However many a call brings, they wait for room like others: `queue_limit` bounds the queue.
#[test]
fn a_call_with_many_waits_for_room_and_is_busy_as_a_whole() {
    let patience = Duration::from_millis(50);
    for shop in shops(|| Options::default().queue_limit(10).deadline(patience)) {
        let gate = Arc::new(Gate::default());
        let behind = gate.clone();
        shop.watch.on_commit(move |_| {
            behind.pass();
            Act::Pass
        });
        std::thread::scope(|scope| {
            let first = scope.spawn(|| shop.host.run(page(shop.bob, "first")));
            gate.wait_for_arrival();
            let waiting = shop.host.submit(page(shop.bob, "waits"));
            let waiting = scope.spawn(|| crate::common::block_on(waiting));
            let charges = (0..3_000).map(|number| page(shop.ann, format!("{number}")));
            let begun = Instant::now();
            let refused = shop.host.run_all(charges.collect());
            assert!(
                begun.elapsed() < LONG / 10,
                "one deadline, not one for each"
            );
            assert!(refused.into_iter().all(|answer| code(answer) == Code::Busy));
            gate.open();
            first.join().unwrap().unwrap();
            drop(waiting.join().unwrap());
        });
        shop.watch.pass();
        assert_eq!(shop.charged(shop.ann).0, 0);
    }
}

#[test]
fn a_refused_command_refuses_only_itself() {
    for shop in shops(Options::default) {
        let answers = shop.host.run_all(vec![
            page(shop.ann, "1"),
            page(UserId(7), "2"),
            page(shop.bob, "3"),
            page(shop.ann, "1"),
        ]);
        let codes: Vec<_> = answers
            .iter()
            .map(|answer| answer.as_ref().err().map(tympan::Error::code))
            .collect();
        assert_eq!(codes, [None, Some(Code::UnknownUser), None, None]);
        assert_eq!(answers.first(), answers.last(), "one receipt for one key");
        assert_eq!(shop.watch.take_commits(), 1);
        assert_eq!(shop.charged(shop.ann).0 + shop.charged(shop.bob).0, 2);
        shop.is_sound();
    }
}

fn concerns(batch: &Batch, user: UserId) -> bool {
    batch.entries.iter().any(|entry| entry.owner == user.0)
}

#[test]
fn what_the_store_cannot_take_fails_alone() {
    for shop in shops(Options::default) {
        let culprit = shop.bob;
        shop.watch.on_commit(move |batch| {
            if concerns(batch, culprit) {
                Act::Fail(Code::Storage)
            } else {
                Act::Pass
            }
        });
        let answers = shop.host.run_all(vec![
            page(shop.ann, "1"),
            page(shop.bob, "2"),
            page(UserId(7), "3"),
            page(shop.ann, "4"),
        ]);
        let codes: Vec<_> = answers
            .into_iter()
            .map(|answer| answer.err().map(|error| error.code()))
            .collect();
        assert_eq!(
            codes,
            [None, Some(Code::Storage), Some(Code::UnknownUser), None]
        );
        assert_eq!(shop.watch.take_commits(), 1 + 3, "all, then one by one");
        assert_eq!(shop.charged(shop.ann), (2, -2 * PAGE_MICROS));
        assert_eq!(shop.charged(shop.bob).0, 0);
        shop.watch.pass();
        shop.host.run(page(shop.bob, "2")).unwrap();
        shop.is_sound();
    }
}

/// A store that is down takes its own time to say so: a thousand callers must not each wait for
/// it in turn once the deadline has passed.
#[test]
fn after_the_deadline_nothing_is_tried_one_by_one() {
    for shop in shops(|| Options::default().deadline(Duration::ZERO)) {
        shop.watch.on_commit(|_| Act::Fail(Code::StoreLocked));
        let charges = (0..50).map(|number| page(shop.ann, format!("{number}")));
        for answer in shop.host.run_all(charges.collect()) {
            assert_eq!(code(answer), Code::StoreLocked);
        }
        assert_eq!(shop.watch.take_commits(), 1);
    }
}

#[test]
fn a_conflict_is_decided_again_until_the_deadline() {
    for shop in shops(|| Options::default().deadline(LONG)) {
        let left = AtomicUsize::new(5);
        shop.watch.on_commit(move |_| {
            let less = |left: usize| left.checked_sub(1);
            match left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, less) {
                Ok(_) => Act::Conflict,
                Err(_) => Act::Pass,
            }
        });
        let answers = shop.host.run_all(vec![
            page(shop.ann, "1"),
            page(UserId(7), "2"),
            page(shop.bob, "3"),
        ]);
        let failed: Vec<_> = answers.into_iter().filter_map(Result::err).collect();
        assert_eq!(failed.len(), 1);
        assert_eq!(shop.watch.take_commits(), 6);
        assert_eq!(shop.charged(shop.ann), (1, -PAGE_MICROS));
        shop.is_sound();
    }
    for shop in shops(|| Options::default().deadline(Duration::from_millis(5))) {
        shop.watch.on_commit(|_| Act::Conflict);
        assert_eq!(code(shop.host.run(page(shop.ann, "1"))), Code::Busy);
        assert!(shop.watch.take_commits() > 0);
        shop.watch.pass();
        shop.host.run(page(shop.ann, "1")).unwrap();
        assert_eq!(shop.charged(shop.ann).0, 1);
    }
}

#[test]
fn an_unknown_outcome_is_said_and_a_repeat_finds_out() {
    for (committed, said) in [
        (true, Code::UnknownOutcome),
        (false, Code::UnknownOutcome),
        // Whatever a store calls it: nobody may take it for a failure.
        (true, Code::Storage),
    ] {
        for shop in shops(Options::default) {
            shop.watch.on_commit(move |_| Act::Unknown {
                committed,
                code: said,
            });
            let both = vec![page(shop.ann, "1"), page(shop.bob, "2")];
            for answer in shop.host.run_all(both.clone()) {
                assert_eq!(code(answer), Code::UnknownOutcome);
            }
            assert_eq!(shop.watch.take_commits(), 1, "it is not tried again");
            let there = usize::from(committed);
            assert_eq!(shop.charged(shop.ann).0, there);
            shop.watch.pass();
            for answer in shop.host.run_all(both) {
                answer.unwrap();
            }
            assert_eq!(shop.charged(shop.ann), (1, -PAGE_MICROS));
            assert_eq!(shop.charged(shop.bob), (1, -PAGE_MICROS));
            shop.is_sound();
        }
    }
}
