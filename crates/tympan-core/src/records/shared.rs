//! Whom a user shares wallets with.

use std::fmt;

use crate::error::{Code, Error};
use crate::ids::GroupId;
use crate::records::User;
use crate::row::by_text;
use crate::text::fold;

/// With whom a user shares wallets: their jobs may take from those. Written as a word and what it
/// names: `group:13`, `account_code:4711`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SharedWith {
    /// The members of a group.
    Group(GroupId),
    /// Everybody whose work is booked to an account code, whatever its case.
    AccountCode(String),
}

impl SharedWith {
    /// What a text names.
    ///
    /// # Errors
    /// `store_corrupt`: texts are only ever read from a store.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let shared = match text.split_once(':') {
            Some(("group", id)) => id.parse().ok().map(|id| Self::Group(GroupId(id))),
            Some(("account_code", code)) if !code.is_empty() => {
                Some(Self::AccountCode(code.to_owned()))
            }
            _ => None,
        };
        shared
            .filter(|shared| shared.to_string() == text)
            .ok_or_else(|| Error::of(Code::StoreCorrupt))
    }

    /// Whether a user is one of those.
    #[must_use]
    pub fn includes(&self, user: &User) -> bool {
        match self {
            Self::Group(group) => user.groups.contains(*group),
            Self::AccountCode(code) => {
                let own = user.account_code.as_deref();
                own.is_some_and(|own| fold(own) == fold(code))
            }
        }
    }
}

impl fmt::Display for SharedWith {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Group(group) => write!(formatter, "group:{}", group.0),
            Self::AccountCode(code) => write!(formatter, "account_code:{code}"),
        }
    }
}

by_text!(SharedWith);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_has_one_text() {
        let group = SharedWith::Group(GroupId(13));
        assert_eq!(SharedWith::parse("group:13").unwrap(), group);
        let code = SharedWith::AccountCode("47:11".into());
        assert_eq!(SharedWith::parse("account_code:47:11").unwrap(), code);
        assert_eq!(code.to_string(), "account_code:47:11");
        for wrong in [
            "",
            "group",
            "group:",
            "group:013",
            "account_code:",
            "other:1",
        ] {
            assert!(SharedWith::parse(wrong).is_err(), "{wrong}");
        }
    }
}
