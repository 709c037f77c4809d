//! As many sessions as the options allow and never more, whatever becomes of what they do; who finds
//! none is told so in time.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test ends at the first surprise"
)]

mod common;

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use common::{Schema, ask, run};
use tympan_core::error::Code;
use tympan_core::ids::TenantId;
use tympan_core::records::{Subject, SubjectKind, Uses};
use tympan_core::view::{Change, Key, ReadSet, Record, View, apply};
use tympan_postgres::{PostgresOptions, PostgresStore};
use tympan_store::{CommitError, Store};

const CONNECTIONS: usize = 2;
const PATIENCE: Duration = Duration::from_millis(1_500);

fn uses() -> (Key, Record) {
    let subject = Subject {
        kind: SubjectKind::Role,
        id: 1,
    };
    let uses = Uses {
        version: 1,
        ..Uses::none(TenantId(1), subject)
    };
    (Key::Uses(uses.tenant, subject), Record::Uses(uses.into()))
}

#[test]
fn waits_for_locks_that_time_out_leave_no_sessions_behind() {
    let schema = Schema::new();
    let options = PostgresOptions {
        connections: CONNECTIONS,
        patience: PATIENCE,
        ..schema.options()
    };
    let store = PostgresStore::open(&common::address(), &options).unwrap();
    let ((key, record), mut view) = (uses(), View::default());
    let mut turn = store.turn().unwrap();
    let set = ReadSet::of(key.clone());
    turn.load(&set, &mut view).unwrap();
    apply(vec![Change::Put(key, record)], &mut view);
    turn.commit(&view.into_batch()).unwrap();

    let count = format!(
        "SELECT count(*)::text FROM pg_stat_activity WHERE application_name = 'tympan {}'",
        schema.name
    );
    let ends = AtomicBool::new(false);
    let until = Instant::now() + PATIENCE * 4;
    let most = common::with(&common::plain(), async |holder| {
        let lock = format!(
            "BEGIN; SELECT 1 FROM \"{}\".\"uses\" FOR UPDATE",
            schema.name
        );
        holder.batch_execute(&lock).await.unwrap();
        std::thread::scope(|scope| {
            let counting = scope.spawn(|| {
                common::with(&common::plain(), async |client| {
                    let mut most = 0;
                    while !ends.load(Ordering::SeqCst) {
                        let row = client.query_one(&count, &[]).await.unwrap();
                        most = most.max(row.get::<_, String>(0).parse::<usize>().unwrap());
                    }
                    most
                })
            });
            let callers: Vec<_> = (0..6)
                .map(|_| {
                    scope.spawn(|| {
                        let mut codes = Vec::new();
                        while Instant::now() < until {
                            let begun = Instant::now();
                            let mut turn = store.turn().unwrap();
                            let refused = turn.load(&set, &mut View::default()).unwrap_err();
                            codes.push((refused.code(), begun.elapsed()));
                        }
                        codes
                    })
                })
                .collect();
            let codes: Vec<_> = callers
                .into_iter()
                .flat_map(|caller| caller.join().unwrap())
                .collect();
            ends.store(true, Ordering::SeqCst);
            for (code, took) in &codes {
                assert!(matches!(code, Code::Busy | Code::StoreLocked), "{codes:?}");
                assert!(*took < PATIENCE * 2, "{codes:?}");
            }
            assert!(
                codes.iter().any(|(code, _)| *code == Code::Busy),
                "{codes:?}"
            );
            counting.join().unwrap()
        })
    });
    assert!((1..=CONNECTIONS).contains(&most), "{most} sessions");
    drop(store);
    // Those that were given up end when what they waited for is there.
    while ask(&count) != "0" {}
}

#[test]
fn a_statement_that_takes_too_long_fails_and_changes_nothing() {
    let schema = Schema::new();
    let options = PostgresOptions {
        patience: PATIENCE,
        ..schema.options()
    };
    let store = PostgresStore::open(&common::address(), &options).unwrap();
    let name = &schema.name;
    run(&format!(
        "CREATE FUNCTION \"{name}\".slow () RETURNS trigger LANGUAGE plpgsql \
         AS 'BEGIN PERFORM pg_sleep(60); RETURN NEW; END'; \
         CREATE TRIGGER slow AFTER INSERT ON \"{name}\".\"uses\" \
         FOR EACH ROW EXECUTE FUNCTION \"{name}\".slow ()"
    ));
    let commit = || {
        let ((key, record), mut view) = (uses(), View::default());
        let mut turn = store.turn().unwrap();
        turn.load(&ReadSet::of(key.clone()), &mut view).unwrap();
        apply(vec![Change::Put(key, record)], &mut view);
        turn.commit(&view.into_batch())
    };
    let outcome = commit();
    let is_busy = matches!(&outcome, Err(CommitError::Failed(error)) if error.code() == Code::Busy);
    assert!(is_busy, "{outcome:?}");
    let count = format!("SELECT count(*) FROM \"{name}\".\"uses\"");
    assert_eq!(ask(&count), "0");
    run(&format!("DROP TRIGGER slow ON \"{name}\".\"uses\""));
    commit().unwrap();
    assert_eq!(ask(&count), "1");
}
