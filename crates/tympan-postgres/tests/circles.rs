//! Turns that write what others rest on: they wait for each other, and never in a circle. The server
//! would undo one of a circle, and the store try it again: nobody would see it but by the time.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test ends at the first surprise"
)]

mod common;

use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

use common::{plain, run, with};
use tympan_core::ids::{IdentityId, TenantId, UserId};
use tympan_core::records::{Claim, Config, IdentityKind, Subject, SubjectKind, Tenant, User, Uses};
use tympan_core::row::{Cell, CellKind, Row};
use tympan_core::view::{Change, Key, ReadSet, Record, View, apply};
use tympan_postgres::{PostgresOptions, PostgresStore};
use tympan_store::{CommitError, Store};

const TENANT: TenantId = TenantId(1);

/// A database of a test's own, for the server counts circles by database.
struct Database {
    name: String,
}

impl Database {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("circles_{}_{number}", std::process::id());
        run(&format!("CREATE DATABASE \"{name}\""));
        Self { name }
    }

    fn address(&self) -> String {
        let address = plain();
        let (server, _) = address.rsplit_once('/').unwrap();
        format!("{server}/{}", self.name)
    }

    fn open(&self) -> PostgresStore {
        PostgresStore::open(&self.address(), &PostgresOptions::default()).unwrap()
    }

    /// How many circles the server has found, which it says when all sessions have ended.
    fn circles(&self) -> i64 {
        let name = &self.name;
        with(&plain(), async |client| {
            let open = format!("SELECT 1 FROM pg_stat_activity WHERE datname = '{name}'");
            while !client.query(&open, &[]).await.unwrap().is_empty() {}
            let count = format!("SELECT deadlocks FROM pg_stat_database WHERE datname = '{name}'");
            client.query_one(&count, &[]).await.unwrap().get(0)
        })
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        run(&format!("DROP DATABASE \"{}\" WITH (FORCE)", self.name));
    }
}

fn claim(value: &str, version: i64) -> (Key, Record) {
    let claim = Claim {
        tenant: TENANT,
        kind: IdentityKind::Username,
        value: value.into(),
        user: UserId(1),
        identity: IdentityId(1),
        version,
    };
    (
        Key::Claim(TENANT, claim.name()),
        Record::Claim(claim.into()),
    )
}

fn user(version: i64) -> (Key, Record) {
    let mut columns = User::TABLE.columns.iter();
    let user = User::from_cells(&mut || {
        let column = columns.next()?;
        Some(match column.kind {
            // Any text is a name; groups have a form of their own, and so has who shares with whom.
            CellKind::Text if column.name == "shared_with" => Cell::Null,
            CellKind::Text if column.name == "groups" => Cell::Text("".into()),
            CellKind::Integer => Cell::Integer(1),
            CellKind::Text => Cell::Text("ann".into()),
            CellKind::Bytes => Cell::Bytes((&[0; 32]).into()),
        })
    });
    let user = User {
        version,
        ..user.unwrap()
    };
    (Key::User(TENANT, user.id), Record::User(user.into()))
}

fn uses() -> (Key, Record) {
    let subject = Subject {
        kind: SubjectKind::Role,
        id: 1,
    };
    let uses = Uses {
        version: 1,
        ..Uses::none(TENANT, subject)
    };
    (Key::Uses(TENANT, subject), Record::Uses(uses.into()))
}

fn config(tenant: i64, version: i64) -> (Key, Record) {
    let columns = Tenant::TABLE
        .columns
        .iter()
        .map(|column| match column.name {
            "id" => Cell::Integer(tenant),
            "currency" => Cell::Text("EUR".into()),
            "low_funds" => Cell::Text("1".into()),
            _ => match column.kind {
                CellKind::Integer => Cell::Integer(1),
                CellKind::Text => Cell::Text("text".into()),
                CellKind::Bytes => Cell::Bytes((&[]).into()),
            },
        });
    let cells: Vec<Cell<'static>> = columns.collect();
    let mut cells = cells.into_iter();
    let tenant = Tenant {
        version,
        ..Tenant::from_cells(&mut || cells.next()).unwrap()
    };
    let key = Key::Config(tenant.id);
    (key, Record::Config(Config::empty(tenant).into()))
}

/// A turn that rests on some keys and writes one.
fn turn(store: &PostgresStore, rests: &[&Key], (key, record): (Key, Record)) -> Outcome {
    let mut set = ReadSet::of(key.clone());
    for key in rests {
        set = set.and((*key).clone());
    }
    let (mut turn, mut view) = (store.turn().unwrap(), View::default());
    turn.load(&set, &mut view).unwrap();
    apply(vec![Change::Put(key, record)], &mut view);
    turn.commit(&view.into_batch())
}

type Outcome = Result<(), CommitError>;

/// Two turns, the second of which begins when the first waits for something that is locked; it is
/// let go when both wait. What became of them, and how many circles there were.
fn beside(
    database: &Database,
    lock: &str,
    first: impl FnOnce(&PostgresStore) -> Outcome + Send + 'static,
    second: impl FnOnce(&PostgresStore) -> Outcome + Send + 'static,
) -> ([Outcome; 2], i64) {
    let stores = [database.open(), database.open()];
    let outcomes = with(&database.address(), async |holder| {
        let until_so_many_wait = async |wanted: usize| {
            let waiting = "SELECT pid FROM pg_stat_activity \
                WHERE datname = current_database() AND wait_event_type = 'Lock'";
            while holder.query(waiting, &[]).await.unwrap().len() < wanted {
                // What a transaction has seen of others it sees until it is told to look again.
                let again = "SELECT pg_stat_clear_snapshot()";
                holder.batch_execute(again).await.unwrap();
            }
        };
        let lock = format!("SET search_path = tympan; BEGIN; {lock}");
        holder.batch_execute(&lock).await.unwrap();
        let [one, two] = stores;
        let first = thread::spawn(move || first(&one));
        until_so_many_wait(1).await;
        let second = thread::spawn(move || second(&two));
        until_so_many_wait(2).await;
        holder.batch_execute("ROLLBACK").await.unwrap();
        [first.join().unwrap(), second.join().unwrap()]
    });
    (outcomes, database.circles())
}

#[test]
fn who_writes_a_table_and_who_rests_on_what_is_not_in_it_take_turns() {
    let database = Database::new();
    let (key, absent) = (claim("ann", 1).0, claim("ben", 1).0);
    turn(&database.open(), &[], claim("ann", 1)).unwrap();
    let rests = [key, absent];
    // The first has the claim's row, and is about to write it.
    let lock = "SELECT 1 FROM \"stamp\" FOR UPDATE";
    let (outcomes, circles) = beside(
        &database,
        lock,
        |store| turn(store, &[], claim("ann", 2)),
        move |store| turn(store, &rests.each_ref(), uses()),
    );
    assert_eq!(circles, 0);
    assert!(
        matches!(outcomes, [Ok(()), Err(CommitError::Conflict(_))]),
        "{outcomes:?}"
    );
}

#[test]
fn who_writes_a_user_and_who_writes_a_claim_take_turns() {
    let database = Database::new();
    let [user_key, claim_key] = [user(1).0, claim("ann", 1).0];
    turn(&database.open(), &[], user(1)).unwrap();
    turn(&database.open(), &[], claim("ann", 1)).unwrap();
    let lock = "SELECT 1 FROM \"user\" FOR UPDATE";
    let (outcomes, circles) = beside(
        &database,
        lock,
        move |store| turn(store, &[&user_key], claim("ann", 2)),
        move |store| turn(store, &[&claim_key], user(2)),
    );
    assert_eq!(circles, 0);
    assert!(
        matches!(outcomes, [Ok(()), Err(CommitError::Conflict(_))]),
        "{outcomes:?}"
    );
}

#[test]
fn who_changes_one_configuration_and_rests_on_another_takes_turns_with_the_opposite() {
    let database = Database::new();
    for tenant in [1, 2] {
        turn(&database.open(), &[], config(tenant, 1)).unwrap();
    }
    // Both are held by somebody, and let go at once.
    let lock = "SELECT pg_advisory_xact_lock(hashint8extended(tenant, seed)) FROM \
        (SELECT ('x' || substr(encode(sha256('tympan'), 'hex'), 1, 16))::bit(64)::bigint) AS of (seed), \
        generate_series(1, 2) AS tenant";
    let crosswise = |changes: i64, rests: i64| {
        move |store: &PostgresStore| turn(store, &[&config(rests, 1).0], config(changes, 2))
    };
    let (outcomes, circles) = beside(&database, lock, crosswise(1, 2), crosswise(2, 1));
    assert_eq!(circles, 0);
    assert!(
        matches!(outcomes, [Ok(()), Err(CommitError::Conflict(_))]),
        "{outcomes:?}"
    );
}
