//! What somebody changed in the file behind tympan's back is found.
#![cfg(feature = "sqlite")]
#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

use std::path::Path;
use std::sync::Arc;

use tympan::sources::ManualClock;
use tympan::{
    Adjust, Authorise, Bootstrap, Cancel, Charge, CreateProfile, CreateUser, Currency, Extra,
    Measure, Options, PlanTerms, Settle, StatedCost, TimeZoneName, Timestamp, Tympan, Usage,
    UserId, WalletName,
};

/// 2026-09-01T12:00Z.
const START_MS: i64 = 1_788_264_000_000;
const HOUR_MS: i64 = 3_600_000;

fn open(path: &Path, at_ms: i64) -> Tympan {
    let clock = Arc::new(ManualClock::at(Timestamp::from_millis(at_ms)));
    let address = format!("sqlite:{}", path.display());
    Tympan::open(&address, Options::default().clock(clock)).unwrap()
}

fn charge(user: UserId, key: &str, cost_micros: i64) -> Charge {
    let mut charge = Charge::new(user, key, Usage::pages(1));
    charge.cost = Some(StatedCost {
        cost_micros,
        currency: Currency::EUR,
    });
    charge
}

/// A shop with entries of every kind: an open hold, and one that was settled, cancelled, expired.
fn make(path: &Path) {
    let tympan = open(path, START_MS);
    let host = tympan.host();
    host.run(Bootstrap::new("Shop", Currency::EUR, "Ada"))
        .unwrap();
    let plan = PlanTerms::monthly(Measure::Cost(Currency::EUR), 5_000, TimeZoneName::UTC);
    let profile = CreateProfile::new("Staff").plan(plan);
    let mut ann = CreateUser::named("Ann");
    ann.fields.profile = Some(host.run(profile).unwrap().id);
    let ann = host.run(ann).unwrap().user.id;
    host.run(Adjust {
        user: ann.into(),
        wallet: WalletName::OwnFunds(Currency::EUR),
        amount: 500,
        reason: "top-up".into(),
        key: "top-up".into(),
        may_owe: false,
    })
    .unwrap();
    host.run(charge(ann, "charge", 10)).unwrap();
    let hold = |key: &str| {
        let hold = Authorise {
            job: charge(ann, key, 100),
            expires_in_ms: Some(HOUR_MS),
        };
        host.run(hold).unwrap().hold.unwrap()
    };
    let (settled, cancelled) = (hold("settled"), hold("cancelled"));
    hold("expired");
    host.run(Settle {
        hold: settled,
        key: "settle".into(),
        usage: Usage::pages(1),
        queue: None,
        cost: Some(StatedCost {
            cost_micros: 50,
            currency: Currency::EUR,
        }),
        extra: Extra::Deny,
    })
    .unwrap();
    host.run(Cancel {
        hold: cancelled,
        key: "cancel".into(),
    })
    .unwrap();
    drop((host, tympan));
    let tympan = open(path, START_MS + 2 * HOUR_MS);
    let open_hold = Authorise {
        job: charge(ann, "open", 100),
        expires_in_ms: Some(HOUR_MS),
    };
    tympan.host().run(open_hold).unwrap();
}

/// The rules that a check finds broken after a statement was run on a copy of the database.
fn broken_by(original: &Path, sql: &str) -> Vec<&'static str> {
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("shop.db");
    for suffix in ["", ".keys"] {
        let beside = |path: &Path| format!("{}{suffix}", path.display());
        std::fs::copy(beside(original), beside(&copy)).unwrap();
    }
    rusqlite::Connection::open(&copy)
        .unwrap()
        .execute_batch(sql)
        .unwrap();
    let found = open(&copy, START_MS + 2 * HOUR_MS).verify().unwrap();
    assert_eq!(found.is_sound(), found.faults.is_empty());
    found.faults.iter().map(|fault| fault.rule).collect()
}

#[test]
fn whatever_is_changed_in_the_file_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shop.db");
    make(&path);
    assert_eq!(broken_by(&path, ""), [""; 0]);
    const NEWEST: &str = "WHERE id = (SELECT max(id) FROM";
    for (sql, rule) in [
        (
            "UPDATE entry SET amount = amount - 1 WHERE verb = 'charge'",
            "balance",
        ),
        (&format!("DELETE FROM entry {NEWEST} entry)"), "chain"),
        (
            &format!("UPDATE entry SET at = at + 1 {NEWEST} entry)"),
            "chain",
        ),
        (
            &format!("DELETE FROM audit_event {NEWEST} audit_event)"),
            "chain",
        ),
        ("UPDATE wallet SET balance = balance + 1", "balance"),
        ("UPDATE wallet SET held = held - 1", "held"),
        ("UPDATE wallet SET spent = 0", "spent"),
        ("UPDATE wallet SET hold_expires_at = NULL", "hold"),
        ("UPDATE wallet SET latest_at = latest_at + 1", "time"),
        ("UPDATE wallet SET last_job_at = NULL", "time"),
        // Its allowance would be given again.
        ("UPDATE wallet SET settled_at = 1, next_due_at = 1", "time"),
        // It could be settled once more.
        (
            "UPDATE hold SET state = 'open', resolved_at = NULL WHERE state = 'settled'",
            "hold",
        ),
        (
            "UPDATE hold SET state = 'expired' WHERE state = 'cancelled'",
            "hold",
        ),
        (
            "UPDATE hold SET state = 'open' WHERE state = 'expired'",
            "hold",
        ),
        (
            "UPDATE hold SET state = 'settled' WHERE state = 'expired'",
            "hold",
        ),
        (
            "UPDATE hold SET expires_at = 1 WHERE state = 'open'",
            "hold",
        ),
        (
            "UPDATE hold SET owner = owner + 1 WHERE state = 'expired'",
            "hold",
        ),
        ("UPDATE hold_part SET expires_at = expires_at + 1", "hold"),
        ("DELETE FROM hold WHERE state = 'expired'", "hold"),
        ("DELETE FROM hold_part", "held"),
        ("UPDATE entry_text SET reason = 'gift'", "text"),
        (
            "INSERT INTO entry_text SELECT max(id) + 1, tenant, zeroblob(16), 'x' FROM entry",
            "text",
        ),
        ("UPDATE audit_text SET reason = 'by order'", "text"),
    ] {
        let broken = broken_by(&path, sql);
        assert!(broken.contains(&rule), "{sql}: {broken:?}");
    }
}
