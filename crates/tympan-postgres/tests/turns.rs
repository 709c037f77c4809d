//! Turns beside each other: what one rests on, no other changes; nobody is lost, nobody waits in a
//! circle, and whatever an unanswered commit did is found out.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test ends at the first surprise"
)]

mod common;

use std::sync::{Arc, Barrier};
use std::time::Duration;

use common::{Schema, ask, run};
use tympan_core::ids::{AuditId, HoldId, TenantId};
use tympan_core::records::{AuditEvent, Hold, HoldState, Strand, Subject, SubjectKind, Uses};
use tympan_core::time::Timestamp;
use tympan_core::view::{Change, Key, ReadSet, Record, View, apply};
use tympan_postgres::PostgresStore;
use tympan_store::{CommitError, Store, Turn};

const TENANT: TenantId = TenantId(1);

fn hold(id: i64) -> (Key, Record) {
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
    (Key::Hold(TENANT, hold.id), Record::Hold(hold.into()))
}

fn uses(id: i64, version: i64) -> (Key, Record) {
    let subject = Subject {
        kind: SubjectKind::Role,
        id,
    };
    let uses = Uses {
        version,
        ..Uses::none(TENANT, subject)
    };
    (Key::Uses(TENANT, subject), Record::Uses(uses.into()))
}

fn strand(version: i64) -> (Key, Record) {
    let strand = Strand {
        tenant: TENANT,
        number: 0,
        events: version,
        chain: [0; 32],
        latest_at: Timestamp::EPOCH,
        version,
    };
    (Key::Strand(TENANT, 0), Record::Strand(strand.into()))
}

fn event(id: i64) -> Change {
    Change::Audit(AuditEvent {
        id: AuditId(id),
        tenant: TENANT,
        strand: 0,
        sequence: id,
        at: Timestamp::EPOCH,
        actor: None,
        action: "test".to_owned(),
        subject_kind: "test".to_owned(),
        subject: 1,
        text_digest: [0; 32],
        chain: [0; 16],
    })
}

fn put(store: &dyn Store, slots: impl IntoIterator<Item = (Key, Record)>) {
    let slots: Vec<_> = slots.into_iter().collect();
    let mut view = View::default();
    let set = slots
        .iter()
        .fold(ReadSet::default(), |set, (key, _)| set.and(key.clone()));
    let mut turn = store.turn().unwrap();
    turn.load(&set, &mut view).unwrap();
    apply(
        slots
            .into_iter()
            .map(|(key, record)| Change::Put(key, record))
            .collect(),
        &mut view,
    );
    turn.commit(&view.into_batch()).unwrap();
}

/// Runs something on two threads, each with a store of its own.
fn two<T: Send>(schema: &Schema, work: impl Fn(usize, &PostgresStore) -> T + Sync) -> [T; 2] {
    let stores = [schema.open(), schema.open()];
    std::thread::scope(|scope| {
        let (work, [first, second]) = (&work, &stores);
        let one = scope.spawn(move || work(0, first));
        let two = scope.spawn(move || work(1, second));
        [one.join().unwrap(), two.join().unwrap()]
    })
}

#[test]
fn two_that_rest_on_absence_and_fill_each_others_do_not_both_commit() {
    for _ in 0..5 {
        let schema = Schema::new();
        drop(schema.open());
        let barrier = Barrier::new(2);
        // Each finds both absent, and fills one: no order of the two would allow that.
        let outcomes = two(&schema, |nth, store| {
            let (keys, mut view) = ([hold(1), hold(2)], View::default());
            let set = ReadSet::of(keys[0].0.clone()).and(keys[1].0.clone());
            let mut turn = store.turn().unwrap();
            turn.load(&set, &mut view).unwrap();
            let (key, record) = keys[nth].clone();
            apply(vec![Change::Put(key, record)], &mut view);
            barrier.wait();
            turn.commit(&view.into_batch())
        });
        let committed = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
        assert_eq!(committed, 1, "{outcomes:?}");
    }
}

#[test]
fn turns_that_load_in_opposite_order_both_go_on() {
    let schema = Schema::new();
    let store = schema.open();
    put(&store, [uses(1, 1), uses(2, 1)]);
    let barrier = Barrier::new(2);
    // Each has what the other asks for next: the server undoes one of them, which begins anew.
    let outcomes = two(&schema, |nth, store| {
        let keys = [uses(1, 1).0, uses(2, 1).0];
        let mut view = View::default();
        let mut turn = store.turn().unwrap();
        turn.load(&ReadSet::of(keys[nth].clone()), &mut view)
            .unwrap();
        barrier.wait();
        turn.load(&ReadSet::of(keys[1 - nth].clone()), &mut view)
            .unwrap();
        let raised = |id: i64| match view.get(&uses(id, 1).0).flatten() {
            Some(Record::Uses(found)) => uses(id, found.version + 1),
            other => panic!("{other:?}"),
        };
        let changes = [1, 2]
            .map(raised)
            .map(|(key, record)| Change::Put(key, record));
        apply(changes.to_vec(), &mut view);
        turn.commit(&view.into_batch())
    });
    let committed = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    let conflicts = outcomes
        .iter()
        .filter(|outcome| matches!(outcome, Err(CommitError::Conflict(_))))
        .count();
    assert_eq!(
        (committed >= 1, committed + conflicts),
        (true, 2),
        "{outcomes:?}"
    );
}

#[test]
fn an_event_never_comes_in_front_of_one_that_was_shown() {
    let schema = Schema::new();
    let (store, second) = (schema.open(), schema.open());
    put(&store, [strand(1)]);
    // A turn draws its ids before it has the head of the chain; meanwhile another one commits.
    let mut early = store.turn().unwrap();
    let floor = early.floor().unwrap();
    let write = |mut turn: Box<dyn Turn + '_>, id: i64| {
        let mut view = View::default();
        turn.load(&ReadSet::of(strand(1).0), &mut view).unwrap();
        let version = match view.get(&strand(1).0).flatten() {
            Some(Record::Strand(strand)) => strand.version,
            other => panic!("{other:?}"),
        };
        let (key, record) = strand(version + 1);
        apply(vec![Change::Put(key, record), event(id)], &mut view);
        turn.commit(&view.into_batch())
    };
    write(second.turn().unwrap(), floor + 10).unwrap();
    let outcome = write(early, floor + 5);
    assert!(
        matches!(outcome, Err(CommitError::Conflict(_))),
        "{outcome:?}"
    );
    write(store.turn().unwrap(), floor + 15).unwrap();
}

#[test]
fn a_lost_connection_before_the_commit_is_no_concern_of_the_caller() {
    let schema = Schema::new();
    let store = schema.open();
    put(&store, [uses(1, 1)]);
    let mut view = View::default();
    let mut turn = store.turn().unwrap();
    turn.load(&ReadSet::of(uses(1, 1).0), &mut view).unwrap();
    cut(&schema);
    turn.load(&ReadSet::of(uses(2, 1).0), &mut view).unwrap();
    let (key, record) = uses(1, 2);
    apply(vec![Change::Put(key, record)], &mut view);
    turn.commit(&view.into_batch()).unwrap();
    cut(&schema);
    assert_eq!(store.turn().unwrap().floor().unwrap(), 0);
    cut(&schema);
    store.stamp().unwrap();
}

/// Ends every connection of this schema's stores.
fn cut(schema: &Schema) {
    run(&format!(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
         WHERE application_name = 'tympan {}'",
        schema.name
    ));
}

#[test]
fn a_pool_that_is_exhausted_says_so() {
    let schema = Schema::new();
    drop(schema.open());
    let mut options = schema.options();
    options.connections = 1;
    options.patience = Duration::from_secs(2);
    let store = PostgresStore::open(&common::address(), &options).unwrap();
    let mut turn = store.turn().unwrap();
    turn.floor().unwrap();
    assert_eq!(
        store.stamp().unwrap_err().code(),
        tympan_core::error::Code::Busy
    );
    drop(turn);
    store.stamp().unwrap();
}

#[test]
fn rows_that_others_hold_for_too_long_end_the_wait() {
    let schema = Schema::new();
    let mut options = schema.options();
    let store = schema.open();
    put(&store, [uses(1, 1)]);
    options.patience = Duration::from_millis(300);
    let second = PostgresStore::open(&common::address(), &options).unwrap();
    let mut turn = store.turn().unwrap();
    turn.load(&ReadSet::of(uses(1, 1).0), &mut View::default())
        .unwrap();
    let mut waiting = second.turn().unwrap();
    let error = waiting
        .load(&ReadSet::of(uses(1, 1).0), &mut View::default())
        .unwrap_err();
    assert!(error.retry(), "{error}");
    drop(turn);
    drop(waiting);
    let mut next = second.turn().unwrap();
    next.load(&ReadSet::of(uses(1, 1).0), &mut View::default())
        .unwrap();
}

#[test]
fn a_turn_sets_what_it_needs_whatever_the_role_says() {
    let schema = Schema::new();
    let role = format!("role_{}", schema.name);
    run(&format!(
        "CREATE ROLE {role} LOGIN SUPERUSER; ALTER ROLE {role} SET synchronous_commit = off; \
        ALTER ROLE {role} SET statement_timeout = 1; ALTER ROLE {role} SET lock_timeout = 1; \
        ALTER ROLE {role} SET default_transaction_isolation = 'serializable'; \
        ALTER ROLE {role} SET search_path = 'nowhere'"
    ));
    let address = common::address().replace("tympan@", &format!("{role}@"));
    let store = Arc::new(PostgresStore::open(&address, &schema.options()).unwrap());
    put(&*store, [uses(1, 1)]);
    let report = store.doctor().unwrap();
    assert_eq!(
        report.keeping,
        tympan_postgres::Keeping::Local,
        "{report:?}"
    );
    drop(store);
    run(&format!("DROP OWNED BY {role}; DROP ROLE {role}"));
    assert_eq!(ask("SELECT 1"), "1");
}
