//! How many users use a thing: read from the guard records that every command which alters the
//! number writes.

use crate::command::Stop;
use crate::configuration::named::Named;
use crate::ids::{ProfileId, TenantId};
use crate::records::{Config, Profile};
use crate::view::{Key, ReadSet, View};

/// How much a thing is used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UsesCount {
    /// Its users; of a price list, the profiles that name it.
    pub users: i64,
    /// How many of them are active; of a price list, the profiles that are not retired.
    pub active_users: i64,
}

/// What counting the users of things reads.
#[must_use]
pub fn uses_reads<T: Named>(tenant: TenantId, ids: &[T::Id]) -> ReadSet {
    let mut set = ReadSet::default();
    for id in ids {
        if let Some(subject) = T::subject(*id) {
            set = set.and(Key::Uses(tenant, subject));
        }
    }
    set
}

/// How much a thing is used.
///
/// # Errors
/// What the view lacks.
pub fn uses<T: Named>(view: &View, config: &Config, id: T::Id) -> Result<UsesCount, Stop> {
    let Some(subject) = T::subject(id) else {
        return Ok(T::named_by(config, id));
    };
    let counted = view.uses(config.tenant.id, subject)?;
    Ok(counted.map_or(UsesCount::default(), |uses| UsesCount {
        users: uses.users,
        active_users: uses.active_users,
    }))
}

/// How many active users these things have together; one who uses several is counted for each.
pub(super) fn active_users<T: Named>(
    view: &View,
    tenant: TenantId,
    ids: &[T::Id],
) -> Result<i64, Stop> {
    total::<T>(view, tenant, ids, |uses| uses.active_users)
}

/// How many users a tenant has: every user has exactly one profile.
pub(crate) fn population(view: &View, config: &Config) -> Result<i64, Stop> {
    total::<Profile>(view, config.tenant.id, &profiles(config), |uses| uses.users)
}

/// What [`population`] reads.
pub(crate) fn population_reads(config: &Config) -> ReadSet {
    uses_reads::<Profile>(config.tenant.id, &profiles(config))
}

fn profiles(config: &Config) -> Vec<ProfileId> {
    config.profiles.keys().copied().collect()
}

fn total<T: Named>(
    view: &View,
    tenant: TenantId,
    ids: &[T::Id],
    of: impl Fn(&crate::records::Uses) -> i64,
) -> Result<i64, Stop> {
    let subjects = || ids.iter().filter_map(|id| T::subject(*id));
    view.require(subjects().map(|subject| Key::Uses(tenant, subject)))?;
    let mut total = 0_i64;
    for subject in subjects() {
        total = total.saturating_add(view.uses(tenant, subject)?.map_or(0, |uses| of(uses)));
    }
    Ok(total)
}
