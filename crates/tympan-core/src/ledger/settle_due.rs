//! Settling what fell due for one user, whether or not anybody touches the wallets.

use crate::command::{Command, Context, Decide, Decision, Preparation, Stop};
use crate::error::Error;
use crate::ids::TenantId;
use crate::ledger::due::settle;
use crate::people::{PreparedUser, UserReference};
use crate::permissions::{ALLOWANCE_ADJUST, Requirement, configured};
use crate::view::{Change, Follow, ReadSet, View};

/// Gives back a user's holds that expired, and gives what the user's plans were due to give.
///
/// Nobody needs it: whoever reads or touches a wallet sees it as if this had been done on time. It
/// is for hosts that want what is due in their lists, statements and events without waiting for
/// the next job. Doing it twice does nothing more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettleDue {
    /// Whose wallets.
    pub user: UserReference,
}

impl SettleDue {
    /// Settles a user's wallets.
    pub fn of(user: impl Into<UserReference>) -> Self {
        Self { user: user.into() }
    }
}

/// The same with everything checked that needs no view.
#[derive(Debug)]
pub struct PreparedSettleDue(PreparedUser);

impl Command for SettleDue {
    type Prepared = PreparedSettleDue;
    const NAME: &'static str = "settle_due";
    const REQUIRES: Requirement = Requirement::Permission(ALLOWANCE_ADJUST);

    fn prepare(&self, preparation: &mut Preparation<'_>) -> Result<PreparedSettleDue, Error> {
        self.user.prepare(preparation).map(PreparedSettleDue)
    }
}

impl Decide for PreparedSettleDue {
    /// How many entries that wrote.
    type Reply = i32;

    fn reads(&self, tenant: TenantId) -> ReadSet {
        self.0.reads(tenant, Follow::WALLETS)
    }

    fn decide(&self, view: &View, context: &mut Context<'_>) -> Result<Decision<i32>, Stop> {
        let config = configured(view, context.tenant)?;
        let user = self.0.require(view, context.tenant)?;
        let (changes, _) = settle(view, context, config, user, None, &[])?;
        let is_entry = |change: &&Change| matches!(change, Change::Entry(_));
        let entries = i32::try_from(changes.iter().filter(is_entry).count());
        Ok(Decision::new(changes, entries.unwrap_or(i32::MAX)))
    }
}
