//! Wallets and holds against what the entries tell, and wallets against the register.

use std::collections::{BTreeMap, BTreeSet};

use tympan_core::error::Error;
use tympan_core::ids::{HoldId, TenantId, UserId};
use tympan_core::ledger::mark_wallet;
use tympan_core::records::{
    Hold, HoldPart, HoldState, PlanRevision, Strand, Wallet, WalletKey, WalletKind,
};
use tympan_core::time::Timestamp;

use super::Check;
use super::entries::{Ledger, Sum, Unresolved};
use crate::rows::Scan;

/// What open holds keep aside.
#[derive(Default)]
struct Held {
    /// By wallet: how much, and the earliest expiry.
    wallets: BTreeMap<(TenantId, WalletKey), (i64, Timestamp)>,
    holds: BTreeSet<(TenantId, HoldId)>,
}

/// How many wallets of a tenant there are, and their marks.
type Marked = (i64, [u8; 32]);

/// What plans ever gave: tenant, plan, amount.
type Amounts = BTreeSet<(TenantId, i64, i64)>;

impl Check<'_> {
    /// Checks every hold and every wallet; `registers` are those of all tenants that there are.
    pub(super) fn wallets(
        &mut self,
        mut ledger: Ledger,
        registers: BTreeMap<TenantId, Option<Strand>>,
    ) -> Result<(), Error> {
        let mut held = self.hold_parts(&ledger.holds)?;
        self.holds(&mut held, ledger.holds)?;
        let mut marked: BTreeMap<TenantId, Marked> = BTreeMap::new();
        let amounts = Scan::<PlanRevision>::new(self.snapshot)
            .map(|plan| plan.map(|plan| (plan.tenant, plan.plan.0, plan.amount)))
            .collect::<Result<Amounts, Error>>()?;
        for wallet in Scan::<Wallet>::new(self.snapshot) {
            let wallet = wallet?;
            let (tenant, key) = (wallet.tenant, wallet.key());
            let sum = ledger.sums.remove(&(tenant, key)).unwrap_or_default();
            let kept = held.wallets.remove(&(tenant, key));
            self.wallet(&wallet, &sum, kept, &amounts);
            let (count, marks) = marked.entry(tenant).or_default();
            *count = count.saturating_add(1);
            mark_wallet(&self.keys.of(tenant).record, marks, key);
        }
        for (tenant, wallet) in ledger.sums.keys().chain(held.wallets.keys()) {
            self.found.fault("wallet", || {
                format!("there is no {}", named(*tenant, *wallet))
            });
        }
        self.registers(marked, registers);
        Ok(())
    }

    /// What open holds keep aside in wallets.
    fn hold_parts(
        &mut self,
        told: &BTreeMap<(TenantId, HoldId), Unresolved>,
    ) -> Result<Held, Error> {
        let mut held = Held::default();
        for part in Scan::<HoldPart>::new(self.snapshot) {
            let part = part?;
            let kept = held.wallets.entry((part.tenant, part.wallet()));
            let (sum, first) = kept.or_insert((0, part.expires_at));
            *sum = sum.saturating_add(part.amount);
            *first = part.expires_at.min(*first);
            let hold = (part.tenant, part.hold);
            let expires_at = told.get(&hold).and_then(|hold| hold.expires_at);
            let fits = expires_at == Some(part.expires_at);
            self.found.expect(fits, "hold", || {
                format!("what hold `{}` keeps aside", part.hold)
            });
            held.holds.insert(hold);
        }
        Ok(held)
    }

    fn holds(
        &mut self,
        held: &mut Held,
        mut told: BTreeMap<(TenantId, HoldId), Unresolved>,
    ) -> Result<(), Error> {
        for hold in Scan::<Hold>::new(self.snapshot) {
            let hold = hold?;
            let key = (hold.tenant, hold.id);
            let seen = held.holds.remove(&key);
            self.found.open_holds += u64::from(seen);
            // A hold of nothing is open without keeping anything aside; of one on wallets of two users,
            // the part of one may not have been given back yet.
            let open = hold.state == HoldState::Open;
            let halfway = hold.state == HoldState::Expired && hold.shared_by.is_some();
            let kept = !seen || open || halfway;
            let as_told = match told.remove(&key) {
                Some(told) => {
                    let shared = (hold.shared_by, hold.shared_order);
                    (told.owner, told.shared, told.state, told.expires_at)
                        == (hold.owner, shared, hold.state, Some(hold.expires_at))
                }
                None => matches!(hold.state, HoldState::Settled | HoldState::Cancelled),
            };
            let as_told =
                as_told && hold.settled_by.is_some() == (hold.state == HoldState::Settled);
            let place = || format!("hold `{}`", hold.id);
            self.found.expect(kept && as_told, "hold", place);
        }
        for (_, hold) in &held.holds {
            self.found.fault("hold", || {
                format!("hold `{hold}` is not there and keeps something aside")
            });
        }
        for (_, hold) in told.keys().filter(|hold| !held.holds.contains(hold)) {
            let place = || format!("there is no hold `{hold}`");
            self.found.fault("hold", place);
        }
        Ok(())
    }

    fn wallet(
        &mut self,
        wallet: &Wallet,
        sum: &Sum,
        held: Option<(i64, Timestamp)>,
        amounts: &Amounts,
    ) {
        let found = &mut self.found;
        found.wallets += 1;
        let place = || named(wallet.tenant, wallet.key());
        let kept = held.map_or(0, |(kept, _)| kept);
        let hold_expires_at = held.map(|(_, first)| first);
        let head = wallet.chain == *sum.head.as_bytes();
        let times = (wallet.latest_at, wallet.last_job_at) == (sum.latest_at, sum.last_job_at);
        // An instant at which a plan changes nothing leaves no entry: it may be later, but a
        // schedule that was turned back would give again.
        let settled = wallet.settled_at >= sum.given_at;
        for (holds, rule) in [
            (wallet.balance == sum.balance, "balance"),
            (wallet.held == sum.held && wallet.held == kept, "held"),
            (wallet.entries == sum.entries, "sequence"),
            (head, "chain"),
            (wallet.last_entry == sum.last, "previous"),
            (wallet.spent == sum.spent, "spent"),
            (is_used(wallet, sum), "used"),
            (wallet.fed == sum.fed, "given"),
            (wallet.carried == sum.carried, "carried"),
            (is_given(wallet, amounts), "given"),
            (is_taken_back(wallet, sum), "taken_back"),
            (wallet.hold_expires_at == hold_expires_at, "hold"),
            (times && settled, "time"),
        ] {
            found.expect(holds, rule, place);
        }
    }

    /// Checks that the wallets that are there are those that were opened.
    fn registers(
        &mut self,
        mut marked: BTreeMap<TenantId, Marked>,
        registers: BTreeMap<TenantId, Option<Strand>>,
    ) {
        for (tenant, register) in registers {
            let (count, marks) = marked.remove(&tenant).unwrap_or_default();
            let Some(register) = register else {
                let place = || format!("tenant `{tenant}` has no register of its wallets");
                self.found.fault("register", place);
                continue;
            };
            let fits = (count, marks) == (register.events, register.chain);
            self.found.expect(fits, "register", || {
                let opened = register.events;
                format!(
                    "tenant `{tenant}`: {count} wallets are there, {opened} were opened, and they \
                     are not the same ones"
                )
            });
        }
        for tenant in marked.keys() {
            let place = || format!("wallets of tenant `{tenant}`, which is not there");
            self.found.fault("wallet", place);
        }
    }
}

/// Whether what counts as used is what jobs took since the plan gave last, and what they took on the
/// days that a rolling plan looks back on; of those, less what came back since of what was taken
/// before.
fn is_used(wallet: &Wallet, sum: &Sum) -> bool {
    let before = wallet.used_by_day.sum();
    let most = before.saturating_add(sum.used);
    if wallet.used_by_day.is_empty() {
        let least = sum.used.saturating_sub(sum.late).max(0);
        (least..=sum.used).contains(&wallet.used)
    } else {
        (before..=most).contains(&wallet.used)
    }
}

/// Whether what a plan is said to have given last is an amount that it had; one that had ended
/// already gave nothing. Own funds have no plan.
fn is_given(wallet: &Wallet, amounts: &Amounts) -> bool {
    match wallet.kind {
        WalletKind::Allowance => {
            let told = (wallet.tenant, wallet.feed, wallet.given);
            wallet.given == 0 || amounts.contains(&told)
        }
        WalletKind::OwnFunds => {
            wallet.given == 0 && !wallet.missed && wallet.used_by_day.is_empty()
        }
    }
}

/// Whether what was taken back of a group's plan is what the entries tell, and nothing is left in the
/// wallet of a group that was left but what holds keep aside.
fn is_taken_back(wallet: &Wallet, sum: &Sum) -> bool {
    match wallet.taken_back {
        None => sum.taken_back == 0,
        Some(amount) => {
            let is_allowance = wallet.kind == WalletKind::Allowance;
            is_allowance && amount == sum.taken_back && wallet.available(0) <= 0
        }
    }
}

fn named(tenant: TenantId, wallet: WalletKey) -> String {
    let (kind, owner) = (wallet.kind.as_str(), UserId(wallet.owner));
    let feed = wallet.feed;
    format!("wallet `{kind}` `{feed}` of user `{owner}` of tenant `{tenant}`")
}
