//! Resetting a plan's wallet before it is due, with a reason.

use crate::command::{Command, Context, Decide, Decision, Preparation, Stop};
use crate::error::{Code, Error};
use crate::ids::{PlanId, TenantId, UserId};
use crate::ledger::book::Book;
use crate::ledger::chain::entry_text_digest;
use crate::ledger::charge::{flat, repeat};
use crate::ledger::override_balance::WalletName;
use crate::ledger::receipt::{IdempotencyKey, PreparedKey, Receipt, Words};
use crate::ledger::schedule;
use crate::people::{PreparedUser, Refusals, UserReference};
use crate::permissions::{ALLOWANCE_ADJUST, Requirement, configured};
use crate::records::{Entry, Request};
use crate::text;
use crate::view::{Follow, ReadSet, View};

/// Does to a plan's wallet what the plan does when it is due, now and whatever its schedule: also
/// of a plan that is suspended, and for a user who is inactive. A rolling plan forgets all days that
/// it looks back on. The schedule goes on as if nothing had been asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResetAllowance {
    /// Whose wallet.
    pub user: UserReference,
    /// The plan; one in force of the user's profile or groups, be it overruled by others or not.
    pub plan: PlanId,
    /// Why.
    pub reason: String,
    /// The reset's key.
    pub key: IdempotencyKey,
}

impl ResetAllowance {
    /// A reset.
    pub fn new(
        user: impl Into<UserReference>,
        plan: PlanId,
        reason: impl Into<String>,
        key: impl Into<IdempotencyKey>,
    ) -> Self {
        Self {
            user: user.into(),
            plan,
            reason: reason.into(),
            key: key.into(),
        }
    }
}

/// A reset with everything checked that needs no view.
#[derive(Debug)]
pub struct PreparedResetAllowance {
    user: PreparedUser,
    plan: PlanId,
    reason: String,
    key: PreparedKey,
}

impl Command for ResetAllowance {
    type Prepared = PreparedResetAllowance;
    const NAME: &'static str = Request::ResetAllowance.as_str();
    const REQUIRES: Requirement = Requirement::Permission(ALLOWANCE_ADJUST);

    fn prepare(&self, preparation: &mut Preparation<'_>) -> Result<PreparedResetAllowance, Error> {
        let mut refusals = Refusals::default();
        let user = refusals.prepared(self.user.prepare(preparation));
        let reason = refusals.prepared(text::required("reason", &self.reason, text::MAX_NOTES));
        let key = refusals.prepared(self.key.prepare(preparation.tenant));
        let (user, reason, key) = refusals.all(user.zip(reason).zip(key)).map(flat)?;
        Ok(PreparedResetAllowance {
            user,
            plan: self.plan,
            reason,
            key,
        })
    }
}

impl Decide for PreparedResetAllowance {
    type Reply = Receipt;

    fn reads(&self, tenant: TenantId) -> ReadSet {
        let mut set = self.key.reads(tenant);
        set.extend(self.user.reads(tenant, Follow::WALLETS));
        set
    }

    fn decide(&self, view: &View, context: &mut Context<'_>) -> Result<Decision<Receipt>, Stop> {
        let config = configured(view, context.tenant)?;
        if let Some(entries) = self.key.answered(view, context.tenant)? {
            let differs = match entries.first() {
                Some(first) => self.differs(view, context, first)?,
                None => None,
            };
            return repeat(config, entries, differs);
        }
        let user = self.user.require(view, context.tenant)?;
        let mut book = Book::open(view, context, config, user)?;
        let index = book.position(WalletName::Allowance(self.plan).of(user.id));
        let index = index.ok_or_else(|| self.unknown())?;
        let plan = book.plan_of(book.wallet(index)?);
        let plan = plan.ok_or_else(|| self.unknown())?;
        book.begin_receipt();
        schedule::reset_by_hand(&mut book, context, index, plan)?;
        book.close(view, context, &self.key, Some(Words::reason(&self.reason)))
    }
}

impl PreparedResetAllowance {
    fn unknown(&self) -> Error {
        let message = format!("no plan `{}` is in force for the user", self.plan);
        Error::new(Code::UnknownPlan, message).with("plan", self.plan)
    }

    /// The first field in which the reset differs from the one that was decided under its key.
    fn differs(
        &self,
        view: &View,
        context: &Context<'_>,
        entry: &Entry,
    ) -> Result<Option<&'static str>, Stop> {
        if entry.request != Request::ResetAllowance {
            return Ok(Some("command"));
        }
        let owner = UserId(entry.owner);
        if self.user.is_other_than(owner, view, context.tenant)? {
            return Ok(Some("user"));
        }
        if entry.wallet() != WalletName::Allowance(self.plan).of(owner) {
            return Ok(Some("plan"));
        }
        let words = Words::reason(&self.reason);
        let text = self.key.text(context, entry.id, words);
        let same_reason = entry.text_digest == Some(entry_text_digest(&text));
        Ok((!same_reason).then_some("reason"))
    }
}
