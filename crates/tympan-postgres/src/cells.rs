//! Cells as the server sends and takes them: in the binary form of their types.

use tokio_postgres::types::Type;
use tympan_core::error::{Code, Error};
use tympan_core::row::{Cell, CellKind, Row as Record, Table};

use crate::answers::{Answer, Row};
use crate::parts::Parts;
use crate::steps::Value;

/// The type of one cell.
pub(crate) fn kind_of(kind: CellKind) -> Type {
    match kind {
        CellKind::Integer => Type::INT8,
        CellKind::Text => Type::TEXT,
        CellKind::Bytes => Type::BYTEA,
    }
}

/// The type of a column of cells.
pub(crate) fn array_of(kind: CellKind) -> Type {
    match kind {
        CellKind::Integer => Type::INT8_ARRAY,
        CellKind::Text => Type::TEXT_ARRAY,
        CellKind::Bytes => Type::BYTEA_ARRAY,
    }
}

/// A number as a value.
pub(crate) fn number(number: i64) -> Value {
    Value {
        kind: Type::INT8,
        bytes: number.to_be_bytes().to_vec(),
    }
}

/// A text as a value.
pub(crate) fn text(text: &str) -> Value {
    Value {
        kind: Type::TEXT,
        bytes: text.as_bytes().to_vec(),
    }
}

/// A cell that is not empty as a value.
pub(crate) fn value(cell: &Cell<'_>) -> Value {
    match cell {
        Cell::Integer(one) => number(*one),
        Cell::Text(one) => text(one),
        Cell::Bytes(bytes) => Value {
            kind: Type::BYTEA,
            bytes: bytes.to_vec(),
        },
        // No key has an empty cell.
        Cell::Null => text(""),
    }
}

/// A list as a value: what stands in one column of several rows.
pub(crate) fn list<'a, 'c: 'a>(
    kind: CellKind,
    cells: impl ExactSizeIterator<Item = &'a Cell<'c>>,
) -> Value {
    let count = cells.len();
    let mut bytes = Vec::with_capacity(20 + count * 12);
    let head = [
        i32::from(count > 0),
        1,
        kind_of(kind).oid().cast_signed(),
        length(count),
        1,
    ];
    for part in head.iter().take(if count > 0 { 5 } else { 3 }) {
        bytes.extend_from_slice(&part.to_be_bytes());
    }
    for cell in cells {
        let number;
        let content: &[u8] = match cell {
            Cell::Null => {
                bytes.extend_from_slice(&(-1_i32).to_be_bytes());
                continue;
            }
            Cell::Integer(integer) => {
                number = integer.to_be_bytes();
                &number
            }
            Cell::Text(text) => text.as_bytes(),
            Cell::Bytes(content) => content,
        };
        bytes.extend_from_slice(&length(content.len()).to_be_bytes());
        bytes.extend_from_slice(content);
    }
    Value {
        kind: array_of(kind),
        bytes,
    }
}

/// Rows of cells as one list for each column.
pub(crate) fn lists(kinds: impl Iterator<Item = CellKind>, rows: &[Vec<Cell<'_>>]) -> Vec<Value> {
    kinds
        .enumerate()
        .map(|(at, kind)| {
            let column: Vec<&Cell<'_>> = rows.iter().filter_map(|row| row.get(at)).collect();
            list(kind, column.into_iter())
        })
        .collect()
}

/// Rows of a table by the cells of their keys, as one list for each column.
pub(crate) fn keys(table: &Table, rows: &[Vec<Cell<'_>>]) -> Vec<Value> {
    let kinds = table.columns.iter().take(table.key);
    lists(kinds.map(|column| column.kind), rows)
}

/// What does not fit is refused by the server: a message has at most so many bytes.
fn length(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

/// The cells of a row of a table, one after the other, from a column of the row on. What no tympan
/// writes ends them.
pub(crate) fn cells<'a>(
    row: &'a Row,
    table: &'static Table,
    first: usize,
) -> impl FnMut() -> Option<Cell<'a>> + use<'a> {
    let mut kinds = (first..).zip(table.columns);
    move || {
        let (at, column) = kinds.next()?;
        cell(column.kind, row.cell(at)?)
    }
}

fn cell(kind: CellKind, raw: Option<&[u8]>) -> Option<Cell<'_>> {
    let Some(raw) = raw else {
        return Some(Cell::Null);
    };
    Some(match kind {
        CellKind::Integer => Cell::Integer(i64::from_be_bytes(raw.try_into().ok()?)),
        CellKind::Text => Cell::Text(std::str::from_utf8(raw).ok()?.into()),
        CellKind::Bytes => Cell::Bytes(raw.into()),
    })
}

/// The records that a column of a row holds as an array of rows.
pub(crate) fn nested<T: Record>(row: &Row, column: usize) -> Result<Vec<T>, Error> {
    each_nested(row, column, |parts| {
        let mut columns = T::TABLE.columns.iter();
        T::from_cells(&mut || cell(columns.next()?.kind, next_column(parts)?))
    })
}

/// The same for rows of two numbers.
pub(crate) fn nested_pairs(row: &Row, column: usize) -> Result<Vec<(i64, i64)>, Error> {
    each_nested(row, column, |parts| {
        let mut number = || match cell(CellKind::Integer, next_column(parts)?)? {
            Cell::Integer(number) => Some(number),
            _ => None,
        };
        let pair = number().zip(number());
        pair.ok_or_else(|| Error::of(Code::StoreCorrupt))
    })
}

fn each_nested<T>(
    row: &Row,
    column: usize,
    mut read: impl FnMut(&mut Parts<'_>) -> Result<T, Error>,
) -> Result<Vec<T>, Error> {
    let corrupt = || Error::of(Code::StoreCorrupt);
    // Of no rows there is no array.
    let Some(raw) = row.cell(column).ok_or_else(corrupt)? else {
        return Ok(Vec::new());
    };
    let mut parts = Parts(raw);
    // It has one dimension.
    let [_dimensions, _nulls, _kind, count, _first] = [(); 5].map(|()| parts.number());
    let count = count.ok_or_else(corrupt)?;
    let one = |_| {
        let mut cells = Parts(parts.sized().flatten().ok_or_else(corrupt)?);
        cells.number().ok_or_else(corrupt)?;
        read(&mut cells)
    };
    (0..count).map(one).collect()
}

/// The next column of a row within a value.
fn next_column<'a>(parts: &mut Parts<'a>) -> Option<Option<&'a [u8]>> {
    // The type comes first, and is known.
    parts.number()?;
    parts.sized()
}

/// The records in the rows of an answer.
pub(crate) fn records<T: Record>(answer: &Answer) -> Result<Vec<T>, Error> {
    let rows = answer.rows.iter();
    rows.map(|row| T::from_cells(&mut cells(row, T::TABLE, 0)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_have_the_servers_binary_form() {
        let cells = [Cell::Integer(-1), Cell::Null];
        let value = list(CellKind::Integer, cells.iter());
        let expected: Vec<u8> = [1_i32, 1, 20, 2, 1, 8]
            .iter()
            .flat_map(|part| part.to_be_bytes())
            .chain([255; 8])
            .chain((-1_i32).to_be_bytes())
            .collect();
        assert_eq!(value.bytes, expected);
        let empty = list(CellKind::Text, [].iter());
        assert_eq!(empty.bytes, [0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 25]);
    }
}
