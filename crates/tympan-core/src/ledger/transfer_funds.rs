//! Own funds of one user given to another, in one step.

use crate::command::{Command, Context, Decide, Decision, Preparation, Stop};
use crate::error::{Code, Error};
use crate::ids::{TenantId, UserId};
use crate::ledger::book::Book;
use crate::ledger::charge::{flat, repeat};
use crate::ledger::funds::Payment;
use crate::ledger::receipt::{IdempotencyKey, Receipt, Words};
use crate::measure::Currency;
use crate::people::{PreparedUser, Refusals, UserReference};
use crate::permissions::{FUNDS_TRANSFER, Requirement, configured};
use crate::records::{Entry, Request, Verb};
use crate::view::{Follow, ReadSet, View};

use std::sync::Arc;

/// Gives own funds of one user to another: one receipt, whose two lines lie in both wallets and
/// balance to zero. Never more than is available of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransferFunds {
    /// Who gives.
    pub user: UserReference,
    /// Who gets; somebody else.
    pub receiver: UserReference,
    /// In which currency.
    pub currency: Currency,
    /// How much, in micros of the currency's major unit; more than 0.
    pub amount_micros: i64,
    /// Why.
    pub reason: String,
    /// The transfer's key.
    pub key: IdempotencyKey,
}

impl TransferFunds {
    /// A transfer.
    pub fn new(
        (user, receiver): (impl Into<UserReference>, impl Into<UserReference>),
        (amount_micros, currency): (i64, Currency),
        reason: impl Into<String>,
        key: impl Into<IdempotencyKey>,
    ) -> Self {
        Self {
            user: user.into(),
            receiver: receiver.into(),
            currency,
            amount_micros,
            reason: reason.into(),
            key: key.into(),
        }
    }
}

/// A transfer with everything checked that needs no view.
#[derive(Debug)]
pub struct PreparedTransferFunds {
    user: PreparedUser,
    receiver: PreparedUser,
    payment: Payment,
}

impl Command for TransferFunds {
    type Prepared = PreparedTransferFunds;
    const NAME: &'static str = Request::TransferFunds.as_str();
    const REQUIRES: Requirement = Requirement::Permission(FUNDS_TRANSFER);

    fn prepare(&self, preparation: &mut Preparation<'_>) -> Result<PreparedTransferFunds, Error> {
        let mut refusals = Refusals::default();
        let user = refusals.prepared(self.user.prepare(preparation));
        let receiver = refusals.prepared(self.receiver.prepare(preparation));
        let amount = (self.amount_micros, self.currency);
        let payment = Payment::prepare(amount, &self.reason, &self.key, preparation.tenant);
        let payment = refusals.prepared(payment);
        let (user, receiver, payment) = refusals.all(user.zip(receiver).zip(payment)).map(flat)?;
        Ok(PreparedTransferFunds {
            user,
            receiver,
            payment,
        })
    }
}

impl Decide for PreparedTransferFunds {
    type Reply = Receipt;

    fn reads(&self, tenant: TenantId) -> ReadSet {
        let mut set = self.payment.key.reads(tenant);
        set.extend(self.user.reads(tenant, Follow::WALLETS));
        set.extend(self.receiver.reads(tenant, Follow::WALLETS));
        set
    }

    fn decide(&self, view: &View, context: &mut Context<'_>) -> Result<Decision<Receipt>, Stop> {
        let config = configured(view, context.tenant)?;
        if let Some(entries) = self.payment.key.answered(view, context.tenant)? {
            let differs = self.differs(view, context, entries)?;
            return repeat(config, entries, differs);
        }
        let from = self.user.require(view, context.tenant)?;
        let to = self.receiver.require(view, context.tenant)?;
        if from.id == to.id {
            let message = "`receiver` is who gives: nothing would move";
            return Err(Error::new(Code::InvalidValue, message)
                .with("field", "receiver")
                .into());
        }
        let mut book = Book::open_both(view, context, config, (from, Some(to)))?;
        let gives = book.own_funds_of(from, self.payment.measure())?;
        let gets = book.own_funds_of(to, self.payment.measure())?;
        self.payment.covered(book.wallet(gives)?)?;
        let given = Book::checked(self.payment.amount.checked_neg())?;
        book.begin_receipt();
        for (index, amount) in [(gives, given), (gets, self.payment.amount)] {
            let line = self
                .payment
                .line(Verb::Transfer, Request::TransferFunds, amount);
            book.write(context, index, line)?;
        }
        let words = Words::reason(&self.payment.reason);
        book.close(view, context, &self.payment.key, Some(words))
    }
}

impl PreparedTransferFunds {
    /// The first field in which the transfer differs from the one that was decided under its key.
    fn differs(
        &self,
        view: &View,
        context: &Context<'_>,
        entries: &[Arc<Entry>],
    ) -> Result<Option<&'static str>, Stop> {
        let [given, got] = entries else {
            return Ok(Some("command"));
        };
        if given.request != Request::TransferFunds {
            return Ok(Some("command"));
        }
        for (user, entry, field) in [
            (&self.user, given, "user"),
            (&self.receiver, got, "receiver"),
        ] {
            let owner = UserId(entry.owner);
            if user.is_other_than(owner, view, context.tenant)? {
                return Ok(Some(field));
            }
        }
        Ok(self.payment.differs(context, given))
    }
}
