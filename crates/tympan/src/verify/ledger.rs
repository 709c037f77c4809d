//! The ledger: entries, receipts, wallets, holds.

use std::collections::{BTreeMap, BTreeSet};

use tympan_core::error::Error;
use tympan_core::ids::{EntryId, HoldId, TenantId, UserId};
use tympan_core::ledger::{entry_chain, entry_text_digest};
use tympan_core::records::{Entry, EntryText, Hold, HoldPart, HoldState, Wallet, WalletKey};

use super::scan::Scan;
use super::{Keys, Verification};
use crate::engine::Engine;

/// What the entries of a wallet add up to.
#[derive(Default)]
struct Sum {
    balance: i64,
    held: i64,
    entries: i64,
    last: i64,
    chain: [u8; 32],
}

/// Checks every entry, then every wallet against what its entries add up to.
pub(super) fn check(engine: &Engine, found: &mut Verification) -> Result<(), Error> {
    let sums = entries(engine, found)?;
    wallets(engine, found, sums)
}

/// Every entry, in the order of ids: sums, places, chains, receipts.
fn entries(
    engine: &Engine,
    found: &mut Verification,
) -> Result<BTreeMap<(TenantId, WalletKey), Sum>, Error> {
    let mut sums: BTreeMap<(TenantId, WalletKey), Sum> = BTreeMap::new();
    let mut keys = Keys::new(engine);
    let mut receipt: Option<(Entry, i32)> = None;
    let mut texts = Scan::<EntryText>::new(&*engine.store).peekable();
    for entry in Scan::<Entry>::new(&*engine.store) {
        let entry = entry?;
        found.entries += 1;
        let sum = sums.entry((entry.tenant, entry.wallet())).or_default();
        let place = || format!("entry `{}`", entry.id);
        // What is checked may be anything: no arithmetic that stops at the largest number.
        let next = sum.entries.checked_add(1);
        found.expect(next == Some(entry.sequence), "sequence", place);
        found.expect(entry.previous == EntryId(sum.last), "previous", place);
        let balance = sum.balance.checked_add(entry.amount);
        found.expect(balance == Some(entry.balance_after), "balance", place);
        let held = sum.held.checked_add(entry.held);
        found.expect(held == Some(entry.held_after), "held", place);
        let chain = entry_chain(&keys.of(entry.tenant).chain, &sum.chain, &entry);
        found.expect(chain == entry.chain, "chain", place);
        while let Some(text) =
            texts.next_if(|text| text.as_ref().map_or(true, |text| text.entry <= entry.id))
        {
            let text = text?;
            let fits = (text.tenant, text.entry) == (entry.tenant, entry.id)
                && entry.text_digest == Some(entry_text_digest(&text));
            found.expect(fits, "text", || words_of_entry(&text));
        }
        *sum = Sum {
            balance: entry.balance_after,
            held: entry.held_after,
            entries: entry.sequence,
            last: entry.id.0,
            chain: entry.chain,
        };
        follow_receipt(found, &mut receipt, entry);
    }
    for text in texts {
        let text = text?;
        found.fault("text", || words_of_entry(&text));
    }
    if let Some((first, seen)) = receipt {
        found.expect(seen == first.parts, "receipt", || {
            format!("entry `{}`", first.id)
        });
    }
    Ok(sums)
}

fn words_of_entry(text: &EntryText) -> String {
    format!("the words of entry `{}`", text.entry)
}

/// The entries of a receipt follow each other, and all record the same.
fn follow_receipt(found: &mut Verification, receipt: &mut Option<(Entry, i32)>, entry: Entry) {
    if let Some((first, seen)) = receipt
        && *seen < first.parts
    {
        let fits = entry.key.is_none()
            && first.id.0.checked_add(i64::from(*seen)) == Some(entry.id.0)
            && (entry.owner, &entry.request) == (first.owner, &first.request);
        found.expect(fits, "receipt", || format!("entry `{}`", entry.id));
        *seen = seen.saturating_add(1);
        return;
    }
    if entry.key.is_some() {
        *receipt = Some((entry, 1));
    }
}

/// Every wallet against what its entries add up to, and its holds.
fn wallets(
    engine: &Engine,
    found: &mut Verification,
    mut sums: BTreeMap<(TenantId, WalletKey), Sum>,
) -> Result<(), Error> {
    let mut held: BTreeMap<(TenantId, WalletKey), i64> = BTreeMap::new();
    let mut open: BTreeSet<(TenantId, HoldId)> = BTreeSet::new();
    for part in Scan::<HoldPart>::new(&*engine.store) {
        let part = part?;
        let sum = held.entry((part.tenant, part.wallet())).or_default();
        *sum = sum.saturating_add(part.amount);
        open.insert((part.tenant, part.hold));
    }
    for hold in Scan::<Hold>::new(&*engine.store) {
        let hold = hold?;
        let seen = open.remove(&(hold.tenant, hold.id));
        found.open_holds += u64::from(seen);
        // A hold of nothing is open without keeping anything aside.
        let fits = !seen || hold.state == HoldState::Open;
        found.expect(fits, "hold", || format!("hold `{}`", hold.id));
    }
    for (_, hold) in &open {
        found.fault("hold", || {
            format!("hold `{hold}` is not there and keeps something aside")
        });
    }
    for wallet in Scan::<Wallet>::new(&*engine.store) {
        let wallet = wallet?;
        found.wallets += 1;
        let key = (wallet.tenant, wallet.key());
        let sum = sums.remove(&key).unwrap_or_default();
        let kept = held.remove(&key).unwrap_or_default();
        let place = || named(wallet.tenant, wallet.key());
        found.expect(wallet.balance == sum.balance, "balance", place);
        found.expect(
            wallet.held == sum.held && wallet.held == kept,
            "held",
            place,
        );
        found.expect(wallet.entries == sum.entries, "sequence", place);
        found.expect(wallet.chain == sum.chain, "chain", place);
        found.expect(wallet.last_entry == EntryId(sum.last), "previous", place);
    }
    for (tenant, wallet) in sums.keys().chain(held.keys()) {
        found.fault("wallet", || {
            format!("there is no {}", named(*tenant, *wallet))
        });
    }
    Ok(())
}

fn named(tenant: TenantId, wallet: WalletKey) -> String {
    let (kind, owner) = (wallet.kind.as_str(), UserId(wallet.owner));
    let feed = wallet.feed;
    format!("wallet `{kind}` `{feed}` of user `{owner}` of tenant `{tenant}`")
}
