//! The end of all ringing. A test binary of its own, since every bell of a process is meant.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use tympan_surface::{Code, OpenOptions, Tympan, silence};

const LONG: Duration = Duration::from_secs(60);

#[test]
fn whoever_is_being_told_is_waited_for_and_nobody_else_is_told() {
    let tympan = Tympan::open("memory:".to_owned(), OpenOptions::default());
    let tympan = tympan.wait().unwrap();
    let told = Arc::new(AtomicUsize::new(0));
    let (arrive, arrived) = mpsc::channel();
    let (go_on, going) = mpsc::channel();
    let (going, counted) = (Mutex::new(going), told.clone());
    let mut first = tympan.create_account("Press".to_owned()).submit();
    let ring = move || {
        arrive.send(()).unwrap();
        going.lock().unwrap().recv_timeout(LONG).unwrap();
        for _ in 0..1_000 {
            std::thread::yield_now();
        }
        counted.fetch_add(1, Ordering::SeqCst);
    };
    assert!(first.rung(ring).is_none());
    arrived.recv_timeout(LONG).unwrap();
    let silencing = std::thread::spawn(silence);
    go_on.send(()).unwrap();
    silencing.join().unwrap();
    assert_eq!(told.load(Ordering::SeqCst), 1);

    let counted = told.clone();
    let mut later = tympan.create_account("Office".to_owned()).submit();
    let ring = move || {
        counted.fetch_add(1, Ordering::SeqCst);
    };
    assert!(later.rung(ring).is_none());
    let refused = later.wait_for(LONG).unwrap().unwrap_err();
    assert_eq!(refused.code(), Code::UnknownTenant);
    drop((first, later, tympan));
    assert_eq!(told.load(Ordering::SeqCst), 1);
}
