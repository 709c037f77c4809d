//! Changing a balance by hand: by an amount, or to an amount, with a reason.

use crate::command::{Command, Context, Decide, Decision, Preparation, Stop};
use crate::error::{Code, Error};
use crate::ids::{PlanId, TenantId, UserId};
use crate::ledger::book::{Book, blank};
use crate::ledger::chain::entry_text_digest;
use crate::ledger::charge::{flat, repeat};
use crate::ledger::receipt::{IdempotencyKey, PreparedKey, Receipt, Words};
use crate::measure::{Currency, Measure};
use crate::people::{PreparedUser, Refusals, UserReference};
use crate::permissions::{ALLOWANCE_ADJUST, Requirement, configured};
use crate::records::{Entry, Extra, Request, Verb, Wallet, WalletKey, WalletKind};
use crate::text;
use crate::view::{Follow, ReadSet, View};

/// One of a user's wallets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WalletName {
    /// Own funds in a currency.
    OwnFunds(Currency),
    /// The wallet that a plan of the user's profile feeds.
    Allowance(PlanId),
}

impl WalletName {
    /// Which wallet of a user it names.
    #[must_use]
    pub fn of(self, user: UserId) -> WalletKey {
        let (kind, feed) = match self {
            Self::OwnFunds(currency) => (WalletKind::OwnFunds, currency.number()),
            Self::Allowance(plan) => (WalletKind::Allowance, plan.0),
        };
        WalletKey {
            owner: user.0,
            kind,
            feed,
        }
    }
}

/// Changes a balance by an amount.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Adjust {
    /// Whose wallet.
    pub user: UserReference,
    /// Which.
    pub wallet: WalletName,
    /// By how much, in the wallet's unit; negative to take.
    pub amount: i64,
    /// Why.
    pub reason: String,
    /// The change's key.
    pub key: IdempotencyKey,
    /// Whether the balance may fall below the wallet's limit; what lies below is a debt.
    pub may_owe: bool,
}

impl Adjust {
    /// A change that is refused where it would leave a debt.
    pub fn new(
        user: impl Into<UserReference>,
        wallet: WalletName,
        amount: i64,
        reason: impl Into<String>,
        key: impl Into<IdempotencyKey>,
    ) -> Self {
        Self {
            user: user.into(),
            wallet,
            amount,
            reason: reason.into(),
            key: key.into(),
            may_owe: false,
        }
    }

    /// The same change, even where the balance falls below the wallet's limit.
    #[must_use]
    pub fn may_owe(mut self) -> Self {
        self.may_owe = true;
        self
    }
}

/// Sets a balance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetBalance {
    /// Whose wallet.
    pub user: UserReference,
    /// Which.
    pub wallet: WalletName,
    /// To how much, in the wallet's unit.
    pub balance: i64,
    /// Why.
    pub reason: String,
    /// The change's key.
    pub key: IdempotencyKey,
    /// Whether the balance may fall below the wallet's limit; what lies below is a debt.
    pub may_owe: bool,
}

impl SetBalance {
    /// A balance that is refused where it would be a debt.
    pub fn new(
        user: impl Into<UserReference>,
        wallet: WalletName,
        balance: i64,
        reason: impl Into<String>,
        key: impl Into<IdempotencyKey>,
    ) -> Self {
        Self {
            user: user.into(),
            wallet,
            balance,
            reason: reason.into(),
            key: key.into(),
            may_owe: false,
        }
    }

    /// The same change, even where the balance falls below the wallet's limit.
    #[must_use]
    pub fn may_owe(mut self) -> Self {
        self.may_owe = true;
        self
    }
}

/// What a change by hand does to a wallet.
#[derive(Clone, Copy, Debug)]
struct Override {
    verb: Verb,
    wallet: WalletName,
    /// The amount, or the balance.
    asked: i64,
    may_owe: bool,
}

/// A change by hand with everything checked that needs no view.
#[derive(Debug)]
pub struct PreparedOverride {
    user: PreparedUser,
    change: Override,
    reason: String,
    key: PreparedKey,
}

impl Override {
    fn prepare(
        self,
        user: &UserReference,
        reason: &str,
        key: &IdempotencyKey,
        preparation: &Preparation<'_>,
    ) -> Result<PreparedOverride, Error> {
        let mut refusals = Refusals::default();
        let user = refusals.prepared(user.prepare(preparation));
        let reason = refusals.prepared(text::required("reason", reason, text::MAX_NOTES));
        let key = refusals.prepared(key.prepare(preparation.tenant));
        let (user, reason, key) = refusals.all(user.zip(reason).zip(key)).map(flat)?;
        Ok(PreparedOverride {
            user,
            change: self,
            reason,
            key,
        })
    }

    fn request(self) -> Request {
        if self.verb == Verb::Set {
            Request::SetBalance
        } else {
            Request::Adjust
        }
    }

    fn extra(self) -> Extra {
        if self.may_owe {
            Extra::TakeAndOwe
        } else {
            Extra::Deny
        }
    }

    fn wallet_in(self, book: &mut Book<'_>) -> Result<usize, Error> {
        match self.wallet {
            WalletName::OwnFunds(currency) => book.own_funds(Measure::Cost(currency)),
            WalletName::Allowance(plan) => {
                let key = self.wallet.of(book.own.user.id);
                book.position(key).ok_or_else(|| {
                    Error::new(
                        Code::UnknownPlan,
                        format!("no plan `{plan}` feeds a wallet of the user"),
                    )
                })
            }
        }
    }

    /// What is added to a wallet, and how much of it is a debt.
    fn amounts(self, book: &Book<'_>, wallet: &Wallet) -> Result<(i64, i64), Error> {
        let amount = match self.verb {
            Verb::Set => Book::checked(self.asked.checked_sub(wallet.balance))?,
            _ => self.asked,
        };
        let after = Book::checked(wallet.balance.checked_add(amount))?;
        let limit = wallet.held.saturating_sub(book.overdraft(wallet));
        let below = limit.saturating_sub(after).max(0);
        let owed = if amount < 0 && book.own.user.restricted {
            below
        } else {
            0
        };
        if owed > 0 && !self.may_owe {
            return Err(Error::new(
                Code::BalanceBelowLimit,
                format!("the balance would be `{after}`, the limit is `{limit}`"),
            )
            .with("balance", after)
            .with("limit", limit));
        }
        Ok((amount, owed))
    }
}

impl Command for Adjust {
    type Prepared = PreparedOverride;
    const NAME: &'static str = Request::Adjust.as_str();
    const REQUIRES: Requirement = Requirement::Permission(ALLOWANCE_ADJUST);

    fn prepare(&self, preparation: &mut Preparation<'_>) -> Result<PreparedOverride, Error> {
        Override {
            verb: Verb::Adjust,
            wallet: self.wallet,
            asked: self.amount,
            may_owe: self.may_owe,
        }
        .prepare(&self.user, &self.reason, &self.key, preparation)
    }
}

impl Command for SetBalance {
    type Prepared = PreparedOverride;
    const NAME: &'static str = Request::SetBalance.as_str();
    const REQUIRES: Requirement = Requirement::Permission(ALLOWANCE_ADJUST);

    fn prepare(&self, preparation: &mut Preparation<'_>) -> Result<PreparedOverride, Error> {
        Override {
            verb: Verb::Set,
            wallet: self.wallet,
            asked: self.balance,
            may_owe: self.may_owe,
        }
        .prepare(&self.user, &self.reason, &self.key, preparation)
    }
}

impl Decide for PreparedOverride {
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
        let index = self.change.wallet_in(&mut book)?;
        let (amount, owed) = self.change.amounts(&book, book.wallet(index)?)?;
        book.begin_receipt();
        let mut entry = blank(self.change.verb);
        entry.request = self.change.request();
        entry.amount = amount;
        entry.asked = Some(self.change.asked);
        entry.extra = Some(self.change.extra());
        entry.debt = (owed > 0).then_some(owed);
        book.write(context, index, entry)?;
        book.close(view, context, &self.key, Some(Words::reason(&self.reason)))
    }
}

impl PreparedOverride {
    /// The first field in which the change differs from the one that was decided under its key.
    fn differs(
        &self,
        view: &View,
        context: &Context<'_>,
        entry: &Entry,
    ) -> Result<Option<&'static str>, Stop> {
        let change = self.change;
        if entry.request != change.request() {
            return Ok(Some("command"));
        }
        let owner = UserId(entry.owner);
        if self.user.is_other_than(owner, view, context.tenant)? {
            return Ok(Some("user"));
        }
        if entry.wallet() != change.wallet.of(owner) {
            return Ok(Some("wallet"));
        }
        if entry.asked != Some(change.asked) {
            let is_set = change.verb == Verb::Set;
            return Ok(Some(if is_set { "balance" } else { "amount" }));
        }
        if entry.extra != Some(change.extra()) {
            return Ok(Some("may_owe"));
        }
        let text = self
            .key
            .text(context, entry.id, Words::reason(&self.reason));
        let same_reason = entry.text_digest == Some(entry_text_digest(&text));
        Ok((!same_reason).then_some("reason"))
    }
}
