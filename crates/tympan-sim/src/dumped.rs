//! What a dump says of wallets, holds, untracked usage and what fell due.

use std::collections::BTreeMap;

use serde_json::Value;
use tympan_core::ledger::LOW_BALANCE;

use crate::low_balances::LowBalances;

/// A wallet: tenant, owner, kind and feed.
pub(crate) type WalletOf = (i64, i64, String, i64);

/// What a dump says, as far as anybody compares it.
#[derive(Debug, Default)]
pub(crate) struct Dumped {
    /// Balance and what is held.
    pub(crate) wallets: BTreeMap<WalletOf, (i64, i64)>,
    /// States, by tenant and hold.
    pub(crate) holds: BTreeMap<(i64, i64), String>,
    /// State and who was charged, by tenant and number.
    pub(crate) untracked: BTreeMap<(i64, i64), (String, Option<i64>)>,
    /// Of which low balances somebody was to be told.
    pub(crate) low: LowBalances,
    /// What entries of no command added to a balance and to what is held: it fell due.
    pub(crate) due: Vec<Moved>,
    /// What entries of commands did, by tenant and key.
    pub(crate) done: BTreeMap<(i64, String), Vec<Moved>>,
    /// The key of the command whose entries are being read: the first bears it.
    key: (i64, String),
}

/// What an entry added to a balance and to what is held.
type Moved = (WalletOf, (i64, i64));

impl Dumped {
    /// Reads a dump.
    pub(crate) fn of(dump: &[u8]) -> Self {
        let mut dumped = Self::default();
        let lines = dump.split(|byte| *byte == b'\n');
        for line in lines.filter(|line| !line.is_empty()) {
            dumped.add(&serde_json::from_slice(line).unwrap_or_default());
        }
        dumped
    }

    fn add(&mut self, line: &Value) {
        let of = |name: &str| line.get("row").and_then(|row| row.get(name));
        let number = |name: &str| of(name).and_then(Value::as_i64).unwrap_or_default();
        let text = |name: &str| {
            let text = of(name).and_then(Value::as_str);
            text.unwrap_or_default().to_owned()
        };
        let wallet = || {
            let (tenant, owner) = (number("tenant"), number("owner"));
            (tenant, owner, text("kind"), number("feed"))
        };
        match line.get("table").and_then(Value::as_str) {
            Some("wallet") => {
                let stands = (number("balance"), number("held"));
                self.wallets.insert(wallet(), stands);
            }
            Some("hold") => {
                let hold = (number("tenant"), number("id"));
                self.holds.insert(hold, text("state"));
            }
            Some("untracked") => {
                let assigned_to = of("assigned_to").and_then(Value::as_i64);
                let key = (number("tenant"), number("number"));
                self.untracked.insert(key, (text("state"), assigned_to));
            }
            Some("entry") => {
                let moved = (wallet(), (number("amount"), number("held")));
                if text("request") == "due" {
                    return self.due.push(moved);
                }
                if of("key").is_some_and(Value::is_string) {
                    self.key = (number("tenant"), text("key"));
                }
                self.done.entry(self.key.clone()).or_default().push(moved);
            }
            Some("audit_event") if text("action") == LOW_BALANCE => {
                self.low
                    .add(number("id"), number("tenant"), number("subject"));
            }
            Some("audit_text") => self.low.say(number("audit"), &text("changes")),
            _ => {}
        }
    }
}
