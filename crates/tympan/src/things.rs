//! Profiles, roles, groups, accounts and price lists, each with what belongs to it.

use tympan_core::commands::COUNT_USES;
use tympan_core::configuration::{self, Filter, Named, UsesCount, uses, uses_reads};
use tympan_core::error::Error;
use tympan_core::ids::{AccountId, GroupId, PriceListId, ProfileId, RoleId};
use tympan_core::ledger::Rounding;
use tympan_core::measure::Currency;
use tympan_core::permissions::{configured, permissions_of, permit};
use tympan_core::records::{
    Account, Config, Group, PlanRevision, PriceList, PriceRule, Profile, Role, Stacking, Tracking,
};
use tympan_core::time::Timestamp;

use crate::handle::Handle;

/// A role with its permissions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownRole {
    /// Its id.
    pub id: RoleId,
    /// Its name.
    pub name: String,
    /// Rises with every edit.
    pub version: i64,
    /// Whether it takes no new holders.
    pub retired: bool,
    /// Whether it is a production role: a condition of the smart card.
    pub production: bool,
    /// Its permissions, sorted.
    pub permissions: Vec<String>,
    /// When it was created.
    pub created_at: Timestamp,
}

/// A profile with its plans.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownProfile {
    /// Its id.
    pub id: ProfileId,
    /// Its name.
    pub name: String,
    /// Rises with every edit.
    pub version: i64,
    /// Whether it takes no new users.
    pub retired: bool,
    /// Whether users get it for whom no other was asked.
    pub is_default: bool,
    /// What turns usage into cost; without one, only a stated cost is charged.
    pub price_list: Option<PriceListId>,
    /// What is counted and kept of jobs.
    pub tracking: Tracking,
    /// How plans of one measure stack that its users have.
    pub stacking: Stacking,
    /// Every revision of its plans, in order of plan, then revision: those that have ended too.
    pub plans: Vec<PlanRevision>,
    /// When it was created.
    pub created_at: Timestamp,
}

/// A group with its plans.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownGroup {
    /// Its id.
    pub id: GroupId,
    /// Its name.
    pub name: String,
    /// Rises with every edit.
    pub version: i64,
    /// Whether it takes no new members.
    pub retired: bool,
    /// Every revision of its plans, in order of plan, then revision: those that have ended too.
    pub plans: Vec<PlanRevision>,
    /// When it was created.
    pub created_at: Timestamp,
}

/// A price list with its rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownPriceList {
    /// Its id.
    pub id: PriceListId,
    /// Its name.
    pub name: String,
    /// Rises with every edit.
    pub version: i64,
    /// Whether it takes no new profiles.
    pub retired: bool,
    /// The currency of its prices.
    pub currency: Currency,
    /// How the cost of a job is rounded.
    pub rounding: Rounding,
    /// The rules of every revision, in order of revision, then place.
    pub rules: Vec<PriceRule>,
    /// When it was created.
    pub created_at: Timestamp,
}

fn role(config: &Config, role: &Role) -> ShownRole {
    ShownRole {
        id: role.id,
        name: role.name.clone(),
        version: role.version,
        retired: role.retired,
        production: role.production,
        permissions: permissions_of(config, role.id).map(str::to_owned).collect(),
        created_at: role.created_at,
    }
}

fn profile(config: &Config, profile: &Profile) -> ShownProfile {
    let plans = config.plans.get(&profile.id.into()).cloned();
    ShownProfile {
        id: profile.id,
        name: profile.name.clone(),
        version: profile.version,
        retired: profile.retired,
        is_default: config.tenant.default_profile == profile.id,
        price_list: profile.price_list,
        tracking: profile.tracking.clone(),
        stacking: profile.stacking,
        plans: plans.unwrap_or_default(),
        created_at: profile.created_at,
    }
}

fn price_list(config: &Config, list: &PriceList) -> ShownPriceList {
    let rules = config.price_rules.get(&list.id).cloned();
    ShownPriceList {
        id: list.id,
        name: list.name.clone(),
        version: list.version,
        retired: list.retired,
        currency: list.currency,
        rounding: list.rounding,
        rules: rules.unwrap_or_default(),
        created_at: list.created_at,
    }
}

fn group(config: &Config, group: &Group) -> ShownGroup {
    let plans = config.plans.get(&group.id.into()).cloned();
    ShownGroup {
        id: group.id,
        name: group.name.clone(),
        version: group.version,
        retired: group.retired,
        plans: plans.unwrap_or_default(),
        created_at: group.created_at,
    }
}

fn account(_: &Config, account: &Account) -> Account {
    account.clone()
}

impl Handle {
    /// Roles, sorted by name.
    ///
    /// # Errors
    /// `unknown_tenant`; `denied` without `configuration.read`.
    pub fn roles(&self, filter: Filter) -> Result<Vec<ShownRole>, Error> {
        self.list(filter, role)
    }

    /// A role; none if there is none with this id.
    ///
    /// # Errors
    /// `unknown_tenant`; `denied` without `configuration.read`.
    pub fn role(&self, id: RoleId) -> Result<Option<ShownRole>, Error> {
        self.show(id, role)
    }

    /// How many users have a role.
    ///
    /// # Errors
    /// `unknown_tenant`; `denied` without `configuration.read`.
    pub fn role_uses(&self, id: RoleId) -> Result<UsesCount, Error> {
        self.uses::<Role>(id)
    }

    /// Profiles, sorted by name.
    ///
    /// # Errors
    /// `unknown_tenant`; `denied` without `configuration.read`.
    pub fn profiles(&self, filter: Filter) -> Result<Vec<ShownProfile>, Error> {
        self.list(filter, profile)
    }

    /// A profile; none if there is none with this id.
    ///
    /// # Errors
    /// `unknown_tenant`; `denied` without `configuration.read`.
    pub fn profile(&self, id: ProfileId) -> Result<Option<ShownProfile>, Error> {
        self.show(id, profile)
    }

    /// How many users have a profile.
    ///
    /// # Errors
    /// `unknown_tenant`; `denied` without `configuration.read`.
    pub fn profile_uses(&self, id: ProfileId) -> Result<UsesCount, Error> {
        self.uses::<Profile>(id)
    }

    /// Groups, sorted by name.
    ///
    /// # Errors
    /// `unknown_tenant`; `denied` without `configuration.read`.
    pub fn groups(&self, filter: Filter) -> Result<Vec<ShownGroup>, Error> {
        self.list(filter, group)
    }

    /// A group; none if there is none with this id.
    ///
    /// # Errors
    /// `unknown_tenant`; `denied` without `configuration.read`.
    pub fn group(&self, id: GroupId) -> Result<Option<ShownGroup>, Error> {
        self.show(id, group)
    }

    /// How many users have a group.
    ///
    /// # Errors
    /// `unknown_tenant`; `denied` without `configuration.read`.
    pub fn group_uses(&self, id: GroupId) -> Result<UsesCount, Error> {
        self.uses::<Group>(id)
    }

    /// Accounts, sorted by name.
    ///
    /// # Errors
    /// `unknown_tenant`; `denied` without `configuration.read`.
    pub fn accounts(&self, filter: Filter) -> Result<Vec<Account>, Error> {
        self.list(filter, account)
    }

    /// An account; none if there is none with this id.
    ///
    /// # Errors
    /// `unknown_tenant`; `denied` without `configuration.read`.
    pub fn account(&self, id: AccountId) -> Result<Option<Account>, Error> {
        self.show(id, account)
    }

    /// How many users have an account.
    ///
    /// # Errors
    /// `unknown_tenant`; `denied` without `configuration.read`.
    pub fn account_uses(&self, id: AccountId) -> Result<UsesCount, Error> {
        self.uses::<Account>(id)
    }

    /// Price lists, sorted by name.
    ///
    /// # Errors
    /// `unknown_tenant`; `denied` without `configuration.read`.
    pub fn price_lists(&self, filter: Filter) -> Result<Vec<ShownPriceList>, Error> {
        self.list(filter, price_list)
    }

    /// A price list; none if there is none with this id.
    ///
    /// # Errors
    /// `unknown_tenant`; `denied` without `configuration.read`.
    pub fn price_list(&self, id: PriceListId) -> Result<Option<ShownPriceList>, Error> {
        self.show(id, price_list)
    }

    /// How many profiles name a price list.
    ///
    /// # Errors
    /// `unknown_tenant`; `denied` without `configuration.read`.
    pub fn price_list_uses(&self, id: PriceListId) -> Result<UsesCount, Error> {
        self.uses::<PriceList>(id)
    }

    fn list<T: Named, S>(
        &self,
        filter: Filter,
        shown: impl Fn(&Config, &T) -> S,
    ) -> Result<Vec<S>, Error> {
        let config = self.configuration()?;
        Ok(configuration::list::<T>(&config, filter)
            .into_iter()
            .map(|thing| shown(&config, thing))
            .collect())
    }

    fn show<T: Named, S>(
        &self,
        id: T::Id,
        shown: impl Fn(&Config, &T) -> S,
    ) -> Result<Option<S>, Error> {
        let config = self.configuration()?;
        Ok(configuration::show::<T>(&config, id).map(|thing| shown(&config, thing)))
    }

    fn uses<T: Named>(&self, id: T::Id) -> Result<UsesCount, Error> {
        self.answer(uses_reads::<T>(self.tenant.id, &[id]), |view, context| {
            permit(
                view,
                context.tenant,
                context.actor,
                COUNT_USES.requires,
                None,
            )?;
            uses::<T>(view, configured(view, context.tenant)?, id)
        })
    }
}
