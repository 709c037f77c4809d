//! Making groups.

use crate::command::{Command, Context, Decide, Decision, Preparation, Stop};
use crate::configuration::draft::{Saved, create, reads};
use crate::configuration::named::Named;
use crate::error::Error;
use crate::ids::{GroupId, TenantId};
use crate::permissions::Requirement;
use crate::records::Group;
use crate::text;
use crate::view::{ReadSet, View};

/// Makes a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreateGroup {
    /// Its name, unique among groups.
    pub name: String,
}

impl CreateGroup {
    /// A group without members.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into() }
    }
}

/// A group to make, with its name normalised.
#[derive(Debug)]
pub struct PreparedCreateGroup {
    name: String,
}

impl Command for CreateGroup {
    type Prepared = PreparedCreateGroup;
    const NAME: &'static str = "create_group";
    const REQUIRES: Requirement = Group::REQUIRES;

    fn prepare(&self, _: &mut Preparation<'_>) -> Result<PreparedCreateGroup, Error> {
        Ok(PreparedCreateGroup {
            name: text::required("name", &self.name, text::MAX_NAME)?,
        })
    }
}

impl Decide for PreparedCreateGroup {
    type Reply = Saved<GroupId>;

    fn reads(&self, tenant: TenantId) -> ReadSet {
        reads(tenant)
    }

    fn decide(
        &self,
        view: &View,
        context: &mut Context<'_>,
    ) -> Result<Decision<Self::Reply>, Stop> {
        create::<Group>(
            view,
            context,
            CreateGroup::NAME,
            &self.name,
            |_, context, id| {
                Ok(Group {
                    tenant: context.tenant,
                    id,
                    name: self.name.clone(),
                    version: 1,
                    retired: false,
                    created_at: context.now,
                })
            },
        )
    }
}
