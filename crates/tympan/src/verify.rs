//! Checks a whole database: every balance, hold, receipt and chain is recomputed from the entries.

use std::collections::BTreeMap;
use std::sync::Arc;

use tympan_core::audit;
use tympan_core::command::TenantKeys;
use tympan_core::error::Error;
use tympan_core::ids::{EntryId, TenantId};
use tympan_core::ledger::{entry_chain, entry_text_digest};
use tympan_core::records::{
    AuditEvent, AuditText, Entry, EntryText, Hold, HoldPart, HoldState, Strand, Wallet, WalletKey,
};
use tympan_core::row::{Cell, Row};
use tympan_store::Store;

use crate::engine::{Engine, Tenant};
use crate::handle::Tympan;

/// Rows read at a time.
const PAGE: u32 = 1_000;

/// Most faults that are listed; more are only counted.
const MAX_FAULTS: usize = 100;

/// One thing that is not as it must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Which rule is broken: a word such as `balance` or `chain`.
    pub rule: &'static str,
    /// Where, and what was found.
    pub what: String,
}

/// What a check found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verification {
    /// Wallets checked.
    pub wallets: u64,
    /// Entries checked.
    pub entries: u64,
    /// Open holds checked.
    pub open_holds: u64,
    /// Audit events checked.
    pub audit_events: u64,
    /// What is wrong, at most 100 of them.
    pub faults: Vec<Fault>,
    /// How many things are wrong.
    pub fault_count: u64,
}

impl Verification {
    /// Whether everything is as it must be.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.fault_count == 0
    }

    fn fault(&mut self, rule: &'static str, what: impl FnOnce() -> String) {
        self.fault_count += 1;
        if self.faults.len() < MAX_FAULTS {
            self.faults.push(Fault { rule, what: what() });
        }
    }

    fn expect(&mut self, holds: bool, rule: &'static str, what: impl FnOnce() -> String) {
        if !holds {
            self.fault(rule, what);
        }
    }
}

impl Tympan {
    /// Recomputes every balance, hold, receipt and chain of every tenant from the entries. Takes
    /// about a microsecond per entry and some hundred bytes of memory per wallet. On a database
    /// that others write to meanwhile, a fault may be a change under way: check again at rest.
    ///
    /// # Errors
    /// Those of the store.
    pub fn verify(&self) -> Result<Verification, Error> {
        verify(&self.engine)
    }
}

/// What the entries of a wallet add up to.
#[derive(Default)]
struct Sum {
    balance: i64,
    held: i64,
    entries: i64,
    last: i64,
    chain: [u8; 32],
}

fn verify(engine: &Engine) -> Result<Verification, Error> {
    let mut found = Verification::default();
    let sums = ledger(engine, &mut found)?;
    wallets(engine, &mut found, sums)?;
    audit_events(engine, &mut found)?;
    Ok(found)
}

/// Every entry, in the order of ids: sums, places, chains, receipts.
fn ledger(
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
        found.expect(entry.sequence == sum.entries + 1, "sequence", place);
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
            let fits =
                text.entry == entry.id && entry.text_digest == Some(entry_text_digest(&text));
            found.expect(fits, "text", place);
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
    if let Some((first, seen)) = receipt {
        found.expect(seen == first.parts, "receipt", || {
            format!("entry `{}`", first.id)
        });
    }
    Ok(sums)
}

/// The entries of a receipt follow each other, and all record the same.
fn follow_receipt(found: &mut Verification, receipt: &mut Option<(Entry, i32)>, entry: Entry) {
    if let Some((first, seen)) = receipt
        && *seen < first.parts
    {
        let fits = entry.key.is_none()
            && entry.id.0 == first.id.0 + i64::from(*seen)
            && (entry.owner, &entry.request) == (first.owner, &first.request);
        found.expect(fits, "receipt", || format!("entry `{}`", entry.id));
        *seen += 1;
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
    let mut open: BTreeMap<(TenantId, i64), bool> = BTreeMap::new();
    for part in Scan::<HoldPart>::new(&*engine.store) {
        let part = part?;
        let sum = held.entry((part.tenant, part.wallet())).or_default();
        *sum = sum.saturating_add(part.amount);
        open.insert((part.tenant, part.hold.0), false);
    }
    for hold in Scan::<Hold>::new(&*engine.store) {
        let hold = hold?;
        let seen = open.remove(&(hold.tenant, hold.id.0)).is_some();
        found.open_holds += u64::from(seen);
        // A hold of nothing is open without keeping anything aside.
        let fits = !seen || hold.state == HoldState::Open;
        found.expect(fits, "hold", || format!("hold `{}`", hold.id));
    }
    for (_, hold) in open.keys() {
        found.fault("hold", || {
            format!("hold `{hold}` keeps something aside and is not there")
        });
    }
    for wallet in Scan::<Wallet>::new(&*engine.store) {
        let wallet = wallet?;
        found.wallets += 1;
        let key = (wallet.tenant, wallet.key());
        let sum = sums.remove(&key).unwrap_or_default();
        let kept = held.remove(&key).unwrap_or_default();
        let place = || format!("wallet {:?}", wallet.key());
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
    for (_, wallet) in sums.keys().chain(held.keys()) {
        found.fault("wallet", || format!("there is no wallet {wallet:?}"));
    }
    Ok(())
}

/// Every audit event, strand by strand.
fn audit_events(engine: &Engine, found: &mut Verification) -> Result<(), Error> {
    let mut heads: BTreeMap<(TenantId, i32), (i64, [u8; 32])> = BTreeMap::new();
    let mut keys = Keys::new(engine);
    let mut texts = Scan::<AuditText>::new(&*engine.store).peekable();
    for event in Scan::<AuditEvent>::new(&*engine.store) {
        let event = event?;
        found.audit_events += 1;
        let place = || format!("audit event `{}`", event.id);
        let head = heads.entry((event.tenant, event.strand)).or_default();
        found.expect(event.sequence == head.0 + 1, "sequence", place);
        let chain = audit::chain(&keys.of(event.tenant).chain, &head.1, &event);
        found.expect(chain == event.chain, "chain", place);
        while let Some(text) =
            texts.next_if(|text| text.as_ref().map_or(true, |text| text.audit <= event.id))
        {
            let text = text?;
            let fits = text.audit == event.id && event.text_digest == audit::digest_of(&text);
            found.expect(fits, "text", place);
        }
        *head = (event.sequence, event.chain);
    }
    for strand in Scan::<Strand>::new(&*engine.store) {
        let strand = strand?;
        let head = heads
            .remove(&(strand.tenant, strand.number))
            .unwrap_or_default();
        found.expect(head == (strand.events, strand.chain), "chain", || {
            format!(
                "the head of strand {} of tenant `{}`",
                strand.number, strand.tenant
            )
        });
    }
    for (tenant, strand) in heads.keys() {
        found.fault("chain", || {
            format!("strand {strand} of tenant `{tenant}` has no head")
        });
    }
    Ok(())
}

/// The keys of the tenants that come by; rows of one tenant mostly follow each other.
struct Keys<'a> {
    engine: &'a Engine,
    last: Option<Arc<Tenant>>,
}

impl<'a> Keys<'a> {
    fn new(engine: &'a Engine) -> Self {
        Self { engine, last: None }
    }

    fn of(&mut self, tenant: TenantId) -> &TenantKeys {
        let known = self.last.take().filter(|known| known.id == tenant);
        let tenant = known.unwrap_or_else(|| self.engine.tenants.tenant(tenant));
        &self.last.insert(tenant).keys
    }
}

/// All rows of a table, a page at a time.
struct Scan<'a, T> {
    store: &'a dyn Store,
    page: std::vec::IntoIter<Vec<Cell<'static>>>,
    last: Option<Vec<Cell<'static>>>,
    ended: bool,
    row: std::marker::PhantomData<T>,
}

impl<'a, T: Row> Scan<'a, T> {
    fn new(store: &'a dyn Store) -> Self {
        let page = Vec::new().into_iter();
        Self {
            store,
            page,
            last: None,
            ended: false,
            row: std::marker::PhantomData,
        }
    }

    fn turn_page(&mut self) -> Result<(), Error> {
        let rows = self.store.scan(T::TABLE, self.last.as_deref(), PAGE)?;
        self.ended = u32::try_from(rows.len()).is_ok_and(|count| count < PAGE);
        self.last = rows
            .last()
            .map(|row| row.iter().take(T::TABLE.key).cloned().collect());
        self.page = rows.into_iter();
        Ok(())
    }
}

impl<T: Row> Iterator for Scan<'_, T> {
    type Item = Result<T, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.page.len() == 0
            && !self.ended
            && let Err(error) = self.turn_page()
        {
            self.ended = true;
            return Some(Err(error));
        }
        let mut cells = self.page.next()?.into_iter();
        Some(T::from_cells(&mut || cells.next()))
    }
}
