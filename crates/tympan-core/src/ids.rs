//! One newtype per kind of id, all in one file.
//!
//! An id is a positive 63-bit number that rises with time: milliseconds since 1970 in the upper 42
//! bits, a number drawn and counted on in the lower 21. It is the row key in every database, so a
//! new row lands beside the last one, and it is never secret. The text form carries a prefix.

use std::fmt::{self, Write};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::{Code, Error};
use crate::text::excerpt;

/// Bits below the milliseconds.
const COUNTER_BITS: u32 = 21;

/// Crockford's base 32: no letter that looks like a digit.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// Characters of the text form after the prefix: 13 × 5 bits hold 63.
const TEXT_LENGTH: usize = 13;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl $name {
            /// What the text form begins with.
            pub const PREFIX: &'static str = $prefix;
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                write_text(formatter, Self::PREFIX, self.0)
            }
        }

        /// The same text as everywhere else, so that one search of a log finds all of it.
        impl fmt::Debug for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, formatter)
            }
        }

        impl FromStr for $name {
            type Err = Error;
            fn from_str(text: &str) -> Result<Self, Error> {
                parse_text(Self::PREFIX, text).map(Self)
            }
        }
    )*};
}

ids! {
    /// The company that owns everything below it.
    TenantId = "ten";
    /// A person or a service.
    UserId = "usr";
    /// A typed value by which a user is recognised.
    IdentityId = "idy";
    /// A named set of permissions.
    RoleId = "rol";
    /// One role of one user over a stated set of accounts.
    RoleRowId = "rrw";
    /// The rules that a user is tracked and limited by.
    ProfileId = "prf";
    /// An allowance plan; its revisions share it.
    PlanId = "pln";
    /// A price list.
    PriceListId = "prc";
    /// A named set of users.
    GroupId = "grp";
    /// A production account inside a tenant.
    AccountId = "acc";
    /// An amount set aside for a job that has not finished.
    HoldId = "hld";
    /// One line of a wallet's history.
    EntryId = "ent";
    /// One audit event.
    AuditId = "aud";
}

impl TenantId {
    /// The tenant of a host that has only one company.
    pub const DEFAULT: Self = Self(1);
}

fn write_text(formatter: &mut fmt::Formatter<'_>, prefix: &str, number: i64) -> fmt::Result {
    // In one piece: whoever makes texts of ids makes many.
    let mut digits = [b'0'; TEXT_LENGTH];
    for (place, symbol) in digits.iter_mut().rev().enumerate() {
        let digit = (number.cast_unsigned() >> (place * 5)) & 31;
        let digit = usize::try_from(digit).unwrap_or_default();
        *symbol = *ALPHABET.get(digit).unwrap_or(&b'0');
    }
    formatter.write_str(prefix)?;
    formatter.write_char('_')?;
    formatter.write_str(std::str::from_utf8(&digits).unwrap_or_default())
}

fn parse_text(prefix: &str, text: &str) -> Result<i64, Error> {
    let wrong = || {
        Error::new(
            Code::InvalidId,
            format!(
                "`{}` is not an id that begins with `{prefix}_`",
                excerpt(text)
            ),
        )
    };
    let digits = text
        .strip_prefix(prefix)
        .and_then(|rest| rest.strip_prefix('_'))
        .filter(|digits| digits.len() == TEXT_LENGTH)
        .ok_or_else(wrong)?;
    let mut number: u128 = 0;
    for byte in digits.bytes() {
        let digit = ALPHABET
            .iter()
            .position(|symbol| *symbol == byte)
            .ok_or_else(wrong)?;
        number = number * 32 + digit as u128;
    }
    match i64::try_from(number) {
        Ok(0) => {
            let message = format!("`{text}` is the id of nothing: an id is never zero");
            Err(Error::new(Code::InvalidId, message))
        }
        number => number.map_err(|_| wrong()),
    }
}

/// The ids that one batch of decisions may use: a counter from a start that lies above every id
/// the store holds.
#[derive(Clone, Debug)]
pub struct Ids {
    next: i64,
}

impl Ids {
    /// Ids from `start` on, one by one.
    #[must_use]
    pub fn starting_at(start: i64) -> Self {
        Self { next: start.max(1) }
    }

    /// The first id for a moment: `now_ms` in the upper bits, `noise` in the lower, and above
    /// `floor` whatever the clock says.
    #[must_use]
    pub fn start(now_ms: i64, noise: u32, floor: i64) -> i64 {
        let low = i64::from(noise) & ((1 << COUNTER_BITS) - 1);
        let high = now_ms.clamp(0, i64::MAX >> (COUNTER_BITS + 1)) << COUNTER_BITS;
        (high | low).max(floor.saturating_add(1)).max(1)
    }

    /// The lowest id that can be drawn at a moment or later, by a clock that shows it. Whatever the
    /// clock showed before, nothing that was decided then has a lower one.
    #[must_use]
    pub fn lowest_at(now_ms: i64) -> i64 {
        Self::start(now_ms, 0, 0)
    }

    /// The next number.
    #[expect(
        clippy::should_implement_trait,
        reason = "it never ends, and what was drawn can be given back"
    )]
    pub fn next(&mut self) -> i64 {
        let number = self.next;
        self.next = self.next.saturating_add(1);
        number
    }

    /// The number that [`Ids::next`] would give.
    #[must_use]
    pub fn peek(&self) -> i64 {
        self.next
    }

    /// Gives back what a command drew that was not decided after all.
    pub fn rewind(&mut self, to: i64) {
        self.next = to;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_form_goes_there_and_back() {
        for number in [1, 31, 32, 1 << 40, i64::MAX] {
            let id = UserId(number);
            assert_eq!(id.to_string().parse::<UserId>().map(|id| id.0), Ok(number));
        }
    }

    #[test]
    fn logs_show_the_text_form() {
        let id = UserId(7);
        assert_eq!(format!("{id:?}"), id.to_string());
        assert_eq!(format!("{:?}", Some(id)), format!("Some({id})"));
    }

    #[test]
    fn text_of_another_kind_or_form_is_refused() {
        let text = UserId(7).to_string();
        assert!(text.parse::<RoleId>().is_err());
        for wrong in [
            "",
            "usr_",
            "usr_0",
            "usr_zzzzzzzzzzzzz",
            "usr_000000000000u",
            "usr_0000000000000",
        ] {
            assert!(wrong.parse::<UserId>().is_err(), "{wrong}");
        }
        let zero = "usr_0000000000000".parse::<UserId>().unwrap_err();
        assert!(zero.message().contains("never zero"), "{zero}");
        let endless = format!("usr_\n{}", "7".repeat(100_000));
        let error = endless.parse::<UserId>().unwrap_err();
        assert!(error.message().len() < 200 && !error.message().contains('\n'));
    }

    #[test]
    fn a_start_lies_above_the_floor_and_rises_with_time() {
        assert_eq!(Ids::start(0, 0, 0), 1);
        assert!(Ids::start(1_000, 0, 0) < Ids::start(1_001, 0, 0));
        assert_eq!(Ids::start(5, 9, i64::MAX - 10), i64::MAX - 9);
    }
}
