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
use tympan_core::ids::{AuditId, EntryId, HoldId, TenantId};
use tympan_core::records::{
    AuditEvent, Entry, Hold, HoldState, Request, Strand, Subject, SubjectKind, Uses, Verb,
    WalletKind,
};
use tympan_core::row::{Cell, Row};
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

const PLAIN: Entry = Entry {
    id: EntryId(0),
    tenant: TENANT,
    owner: 0,
    kind: WalletKind::OwnFunds,
    feed: 0,
    sequence: 1,
    previous: EntryId(0),
    at: Timestamp::EPOCH,
    due_at: None,
    verb: Verb::Adjust,
    amount: 0,
    held: 0,
    balance_after: 0,
    held_after: 0,
    actor: None,
    key: None,
    parts: 1,
    attempt: 1,
    request: Request::Due,
    hold: None,
    expires_at: None,
    refunds: None,
    queue: None,
    job_kind: None,
    account_code: None,
    usage: None,
    cost_micros: None,
    currency: None,
    price_list: None,
    asked: None,
    extra: None,
    denied: None,
    debt: None,
    carried: None,
    needed: None,
    available: None,
    next_reset_at: None,
    words_until: None,
    counterpart: None,
    shared_order: None,
    text_digest: None,
    chain: [0; 16],
};

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

/// Commits an entry of a wallet of its own.
fn write(turn: Box<dyn Turn + '_>, id: i64) -> Result<(), CommitError> {
    let entry = Entry {
        id: EntryId(id),
        owner: id,
        ..PLAIN
    };
    let mut view = View::default();
    apply(vec![Change::from(entry)], &mut view);
    turn.commit(&view.into_batch())
}

/// The ids of all entries.
fn entries(store: &PostgresStore) -> Vec<Cell<'static>> {
    let rows = store.snapshot().unwrap();
    let rows = rows.scan(Entry::TABLE, Some(TENANT), None, 10).unwrap();
    rows.into_iter().map(|mut row| row.swap_remove(0)).collect()
}

#[test]
fn an_entry_never_comes_in_front_of_one_that_stands_still() {
    let schema = Schema::new();
    let (store, second) = (schema.open(), schema.open());
    // A turn draws its ids; meanwhile another one draws higher ones and commits.
    let mut early = store.turn().unwrap();
    assert_eq!(early.floor().unwrap(), 0);
    write(second.turn().unwrap(), 20).unwrap();
    assert_eq!(store.settle(None).unwrap(), 20);
    assert_eq!(entries(&store), [20].map(Cell::Integer));
    let outcome = write(early, 10);
    assert!(
        matches!(outcome, Err(CommitError::Conflict(_))),
        "{outcome:?}"
    );
    assert_eq!(entries(&store), [20].map(Cell::Integer));
    // One that drew higher ones still is not disturbed.
    let mut early = store.turn().unwrap();
    assert_eq!(early.floor().unwrap(), 20);
    assert_eq!(store.settle(None).unwrap(), 20);
    write(early, 21).unwrap();
    // Below an id nothing is written any more, whatever there is.
    let mut early = store.turn().unwrap();
    assert_eq!(early.floor().unwrap(), 21);
    assert_eq!(store.settle(Some(50)).unwrap(), 49);
    assert!(matches!(write(early, 49), Err(CommitError::Conflict(_))));
    let mut late = store.turn().unwrap();
    assert_eq!(late.floor().unwrap(), 49);
    write(late, 50).unwrap();
    assert_eq!(entries(&store), [20, 21, 50].map(Cell::Integer));
}

#[test]
fn who_lets_entries_stand_still_waits_for_a_commit_under_way() {
    let schema = Schema::new();
    let (store, second) = (schema.open(), schema.open());
    common::with(&common::plain(), async |client| {
        let name = &schema.name;
        // The commit has looked at what stands still, and is not through.
        let lock =
            format!("BEGIN; SELECT FROM \"{name}\".\"stamp\" WHERE \"shard\" < 64 FOR UPDATE");
        client.batch_execute(&lock).await.unwrap();
        let waits = async |call: &str, or: &dyn Fn() -> bool| {
            let waiting = format!(
                "SELECT pid FROM pg_stat_activity WHERE application_name = 'tympan {name}' \
                 AND query LIKE 'SELECT \"{call}\"%' AND wait_event_type = 'Lock'"
            );
            while client.query(&waiting, &[]).await.unwrap().is_empty() {
                assert!(!or(), "`{call}` did not wait");
                let look = "SELECT pg_stat_clear_snapshot()";
                client.batch_execute(look).await.unwrap();
            }
        };
        let writing = std::thread::spawn(move || write(second.turn().unwrap(), 10));
        waits("add_commit", &|| writing.is_finished()).await;
        let settling = std::thread::spawn(move || {
            let settled = store.settle(Some(100)).unwrap();
            (settled, entries(&store))
        });
        waits("settle", &|| settling.is_finished()).await;
        client.batch_execute("ROLLBACK").await.unwrap();
        writing.join().unwrap().unwrap();
        let expected = (99, vec![Cell::Integer(10)]);
        assert_eq!(settling.join().unwrap(), expected);
    });
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
