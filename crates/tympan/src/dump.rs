//! The canonical dump: every row of every table as a line of JSON, the same on every store.

use std::io::Write;

use serde_json::{Map, Value};
use tympan_core::error::{Code, Error};
use tympan_core::records::TABLES;
use tympan_core::row::{Cell, Table};
use tympan_vault::hex;

use crate::handle::Tympan;
use crate::rows::Rows;

impl Tympan {
    /// Writes every row of every table, in the order of tables and keys, as a line of JSON with
    /// sorted names; bytes are written in hexadecimal digits. All rows are as of one instant,
    /// though others write meanwhile.
    ///
    /// # Errors
    /// Those of the store; `storage` if the writer fails.
    pub fn dump(&self, out: &mut dyn Write) -> Result<(), Error> {
        let snapshot = self.engine.store.snapshot()?;
        for table in TABLES {
            for row in Rows::new(&*snapshot, table) {
                writeln!(out, "{}", line(table, &row?)).map_err(|error| {
                    Error::new(Code::Storage, format!("the dump stopped: {error}"))
                })?;
            }
        }
        Ok(())
    }
}

fn line(table: &Table, row: &[Cell<'static>]) -> Value {
    let columns: Map<String, Value> = table
        .columns
        .iter()
        .zip(row)
        .map(|(column, cell)| (column.name.to_owned(), value(cell)))
        .collect();
    serde_json::json!({ "row": columns, "table": table.name })
}

fn value(cell: &Cell<'_>) -> Value {
    match cell {
        Cell::Null => Value::Null,
        Cell::Integer(number) => Value::from(*number),
        Cell::Text(text) => Value::from(text.as_ref()),
        Cell::Bytes(bytes) => Value::from(hex::encode(bytes)),
    }
}
