//! Retiring things and taking them back. What is retired keeps its users and takes no new ones.

use std::marker::PhantomData;

use crate::command::{Command, Context, Decide, Decision, Preparation, Stop};
use crate::configuration::draft::{Saved, change, find, reads};
use crate::configuration::named::Named;
use crate::error::Error;
use crate::ids::TenantId;
use crate::permissions::Requirement;
use crate::records::{Account, Group, PriceList, Profile, Role};
use crate::view::{ReadSet, View};

/// Keeps a thing's users and takes no new ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retire<T: Named> {
    /// The thing.
    pub id: T::Id,
    /// The version that the change was made against; none: whatever it is.
    pub expected_version: Option<i64>,
}

/// Takes new users again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unretire<T: Named> {
    /// The thing.
    pub id: T::Id,
    /// The version that the change was made against; none: whatever it is.
    pub expected_version: Option<i64>,
}

/// Retires a profile; the tenant's default one cannot be.
pub type RetireProfile = Retire<Profile>;
/// Retires a role; whoever holds it keeps it.
pub type RetireRole = Retire<Role>;
/// Retires a group.
pub type RetireGroup = Retire<Group>;
/// Retires an account.
pub type RetireAccount = Retire<Account>;
/// Retires a price list; the profiles that name it keep it.
pub type RetirePriceList = Retire<PriceList>;

/// Takes a profile back.
pub type UnretireProfile = Unretire<Profile>;
/// Takes a role back.
pub type UnretireRole = Unretire<Role>;
/// Takes a group back.
pub type UnretireGroup = Unretire<Group>;
/// Takes an account back.
pub type UnretireAccount = Unretire<Account>;
/// Takes a price list back.
pub type UnretirePriceList = Unretire<PriceList>;

impl<T: Named> Retire<T> {
    /// A change against whatever version the thing has.
    #[must_use]
    pub fn new(id: T::Id) -> Self {
        Self {
            id,
            expected_version: None,
        }
    }
}

impl<T: Named> Unretire<T> {
    /// A change against whatever version the thing has.
    #[must_use]
    pub fn new(id: T::Id) -> Self {
        Self {
            id,
            expected_version: None,
        }
    }
}

/// Either change.
#[derive(Debug)]
pub struct PreparedRetire<T: Named> {
    id: T::Id,
    expected_version: Option<i64>,
    retired: bool,
    kind: PhantomData<T>,
}

impl<T: Named> Command for Retire<T> {
    type Prepared = PreparedRetire<T>;
    const NAME: &'static str = T::COMMANDS.retire;
    const REQUIRES: Requirement = T::REQUIRES;

    fn prepare(&self, _: &mut Preparation<'_>) -> Result<PreparedRetire<T>, Error> {
        Ok(PreparedRetire {
            id: self.id,
            expected_version: self.expected_version,
            retired: true,
            kind: PhantomData,
        })
    }
}

impl<T: Named> Command for Unretire<T> {
    type Prepared = PreparedRetire<T>;
    const NAME: &'static str = T::COMMANDS.unretire;
    const REQUIRES: Requirement = T::REQUIRES;

    fn prepare(&self, _: &mut Preparation<'_>) -> Result<PreparedRetire<T>, Error> {
        Ok(PreparedRetire {
            id: self.id,
            expected_version: self.expected_version,
            retired: false,
            kind: PhantomData,
        })
    }
}

impl<T: Named> Decide for PreparedRetire<T> {
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
        let action = if self.retired {
            T::COMMANDS.retire
        } else {
            T::COMMANDS.unretire
        };
        change::<T>(view, context, action, id, expected, |draft, _| {
            if self.retired {
                T::may_end(draft.before, id)?;
            }
            let mut thing = find::<T>(draft.before, id)?.clone();
            *thing.head_mut().retired = self.retired;
            T::all_mut(&mut draft.after).insert(id, thing);
            Ok(())
        })
    }
}
