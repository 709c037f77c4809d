//! Making accounts.

use crate::command::{Command, Context, Decide, Decision, Preparation, Stop};
use crate::configuration::draft::{Saved, create, reads};
use crate::configuration::named::Named;
use crate::error::Error;
use crate::ids::{AccountId, TenantId};
use crate::permissions::Requirement;
use crate::records::Account;
use crate::text;
use crate::view::{ReadSet, View};

/// Makes an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreateAccount {
    /// Its name, unique among accounts.
    pub name: String,
}

impl CreateAccount {
    /// An account that no role row names.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into() }
    }
}

/// An account to make, with its name normalised.
#[derive(Debug)]
pub struct PreparedCreateAccount {
    name: String,
}

impl Command for CreateAccount {
    type Prepared = PreparedCreateAccount;
    const NAME: &'static str = "create_account";
    const REQUIRES: Requirement = Account::REQUIRES;

    fn prepare(&self, _: &mut Preparation<'_>) -> Result<PreparedCreateAccount, Error> {
        Ok(PreparedCreateAccount {
            name: text::required("name", &self.name, text::MAX_NAME)?,
        })
    }
}

impl Decide for PreparedCreateAccount {
    type Reply = Saved<AccountId>;

    fn reads(&self, tenant: TenantId) -> ReadSet {
        reads(tenant)
    }

    fn decide(
        &self,
        view: &View,
        context: &mut Context<'_>,
    ) -> Result<Decision<Self::Reply>, Stop> {
        create::<Account>(
            view,
            context,
            CreateAccount::NAME,
            &self.name,
            |_, context, id| {
                Ok(Account {
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
