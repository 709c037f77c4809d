//! The ledger: entries, receipts, wallets, holds.

use std::collections::{BTreeMap, BTreeSet};

use tympan_core::error::Error;
use tympan_core::ids::{EntryId, HoldId, TenantId, UserId};
use tympan_core::ledger::{entry_chain, entry_text_digest};
use tympan_core::records::{Entry, EntryText, Hold, HoldPart, HoldState, Verb, Wallet, WalletKey};
use tympan_core::time::Timestamp;

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
    spent: i64,
    latest_at: Timestamp,
    last_job_at: Option<Timestamp>,
    /// The latest instant at which its plan gave something.
    given_at: Timestamp,
}

impl Sum {
    fn add(&mut self, entry: &Entry) {
        self.balance = entry.balance_after;
        self.held = entry.held_after;
        self.entries = entry.sequence;
        self.last = entry.id.0;
        self.chain = entry.chain;
        self.latest_at = entry.at;
        if matches!(entry.verb, Verb::Charge | Verb::Settle) {
            self.spent = self.spent.saturating_sub(entry.amount);
        }
        if matches!(entry.verb, Verb::Charge | Verb::Authorise) {
            self.last_job_at = Some(entry.at);
        }
        if matches!(entry.verb, Verb::Grant | Verb::Reset) {
            self.given_at = entry.due_at.unwrap_or_default().max(self.given_at);
        }
    }
}

type Sums = BTreeMap<(TenantId, WalletKey), Sum>;

/// The holds that were neither settled nor cancelled, as the entries tell.
type Holds = BTreeMap<(TenantId, HoldId), Unresolved>;

struct Unresolved {
    owner: i64,
    state: HoldState,
    expires_at: Option<Timestamp>,
}

/// What an entry says of the hold that it names.
fn follow_hold(holds: &mut Holds, entry: &Entry) {
    let Some(hold) = entry.hold else { return };
    let key = (entry.tenant, hold);
    match entry.verb {
        Verb::Authorise => {
            holds.entry(key).or_insert(Unresolved {
                owner: entry.owner,
                state: HoldState::Open,
                expires_at: entry.expires_at,
            });
        }
        Verb::Expire => {
            if let Some(hold) = holds.get_mut(&key) {
                hold.state = HoldState::Expired;
            }
        }
        _ => drop(holds.remove(&key)),
    }
}

/// Checks every entry, then every wallet against what its entries add up to.
pub(super) fn check(engine: &Engine, found: &mut Verification) -> Result<(), Error> {
    let (sums, holds) = entries(engine, found)?;
    wallets(engine, found, sums, holds)
}

/// Every entry, in the order of ids: sums, places, chains, receipts.
fn entries(engine: &Engine, found: &mut Verification) -> Result<(Sums, Holds), Error> {
    let mut sums = Sums::new();
    let mut holds = Holds::new();
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
        sum.add(&entry);
        follow_hold(&mut holds, &entry);
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
    Ok((sums, holds))
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
            && (entry.owner, entry.request) == (first.owner, first.request);
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
    mut sums: Sums,
    mut holds: Holds,
) -> Result<(), Error> {
    let mut held: BTreeMap<(TenantId, WalletKey), (i64, Timestamp)> = BTreeMap::new();
    let mut open: BTreeSet<(TenantId, HoldId)> = BTreeSet::new();
    for part in Scan::<HoldPart>::new(&*engine.store) {
        let part = part?;
        let kept = held.entry((part.tenant, part.wallet()));
        let (sum, first) = kept.or_insert((0, part.expires_at));
        *sum = sum.saturating_add(part.amount);
        *first = part.expires_at.min(*first);
        let hold = (part.tenant, part.hold);
        let told = holds.get(&hold).and_then(|hold| hold.expires_at);
        found.expect(told == Some(part.expires_at), "hold", || {
            format!("what hold `{}` keeps aside", part.hold)
        });
        open.insert(hold);
    }
    for hold in Scan::<Hold>::new(&*engine.store) {
        let hold = hold?;
        let key = (hold.tenant, hold.id);
        let seen = open.remove(&key);
        found.open_holds += u64::from(seen);
        // A hold of nothing is open without keeping anything aside.
        let kept = !seen || hold.state == HoldState::Open;
        let told = match holds.remove(&key) {
            Some(told) => {
                (told.owner, told.state, told.expires_at)
                    == (hold.owner, hold.state, Some(hold.expires_at))
            }
            None => matches!(hold.state, HoldState::Settled | HoldState::Cancelled),
        };
        found.expect(kept && told, "hold", || format!("hold `{}`", hold.id));
    }
    for (_, hold) in &open {
        found.fault("hold", || {
            format!("hold `{hold}` is not there and keeps something aside")
        });
    }
    for (_, hold) in holds.keys().filter(|hold| !open.contains(hold)) {
        found.fault("hold", || format!("there is no hold `{hold}`"));
    }
    for wallet in Scan::<Wallet>::new(&*engine.store) {
        let wallet = wallet?;
        found.wallets += 1;
        let key = (wallet.tenant, wallet.key());
        let sum = sums.remove(&key).unwrap_or_default();
        let (kept, hold_expires_at) = match held.remove(&key) {
            Some((kept, first)) => (kept, Some(first)),
            None => (0, None),
        };
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
        found.expect(wallet.spent == sum.spent, "spent", place);
        let expiry = wallet.hold_expires_at == hold_expires_at;
        found.expect(expiry, "hold", place);
        let times = (wallet.latest_at, wallet.last_job_at) == (sum.latest_at, sum.last_job_at);
        // An instant at which a plan changes nothing leaves no entry: it may be later, but a
        // schedule that was turned back would give again.
        let settled = wallet.settled_at >= sum.given_at;
        found.expect(times && settled, "time", place);
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
