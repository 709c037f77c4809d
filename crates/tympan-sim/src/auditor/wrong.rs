//! What is wrong with a command by itself, by the documented limits of each field.

use tympan_core::error::Code;
use tympan_core::ledger::{Charge, IdempotencyKey, StatedCost, Usage};
use tympan_core::people::UserReference;
use tympan_core::records::IdentityKind;

use super::paper;

const LONGEST_KEY: usize = 200;
const LONGEST_HOLD_MS: i64 = 366 * 86_400_000;

/// Every code that applies.
pub(super) type Wrong = Vec<Code>;

pub(super) fn charge(charge: &Charge) -> Wrong {
    let mut wrong = user(&charge.user);
    let shared = charge.shared.as_ref();
    wrong.extend(shared.into_iter().flat_map(|shared| user(&shared.user)));
    wrong.extend(key(&charge.key));
    wrong.extend(job(&charge.usage, charge.queue.as_deref(), charge.cost));
    wrong
}

pub(super) fn job(usage: &Usage, queue: Option<&str>, cost: Option<StatedCost>) -> Wrong {
    let mut wrong = paper::wrong(usage);
    if cost.is_some_and(|cost| cost.cost_micros < 0) {
        wrong.push(Code::NegativeAmount);
    }
    for word in [queue, usage.media.as_deref()].into_iter().flatten() {
        wrong.extend(words(word, 200, false));
    }
    wrong
}

pub(super) fn expiry(expires_in_ms: Option<i64>) -> Wrong {
    match expires_in_ms {
        Some(ms) if !(1..=LONGEST_HOLD_MS).contains(&ms) => vec![Code::InvalidValue],
        _ => Vec::new(),
    }
}

pub(super) fn user(user: &UserReference) -> Wrong {
    match user {
        UserReference::Identity(IdentityKind::Username, raw) => words(raw.expose(), 50, true),
        _ => Vec::new(),
    }
}

pub(super) fn key(key: &IdempotencyKey) -> Wrong {
    let (text, attempt) = parts(key);
    if text.is_empty() || text.len() > LONGEST_KEY || attempt < 1 {
        return vec![Code::InvalidKey];
    }
    Vec::new()
}

/// What is given back: of which job, why, under which key.
pub(super) fn given_back(job: &IdempotencyKey, reason: &str, own: &IdempotencyKey) -> Wrong {
    let mut wrong = key(job);
    wrong.extend(words(reason, 4_000, true));
    wrong.extend(key(own));
    wrong
}

/// Money that moves: how much, why, under which key.
pub(super) fn payment(amount: i64, reason: &str, own: &IdempotencyKey) -> Wrong {
    let mut wrong = words(reason, 4_000, true);
    wrong.extend(key(own));
    wrong.extend(positive(amount));
    wrong
}

pub(super) fn positive(amount: i64) -> Option<Code> {
    (amount <= 0).then_some(Code::AmountNotPositive)
}

/// The key's text and which attempt it is.
pub(super) fn parts(key: &IdempotencyKey) -> (String, i32) {
    #[derive(serde::Deserialize)]
    struct Parts {
        key: String,
        attempt: i32,
    }
    let parts = serde_json::to_value(key).and_then(serde_json::from_value::<Parts>);
    parts.map_or_else(|_| (String::new(), 0), |parts| (parts.key, parts.attempt))
}

/// A line of text.
pub(super) fn words(text: &str, longest: usize, required: bool) -> Wrong {
    let mut wrong = Vec::new();
    let text = text.trim();
    if required && text.is_empty() {
        wrong.push(Code::EmptyText);
    }
    if text.chars().count() > longest {
        wrong.push(Code::TextTooLong);
    }
    if text.chars().any(is_hidden) {
        wrong.push(Code::ControlCharacter);
    }
    wrong
}

/// Whether a character cannot be seen, or changes how others are shown.
fn is_hidden(symbol: char) -> bool {
    let number = u32::from(symbol);
    symbol.is_control()
        || number == 0xad
        || (0x200b..=0x200f).contains(&number)
        || (0x2028..=0x202e).contains(&number)
        || (0x2060..=0x206f).contains(&number)
        || number == 0xfeff
        || (0xfff9..=0xfffb).contains(&number)
}

/// The form in which names are compared, as far as the workload needs it.
pub(super) fn folded(text: &str) -> String {
    let plain = |symbol: char| match u32::from(symbol) {
        wide @ 0xff01..=0xff5e => char::from_u32(wide - 0xfee0).unwrap_or(symbol),
        _ => symbol,
    };
    let narrow: String = text.trim().chars().map(plain).collect();
    narrow.to_lowercase()
}
