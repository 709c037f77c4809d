//! The groups a user is in, as the user's own row says it: whoever settles wallets has the user, and
//! need not ask for memberships besides.

use std::fmt;

use smallvec::SmallVec;

use crate::error::{Code, Error};
use crate::ids::GroupId;
use crate::row::by_text;
use crate::time::Timestamp;

/// Groups in the order of their ids, each with since when the user is a member. Written as pairs of
/// group and milliseconds since 1970: `13@1788264000000 17@1788264000000`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Joined(SmallVec<[(GroupId, Timestamp); 2]>);

impl Joined {
    /// These groups.
    pub fn new(groups: impl IntoIterator<Item = (GroupId, Timestamp)>) -> Self {
        let mut groups: SmallVec<_> = groups.into_iter().collect();
        groups.sort_unstable();
        Self(groups)
    }

    /// What a text says.
    ///
    /// # Errors
    /// `store_corrupt`: texts are only ever read from a store.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let pair = |pair: &str| {
            let (group, since) = pair.split_once('@')?;
            let since = Timestamp::from_millis(since.parse().ok()?);
            Some((GroupId(group.parse().ok()?), since))
        };
        let groups: Option<SmallVec<_>> = text.split_terminator(' ').map(pair).collect();
        groups
            .map(Self)
            .filter(|joined| joined.is_in_order() && joined.to_string() == text)
            .ok_or_else(|| Error::of(Code::StoreCorrupt))
    }

    fn is_in_order(&self) -> bool {
        self.0.is_sorted_by(|(one, _), (other, _)| one < other)
    }

    /// Each group, with since when.
    pub fn iter(&self) -> impl Iterator<Item = (GroupId, Timestamp)> + Clone {
        self.0.iter().copied()
    }

    /// Whether the user is in a group.
    #[must_use]
    pub fn contains(&self, group: GroupId) -> bool {
        self.0.iter().any(|(joined, _)| *joined == group)
    }

    /// When the user joined a group last.
    #[must_use]
    pub fn latest(&self) -> Option<Timestamp> {
        self.0.iter().map(|(_, since)| *since).max()
    }
}

impl fmt::Display for Joined {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, (group, since)) in self.0.iter().enumerate() {
            let space = if place == 0 { "" } else { " " };
            write!(formatter, "{space}{}@{}", group.0, since.millis())?;
        }
        Ok(())
    }
}

by_text!(Joined);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_kept_in_order_and_have_one_text() {
        let at = Timestamp::from_millis;
        let joined = Joined::new([(GroupId(7), at(5)), (GroupId(3), at(9))]);
        assert_eq!(joined.to_string(), "3@9 7@5");
        assert_eq!(Joined::parse("3@9 7@5").unwrap(), joined);
        assert_eq!(Joined::parse("").unwrap(), Joined::default());
        assert_eq!(
            (joined.latest(), joined.contains(GroupId(7))),
            (Some(at(9)), true)
        );
        for wrong in [
            "3", "3@", "7@5 3@9", "3@9 3@9", "3@9 ", " 3@9", "03@9", "x@1", "3@9  7@5",
        ] {
            assert!(Joined::parse(wrong).is_err(), "{wrong}");
        }
    }
}
