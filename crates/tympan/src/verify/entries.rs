//! The entries of the ledger, and what they tell of wallets and holds.

use std::collections::BTreeMap;

use tympan_core::error::Error;
use tympan_core::ids::{EntryId, HoldId, TenantId, UserId};
use tympan_core::ledger::{entry_chain, entry_text_digest};
use tympan_core::records::{
    Entry, EntryText, HoldState, Request, SharedOrder, Verb, WalletKey, WalletKind,
};
use tympan_core::time::Timestamp;
use tympan_vault::{ChainHead, LINK_BYTES};

use super::Check;
use super::refunds::Refunds;
use super::untracked::AllAssigned;
use crate::rows::Scan;

/// What the entries of a wallet add up to.
pub(super) struct Sum {
    pub(super) balance: i64,
    pub(super) held: i64,
    pub(super) entries: i64,
    pub(super) last: EntryId,
    link: [u8; LINK_BYTES],
    pub(super) head: ChainHead,
    pub(super) spent: i64,
    /// Of an allowance: what jobs took since its plan gave last.
    pub(super) used: i64,
    /// What came back since, of what jobs took before.
    pub(super) late: i64,
    /// What was taken back when the user left a group, and has not come again.
    pub(super) taken_back: i64,
    /// What is to be taken off what its plan gives next.
    pub(super) carried: i64,
    /// The entry by which its plan gave last.
    pub(super) fed: EntryId,
    pub(super) latest_at: Timestamp,
    pub(super) last_job_at: Option<Timestamp>,
    /// The latest instant at which its plan gave something.
    pub(super) given_at: Timestamp,
}

impl Default for Sum {
    fn default() -> Self {
        Self {
            balance: 0,
            held: 0,
            entries: 0,
            last: EntryId(0),
            link: ChainHead::EMPTY.link(),
            head: ChainHead::EMPTY,
            spent: 0,
            used: 0,
            late: 0,
            taken_back: 0,
            carried: 0,
            fed: EntryId(0),
            latest_at: Timestamp::EPOCH,
            last_job_at: None,
            given_at: Timestamp::EPOCH,
        }
    }
}

impl Sum {
    /// Goes on from what an entry says, right or wrong, so that one wrong entry is one fault.
    fn add(&mut self, entry: &Entry) {
        self.balance = entry.balance_after;
        self.held = entry.held_after;
        self.entries = entry.sequence;
        self.last = entry.id;
        self.link = entry.chain;
        self.latest_at = entry.at;
        if matches!(entry.verb, Verb::Charge | Verb::Settle) {
            self.spent = self.spent.saturating_sub(entry.amount);
            if entry.kind == WalletKind::Allowance {
                self.used = self.used.saturating_sub(entry.amount);
            }
        }
        self.carried = self.carried.saturating_add(entry.carried.unwrap_or(0));
        if let Some(took) = entry.refunds {
            self.count_back(entry, took);
        }
        if matches!(entry.verb, Verb::Charge | Verb::Authorise) {
            self.last_job_at = Some(entry.at);
        }
        if matches!(entry.verb, Verb::Leave | Verb::Rejoin) {
            // All of it comes again at once.
            self.taken_back = self.taken_back.saturating_sub(entry.amount);
        }
        if matches!(entry.verb, Verb::Grant | Verb::Join | Verb::Reset) {
            self.given_at = entry.due_at.unwrap_or_default().max(self.given_at);
            // What was carried counts as taken once it is paid.
            let paid = entry.carried.unwrap_or(0).saturating_neg();
            self.spent = self.spent.saturating_add(paid);
            (self.used, self.late, self.fed) = (paid, 0, entry.id);
        }
    }

    /// What came back of a job is not used any more, and what it took is not spent if it was voided.
    fn count_back(&mut self, entry: &Entry, took: EntryId) {
        if entry.verb == Verb::Void {
            self.spent = self.spent.saturating_sub(entry.asked.unwrap_or(0));
        }
        if entry.kind == WalletKind::Allowance {
            if took > self.fed {
                self.used = self.used.saturating_sub(entry.amount).max(0);
            } else {
                self.late = self.late.saturating_add(entry.amount);
            }
        }
    }
}

/// A hold that was neither settled nor cancelled, as the entries tell.
pub(super) struct Unresolved {
    pub(super) owner: i64,
    /// Who shares the wallets that it may be taken from as well, and when.
    pub(super) shared: (Option<UserId>, Option<SharedOrder>),
    pub(super) state: HoldState,
    pub(super) expires_at: Option<Timestamp>,
}

/// What the entries tell.
#[derive(Default)]
pub(super) struct Ledger {
    pub(super) sums: BTreeMap<(TenantId, WalletKey), Sum>,
    pub(super) holds: BTreeMap<(TenantId, HoldId), Unresolved>,
    /// The first entry of the receipt that the last entry belongs to, and how many of it came.
    receipt: Option<(Entry, i32)>,
}

impl Ledger {
    /// What an entry says of the hold that it names.
    fn follow_hold(&mut self, entry: &Entry) {
        let Some(hold) = entry.hold else { return };
        let key = (entry.tenant, hold);
        match entry.verb {
            Verb::Authorise => {
                self.holds.entry(key).or_insert(Unresolved {
                    owner: entry.owner,
                    shared: (entry.counterpart, entry.shared_order),
                    state: HoldState::Open,
                    expires_at: entry.expires_at,
                });
            }
            Verb::Extend => {
                if let Some(hold) = self.holds.get_mut(&key) {
                    hold.expires_at = entry.expires_at;
                }
            }
            Verb::Expire => {
                if let Some(hold) = self.holds.get_mut(&key) {
                    hold.state = HoldState::Expired;
                }
            }
            _ => drop(self.holds.remove(&key)),
        }
    }

    /// Whether an entry is where its receipt wants it: the entries of a receipt follow each other,
    /// and all record the same.
    fn follow_receipt(&mut self, entry: Entry) -> bool {
        if let Some((first, seen)) = &mut self.receipt
            && *seen < first.parts
        {
            let place = first.id.0.checked_add(i64::from(*seen));
            *seen = seen.saturating_add(1);
            let others = (entry.counterpart, first.counterpart);
            let mut fits = match entry.owner == first.owner {
                true => others.0 == others.1,
                false => others == (Some(UserId(first.owner)), Some(UserId(entry.owner))),
            };
            if first.request == Request::TransferFunds {
                // Two wallets, and nothing is gained or lost.
                let balances = entry.amount.checked_add(first.amount) == Some(0);
                fits = fits && entry.owner != first.owner && balances;
            }
            return fits
                && entry.key.is_none()
                && place == Some(entry.id.0)
                && (entry.request, entry.shared_order) == (first.request, first.shared_order);
        }
        if entry.key.is_some() {
            self.receipt = Some((entry, 1));
        }
        true
    }
}

impl Check<'_> {
    /// Checks every entry, in the order of ids: sums, places, chains, words, receipts.
    pub(super) fn entries(
        &mut self,
        refunds: &mut Refunds,
        assigned: &mut AllAssigned,
    ) -> Result<Ledger, Error> {
        let mut ledger = Ledger::default();
        let mut texts = Scan::<EntryText>::new(self.snapshot).peekable();
        for entry in Scan::<Entry>::new(self.snapshot) {
            let entry = entry?;
            let id = entry.id;
            let sum = ledger.sums.entry((entry.tenant, entry.wallet()));
            self.entry(&entry, sum.or_default());
            while let Some(text) =
                texts.next_if(|text| text.as_ref().map_or(true, |text| text.entry <= id))
            {
                let text = text?;
                let fits = (text.tenant, text.entry) == (entry.tenant, id)
                    && text.erase_at == entry.words_until
                    && entry.text_digest == Some(entry_text_digest(&text));
                self.found.expect(fits, "text", || words_of_entry(&text));
            }
            let may = refunds.follow(&entry);
            self.found.expect(may, "refund", || format!("entry `{id}`"));
            let may = assigned.follow(&entry);
            self.found
                .expect(may, "untracked", || format!("entry `{id}`"));
            ledger.follow_hold(&entry);
            let fits = ledger.follow_receipt(entry);
            self.found
                .expect(fits, "receipt", || format!("entry `{id}`"));
        }
        for text in texts {
            let text = text?;
            self.found.fault("text", || words_of_entry(&text));
        }
        if let Some((first, seen)) = &ledger.receipt {
            let place = || format!("entry `{}`", first.id);
            self.found.expect(*seen == first.parts, "receipt", place);
        }
        Ok(ledger)
    }

    fn entry(&mut self, entry: &Entry, sum: &mut Sum) {
        let place = || format!("entry `{}`", entry.id);
        let found = &mut self.found;
        found.entries += 1;
        // What is checked may be anything: no arithmetic that stops at the largest number.
        let next = sum.entries.checked_add(1);
        found.expect(next == Some(entry.sequence), "sequence", place);
        found.expect(entry.previous == sum.last, "previous", place);
        let balance = sum.balance.checked_add(entry.amount);
        found.expect(balance == Some(entry.balance_after), "balance", place);
        let held = sum.held.checked_add(entry.held);
        found.expect(held == Some(entry.held_after), "held", place);
        let keys = self.keys.of(entry.tenant);
        sum.head = entry_chain(&keys.chain, &sum.link, entry);
        found.expect(sum.head.link() == entry.chain, "chain", place);
        sum.add(entry);
    }
}

fn words_of_entry(text: &EntryText) -> String {
    format!("the words of entry `{}`", text.entry)
}
