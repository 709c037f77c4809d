//! Behind a fork. A test binary of its own, since all handles of a process are meant.
#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use tympan_surface::{
    AccountId, Code, Error, Listed, OpenOptions, Pending, TenantId, Tympan, forked,
};

fn open(address: &str) -> Tympan {
    let call = Tympan::open(address.to_owned(), OpenOptions::default());
    call.wait().unwrap()
}

fn poll(pending: &mut Pending<AccountId>) -> Poll<Result<AccountId, Error>> {
    Pin::new(pending).poll(&mut Context::from_waker(Waker::noop()))
}

#[test]
fn what_was_opened_before_a_fork_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| {
        let path = folder.path().join(name);
        let tympan = open(&format!("sqlite:{}", path.display()));
        (tympan, folder.path().join(format!("{name}-wal")))
    };
    let (idle, idle_log) = file("idle.db");
    let (tympan, log) = file("shop.db");
    let child = tympan.tenant(TenantId::DEFAULT).unwrap();
    // A command that is polled first is queued, and answered later at the earliest.
    let mut pending = tympan.create_account("Press".to_owned()).submit();
    assert!(poll(&mut pending).is_pending());
    assert!(log.exists() && idle_log.exists());

    forked();

    for handle in [&tympan, &child, &idle] {
        let refused = handle.accounts(Listed::default()).wait().unwrap_err();
        assert_eq!(refused.code(), Code::Closed);
        assert!(refused.message().contains("before this process was forked"));
    }
    let polled = poll(&mut pending);
    assert!(matches!(polled, Poll::Ready(Err(error)) if error.code() == Code::Closed));
    // Closing it would take the file beside the database away, which the other process needs.
    tympan.close().wait().unwrap();
    drop((tympan, child, pending));
    assert!(
        log.exists(),
        "the last handle of a call under way closed it"
    );
    drop(idle);
    assert!(idle_log.exists(), "its last handle closed it");

    // What is opened from now on works.
    let tympan = open("memory:");
    let unknown = tympan.accounts(Listed::default()).wait().unwrap_err();
    assert_eq!(unknown.code(), Code::UnknownTenant);
}
