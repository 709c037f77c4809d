//! Several processes on one database: none starves, nothing is lost.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test ends at the first surprise"
)]

use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tympan_core::view::{Key, ReadSet, View};
use tympan_sqlite::{Durability, SqliteOptions, SqliteStore};
use tympan_store::Store;

#[expect(dead_code, reason = "other tests use the rest")]
mod samples;

/// What a child is told in its environment.
const DATABASE: &str = "TYMPAN_TEST_DATABASE";
const NAME: &str = "TYMPAN_TEST_NAME";
const MILLIS: &str = "TYMPAN_TEST_MILLIS";
/// How long processes compete, in milliseconds; set it for a longer run.
const COMPETE_MILLIS: &str = "TYMPAN_FAIRNESS_MILLIS";

fn options() -> SqliteOptions {
    SqliteOptions {
        // The shorter a turn, the easier it is to overtake.
        durability: Durability::Normal,
        busy_timeout: Duration::from_secs(60),
        ..SqliteOptions::default()
    }
}

/// A process of this test that runs the case `child` and waits for a line before it begins.
fn spawn(database: &Path, name: u8, millis: u64) -> Child {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child", "--nocapture", "--test-threads=1"])
        .env(DATABASE, database)
        .env(NAME, name.to_string())
        .env(MILLIS, millis.to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut ready = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    while !line.contains("ready") {
        line.clear();
        assert!(ready.read_line(&mut line).unwrap() > 0, "the child is gone");
    }
    child.stdout = Some(ready.into_inner());
    child
}

fn begin(child: &mut Child) {
    child.stdin.as_mut().unwrap().write_all(b"go\n").unwrap();
}

/// What the child counted.
fn counted(mut child: Child) -> u64 {
    let mut text = String::new();
    child
        .stdout
        .take()
        .unwrap()
        .read_to_string(&mut text)
        .unwrap();
    assert!(child.wait().unwrap().success(), "{text}");
    let count = text.lines().find_map(|line| line.strip_prefix("charged "));
    count
        .expect("the child says how much it did")
        .parse()
        .unwrap()
}

/// Not a test by itself: the other end of `spawn`.
#[test]
fn child() {
    let Some(database) = std::env::var_os(DATABASE) else {
        return;
    };
    let name: u8 = std::env::var(NAME).unwrap().parse().unwrap();
    let millis = std::env::var(MILLIS).unwrap().parse().unwrap();
    let store = SqliteStore::open(Path::new(&database), &options()).unwrap();
    let mut output = std::io::stdout();
    output.write_all(b"\nready\n").unwrap();
    output.flush().unwrap();
    std::io::stdin().read_line(&mut String::new()).unwrap();
    let end = Instant::now() + Duration::from_millis(millis);
    let mut charged = 0_u64;
    while Instant::now() < end {
        let mut key = [name; 32];
        key.get_mut(..8)
            .unwrap()
            .copy_from_slice(&charged.to_be_bytes());
        assert!(samples::charge_alone(&store, 1, key).unwrap());
        charged += 1;
    }
    output
        .write_all(format!("\ncharged {charged}\n").as_bytes())
        .unwrap();
}

#[test]
fn the_slowest_of_four_gets_at_least_half_its_share_and_nothing_is_lost() {
    let millis = std::env::var(COMPETE_MILLIS).map_or(2_000, |text| text.parse().unwrap());
    let directory = tempfile::tempdir().unwrap();
    let database = directory.path().join("fair.db");
    let store = SqliteStore::open(&database, &options()).unwrap();
    let mut children: Vec<Child> = (1..=4).map(|name| spawn(&database, name, millis)).collect();
    children.iter_mut().for_each(begin);
    let counts: Vec<u64> = children.into_iter().map(counted).collect();
    let total: u64 = counts.iter().sum();
    let slowest = counts.iter().copied().min().unwrap();
    assert!(slowest * 8 >= total, "unfair: {counts:?}");

    let mut view = View::default();
    store
        .read(&ReadSet::of(Key::Wallets(samples::TENANT, 1)), &mut view)
        .unwrap();
    let wallets = view.wallets(samples::TENANT, 1).unwrap().unwrap();
    let wallet = wallets.wallets.first().unwrap();
    assert_eq!(wallet.spent, i64::try_from(total).unwrap());
    assert_eq!(wallet.entries, wallet.spent);
    // And every key of every process is known to this one.
    for (name, count) in (1_u8..).zip(&counts) {
        for nth in [0, count / 2, count - 1] {
            let mut key = [name; 32];
            key.get_mut(..8)
                .unwrap()
                .copy_from_slice(&nth.to_be_bytes());
            assert!(!samples::charge_alone(&store, 1, key).unwrap());
        }
    }
}

#[test]
fn a_process_that_dies_in_its_turn_lets_the_others_go_on() {
    let directory = tempfile::tempdir().unwrap();
    let database = directory.path().join("dies.db");
    let store = SqliteStore::open(&database, &options()).unwrap();
    let mut children: Vec<Child> = (1..=3).map(|name| spawn(&database, name, 60_000)).collect();
    children.iter_mut().for_each(begin);
    for round in 0..30_u8 {
        assert!(samples::charge_alone(&store, 2, [200 + round; 32]).unwrap());
    }
    for mut child in children {
        child.kill().unwrap();
        child.wait().unwrap();
    }
    assert!(samples::charge_alone(&store, 2, [1; 32]).unwrap());
    let mut view = View::default();
    let set = ReadSet::of(Key::Wallets(samples::TENANT, 2));
    store.read(&set, &mut view).unwrap();
    let wallets = view.wallets(samples::TENANT, 2).unwrap().unwrap();
    assert_eq!(wallets.wallets.first().unwrap().spent, 31);
}
