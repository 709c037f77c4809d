//! What is kept per tenant: keys, the configuration, and what users hold.

use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use foldhash::fast::RandomState;
use hashbrown::{HashMap, HashSet};
use tympan_core::command::TenantKeys;
use tympan_core::error::{Code, Error};
use tympan_core::ids::{AccountId, TenantId, UserId};
use tympan_core::permissions::Grants;
use tympan_core::records::Config;
use tympan_core::view::{Follow, Key, ReadSet, View};
use tympan_store::{Stamp, Store};
use tympan_vault::KeyRing;

use crate::engine::lock;

/// Most users whose permissions are kept: about 100 bytes each and their permissions.
const MAX_CHECKED: usize = 65_536;

/// The tenants that were used through one handle.
pub(crate) struct Tenants {
    ring: KeyRing,
    tenants: RwLock<HashMap<TenantId, Arc<Tenant>, RandomState>>,
    checked: RwLock<CheckedUsers>,
    /// How old what is known of other processes' changes may be.
    freshness: Duration,
}

struct Tenant {
    keys: Arc<TenantKeys>,
    config: Mutex<Option<Arc<Config>>>,
}

/// What users hold, as of one stamp of the store.
#[derive(Default)]
struct CheckedUsers {
    stamp: Stamp,
    seen: Option<Instant>,
    users: HashMap<(TenantId, UserId), Arc<Checked>, RandomState>,
}

/// What one user may do.
#[derive(Debug, Default)]
pub(crate) struct Checked {
    everywhere: HashSet<Box<str>, RandomState>,
    over_accounts: HashMap<AccountId, HashSet<Box<str>, RandomState>, RandomState>,
}

impl Checked {
    fn of(grants: &Grants, config: &Config) -> Self {
        let mut checked = Self::default();
        checked
            .everywhere
            .extend(grants.everywhere(config).into_iter().map(Box::from));
        for (account, permission) in grants.over_accounts(config) {
            checked
                .over_accounts
                .entry(account)
                .or_default()
                .insert(permission.into());
        }
        checked
    }

    pub(crate) fn may(&self, permission: &str, account: Option<AccountId>) -> bool {
        self.everywhere.contains(permission)
            || account
                .and_then(|account| self.over_accounts.get(&account))
                .is_some_and(|permissions| permissions.contains(permission))
    }
}

impl Tenants {
    pub(crate) fn new(ring: KeyRing, freshness: Duration) -> Self {
        Self {
            ring,
            tenants: RwLock::default(),
            checked: RwLock::default(),
            freshness,
        }
    }

    pub(crate) fn ring(&self) -> &KeyRing {
        &self.ring
    }

    pub(crate) fn keys(&self, tenant: TenantId) -> Arc<TenantKeys> {
        self.tenant(tenant).keys.clone()
    }

    /// The configuration as it was last seen; the store is asked if it was never.
    pub(crate) fn config(
        &self,
        store: &dyn Store,
        tenant: TenantId,
    ) -> Result<Option<Arc<Config>>, Error> {
        if let Some(config) = self.known(tenant) {
            return Ok(Some(config));
        }
        let mut view = View::default();
        store.read(&ReadSet::of(Key::Config(tenant)), &mut view)?;
        let config = view.config(tenant).ok().flatten().cloned();
        if let Some(config) = &config {
            self.learn(config);
        }
        Ok(config)
    }

    /// The configuration as it was last seen.
    pub(crate) fn known(&self, tenant: TenantId) -> Option<Arc<Config>> {
        lock(&self.tenant(tenant).config).clone()
    }

    /// Takes note of a configuration that the store holds.
    pub(crate) fn learn(&self, config: &Arc<Config>) {
        *lock(&self.tenant(config.tenant.id).config) = Some(config.clone());
    }

    fn tenant(&self, id: TenantId) -> Arc<Tenant> {
        let known = self
            .tenants
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&id)
            .cloned();
        known.unwrap_or_else(|| {
            let mut tenants = self.tenants.write().unwrap_or_else(PoisonError::into_inner);
            let tenant = tenants.entry(id).or_insert_with(|| {
                let keys = Arc::new(TenantKeys::new(&self.ring, id));
                Arc::new(Tenant {
                    keys,
                    config: Mutex::default(),
                })
            });
            tenant.clone()
        })
    }

    /// Whether a user may do something, as of at most the handle's freshness ago, and always after
    /// the last change through this handle.
    pub(crate) fn may(
        &self,
        store: &dyn Store,
        tenant: TenantId,
        user: UserId,
        permission: &str,
        account: Option<AccountId>,
    ) -> Result<bool, Error> {
        {
            let checked = self.checked.read().unwrap_or_else(PoisonError::into_inner);
            let fresh = checked
                .seen
                .is_some_and(|seen| seen.elapsed() < self.freshness);
            if let (true, Some(checked)) = (fresh, checked.users.get(&(tenant, user))) {
                return Ok(checked.may(permission, account));
            }
        }
        Ok(self.check(store, tenant, user)?.may(permission, account))
    }

    /// Forgets what users hold: something that decides it was changed through this handle.
    pub(crate) fn forget_checked(&self) {
        let mut checked = self.checked.write().unwrap_or_else(PoisonError::into_inner);
        checked.users.clear();
        checked.seen = None;
    }

    fn check(
        &self,
        store: &dyn Store,
        tenant: TenantId,
        user: UserId,
    ) -> Result<Arc<Checked>, Error> {
        // The stamp is taken before the read: a change between the two is seen next time.
        let (stamp, seen) = (store.stamp()?, Instant::now());
        let current = {
            let mut checked = self.checked.write().unwrap_or_else(PoisonError::into_inner);
            if checked.stamp != stamp || checked.users.len() >= MAX_CHECKED {
                checked.users.clear();
                checked.stamp = stamp;
            }
            checked.seen = Some(seen);
            checked.users.get(&(tenant, user)).cloned()
        };
        if let Some(current) = current {
            return Ok(current);
        }
        let mut set =
            ReadSet::of(Key::Config(tenant)).and_follow(Key::User(tenant, user), Follow::RELATIONS);
        set.known.extend(self.known(tenant));
        let mut view = View::default();
        store.read(&set, &mut view)?;
        let found = (
            view.config(tenant).ok().flatten(),
            view.user(tenant, user).ok().flatten(),
            view.relations(tenant, user).ok().flatten(),
        );
        let fresh = Arc::new(match found {
            (None, ..) => return Err(Error::of(Code::UnknownTenant)),
            (Some(config), Some(user), Some(relations)) => {
                self.learn(config);
                Checked::of(&Grants::of(user, relations), config)
            }
            _ => Checked::default(),
        });
        let mut checked = self.checked.write().unwrap_or_else(PoisonError::into_inner);
        if checked.stamp == stamp && checked.seen.is_some() {
            checked.users.insert((tenant, user), fresh.clone());
        }
        Ok(fresh)
    }
}
