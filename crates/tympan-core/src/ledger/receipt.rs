//! Receipts: what a caller gets for a key, today and ten years on.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tympan_vault::idempotency_digest;

use crate::command::{Context, Stop};
use crate::error::{Code, Error};
use crate::ids::{EntryId, HoldId, TenantId, UserId};
use crate::ledger::usage::{KeptUsage, Usage};
use crate::measure::{Currency, Measure};
use crate::records::{Config, Entry, EntryText, Request, Verb, WalletKey, WalletKind};
use crate::time::Timestamp;
use crate::view::{Key, ReadSet, View};

/// Bytes of an idempotency key.
pub const MAX_KEY_BYTES: usize = 200;

/// The caller's key for one change to wallets: the same key and content always gives the same
/// receipt, and the change happens once. A refusal is remembered too; to try the same job again,
/// for example after a top-up, the caller names the next attempt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdempotencyKey {
    key: String,
    attempt: i32,
}

impl From<&str> for IdempotencyKey {
    fn from(key: &str) -> Self {
        Self {
            key: key.to_owned(),
            attempt: 1,
        }
    }
}

impl From<String> for IdempotencyKey {
    fn from(key: String) -> Self {
        Self { key, attempt: 1 }
    }
}

impl IdempotencyKey {
    /// The same key, for the n-th attempt; the first is 1.
    #[must_use]
    pub fn attempt(mut self, attempt: i32) -> Self {
        self.attempt = attempt;
        self
    }

    /// The digest under which a tenant's entries are found.
    ///
    /// # Errors
    /// `invalid_key`.
    pub fn digest(&self, tenant: TenantId) -> Result<[u8; 32], Error> {
        self.prepare(tenant).map(|prepared| prepared.digest)
    }

    pub(super) fn prepare(&self, tenant: TenantId) -> Result<PreparedKey, Error> {
        let invalid = |message: &str| Err(Error::new(Code::InvalidKey, message));
        if self.key.is_empty() {
            return invalid("the idempotency key is empty");
        }
        if self.key.len() > MAX_KEY_BYTES {
            return invalid("the idempotency key is longer than 200 bytes");
        }
        if self.attempt < 1 {
            return invalid("attempts are counted from 1");
        }
        let digest = |attempt| idempotency_digest(tenant.0, attempt, self.key.as_bytes());
        Ok(PreparedKey {
            digest: digest(self.attempt),
            before: (self.attempt > 1).then(|| digest(self.attempt - 1)),
            attempt: self.attempt,
        })
    }
}

/// The words that an entry keeps beside itself.
#[derive(Clone, Debug, Default)]
pub(super) struct Words {
    pub(super) reason: Option<String>,
    pub(super) document: Option<String>,
    pub(super) host: Option<String>,
    pub(super) erase_at: Option<Timestamp>,
}

impl Words {
    /// Why something was done.
    pub(super) fn reason(reason: &str) -> Self {
        Self {
            reason: Some(reason.to_owned()),
            ..Self::default()
        }
    }

    /// Something, if there is any.
    pub(super) fn any(self) -> Option<Self> {
        let words = [&self.reason, &self.document, &self.host];
        words.iter().any(|word| word.is_some()).then_some(self)
    }
}

/// A key as it is stored: a digest, and that of the attempt before.
#[derive(Clone, Debug)]
pub(super) struct PreparedKey {
    pub(super) digest: [u8; 32],
    pub(super) before: Option<[u8; 32]>,
    pub(super) attempt: i32,
}

impl PreparedKey {
    /// A key that was checked when it was first used, from what is stored of it.
    pub(super) fn stored(digest: [u8; 32], attempt: i32) -> Self {
        Self {
            digest,
            before: None,
            attempt,
        }
    }

    pub(super) fn reads(&self, tenant: TenantId) -> ReadSet {
        let set = ReadSet::of(Key::Receipt(tenant, self.digest));
        match self.before {
            Some(before) => set.and(Key::Receipt(tenant, before)),
            None => set,
        }
    }

    /// The words under the key. Their salt comes from the key, so that a repeat finds out whether
    /// its words are the same; without the host's keys nobody can try words out.
    pub(super) fn text(&self, context: &Context<'_>, entry: EntryId, words: Words) -> EntryText {
        EntryText {
            entry,
            tenant: context.tenant,
            salt: context.keys.document.digest(&self.digest),
            reason: words.reason,
            document: words.document,
            host: words.host,
            erase_at: words.erase_at,
        }
    }

    /// The entries that answer already: those of this attempt, or those of the attempt before if
    /// that one was not refused, for then the job is charged.
    pub(super) fn answered<'v>(
        &self,
        view: &'v View,
        tenant: TenantId,
    ) -> Result<Option<&'v [Arc<Entry>]>, Stop> {
        if let Some(entries) = view.receipt(tenant, self.digest)? {
            return Ok(Some(entries));
        }
        let Some(before) = self.before else {
            return Ok(None);
        };
        match view.receipt(tenant, before)? {
            Some(entries) if entries.iter().any(|entry| entry.verb == Verb::Refuse) => Ok(None),
            Some(entries) => Ok(Some(entries)),
            None => Err(Error::new(
                Code::InvalidKey,
                format!(
                    "attempt {} comes before attempt {}",
                    self.attempt,
                    self.attempt - 1
                ),
            )
            .into()),
        }
    }
}

/// One wallet's part of a receipt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiptLine {
    /// Whose wallet: of a transfer, the second line is that of who gets.
    pub user: UserId,
    /// What feeds the wallet.
    pub kind: WalletKind,
    /// The plan, or the currency's number.
    pub feed: i64,
    /// What it counts.
    pub measure: Measure,
    /// What was added to the balance.
    pub amount: i64,
    /// What was added to what is held.
    pub held: i64,
    /// The balance after it.
    pub balance_after: i64,
    /// What is held after it.
    pub held_after: i64,
    /// What the job needed of the measure and did not get: told on one line of each measure.
    pub denied: i64,
    /// What was taken below the wallet's limit; of a refund, less what of it came back.
    pub debt: i64,
    /// What is taken off what the plan gives next; of a refund, less what of it need not be.
    pub carried: i64,
    /// Of a refund or a void: the entry that took what it gives back.
    pub refunds: Option<EntryId>,
}

impl ReceiptLine {
    /// What an entry says of its wallet.
    #[must_use]
    pub fn of(config: &Config, entry: &Entry) -> Self {
        Self {
            user: UserId(entry.owner),
            kind: entry.kind,
            feed: entry.feed,
            measure: measure_of(config, entry.wallet()),
            amount: entry.amount,
            held: entry.held,
            balance_after: entry.balance_after,
            held_after: entry.held_after,
            denied: entry.denied.unwrap_or(0),
            debt: entry.debt.unwrap_or(0),
            carried: entry.carried.unwrap_or(0),
            refunds: entry.refunds,
        }
    }
}

/// What was done under a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// Its first entry.
    pub entry: EntryId,
    /// When it was decided.
    pub at: Timestamp,
    /// What was done.
    pub verb: Verb,
    /// Whose wallets; of a transfer, who gives.
    pub user: UserId,
    /// Which attempt.
    pub attempt: i32,
    /// What the job used, as the host counted it; none where nothing was printed or expected to be.
    pub usage: Option<Usage>,
    /// What the job costs, in micros.
    pub cost_micros: Option<i64>,
    /// The currency of the cost.
    pub currency: Option<Currency>,
    /// The hold that was made or resolved.
    pub hold: Option<HoldId>,
    /// When that hold is given back by itself.
    pub expires_at: Option<Timestamp>,
    /// Whether a settle came after its hold had expired, and was charged in one step.
    pub late: bool,
    /// Each wallet's part.
    pub lines: Vec<ReceiptLine>,
}

/// The answer that entries stand for: the receipt, or the refusal.
pub(super) fn answer(config: &Config, entries: &[Arc<Entry>]) -> Result<Receipt, Error> {
    let first = entries.first().ok_or_else(|| Error::of(Code::Internal))?;
    if first.verb == Verb::Refuse {
        // On shared wallets: the user's own line, then the one that tells what they lack.
        return Err(refusal(config, entries.last().unwrap_or(first)));
    }
    Ok(Receipt {
        entry: first.id,
        at: first.at,
        verb: first.verb,
        user: UserId(first.owner),
        attempt: first.attempt,
        usage: first.usage.as_ref().map(KeptUsage::usage),
        cost_micros: first.cost_micros,
        currency: first.currency,
        hold: first.hold,
        expires_at: first.expires_at,
        late: first.request == Request::Settle && first.verb == Verb::Charge,
        lines: entries
            .iter()
            .map(|entry| ReceiptLine::of(config, entry))
            .collect(),
    })
}

/// PWG 5100.16, `client-error-account-limit-reached`.
const IPP_ACCOUNT_LIMIT_REACHED: &str = "0x041e";

fn refusal(config: &Config, entry: &Entry) -> Error {
    let measure = measure_of(config, entry.wallet());
    let (needed, available) = (entry.needed.unwrap_or(0), entry.available.unwrap_or(0));
    let error = Error::new(
        Code::AllowanceExhausted,
        format!(
            "the job needs `{}`, and from `{}` on the wallets have `{}`",
            measure.amount(needed),
            entry.kind.as_str(),
            measure.amount(available)
        ),
    )
    .with("entry", entry.id)
    .with("wallet", entry.kind.as_str())
    .with("measure", measure.name())
    .with("needed", needed)
    .with("available", available)
    .with("ipp_status", IPP_ACCOUNT_LIMIT_REACHED);
    match entry.next_reset_at {
        Some(at) => error.with("next_reset_at", at.millis()),
        None => error,
    }
}

/// What a wallet counts. A plan's measure never changes.
#[must_use]
pub fn measure_of(config: &Config, wallet: WalletKey) -> Measure {
    let currency = || currency_of(wallet.feed).unwrap_or(config.tenant.currency);
    match wallet.kind {
        WalletKind::OwnFunds => Measure::Cost(currency()),
        WalletKind::Allowance => config
            .plans
            .values()
            .flatten()
            .find(|revision| revision.plan.0 == wallet.feed)
            .map_or_else(
                || Measure::Cost(config.tenant.currency),
                |revision| revision.measure,
            ),
    }
}

/// The currency that a number of ISO 4217 stands for.
fn currency_of(number: i64) -> Option<Currency> {
    if number == 978 {
        return Some(Currency::EUR);
    }
    let currency = iso_currency::Currency::from_numeric(u16::try_from(number).ok()?)?;
    Currency::parse(currency.code()).ok()
}
