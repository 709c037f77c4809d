//! Wallets: which, how they stand, changed by hand, and their history.

use tympan::core::records::WalletKind;
use tympan::{Adjust, Currency, Error, Handle, Measure, Period, PlanId, SetBalance, UserId};

use super::page;
use super::words::same_words;
use crate::definition::{
    ChangeBalance, Position, Standing, StatementLine, StatementList, StatementPage, TextFormat,
    TextPage, UserReference, WalletName,
};

impl WalletName {
    /// # Errors
    /// `unknown_currency`.
    pub(super) fn wallet(&self) -> Result<tympan::WalletName, Error> {
        Ok(match self {
            Self::OwnFunds { currency } => tympan::WalletName::OwnFunds(Currency::parse(currency)?),
            Self::Allowance { plan } => tympan::WalletName::Allowance(*plan),
        })
    }

    /// The name of a wallet by what feeds it. Own funds are money, whose measure names the
    /// currency that the feed only numbers.
    pub(super) fn of(kind: WalletKind, feed: i64, measure: &Measure) -> Self {
        match kind {
            WalletKind::OwnFunds => Self::OwnFunds {
                currency: match measure {
                    Measure::Cost(currency) => currency.code().to_owned(),
                    counted => counted.name().into_owned(),
                },
            },
            WalletKind::Allowance => Self::Allowance { plan: PlanId(feed) },
        }
    }
}

impl From<tympan::Standing> for Standing {
    fn from(standing: tympan::Standing) -> Self {
        Self {
            wallet: WalletName::of(standing.kind, standing.feed, &standing.measure),
            measure: standing.measure.name().into_owned(),
            balance: standing.balance,
            held: standing.held,
            overdraft: standing.overdraft,
            available: standing.available,
            allowance: standing.allowance,
            used: standing.used,
            carried: standing.carried,
            next_reset_at: standing.next_reset_at,
        }
    }
}

impl ChangeBalance {
    /// # Errors
    /// `unknown_currency`; what is wrong with the type of the user's identity.
    pub(crate) fn adjust(
        self,
        user: UserReference,
        wallet: WalletName,
        amount: i64,
        reason: String,
        key: String,
    ) -> Result<Adjust, Error> {
        Ok(Adjust {
            user: user.reference()?,
            wallet: wallet.wallet()?,
            amount,
            reason,
            key: key.into(),
            may_owe: self.may_owe,
        })
    }

    /// # Errors
    /// Those of [`ChangeBalance::adjust`].
    pub(crate) fn set_balance(
        self,
        user: UserReference,
        wallet: WalletName,
        balance: i64,
        reason: String,
        key: String,
    ) -> Result<SetBalance, Error> {
        Ok(SetBalance {
            user: user.reference()?,
            wallet: wallet.wallet()?,
            balance,
            reason,
            key: key.into(),
            may_owe: self.may_owe,
        })
    }
}

impl StatementList {
    pub(crate) fn page(
        self,
        handle: &Handle,
        user: UserId,
        wallet: WalletName,
    ) -> Result<StatementPage, Error> {
        let period = self.period();
        let page = page(self.after, self.limit)?;
        let found = handle.statement(user, wallet.wallet()?, period, &page)?;
        let lines = found.lines.rows.into_iter();
        Ok(StatementPage {
            opening: found.opening.into(),
            closing: found.closing.into(),
            rows: lines.map(StatementLine::from).collect(),
            next: found.lines.next,
        })
    }

    pub(crate) fn text(
        self,
        handle: &Handle,
        user: UserId,
        wallet: WalletName,
        format: TextFormat,
    ) -> Result<TextPage, Error> {
        let period = self.period();
        let page = page(self.after, self.limit)?;
        let wallet = wallet.wallet()?;
        let found = handle.statement_text(user, wallet, period, format.into(), &page)?;
        Ok(TextPage {
            rows: found.rows,
            next: found.next,
        })
    }

    fn period(&self) -> Period {
        Period {
            since: self.since,
            until: self.until,
        }
    }
}

impl From<tympan::Position> for Position {
    fn from(position: tympan::Position) -> Self {
        Self {
            balance: position.balance,
            held: position.held,
        }
    }
}

same_words! {
    TextFormat => tympan::TextFormat { Csv JsonLines }
}

impl From<tympan::StatementLine> for StatementLine {
    fn from(line: tympan::StatementLine) -> Self {
        Self {
            id: line.id,
            at: line.at,
            due_at: line.due_at,
            verb: line.verb.into(),
            amount: line.amount,
            held: line.held,
            balance_after: line.balance_after,
            held_after: line.held_after,
            actor: line.actor,
            attempt: line.attempt,
            hold: line.hold,
            expires_at: line.expires_at,
            refunds: line.refunds,
            counterpart: line.counterpart,
            queue: line.queue,
            usage: line.usage.map(Into::into),
            cost_micros: line.cost_micros,
            currency: line.currency.map(|currency| currency.code().to_owned()),
            price_list: line.price_list,
            extra: line.extra.map(Into::into),
            denied: line.denied,
            debt: line.debt,
            carried: line.carried,
            needed: line.needed,
            available: line.available,
            next_reset_at: line.next_reset_at,
            reason: line.reason,
        }
    }
}
