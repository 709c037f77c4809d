//! Bytes that a hash covers: each field in a fixed form, so that no two records look the same.

use sha2::{Digest, Sha256};

use crate::ids::TenantId;
use crate::row::{Cell, Row};
use crate::time::Timestamp;

/// Collects the bytes of one record in a fixed form.
#[derive(Debug, Default)]
pub struct Canonical(Vec<u8>);

impl Canonical {
    /// Room for a typical entry.
    #[must_use]
    pub fn new() -> Self {
        Self(Vec::with_capacity(320))
    }

    /// A number, in as few bytes as it takes: hashing is what a charge in memory mostly does. The
    /// sign moves to the lowest bit, then seven bits a byte, the lowest first; all but the last
    /// byte have the highest bit set, so that the form has one reading only.
    pub fn integer(&mut self, number: i64) -> &mut Self {
        let mut rest = ((number << 1) ^ (number >> 63)).cast_unsigned();
        while rest > 0x7f {
            self.0.push(rest.to_le_bytes()[0] | 0x80);
            rest >>= 7;
        }
        self.0.push(rest.to_le_bytes()[0]);
        self
    }

    /// A number or nothing.
    pub fn optional(&mut self, number: Option<i64>) -> &mut Self {
        match number {
            Some(number) => {
                self.0.push(1);
                self.integer(number)
            }
            None => {
                self.0.push(0);
                self
            }
        }
    }

    /// An instant or nothing.
    pub fn optional_time(&mut self, at: Option<Timestamp>) -> &mut Self {
        self.optional(at.map(Timestamp::millis))
    }

    /// Text, with its length before it.
    pub fn text(&mut self, text: &str) -> &mut Self {
        self.bytes(text.as_bytes())
    }

    /// Text or nothing.
    pub fn optional_text(&mut self, text: Option<&str>) -> &mut Self {
        match text {
            Some(text) => {
                self.0.push(1);
                self.text(text)
            }
            None => {
                self.0.push(0);
                self
            }
        }
    }

    /// Bytes, with their length before them.
    pub fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.integer(i64::try_from(bytes.len()).unwrap_or(i64::MAX));
        self.0.extend_from_slice(bytes);
        self
    }

    /// Bytes or nothing.
    pub fn optional_bytes(&mut self, bytes: Option<&[u8]>) -> &mut Self {
        match bytes {
            Some(bytes) => {
                self.0.push(1);
                self.bytes(bytes)
            }
            None => {
                self.0.push(0);
                self
            }
        }
    }

    /// A row: its table, and of every column but one the name and what it holds, if anything.
    pub fn row<T: Row>(&mut self, row: &T, but: &str) -> &mut Self {
        self.text(T::TABLE.name);
        let columns = T::TABLE.columns.iter().zip(row.cells());
        for (column, cell) in columns.filter(|(column, _)| column.name != but) {
            match cell {
                Cell::Null => {}
                Cell::Integer(number) => {
                    self.column(column.name).integer(number);
                }
                Cell::Text(text) => {
                    self.column(column.name).text(&text);
                }
                Cell::Bytes(bytes) => {
                    self.column(column.name).bytes(&bytes);
                }
            }
        }
        self.0.push(0);
        self
    }

    /// The name of a column that holds something; what it holds follows.
    fn column(&mut self, name: &str) -> &mut Self {
        self.0.push(1);
        self.text(name)
    }

    /// What was collected.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// The salt of a text: drawn from the turn's random bytes, another for each record.
#[must_use]
pub fn salt(noise: &[u8; 32], tenant: TenantId, id: i64) -> [u8; 16] {
    let mut hash = Sha256::new();
    hash.update(noise);
    hash.update(tenant.0.to_be_bytes());
    hash.update(id.to_be_bytes());
    let digest: [u8; 32] = hash.finalize().into();
    let mut salt = [0; 16];
    for (to, from) in salt.iter_mut().zip(digest) {
        *to = from;
    }
    salt
}

/// The salted digest of texts.
#[must_use]
pub fn text_digest(salt: &[u8; 16], texts: &[Option<&str>]) -> [u8; 32] {
    let mut canonical = Canonical::new();
    canonical.bytes(salt);
    for text in texts {
        canonical.optional_text(*text);
    }
    Sha256::digest(canonical.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn no_two_numbers_look_the_same_and_none_begins_another() {
        let numbers = (0..63).flat_map(|bit| {
            let power = 1_i64 << bit;
            [power - 1, power, power + 1, -power, 1 - power, -power - 1]
        });
        let mut seen: BTreeMap<Vec<u8>, i64> = BTreeMap::new();
        for number in numbers.chain([i64::MAX, i64::MIN]) {
            let mut canonical = Canonical::new();
            canonical.integer(number);
            let earlier = seen.insert(canonical.as_bytes().to_vec(), number);
            assert!(earlier.is_none_or(|earlier| earlier == number), "{number}");
        }
        let forms: Vec<&Vec<u8>> = seen.keys().collect();
        assert!(forms.windows(2).all(|pair| !pair[1].starts_with(pair[0])));
    }
}
