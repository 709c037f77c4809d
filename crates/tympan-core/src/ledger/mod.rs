//! Allowance accounting: what a job needs, which wallets give it, and the entries that say so.

mod allocate;
mod book;
mod cancel;
mod chain;
mod charge;
mod details;
mod due;
mod erase_words;
mod extend;
mod funds;
mod override_balance;
mod paid;
mod party;
mod price;
mod quote;
mod receipt;
mod refund;
mod register;
mod reset_allowance;
mod rounding;
mod schedule;
mod settle;
mod settle_due;
mod shared;
mod standing;
#[cfg(test)]
mod tests;
mod thresholds;
mod transfer_funds;
mod untracked;
mod usage;

pub use crate::records::Extra;
pub use cancel::Cancel;
pub use chain::{entry_chain, entry_text_digest};
pub use charge::{Authorise, Charge, DEFAULT_HOLD_MS, MAX_HOLD_MS, StatedCost};
pub use details::JobDetails;
pub(crate) use due::{Keeps, settle as settle_due};
pub use erase_words::EraseWords;
pub use extend::Extend;
pub use funds::{PayOut, TopUp};
pub use override_balance::{Adjust, SetBalance, WalletName};
pub use price::{Price, price};
pub use quote::{Missing, PreparedQuote, Quote, QuoteLine, Quoted};
pub use receipt::{IdempotencyKey, MAX_KEY_BYTES, Receipt, ReceiptLine, measure_of};
pub use refund::{Refund, RefundPart, Void};
pub use register::{REGISTER, mark_wallet};
pub(crate) use register::{new_register, register_key};
pub use reset_allowance::ResetAllowance;
pub use rounding::{MAX_ROUNDING_MICROS, Rounding, RoundingMode};
pub use settle::Settle;
pub use settle_due::SettleDue;
pub use shared::{Shared, shares};
pub use standing::{Standing, standing};
pub use thresholds::{LOW_BALANCE, MAX_THRESHOLDS, Thresholds};
pub use transfer_funds::TransferFunds;
pub use untracked::{
    AssignUntracked, ChargeOrKeep, ChargedOrKept, DismissUntracked, EraseUntrackedName,
    UntrackedId, UntrackedUsage,
};
pub use usage::{Counter, KeptUsage, MAX_COUNT, MAX_CUSTOM_COUNTS, MAX_MEASURED, MAX_MEDIA, Usage};
