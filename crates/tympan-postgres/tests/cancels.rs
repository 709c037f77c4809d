//! An operator cancels whatever a session is doing, at any moment: what is told of a commit is
//! still so.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test ends at the first surprise"
)]

mod common;

use std::collections::HashSet;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use common::{Schema, ask};
use tympan_core::ids::{HoldId, TenantId};
use tympan_core::records::{Hold, HoldState, Subject, SubjectKind, Uses};
use tympan_core::time::Timestamp;
use tympan_core::view::{Change, Key, ReadSet, Record, View, apply};
use tympan_postgres::PostgresStore;
use tympan_store::{CommitError, Store};

const TENANT: TenantId = TenantId(1);

/// How many turns are begun.
const TURNS: i64 = 600;

/// Two records of two tables, so that it takes two statements to write them.
fn records(id: i64) -> [(Key, Record); 2] {
    let hold = Hold {
        tenant: TENANT,
        id: HoldId(id),
        owner: 1,
        version: 1,
        state: HoldState::Open,
        created_at: Timestamp::EPOCH,
        expires_at: Timestamp::EPOCH,
        resolved_at: None,
        settled_by: None,
        job_kind: None,
        shared_by: None,
        shared_order: None,
    };
    let subject = Subject {
        kind: SubjectKind::Role,
        id,
    };
    let uses = Uses {
        version: 1,
        ..Uses::none(TENANT, subject)
    };
    [
        (Key::Hold(TENANT, hold.id), Record::Hold(hold.into())),
        (Key::Uses(TENANT, subject), Record::Uses(uses.into())),
    ]
}

/// Writes two records, in the transaction that has loaded them or in one of its own.
fn write(store: &PostgresStore, id: i64, loads: bool) -> Result<(), CommitError> {
    let records = records(id);
    let set = records
        .iter()
        .fold(ReadSet::default(), |set, (key, _)| set.and(key.clone()));
    let mut view = View::default();
    let mut turn = store.turn().map_err(CommitError::Failed)?;
    if loads {
        turn.load(&set, &mut view).map_err(CommitError::Failed)?;
    } else {
        store.read(&set, &mut view).map_err(CommitError::Failed)?;
    }
    let changes = records.map(|(key, record)| Change::Put(key, record));
    apply(changes.to_vec(), &mut view);
    turn.commit(&view.into_batch())
}

/// How long a turn takes that nobody cancels, so that one is cancelled while it runs on fast and on
/// slow machines alike. Its records are none of those that the test looks for.
fn usual_time(store: &PostgresStore) -> Duration {
    let mut times: Vec<Duration> = (0..20)
        .map(|id| {
            let begin = Instant::now();
            write(store, TURNS + id, id % 2 == 0).unwrap();
            begin.elapsed()
        })
        .collect();
    times.sort();
    times.get(times.len() / 2).copied().unwrap()
}

/// When to cancel each turn, counted from its begin: from at once to well after its end.
fn moments(usual: Duration) -> impl Iterator<Item = Duration> {
    let steps = u32::try_from(TURNS).unwrap();
    (0..steps).map(move |turn| usual * (2 * turn) / steps)
}

#[test]
fn a_commit_that_is_cancelled_at_any_moment_is_whole_and_told_as_it_is() {
    let schema = Schema::new();
    let store = schema.open();
    let usual = usual_time(&store);
    let (begun, begins) = mpsc::channel::<Instant>();
    let (cancelled, cancels) = mpsc::channel();
    let outcomes: Vec<Result<(), CommitError>> = std::thread::scope(|scope| {
        scope.spawn(|| {
            let cancel = format!(
                "SELECT pg_cancel_backend(pid) FROM pg_stat_activity \
                 WHERE application_name = 'tympan {}'",
                schema.name
            );
            common::with(&common::plain(), async |client| {
                for (wait, begin) in moments(usual).zip(begins) {
                    while begin.elapsed() < wait {
                        std::hint::spin_loop();
                    }
                    client.batch_execute(&cancel).await.unwrap();
                    cancelled.send(()).unwrap();
                }
            });
        });
        let outcomes = (0..TURNS)
            .map(|id| {
                begun.send(Instant::now()).unwrap();
                let outcome = write(&store, id, id % 2 == 0);
                cancels.recv().unwrap();
                outcome
            })
            .collect();
        drop(begun);
        outcomes
    });
    let ids = |table| {
        let name = &schema.name;
        let list = ask(&format!(
            "SELECT string_agg(\"id\"::text, ' ') FROM \"{name}\".\"{table}\""
        ));
        list.split_whitespace()
            .map(|id| id.parse().unwrap())
            .collect::<HashSet<i64>>()
    };
    let (holds, uses) = (ids("hold"), ids("uses"));
    let mut wrong = Vec::new();
    let mut seen = [0; 3];
    for (id, outcome) in (0..).zip(&outcomes) {
        let written = (holds.contains(&id), uses.contains(&id));
        let (place, is_so) = match outcome {
            Ok(()) => (0, written == (true, true)),
            Err(CommitError::Failed(_)) => (1, written == (false, false)),
            Err(_) => (2, written.0 == written.1),
        };
        *seen.get_mut(place).unwrap() += 1;
        if !is_so {
            wrong.push((id, outcome, written));
        }
    }
    assert!(wrong.is_empty(), "{} of {seen:?}: {wrong:?}", wrong.len());
    assert!(seen.iter().take(2).all(|seen| *seen > 0), "{seen:?}");
}
