//! Things with names: groups and accounts, and what all of them share.

use tympan::core::configuration::Named;
use tympan::core::records;
use tympan::{AccountId, GroupId, PriceListId, ProfileId, RoleId};

use super::{count, same_words};
use crate::definition::{Account, Filter, Listed, Uses};

/// The id of a thing with a name, and what it is the id of.
pub(crate) trait Thing: Copy + Send + 'static {
    type Record: Named<Id = Self>;
}

impl Thing for AccountId {
    type Record = records::Account;
}

impl Thing for GroupId {
    type Record = records::Group;
}

impl Thing for PriceListId {
    type Record = records::PriceList;
}

impl Thing for ProfileId {
    type Record = records::Profile;
}

impl Thing for RoleId {
    type Record = records::Role;
}

same_words! {
    Filter => tympan::Filter { Current Retired All }
}

impl Listed {
    pub(crate) fn filter(self) -> tympan::Filter {
        self.filter.unwrap_or(Filter::Current).into()
    }
}

impl From<tympan::UsesCount> for Uses {
    fn from(uses: tympan::UsesCount) -> Self {
        Self {
            users: count(uses.users),
            active_users: count(uses.active_users),
        }
    }
}

impl From<tympan::Account> for Account {
    fn from(account: tympan::Account) -> Self {
        Self {
            id: account.id,
            name: account.name,
            version: count(account.version),
            retired: account.retired,
            created_at: account.created_at,
        }
    }
}
