//! Makes a database, checks whose it is, and brings an older one up to date.
//!
//! A database says what it is in three places: `application_id` says that it is tympan's,
//! `user_version` how many migrations it has had, and the table `migration` which these were.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, params};
use sha2::{Digest, Sha256};
use tympan_core::error::{Code, Error};
use tympan_core::hex;

use crate::connection::run;
use crate::error::{at, io, opening};
use crate::turnstile::beside;
use crate::{Migrate, SqliteOptions, backup};

/// `tymp` in ASCII.
const APPLICATION_ID: i64 = 0x7479_6d70;
/// What every file of SQLite begins with.
const MAGIC: &[u8] = b"SQLite format 3\0";
/// Where in a file the application's id lies, in four bytes.
const APPLICATION_ID_AT: usize = 68;

/// One step from one layout to the next.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Migration {
    pub(crate) number: i64,
    pub(crate) name: &'static str,
    pub(crate) sql: &'static str,
}

/// Every migration, in order; one that was released never changes.
pub(crate) const MIGRATIONS: &[Migration] = &[Migration {
    number: 1,
    name: "first",
    sql: include_str!("../migrations/0001_first.sql"),
}];

/// What lies at a path, as far as can be seen without touching it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// Nothing, or an empty file.
    Nothing,
    /// What may well be ours.
    Database,
}

/// Looks without touching, so that nothing is left beside a file that is not ours.
pub(crate) fn look(path: &Path) -> Result<Found, Error> {
    // Looked for first: whoever makes a database writes to the file before there is a log.
    let log = std::fs::metadata(beside(path, "-wal"));
    let nothing = || match log.as_ref().map_or(0, std::fs::Metadata::len) {
        0 => Ok(Found::Nothing),
        _ => Err(at(
            path,
            Code::StoreCorrupt,
            "it is empty or not there, but its log is: a new database would destroy what the log holds",
        )),
    };
    let metadata = match std::fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return nothing(),
        Err(error) => return Err(io(path, &error)),
    };
    if metadata.is_dir() {
        return Err(at(path, Code::StoreForeign, "it is a directory"));
    }
    if metadata.permissions().readonly() {
        return Err(at(
            path,
            Code::StoreReadOnly,
            "the file is marked as read-only",
        ));
    }
    if metadata.len() == 0 {
        return nothing();
    }
    // An interrupted creation has yet to be rolled back: then the file says nothing.
    if std::fs::metadata(beside(path, "-journal")).is_ok() {
        return Ok(Found::Database);
    }
    let mut header = Vec::new();
    File::open(path)
        .and_then(|file| file.take(100).read_to_end(&mut header))
        .map_err(|error| io(path, &error))?;
    if !header.starts_with(MAGIC) {
        return Err(at(
            path,
            Code::StoreForeign,
            "it is not a database of sqlite",
        ));
    }
    let id = header
        .get(APPLICATION_ID_AT..)
        .and_then(|rest| rest.first_chunk::<4>())
        .map(|bytes| i64::from(u32::from_be_bytes(*bytes)));
    if id != Some(APPLICATION_ID) {
        return Err(at(
            path,
            Code::StoreForeign,
            Error::of(Code::StoreForeign).message(),
        ));
    }
    Ok(Found::Database)
}

/// Makes or migrates a database as the options allow, and checks that the keys are its own. The
/// caller keeps other openers of this library off.
pub(crate) fn prepare(
    connection: &Connection,
    path: &Path,
    options: &SqliteOptions,
    migrations: &[Migration],
) -> Result<(), Error> {
    run(connection, "BEGIN IMMEDIATE").map_err(|error| opening(path, error))?;
    let outcome = prepare_within(connection, path, options, migrations);
    let end = if outcome.is_ok() {
        "COMMIT"
    } else {
        "ROLLBACK"
    };
    let ended = run(connection, end).map_err(|error| opening(path, error));
    outcome.and(ended)
}

fn prepare_within(
    connection: &Connection,
    path: &Path,
    options: &SqliteOptions,
    migrations: &[Migration],
) -> Result<(), Error> {
    let newest = i64::try_from(migrations.len()).unwrap_or(i64::MAX);
    if is_empty(connection, path)? {
        if !options.may_create() {
            return Err(at(
                path,
                Code::StoreMissing,
                Error::of(Code::StoreMissing).message(),
            ));
        }
        create(connection, path, options)?;
        return apply(connection, path, migrations);
    }
    if pragma(connection, path, "application_id")? != APPLICATION_ID {
        return Err(at(
            path,
            Code::StoreForeign,
            Error::of(Code::StoreForeign).message(),
        ));
    }
    let version = pragma(connection, path, "user_version")?;
    if version > newest {
        let text = format_args!("its version is {version}, the library's is {newest}");
        return Err(at(path, Code::StoreNewer, text)
            .with("version", version)
            .with("library", newest));
    }
    check_history(connection, path, version, migrations)?;
    check_keys(connection, path, options)?;
    if version == newest {
        return Ok(());
    }
    if options.migrate != Migrate::Auto {
        let text = format_args!("its version is {version}, the library's is {newest}");
        return Err(at(path, Code::StoreOlder, text)
            .with("version", version)
            .with("library", newest));
    }
    backup::copy(path, &copy_of(path, version), options.busy_timeout)?;
    let done = usize::try_from(version).unwrap_or(0);
    apply(connection, path, migrations.get(done..).unwrap_or_default())
}

/// Where the copy goes that is made before a database of a version is migrated.
pub(crate) fn copy_of(path: &Path, version: i64) -> PathBuf {
    beside(path, &format!(".v{version}"))
}

fn is_empty(connection: &Connection, path: &Path) -> Result<bool, Error> {
    let tables: i64 = connection
        .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
        .map_err(|error| opening(path, error))?;
    Ok(tables == 0 && pragma(connection, path, "application_id")? == 0)
}

fn create(connection: &Connection, path: &Path, options: &SqliteOptions) -> Result<(), Error> {
    let opening = |error| opening(path, error);
    connection
        .execute_batch(
            "CREATE TABLE \"meta\" (
                \"name\" TEXT NOT NULL PRIMARY KEY,
                \"value\" TEXT NOT NULL
            ) STRICT, WITHOUT ROWID;
            CREATE TABLE \"migration\" (
                \"number\" INTEGER NOT NULL PRIMARY KEY,
                \"name\" TEXT NOT NULL,
                \"sha256\" TEXT NOT NULL,
                \"applied_at\" INTEGER NOT NULL
            ) STRICT;",
        )
        .map_err(opening)?;
    connection
        .pragma_update(None, "application_id", APPLICATION_ID)
        .map_err(opening)?;
    if let Some(fingerprint) = &options.keys_fingerprint {
        connection
            .execute("INSERT INTO \"meta\" VALUES ('keys', ?1)", [fingerprint])
            .map_err(opening)?;
    }
    Ok(())
}

fn apply(connection: &Connection, path: &Path, migrations: &[Migration]) -> Result<(), Error> {
    let opening = |error| opening(path, error);
    for migration in migrations {
        connection.execute_batch(migration.sql).map_err(opening)?;
        connection
            .execute(
                "INSERT INTO \"migration\"
                 VALUES (?1, ?2, ?3, CAST(unixepoch('subsec') * 1000 AS INTEGER))",
                params![migration.number, migration.name, checksum(migration)],
            )
            .map_err(opening)?;
        connection
            .pragma_update(None, "user_version", migration.number)
            .map_err(opening)?;
    }
    Ok(())
}

/// Whether the migrations that the database had are those that the library knows.
fn check_history(
    connection: &Connection,
    path: &Path,
    version: i64,
    migrations: &[Migration],
) -> Result<(), Error> {
    let had = read_history(connection).map_err(|_| foreign_history(path))?;
    let known = migrations
        .iter()
        .map(|known| (known.number, checksum(known)));
    let known: Vec<_> = known.take_while(|(number, _)| *number <= version).collect();
    if had == known {
        return Ok(());
    }
    Err(foreign_history(path))
}

fn read_history(connection: &Connection) -> rusqlite::Result<Vec<(i64, String)>> {
    connection
        .prepare("SELECT \"number\", \"sha256\" FROM \"migration\" ORDER BY \"number\"")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect()
}

fn foreign_history(path: &Path) -> Error {
    at(
        path,
        Code::StoreForeign,
        "its migrations are not those of this library",
    )
}

fn check_keys(connection: &Connection, path: &Path, options: &SqliteOptions) -> Result<(), Error> {
    let Some(given) = &options.keys_fingerprint else {
        return Ok(());
    };
    let stored = connection.query_row(
        "SELECT max(\"value\") FROM \"meta\" WHERE \"name\" = 'keys'",
        [],
        |row| row.get::<_, Option<String>>(0),
    );
    if stored.map_err(|error| opening(path, error))?.as_ref() == Some(given) {
        return Ok(());
    }
    Err(at(
        path,
        Code::StoreKeys,
        Error::of(Code::StoreKeys).message(),
    ))
}

fn pragma(connection: &Connection, path: &Path, name: &str) -> Result<i64, Error> {
    connection
        .pragma_query_value(None, name, |row| row.get(0))
        .map_err(|error| opening(path, error))
}

fn checksum(migration: &Migration) -> String {
    let digest = Sha256::digest(migration.sql.as_bytes());
    hex::encode(&digest)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::time::Duration;

    use super::*;
    use crate::SqliteStore;
    use crate::options::Tuning;
    use crate::samples::charge_alone;

    const SECOND: Migration = Migration {
        number: 2,
        name: "second",
        sql: "CREATE TABLE \"later\" (\"id\" INTEGER NOT NULL PRIMARY KEY) STRICT;",
    };
    const TWO: &[Migration] = &[MIGRATIONS[0], SECOND];
    const BROKEN: &[Migration] = &[
        MIGRATIONS[0],
        SECOND,
        Migration {
            number: 3,
            name: "broken",
            sql: "CREATE TABLE \"half\" (\"id\" INTEGER); INSERT INTO \"nowhere\" VALUES (1);",
        },
    ];

    fn open(
        path: &Path,
        migrate: Migrate,
        migrations: &'static [Migration],
    ) -> Result<SqliteStore, Error> {
        let options = SqliteOptions {
            migrate,
            busy_timeout: Duration::from_secs(60),
            ..SqliteOptions::default()
        };
        let tuning = Tuning {
            migrations,
            ..Tuning::default()
        };
        SqliteStore::open_with(path, &options, tuning)
    }

    fn version(path: &Path) -> i64 {
        let connection = Connection::open(path).unwrap();
        pragma(&connection, path, "user_version").unwrap()
    }

    #[test]
    fn an_older_database_is_copied_and_migrated_or_refused() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("shop.db");
        let store = open(&path, Migrate::Auto, MIGRATIONS).unwrap();
        assert!(charge_alone(&store, 1, [1; 32]).unwrap());
        drop(store);
        for migrate in [Migrate::Check, Migrate::Never] {
            let error = open(&path, migrate, TWO).unwrap_err();
            assert_eq!(error.code(), Code::StoreOlder);
            assert_eq!(version(&path), 1);
        }
        assert!(!copy_of(&path, 1).exists());

        let store = open(&path, Migrate::Auto, TWO).unwrap();
        assert!(!charge_alone(&store, 1, [1; 32]).unwrap());
        assert!(charge_alone(&store, 1, [2; 32]).unwrap());
        assert_eq!(version(&path), 2);
        // The copy is what was there before, and opens as such.
        let copy = open(&copy_of(&path, 1), Migrate::Never, MIGRATIONS).unwrap();
        assert!(!charge_alone(&copy, 1, [1; 32]).unwrap());
        assert!(charge_alone(&copy, 1, [2; 32]).unwrap());
        drop(store);
        // The library of before no longer opens it.
        let error = open(&path, Migrate::Auto, MIGRATIONS).unwrap_err();
        assert_eq!(error.code(), Code::StoreNewer);
    }

    #[test]
    fn a_migration_that_fails_leaves_what_was_there() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("shop.db");
        drop(open(&path, Migrate::Auto, MIGRATIONS).unwrap());
        assert_eq!(
            open(&path, Migrate::Auto, BROKEN).unwrap_err().code(),
            Code::Storage
        );
        assert_eq!(version(&path), 1);
        // Neither the step before it nor its own first half.
        for table in ["later", "half"] {
            let connection = Connection::open(&path).unwrap();
            assert!(!connection.table_exists(None, table).unwrap(), "{table}");
        }
        drop(open(&path, Migrate::Auto, TWO).unwrap());
        assert_eq!(version(&path), 2);
    }

    #[test]
    fn what_cannot_be_copied_is_not_migrated() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("shop.db");
        drop(open(&path, Migrate::Auto, MIGRATIONS).unwrap());
        fs::create_dir(copy_of(&path, 1)).unwrap();
        assert!(open(&path, Migrate::Auto, TWO).is_err());
        assert_eq!(version(&path), 1);
        assert!(!beside(&copy_of(&path, 1), ".part").exists());
    }

    #[test]
    fn what_an_interrupted_copy_left_behind_does_no_harm() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("shop.db");
        drop(open(&path, Migrate::Auto, MIGRATIONS).unwrap());
        fs::write(beside(&copy_of(&path, 1), ".part"), "half a copy").unwrap();
        drop(open(&path, Migrate::Auto, TWO).unwrap());
        drop(open(&copy_of(&path, 1), Migrate::Never, MIGRATIONS).unwrap());
    }

    #[test]
    fn several_that_open_at_once_make_one_database() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("shop.db");
        std::thread::scope(|scope| {
            for name in 1..=8_u8 {
                let path = &path;
                scope.spawn(move || {
                    let store = open(path, Migrate::Auto, TWO).unwrap();
                    assert!(charge_alone(&store, 1, [name; 32]).unwrap());
                });
            }
        });
        let store = open(&path, Migrate::Never, TWO).unwrap();
        for name in 1..=8_u8 {
            assert!(!charge_alone(&store, 1, [name; 32]).unwrap());
        }
    }

    #[test]
    fn migrations_are_numbered_from_one() {
        for (number, migration) in (1..).zip(MIGRATIONS) {
            assert_eq!(migration.number, number, "{}", migration.name);
        }
    }
}
