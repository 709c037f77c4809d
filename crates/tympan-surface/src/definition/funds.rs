//! Own funds: paid in, paid out, given to another user. Each needs a reason and has a key of its own:
//! the same key and content gives the same receipt, however often it is sent.

use crate::definition::{Receipt, UserReference};
use crate::{Call, Tympan};

impl Tympan {
    /// Somebody paid in: own funds rise, debts first. The amount is in micros of the currency's major
    /// unit, more than 0.
    ///
    /// # Errors
    /// `amount_not_positive`, `unknown_user`, `unknown_currency`, `amount_overflow`, `key_reused`,
    /// `invalid_key`, `empty_text`, `text_too_long`, `control_character`; `denied` without
    /// `funds.top_up`.
    pub fn top_up(
        &self,
        user: UserReference,
        currency: String,
        amount_micros: i64,
        reason: String,
        key: String,
    ) -> Call<Receipt> {
        self.command(user.top_up(currency, amount_micros, reason, key))
    }

    /// Somebody is paid out: own funds fall, and never by more than is available of them.
    ///
    /// # Errors
    /// `funds_exhausted`; those of [`Tympan::top_up`]; `denied` without `funds.pay_out`.
    pub fn pay_out(
        &self,
        user: UserReference,
        currency: String,
        amount_micros: i64,
        reason: String,
        key: String,
    ) -> Call<Receipt> {
        self.command(user.pay_out(currency, amount_micros, reason, key))
    }

    /// Gives own funds of one user to another: one receipt, whose two lines lie in both wallets and
    /// balance to zero. Never more than is available of them; nobody gives to themselves.
    ///
    /// # Errors
    /// `funds_exhausted`, `invalid_value` for who gets; those of [`Tympan::top_up`]; `denied` without
    /// `funds.transfer`.
    pub fn transfer_funds(
        &self,
        user: UserReference,
        receiver: UserReference,
        currency: String,
        amount_micros: i64,
        reason: String,
        key: String,
    ) -> Call<Receipt> {
        self.command(user.give(receiver, currency, amount_micros, reason, key))
    }
}
