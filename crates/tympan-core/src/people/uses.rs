//! How many use a thing, kept with every edit, and the last administrator.

use std::collections::BTreeMap;

use crate::command::{Context, Stop};
use crate::configuration::{UsesCount, administrators};
use crate::error::{Code, Error};
use crate::ids::RoleId;
use crate::people::edit::Edit;
use crate::people::person::{Person, Place};
use crate::permissions::{USER_ADMINISTER, roles_with};
use crate::records::{Config, Relations, Subject, SubjectKind, User, Uses};
use crate::refusals::Refusals;
use crate::view::{Change, Key, Record, View};

/// By how much each count changes.
#[derive(Debug, Default)]
pub(super) struct UsesChanges(BTreeMap<Subject, UsesCount>);

impl UsesChanges {
    pub(super) fn of(edits: &[Edit]) -> Self {
        let mut sums: BTreeMap<Subject, UsesCount> = BTreeMap::new();
        for edit in edits {
            for (subject, count) in edit.before.as_ref().map(counted).unwrap_or_default() {
                let sum = sums.entry(subject).or_default();
                sum.users -= count.users;
                sum.active_users -= count.active_users;
            }
            for (subject, count) in counted(&edit.after) {
                let sum = sums.entry(subject).or_default();
                sum.users += count.users;
                sum.active_users += count.active_users;
            }
        }
        sums.retain(|_, sum| *sum != UsesCount::default());
        Self(sums)
    }

    /// The counts that must be known.
    pub(super) fn subjects<'a>(&'a self, config: &'a Config) -> impl Iterator<Item = Subject> + 'a {
        let roles = self
            .loses_administrators(config)
            .then(|| roles_with(config, USER_ADMINISTER))
            .into_iter()
            .flatten();
        self.0.keys().copied().chain(roles.map(role_subject))
    }

    /// The changes; what would leave no administrator is refused.
    pub(super) fn changes(
        &self,
        view: &View,
        context: &Context<'_>,
        config: &Config,
        refusals: &mut Refusals,
    ) -> Result<Vec<Change>, Stop> {
        let tenant = context.tenant;
        if self.loses_administrators(config) {
            let before = administrators(view, config)?;
            if before > 0 && before + self.administrators_change(config) <= 0 {
                refusals.note(Error::of(Code::LastAdministrator));
            }
        }
        let mut changes = Vec::with_capacity(self.0.len());
        for (subject, change) in &self.0 {
            let stored = view
                .uses(tenant, *subject)?
                .map(|stored| Uses::clone(stored));
            let mut uses = stored.unwrap_or_else(|| Uses::none(tenant, *subject));
            uses.users += change.users;
            uses.active_users += change.active_users;
            uses.version += 1;
            let record = Record::Uses(uses.into());
            changes.push(Change::Put(Key::Uses(tenant, *subject), record));
        }
        Ok(changes)
    }

    fn loses_administrators(&self, config: &Config) -> bool {
        self.administrators_change(config) < 0
    }

    fn administrators_change(&self, config: &Config) -> i64 {
        roles_with(config, USER_ADMINISTER)
            .filter_map(|role| self.0.get(&role_subject(role)))
            .map(|count| count.active_users)
            .sum()
    }
}

/// What a user counts for in the guard records, for checks of a whole database.
#[must_use]
pub fn uses_of(user: User, relations: Relations) -> BTreeMap<Subject, UsesCount> {
    counted(&Person { user, relations })
}

/// What a user counts for: each thing once, however often it is used. As an active holder of a
/// role counts only who holds it in the whole tenant: an account's administrator is none of the
/// tenant's.
fn counted(person: &Person) -> BTreeMap<Subject, UsesCount> {
    let everywhere = person.roles_everywhere();
    let count_of = |place: Place, subject: Subject| {
        let counts = match place {
            Place::TenantRole | Place::RoleRow(_) => everywhere.contains(&RoleId(subject.id)),
            Place::Profile | Place::Membership | Place::RoleRowAccount(_) => true,
        };
        UsesCount {
            users: 1,
            active_users: i64::from(person.user.active && counts),
        }
    };
    person
        .places()
        .into_iter()
        .map(|(place, subject)| (subject, count_of(place, subject)))
        .collect()
}

fn role_subject(role: RoleId) -> Subject {
    Subject {
        kind: SubjectKind::Role,
        id: role.0,
    }
}
