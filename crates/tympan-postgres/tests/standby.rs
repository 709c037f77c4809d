//! Standbys: what is answered is on two disks, what is not is said to be unknown, and after the
//! primary is gone the standby has everything that was answered.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test ends at the first surprise"
)]

mod common;
#[path = "common/servers.rs"]
mod servers;

use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};

use servers::{Servers, ran};
use tympan::sources::SystemRandom;
use tympan::{
    Bootstrap, Charge, Code, CreateUser, Currency, KeyRing, Options, Tympan, Usage, UserReference,
};
use tympan_postgres::{Keeping, PostgresOptions, PostgresStore};
use tympan_store::Store;

fn open(address: &str, keys: &str, patience: u64) -> Tympan {
    let ring = KeyRing::parse(keys).unwrap();
    let options = Options::default().keys(ring);
    Tympan::open(
        address,
        options.deadline(std::time::Duration::from_secs(patience)),
    )
    .unwrap()
}

fn charge(key: &str) -> Charge {
    Charge::new(UserReference::username("ben"), key, Usage::pages(1))
}

fn kill(data: &Path) {
    let file = std::fs::read_to_string(data.join("postmaster.pid")).unwrap();
    // The shell's own: not every machine has a program for it.
    let kill = ["-c", "kill -9 \"$0\"", file.lines().next().unwrap()];
    ran(Command::new("sh").args(kill));
}

#[test]
fn what_was_answered_is_there_when_the_primary_is_gone() {
    let Some(servers) = Servers::new() else {
        return;
    };
    servers.primary_with_standby();
    let keys = KeyRing::generate(&mut SystemRandom::default())
        .unwrap()
        .to_text();
    let tympan = open(&servers.address(), keys.expose(), 40);
    let shop = tympan.host();
    shop.run(Bootstrap::new("Safe", Currency::EUR, "Ada Admin"))
        .unwrap();
    shop.run(CreateUser::named("Ben").username("ben")).unwrap();
    let mut told = Vec::new();
    for number in 0..50 {
        told.push(shop.run(charge(&format!("before {number}"))).unwrap());
    }
    let options = PostgresOptions {
        minimum: Keeping::Replicated,
        ..PostgresOptions::default()
    };
    let report = PostgresStore::open(&servers.address(), &options)
        .unwrap()
        .doctor()
        .unwrap();
    assert_eq!(report.keeping, Keeping::Replicated, "{report:?}");

    // With the standby away, a commit waits; whoever ends the wait leaves it open what became of
    // it, and a repeat does not claim otherwise.
    servers.control(1, &["-m", "immediate", "-w", "stop"]);
    let first = format!("postgres://tympan@127.0.0.1:{}/postgres", servers.port(0));
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            common::with(&first, async |client| {
                let cancel = "SELECT pg_cancel_backend(pid) FROM pg_stat_activity \
                    WHERE wait_event = 'SyncRep'";
                while !done.load(Ordering::SeqCst) {
                    client.batch_execute(cancel).await.unwrap();
                }
            });
        });
        let outcomes = [(); 3].map(|()| shop.run(charge("in doubt")));
        done.store(true, Ordering::SeqCst);
        for outcome in outcomes {
            assert_eq!(outcome.unwrap_err().code(), Code::UnknownOutcome);
        }
    });

    // The primary is lost with everything that nobody confirmed; the standby takes over.
    kill(&servers.data(0));
    servers.control(1, &["-w", "start"]);
    servers.control(1, &["-w", "promote"]);
    for (number, receipt) in told.iter().enumerate() {
        assert_eq!(
            shop.run(charge(&format!("before {number}"))).as_ref(),
            Ok(receipt)
        );
    }
    shop.run(charge("in doubt")).unwrap();
    shop.run(charge("after")).unwrap();
    let verified = tympan.verify().unwrap();
    assert!(verified.is_sound(), "{verified:?}");
    let jobs: String = common::with(
        &format!("postgres://tympan@127.0.0.1:{}/postgres", servers.port(1)),
        async |client| {
            let sql = "SELECT count(*)::text FROM \"tympan\".\"entry\" WHERE \"key\" IS NOT NULL";
            client.query_one(sql, &[]).await.unwrap().get(0)
        },
    );
    assert_eq!(jobs, "52");
}
