//! Own funds: paid in, and paid out.

use crate::command::{Command, Context, Decide, Decision, Preparation, Stop};
use crate::error::{Code, Error};
use crate::ids::{TenantId, UserId};
use crate::ledger::book::{Book, blank};
use crate::ledger::chain::entry_text_digest;
use crate::ledger::charge::{flat, repeat};
use crate::ledger::override_balance::WalletName;
use crate::ledger::receipt::{IdempotencyKey, PreparedKey, Receipt, Words};
use crate::ledger::refund::positive;
use crate::measure::{Currency, Measure};
use crate::people::{PreparedUser, Refusals, UserReference};
use crate::permissions::{FUNDS_PAY_OUT, FUNDS_TOP_UP, Requirement, configured};
use crate::records::{Entry, Request, Verb, Wallet};
use crate::text;
use crate::view::{Follow, ReadSet, View};

/// Somebody paid in: own funds rise, debts first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopUp {
    /// Whose own funds.
    pub user: UserReference,
    /// In which currency.
    pub currency: Currency,
    /// How much, in micros of the currency's major unit; more than 0.
    pub amount_micros: i64,
    /// Why: how it was paid, say.
    pub reason: String,
    /// The payment's key.
    pub key: IdempotencyKey,
}

/// Somebody is paid out: own funds fall, and never by more than is available of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PayOut {
    /// Whose own funds.
    pub user: UserReference,
    /// In which currency.
    pub currency: Currency,
    /// How much, in micros of the currency's major unit; more than 0.
    pub amount_micros: i64,
    /// Why.
    pub reason: String,
    /// The payment's key.
    pub key: IdempotencyKey,
}

impl TopUp {
    /// A payment.
    pub fn new(
        user: impl Into<UserReference>,
        (amount_micros, currency): (i64, Currency),
        reason: impl Into<String>,
        key: impl Into<IdempotencyKey>,
    ) -> Self {
        Self {
            user: user.into(),
            currency,
            amount_micros,
            reason: reason.into(),
            key: key.into(),
        }
    }
}

impl PayOut {
    /// A payment.
    pub fn new(
        user: impl Into<UserReference>,
        (amount_micros, currency): (i64, Currency),
        reason: impl Into<String>,
        key: impl Into<IdempotencyKey>,
    ) -> Self {
        Self {
            user: user.into(),
            currency,
            amount_micros,
            reason: reason.into(),
            key: key.into(),
        }
    }
}

/// Money that moves: how much, why, under which key; checked as far as that needs no view.
#[derive(Debug)]
pub(super) struct Payment {
    pub(super) currency: Currency,
    pub(super) amount: i64,
    pub(super) reason: String,
    pub(super) key: PreparedKey,
}

impl Payment {
    pub(super) fn prepare(
        (amount, currency): (i64, Currency),
        reason: &str,
        key: &IdempotencyKey,
        tenant: TenantId,
    ) -> Result<Self, Error> {
        let mut refusals = Refusals::default();
        let amount = positive("amount_micros", amount).map(|()| amount);
        let amount = refusals.prepared(amount);
        let reason = refusals.prepared(text::required("reason", reason, text::MAX_NOTES));
        let key = refusals.prepared(key.prepare(tenant));
        let (amount, reason, key) = refusals.all(amount.zip(reason).zip(key)).map(flat)?;
        Ok(Self {
            currency,
            amount,
            reason,
            key,
        })
    }

    pub(super) fn measure(&self) -> Measure {
        Measure::Cost(self.currency)
    }

    /// A line of it: what is added to a wallet.
    pub(super) fn line(&self, verb: Verb, request: Request, amount: i64) -> Entry {
        let mut entry = blank(verb);
        entry.request = request;
        entry.amount = amount;
        entry.asked = Some(self.amount);
        entry
    }

    /// Whether so much is there to give.
    pub(super) fn covered(&self, wallet: &Wallet) -> Result<(), Error> {
        let available = wallet.available(0);
        if self.amount <= available {
            return Ok(());
        }
        let measure = self.measure();
        let message = format!(
            "`{}` was asked for, and `{}` is available",
            measure.amount(self.amount),
            measure.amount(available)
        );
        Err(Error::new(Code::FundsExhausted, message)
            .with("measure", measure.name())
            .with("needed", self.amount)
            .with("available", available))
    }

    /// The first field in which it differs from the one on record.
    pub(super) fn differs(&self, context: &Context<'_>, entry: &Entry) -> Option<&'static str> {
        let wallet = WalletName::OwnFunds(self.currency).of(UserId(entry.owner));
        if entry.wallet() != wallet {
            return Some("currency");
        }
        if entry.asked != Some(self.amount) {
            return Some("amount_micros");
        }
        let text = self
            .key
            .text(context, entry.id, Words::reason(&self.reason));
        let same_reason = entry.text_digest == Some(entry_text_digest(&text));
        (!same_reason).then_some("reason")
    }
}

/// A payment in or out with everything checked that needs no view.
#[derive(Debug)]
pub struct PreparedFunds {
    user: PreparedUser,
    is_in: bool,
    payment: Payment,
}

impl Command for TopUp {
    type Prepared = PreparedFunds;
    const NAME: &'static str = Request::TopUp.as_str();
    const REQUIRES: Requirement = Requirement::Permission(FUNDS_TOP_UP);

    fn prepare(&self, preparation: &mut Preparation<'_>) -> Result<PreparedFunds, Error> {
        let mut refusals = Refusals::default();
        let amount = (self.amount_micros, self.currency);
        let payment = Payment::prepare(amount, &self.reason, &self.key, preparation.tenant);
        let payment = refusals.prepared(payment);
        let user = refusals.prepared(self.user.prepare(preparation));
        let (user, payment) = refusals.all(user.zip(payment))?;
        Ok(PreparedFunds {
            user,
            is_in: true,
            payment,
        })
    }
}

impl Command for PayOut {
    type Prepared = PreparedFunds;
    const NAME: &'static str = Request::PayOut.as_str();
    const REQUIRES: Requirement = Requirement::Permission(FUNDS_PAY_OUT);

    fn prepare(&self, preparation: &mut Preparation<'_>) -> Result<PreparedFunds, Error> {
        let mut refusals = Refusals::default();
        let amount = (self.amount_micros, self.currency);
        let payment = Payment::prepare(amount, &self.reason, &self.key, preparation.tenant);
        let payment = refusals.prepared(payment);
        let user = refusals.prepared(self.user.prepare(preparation));
        let (user, payment) = refusals.all(user.zip(payment))?;
        Ok(PreparedFunds {
            user,
            is_in: false,
            payment,
        })
    }
}

impl Decide for PreparedFunds {
    type Reply = Receipt;

    fn reads(&self, tenant: TenantId) -> ReadSet {
        let mut set = self.payment.key.reads(tenant);
        set.extend(self.user.reads(tenant, Follow::WALLETS));
        set
    }

    fn decide(&self, view: &View, context: &mut Context<'_>) -> Result<Decision<Receipt>, Stop> {
        let config = configured(view, context.tenant)?;
        if let Some(entries) = self.payment.key.answered(view, context.tenant)? {
            let differs = match entries.first() {
                Some(first) => self.differs(view, context, first)?,
                None => None,
            };
            return repeat(config, entries, differs);
        }
        let user = self.user.require(view, context.tenant)?;
        let mut book = Book::open(view, context, config, user)?;
        let index = book.own_funds(self.payment.measure())?;
        let amount = self.payment.amount;
        let (verb, amount) = match self.is_in {
            true => (Verb::TopUp, amount),
            false => (Verb::PayOut, Book::checked(amount.checked_neg())?),
        };
        if !self.is_in {
            self.payment.covered(book.wallet(index)?)?;
        }
        book.begin_receipt();
        let line = self.payment.line(verb, self.request(), amount);
        book.write(context, index, line)?;
        let reason = Some(Words::reason(&self.payment.reason));
        book.close(view, context, &self.payment.key, reason)
    }
}

impl PreparedFunds {
    fn request(&self) -> Request {
        if self.is_in {
            Request::TopUp
        } else {
            Request::PayOut
        }
    }

    /// The first field in which the payment differs from the one that was decided under its key.
    fn differs(
        &self,
        view: &View,
        context: &Context<'_>,
        entry: &Entry,
    ) -> Result<Option<&'static str>, Stop> {
        if entry.request != self.request() {
            return Ok(Some("command"));
        }
        let owner = UserId(entry.owner);
        if self.user.is_other_than(owner, view, context.tenant)? {
            return Ok(Some("user"));
        }
        Ok(self.payment.differs(context, entry))
    }
}
