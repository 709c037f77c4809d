//! Own funds: paid in, paid out, given to another user.

use tympan::{Currency, Error, PayOut, TopUp, TransferFunds};

use crate::definition::UserReference;

impl UserReference {
    /// # Errors
    /// `unknown_currency`; what is wrong with the type of the user's identity.
    pub(crate) fn top_up(
        self,
        currency: String,
        amount_micros: i64,
        reason: String,
        key: String,
    ) -> Result<TopUp, Error> {
        let amount = (amount_micros, Currency::parse(&currency)?);
        Ok(TopUp::new(self.reference()?, amount, reason, key))
    }

    /// # Errors
    /// Those of [`UserReference::top_up`].
    pub(crate) fn pay_out(
        self,
        currency: String,
        amount_micros: i64,
        reason: String,
        key: String,
    ) -> Result<PayOut, Error> {
        let amount = (amount_micros, Currency::parse(&currency)?);
        Ok(PayOut::new(self.reference()?, amount, reason, key))
    }

    /// # Errors
    /// Those of [`UserReference::top_up`].
    pub(crate) fn give(
        self,
        receiver: Self,
        currency: String,
        amount_micros: i64,
        reason: String,
        key: String,
    ) -> Result<TransferFunds, Error> {
        let users = (self.reference()?, receiver.reference()?);
        let amount = (amount_micros, Currency::parse(&currency)?);
        Ok(TransferFunds::new(users, amount, reason, key))
    }
}
