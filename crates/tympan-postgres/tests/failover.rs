//! The primary is cut off, not killed: it lives on, and says nothing to clients and to its standby,
//! which is promoted. Nothing that was answered is lost, nothing is twice, and nobody is told what
//! only the old primary has.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test ends at the first surprise"
)]

mod common;
#[path = "common/proxy.rs"]
mod proxy;
#[path = "common/servers.rs"]
mod servers;
#[path = "common/shop.rs"]
mod shop;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use proxy::Proxy;
use servers::Servers;
use tympan::{Code, Receipt, Tympan};
use tympan_postgres::Keeping;

const CLIENTS: u64 = 4;
/// Answers before the primary is cut off, and behind.
const ANSWERS: usize = 80;
const DEADLINE: Duration = Duration::from_secs(2);

/// Charges under one key after the other until told to stop, and tells what was answered.
fn client(tympan: &Tympan, number: u64, stop: &AtomicBool, tell: &mpsc::Sender<(String, Receipt)>) {
    for job in 0.. {
        if stop.load(Ordering::SeqCst) {
            return;
        }
        let key = format!("{number} {job}");
        let receipt = shop::insist(tympan, &key).unwrap();
        tell.send((key, receipt)).unwrap();
    }
}

#[test]
fn a_primary_that_is_cut_off_takes_no_answer_with_it() {
    let Some(servers) = Servers::new() else {
        return;
    };
    servers.primary_with_standby();
    let proxies = [0, 1].map(|server| Proxy::start(servers.port(server)));
    let [first, second] = proxies.each_ref().map(|proxy| proxy.port);
    let address = format!("postgres://tympan@127.0.0.1:{first},127.0.0.1:{second}/postgres");
    let keys = shop::keys();
    let open = |keeping| {
        let options = shop::options(&keys, DEADLINE).keeping(keeping);
        Tympan::open(&address, options).unwrap()
    };
    let (tympan, demanding) = (open(Keeping::Local), open(Keeping::Replicated));
    shop::set_up(&tympan);
    assert_eq!(tympan.doctor().unwrap().keeping, Keeping::Replicated);
    shop::charge(&demanding, "demanding").unwrap();

    let (stop, mut answered) = (AtomicBool::new(false), BTreeMap::new());
    std::thread::scope(|scope| {
        let (tell, told) = mpsc::channel();
        for number in 0..CLIENTS {
            let (tell, tympan, stop) = (tell.clone(), &tympan, &stop);
            scope.spawn(move || client(tympan, number, stop, &tell));
        }
        drop(tell);
        let mut listen = |count: usize| {
            let answers: Vec<_> = told.iter().take(count).collect();
            assert_eq!(answers.len(), count);
            answered.extend(answers);
        };
        listen(ANSWERS);
        proxies.first().unwrap().hold(true);
        servers.control(1, &["-w", "promote"]);
        listen(ANSWERS);
        stop.store(true, Ordering::SeqCst);
        answered.extend(told.iter());
    });

    // The old one is alive, and takes no part.
    let old = |sql: &'static str| {
        common::with(&servers.address_of(0), async |client| -> i64 {
            client.query_one(sql, &[]).await.unwrap().get(0)
        })
    };
    assert_eq!(old("SELECT count(*) FROM pg_stat_replication"), 0);
    for (key, receipt) in &answered {
        assert_eq!(shop::charge(&tympan, key).as_ref(), Ok(receipt), "{key}");
    }
    let verified = tympan.verify().unwrap();
    assert!(verified.is_sound(), "{verified:?}");
    let jobs: i64 = common::with(&servers.address_of(1), async |client| {
        let sql = "SELECT count(*) FROM \"tympan\".\"entry\" WHERE \"key\" IS NOT NULL";
        client.query_one(sql, &[]).await.unwrap().get(0)
    });
    assert_eq!(usize::try_from(jobs).unwrap(), answered.len() + 1);

    // The new one promises less than the first: whoever demands more is refused there, however
    // often.
    for _ in 0..3 {
        let refusal = shop::insist(&demanding, "no more").unwrap_err();
        assert_eq!(refusal.code(), Code::StoreNotDurable, "{refusal}");
        assert!(
            refusal.to_string().contains("`replicated` is demanded"),
            "{refusal}"
        );
    }
    assert_eq!(tympan.doctor().unwrap().keeping, Keeping::Local);
}
