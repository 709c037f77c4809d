//! What is kept per tenant: keys, the configuration, and what users may do.

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::{Duration, Instant};

use foldhash::fast::RandomState;
use hashbrown::{HashMap, HashSet};
use tympan_core::command::TenantKeys;
use tympan_core::error::{Code, Error};
use tympan_core::ids::{AccountId, TenantId, UserId};
use tympan_core::permissions::{Grants, check_permission};
use tympan_core::records::Config;
use tympan_core::view::{Follow, Key, ReadSet, View};
use tympan_store::{Stamp, Store};
use tympan_vault::KeyRing;

/// Most users of a tenant whose permissions are kept, at some 50 bytes each.
const MAX_CHECKED: usize = 262_144;

/// Tenants that are kept before it is looked for the first time whether they exist.
const FIRST_SWEEP: usize = 64;

/// The tenants that were used through one open store.
pub(crate) struct Tenants {
    ring: KeyRing,
    kept: RwLock<Kept>,
}

/// A host may name any id. Those of no tenant are forgotten again once no handle has them, so that
/// there are never more than twice as many here as exist or are in use.
struct Kept {
    tenants: HashMap<TenantId, Arc<Tenant>, RandomState>,
    sweep_at: usize,
}

impl Kept {
    fn sweep(&mut self) {
        // Whoever wants one more has to wait for this lock: what only the map holds is in no use.
        self.tenants
            .retain(|_, tenant| tenant.known().is_some() || Arc::strong_count(tenant) > 1);
        self.sweep_at = FIRST_SWEEP.max(self.tenants.len() * 2);
    }
}

/// One tenant.
pub(crate) struct Tenant {
    pub(crate) id: TenantId,
    pub(crate) keys: TenantKeys,
    config: RwLock<Option<Arc<Config>>>,
    checked: RwLock<CheckedUsers>,
}

/// What users may do, as of one stamp of the store.
#[derive(Default)]
struct CheckedUsers {
    stamp: Stamp,
    seen: Option<Instant>,
    users: HashMap<UserId, Arc<Checked>, RandomState>,
    /// Users with the same roles share what they may do.
    by_grants: HashMap<Grants, Arc<Checked>, RandomState>,
}

/// What a user may do.
#[derive(Debug, Default)]
struct Checked {
    /// Each permission that some role has, and whether the user holds it everywhere.
    everywhere: HashMap<Box<str>, bool, RandomState>,
    over_accounts: HashMap<AccountId, HashSet<Box<str>, RandomState>, RandomState>,
}

impl Checked {
    fn of(grants: &Grants, config: &Config) -> Self {
        let mut checked = Self::default();
        let named = config.permissions.values().flatten();
        let named = named.map(|row| (Box::from(row.permission.as_str()), false));
        checked.everywhere.extend(named);
        let held = grants.everywhere(config).into_iter();
        checked
            .everywhere
            .extend(held.map(|permission| (Box::from(permission), true)));
        for (account, permission) in grants.over_accounts(config) {
            checked
                .over_accounts
                .entry(account)
                .or_default()
                .insert(permission.into());
        }
        checked
    }

    fn may(&self, permission: &str, account: Option<AccountId>) -> Result<bool, Error> {
        match self.everywhere.get(permission) {
            Some(true) => Ok(true),
            Some(false) => Ok(account
                .and_then(|account| self.over_accounts.get(&account))
                .is_some_and(|permissions| permissions.contains(permission))),
            // No role has it: it may be misspelt.
            None => check_permission(permission).map(|()| false),
        }
    }
}

impl Tenants {
    pub(crate) fn new(ring: KeyRing) -> Self {
        Self {
            ring,
            kept: RwLock::new(Kept {
                tenants: HashMap::default(),
                sweep_at: FIRST_SWEEP,
            }),
        }
    }

    pub(crate) fn ring(&self) -> &KeyRing {
        &self.ring
    }

    /// What tells its keys from others; not a secret.
    pub(crate) fn fingerprint(&self) -> String {
        self.ring.fingerprint()
    }

    pub(crate) fn tenant(&self, id: TenantId) -> Arc<Tenant> {
        if let Some(tenant) = read(&self.kept).tenants.get(&id) {
            return tenant.clone();
        }
        let new = || {
            Arc::new(Tenant {
                id,
                keys: TenantKeys::new(&self.ring, id),
                config: RwLock::default(),
                checked: RwLock::default(),
            })
        };
        let mut kept = write(&self.kept);
        if kept.tenants.len() >= kept.sweep_at {
            kept.sweep();
        }
        kept.tenants.entry(id).or_insert_with(new).clone()
    }

    /// Takes note of a configuration that the store holds.
    pub(crate) fn learn(&self, config: &Arc<Config>) {
        self.tenant(config.tenant.id).learn(config);
    }
}

impl Tenant {
    /// The configuration as it was last seen; the store is asked if it was never.
    pub(crate) fn config(&self, store: &dyn Store) -> Result<Option<Arc<Config>>, Error> {
        if let Some(config) = self.known() {
            return Ok(Some(config));
        }
        let mut view = View::default();
        store.read(&ReadSet::of(Key::Config(self.id)), &mut view)?;
        let config = view.config(self.id).ok().flatten().cloned();
        if let Some(config) = &config {
            self.learn(config);
        }
        Ok(config)
    }

    /// The configuration as it was last seen.
    pub(crate) fn known(&self) -> Option<Arc<Config>> {
        read(&self.config).clone()
    }

    fn learn(&self, config: &Arc<Config>) {
        let mut known = write(&self.config);
        if known
            .as_ref()
            .is_none_or(|known| known.tenant.version <= config.tenant.version)
        {
            *known = Some(config.clone());
        }
    }

    /// Whether a user may do something, as of at most `freshness` ago, and always after the last
    /// change through the same open store.
    pub(crate) fn may(
        &self,
        store: &dyn Store,
        freshness: Duration,
        user: UserId,
        permission: &str,
        account: Option<AccountId>,
    ) -> Result<bool, Error> {
        if let Some(known) = self.known_to_may(freshness, user, permission, account) {
            return known;
        }
        self.check(store, user)?.may(permission, account)
    }

    /// Whether a user may do something, if that is known without asking the store.
    pub(crate) fn known_to_may(
        &self,
        freshness: Duration,
        user: UserId,
        permission: &str,
        account: Option<AccountId>,
    ) -> Option<Result<bool, Error>> {
        let checked = read(&self.checked);
        let fresh = checked.seen.is_some_and(|seen| seen.elapsed() < freshness);
        let checked = checked.users.get(&user).filter(|_| fresh)?;
        Some(checked.may(permission, account))
    }

    /// Forgets what users may do: something that decides it was changed.
    pub(crate) fn forget_checked(&self) {
        *write(&self.checked) = CheckedUsers::default();
    }

    fn check(&self, store: &dyn Store, user: UserId) -> Result<Arc<Checked>, Error> {
        // The stamp is taken before the read: a change between the two is seen next time.
        let (stamp, seen) = (store.stamp()?, Instant::now());
        {
            let mut checked = write(&self.checked);
            if checked.stamp != stamp || checked.users.len() >= MAX_CHECKED {
                *checked = CheckedUsers {
                    stamp,
                    ..CheckedUsers::default()
                };
            }
            checked.seen = Some(seen);
            if let Some(current) = checked.users.get(&user) {
                return Ok(current.clone());
            }
        }
        let mut set = ReadSet::of(Key::Config(self.id))
            .and_follow(Key::User(self.id, user), Follow::RELATIONS);
        set.known.extend(self.known());
        let mut view = View::default();
        store.read(&set, &mut view)?;
        let config = view
            .config(self.id)
            .ok()
            .flatten()
            .ok_or_else(|| Error::of(Code::UnknownTenant))?;
        self.learn(config);
        let user_row = view.user(self.id, user).ok().flatten();
        let relations = view.relations(self.id, user).ok().flatten();
        let grants = match (user_row, relations) {
            (Some(user), Some(relations)) => Grants::of(user, relations),
            _ => Grants::default(),
        };
        let mut checked = write(&self.checked);
        if checked.stamp != stamp || checked.seen.is_none() {
            return Ok(Arc::new(Checked::of(&grants, config)));
        }
        let shared = checked
            .by_grants
            .entry(grants)
            .or_insert_with_key(|grants| Arc::new(Checked::of(grants, config)))
            .clone();
        checked.users.insert(user, shared.clone());
        Ok(shared)
    }
}

/// What a panicking host leaves behind is whole: every change under these locks is one assignment.
fn read<T>(lock: &RwLock<T>) -> RwLockReadGuard<'_, T> {
    lock.read().unwrap_or_else(PoisonError::into_inner)
}

fn write<T>(lock: &RwLock<T>) -> RwLockWriteGuard<'_, T> {
    lock.write().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use tympan_core::configuration::Bootstrap;
    use tympan_core::measure::Currency;

    use super::*;
    use crate::{Options, Tympan};

    fn kept(tympan: &Tympan) -> usize {
        read(&tympan.engine.tenants.kept).tenants.len()
    }

    #[test]
    fn tenants_that_do_not_exist_are_not_kept_for_ever() {
        let tympan = Tympan::open("memory:", Options::default()).unwrap();
        tympan
            .host()
            .run(Bootstrap::new("Shop", Currency::EUR, "Ada"))
            .unwrap();
        let held = tympan.tenant(TenantId(2));
        for number in 0..100_000 {
            let nobody = tympan.tenant(TenantId(1_000 + number));
            if number % 10_000 == 0 {
                assert_eq!(
                    nobody.configuration().map_err(|error| error.code()).err(),
                    Some(Code::UnknownTenant)
                );
            }
        }
        assert!(kept(&tympan) <= FIRST_SWEEP, "{}", kept(&tympan));
        let known = tympan.engine.tenants.tenant(TenantId::DEFAULT).known();
        assert!(known.is_some(), "one that exists is kept");
        let again = tympan.tenant(TenantId(2));
        assert!(Arc::ptr_eq(&held.tenant, &again.tenant), "one in use is");
    }
}
