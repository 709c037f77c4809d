//! Keyed digests of what no chain holds: users with their children, untracked usage, and
//! configurations. Whoever only writes the database cannot make them, so a check finds what they changed.
//!
//! A digest covers its rows column by column, by name, and leaves out what is empty: a column that
//! a later version adds changes no digest for as long as it is empty in the rows that are there.

use tympan_vault::RecordKey;

use crate::digest::Canonical;
use crate::records::{Config, PlanOwner, PlanRevision, Relations, Untracked, User};
use crate::row::Row;

/// Bytes of the digest of one part of a configuration.
const DIGEST_BYTES: usize = RecordKey::DIGEST_BYTES;

/// A part of a configuration that has a digest of its own, so that a check can say where something
/// was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The tenant's own row.
    Settings,
    /// Price lists with their rules.
    PriceLists,
    /// Profiles with their plans.
    Profiles,
    /// Roles with their permissions.
    Roles,
    /// Groups.
    Groups,
    /// Accounts.
    Accounts,
}

impl Part {
    /// Every part, in the order of [`Tenant::digests`](crate::records::Tenant::digests); a new one
    /// comes last.
    pub const ALL: &'static [Self] = &[
        Self::Settings,
        Self::PriceLists,
        Self::Profiles,
        Self::Roles,
        Self::Groups,
        Self::Accounts,
    ];

    /// What it is called.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Settings => "settings",
            Self::PriceLists => "price lists",
            Self::Profiles => "profiles",
            Self::Roles => "roles",
            Self::Groups => "groups",
            Self::Accounts => "accounts",
        }
    }

    fn rows(self, config: &Config, canonical: &mut Canonical) {
        match self {
            Self::Settings => add(canonical, [&config.tenant], "digests"),
            Self::PriceLists => {
                add(canonical, config.price_lists.values(), "");
                add(canonical, config.price_rules.values().flatten(), "");
            }
            Self::Profiles => {
                add(canonical, config.profiles.values(), "");
                add(canonical, plans(config, false), "");
            }
            Self::Roles => {
                add(canonical, config.roles.values(), "");
                add(canonical, config.permissions.values().flatten(), "");
            }
            Self::Groups => {
                add(canonical, config.groups.values(), "");
                add(canonical, plans(config, true), "");
            }
            Self::Accounts => add(canonical, config.accounts.values(), ""),
        }
    }
}

/// The plans that groups carry, or those that profiles carry.
fn plans(config: &Config, of_groups: bool) -> impl Iterator<Item = &PlanRevision> {
    let carried = config.plans.iter();
    let carried =
        carried.filter(move |(owner, _)| matches!(owner, PlanOwner::Group(_)) == of_groups);
    carried.flat_map(|(_, revisions)| revisions)
}

/// The digests of all parts of a configuration, in their order.
#[must_use]
pub fn of_config(key: &RecordKey, config: &Config) -> Vec<u8> {
    Part::ALL
        .iter()
        .flat_map(|part| of_part(key, config, *part))
        .collect()
}

/// The parts of a configuration that are not as they were when their digests were made.
pub fn changed_parts<'a>(key: &RecordKey, config: &'a Config) -> impl Iterator<Item = Part> + 'a {
    let digests = of_config(key, config);
    let stored = &config.tenant.digests;
    // What is stored beyond the parts that there are belongs to nothing.
    let is_more = stored.len() > digests.len();
    Part::ALL.iter().enumerate().filter_map(move |(at, part)| {
        let place = at * DIGEST_BYTES..(at + 1) * DIGEST_BYTES;
        let differs = stored.get(place.clone()) != digests.get(place);
        (differs || is_more).then_some(*part)
    })
}

/// All parts cover the version, so that none can be put back from an older copy by itself.
fn of_part(key: &RecordKey, config: &Config, part: Part) -> [u8; DIGEST_BYTES] {
    let mut canonical = Canonical::new();
    canonical
        .text("configuration")
        .text(part.name())
        .integer(config.tenant.version);
    part.rows(config, &mut canonical);
    key.digest(canonical.as_bytes())
}

/// The digest of a user with the children.
#[must_use]
pub fn of_user(key: &RecordKey, user: &User, relations: &Relations) -> [u8; DIGEST_BYTES] {
    let mut canonical = Canonical::new();
    canonical.text("user");
    add(&mut canonical, [user], "digest");
    add(&mut canonical, &relations.identities, "");
    add(&mut canonical, &relations.memberships, "");
    add(&mut canonical, &relations.role_rows, "");
    add(&mut canonical, &relations.role_row_accounts, "");
    key.digest(canonical.as_bytes())
}

/// The digest of untracked usage.
#[must_use]
pub fn of_untracked(key: &RecordKey, untracked: &Untracked) -> [u8; DIGEST_BYTES] {
    let mut canonical = Canonical::new();
    canonical.text("untracked");
    add(&mut canonical, [untracked], "digest");
    key.digest(canonical.as_bytes())
}

/// Adds rows, each without the column that holds the digest itself.
fn add<'a, T: Row + 'a>(
    canonical: &mut Canonical,
    rows: impl IntoIterator<Item = &'a T>,
    own_digest: &str,
) {
    for row in rows {
        canonical.row(row, own_digest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::configuration::{Bootstrap, CreateGroup};
    use crate::measure::Currency;
    use crate::testing::TestStore;
    use crate::view::Record;

    fn shop() -> TestStore {
        let mut store = TestStore::new();
        store
            .run(&Bootstrap::new("Shop", Currency::EUR, "Ada"))
            .unwrap();
        store.run(&CreateGroup::new("Press")).unwrap();
        store
    }

    #[test]
    fn a_part_that_was_changed_is_told_from_the_others() {
        let store = shop();
        let config = store.config().unwrap();
        let changed = |change: &dyn Fn(&mut Config)| {
            let mut config = config.clone();
            change(&mut config);
            changed_parts(&store.keys.record, &config).collect::<Vec<_>>()
        };
        assert_eq!(changed(&|_| {}), []);
        assert_eq!(changed(&|config| config.groups.clear()), [Part::Groups]);
        assert_eq!(changed(&|config| config.permissions.clear()), [Part::Roles]);
        assert_eq!(
            changed(&|config| config.tenant.name.push('x')),
            [Part::Settings]
        );
        let of_all: [&dyn Fn(&mut Config); 3] = [
            &|config| config.tenant.version += 1,
            &|config| config.tenant.digests.push(0),
            &|config| config.tenant.digests.clear(),
        ];
        for change in of_all {
            assert_eq!(changed(change), Part::ALL);
        }
    }

    #[test]
    fn a_column_that_is_added_and_empty_changes_no_digest() {
        let store = shop();
        let group = store.config().unwrap().groups.values().next().unwrap();
        let bytes = |name: &str| {
            let mut canonical = Canonical::new();
            canonical.row(group, name);
            canonical.as_bytes().to_vec()
        };
        // A column left out stands for one that was not there yet.
        assert_ne!(bytes(""), bytes("retired"));
        let user = first_user(&store);
        assert_eq!(user.office, None);
        let mut with = Canonical::new();
        with.row(&user, "");
        let mut without = Canonical::new();
        without.row(&user, "office");
        assert_eq!(with.as_bytes(), without.as_bytes());
    }

    fn first_user(store: &TestStore) -> User {
        let mut records = store.records.values();
        let user = records.find_map(|record| match record {
            Record::User(user) => Some(User::clone(user)),
            _ => None,
        });
        user.unwrap()
    }
}
