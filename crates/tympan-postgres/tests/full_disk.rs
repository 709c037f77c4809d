//! A disk of the server's that is full: what is refused was not done, what was answered is there,
//! and once there is room everything goes on.
#![cfg(target_os = "linux")]
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

use std::collections::BTreeMap;
use std::time::Duration;

use servers::{Servers, is_root};
use tympan::{Code, Tympan};

const DEADLINE: Duration = Duration::from_secs(3);

/// A server with a small disk of its own for a part of its files.
fn on_small_disk(
    folder: &str,
    size: &str,
    more: impl FnOnce(&Servers) -> Vec<String>,
) -> Option<Servers> {
    // Nobody else may mount one.
    if !is_root() {
        return None;
    }
    let mut servers = Servers::new()?;
    servers.mount(folder, size);
    let more = more(&servers);
    let more: Vec<&str> = more.iter().map(String::as_str).collect();
    servers.primary(&more, "");
    servers.control(0, &["-w", "start"]);
    Some(servers)
}

fn sql(servers: &Servers, text: &str) -> Result<(), tokio_postgres::Error> {
    common::with(&servers.address_of(0), async |client| {
        client.batch_execute(text).await
    })
}

fn jobs(servers: &Servers) -> i64 {
    common::with(&servers.address_of(0), async |client| {
        let sql = "SELECT count(*) FROM \"tympan\".\"entry\" WHERE \"key\" IS NOT NULL";
        client.query_one(sql, &[]).await.unwrap().get(0)
    })
}

#[test]
fn what_finds_no_room_was_not_done_and_is_done_once_there_is() {
    let Some(servers) = on_small_disk("small", "4m", |_| Vec::new()) else {
        return;
    };
    let small = servers.folder.join("small");
    let options = shop::options(&shop::keys(), DEADLINE);
    let tympan = Tympan::open(&servers.address_of(0), options).unwrap();
    shop::set_up(&tympan);
    let place = format!("CREATE TABLESPACE small LOCATION '{}'", small.display());
    sql(&servers, &place).unwrap();
    sql(
        &servers,
        "ALTER TABLE \"tympan\".\"entry\" SET TABLESPACE small",
    )
    .unwrap();
    sql(&servers, "CREATE TABLE filler (text text) TABLESPACE small").unwrap();
    for rows in [200, 4] {
        let fill = "INSERT INTO filler SELECT repeat('x', 1500) FROM generate_series";
        while sql(&servers, &format!("{fill} (1, {rows})")).is_ok() {}
    }

    let mut answered = BTreeMap::new();
    let (refused, error) = (0..)
        .find_map(|number| {
            let key = format!("key {number}");
            match shop::charge(&tympan, &key) {
                Ok(receipt) => {
                    answered.insert(key, receipt);
                    None
                }
                Err(error) => Some((key, error)),
            }
        })
        .unwrap();
    assert_eq!(error.code(), Code::StoreFull, "{error}");
    let again = shop::charge(&tympan, &refused).unwrap_err();
    assert_eq!(again.code(), Code::StoreFull);
    assert_eq!(usize::try_from(jobs(&servers)).unwrap(), answered.len());
    sql(&servers, "DROP TABLE filler").unwrap();
    answered.insert(refused.clone(), shop::charge(&tympan, &refused).unwrap());
    for (key, receipt) in &answered {
        assert_eq!(shop::charge(&tympan, key).as_ref(), Ok(receipt));
    }
    assert_eq!(usize::try_from(jobs(&servers)).unwrap(), answered.len());
    assert!(tympan.verify().unwrap().is_sound());
}

#[test]
fn a_log_that_finds_no_room_ends_the_server_and_no_answer_with_it() {
    let wal = |servers: &Servers| {
        let folder = servers.folder.join("log-of-writes");
        vec![
            format!("--waldir={}", folder.display()),
            "--wal-segsize=1".to_owned(),
        ]
    };
    let Some(servers) = on_small_disk("log-of-writes", "16m", wal) else {
        return;
    };
    let options = shop::options(&shop::keys(), DEADLINE);
    let tympan = Tympan::open(&servers.address_of(0), options).unwrap();
    shop::set_up(&tympan);
    // Nothing of the log is ever removed.
    sql(
        &servers,
        "SELECT pg_create_physical_replication_slot('keeps', true)",
    )
    .unwrap();
    let mut answered = BTreeMap::new();
    let (key, error) = (0..)
        .find_map(|number| {
            // When the server is gone this fails, and so does the charge.
            sql_or_gone(
                &servers,
                "SELECT pg_logical_emit_message(false, 'x', repeat('x', 1000000))",
            );
            let key = format!("key {number}");
            match shop::charge(&tympan, &key) {
                Ok(receipt) => {
                    answered.insert(key, receipt);
                    None
                }
                Err(error) => Some((key, error)),
            }
        })
        .unwrap();
    assert!(error.retry(), "{error}");
    servers.resize("log-of-writes", "200m");
    // It may have begun to start again by itself.
    servers.stop(0);
    servers.control(0, &["-w", "start"]);
    answered.insert(key.clone(), shop::insist(&tympan, &key).unwrap());
    for (key, receipt) in &answered {
        assert_eq!(shop::insist(&tympan, key).as_ref(), Ok(receipt));
    }
    assert_eq!(usize::try_from(jobs(&servers)).unwrap(), answered.len());
    assert!(tympan.verify().unwrap().is_sound());
}

/// Runs a statement on a server that may be gone.
fn sql_or_gone(servers: &Servers, text: &str) {
    let mut psql = servers.program("psql");
    let port = servers.port(0).to_string();
    psql.args([
        "-X",
        "-q",
        "-h",
        "127.0.0.1",
        "-U",
        "tympan",
        "-p",
        &port,
        "-c",
        text,
        "postgres",
    ]);
    psql.stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null());
    psql.status().unwrap();
}
