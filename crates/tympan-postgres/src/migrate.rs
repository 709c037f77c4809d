//! Makes the tables, checks whose they are, and brings older ones up to date.
//!
//! One transaction under an advisory lock does it all: it is done once, or not at all. Processes
//! of the older library may go on meanwhile and after it, so a migration only ever adds: tables,
//! indexes, functions, columns that may be empty or have a default. What nobody uses any more is
//! taken away by the migration of a later release, when no process of the older one is left. A
//! library does not open a database that is newer than itself.

use std::time::Instant;

use sha2::{Digest, Sha256};
use tympan_core::error::{Code, Error};
use tympan_core::hex;
use tympan_core::records::TABLES;
use tympan_store::Migrate;

use crate::answers::Answer;
use crate::cells::{number, text};
use crate::load::sound;
use crate::options::PostgresOptions;
use crate::pool::Lent;
use crate::steps::{Step, Value};
use crate::turn::BEGIN;

/// The oldest server that has all that is used.
const OLDEST_SERVER: i64 = 130_000;

/// One step from one layout to the next.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Migration {
    pub(crate) number: i64,
    pub(crate) name: &'static str,
    pub(crate) sql: &'static str,
}

/// Every migration, in order; one that was released never changes.
pub(crate) const MIGRATIONS: &[Migration] = &[
    Migration {
        number: 1,
        name: "first",
        sql: include_str!("../migrations/0001_first.sql"),
    },
    Migration {
        number: 2,
        name: "batch",
        sql: include_str!("../migrations/0002_batch.sql"),
    },
    Migration {
        number: 3,
        name: "together",
        sql: include_str!("../migrations/0003_together.sql"),
    },
    Migration {
        number: 4,
        name: "order",
        sql: include_str!("../migrations/0004_order.sql"),
    },
];

/// Makes or migrates the tables as the options allow, and checks that the keys are their own and
/// that the role may do what it has to.
pub(crate) fn prepare(
    link: &mut Lent<'_>,
    options: &PostgresOptions,
    seed: i64,
    migrations: &[Migration],
    until: Instant,
) -> Result<(), Error> {
    let mut session = Session { link, until };
    session.server()?;
    session.run_script(BEGIN)?;
    session.ask("SELECT pg_advisory_xact_lock($1::int8)", vec![number(seed)])?;
    session.tables(options, migrations)?;
    session.run_script("COMMIT")?;
    session.rights(options)
}

/// The advisory locks of a schema: those of another one of the same database are other ones.
pub(crate) fn seed(schema: &str) -> i64 {
    let digest = Sha256::digest(schema.as_bytes());
    digest
        .first_chunk::<8>()
        .map_or(0, |bytes| i64::from_be_bytes(*bytes))
}

/// A name as SQL wants it.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

struct Session<'a, 'b> {
    link: &'a mut Lent<'b>,
    until: Instant,
}

impl Session<'_, '_> {
    /// Runs statements one after the other.
    fn run_script(&mut self, text: &str) -> Result<(), Error> {
        sound(self.link.run_script(text, self.until))?;
        Ok(())
    }

    fn ask(&mut self, text: &str, values: Vec<Value>) -> Result<Answer, Error> {
        let step = Step::Text(text.to_owned(), values);
        let answer = sound(self.link.run(&[step], self.until))?.pop();
        answer.ok_or_else(|| Error::of(Code::Storage))
    }

    fn is_so(&mut self, text: &str, values: Vec<Value>) -> Result<bool, Error> {
        let answer = self.ask(text, values)?;
        let row = answer.rows.first();
        Ok(row.and_then(|row| row.is_so(0)).unwrap_or(false))
    }

    /// Rows of two columns, a number and a text.
    fn pairs(&mut self, text: &str) -> Result<Vec<(i64, String)>, Error> {
        let answer = self.ask(text, Vec::new())?;
        let rows = answer.rows.iter();
        rows.map(|row| Some((row.number(0)?, row.text(1)?.to_owned())))
            .collect::<Option<_>>()
            .ok_or_else(|| Error::of(Code::StoreForeign))
    }

    fn server(&mut self) -> Result<(), Error> {
        let question =
            "SELECT current_setting('server_version_num')::int8, getdatabaseencoding()::text";
        let found = self.pairs(question)?;
        let Some((version, encoding)) = found.first() else {
            return Err(Error::of(Code::Storage));
        };
        if *version < OLDEST_SERVER {
            let text = format!("the server is of version `{version}`; it must be 13 or later");
            return Err(Error::new(Code::StoreOlder, text));
        }
        if encoding != "UTF8" {
            let text = format!("the database keeps texts as `{encoding}`; it must be `UTF8`");
            return Err(Error::new(Code::StoreForeign, text));
        }
        Ok(())
    }

    fn tables(&mut self, options: &PostgresOptions, migrations: &[Migration]) -> Result<(), Error> {
        let schema = &options.schema;
        let newest = i64::try_from(migrations.len()).unwrap_or(i64::MAX);
        let there = "SELECT EXISTS (SELECT FROM pg_catalog.pg_tables \
            WHERE schemaname = $1 AND tablename = 'migration')";
        if !self.is_so(there, vec![text(schema)])? {
            let other = "SELECT EXISTS (SELECT FROM pg_catalog.pg_tables WHERE schemaname = $1)";
            if self.is_so(other, vec![text(schema)])? {
                return Err(Error::of(Code::StoreForeign).with("schema", schema));
            }
            if options.migrate == Migrate::Never {
                return Err(Error::of(Code::StoreMissing).with("schema", schema));
            }
            self.create(options)?;
            return self.apply(migrations);
        }
        self.right(schema, "USAGE")?;
        self.table_right(schema, "migration", "SELECT")?;
        self.table_right(schema, "meta", "SELECT")?;
        let had =
            self.pairs("SELECT \"number\", \"sha256\" FROM \"migration\" ORDER BY \"number\"")?;
        let version = had.last().map_or(0, |(number, _)| *number);
        let versions = |code, text: String| {
            Err(Error::new(code, text)
                .with("version", version)
                .with("library", newest))
        };
        let text_of = || format!("its version is {version}, the library's is {newest}");
        if version > newest {
            return versions(Code::StoreNewer, text_of());
        }
        let known = migrations.iter().map(|one| (one.number, checksum(one)));
        if had != known.take(had.len()).collect::<Vec<_>>() {
            let text = "its migrations are not those of this library";
            return Err(Error::new(Code::StoreForeign, text));
        }
        self.keys(options)?;
        if version == newest {
            return Ok(());
        }
        if options.migrate != Migrate::Auto {
            return versions(Code::StoreOlder, text_of());
        }
        let done = usize::try_from(version).unwrap_or(0);
        self.apply(migrations.get(done..).unwrap_or_default())
    }

    fn create(&mut self, options: &PostgresOptions) -> Result<(), Error> {
        let schema = &options.schema;
        let exists = "SELECT EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = $1)";
        if self.is_so(exists, vec![text(schema)])? {
            self.right(schema, "CREATE")?;
        } else {
            let may = "SELECT has_database_privilege(current_database(), 'CREATE')";
            if !self.is_so(may, Vec::new())? {
                return Err(lacks("CREATE", "the database"));
            }
            self.run_script(&format!("CREATE SCHEMA {}", quoted(schema)))?;
        }
        self.run_script(
            "CREATE TABLE \"meta\" (
                \"name\" text COLLATE \"C\" NOT NULL PRIMARY KEY,
                \"value\" text COLLATE \"C\" NOT NULL
            );
            CREATE TABLE \"migration\" (
                \"number\" bigint NOT NULL PRIMARY KEY,
                \"name\" text COLLATE \"C\" NOT NULL,
                \"sha256\" text COLLATE \"C\" NOT NULL,
                \"applied_at\" timestamptz NOT NULL DEFAULT now()
            )",
        )?;
        if let Some(fingerprint) = &options.keys_fingerprint {
            let insert = "INSERT INTO \"meta\" VALUES ('keys', $1)";
            self.ask(insert, vec![text(fingerprint)])?;
        }
        Ok(())
    }

    fn apply(&mut self, migrations: &[Migration]) -> Result<(), Error> {
        for migration in migrations {
            self.run_script(migration.sql)?;
            self.ask(
                "INSERT INTO \"migration\" (\"number\", \"name\", \"sha256\") VALUES ($1, $2, $3)",
                vec![
                    number(migration.number),
                    text(migration.name),
                    text(&checksum(migration)),
                ],
            )?;
        }
        Ok(())
    }

    fn keys(&mut self, options: &PostgresOptions) -> Result<(), Error> {
        let Some(given) = &options.keys_fingerprint else {
            return Ok(());
        };
        let same =
            "SELECT EXISTS (SELECT FROM \"meta\" WHERE \"name\" = 'keys' AND \"value\" = $1)";
        if self.is_so(same, vec![text(given)])? {
            return Ok(());
        }
        Err(Error::of(Code::StoreKeys))
    }

    fn right(&mut self, schema: &str, right: &str) -> Result<(), Error> {
        let may = "SELECT has_schema_privilege($1::text, $2::text)";
        if self.is_so(may, vec![text(schema), text(right)])? {
            return Ok(());
        }
        Err(lacks(right, &format!("schema `{schema}`")))
    }

    fn table_right(&mut self, schema: &str, table: &str, right: &str) -> Result<(), Error> {
        let may = "SELECT has_table_privilege(format('%I.%I', $1::text, $2::text), $3::text)";
        if self.is_so(may, vec![text(schema), text(table), text(right)])? {
            return Ok(());
        }
        Err(lacks(right, &format!("table `{table}`")))
    }

    /// Everything that turns need: better missed now than in the middle of one.
    fn rights(&mut self, options: &PostgresOptions) -> Result<(), Error> {
        let tables: Vec<String> = TABLES
            .iter()
            .map(|table| table.name)
            .chain(["stamp", "batch"])
            .map(|name| format!("('{name}')"))
            .collect();
        let schema = options.schema.replace('\'', "''");
        let question = format!(
            "SELECT 1::int8, may.name || ' table ' || of.name FROM (VALUES {}) AS of (name) CROSS JOIN \
             (VALUES ('SELECT'), ('INSERT'), ('UPDATE'), ('DELETE')) AS may (name) \
             WHERE NOT has_table_privilege(format('%I.%I', '{schema}', of.name), may.name) \
             UNION ALL SELECT 2, 'EXECUTE function ' || proname FROM pg_proc \
             WHERE pronamespace = quote_ident('{schema}')::regnamespace \
             AND NOT has_function_privilege(oid, 'EXECUTE') ORDER BY 1 LIMIT 1",
            tables.join(", "),
        );
        match self.pairs(&question)?.first() {
            None => Ok(()),
            Some((_, lacking)) => {
                let mut parts = lacking.splitn(3, ' ');
                let [right, what, name] = [(); 3].map(|()| parts.next().unwrap_or_default());
                Err(lacks(right, &format!("{what} `{name}`")))
            }
        }
    }
}

fn lacks(right: &str, on: &str) -> Error {
    Error::new(
        Code::StoreReadOnly,
        format!("the role lacks the right `{right}` on {on}"),
    )
    .with("right", right)
}

fn checksum(migration: &Migration) -> String {
    let digest = Sha256::digest(migration.sql.as_bytes());
    hex::encode(&digest)
}

#[cfg(test)]
mod tests {
    use tympan_core::ids::TenantId;
    use tympan_core::records::{Subject, SubjectKind, Uses};
    use tympan_core::view::{Change, Key, ReadSet, Record, View, apply};
    use tympan_store::Store;

    use super::*;
    use crate::PostgresStore;

    /// Everything that a migration may do: add tables, indexes, functions, and columns that an
    /// older library need not know.
    const LATER: &str = "CREATE TABLE \"later\" (\"id\" bigint NOT NULL PRIMARY KEY); \
        ALTER TABLE \"uses\" ADD COLUMN \"note\" text; \
        ALTER TABLE \"uses\" ADD COLUMN \"weight\" bigint NOT NULL DEFAULT 1; \
        CREATE INDEX \"uses_by_weight\" ON \"uses\" (\"tenant\", \"weight\")";

    /// A schema that goes with this.
    struct Place(PostgresOptions);

    impl Place {
        fn open(&self, migrations: &[Migration]) -> Result<PostgresStore, Error> {
            let address = std::env::var("DATABASE_URL").unwrap();
            PostgresStore::open_with(&address, &self.0, migrations)
        }
    }

    impl Drop for Place {
        fn drop(&mut self) {
            let store = self.open(MIGRATIONS).or_else(|_| self.open(&later()));
            let store = store.unwrap();
            let mut link = store.pool.lend(store.options.deadline()).unwrap();
            let until = store.options.deadline();
            let mut session = Session {
                link: &mut link,
                until,
            };
            let drop = format!("DROP SCHEMA {} CASCADE", quoted(&self.0.schema));
            session.run_script(&drop).unwrap();
        }
    }

    fn later() -> Vec<Migration> {
        let mut migrations = MIGRATIONS.to_vec();
        migrations.push(Migration {
            number: i64::try_from(migrations.len()).unwrap() + 1,
            name: "later",
            sql: LATER,
        });
        migrations
    }

    /// Counts one more user of a role, as whatever library the store is of.
    fn count_up(store: &PostgresStore) -> i64 {
        let subject = Subject {
            kind: SubjectKind::Role,
            id: 1,
        };
        let key = Key::Uses(TenantId(1), subject);
        let (mut turn, mut view) = (store.turn().unwrap(), View::default());
        turn.load(&ReadSet::of(key.clone()), &mut view).unwrap();
        let mut uses = match view.get(&key).unwrap() {
            Some(Record::Uses(uses)) => (**uses).clone(),
            _ => Uses::none(TenantId(1), subject),
        };
        uses.users += 1;
        uses.version += 1;
        let counted = uses.users;
        apply(vec![Change::Put(key, Record::Uses(uses.into()))], &mut view);
        turn.commit(&view.into_batch()).unwrap();
        counted
    }

    #[test]
    fn older_processes_go_on_while_a_newer_one_migrates_and_after_it() {
        let place = Place(PostgresOptions {
            schema: format!("later_{}", std::process::id()),
            patience: std::time::Duration::from_secs(30),
            ..PostgresOptions::default()
        });
        let older = place.open(MIGRATIONS).unwrap();
        assert_eq!(count_up(&older), 1);
        let newer = std::thread::scope(|scope| {
            let migrating = scope.spawn(|| place.open(&later()));
            let mut counted = 1;
            while !migrating.is_finished() {
                counted += 1;
                assert_eq!(count_up(&older), counted);
            }
            migrating.join().unwrap().unwrap()
        });
        let before = count_up(&older);
        assert_eq!(count_up(&newer), before + 1);
        assert_eq!(count_up(&older), before + 2);
        // On connections of its own it goes on; it does not open the database anew.
        let refusal = place.open(MIGRATIONS).unwrap_err();
        assert_eq!(refusal.code(), Code::StoreNewer);
        drop(place.open(&later()).unwrap());
    }
}
