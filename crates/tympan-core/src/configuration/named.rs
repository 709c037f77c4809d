//! Things that have names: profiles, roles, groups, accounts, price lists.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use crate::configuration::plan::end_plans;
use crate::configuration::uses::UsesCount;
use crate::error::{Code, Error};
use crate::ids::{AccountId, GroupId, PriceListId, ProfileId, RoleId};
use crate::permissions::{
    ACCOUNT_EDIT, GROUP_EDIT, PRICE_EDIT, PROFILE_EDIT, ROLE_EDIT, Requirement,
};
use crate::records::{Account, Config, Group, PriceList, Profile, Role, Subject, SubjectKind};
use crate::text::fold;
use crate::time::Timestamp;

mod sealed {
    pub trait Sealed {}
}

/// The names of the commands that every kind of thing has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SharedCommands {
    /// Gives it another name.
    pub rename: &'static str,
    /// Keeps its users and takes no new ones.
    pub retire: &'static str,
    /// Takes users again.
    pub unretire: &'static str,
    /// Removes it.
    pub delete: &'static str,
}

/// How a thing is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ending {
    /// When.
    pub(super) now: Timestamp,
    /// Whether anybody has ever used it.
    pub(super) was_used: bool,
}

/// What all things with names have in common, to be edited.
#[derive(Debug)]
pub struct Head<'a> {
    /// Its name.
    pub(super) name: &'a mut String,
    /// Its version.
    pub(super) version: &'a mut i64,
    /// Whether it takes no new users.
    pub(super) retired: &'a mut bool,
}

/// A thing with a name that is unique among its kind, a version, and a life: made, renamed,
/// retired, deleted.
pub trait Named:
    sealed::Sealed + Clone + PartialEq + fmt::Debug + Serialize + Send + Sync + 'static
{
    /// Its id.
    type Id: Copy + Ord + fmt::Display + fmt::Debug + Send + Sync + 'static;
    /// The word for its kind.
    const KIND: &'static str;
    /// The names of its commands.
    const COMMANDS: SharedCommands;
    /// What an actor must hold to change it.
    const REQUIRES: Requirement;
    /// What is answered for an id that nothing has.
    const UNKNOWN: Code;

    /// All of its kind.
    fn all(config: &Config) -> &BTreeMap<Self::Id, Self>;
    /// All of its kind, to be edited.
    fn all_mut(config: &mut Config) -> &mut BTreeMap<Self::Id, Self>;
    /// The id with a number.
    fn id_of(number: i64) -> Self::Id;
    /// The number of an id.
    fn number(id: Self::Id) -> i64;
    /// Its id.
    fn id(&self) -> Self::Id;
    /// Its name.
    fn name(&self) -> &str;
    /// Its version.
    fn version(&self) -> i64;
    /// Whether it takes no new users.
    fn retired(&self) -> bool;
    /// What renaming and retiring edit.
    fn head_mut(&mut self) -> Head<'_>;
    /// Whose users are counted; none if no user names it.
    fn subject(id: Self::Id) -> Option<Subject>;
    /// How many other things of the configuration name it.
    fn named_by(config: &Config, id: Self::Id) -> UsesCount;
    /// Whether it may be retired or deleted at all.
    ///
    /// # Errors
    /// `default_profile`.
    fn may_end(config: &Config, id: Self::Id) -> Result<(), Error>;
    /// Removes what belongs to it and lies elsewhere in the snapshot; what was used and is named by
    /// the ledger stays, ended.
    fn remove_children(config: &mut Config, id: Self::Id, ending: Ending);
}

macro_rules! named {
    ($(
        $record:ident {
            $kind:literal,
            $id:ident in $all:ident,
            requires $permission:ident,
            unknown $unknown:ident,
            subject $subject:expr,
            named_by |$by_config:ident, $by_id:ident| $named_by:expr,
            may_end |$end_config:ident, $end_id:ident| $may_end:expr,
            children |$child_config:ident, $child_id:ident, $ending:ident| $children:expr,
        }
    )*) => {$(
        impl sealed::Sealed for $record {}

        impl Named for $record {
            type Id = $id;
            const KIND: &'static str = $kind;
            const COMMANDS: SharedCommands = SharedCommands {
                rename: concat!("rename_", $kind),
                retire: concat!("retire_", $kind),
                unretire: concat!("unretire_", $kind),
                delete: concat!("delete_", $kind),
            };
            const REQUIRES: Requirement = Requirement::Permission($permission);
            const UNKNOWN: Code = Code::$unknown;

            fn all(config: &Config) -> &BTreeMap<$id, Self> {
                &config.$all
            }
            fn all_mut(config: &mut Config) -> &mut BTreeMap<$id, Self> {
                &mut config.$all
            }
            fn id_of(number: i64) -> $id {
                $id(number)
            }
            fn number(id: $id) -> i64 {
                id.0
            }
            fn id(&self) -> $id {
                self.id
            }
            fn name(&self) -> &str {
                &self.name
            }
            fn version(&self) -> i64 {
                self.version
            }
            fn retired(&self) -> bool {
                self.retired
            }
            fn head_mut(&mut self) -> Head<'_> {
                Head {
                    name: &mut self.name,
                    version: &mut self.version,
                    retired: &mut self.retired,
                }
            }
            fn subject(id: $id) -> Option<Subject> {
                let kind: Option<SubjectKind> = $subject;
                kind.map(|kind| Subject { kind, id: id.0 })
            }
            fn named_by($by_config: &Config, $by_id: $id) -> UsesCount {
                $named_by
            }
            fn may_end($end_config: &Config, $end_id: $id) -> Result<(), Error> {
                $may_end
            }
            fn remove_children($child_config: &mut Config, $child_id: $id, $ending: Ending) {
                $children
            }
        }
    )*};
}

named! {
    Profile {
        "profile",
        ProfileId in profiles,
        requires PROFILE_EDIT,
        unknown UnknownProfile,
        subject Some(SubjectKind::Profile),
        named_by |_config, _id| UsesCount::default(),
        may_end |config, id| not_default(config, id),
        children |config, id, ending| end_plans(config, id.into(), ending),
    }
    Role {
        "role",
        RoleId in roles,
        requires ROLE_EDIT,
        unknown UnknownRole,
        subject Some(SubjectKind::Role),
        named_by |_config, _id| UsesCount::default(),
        may_end |_config, _id| Ok(()),
        children |config, id, _ending| { config.permissions.remove(&id); },
    }
    Group {
        "group",
        GroupId in groups,
        requires GROUP_EDIT,
        unknown UnknownGroup,
        subject Some(SubjectKind::Group),
        named_by |_config, _id| UsesCount::default(),
        may_end |_config, _id| Ok(()),
        children |config, id, ending| end_plans(config, id.into(), ending),
    }
    Account {
        "account",
        AccountId in accounts,
        requires ACCOUNT_EDIT,
        unknown UnknownAccount,
        subject Some(SubjectKind::Account),
        named_by |_config, _id| UsesCount::default(),
        may_end |_config, _id| Ok(()),
        children |_config, _id, _ending| {},
    }
    PriceList {
        "price_list",
        PriceListId in price_lists,
        requires PRICE_EDIT,
        unknown UnknownPriceList,
        subject None,
        named_by |config, id| profiles_with(config, id),
        may_end |_config, _id| Ok(()),
        children |config, id, _ending| { config.price_rules.remove(&id); },
    }
}

fn profiles_with(config: &Config, price_list: PriceListId) -> UsesCount {
    let mut count = UsesCount::default();
    for profile in config.profiles.values() {
        if profile.price_list == Some(price_list) {
            count.users += 1;
            count.active_users += i64::from(!profile.retired);
        }
    }
    count
}

fn not_default(config: &Config, id: ProfileId) -> Result<(), Error> {
    if config.tenant.default_profile == id {
        return Err(Error::of(Code::DefaultProfile).with("profile", id));
    }
    Ok(())
}

/// There is no such thing.
pub(super) fn unknown<T: Named>(id: T::Id) -> Error {
    let kind = T::KIND.replace('_', " ");
    Error::new(T::UNKNOWN, format!("there is no {kind} `{id}`")).with(T::KIND, id)
}

/// Checks that a name is free among its kind, but for the thing that has it already.
pub(super) fn unique_name<T: Named>(
    config: &Config,
    name: &str,
    own: Option<T::Id>,
) -> Result<(), Error> {
    let folded = fold(name);
    let holder = T::all(config)
        .values()
        .find(|other| Some(other.id()) != own && fold(other.name()) == folded);
    match holder {
        Some(holder) => Err(Error::new(
            Code::NameTaken,
            format!(
                "there is a {} `{}` already",
                T::KIND.replace('_', " "),
                holder.name()
            ),
        )
        .with("field", "name")
        .with("name", holder.name())
        .with(T::KIND, holder.id())),
        None => Ok(()),
    }
}
