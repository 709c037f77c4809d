//! What is asked of the server: statements with their values, as messages of its protocol.

use tokio_postgres::types::Type;

use crate::statements::Sql;

/// The server takes no longer message.
const LONGEST_MESSAGE: usize = (1 << 30) - 2;

/// Values and results are in the binary form of their types.
const BINARY: u16 = 1;

/// One thing to ask.
#[derive(Debug)]
pub(crate) enum Step {
    /// A statement that every connection has prepared, or that is planned when it comes.
    Query(&'static Sql, Vec<Value>),
    /// A statement that is made for the occasion.
    Text(String, Vec<Value>),
}

/// A value in the binary form of its type.
#[derive(Clone, Debug)]
pub(crate) struct Value {
    pub(crate) kind: Type,
    pub(crate) bytes: Vec<u8>,
}

/// A message is longer than the server takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooLong;

impl Step {
    /// A statement without values.
    pub(crate) fn plain(text: impl Into<String>) -> Self {
        Self::Text(text.into(), Vec::new())
    }

    /// Puts it behind other messages, on a connection that has prepared what every one prepares,
    /// or has not.
    pub(crate) fn put(&self, is_prepared: bool, out: &mut Vec<u8>) -> Result<(), TooLong> {
        let (name, values) = match self {
            Self::Query(sql, values) => match sql.place.filter(|_| is_prepared) {
                Some(place) => (name_of(place), values),
                None => {
                    put_parse("", &sql.text, sql.kinds.iter(), out)?;
                    (String::new(), values)
                }
            },
            Self::Text(text, values) => {
                put_parse("", text, values.iter().map(|value| &value.kind), out)?;
                (String::new(), values)
            }
        };
        message(b'B', out, |out| {
            for name in ["", &name] {
                put_text(name, out);
            }
            put_short(1, out);
            put_short(BINARY, out);
            put_short(short(values.len())?, out);
            for value in values {
                put_length(value.bytes.len(), out)?;
                out.extend_from_slice(&value.bytes);
            }
            put_short(1, out);
            put_short(BINARY, out);
            Ok(())
        })?;
        // Without a name, and every row.
        message(b'E', out, |out| {
            put_text("", out);
            out.extend_from_slice(&[0; 4]);
            Ok(())
        })
    }
}

/// Asks for one of the statements that every connection prepares.
pub(crate) fn put_prepare(place: usize, sql: &Sql, out: &mut Vec<u8>) -> Result<(), TooLong> {
    put_parse(&name_of(place), &sql.text, sql.kinds.iter(), out)
}

/// Ends what is asked together: the server answers all of it, or up to what it refuses.
pub(crate) fn put_sync(out: &mut Vec<u8>) {
    out.extend_from_slice(b"S\0\0\0\x04");
}

/// A text of several statements, which is answered by itself.
pub(crate) fn put_script(text: &str, out: &mut Vec<u8>) -> Result<(), TooLong> {
    message(b'Q', out, |out| {
        put_text(text, out);
        Ok(())
    })
}

fn name_of(place: usize) -> String {
    format!("t{place}")
}

fn put_parse<'a>(
    name: &str,
    text: &str,
    kinds: impl ExactSizeIterator<Item = &'a Type>,
    out: &mut Vec<u8>,
) -> Result<(), TooLong> {
    message(b'P', out, |out| {
        for text in [name, text] {
            put_text(text, out);
        }
        put_short(short(kinds.len())?, out);
        kinds.for_each(|kind| out.extend_from_slice(&kind.oid().to_be_bytes()));
        Ok(())
    })
}

/// A message: what it is, how long, and what is in it.
fn message(
    kind: u8,
    out: &mut Vec<u8>,
    content: impl FnOnce(&mut Vec<u8>) -> Result<(), TooLong>,
) -> Result<(), TooLong> {
    out.push(kind);
    let start = out.len();
    out.extend_from_slice(&[0; 4]);
    content(out)?;
    let length = out.len() - start;
    if length > LONGEST_MESSAGE {
        return Err(TooLong);
    }
    let place = out.get_mut(start..start + 4).ok_or(TooLong)?;
    let length = u32::try_from(length).map_err(|_| TooLong)?;
    place.copy_from_slice(&length.to_be_bytes());
    Ok(())
}

/// A text and the zero that ends it: one that holds a zero itself would end early, and no statement
/// is made of what a caller says.
fn put_text(text: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(text.as_bytes());
    out.push(0);
}

fn short(count: usize) -> Result<u16, TooLong> {
    u16::try_from(count).map_err(|_| TooLong)
}

fn put_short(number: u16, out: &mut Vec<u8>) {
    out.extend_from_slice(&number.to_be_bytes());
}

fn put_length(length: usize, out: &mut Vec<u8>) -> Result<(), TooLong> {
    let length = i32::try_from(length).map_err(|_| TooLong)?;
    out.extend_from_slice(&length.to_be_bytes());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_and_its_values_are_three_messages() {
        let value = Value {
            kind: Type::TEXT,
            bytes: b"a".to_vec(),
        };
        let mut out = Vec::new();
        let step = Step::Text("SELECT $1".to_owned(), vec![value]);
        step.put(true, &mut out).unwrap();
        put_sync(&mut out);
        let expected = [
            &b"P\0\0\0\x15\0SELECT $1\0\0\x01\0\0\0\x19"[..],
            b"B\0\0\0\x15\0\0\0\x01\0\x01\0\x01\0\0\0\x01a\0\x01\0\x01",
            b"E\0\0\0\x09\0\0\0\0\0",
            b"S\0\0\0\x04",
        ];
        assert_eq!(out, expected.concat());
    }

    #[test]
    fn what_has_too_many_values_is_not_sent() {
        let value = Value {
            kind: Type::INT8,
            bytes: vec![0; 8],
        };
        let step = Step::Text(String::new(), vec![value; 1 << 16]);
        assert_eq!(step.put(true, &mut Vec::new()), Err(TooLong));
    }
}
