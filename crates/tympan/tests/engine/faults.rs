//! A host's own part that panics, and a turn that does not end: whoever waits is answered, and
//! others go on.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use tympan::core::ids::Ids;
use tympan::sources::{Clock, IdSource};
use tympan::{Code, Options, Timestamp};

use crate::common::{Act, Count, Gate, LONG, PAGE_MICROS, Shop, block_on, code, page, poll, shops};

const NOW: Timestamp = Timestamp::EPOCH;

/// Panics as long as it is told to.
#[derive(Clone, Default)]
struct Broken(Arc<AtomicBool>);

impl Broken {
    fn set(&self, broken: bool) {
        self.0.store(broken, Ordering::SeqCst);
    }

    fn check(&self) {
        assert!(!self.0.load(Ordering::SeqCst), "planted");
    }
}

impl Clock for Broken {
    fn now(&self) -> Timestamp {
        self.check();
        NOW
    }
}

#[derive(Clone, Default)]
struct BrokenIds(Broken, i64);

impl IdSource for BrokenIds {
    fn start(&mut self, now: Timestamp, floor: i64) -> i64 {
        self.0.check();
        Ids::start(now.millis(), 0, floor.max(self.1))
    }

    fn used(&mut self, last: i64) {
        self.0.check();
        self.1 = last;
    }
}

/// Breaks a shop, asks it in every way, mends it: it works, and nothing was done meanwhile.
fn survives(shop: &Shop, set: impl Fn(bool)) {
    set(true);
    let run = || shop.host.run(page(shop.ann, "1"));
    match catch_unwind(AssertUnwindSafe(run)) {
        Ok(answer) => assert_eq!(code(answer), Code::Internal),
        Err(panic) => assert!(panic.downcast_ref::<&str>().is_some()),
    }
    for number in 0..3 {
        let future = shop.host.submit(page(shop.ann, format!("future {number}")));
        assert_eq!(code(block_on(future)), Code::Internal);
    }
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|number| scope.spawn(move || shop.host.run(page(shop.ann, format!("{number}")))))
            .collect();
        for thread in threads {
            // The one that leads has the panic, those of its batch are told.
            if let Ok(answer) = thread.join() {
                assert_eq!(code(answer), Code::Internal);
            }
        }
    });
    set(false);
    assert_eq!(shop.charged(shop.ann).0, 0);
    shop.host.run(page(shop.ann, "1")).unwrap();
    block_on(shop.host.submit(page(shop.ann, "2"))).unwrap();
    assert_eq!(shop.charged(shop.ann), (2, -2 * PAGE_MICROS));
    shop.is_sound();
}

#[test]
fn a_clock_that_panics() {
    let broken = Broken::default();
    for shop in shops(|| Options::default().deadline(LONG).clock(broken.clone())) {
        survives(&shop, |on| broken.set(on));
    }
}

#[test]
fn an_id_source_that_panics() {
    let broken = Broken::default();
    let ids = || BrokenIds(broken.clone(), 0);
    for shop in shops(|| Options::default().deadline(LONG).ids(ids())) {
        survives(&shop, |on| broken.set(on));
    }
}

#[test]
fn a_store_that_panics_when_a_turn_begins() {
    for shop in shops(|| Options::default().deadline(LONG)) {
        let broken = Broken::default();
        let script = broken.clone();
        shop.watch.on_turn(move || script.check());
        survives(&shop, |on| broken.set(on));
    }
}

/// A commit that panics may have taken effect: that is no failure, and no success.
#[test]
fn a_store_that_panics_while_it_commits() {
    for shop in shops(|| Options::default().deadline(LONG)) {
        let broken = Broken::default();
        let script = broken.clone();
        shop.watch.on_commit(move |_| {
            script.check();
            Act::Pass
        });
        broken.set(true);
        for answer in shop
            .host
            .run_all(vec![page(shop.ann, "1"), page(shop.bob, "2")])
        {
            assert_eq!(code(answer), Code::UnknownOutcome);
        }
        let future = shop.host.submit(page(shop.ann, "1"));
        assert_eq!(code(block_on(future)), Code::UnknownOutcome);
        broken.set(false);
        block_on(shop.host.submit(page(shop.ann, "1"))).unwrap();
        shop.host.run(page(shop.bob, "2")).unwrap();
        assert_eq!(shop.charged(shop.ann), (1, -PAGE_MICROS));
        shop.is_sound();
    }
}

/// More commands than a batch holds: what the first batch committed stays answered when the
/// second panics.
#[test]
fn a_panic_takes_no_answer_back() {
    let shop = Shop::in_memory(Options::default());
    let gate = Arc::new(Gate::default());
    let behind = gate.clone();
    shop.watch.on_commit(move |_| {
        behind.pass();
        Act::Pass
    });
    std::thread::scope(|scope| {
        scope.spawn(|| shop.host.run(page(shop.bob, "leads")).unwrap());
        gate.wait_for_arrival();
        let charges = (0..1_500).map(|number| page(shop.ann, format!("{number}")));
        let many = scope.spawn(|| shop.host.run_all(charges.collect()));
        gate.open();
        assert!(many.join().unwrap().iter().all(Result::is_ok));
    });
    let turns = AtomicUsize::new(0);
    shop.watch.on_turn(move || {
        assert!(turns.fetch_add(1, Ordering::SeqCst) != 1, "planted");
    });
    // The engine's thread leads one batch of a thousand, and panics in the next.
    let count = Arc::new(Count::default());
    let mut futures: Vec<_> = (0..10)
        .map(|number| shop.host.submit(page(shop.ann, format!("future {number}"))))
        .collect();
    for future in &mut futures {
        let _ = poll(future, &count);
    }
    let answers: Vec<_> = futures.into_iter().map(block_on).collect();
    shop.watch.pass();
    let done = answers.iter().filter(|answer| answer.is_ok()).count();
    assert_eq!(shop.charged(shop.ann).0, 1_500 + done);
    assert!(done > 0);
    shop.is_sound();
}

/// A batch that failed is decided one by one: what the first of it was told stands when the second
/// panics, though one lead answers for both.
#[test]
fn an_answer_stands_when_the_next_of_the_same_batch_panics() {
    let shop = Shop::in_memory(Options::default().deadline(LONG));
    let gate = Arc::new(Gate::default());
    let behind = gate.clone();
    shop.watch.on_commit(move |_| {
        behind.pass();
        Act::Pass
    });
    let count = Arc::new(Count::default());
    let mut futures: Vec<_> = (0..2)
        .map(|number| shop.host.submit(page(shop.ann, format!("{number}"))))
        .collect();
    std::thread::scope(|scope| {
        scope.spawn(|| shop.host.run(page(shop.bob, "leads")).unwrap());
        gate.wait_for_arrival();
        for future in &mut futures {
            let _ = poll(future, &count);
        }
        let commits = AtomicUsize::new(0);
        shop.watch
            .on_commit(move |_| match commits.fetch_add(1, Ordering::SeqCst) {
                0 => Act::Fail(Code::Storage),
                _ => Act::Pass,
            });
        let turns = AtomicUsize::new(0);
        shop.watch.on_turn(move || {
            assert!(turns.fetch_add(1, Ordering::SeqCst) != 2, "planted");
        });
        gate.open();
    });
    let codes: Vec<_> = futures
        .into_iter()
        .map(|future| block_on(future).map(drop).map_err(|error| error.code()))
        .collect();
    assert_eq!(codes, [Ok(()), Err(Code::Internal)]);
    shop.watch.pass();
    assert_eq!(shop.charged(shop.ann).0, 1);
    shop.is_sound();
}

/// One call with more than a batch holds, whose second batch panics: the first is durable, and a
/// repeat finds its answers.
#[test]
fn a_panic_in_the_second_batch_of_a_call_loses_nothing_of_the_first() {
    let shop = Shop::in_memory(Options::default());
    let charges = || {
        (0..1_500)
            .map(|number| page(shop.ann, format!("{number}")))
            .collect()
    };
    let turns = AtomicUsize::new(0);
    shop.watch.on_turn(move || {
        assert!(turns.fetch_add(1, Ordering::SeqCst) != 1, "planted");
    });
    let call = catch_unwind(AssertUnwindSafe(|| shop.host.run_all(charges())));
    assert!(call.is_err());
    shop.watch.pass();
    assert_eq!(shop.charged(shop.ann).0, 1_000);
    assert!(shop.host.run_all(charges()).iter().all(Result::is_ok));
    assert_eq!(shop.charged(shop.ann).0, 1_500);
    shop.is_sound();
}

#[test]
fn a_deadline_ends_the_wait_behind_a_stuck_turn() {
    let patience = Duration::from_millis(20);
    for shop in shops(|| Options::default().deadline(patience).queue_limit(2)) {
        let gate = Arc::new(Gate::default());
        let behind = gate.clone();
        shop.watch.on_turn(move || behind.pass());
        std::thread::scope(|scope| {
            let stuck = scope.spawn(|| shop.host.run(page(shop.ann, "stuck")));
            gate.wait_for_arrival();
            // Two wait in the queue and two for room; all give up.
            let waiting: Vec<_> = (0..4)
                .map(|number| {
                    let shop = &shop;
                    scope.spawn(move || shop.host.run(page(shop.bob, format!("{number}"))))
                })
                .collect();
            for waits in waiting {
                assert_eq!(code(waits.join().unwrap()), Code::Busy);
            }
            // Look-ups do not wait behind it.
            assert!(shop.host.look_up(shop.ann).unwrap().is_some());
            gate.open();
            stuck.join().unwrap().unwrap();
        });
        shop.watch.pass();
        assert_eq!(shop.charged(shop.bob).0, 0, "busy means not done");
        assert_eq!(shop.charged(shop.ann).0, 1);
        shop.host.run(page(shop.bob, "0")).unwrap();
        shop.is_sound();
    }
}

#[test]
fn the_longest_deadline_there_is_can_be_waited_for() {
    for shop in shops(|| {
        Options::default()
            .deadline(Duration::MAX)
            .freshness(Duration::MAX)
    }) {
        shop.host.run(page(shop.ann, "1")).unwrap();
        block_on(shop.host.submit(page(shop.ann, "2"))).unwrap();
        assert!(!shop.host.may(shop.ann, "user.read", None).unwrap());
    }
}
