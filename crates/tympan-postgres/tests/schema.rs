//! The tables are those that the core describes: neither can change without the other.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test ends at the first surprise"
)]

mod common;

use common::{Schema, ask};
use tympan_core::records::TABLES;
use tympan_core::row::CellKind;

#[test]
fn every_described_table_is_there_column_by_column() {
    let schema = Schema::new();
    drop(schema.open());
    for table in TABLES {
        let found = ask(&format!(
            "SELECT string_agg(attname || ' ' || format_type(atttypid, -1) || ' ' || attnotnull \
             || ' ' || coalesce((SELECT collname FROM pg_collation WHERE oid = attcollation), '-'), \
             ', ' ORDER BY attnum) FROM pg_attribute \
             WHERE attrelid = '\"{}\".\"{}\"'::regclass AND attnum > 0",
            schema.name, table.name
        ));
        let described: Vec<String> = table
            .columns
            .iter()
            .map(|column| {
                let (kind, collation) = match column.kind {
                    CellKind::Integer => ("bigint", "-"),
                    CellKind::Text => ("text", "C"),
                    CellKind::Bytes => ("bytea", "-"),
                };
                format!("{} {kind} {} {collation}", column.name, !column.nullable)
            })
            .collect();
        assert_eq!(found, described.join(", "), "table `{}`", table.name);
    }
}

#[test]
fn every_key_and_every_index_begins_with_the_tenant() {
    let schema = Schema::new();
    drop(schema.open());
    for table in TABLES {
        let first = ask(&format!(
            "SELECT string_agg(DISTINCT pg_get_indexdef(indexrelid, 1, true), ', ') \
             FROM pg_index WHERE indrelid = '\"{}\".\"{}\"'::regclass",
            schema.name, table.name
        ));
        let expected = if table.name == "tenant" {
            "id"
        } else {
            "tenant"
        };
        assert_eq!(first, expected, "table `{}`", table.name);
    }
}
