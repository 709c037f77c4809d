//! Opening: whose tables they are, what the role may do, whom the server is.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test ends at the first surprise"
)]

mod common;

use common::{Schema, plain, run};
use tympan_core::error::{Code, Error};
use tympan_postgres::{Keeping, Migrate, PostgresOptions, PostgresStore};
use tympan_store::Store;

fn open(
    schema: &Schema,
    change: impl FnOnce(&mut PostgresOptions),
) -> Result<PostgresStore, Error> {
    let mut options = schema.options();
    change(&mut options);
    PostgresStore::open(&plain(), &options)
}

fn refused(outcome: Result<PostgresStore, Error>) -> Error {
    outcome.expect_err("it must not be opened")
}

#[test]
fn nothing_is_made_where_nothing_may_be() {
    let schema = Schema::new();
    let error = refused(open(&schema, |options| options.migrate = Migrate::Never));
    assert_eq!(error.code(), Code::StoreMissing);
    drop(open(&schema, |options| options.migrate = Migrate::Check).unwrap());
    drop(open(&schema, |options| options.migrate = Migrate::Never).unwrap());
}

#[test]
fn a_newer_database_is_refused_and_says_how_new() {
    let schema = Schema::new();
    drop(schema.open());
    run(&format!(
        "INSERT INTO \"{}\".\"migration\" VALUES (99, 'later', 'x')",
        schema.name
    ));
    let error = refused(open(&schema, |_| {}));
    assert_eq!(
        (error.code(), error.detail("version")),
        (Code::StoreNewer, Some("99"))
    );
}

#[test]
fn an_older_database_is_refused_where_it_may_not_be_migrated() {
    let schema = Schema::new();
    drop(schema.open());
    run(&format!("DELETE FROM \"{}\".\"migration\"", schema.name));
    let error = refused(open(&schema, |options| options.migrate = Migrate::Check));
    assert_eq!(
        (error.code(), error.detail("version")),
        (Code::StoreOlder, Some("0"))
    );
}

#[test]
fn tables_of_somebody_else_stay_as_they_are() {
    let schema = Schema::new();
    run(&format!(
        "CREATE SCHEMA \"{0}\"; CREATE TABLE \"{0}\".\"user\" (name text)",
        schema.name
    ));
    assert_eq!(refused(open(&schema, |_| {})).code(), Code::StoreForeign);
    let other = Schema::new();
    drop(other.open());
    run(&format!(
        "UPDATE \"{}\".\"migration\" SET \"sha256\" = 'x'",
        other.name
    ));
    assert_eq!(refused(open(&other, |_| {})).code(), Code::StoreForeign);
}

#[test]
fn other_keys_are_refused() {
    let schema = Schema::new();
    let with = |keys: &str| {
        let keys = Some(keys.to_owned());
        open(&schema, |options| options.keys_fingerprint = keys)
    };
    drop(with("these").unwrap());
    drop(with("these").unwrap());
    assert_eq!(refused(with("those")).code(), Code::StoreKeys);
}

#[test]
fn many_open_a_new_database_at_once_and_it_is_made_once() {
    let schema = Schema::new();
    std::thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| drop(schema.open()));
        }
    });
    assert_eq!(
        common::ask(&format!(
            "SELECT count(*) FROM \"{}\".\"migration\"",
            schema.name
        )),
        "4"
    );
}

#[test]
fn the_right_that_a_role_lacks_is_named() {
    let schema = Schema::new();
    let role = format!("poor_{}", schema.name);
    run(&format!("CREATE ROLE {role} LOGIN"));
    let address = plain().replace("tympan@", &format!("{role}@"));
    let open = || PostgresStore::open(&address, &schema.options());
    let named = |right: &str, on: &str| {
        let error = refused(open());
        assert_eq!(
            (error.code(), error.detail("right")),
            (Code::StoreReadOnly, Some(right)),
            "{error}"
        );
        assert!(error.message().contains(on), "{error}");
    };
    named("CREATE", "database");
    drop(schema.open());
    named("USAGE", &schema.name);
    run(&format!(
        "GRANT USAGE ON SCHEMA \"{}\" TO {role}",
        schema.name
    ));
    named("SELECT", "migration");
    run(&format!(
        "GRANT SELECT ON ALL TABLES IN SCHEMA \"{}\" TO {role}",
        schema.name
    ));
    let error = refused(open());
    assert_eq!(error.code(), Code::StoreReadOnly, "{error}");
    run(&format!(
        "GRANT INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA \"{0}\" TO {role}; \
         REVOKE DELETE ON \"{0}\".\"claim\" FROM {role}",
        schema.name
    ));
    named("DELETE", "claim");
    run(&format!(
        "GRANT DELETE ON \"{}\".\"claim\" TO {role}",
        schema.name
    ));
    run(&format!(
        "REVOKE EXECUTE ON FUNCTION \"{}\".\"add_commit\" FROM PUBLIC",
        schema.name
    ));
    named("EXECUTE", "add_commit");
    run(&format!(
        "GRANT EXECUTE ON FUNCTION \"{}\".\"add_commit\" TO {role}",
        schema.name
    ));
    drop(open().unwrap());
    run(&format!("DROP OWNED BY {role}; DROP ROLE {role}"));
}

#[test]
fn what_the_server_does_is_told_and_can_be_demanded() {
    let schema = Schema::new();
    let report = schema.open().doctor().unwrap();
    assert_eq!(report.keeping, Keeping::Local, "{report:?}");
    assert!(
        report
            .why
            .iter()
            .any(|why| why.contains("synchronous_standby_names")),
        "{report:?}"
    );
    let error = refused(open(&schema, |options| {
        options.minimum = Keeping::Replicated
    }));
    assert_eq!(error.code(), Code::StoreNotDurable);
    assert!(error.message().contains("local-durable"), "{error}");
}

#[test]
fn a_server_that_is_not_there_is_an_error_and_a_database_that_is_not_another() {
    let schema = Schema::new();
    let options = PostgresOptions {
        patience: std::time::Duration::from_millis(300),
        ..schema.options()
    };
    let error = refused(PostgresStore::open(
        "postgres://tympan@127.0.0.1:1/postgres",
        &options,
    ));
    assert!(error.retry(), "{error}");
    let address = plain().replace("/postgres", "/nowhere");
    assert_eq!(
        refused(PostgresStore::open(&address, &schema.options())).code(),
        Code::StoreMissing
    );
}

#[test]
fn only_a_server_with_the_right_name_and_authority_is_spoken_to() {
    let schema = Schema::new();
    let Ok(address) = std::env::var("TYMPAN_TLS_URL") else {
        // A server that DATABASE_URL names may have no certificate.
        return;
    };
    let open = |address: &str| PostgresStore::open(address, &schema.options());
    let encrypted = format!(
        "SELECT count(*) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) \
         WHERE application_name = 'tympan {}' AND ssl",
        schema.name
    );
    let store = open(&address).unwrap();
    store.doctor().unwrap();
    assert_eq!(common::ask(&encrypted), "1");
    drop(store);
    let (before, _) = address.split_once("sslrootcert=").unwrap();
    let other = std::env::var("TYMPAN_OTHER_AUTHORITY").unwrap();
    let error = refused(open(&format!("{before}sslrootcert={other}")));
    assert!(error.message().contains("certificate"), "{error}");
    let error = refused(open(&address.replace("@localhost", "@127.0.0.1")));
    assert!(error.message().contains("certificate"), "{error}");
    let error = refused(open(&format!("{before}sslrootcert=/nowhere.pem")));
    assert_eq!(
        (error.code(), error.detail("field")),
        (Code::InvalidValue, Some("sslrootcert"))
    );
}

#[test]
fn schemas_are_called_as_the_server_calls_them() {
    let long = "a".repeat(64);
    for name in ["", "a\0b", "$user", "pg_temp", &long] {
        let schema = Schema {
            name: name.to_owned(),
        };
        let error = refused(open(&schema, |_| {}));
        assert_eq!(
            (error.code(), error.detail("field")),
            (Code::InvalidValue, Some("schema")),
            "{name:?}"
        );
        // There is nothing to take away.
        std::mem::forget(schema);
    }
    let schema = Schema {
        name: format!("{:b<63}", format!("quoted \"'\\{}", std::process::id())),
    };
    let name = schema.name.replace('"', "\"\"");
    for _ in 0..2 {
        let opened = open(&schema, |_| {});
        opened.unwrap();
    }
    run(&format!("DROP SCHEMA \"{name}\" CASCADE"));
    std::mem::forget(schema);
}
