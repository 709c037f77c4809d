//! What can be listed. A list is an answer as of one instant, never the ground of a decision.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tympan_vault::hex;

use crate::error::{Code, Error};
use crate::ids::{AuditId, EntryId, GroupId, ProfileId, TenantId, UserId};
use crate::records::{User, WalletKey, WalletKind};
use crate::text::{Pattern, fold_for_search};

/// Most rows of one page.
pub const MAX_PAGE: u32 = 1_000;
/// Rows of a page for which no number was asked.
pub const DEFAULT_PAGE: u32 = 50;

/// Users, sorted by folded name, then id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserQuery {
    /// Of which tenant.
    pub tenant: TenantId,
    /// Only active or only inactive ones.
    pub active: Option<bool>,
    /// Only members of a group.
    pub group: Option<GroupId>,
    /// Only those with a profile.
    pub profile: Option<ProfileId>,
    /// Only those who share wallets, or only those who do not.
    pub sharing: Option<bool>,
    /// Only those of whom name, username, network name, e-mail or account code matches.
    pub pattern: Option<Pattern>,
    /// Only those behind this place.
    pub after: Option<UserPlace>,
    /// At most so many; at least 1, at most [`MAX_PAGE`].
    pub limit: u32,
}

/// A place in the list of users: it stays right while rows are added.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UserPlace {
    /// Of which tenant.
    pub tenant: TenantId,
    /// The folded name.
    pub name_folded: String,
    /// The id.
    pub id: UserId,
}

impl UserPlace {
    /// The place of a user.
    #[must_use]
    pub fn of(user: &User) -> Self {
        Self {
            tenant: user.tenant,
            name_folded: user.name_folded.clone(),
            id: user.id,
        }
    }

    /// The place that a cursor stands for.
    ///
    /// # Errors
    /// `invalid_cursor`, also for a cursor of another tenant.
    pub fn from_cursor(tenant: TenantId, cursor: &str) -> Result<Self, Error> {
        from_cursor(cursor, |place: &Self| place.tenant == tenant)
    }
}

/// A place in a wallet's history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EntryPlace {
    /// Of which tenant.
    pub tenant: TenantId,
    /// Of whose wallet.
    pub owner: i64,
    /// What feeds it.
    pub kind: WalletKind,
    /// The plan, or the currency's number.
    pub feed: i64,
    /// The entry.
    pub entry: EntryId,
}

impl EntryPlace {
    /// The place of an entry.
    #[must_use]
    pub fn of(tenant: TenantId, wallet: WalletKey, entry: EntryId) -> Self {
        Self {
            tenant,
            owner: wallet.owner,
            kind: wallet.kind,
            feed: wallet.feed,
            entry,
        }
    }

    /// The place that a cursor stands for.
    ///
    /// # Errors
    /// `invalid_cursor`, also for a cursor of another wallet.
    pub fn from_cursor(tenant: TenantId, wallet: WalletKey, cursor: &str) -> Result<Self, Error> {
        from_cursor(cursor, |place: &Self| {
            *place == Self::of(tenant, wallet, place.entry)
        })
    }
}

/// A place in the list of audit events.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuditPlace {
    /// Of which tenant.
    pub tenant: TenantId,
    /// The event.
    pub audit: AuditId,
}

impl AuditPlace {
    /// The place that a cursor stands for.
    ///
    /// # Errors
    /// `invalid_cursor`, also for a cursor of another tenant.
    pub fn from_cursor(tenant: TenantId, cursor: &str) -> Result<Self, Error> {
        from_cursor(cursor, |place: &Self| place.tenant == tenant)
    }
}

/// A place in the list of untracked usage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UntrackedPlace {
    /// Of which tenant.
    pub tenant: TenantId,
    /// The number.
    pub untracked: i64,
}

impl UntrackedPlace {
    /// The place that a cursor stands for.
    ///
    /// # Errors
    /// `invalid_cursor`, also for a cursor of another tenant.
    pub fn from_cursor(tenant: TenantId, cursor: &str) -> Result<Self, Error> {
        from_cursor(cursor, |place: &Self| place.tenant == tenant)
    }
}

/// A place as an opaque text.
#[must_use]
pub fn to_cursor(place: &impl Serialize) -> String {
    let json = serde_json::to_vec(place).unwrap_or_default();
    hex::encode(&json)
}

/// The place that a cursor stands for, if it belongs to the list.
///
/// # Errors
/// `invalid_cursor`.
pub fn from_cursor<P: DeserializeOwned>(
    cursor: &str,
    belongs: impl Fn(&P) -> bool,
) -> Result<P, Error> {
    let invalid = || Error::of(Code::InvalidCursor);
    if cursor.len() > 16_384 || !cursor.is_ascii() {
        return Err(invalid());
    }
    let bytes: Option<Vec<u8>> = (0..cursor.len())
        .step_by(2)
        .map(|at| {
            cursor
                .get(at..at + 2)
                .and_then(|pair| u8::from_str_radix(pair, 16).ok())
        })
        .collect();
    serde_json::from_slice::<P>(&bytes.ok_or_else(invalid)?)
        .ok()
        .filter(|place| belongs(place))
        .ok_or_else(invalid)
}

impl UserQuery {
    /// Whether a user belongs into the list, membership of the group aside; for stores that
    /// filter themselves.
    #[must_use]
    pub fn admits(&self, user: &User) -> bool {
        let behind = |place: &UserPlace| {
            (user.name_folded.as_str(), user.id) > (place.name_folded.as_str(), place.id)
        };
        user.tenant == self.tenant
            && self.active.is_none_or(|active| user.active == active)
            && self.profile.is_none_or(|profile| user.profile == profile)
            && self
                .sharing
                .is_none_or(|sharing| user.shared_with.is_some() == sharing)
            && self.after.as_ref().is_none_or(behind)
            && self
                .pattern
                .as_ref()
                .is_none_or(|pattern| searched(user).any(|text| pattern.matches(text)))
    }
}

/// The texts of a user that a pattern is looked for in.
fn searched(user: &User) -> impl Iterator<Item = &str> {
    [
        Some(&user.name_folded),
        user.username_folded.as_ref(),
        user.network_name_folded.as_ref(),
        user.email_folded.as_ref(),
        user.account_code_folded.as_ref(),
    ]
    .into_iter()
    .flatten()
    .map(String::as_str)
}

/// The columns of the user table that a pattern is looked for in.
pub const SEARCHED_COLUMNS: &[&str] = &[
    "name_folded",
    "username_folded",
    "network_name_folded",
    "email_folded",
    "account_code_folded",
];

/// Fills in what lists search and sort by.
pub fn fold_user(user: &mut User) {
    let fold = |text: &Option<String>| text.as_deref().map(fold_for_search);
    user.name_folded = fold_for_search(&user.name);
    user.username_folded = fold(&user.username);
    user.network_name_folded = fold(&user.network_name);
    user.email_folded = fold(&user.email);
    user.account_code_folded = fold(&user.account_code);
}

/// Entries of one wallet, newest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryQuery {
    /// Of which tenant.
    pub tenant: TenantId,
    /// Of which wallet.
    pub wallet: WalletKey,
    /// Only those before this entry of the wallet; none: from the newest.
    pub before: Option<EntryId>,
    /// At most so many; at least 1, at most [`MAX_PAGE`].
    pub limit: u32,
}

/// Audit events, oldest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditQuery {
    /// Of which tenant.
    pub tenant: TenantId,
    /// Only those after this event.
    pub after: Option<AuditId>,
    /// At most so many; at least 1, at most [`MAX_PAGE`].
    pub limit: u32,
}

/// Untracked usage that is open, oldest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UntrackedQuery {
    /// Of which tenant.
    pub tenant: TenantId,
    /// Only that with a number above this one.
    pub after: Option<i64>,
    /// At most so many; at least 1, at most [`MAX_PAGE`].
    pub limit: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_belong_to_their_tenant() {
        let place = UserPlace {
            tenant: TenantId(3),
            name_folded: "ä\"b".into(),
            id: UserId(9),
        };
        let cursor = to_cursor(&place);
        assert_eq!(UserPlace::from_cursor(TenantId(3), &cursor), Ok(place));
        for wrong in [cursor.as_str(), "", "0", "zz", "é0", "7b7d"] {
            let error = UserPlace::from_cursor(TenantId(4), wrong).unwrap_err();
            assert_eq!(error, Error::of(Code::InvalidCursor));
        }
    }

    #[test]
    fn cursors_belong_to_their_list() {
        let tenant = TenantId(3);
        let wallet = |owner| WalletKey {
            owner,
            kind: WalletKind::OwnFunds,
            feed: 978,
        };
        let entry = EntryPlace::of(tenant, wallet(1), EntryId(5));
        let cursor = to_cursor(&entry);
        assert_eq!(
            EntryPlace::from_cursor(tenant, wallet(1), &cursor),
            Ok(entry)
        );
        assert!(EntryPlace::from_cursor(tenant, wallet(2), &cursor).is_err());
        assert!(EntryPlace::from_cursor(TenantId(4), wallet(1), &cursor).is_err());
        assert!(AuditPlace::from_cursor(tenant, &cursor).is_err());
        assert!(UserPlace::from_cursor(tenant, &cursor).is_err());
        let audit = AuditPlace {
            tenant,
            audit: AuditId(5),
        };
        let cursor = to_cursor(&audit);
        assert_eq!(AuditPlace::from_cursor(tenant, &cursor), Ok(audit));
        assert!(AuditPlace::from_cursor(TenantId(4), &cursor).is_err());
        assert!(EntryPlace::from_cursor(tenant, wallet(1), &cursor).is_err());
        assert!(UntrackedPlace::from_cursor(tenant, &cursor).is_err());
        let untracked = UntrackedPlace {
            tenant,
            untracked: 5,
        };
        let cursor = to_cursor(&untracked);
        assert_eq!(UntrackedPlace::from_cursor(tenant, &cursor), Ok(untracked));
        assert!(UntrackedPlace::from_cursor(TenantId(4), &cursor).is_err());
        assert!(AuditPlace::from_cursor(tenant, &cursor).is_err());
    }
}
