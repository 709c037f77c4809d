//! Giving things another name.

use std::marker::PhantomData;

use crate::command::{Command, Context, Decide, Decision, Preparation, Stop};
use crate::configuration::draft::{Saved, change, reads};
use crate::configuration::named::Named;
use crate::error::Error;
use crate::ids::TenantId;
use crate::permissions::Requirement;
use crate::records::{Account, Group, PriceList, Profile, Role};
use crate::text;
use crate::view::{ReadSet, View};

/// Gives a thing another name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rename<T: Named> {
    /// The thing.
    pub id: T::Id,
    /// Its name from now on, unique among its kind.
    pub name: String,
    /// The version that the change was made against; none: whatever it is.
    pub expected_version: Option<i64>,
}

/// Gives a profile another name.
pub type RenameProfile = Rename<Profile>;
/// Gives a role another name.
pub type RenameRole = Rename<Role>;
/// Gives a group another name.
pub type RenameGroup = Rename<Group>;
/// Gives an account another name.
pub type RenameAccount = Rename<Account>;
/// Gives a price list another name.
pub type RenamePriceList = Rename<PriceList>;

impl<T: Named> Rename<T> {
    /// A change against whatever version the thing has.
    pub fn new(id: T::Id, name: impl Into<String>) -> Self {
        Self {
            id,
            name: name.into(),
            expected_version: None,
        }
    }
}

/// A change with the name normalised.
#[derive(Debug)]
pub struct PreparedRename<T: Named> {
    id: T::Id,
    name: String,
    expected_version: Option<i64>,
    kind: PhantomData<T>,
}

impl<T: Named> Command for Rename<T> {
    type Prepared = PreparedRename<T>;
    const NAME: &'static str = T::COMMANDS.rename;
    const REQUIRES: Requirement = T::REQUIRES;

    fn prepare(&self, _: &mut Preparation<'_>) -> Result<PreparedRename<T>, Error> {
        Ok(PreparedRename {
            id: self.id,
            name: text::required("name", &self.name, text::MAX_NAME)?,
            expected_version: self.expected_version,
            kind: PhantomData,
        })
    }
}

impl<T: Named> Decide for PreparedRename<T> {
    type Reply = Saved<T::Id>;

    fn reads(&self, tenant: TenantId) -> ReadSet {
        reads(tenant)
    }

    fn decide(
        &self,
        view: &View,
        context: &mut Context<'_>,
    ) -> Result<Decision<Self::Reply>, Stop> {
        let (id, expected) = (self.id, self.expected_version);
        change::<T>(
            view,
            context,
            T::COMMANDS.rename,
            id,
            expected,
            |draft, _| Ok(draft.rename::<T>(id, &self.name)?),
        )
    }
}
