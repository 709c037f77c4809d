//! Commands as futures: no runtime, and none is left behind.

use std::cell::RefCell;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use tympan::sources::Clock;
use tympan::{Code, Options, TenantId, Timestamp};

use crate::common::{
    Act, Count, Gate, LONG, PAGE_MICROS, Shop, block_on, code, page, poll, shops, until,
};

#[test]
fn a_future_needs_no_runtime() {
    for shop in shops(Options::default) {
        let receipt = block_on(shop.host.submit(page(shop.ann, "1"))).unwrap();
        assert_eq!(receipt, shop.host.run(page(shop.ann, "1")).unwrap());
        let refused = shop.host.submit(page(tympan::UserId(7), "2"));
        assert_eq!(code(block_on(refused)), Code::UnknownUser);
        let wrong = shop.host.submit(page(shop.ann, ""));
        assert_eq!(code(block_on(wrong)), Code::InvalidKey);
        assert_eq!(shop.charged(shop.ann), (1, -PAGE_MICROS));
    }
}

#[test]
fn nothing_is_done_before_the_first_poll() {
    for shop in shops(Options::default) {
        drop(shop.host.submit(page(shop.ann, "1")));
        let later = shop.host.submit(page(shop.ann, "2"));
        assert_eq!(shop.charged(shop.ann).0, 0);
        block_on(later).unwrap();
        assert_eq!(shop.charged(shop.ann).0, 1);
    }
}

/// The thread that polls may be that of an event loop: it asks the store for nothing.
#[test]
fn who_submits_and_polls_never_waits_for_the_store() {
    for shop in shops(Options::default) {
        let (gate, asked) = (Arc::new(Gate::default()), Arc::new(Count::default()));
        let (behind, counted) = (gate.clone(), asked.clone());
        let polls = std::thread::current().id();
        shop.watch.on_read(move || {
            if std::thread::current().id() == polls {
                counted.0.fetch_add(1, Ordering::SeqCst);
            } else {
                behind.pass();
            }
        });
        let count = Arc::new(Count::default());
        // Nothing is known of this tenant; and what is wrong with a request is only told to a user
        // who may send one.
        let elsewhere = shop.tympan.tenant(TenantId(7));
        let mut unknown = elsewhere.submit(page(shop.ann, "1"));
        let mut wrong = shop.host.as_user(shop.ann).submit(page(shop.ann, ""));
        assert!(poll(&mut unknown, &count).is_pending());
        assert!(poll(&mut wrong, &count).is_pending());
        assert_eq!(asked.0.load(Ordering::SeqCst), 0);
        gate.open();
        assert_eq!(code(block_on(unknown)), Code::UnknownTenant);
        assert_eq!(code(block_on(wrong)), Code::Denied);
    }
}

/// Holds the first commit back until the gate is opened.
fn hold_commits(shop: &Shop) -> Arc<Gate> {
    let gate = Arc::new(Gate::default());
    let behind = gate.clone();
    shop.watch.on_commit(move |_| {
        behind.pass();
        Act::Pass
    });
    gate
}

#[test]
fn many_at_once_share_commits_also_with_threads() {
    for shop in shops(Options::default) {
        let gate = hold_commits(&shop);
        let count = Arc::new(Count::default());
        let mut all: Vec<_> = (0..100)
            .map(|number| shop.host.submit(page(shop.bob, format!("{number}"))))
            .collect();
        assert!(all.iter_mut().all(|one| poll(one, &count).is_pending()));
        gate.wait_for_arrival();
        std::thread::scope(|scope| {
            let thread = scope.spawn(|| shop.host.run(page(shop.ann, "thread")));
            gate.open();
            thread.join().unwrap().unwrap();
        });
        for one in all {
            block_on(one).unwrap();
        }
        assert!(shop.watch.take_commits() <= 3);
        assert_eq!(shop.charged(shop.bob), (100, -100 * PAGE_MICROS));
        shop.is_sound();
    }
}

#[test]
fn a_full_queue_keeps_futures_pending_and_wakes_them() {
    for shop in shops(|| Options::default().queue_limit(1)) {
        let gate = hold_commits(&shop);
        std::thread::scope(|scope| {
            scope.spawn(|| shop.host.run(page(shop.bob, "leads")).unwrap());
            gate.wait_for_arrival();
            let (kept, turned_away) = (Arc::new(Count::default()), Arc::new(Count::default()));
            let mut first = shop.host.submit(page(shop.ann, "1"));
            let mut second = shop.host.submit(page(shop.ann, "2"));
            assert!(poll(&mut first, &kept).is_pending());
            assert!(poll(&mut second, &turned_away).is_pending());
            assert_eq!(turned_away.0.load(Ordering::SeqCst), 0);
            gate.open();
            until("there is room", || turned_away.0.load(Ordering::SeqCst) > 0);
            block_on(second).unwrap();
            block_on(first).unwrap();
        });
        let more: Vec<_> = (0..30)
            .map(|number| shop.host.submit(page(shop.ann, format!("more {number}"))))
            .collect();
        std::thread::scope(|scope| {
            for one in more {
                scope.spawn(|| block_on(one).unwrap());
            }
        });
        assert_eq!(shop.charged(shop.ann).0, 32);
    }
}

/// Room that a thread leaves by giving up is room for a future.
#[test]
fn a_thread_that_gives_up_makes_room() {
    for shop in shops(|| {
        Options::default()
            .queue_limit(1)
            .deadline(Duration::from_millis(50))
    }) {
        let gate = hold_commits(&shop);
        std::thread::scope(|scope| {
            scope.spawn(|| shop.host.run(page(shop.bob, "leads")).unwrap());
            gate.wait_for_arrival();
            let gives_up = scope.spawn(|| shop.host.run(page(shop.ann, "gives up")));
            let count = Arc::new(Count::default());
            let mut waits = shop.host.submit(page(shop.ann, "waits"));
            let first_poll = poll(&mut waits, &count);
            assert!(first_poll.is_pending());
            assert_eq!(code(gives_up.join().unwrap()), Code::Busy);
            // Whichever of the two was in the queue, the future ends: decided or busy.
            gate.open();
            match block_on(waits) {
                Ok(_) => assert_eq!(shop.charged(shop.ann).0, 1),
                Err(error) => assert_eq!(error.code(), Code::Busy),
            }
        });
    }
}

#[test]
fn a_deadline_ends_a_future_behind_a_stuck_turn() {
    for shop in shops(|| {
        Options::default()
            .queue_limit(1)
            .deadline(Duration::from_millis(20))
    }) {
        let gate = hold_commits(&shop);
        std::thread::scope(|scope| {
            let stuck = scope.spawn(|| shop.host.run(page(shop.bob, "stuck")));
            gate.wait_for_arrival();
            let queued = shop.host.submit(page(shop.ann, "queued"));
            let turned_away = shop.host.submit(page(shop.ann, "turned away"));
            let queued = scope.spawn(|| block_on(queued));
            let turned_away = scope.spawn(|| block_on(turned_away));
            assert_eq!(code(queued.join().unwrap()), Code::Busy);
            assert_eq!(code(turned_away.join().unwrap()), Code::Busy);
            gate.open();
            stuck.join().unwrap().unwrap();
        });
        shop.watch.pass();
        assert_eq!(shop.charged(shop.ann).0, 0, "busy means not done");
        block_on(shop.host.submit(page(shop.ann, "after"))).unwrap();
    }
}

#[test]
fn a_future_dropped_after_its_first_poll_is_decided() {
    for shop in shops(Options::default) {
        let count = Arc::new(Count::default());
        let mut dropped = shop.host.submit(page(shop.ann, "1"));
        let _ = poll(&mut dropped, &count);
        drop(dropped);
        // Decided in the order of the queue: what comes after it sees it.
        block_on(shop.host.submit(page(shop.ann, "2"))).unwrap();
        assert_eq!(shop.charged(shop.ann).0, 2);
    }
}

#[test]
fn a_closed_engine_takes_nothing_new_and_decides_what_waits() {
    for shop in shops(Options::default) {
        let gate = hold_commits(&shop);
        std::thread::scope(|scope| {
            let leads = scope.spawn(|| shop.host.run(page(shop.bob, "leads")));
            gate.wait_for_arrival();
            let count = Arc::new(Count::default());
            let mut waits = shop.host.submit(page(shop.ann, "waits"));
            assert!(poll(&mut waits, &count).is_pending());
            let unpolled = shop.host.submit(page(shop.ann, "unpolled"));
            shop.tympan.close();
            assert_eq!(code(block_on(unpolled)), Code::Closed);
            let late = shop.host.submit(page(shop.ann, "late"));
            assert_eq!(code(block_on(late)), Code::Closed);
            assert_eq!(code(shop.host.run(page(shop.ann, "late"))), Code::Closed);
            gate.open();
            leads.join().unwrap().unwrap();
            block_on(waits).unwrap();
        });
        assert_eq!(shop.charged(shop.ann).0, 1);
    }
}

thread_local! {
    /// Tells when a thread that asked the clock has ended.
    static ENDED: RefCell<Option<Ended>> = const { RefCell::new(None) };
}

struct Ended(mpsc::Sender<&'static str>);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.send("thread");
    }
}

struct WatchedClock {
    told: mpsc::Sender<&'static str>,
    asked: Arc<AtomicUsize>,
    watches_thread: bool,
}

impl Clock for WatchedClock {
    fn now(&self) -> Timestamp {
        self.asked.fetch_add(1, Ordering::SeqCst);
        if self.watches_thread && std::thread::current().name() == Some("tympan") {
            ENDED.with_borrow_mut(|ended| *ended = Some(Ended(self.told.clone())));
        }
        Timestamp::from_millis(1_788_000_000_000)
    }
}

impl Drop for WatchedClock {
    fn drop(&mut self) {
        let _ = self.told.send("clock");
    }
}

#[test]
fn the_last_handle_ends_the_thread() {
    let (told, telling) = mpsc::channel();
    let shop = Shop::in_memory(Options::default().clock(WatchedClock {
        told,
        asked: Arc::default(),
        watches_thread: true,
    }));
    block_on(shop.host.submit(page(shop.ann, "1"))).unwrap();
    let clone = shop.tympan.clone();
    drop(shop);
    assert_eq!(telling.try_recv(), Err(mpsc::TryRecvError::Empty));
    drop(clone);
    let mut ends = [
        telling.recv_timeout(LONG).unwrap(),
        telling.recv_timeout(LONG).unwrap(),
    ];
    ends.sort_unstable();
    assert_eq!(ends, ["clock", "thread"]);
}

/// The command waits in the queue when the last handle goes, and is decided all the same.
#[test]
fn what_is_queued_is_decided_though_nobody_holds_the_engine() {
    let (told, telling) = mpsc::channel();
    let shop = Shop::in_memory(Options::default().clock(WatchedClock {
        told,
        asked: Arc::default(),
        watches_thread: false,
    }));
    let gate = hold_commits(&shop);
    let (watch, ann) = (shop.watch.clone(), shop.ann);
    let count = Arc::new(Count::default());
    let mut first = shop.host.submit(page(ann, "1"));
    let _ = poll(&mut first, &count);
    gate.wait_for_arrival();
    let mut second = shop.host.submit(page(ann, "2"));
    let _ = poll(&mut second, &count);
    drop((first, second));
    drop(shop);
    gate.open();
    assert_eq!(telling.recv_timeout(LONG), Ok("clock"));
    assert_eq!(watch.take_commits(), 2);
}
