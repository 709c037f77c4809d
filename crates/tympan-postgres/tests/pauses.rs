//! A server that stands still: every call ends in time, and a repeat finds out.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test ends at the first surprise"
)]

mod common;
#[path = "common/servers.rs"]
mod servers;
#[path = "common/shop.rs"]
mod shop;

use std::time::{Duration, Instant};

use servers::Servers;
use tympan::{Code, Tympan};

const DEADLINE: Duration = Duration::from_secs(2);
/// What a commit may take beyond its deadline, and a machine that is busy.
const GRACE: Duration = Duration::from_secs(5 + 8);

/// A charge that must fail, in time.
fn timed(tympan: &Tympan, key: &str) -> Code {
    let begun = Instant::now();
    let error = shop::charge(tympan, key).unwrap_err();
    assert!(begun.elapsed() < DEADLINE + GRACE, "{:?}", begun.elapsed());
    error.code()
}

#[test]
fn a_server_that_stands_still_keeps_no_caller_beyond_the_deadline() {
    let Some(servers) = Servers::new() else {
        return;
    };
    servers.primary(&[], "");
    servers.control(0, &["-w", "start"]);
    let keys = shop::keys();
    let tympan = Tympan::open(&servers.address_of(0), shop::options(&keys, DEADLINE)).unwrap();
    shop::set_up(&tympan);
    let told = shop::charge(&tympan, "before").unwrap();

    // While it stands still before a commit was sent, nothing happens at all: the connection at
    // hand does not answer, and a new one is not taken.
    servers.signal(0, "STOP");
    assert_eq!(timed(&tympan, "still"), Code::Busy);
    let begun = Instant::now();
    assert!(
        tympan
            .host()
            .user_details(tympan::UserReference::username("ben"))
            .is_err()
    );
    assert!(begun.elapsed() < DEADLINE + GRACE);
    servers.signal(0, "CONT");
    shop::insist(&tympan, "still").unwrap();

    // While it stands still with a commit in its hands, nobody knows.
    let outcome = common::with(&servers.address_of(0), async |client| {
        let lock = "BEGIN; SELECT 1 FROM \"tympan\".\"stamp\" FOR UPDATE";
        client.batch_execute(lock).await.unwrap();
        let caller = {
            let tympan = tympan.clone();
            std::thread::spawn(move || timed(&tympan, "in doubt"))
        };
        // What a transaction has seen of others it sees until it is told to look again.
        let look = "SELECT pg_stat_clear_snapshot()";
        let waiting = "SELECT pid FROM pg_stat_activity \
            WHERE query LIKE 'SELECT \"add_commit\"%' AND wait_event_type = 'Lock'";
        while client.query(waiting, &[]).await.unwrap().is_empty() {
            client.batch_execute(look).await.unwrap();
        }
        servers.signal(0, "STOP");
        let code = caller.join().unwrap();
        servers.signal(0, "CONT");
        client.batch_execute("ROLLBACK").await.unwrap();
        code
    });
    assert_eq!(outcome, Code::UnknownOutcome);
    shop::insist(&tympan, "in doubt").unwrap();
    assert_eq!(shop::charge(&tympan, "before"), Ok(told));
    let verified = tympan.verify().unwrap();
    assert!(verified.is_sound(), "{verified:?}");
    let jobs: i64 = common::with(&servers.address_of(0), async |client| {
        let sql = "SELECT count(*) FROM \"tympan\".\"entry\" WHERE \"key\" IS NOT NULL";
        client.query_one(sql, &[]).await.unwrap().get(0)
    });
    assert_eq!(jobs, 3);
}
