//! The bytes of an entry that its chain covers.

use tympan_vault::{ChainHead, ChainKey, LINK_BYTES};

use crate::digest::{Canonical, text_digest};
use crate::ledger::usage::KeptUsage;
use crate::measure::Currency;
use crate::records::{Entry, EntryText, Extra, JobKind, SharedOrder};

/// The head of a wallet's chain after an entry, given the link of the entry before it (zeros before
/// the first). It covers every field but the link itself.
#[must_use]
pub fn entry_chain(key: &ChainKey, previous: &[u8; LINK_BYTES], entry: &Entry) -> ChainHead {
    let mut canonical = Canonical::new();
    canonical
        .integer(entry.id.0)
        .integer(entry.tenant.0)
        .integer(entry.owner)
        .text(entry.kind.as_str())
        .integer(entry.feed)
        .integer(entry.sequence)
        .integer(entry.previous.0)
        .integer(entry.at.millis())
        .optional_time(entry.due_at)
        .text(entry.verb.as_str())
        .integer(entry.amount)
        .integer(entry.held)
        .integer(entry.balance_after)
        .integer(entry.held_after)
        .optional(entry.actor.map(|user| user.0))
        .optional_bytes(entry.key.as_ref().map(<[u8; 32]>::as_slice))
        .integer(i64::from(entry.parts))
        .integer(i64::from(entry.attempt))
        .text(entry.request.as_str())
        .optional(entry.hold.map(|hold| hold.0))
        .optional_time(entry.expires_at)
        .optional(entry.refunds.map(|refunded| refunded.0))
        .optional_text(entry.queue.as_deref())
        .optional_text(entry.job_kind.map(JobKind::as_str))
        .optional_text(entry.account_code.as_deref())
        .optional_bytes(entry.usage.as_ref().map(KeptUsage::as_bytes))
        .optional(entry.cost_micros)
        .optional_text(entry.currency.as_ref().map(Currency::code))
        .optional(entry.price_list.map(|list| list.0))
        .optional(entry.asked)
        .optional_text(entry.extra.map(Extra::as_str))
        .optional(entry.denied)
        .optional(entry.debt)
        .optional(entry.carried)
        .optional(entry.needed)
        .optional(entry.available)
        .optional_time(entry.next_reset_at)
        .optional_time(entry.words_until)
        .optional(entry.counterpart.map(|user| user.0))
        .optional_text(entry.shared_order.map(SharedOrder::as_str))
        .optional_bytes(entry.text_digest.as_ref().map(<[u8; 32]>::as_slice));
    key.next(previous, canonical.as_bytes())
}

/// The salted digest that an entry keeps of its words.
#[must_use]
pub fn entry_text_digest(text: &EntryText) -> [u8; 32] {
    let words = [&text.reason, &text.document, &text.host];
    text_digest(&text.salt, &words.map(Option::as_deref))
}
