//! Everything about a user: details, what is gone, what they may do.

use tympan::{GroupId, NamedThing, ProfileId};

use super::references::id_text;
use super::{count, same_words};
use crate::definition::{
    Capabilities, Gone, GroupName, Identity, ProfileName, RoleName, RoleRow, SmartCard,
    SmartCardObstacle, Standing, UserDetails,
};

same_words! {
    tympan::SmartCardObstacle => SmartCardObstacle {
        NoCard Disabled Inactive NotProductionUser NoProductionRole NotProductionStation
    }
}

impl From<tympan::UserDetails> for UserDetails {
    fn from(details: tympan::UserDetails) -> Self {
        let wallets = details.wallets;
        Self {
            user: details.user.into(),
            identities: details.identities.into_iter().map(Identity::from).collect(),
            role: details.role.map(RoleName::from),
            role_rows: details.role_rows.into_iter().map(RoleRow::from).collect(),
            groups: details.groups.into_iter().map(GroupName::from).collect(),
            profile: details.profile.into(),
            wallets: wallets.map(|wallets| wallets.into_iter().map(Standing::from).collect()),
            last_printed_at: details.last_printed_at,
            smart_card: details.smart_card.into(),
        }
    }
}

impl From<NamedThing<GroupId>> for GroupName {
    fn from(thing: NamedThing<GroupId>) -> Self {
        Self {
            id: thing.id,
            name: thing.name,
            retired: thing.retired,
        }
    }
}

impl From<NamedThing<ProfileId>> for ProfileName {
    fn from(thing: NamedThing<ProfileId>) -> Self {
        Self {
            id: thing.id,
            name: thing.name,
            retired: thing.retired,
        }
    }
}

impl From<tympan::SmartCard> for SmartCard {
    fn from(card: tympan::SmartCard) -> Self {
        Self {
            identity: card.identity.map(Identity::from),
            shown: card.shown,
            editable: card.editable,
            usable: card.usable,
            obstacles: card.obstacles.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<tympan::Gone> for Gone {
    fn from(gone: tympan::Gone) -> Self {
        Self {
            kind: gone.subject.kind.as_str().to_owned(),
            id: id_text(gone.subject.kind.as_str(), gone.subject.id),
            name: gone.name,
        }
    }
}

impl From<tympan::Capabilities> for Capabilities {
    fn from(held: tympan::Capabilities) -> Self {
        let over_accounts = held.over_accounts.into_iter();
        Self {
            user: held.user,
            version: count(held.version),
            user_version: count(held.user_version),
            everywhere: held.everywhere,
            over_accounts: over_accounts
                .map(|(account, permissions)| (account.to_string(), permissions))
                .collect(),
        }
    }
}
