//! Whose jobs they are: the groups of users, and what users and groups are called.

use std::collections::BTreeMap;

use tympan_core::error::Error;
use tympan_core::ids::{GroupId, TenantId, UserId};
use tympan_core::records::Config;
use tympan_core::view::{Key, ReadSet, View};
use tympan_store::Snapshot;

use super::tally::Counted;
use super::{ReportRow, ReportSubject};

/// Users whose groups are remembered: some hundred bytes each.
const MAX_REMEMBERED: usize = 100_000;

/// The groups that users are in now.
#[derive(Default)]
pub(super) struct Groups(BTreeMap<UserId, Vec<GroupId>>);

impl Groups {
    /// Finds out about users, all at once.
    pub(super) fn learn(
        &mut self,
        snapshot: &dyn Snapshot,
        tenant: TenantId,
        users: impl Iterator<Item = UserId>,
    ) -> Result<(), Error> {
        if self.0.len() > MAX_REMEMBERED {
            self.0.clear();
        }
        let mut unknown: Vec<UserId> = users.filter(|user| !self.0.contains_key(user)).collect();
        unknown.sort_unstable();
        unknown.dedup();
        let keys = unknown.iter().map(|user| Key::Relations(tenant, *user));
        let view = read(snapshot, keys)?;
        for user in unknown {
            let relations = view.relations(tenant, user).ok().flatten();
            let groups = relations.map(|relations| {
                let memberships = relations.memberships.iter();
                memberships
                    .map(|membership| membership.user_group)
                    .collect()
            });
            self.0.insert(user, groups.unwrap_or_default());
        }
        Ok(())
    }

    /// Those of a user that was asked about.
    pub(super) fn of(&self, user: UserId) -> &[GroupId] {
        self.0.get(&user).map_or(&[], Vec::as_slice)
    }
}

/// The rows, with what their users and groups are called.
pub(super) fn named(
    snapshot: &dyn Snapshot,
    tenant: TenantId,
    config: &Config,
    rows: Vec<Counted>,
) -> Result<Vec<ReportRow>, Error> {
    let users = rows.iter().filter_map(|row| match row.place.subject {
        ReportSubject::User(user) => Some(Key::User(tenant, user)),
        _ => None,
    });
    let view = read(snapshot, users)?;
    let name = |subject: &ReportSubject| match subject {
        ReportSubject::Everybody => None,
        ReportSubject::User(user) => {
            let user = view.user(tenant, *user).ok().flatten();
            user.map(|user| user.name.clone())
        }
        ReportSubject::Group(group) => {
            let group = group.and_then(|group| config.groups.get(&group));
            group.map(|group| group.name.clone())
        }
        ReportSubject::AccountCode(code) => code.clone(),
    };
    let rows = rows.into_iter().map(|row| {
        Ok(ReportRow {
            name: name(&row.place.subject),
            since: row.until.map(|_| row.place.since),
            until: row.until,
            totals: row.totals()?,
            subject: row.place.subject,
        })
    });
    rows.collect()
}

fn read(snapshot: &dyn Snapshot, keys: impl Iterator<Item = Key>) -> Result<View, Error> {
    let mut view = View::default();
    let set = keys.fold(ReadSet::default(), ReadSet::and);
    if !set.reads.is_empty() {
        snapshot.read(&set, &mut view)?;
    }
    Ok(view)
}
