//! Connections that break at any byte, and how often a turn speaks to the server.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test ends at the first surprise"
)]

mod common;
#[path = "common/proxy.rs"]
mod proxy;

use std::time::Duration;

use common::{Schema, ask, run};
use proxy::{Proxy, Way};
use tympan_core::ids::{EntryId, TenantId};
use tympan_core::measure::Measure;
use tympan_core::records::{Entry, Request, Verb, Wallet, WalletKind, Wallets};
use tympan_core::row::{Cell, Field, Row};
use tympan_core::schedule::Window;
use tympan_core::time::Timestamp;
use tympan_core::view::{Change, Key, ReadSet, Record, View, apply};
use tympan_postgres::{PostgresOptions, PostgresStore};
use tympan_store::{CommitError, Store};

const TENANT: TenantId = TenantId(1);

fn through(proxy: &Proxy, schema: &Schema, patience: u64) -> PostgresStore {
    let address = common::plain();
    let (before, after) = address.rsplit_once(':').unwrap();
    let (_, database) = after.split_once('/').unwrap();
    let options = PostgresOptions {
        patience: Duration::from_secs(patience),
        ..schema.options()
    };
    PostgresStore::open(&format!("{before}:{}/{database}", proxy.port), &options).unwrap()
}

fn proxy() -> Proxy {
    let address = common::plain();
    let (_, after) = address.rsplit_once(':').unwrap();
    Proxy::start(after.split_once('/').unwrap().0.parse().unwrap())
}

fn entry(id: i64, owner: i64, digest: [u8; 32], previous: i64, sequence: i64) -> Entry {
    let cells = Entry::TABLE.columns.iter().map(|column| {
        match column.name {
            "id" => id.cell(),
            "owner" => owner.cell(),
            "kind" => Cell::Text(WalletKind::OwnFunds.as_str().into()),
            "verb" => Cell::Text(Verb::Charge.as_str().into()),
            "request" => Cell::Text(Request::Charge.as_str().into()),
            "key" => Cell::Bytes(digest.to_vec().into()),
            "previous" => previous.cell(),
            "sequence" => sequence.cell(),
            "tenant" | "feed" | "parts" => 1_i64.cell(),
            "chain" => Cell::Bytes(vec![0; 16].into()),
            _ if column.nullable => Cell::Null,
            _ => 0_i64.cell(),
        }
        .into_owned()
    });
    let cells: Vec<Cell<'static>> = cells.collect();
    let mut cells = cells.into_iter();
    Entry::from_cells(&mut || cells.next()).unwrap()
}

fn digest(number: u64) -> [u8; 32] {
    let mut digest = [0; 32];
    digest[..8].copy_from_slice(&number.to_be_bytes());
    digest
}

/// Charges owners' wallets in one turn, each under a key, unless the key was used before.
fn charge(store: &PostgresStore, charges: &[(i64, u64)]) -> Result<(), CommitError> {
    let mut turn = store.turn().map_err(CommitError::Failed)?;
    let mut view = View::default();
    turn.load(&reads(charges), &mut view)
        .map_err(CommitError::Failed)?;
    let floor = turn.floor().map_err(CommitError::Failed)?;
    decide(charges, floor, &mut view);
    if view.is_changed() {
        turn.commit(&view.into_batch())
    } else {
        turn.confirm()
    }
}

fn reads(charges: &[(i64, u64)]) -> ReadSet {
    charges
        .iter()
        .fold(ReadSet::default(), |set, (owner, key)| {
            set.and(Key::Wallets(TENANT, *owner))
                .and(Key::Receipt(TENANT, digest(*key)))
        })
}

fn decide(charges: &[(i64, u64)], mut id: i64, view: &mut View) {
    for (owner, key) in charges {
        if view.receipt(TENANT, digest(*key)).unwrap().is_some() {
            continue;
        }
        id += 1;
        let stored = view.wallets(TENANT, *owner).unwrap().unwrap();
        let old = stored.wallets.first().cloned();
        let new = Wallet {
            tenant: TENANT,
            owner: *owner,
            kind: WalletKind::OwnFunds,
            feed: 1,
            measure: Measure::TotalPages,
            version: old.as_ref().map_or(1, |old| old.version + 1),
            balance: old.as_ref().map_or(0, |old| old.balance) - 1,
            held: 0,
            hold_expires_at: None,
            spent: 0,
            used: 0,
            carried: 0,
            fed: EntryId(0),
            entries: old.as_ref().map_or(0, |old| old.entries) + 1,
            last_entry: EntryId(id),
            chain: [0; 32],
            settled_at: Timestamp::EPOCH,
            missed: false,
            given: 0,
            taken_back: None,
            used_by_day: Window::default(),
            revision: 0,
            next_due_at: None,
            latest_at: Timestamp::EPOCH,
            last_job_at: None,
        };
        let previous = old.map_or(0, |old| old.last_entry.0);
        let line = entry(id, *owner, digest(*key), previous, new.entries);
        let wallets = Wallets {
            wallets: vec![new].into(),
            hold_parts: Vec::new(),
        };
        let put = Change::Put(
            Key::Wallets(TENANT, *owner),
            Record::Wallets(wallets.into()),
        );
        apply(vec![put, line.into()], view);
    }
}

#[test]
fn a_load_and_a_commit_speak_once_each_however_much_they_carry() {
    let (schema, proxy) = (Schema::new(), proxy());
    let store = through(&proxy, &schema, 60);
    store.stamp().unwrap();
    let mut key = 0;
    for count in [1, 100, 5_000] {
        for _ in 0..2 {
            let charges: Vec<(i64, u64)> = (1..=count)
                .map(|owner| {
                    key += 1;
                    (owner, key)
                })
                .collect();
            let flushes = proxy.flushes(|| charge(&store, &charges).unwrap());
            assert_eq!(flushes, 2, "{count} charges");
        }
    }
}

#[test]
fn a_connection_cut_at_any_byte_loses_nothing_and_doubles_nothing() {
    let (schema, proxy) = (Schema::new(), proxy());
    let store = through(&proxy, &schema, 20);
    let charges = |key: u64| [(1, key), (2, key + 1_000_000)];
    charge(&store, &charges(1)).unwrap();
    let passed = [Way::ToServer, Way::ToClient].map(|way| proxy.passed(way));
    charge(&store, &charges(2)).unwrap();
    let mut key = 2;
    let mut outcomes = [0; 3];
    for way in [Way::ToServer, Way::ToClient] {
        let bytes = i64::try_from(proxy.passed(way) - passed[way as usize]).unwrap();
        let step = usize::try_from((bytes / 45).max(1)).unwrap();
        let cuts = (1..=bytes).step_by(step).chain(bytes - 60..=bytes);
        for cut in cuts.collect::<Vec<_>>() {
            key += 1;
            // The connection is there and in use before it is cut.
            store.stamp().unwrap();
            proxy.cut_after(way, cut);
            let outcome = charge(&store, &charges(key));
            proxy.heal();
            let written: i64 = ask(&format!(
                "SELECT count(*) FROM \"{}\".\"entry\" WHERE \"key\" IN ('\\x{}', '\\x{}')",
                schema.name,
                hex(&digest(key)),
                hex(&digest(key + 1_000_000)),
            ))
            .parse()
            .unwrap();
            match &outcome {
                Ok(()) => {
                    outcomes[0] += 1;
                    assert_eq!(written, 2, "acknowledged, cut {way:?} at {cut}");
                }
                Err(CommitError::Unknown(_)) => outcomes[1] += 1,
                Err(CommitError::Failed(_)) => {
                    outcomes[2] += 1;
                    assert_eq!(written, 0, "failed, cut {way:?} at {cut}");
                }
                Err(CommitError::Conflict(keys)) => panic!("{keys:?}"),
            }
            // Whatever it was, the same keys again make it so, once.
            while charge(&store, &charges(key)).is_err() {}
        }
    }
    assert!(outcomes[0] > 0 && outcomes[1] > 0, "{outcomes:?}");
    for owner in [1, 2] {
        let mut view = View::default();
        store
            .read(&ReadSet::of(Key::Wallets(TENANT, owner)), &mut view)
            .unwrap();
        let found = view.wallets(TENANT, owner).unwrap().unwrap().wallets[0].clone();
        let all = i64::try_from(key).unwrap();
        assert_eq!((found.balance, found.entries), (-all, all));
    }
}

#[test]
fn nothing_is_written_by_a_transaction_that_could_not_be_begun() {
    let (schema, proxy) = (Schema::new(), proxy());
    let store = through(&proxy, &schema, 20);
    let (charges, mut view) = ([(1, 1), (2, 2)], View::default());
    store.read(&reads(&charges), &mut view).unwrap();
    decide(&charges, 100, &mut view);
    // As if an operator cancelled just this.
    let level = (
        "BEGIN ISOLATION LEVEL READ COM",
        "BEGUN ISOLATION LEVEL READ COM",
    );
    proxy.reword(Way::ToServer, level.0, level.1);
    let outcome = store.turn().unwrap().commit(&view.into_batch());
    assert!(
        matches!(outcome, Err(CommitError::Failed(_))),
        "{outcome:?}"
    );
    for table in ["entry", "wallet"] {
        let count = format!("SELECT count(*) FROM \"{}\".\"{table}\"", schema.name);
        assert_eq!(ask(&count), "0", "{table}");
    }
}

#[test]
fn a_commit_that_the_server_warns_of_is_unknown_in_every_language() {
    let (schema, proxy) = (Schema::new(), proxy());
    let store = through(&proxy, &schema, 20);
    charge(&store, &[(1, 1)]).unwrap();
    let name = &schema.name;
    run(&format!(
        "CREATE FUNCTION \"{name}\".warn () RETURNS trigger LANGUAGE plpgsql AS \
         'BEGIN RAISE WARNING ''the standby may not have it''; RETURN NEW; END'; \
         CREATE TRIGGER warn AFTER UPDATE ON \"{name}\".\"wallet\" \
         FOR EACH ROW EXECUTE FUNCTION \"{name}\".warn ()"
    ));
    for key in [2, 3] {
        let outcome = charge(&store, &[(1, key)]);
        assert!(
            matches!(outcome, Err(CommitError::Unknown(_))),
            "{outcome:?}"
        );
        proxy.reword(Way::ToClient, "SWARNING\0", "SWARNUNG\0");
    }
}

/// Ends every session of this schema's stores, as the end of a server does.
fn end_sessions(schema: &Schema) {
    let of_store = format!(
        "FROM pg_stat_activity WHERE application_name = 'tympan {}'",
        schema.name
    );
    run(&format!("SELECT pg_terminate_backend(pid) {of_store}"));
    while ask(&format!("SELECT count(*) {of_store}")) != "0" {}
}

#[test]
fn a_connection_that_was_lost_before_anything_was_sent_leaves_no_doubt() {
    let schema = Schema::new();
    let store = schema.open();
    let (mut turn, mut view) = (store.turn().unwrap(), View::default());
    turn.load(&reads(&[(1, 1)]), &mut view).unwrap();
    decide(&[(1, 1)], turn.floor().unwrap(), &mut view);
    end_sessions(&schema);
    turn.commit(&view.into_batch()).unwrap();
}

#[test]
fn what_a_server_that_is_gone_had_done_is_not_taken_for_done() {
    let schema = Schema::new();
    let store = schema.open();
    // A standby that never had it takes over.
    let lose = || {
        end_sessions(&schema);
        run(&format!("DELETE FROM \"{}\".\"entry\"", schema.name));
    };
    charge(&store, &[(1, 1)]).unwrap();
    let (mut turn, mut view) = (store.turn().unwrap(), View::default());
    turn.load(&reads(&[(1, 1)]), &mut view).unwrap();
    lose();
    let error = turn.load(&reads(&[(2, 2)]), &mut view).unwrap_err();
    assert!(error.retry(), "{error}");
    drop(turn);

    charge(&store, &[(1, 1)]).unwrap();
    let (mut turn, mut view) = (store.turn().unwrap(), View::default());
    let charges = [(1, 1), (2, 2)];
    turn.load(&reads(&charges), &mut view).unwrap();
    decide(&charges, turn.floor().unwrap(), &mut view);
    lose();
    let outcome = turn.commit(&view.into_batch());
    assert!(
        matches!(&outcome, Err(CommitError::Conflict(keys)) if keys == &[Key::Receipt(TENANT, digest(1))]),
        "{outcome:?}"
    );
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
