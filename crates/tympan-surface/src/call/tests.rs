use std::collections::HashSet;
use std::sync::{Arc, Barrier, Mutex, mpsc};
use std::thread::ThreadId;
use std::time::Duration;

use executor::answers;
use tympan::sources::Clock;

use super::*;
use crate::definition::{
    EditUser, FirstAdministrator, Listed, OpenOptions, UserFields, UserList, UserReference,
};

#[path = "../../tests/story/executor.rs"]
mod executor;

fn answer<F: Future + Unpin>(future: F) -> F::Output {
    answers(vec![future]).remove(0)
}

fn open() -> Tympan {
    let tympan = Tympan::open("memory:".to_owned(), OpenOptions::default());
    let tympan = tympan.wait().unwrap();
    made(&tympan);
    tympan
}

/// Makes the tenant; its administrator.
fn made(tympan: &Tympan) -> tympan::UserId {
    let [tenant, currency, name] = ["Shop", "EUR", "Ada"].map(str::to_owned);
    let made = tympan.bootstrap(tenant, currency, name, FirstAdministrator::default());
    made.wait().unwrap().administrator
}

fn renamed(name: &str) -> EditUser {
    EditUser {
        set: Some(UserFields {
            name: Some(name.to_owned()),
            ..UserFields::default()
        }),
        ..EditUser::default()
    }
}

/// Work that panics on the thread of whoever waits for it or polls it.
struct Planted;

impl Work<i32> for Planted {
    fn wait(self: Box<Self>, _: &Tympan) -> Result<i32, Error> {
        panic!("planted")
    }

    fn poll(&mut self, _: &Tympan, _: &mut Context<'_>) -> Poll<Result<i32, Error>> {
        panic!("planted")
    }
}

#[test]
fn a_panic_is_answered_as_internal_and_closes_every_handle() {
    fn work(tympan: &Tympan) -> Call<i32> {
        Call::new(tympan.clone(), Planted)
    }
    fn question(tympan: &Tympan) -> Call<i32> {
        tympan.ask_checked(|_| panic!("planted"))
    }
    type Way = (&'static str, fn(&Tympan) -> Result<i32, Error>);
    let ways: [Way; 4] = [
        ("waiting", |tympan| work(tympan).wait()),
        ("polling", |tympan| answer(work(tympan).submit())),
        ("waiting for a question", |tympan| question(tympan).wait()),
        ("on the pool", |tympan| answer(question(tympan).submit())),
    ];
    for (way, call) in ways {
        let tympan = open();
        let ada = tympan.users(UserList::default()).wait().unwrap();
        let child = tympan.as_user(ada.rows[0].id).unwrap();
        assert_eq!(call(&tympan).unwrap_err().code(), Code::Internal, "{way}");
        for closed in [&tympan, &child] {
            let refused = closed.users(UserList::default()).wait().unwrap_err();
            assert_eq!(refused.code(), Code::Closed, "{way}");
        }
    }
}

#[test]
fn questions_run_on_few_threads_however_many_are_asked() {
    let tympan = open();
    let threads = Arc::new(Mutex::new(HashSet::new()));
    let asked = (0..200).map(|number| {
        let threads = threads.clone();
        let call = tympan.ask_checked(move |_| {
            threads.lock().unwrap().insert(std::thread::current().id());
            Ok(number)
        });
        call.submit()
    });
    let answered: Result<Vec<i32>, Error> = answers(asked.collect()).into_iter().collect();
    assert_eq!(answered, Ok((0..200).collect()));
    let threads = threads.lock().unwrap();
    assert!((1..=8).contains(&threads.len()), "{}", threads.len());
    assert!(!threads.contains(&std::thread::current().id()));
}

#[test]
fn an_answer_is_given_once() {
    let tympan = open();
    let mut pending = tympan.ask_checked(|_| Ok(7)).submit();
    assert_eq!(answer(&mut pending), Ok(7));
    assert_eq!(answer(&mut pending).unwrap_err().code(), Code::Internal);
}

#[test]
fn what_began_before_the_close_is_answered_and_what_did_not_is_refused() {
    let tympan = open();
    let (begun, closed) = (Arc::new(Barrier::new(2)), Arc::new(Barrier::new(2)));
    let asked = (begun.clone(), closed.clone());
    let early = tympan.ask_checked(move |handle| {
        asked.0.wait();
        asked.1.wait();
        handle.accounts(tympan::Filter::All)
    });
    let mut early = early.submit();
    let polled = Pin::new(&mut early).poll(&mut Context::from_waker(std::task::Waker::noop()));
    assert!(polled.is_pending());
    begun.wait();
    tympan.close().wait().unwrap();
    closed.wait();
    assert_eq!(answer(early), Ok(Vec::new()));
    let late = tympan.accounts(Listed::default()).submit();
    assert_eq!(answer(late).unwrap_err().code(), Code::Closed);
}

/// Part of an open store; tells which thread closes it.
struct Watched(mpsc::Sender<ThreadId>);

impl Clock for Watched {
    fn now(&self) -> tympan::Timestamp {
        tympan::Timestamp::EPOCH
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        let _ = self.0.send(std::thread::current().id());
    }
}

/// An open store, and what tells by which thread it was closed.
fn watched() -> (Tympan, mpsc::Receiver<ThreadId>) {
    let (tell, told) = mpsc::channel();
    let tympan = Tympan::unopened(None, false);
    let options = tympan::Options::default().clock(Watched(tell));
    tympan.put(tympan::Tympan::open("memory:", options).unwrap());
    (tympan, told)
}

const LONG: Duration = Duration::from_secs(60);

#[test]
fn a_thread_that_must_not_wait_closes_nothing() {
    let here = std::thread::current().id();
    let (tympan, closed) = watched();
    drop(tympan);
    assert_ne!(closed.recv_timeout(LONG).unwrap(), here, "the last handle");

    let (tympan, closed) = watched();
    answer(tympan.close().submit()).unwrap();
    assert_ne!(closed.try_recv().unwrap(), here, "awaited, it is the end");

    let (tympan, closed) = watched();
    let mut early = tympan.create_account("Press".to_owned()).submit();
    let mut task = Context::from_waker(std::task::Waker::noop());
    assert!(Pin::new(&mut early).poll(&mut task).is_pending());
    let mut closing = tympan.close().submit();
    assert!(Pin::new(&mut closing).poll(&mut task).is_pending());
    assert_eq!(answer(&mut early).unwrap_err().code(), Code::UnknownTenant);
    assert_ne!(closed.recv_timeout(LONG).unwrap(), here, "the last call");
    answer(closing).unwrap();

    // An answer that nobody fetches keeps nothing open.
    let (tympan, closed) = watched();
    let mut forgotten = tympan.create_account("Press".to_owned()).submit();
    assert!(Pin::new(&mut forgotten).poll(&mut task).is_pending());
    answer(tympan.close().submit()).unwrap();
    assert_ne!(closed.recv_timeout(LONG).unwrap(), here, "a forgotten call");
    let told = answer(forgotten).unwrap_err();
    assert_eq!(told.code(), Code::UnknownTenant);

    let (tympan, closed) = watched();
    let faulty: Call<i32> = Call::new(tympan, Planted);
    assert_eq!(answer(faulty.submit()).unwrap_err().code(), Code::Internal);
    assert_ne!(closed.recv_timeout(LONG).unwrap(), here, "a fault");
}

/// A future that waits for room may never be polled again: it holds the store as this does.
#[test]
fn an_awaited_close_waits_no_longer_than_the_deadline() {
    let options = OpenOptions {
        deadline_ms: Some(1),
        ..OpenOptions::default()
    };
    let tympan = Tympan::open("memory:".to_owned(), options).wait().unwrap();
    let held = tympan.host_store().unwrap();
    let ended = held.ended();
    let refused = answer(tympan.close().submit()).unwrap_err();
    assert_eq!(refused.code(), Code::Busy);
    assert_eq!(ended.wait_to_the_deadline().unwrap_err().code(), Code::Busy);
    drop(held);
    assert_eq!(ended.wait_to_the_deadline(), Ok(()));
    assert_eq!(answer(tympan.close().submit()), Ok(()));
}

/// Who waits for the end on a thread may be the handler of a signal that came in the middle of a call.
#[test]
fn a_thread_that_closes_waits_for_nobody_else() {
    let here = std::thread::current().id();
    let (tympan, closed) = watched();
    tympan.close().wait().unwrap();
    assert_eq!(closed.try_recv(), Ok(here));

    let (tympan, closed) = watched();
    let mut early = tympan.create_account("Press".to_owned()).submit();
    let mut task = Context::from_waker(std::task::Waker::noop());
    assert!(Pin::new(&mut early).poll(&mut task).is_pending());
    tympan.close().wait().unwrap();
    tympan.close().wait().unwrap();
    assert_eq!(closed.try_recv(), Err(mpsc::TryRecvError::Empty));
    assert_eq!(answer(early).unwrap_err().code(), Code::UnknownTenant);
    assert_ne!(closed.recv_timeout(LONG).unwrap(), here);
}

#[test]
fn a_bell_rings_on_a_thread_of_its_own_when_an_answer_is_there() {
    let tympan = open();
    let (ring, rung) = mpsc::channel();
    let ring = move || ring.send(std::thread::current().id()).unwrap();
    let mut pending = tympan.create_account("Press".to_owned()).submit();
    let mut threads = HashSet::new();
    while pending.rung(ring.clone()).is_none() {
        threads.insert(rung.recv_timeout(LONG).unwrap());
    }
    assert!(!threads.contains(&std::thread::current().id()));
    assert!(threads.len() <= 1, "one for all");
}

#[test]
fn who_waits_a_little_at_a_time_is_told_when_the_answer_is_there() {
    let tympan = open();
    let gate = Arc::new(Barrier::new(2));
    let asked = gate.clone();
    let question = tympan.ask_checked(move |_| {
        asked.wait();
        Ok(7)
    });
    let mut pending = question.submit();
    assert_eq!(pending.wait_for(Duration::ZERO), None);
    assert_eq!(pending.wait_for(Duration::from_millis(1)), None);
    gate.wait();
    assert_eq!(pending.wait_for(Duration::from_secs(60)), Some(Ok(7)));

    let command = tympan.create_account("Press".to_owned());
    let made = command.submit().wait_for(Duration::from_secs(60));
    assert!(made.is_some_and(|made| made.is_ok()));
}

#[test]
fn what_need_not_be_watched_is_quick() {
    let memory = open();
    let folder = tempfile::tempdir().unwrap();
    let address = format!("sqlite:{}", folder.path().join("shop.db").display());
    let file = Tympan::open(address, OpenOptions::default());
    assert!(!file.is_quick());
    let file = file.wait().unwrap();
    let ada = made(&file);
    let may = |tympan: &Tympan| tympan.may(ada, "user.read".to_owned(), None);
    assert!(may(&memory).is_quick());
    // The first time, and after each change, the file is asked.
    for name in ["Ann", "Bob"] {
        assert!(!may(&file).is_quick(), "{name}");
        assert_eq!(may(&file).wait(), Ok(true));
        assert!(may(&file).is_quick());
        assert_eq!(answer(may(&file).submit()), Ok(true));
        let changed = file.edit_user(UserReference::Id { id: ada }, renamed(name));
        changed.wait().unwrap();
    }
    let copy = |tympan: &Tympan| tympan.copy_to("memory:".to_owned(), OpenOptions::default());
    assert!(!copy(&memory).is_quick());
    let list = |tympan: &Tympan| tympan.users(UserList::default()).is_quick();
    assert_eq!([list(&memory), list(&file)], [true, false]);
}

#[test]
fn a_panic_at_the_border_is_an_error_and_closes_nothing() {
    let panics = || -> i32 { panic!("planted") };
    assert_eq!(caught(panics).unwrap_err().code(), Code::Internal);
    assert_eq!(caught(|| 7), Ok(7));
}
