//! Making things that are nothing but their name: groups and accounts.

use std::marker::PhantomData;

use crate::command::{Command, Context, Decide, Decision, Preparation, Stop};
use crate::configuration::draft::{Saved, create, reads};
use crate::configuration::named::Named;
use crate::error::Error;
use crate::ids::TenantId;
use crate::permissions::Requirement;
use crate::records::{Account, Group};
use crate::text;
use crate::time::Timestamp;
use crate::view::{ReadSet, View};

/// A thing that is nothing but its name.
pub trait NameOnly: Named {
    /// The name of the command that makes one.
    const CREATE: &'static str;

    /// A new one.
    fn made(tenant: TenantId, id: Self::Id, name: String, now: Timestamp) -> Self;
}

macro_rules! name_only {
    ($($record:ident = $create:literal,)*) => {$(
        impl NameOnly for $record {
            const CREATE: &'static str = $create;

            fn made(tenant: TenantId, id: Self::Id, name: String, now: Timestamp) -> Self {
                Self {
                    tenant,
                    id,
                    name,
                    version: 1,
                    retired: false,
                    created_at: now,
                }
            }
        }
    )*};
}

name_only! {
    Account = "create_account",
    Group = "create_group",
}

/// Makes a thing that is nothing but its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Create<T: NameOnly> {
    /// Its name, unique among its kind.
    pub name: String,
    kind: PhantomData<T>,
}

/// Makes an account that no role row names.
pub type CreateAccount = Create<Account>;
/// Makes a group without members.
pub type CreateGroup = Create<Group>;

impl<T: NameOnly> Create<T> {
    /// A thing with a name.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            kind: PhantomData,
        }
    }
}

/// A thing to make, with its name normalised.
#[derive(Debug)]
pub struct PreparedCreate<T: NameOnly> {
    name: String,
    kind: PhantomData<T>,
}

impl<T: NameOnly> Command for Create<T> {
    type Prepared = PreparedCreate<T>;
    const NAME: &'static str = T::CREATE;
    const REQUIRES: Requirement = T::REQUIRES;

    fn prepare(&self, _: &mut Preparation<'_>) -> Result<PreparedCreate<T>, Error> {
        Ok(PreparedCreate {
            name: text::required("name", &self.name, text::MAX_NAME)?,
            kind: PhantomData,
        })
    }
}

impl<T: NameOnly> Decide for PreparedCreate<T> {
    type Reply = Saved<T::Id>;

    fn reads(&self, tenant: TenantId) -> ReadSet {
        reads(tenant)
    }

    fn decide(
        &self,
        view: &View,
        context: &mut Context<'_>,
    ) -> Result<Decision<Self::Reply>, Stop> {
        create::<T>(view, context, T::CREATE, &self.name, |_, context, id| {
            let name = self.name.clone();
            Ok(T::made(context.tenant, id, name, context.now))
        })
    }
}
