//! What clients were answered that must stand for ever: receipts, refusals that were recorded, and
//! usage that was kept.

use std::collections::{BTreeMap, BTreeSet};

use tympan_core::ids::{EntryId, TenantId};
use tympan_core::ledger::{ChargedOrKept, IdempotencyKey, Receipt, UntrackedId, UntrackedUsage};
use tympan_vault::hex;

use crate::ask::{Answer, Ask, Reply, in_full};
use crate::dumped::{Dumped, WalletOf};
use crate::sides::Side;
use crate::simulation::first_difference;

/// A key: the digest of it and its attempt, in a tenant.
type Name = (i64, UntrackedId);

/// Everything that was acknowledged.
#[derive(Debug, Default)]
pub(super) struct Acknowledged {
    keys: BTreeMap<Name, Standing>,
    receipts: BTreeMap<EntryId, (i64, Receipt)>,
    /// Keys that may have been used though nobody heard so.
    untold: BTreeSet<Name>,
}

/// What was said under a key.
#[derive(Debug, Default)]
struct Standing {
    /// The commands that were answered so.
    asks: Vec<Ask>,
    /// The receipt or the refusal, in full.
    decided: Option<String>,
    /// What was kept, as long as it is not assigned.
    kept: Option<String>,
}

impl Acknowledged {
    /// Takes note of an answer.
    ///
    /// # Errors
    /// It is not what was answered under the same key before.
    pub(super) fn note(&mut self, tenant: i64, ask: &Ask, answer: &Answer) -> Result<(), String> {
        let Some((name, says)) = says(tenant, ask, answer) else {
            return Ok(());
        };
        if let Says::Receipt(receipt) = &says {
            let of = (tenant, (**receipt).clone());
            self.receipts.insert(receipt.entry, of);
        }
        let standing = self.keys.entry(name).or_default();
        let text = says.text();
        let slot = match says {
            Says::Kept(_) => &mut standing.kept,
            Says::Receipt(_) | Says::Refusal(_) => &mut standing.decided,
        };
        let first = slot.get_or_insert_with(|| text.clone());
        if *first != text {
            return Err(format!(
                "{ask:?}\nfirst: {first}\nunder the same key: {text}"
            ));
        }
        if !standing.asks.contains(ask) {
            standing.asks.push(ask.clone());
        }
        Ok(())
    }

    /// Takes note of a command that may have been carried out though nobody was told.
    pub(super) fn note_untold(&mut self, tenant: i64, ask: &Ask) {
        self.untold.extend(name_of(tenant, ask, None));
    }

    /// Asks for everything again.
    ///
    /// # Errors
    /// The first answer that is another now.
    pub(super) fn ask_again(&self, side: &Side) -> Result<(), String> {
        for ((tenant, name), standing) in &self.keys {
            let handle = side.handle(*tenant, None);
            let handle = handle.map_err(|error| error.to_string())?;
            let expected = standing.decided.as_ref().or(standing.kept.as_ref());
            for ask in &standing.asks {
                let answer = ask.run(&handle);
                let said = says(*tenant, ask, &answer);
                let same = said.as_ref().is_some_and(|(under, says)| {
                    under.1 == *name && Some(&says.text()) == expected
                });
                if !same {
                    let now = in_full(&answer);
                    return Err(format!("{ask:?}\nanswered: {expected:?}\nnow: {now}"));
                }
            }
        }
        Ok(())
    }

    /// Compares wallets with what receipts say they got, and what fell due.
    ///
    /// # Errors
    /// The first wallet that holds something else.
    pub(super) fn balances(&self, dumped: &Dumped) -> Result<(), String> {
        let mut sums: BTreeMap<WalletOf, (i128, i128)> = BTreeMap::new();
        let mut add = |wallet: WalletOf, amount: i64, held: i64| {
            let sum = sums.entry(wallet).or_default();
            sum.0 += i128::from(amount);
            sum.1 += i128::from(held);
        };
        for (wallet, (amount, held)) in &dumped.due {
            add(wallet.clone(), *amount, *held);
        }
        let heard = |name: &&Name| {
            let standing = self.keys.get(name);
            standing.is_some_and(|standing| standing.decided.is_some())
        };
        let untold = self.untold.iter().filter(|name| !heard(name));
        let done =
            untold.filter_map(|(tenant, id)| dumped.done.get(&(*tenant, hex::encode(&id.0))));
        for (wallet, (amount, held)) in done.flatten() {
            add(wallet.clone(), *amount, *held);
        }
        for (tenant, receipt) in self.receipts.values() {
            for line in &receipt.lines {
                let kind = line.kind.as_str().to_owned();
                let wallet = (*tenant, line.user.0, kind, line.feed);
                add(wallet, line.amount, line.held);
            }
        }
        sums.retain(|wallet, sum| *sum != (0, 0) || dumped.wallets.contains_key(wallet));
        let wallets = dumped.wallets.iter();
        let stored: BTreeMap<WalletOf, (i128, i128)> = wallets
            .map(|(wallet, (balance, held))| (wallet.clone(), ((*balance).into(), (*held).into())))
            .filter(|(wallet, stands)| *stands != (0, 0) || sums.contains_key(wallet))
            .collect();
        first_difference(&stored, &sums).map_or(Ok(()), Err)
    }
}

/// What an answer says that must stand.
enum Says {
    Receipt(Box<Receipt>),
    Refusal(String),
    Kept(Box<UntrackedUsage>),
}

impl Says {
    fn text(&self) -> String {
        match self {
            Self::Receipt(receipt) => in_full(&Ok(Reply::Receipt((**receipt).clone()))),
            Self::Refusal(refusal) => refusal.clone(),
            // The rest of it may be changed since: it is dismissed, or a name is erased.
            Self::Kept(kept) => {
                format!("{} {} {:?} {:?}", kept.id, kept.number, kept.at, kept.usage)
            }
        }
    }
}

/// What an answer says that must stand, and under which key: an attempt behind one that took
/// something is answered with that one.
fn says(tenant: i64, ask: &Ask, answer: &Answer) -> Option<(Name, Says)> {
    let named = |attempt| name_of(tenant, ask, attempt);
    let of_receipt = |receipt: &Receipt| {
        let name = named(Some(receipt.attempt))?;
        Some((name, Says::Receipt(Box::new(receipt.clone()))))
    };
    match answer {
        Ok(Reply::Receipt(receipt)) => of_receipt(receipt),
        Ok(Reply::Outcome(outcome)) => match &**outcome {
            ChargedOrKept::Charged(receipt) => of_receipt(receipt),
            ChargedOrKept::Kept(kept) => {
                Some(((tenant, kept.id), Says::Kept(Box::new(kept.clone()))))
            }
        },
        // Other refusals are decided anew each time.
        Err(error) if error.detail("entry").is_some() => {
            Some((named(None)?, Says::Refusal(in_full(answer))))
        }
        _ => None,
    }
}

/// The key of a command, with the attempt that was decided where that is known.
fn name_of(tenant: i64, ask: &Ask, attempt: Option<i32>) -> Option<Name> {
    if let Ask::AssignUntracked(asked) = ask {
        return Some((tenant, asked.untracked));
    }
    let key: IdempotencyKey = ask.key()?.clone();
    let key = match attempt {
        Some(attempt) => key.attempt(attempt),
        None => key,
    };
    let digest = key.digest(TenantId(tenant)).ok()?;
    Some((tenant, UntrackedId(digest)))
}
