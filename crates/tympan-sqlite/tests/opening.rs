//! What opening does and refuses.
#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::Connection;
use tempfile::TempDir;
use tympan_core::error::Code;
use tympan_core::view::{Change, Key, ReadSet, View};
use tympan_sqlite::{Durability, Migrate, SqliteOptions, SqliteStore};
use tympan_store::{Keeping, Store};

mod samples;

struct Place {
    directory: TempDir,
    path: PathBuf,
}

fn place() -> Place {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("shop.db");
    Place { directory, path }
}

fn made() -> Place {
    let place = place();
    drop(open(&place.path, &SqliteOptions::default()).unwrap());
    place
}

fn open(path: &Path, options: &SqliteOptions) -> Result<SqliteStore, Code> {
    SqliteStore::open(path, options).map_err(|error| {
        let named = error.detail("path").is_some();
        assert!(
            named || error.code() == Code::StoreLocked,
            "{error} names no file"
        );
        error.code()
    })
}

fn refusal(path: &Path, options: &SqliteOptions) -> Option<Code> {
    open(path, options).err()
}

fn impatient() -> SqliteOptions {
    SqliteOptions {
        busy_timeout: Duration::ZERO,
        ..SqliteOptions::default()
    }
}

fn files(place: &Place) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(place.directory.path())
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort_unstable();
    names
}

#[test]
fn what_was_committed_is_there_when_opened_again() {
    let place = made();
    for round in 1..=3_u8 {
        let store = open(&place.path, &SqliteOptions::default()).unwrap();
        assert!(samples::charge_alone(&store, 1, [round; 32]).unwrap());
        assert!(!samples::charge_alone(&store, 1, [round; 32]).unwrap());
        assert!(!samples::charge_alone(&store, 1, [1; 32]).unwrap());
    }
    let store = open(&place.path, &SqliteOptions::default()).unwrap();
    let mut view = View::default();
    let set = ReadSet::of(Key::Wallets(samples::TENANT, 1));
    store.read(&set, &mut view).unwrap();
    let wallets = view.wallets(samples::TENANT, 1).unwrap().unwrap();
    assert_eq!(wallets.wallets[0].entries, 3);
}

#[test]
fn nothing_is_made_where_that_is_not_wanted() {
    let never = SqliteOptions {
        migrate: Migrate::Never,
        ..SqliteOptions::default()
    };
    let place = place();
    assert_eq!(refusal(&place.path, &never), Some(Code::StoreMissing));
    assert!(files(&place).is_empty());
    fs::write(&place.path, "").unwrap();
    assert_eq!(refusal(&place.path, &never), Some(Code::StoreMissing));
    assert_eq!(files(&place), ["shop.db"]);
    assert_eq!(refusal(&made().path, &never), None);
    let no_directory = self::place().directory.path().join("none/shop.db");
    assert_eq!(
        refusal(&no_directory, &SqliteOptions::default()),
        Some(Code::StoreMissing)
    );
}

#[test]
fn an_empty_file_counts_as_new() {
    let place = place();
    fs::write(&place.path, "").unwrap();
    let check = SqliteOptions {
        migrate: Migrate::Check,
        ..SqliteOptions::default()
    };
    assert_eq!(refusal(&place.path, &check), None);
    assert!(fs::metadata(&place.path).unwrap().len() > 0);
}

#[test]
fn a_log_whose_database_is_gone_is_not_destroyed() {
    let place = made();
    let store = open(&place.path, &SqliteOptions::default()).unwrap();
    assert!(samples::charge_alone(&store, 1, [1; 32]).unwrap());
    // What a crash would leave.
    let log = place.directory.path().join("shop.db-wal");
    let (database, held) = (fs::read(&place.path).unwrap(), fs::read(&log).unwrap());
    assert!(!held.is_empty());
    drop(store);
    let lost = self::place();
    let lost_log = lost.directory.path().join("shop.db-wal");
    fs::write(&lost_log, &held).unwrap();
    let default = SqliteOptions::default();
    assert_eq!(refusal(&lost.path, &default), Some(Code::StoreCorrupt));
    fs::write(&lost.path, "").unwrap();
    assert_eq!(refusal(&lost.path, &default), Some(Code::StoreCorrupt));
    assert_eq!(fs::read(&lost_log).unwrap(), held);
    fs::write(&lost.path, database).unwrap();
    let found = open(&lost.path, &default).unwrap();
    assert!(!samples::charge_alone(&found, 1, [1; 32]).unwrap());
}

#[test]
fn files_that_are_not_ours_are_refused_and_left_as_they_are() {
    let texts: [&[u8]; 3] = [b"Dear diary", &[0; 4096], b"SQLite format 3\0 but no more"];
    for text in texts {
        let place = place();
        fs::write(&place.path, text).unwrap();
        assert_eq!(
            refusal(&place.path, &SqliteOptions::default()),
            Some(Code::StoreForeign)
        );
        assert_eq!(fs::read(&place.path).unwrap(), text);
        assert_eq!(files(&place), ["shop.db"]);
    }
    for sql in [
        "CREATE TABLE diary (day)",
        "PRAGMA application_id = 7; PRAGMA journal_mode = wal; CREATE TABLE diary (day)",
        // Ours by its number only.
        "PRAGMA application_id = 1954114928; CREATE TABLE diary (day)",
    ] {
        let place = place();
        Connection::open(&place.path)
            .unwrap()
            .execute_batch(sql)
            .unwrap();
        let before = fs::read(&place.path).unwrap();
        assert_eq!(
            refusal(&place.path, &SqliteOptions::default()),
            Some(Code::StoreForeign)
        );
        assert_eq!(fs::read(&place.path).unwrap(), before, "{sql}");
    }
    let directory = tempfile::tempdir().unwrap();
    let refused = refusal(directory.path(), &SqliteOptions::default());
    assert_eq!(refused, Some(Code::StoreForeign));
}

#[test]
fn newer_and_tampered_databases_are_refused() {
    for (sql, code) in [
        ("PRAGMA user_version = 99", Code::StoreNewer),
        ("UPDATE migration SET sha256 = 'other'", Code::StoreForeign),
        ("DELETE FROM migration", Code::StoreForeign),
        ("DROP TABLE migration", Code::StoreForeign),
    ] {
        let place = made();
        Connection::open(&place.path)
            .unwrap()
            .execute_batch(sql)
            .unwrap();
        for migrate in [Migrate::Auto, Migrate::Check, Migrate::Never] {
            let options = SqliteOptions {
                migrate,
                ..SqliteOptions::default()
            };
            assert_eq!(refusal(&place.path, &options), Some(code), "{sql}");
        }
    }
}

#[test]
fn a_database_opens_with_its_own_keys_only() {
    let with = |keys: Option<&str>| SqliteOptions {
        keys_fingerprint: keys.map(str::to_owned),
        ..SqliteOptions::default()
    };
    let place = place();
    drop(open(&place.path, &with(Some("one"))).unwrap());
    assert_eq!(
        refusal(&place.path, &with(Some("two"))),
        Some(Code::StoreKeys)
    );
    assert_eq!(refusal(&place.path, &with(Some("one"))), None);
    assert_eq!(refusal(&place.path, &with(None)), None);
    // A database that was made without is not taken over by the first who has some.
    assert_eq!(
        refusal(&made().path, &with(Some("one"))),
        Some(Code::StoreKeys)
    );
}

#[test]
fn what_is_marked_as_read_only_is_refused() {
    let place = made();
    let mut rights = fs::metadata(&place.path).unwrap().permissions();
    rights.set_readonly(true);
    fs::set_permissions(&place.path, rights).unwrap();
    assert_eq!(
        refusal(&place.path, &SqliteOptions::default()),
        Some(Code::StoreReadOnly)
    );

    let place = self::place();
    let mut rights = fs::metadata(place.directory.path()).unwrap().permissions();
    rights.set_readonly(true);
    fs::set_permissions(place.directory.path(), rights.clone()).unwrap();
    assert_eq!(
        refusal(&place.path, &SqliteOptions::default()),
        Some(Code::StoreReadOnly)
    );
    assert!(files(&place).is_empty());
    #[expect(
        clippy::permissions_set_readonly_false,
        reason = "so that it can be removed"
    )]
    rights.set_readonly(false);
    fs::set_permissions(place.directory.path(), rights).unwrap();
}

#[test]
fn what_another_program_holds_is_locked() {
    let place = made();
    let other = Connection::open(&place.path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    assert_eq!(refusal(&place.path, &impatient()), Some(Code::StoreLocked));
    other.execute_batch("ROLLBACK").unwrap();

    let store = open(&place.path, &impatient()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    assert_eq!(store.turn().err().unwrap().code(), Code::StoreLocked);
    other.execute_batch("ROLLBACK").unwrap();
    drop(store.turn().unwrap());

    // Two stores in one process are two programs.
    let second = open(&place.path, &impatient()).unwrap();
    let patient = open(&place.path, &SqliteOptions::default()).unwrap();
    let turn = store.turn().unwrap();
    assert_eq!(second.turn().err().unwrap().code(), Code::StoreLocked);
    assert_eq!(store.turn().err().unwrap().code(), Code::StoreLocked);
    assert_eq!(refusal(&place.path, &impatient()), Some(Code::StoreLocked));
    drop(turn);
    drop(patient.turn().unwrap());
}

#[test]
fn damaged_databases_are_reported_as_such() {
    let place = made();
    let store = open(&place.path, &SqliteOptions::default()).unwrap();
    let people = (1..=200).map(|id| samples::user(id, &format!("Ann {id}")));
    let people = people.map(|user| {
        let key = Key::User(user.tenant, user.id);
        Change::Put(key, tympan_core::view::Record::User(user.into()))
    });
    samples::change(&store, people.collect()).unwrap();
    drop(store);
    let whole = fs::read(&place.path).unwrap();
    let mut damaged = whole.clone();
    for byte in damaged.iter_mut().skip(4096) {
        *byte = 0x5a;
    }
    fs::write(&place.path, &damaged).unwrap();
    let outcome = open(&place.path, &SqliteOptions::default()).and_then(|store| {
        let set = ReadSet::of(Key::User(samples::TENANT, tympan_core::ids::UserId(1)));
        let read = store.read(&set, &mut View::default());
        read.map_err(|error| error.code())
    });
    assert!(
        matches!(outcome, Err(Code::StoreCorrupt | Code::StoreForeign)),
        "{outcome:?}"
    );
    fs::write(&place.path, &whole[..whole.len() / 2]).unwrap();
    let outcome = open(&place.path, &SqliteOptions::default()).and_then(|store| {
        let table = <tympan_core::records::User as tympan_core::row::Row>::TABLE;
        let scanned = store.scan(table, None, None, 1_000);
        scanned.map(|rows| rows.len()).map_err(|error| error.code())
    });
    assert!(
        matches!(outcome, Err(Code::StoreCorrupt | Code::StoreForeign)),
        "{outcome:?}"
    );
}

#[test]
fn what_tympan_never_writes_is_corrupt() {
    let place = made();
    let store = open(&place.path, &SqliteOptions::default()).unwrap();
    let other = Connection::open(&place.path).unwrap();
    other
        .execute_batch("INSERT INTO uses VALUES (1, 'spaceship', 1, 0, 0, 1)")
        .unwrap();
    let subject = tympan_core::records::Subject {
        kind: tympan_core::records::SubjectKind::Role,
        id: 1,
    };
    let key = Key::Uses(samples::TENANT, subject);
    store
        .read(&ReadSet::of(key.clone()), &mut View::default())
        .unwrap();
    other
        .execute_batch("UPDATE uses SET kind = 'role', users = -1")
        .unwrap();
    store
        .read(&ReadSet::of(key.clone()), &mut View::default())
        .unwrap();
    other
        .execute_batch(
            "INSERT INTO hold VALUES (1, 2, 3, 1, 'lost', 0, 0, NULL, NULL, NULL, NULL, NULL)",
        )
        .unwrap();
    let hold = Key::Hold(samples::TENANT, tympan_core::ids::HoldId(2));
    let error = store
        .read(&ReadSet::of(hold), &mut View::default())
        .unwrap_err();
    assert_eq!(error.code(), Code::StoreCorrupt);
}

#[test]
fn commits_are_kept_as_asked() {
    for (durability, keeping) in [
        (Durability::Full, Keeping::Local),
        (Durability::Normal, Keeping::NotDurable),
    ] {
        let place = place();
        let options = SqliteOptions {
            durability,
            ..SqliteOptions::default()
        };
        let store = open(&place.path, &options).unwrap();
        assert!(samples::charge_alone(&store, 1, [1; 32]).unwrap());
        // It asks the connection that writes.
        assert_eq!(store.doctor().unwrap().keeping, keeping);
        let mode: String = Connection::open(&place.path)
            .unwrap()
            .pragma_query_value(None, "journal_mode", |row| row.get(0))
            .unwrap();
        assert_eq!(mode, "wal");
    }
}

#[test]
fn a_backup_is_a_whole_database_as_of_one_instant() {
    let place = made();
    let store = open(&place.path, &SqliteOptions::default()).unwrap();
    assert!(samples::charge_alone(&store, 1, [1; 32]).unwrap());
    let turn = store.turn().unwrap();
    let copy = place.directory.path().join("copy.db");
    store.backup_to(&copy).unwrap();
    drop(turn);
    assert!(samples::charge_alone(&store, 1, [2; 32]).unwrap());
    let copied = open(&copy, &SqliteOptions::default()).unwrap();
    assert!(!samples::charge_alone(&copied, 1, [1; 32]).unwrap());
    assert!(samples::charge_alone(&copied, 1, [2; 32]).unwrap());
    let nowhere = place.directory.path().join("none/copy.db");
    assert!(store.backup_to(&nowhere).is_err());
}

#[test]
fn a_store_that_is_closed_leaves_one_file_with_everything() {
    let place = made();
    let store = open(&place.path, &SqliteOptions::default()).unwrap();
    assert!(samples::charge_alone(&store, 1, [1; 32]).unwrap());
    let mut view = View::default();
    store
        .read(&ReadSet::of(Key::Wallets(samples::TENANT, 1)), &mut view)
        .unwrap();
    drop(store);
    assert_eq!(files(&place), ["shop.db", "shop.db-next", "shop.db-turn"]);
    let alone = self::place();
    fs::copy(&place.path, &alone.path).unwrap();
    let store = open(&alone.path, &SqliteOptions::default()).unwrap();
    assert!(!samples::charge_alone(&store, 1, [1; 32]).unwrap());
}

#[test]
fn a_checkpoint_empties_the_log() {
    let place = made();
    let store = open(&place.path, &SqliteOptions::default()).unwrap();
    assert!(samples::charge_alone(&store, 1, [1; 32]).unwrap());
    store.checkpoint().unwrap();
    assert_eq!(
        fs::metadata(place.directory.path().join("shop.db-wal"))
            .unwrap()
            .len(),
        0
    );
    assert!(samples::charge_alone(&store, 1, [2; 32]).unwrap());
}

#[test]
fn stores_can_be_shared_by_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<SqliteStore>();
}
