//! The statements for every table, made from its description, and rows in and out of them.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, Row as SqlRow, Statement, ToSql};
use tympan_core::error::Error;
use tympan_core::records::TABLES;
use tympan_core::row::{Cell, Column, Row, Table};

use crate::error;

/// The statements of one table.
#[derive(Debug)]
struct Texts {
    insert: String,
    delete: String,
    /// By the first one, two … columns of the key.
    select: Vec<String>,
}

static TEXTS: LazyLock<BTreeMap<&'static str, Texts>> = LazyLock::new(|| {
    TABLES
        .iter()
        .map(|table| (table.name, Texts::of(table)))
        .collect()
});

impl Texts {
    fn of(table: &Table) -> Self {
        let name = table.name;
        let key = table.columns.get(..table.key).unwrap_or_default();
        let all = columns(table, "");
        let places = vec!["?"; table.columns.len()].join(", ");
        let order = names(key, ", ", |name| format!("\"{name}\""));
        Self {
            insert: format!("INSERT INTO \"{name}\" ({all}) VALUES ({places})"),
            delete: format!("DELETE FROM \"{name}\" WHERE {}", matching(key)),
            select: (1..=key.len())
                .map(|count| {
                    let prefix = key.get(..count).unwrap_or(key);
                    format!(
                        "SELECT {all} FROM \"{name}\" WHERE {} ORDER BY {order}",
                        matching(prefix),
                    )
                })
                .collect(),
        }
    }
}

/// The columns of a table, each behind a prefix such as `u.`.
pub(crate) fn columns(table: &Table, prefix: &str) -> String {
    names(table.columns, ", ", |name| format!("{prefix}\"{name}\""))
}

fn names(columns: &[Column], separator: &str, each: impl Fn(&str) -> String) -> String {
    let names: Vec<String> = columns.iter().map(|column| each(column.name)).collect();
    names.join(separator)
}

/// The text of the statement that inserts a row; its values are all cells.
pub(crate) fn insert_text(table: &Table) -> &'static str {
    TEXTS.get(table.name).map_or("", |texts| &texts.insert)
}

/// The text of the statement that deletes a row; its values are the cells of the key.
pub(crate) fn delete_text(table: &Table) -> &'static str {
    TEXTS.get(table.name).map_or("", |texts| &texts.delete)
}

/// The text of the statement that sets some columns of a row; its values are the cells of these
/// columns, then those of the key.
pub(crate) fn update_text(table: &Table, changed: &[usize]) -> String {
    let set = changed.iter().filter_map(|place| table.columns.get(*place));
    let key = table.columns.get(..table.key).unwrap_or_default();
    let mut text = String::with_capacity(256);
    for part in ["UPDATE \"", table.name, "\" SET "] {
        text.push_str(part);
    }
    equal(&mut text, set, ", ");
    text.push_str(" WHERE ");
    equal(&mut text, key.iter(), " AND ");
    text
}

/// The condition that columns have given values.
fn matching(columns: &[Column]) -> String {
    let mut text = String::new();
    equal(&mut text, columns.iter(), " AND ");
    text
}

/// Adds `"name" = ?` for each column.
fn equal<'a>(text: &mut String, columns: impl Iterator<Item = &'a Column>, separator: &str) {
    for (at, column) in columns.enumerate() {
        let comma = if at == 0 { "" } else { separator };
        for part in [comma, "\"", column.name, "\" = ?"] {
            text.push_str(part);
        }
    }
}

/// All rows of a table whose key begins with these cells, in the order of the key.
pub(crate) fn select<T: Row>(connection: &Connection, key: &[Cell<'_>]) -> Result<Vec<T>, Error> {
    let text = TEXTS
        .get(T::TABLE.name)
        .and_then(|texts| texts.select.get(key.len().checked_sub(1)?))
        .map_or("", String::as_str);
    query(connection, text, key)
}

/// The row with this key.
pub(crate) fn select_one<T: Row>(
    connection: &Connection,
    key: &[Cell<'_>],
) -> Result<Option<T>, Error> {
    Ok(select(connection, key)?.pop())
}

/// The rows that a statement yields, its columns being those of the table.
pub(crate) fn query<T: Row>(
    connection: &Connection,
    text: &str,
    values: &[Cell<'_>],
) -> Result<Vec<T>, Error> {
    query_with(connection, text, values, |row| {
        T::from_cells(&mut cells(row, 0))
    })
}

/// What a function makes of the rows that a statement yields.
pub(crate) fn query_with<T>(
    connection: &Connection,
    text: &str,
    values: &[Cell<'_>],
    mut each: impl FnMut(&SqlRow<'_>) -> Result<T, Error>,
) -> Result<Vec<T>, Error> {
    let mut statement = connection.prepare_cached(text).map_err(error::sql)?;
    bind(&mut statement, values).map_err(error::sql)?;
    let mut rows = statement.raw_query();
    let mut found = Vec::new();
    while let Some(row) = rows.next().map_err(error::sql)? {
        found.push(each(row)?);
    }
    Ok(found)
}

/// The one whole number that a statement yields.
pub(crate) fn number(connection: &Connection, text: &str) -> Result<i64, Error> {
    let mut statement = connection.prepare_cached(text).map_err(error::sql)?;
    statement
        .query_row([], |row| row.get(0))
        .map_err(error::sql)
}

/// Runs a statement that yields nothing; says how many rows it wrote.
pub(crate) fn execute(
    connection: &Connection,
    text: &str,
    values: &[Cell<'_>],
) -> rusqlite::Result<usize> {
    let mut statement = connection.prepare_cached(text)?;
    bind(&mut statement, values)?;
    statement.raw_execute()
}

/// Puts cells in the places of a statement.
pub(crate) fn bind<'a>(
    statement: &mut Statement<'_>,
    values: impl IntoIterator<Item = &'a Cell<'a>>,
) -> rusqlite::Result<()> {
    for (at, cell) in values.into_iter().enumerate() {
        statement.raw_bind_parameter(at + 1, Bound(cell))?;
    }
    Ok(())
}

/// The cells of a row, one after the other from a column on. What no tympan writes ends them.
pub(crate) fn cells<'a>(
    row: &'a SqlRow<'_>,
    first: usize,
) -> impl FnMut() -> Option<Cell<'a>> + use<'a> {
    let mut at = first;
    move || {
        let value = row.get_ref(at).ok()?;
        at += 1;
        match value {
            ValueRef::Null => Some(Cell::Null),
            ValueRef::Integer(number) => Some(Cell::Integer(number)),
            ValueRef::Text(bytes) => std::str::from_utf8(bytes)
                .ok()
                .map(|text| Cell::Text(text.into())),
            ValueRef::Blob(bytes) => Some(Cell::Bytes(bytes.into())),
            ValueRef::Real(_) => None,
        }
    }
}

struct Bound<'a>(&'a Cell<'a>);

impl ToSql for Bound<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self.0 {
            Cell::Null => ValueRef::Null,
            Cell::Integer(number) => ValueRef::Integer(*number),
            Cell::Text(text) => ValueRef::Text(text.as_bytes()),
            Cell::Bytes(bytes) => ValueRef::Blob(bytes),
        }))
    }
}
