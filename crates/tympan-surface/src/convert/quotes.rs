//! Quotes.

use tympan::{Error, Handle};

use crate::definition::{
    Missing, Quote, QuoteJob, QuoteLine, SharedWallets, StatedCost, Usage, UserReference,
    WalletName,
};

impl QuoteJob {
    /// # Errors
    /// Those of the question; `unknown_currency`; `invalid_value` for the name of a custom count.
    pub(crate) fn ask(
        self,
        handle: &Handle,
        user: UserReference,
        usage: Usage,
    ) -> Result<Quote, Error> {
        let quote = tympan::Quote {
            user: user.reference()?,
            usage: usage.usage()?,
            queue: self.queue,
            cost: self.cost.map(StatedCost::cost).transpose()?,
            shared: self.shared.map(SharedWallets::shared).transpose()?,
            kind: self.kind.map(Into::into),
        };
        handle.quote(&quote).map(Quote::from)
    }
}

impl From<tympan::Quoted> for Quote {
    fn from(quoted: tympan::Quoted) -> Self {
        let price = quoted.price;
        Self {
            at: quoted.at,
            user: quoted.user,
            accepted: quoted.accepted(),
            usage: quoted.usage.into(),
            cost_micros: price.map(|price| price.cost_micros),
            currency: price.map(|price| price.currency.code().to_owned()),
            price_list: price.and_then(|price| price.price_list),
            lines: quoted.lines.into_iter().map(Into::into).collect(),
            missing: quoted.missing.map(Into::into),
        }
    }
}

impl From<tympan::QuoteLine> for QuoteLine {
    fn from(line: tympan::QuoteLine) -> Self {
        Self {
            user: line.user,
            wallet: WalletName::of(line.kind, line.feed, &line.measure),
            measure: line.measure.name().into_owned(),
            amount: line.amount,
            balance_after: line.balance_after,
        }
    }
}

impl From<tympan::Missing> for Missing {
    fn from(missing: tympan::Missing) -> Self {
        Self {
            user: missing.user,
            wallet: WalletName::of(missing.kind, missing.feed, &missing.measure),
            measure: missing.measure.name().into_owned(),
            needed: missing.needed,
            available: missing.available,
            next_reset_at: missing.next_reset_at,
        }
    }
}
