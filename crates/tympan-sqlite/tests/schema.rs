//! The tables are those that the core describes: neither can change without the other.
#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

use rusqlite::Connection;
use tympan_core::records::TABLES;
use tympan_core::row::{CellKind, Column, Table};
use tympan_sqlite::{SqliteOptions, SqliteStore};

fn described(table: &Table) -> Vec<(String, &'static str, bool, i64)> {
    let place = |at: usize| {
        let place = if at < table.key { at + 1 } else { 0 };
        i64::try_from(place).unwrap()
    };
    let columns = table.columns.iter().enumerate();
    columns
        .map(|(at, column)| {
            (
                column.name.to_owned(),
                kind(column),
                !column.nullable,
                place(at),
            )
        })
        .collect()
}

fn kind(column: &Column) -> &'static str {
    match column.kind {
        CellKind::Integer => "INTEGER",
        CellKind::Text => "TEXT",
        CellKind::Bytes => "BLOB",
    }
}

fn database() -> (tempfile::TempDir, Connection) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("schema.db");
    drop(SqliteStore::open(&path, &SqliteOptions::default()).unwrap());
    let connection = Connection::open(path).unwrap();
    (directory, connection)
}

#[test]
fn every_described_table_is_there_column_by_column() {
    let (_directory, connection) = database();
    for table in TABLES {
        let mut statement = connection
            .prepare("SELECT name, type, \"notnull\", pk FROM pragma_table_info(?1) ORDER BY cid")
            .unwrap();
        let columns = statement.query_map([table.name], |row| {
            Ok((
                row.get(0)?,
                row.get::<_, String>(1)?,
                row.get(2)?,
                row.get(3)?,
            ))
        });
        let columns: Vec<(String, String, bool, i64)> =
            columns.unwrap().map(Result::unwrap).collect();
        let columns: Vec<_> = columns
            .iter()
            .map(|(name, kind, filled, key)| (name.clone(), kind.as_str(), *filled, *key))
            .collect();
        assert_eq!(columns, described(table), "table `{}`", table.name);
    }
}

#[test]
fn tables_are_strict_and_ordered_by_their_key() {
    let (_directory, connection) = database();
    for table in TABLES {
        let (strict, without_rowid): (bool, bool) = connection
            .query_row(
                "SELECT strict, wr FROM pragma_table_list WHERE schema = 'main' AND name = ?1",
                [table.name],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .unwrap();
        assert!(strict, "{}", table.name);
        assert_eq!(without_rowid, table.key > 1, "{}", table.name);
    }
}

#[test]
fn the_ledger_has_no_index() {
    let (_directory, connection) = database();
    let indexes: i64 = connection
        .query_row(
            "SELECT count(*) FROM pragma_index_list('entry')",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(indexes, 0);
}
