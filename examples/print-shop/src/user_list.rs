//! PaperCut's standard user list: tab-separated, no header, fourteen fields in a fixed order.
//!
//! `username balance restricted full-name e-mail department office card PIN notes secondary-card
//! other-e-mails alias home`. Trailing fields may be missing; an empty field leaves what is there
//! unchanged. Spaces around a field do not count.

use std::collections::BTreeMap;

use tympan::core::text::is_unprintable;

use crate::money::{self, MoneyError};
use crate::text::{self, BadLine, Shown};

const FIELDS: usize = 14;

/// PaperCut's limit.
const USERNAME_MAX_CHARS: usize = 50;

/// One user. What is `None` stays as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserRow<'a> {
    /// The number of the line, from 1.
    pub line: usize,
    /// As it is written; two that differ only in case are the same.
    pub username: &'a str,
    /// The own funds.
    pub balance_micros: Option<i64>,
    /// Whether the user is refused when there is nothing left.
    pub restricted: Option<bool>,
    /// The name to show.
    pub full_name: Option<&'a str>,
    /// The primary address.
    pub email: Option<&'a str>,
    /// Where the user works.
    pub department: Option<&'a str>,
    /// The room.
    pub office: Option<&'a str>,
    /// The number of the primary card.
    pub card: Option<&'a str>,
    /// The PIN, in the clear: not for messages.
    pub pin: Option<&'a str>,
    /// Anything.
    pub notes: Option<&'a str>,
    /// The number of another card.
    pub secondary_card: Option<&'a str>,
    /// More addresses, as the file has them.
    pub other_emails: Option<&'a str>,
    /// Another name to sign in with.
    pub alias: Option<&'a str>,
    /// The home folder.
    pub home: Option<&'a str>,
}

/// What is wrong with a line. The first fault from the left counts.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// Nobody to import.
    #[error("the username is empty")]
    NoUsername,
    /// Longer than PaperCut allows.
    #[error("the username `{}` has more than {USERNAME_MAX_CHARS} characters", Shown(.0))]
    UsernameTooLong(String),
    /// Two names that look the same could differ by it.
    #[error("the username `{}` holds a character that cannot be seen", Shown(.0))]
    UsernameUnprintable(String),
    /// No exact amount.
    #[error("the balance `{}` is {source}", Shown(value))]
    Balance {
        /// What stands there.
        value: String,
        /// Why it is none.
        source: MoneyError,
    },
    /// Neither `Y` nor `N`.
    #[error("restricted is `{}`, neither `Y` nor `N`", Shown(.0))]
    Restricted(String),
    /// Something after the last field: a stray tab, or another layout.
    #[error("there are {0} fields, more than {FIELDS}")]
    TooManyFields(usize),
    /// The first line stands.
    #[error("the username `{}` was on line {first_line} already", Shown(username))]
    Duplicate {
        /// The name.
        username: String,
        /// Where it was first.
        first_line: usize,
    },
}

/// A whole list.
#[derive(Debug, Default)]
pub struct UserList<'a> {
    /// The users, in the order of their lines.
    pub users: Vec<UserRow<'a>>,
    /// Lines left out.
    pub malformed: Vec<BadLine<Malformed>>,
    by_name: BTreeMap<String, usize>,
}

impl<'a> UserList<'a> {
    /// Reads a list whole. A line that is left out takes no username.
    pub fn read(list: &'a str) -> Self {
        let mut read = Self::default();
        for (number, line) in text::lines(list) {
            if let Err(reason) = read.add(number, line) {
                read.malformed.push(BadLine {
                    line: number,
                    reason,
                });
            }
        }
        read
    }

    fn add(&mut self, number: usize, line: &'a str) -> Result<(), Malformed> {
        let row = UserRow::parse(number, line)?;
        if let Some(first) = self
            .find(row.username)
            .and_then(|index| self.users.get(index))
        {
            return Err(Malformed::Duplicate {
                username: row.username.to_owned(),
                first_line: first.line,
            });
        }
        self.by_name.insert(fold(row.username), self.users.len());
        self.users.push(row);
        Ok(())
    }

    /// Where in `users` a name from a log is.
    pub fn find(&self, username: &str) -> Option<usize> {
        self.by_name.get(&fold(username)).copied()
    }
}

impl<'a> UserRow<'a> {
    /// Reads a line without its line end.
    pub fn parse(number: usize, line: &'a str) -> Result<Self, Malformed> {
        let mut fields = line.split('\t').map(|field| field.trim_matches(' '));
        let mut next = || fields.next().filter(|field| !field.is_empty());
        let username = next().ok_or(Malformed::NoUsername)?;
        if username.chars().count() > USERNAME_MAX_CHARS {
            return Err(Malformed::UsernameTooLong(username.to_owned()));
        }
        if username.contains(is_unprintable) {
            return Err(Malformed::UsernameUnprintable(username.to_owned()));
        }
        let row = Self {
            line: number,
            username,
            balance_micros: next().map(balance).transpose()?,
            restricted: next().map(restricted).transpose()?,
            full_name: next(),
            email: next(),
            department: next(),
            office: next(),
            card: next(),
            pin: next(),
            notes: next(),
            secondary_card: next(),
            other_emails: next(),
            alias: next(),
            home: next(),
        };
        // Spreadsheets pad with empty fields; anything else is another layout.
        match fields.position(|field| !field.is_empty()) {
            Some(_) => Err(Malformed::TooManyFields(line.split('\t').count())),
            None => Ok(row),
        }
    }
}

fn balance(value: &str) -> Result<i64, Malformed> {
    money::parse(value).map_err(|source| Malformed::Balance {
        value: value.to_owned(),
        source,
    })
}

fn restricted(value: &str) -> Result<bool, Malformed> {
    match value {
        "Y" | "y" => Ok(true),
        "N" | "n" => Ok(false),
        _ => Err(Malformed::Restricted(value.to_owned())),
    }
}

/// How usernames are compared: print clients disagree about case, and what tympan takes for one
/// name is one user here.
fn fold(username: &str) -> String {
    tympan::core::text::fold(username.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_line() {
        let line =
            "ann\t25.00\tY\tAnn Ó\ta@example.org\tSales\tF1\t187\t2670\tnote\t0193\tb@x,c@x\ta\t/h";
        let row = UserRow::parse(3, line).unwrap();
        assert_eq!(
            row,
            UserRow {
                line: 3,
                username: "ann",
                balance_micros: Some(25_000_000),
                restricted: Some(true),
                full_name: Some("Ann Ó"),
                email: Some("a@example.org"),
                department: Some("Sales"),
                office: Some("F1"),
                card: Some("187"),
                pin: Some("2670"),
                notes: Some("note"),
                secondary_card: Some("0193"),
                other_emails: Some("b@x,c@x"),
                alias: Some("a"),
                home: Some("/h"),
            }
        );
    }

    #[test]
    fn what_is_empty_or_missing_is_unchanged() {
        for line in [
            "ann",
            "ann\t",
            " ann \t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t",
            "ann\t \t ",
        ] {
            let row = UserRow::parse(1, line).unwrap();
            assert_eq!(row.username, "ann");
            assert_eq!((row.balance_micros, row.restricted), (None, None));
            assert_eq!((row.full_name, row.pin, row.home), (None, None, None));
        }
    }

    #[test]
    fn the_first_fault_is_named() {
        let long = "ü".repeat(51);
        for (line, expected) in [
            ("\t5", Malformed::NoUsername),
            (long.as_str(), Malformed::UsernameTooLong(long.clone())),
            (
                "a\u{feff}",
                Malformed::UsernameUnprintable("a\u{feff}".into()),
            ),
            (
                "a\tx",
                Malformed::Balance {
                    value: "x".into(),
                    source: MoneyError::NotANumber,
                },
            ),
            (
                "a\t0.1234567\tX",
                Malformed::Balance {
                    value: "0.1234567".into(),
                    source: MoneyError::TooFine,
                },
            ),
            ("a\t1\tyes", Malformed::Restricted("yes".into())),
            (
                "a\t1\tY\t\t\t\t\t\t\t\t\t\t\t\t\tx",
                Malformed::TooManyFields(16),
            ),
        ] {
            assert_eq!(UserRow::parse(1, line), Err(expected), "{line}");
        }
        assert!(UserRow::parse(1, &"ü".repeat(50)).is_ok());
    }

    #[test]
    fn a_name_counts_once_and_is_found_in_any_case() {
        let list = UserList::read("Ann\tx\nANN\t1\r\n\n\t\t\nann\t2\nbob\n");
        let names: Vec<_> = list
            .users
            .iter()
            .map(|user| (user.line, user.username))
            .collect();
        assert_eq!(names, [(2, "ANN"), (6, "bob")]);
        let bad: Vec<_> = list.malformed.iter().map(|bad| bad.line).collect();
        assert_eq!(bad, [1, 5]);
        assert_eq!(
            (list.find("aNN"), list.find("BOB"), list.find("eve")),
            (Some(0), Some(1), None)
        );
    }

    #[test]
    fn one_name_for_tympan_is_one_name_here() {
        let list = UserList::read("STRASSE\nstraße\nann\nａｎｎ\nann\u{3000}\n");
        assert_eq!(list.users.len(), 2);
        assert_eq!(list.find("Straße"), Some(0));
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics(text in "(?s).*") {
            let list = UserList::read(&text);
            for user in &list.users {
                assert!(list.find(user.username).is_some());
            }
        }
    }
}
