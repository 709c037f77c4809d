//! Checks a whole database: every balance, hold, receipt and chain is recomputed from the entries,
//! every claim and count of users from the users, every digest from what it covers.

mod audit;
mod configuration;
mod entries;
mod people;
mod refunds;
mod untracked;
mod wallets;

use std::sync::Arc;

use tympan_core::command::TenantKeys;
use tympan_core::error::Error;
use tympan_core::ids::TenantId;
use tympan_store::Snapshot;

use crate::engine::{Tenant, Tenants, log};
use crate::handle::Tympan;

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
    /// Users checked, with their identities, groups and roles.
    pub users: u64,
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
    /// Checks every row of every tenant, as of one instant, while others go on writing:
    ///
    /// | Rule | What is broken if it is named |
    /// | --- | --- |
    /// | `balance`, `held`, `spent`, `used`, `given`, `taken_back`, `carried`, `time` | what an entry or a wallet says that it comes to |
    /// | `sequence`, `previous`, `chain` | an entry or audit event was altered, inserted or removed, the newest included |
    /// | `receipt`, `text`, `hold` | a receipt, the words of an entry or event, or a hold does not belong to its entries |
    /// | `refund` | more was given back than an entry took, or what is on record of it is not so |
    /// | `untracked` | untracked usage was altered or removed, or is assigned without being charged to whom it names |
    /// | `wallet`, `register` | a wallet is not there, alone or with all that it ever had |
    /// | `user`, `child`, `claim`, `uses` | a user, what belongs to one, who owns a value, or how many use what |
    /// | `configuration` | settings, price lists, profiles, roles, groups or accounts |
    /// | `version` | users, untracked usage or configuration were put back to, or ahead of, what the audit events tell |
    /// | `index` | what the store keeps beside the rows, so that idempotency keys are found |
    ///
    /// Every row is read once and hashed, and on SQLite the keys of entries once more. It takes some
    /// hundred bytes of memory per wallet, per user, per identity, per hold that was neither settled
    /// nor cancelled, per entry that was refunded and per piece of untracked usage, however many entries there are.
    ///
    /// What it finds was not written by tympan, or was damaged. Who can write the database but has
    /// not the keys can change nothing of the above unseen, with these exceptions: nothing tells
    /// that the *whole* database was replaced by an older copy of itself, or a wallet with its
    /// entries or an audit chain by what they were in an older copy; that the words of an entry or
    /// event were removed, which is how words are anonymised; nor that a wallet's next reset was
    /// put off (`next_due_at`), which an operator sees in the standing. Keep copies where the
    /// database is written by nobody, and compare how many entries there were. Whoever has the keys
    /// as well can do everything.
    ///
    /// # Errors
    /// Those of the store; `store_corrupt`, with table and column, for a row that cannot be read.
    pub fn verify(&self) -> Result<Verification, Error> {
        let counts = |found: &Verification| (found.entries, found.fault_count);
        log::timed("verify", counts, || self.recompute())
    }

    fn recompute(&self) -> Result<Verification, Error> {
        let snapshot = self.engine.store.snapshot()?;
        let mut check = Check {
            snapshot: &*snapshot,
            keys: Keys {
                tenants: &self.engine.tenants,
                last: None,
            },
            found: Verification::default(),
        };
        let told = check.audit()?;
        let registers = check.configuration(told.configurations, told.registers)?;
        check.people(told.users)?;
        let mut refunds = check.refunds()?;
        let mut assigned = check.untracked(told.untracked)?;
        let ledger = check.entries(&mut refunds, &mut assigned)?;
        check.refunded(refunds);
        check.charged(assigned);
        check.wallets(ledger, registers)?;
        let found = &mut check.found;
        snapshot.check(&mut |what| found.fault("index", || what))?;
        Ok(check.found)
    }
}

/// A check under way.
struct Check<'a> {
    snapshot: &'a dyn Snapshot,
    keys: Keys<'a>,
    found: Verification,
}

/// The keys of the tenants that come by; rows of one tenant mostly follow each other.
struct Keys<'a> {
    tenants: &'a Tenants,
    last: Option<Arc<Tenant>>,
}

impl Keys<'_> {
    fn of(&mut self, tenant: TenantId) -> &TenantKeys {
        let known = self.last.take().filter(|known| known.id == tenant);
        let tenant = known.unwrap_or_else(|| self.tenants.tenant(tenant));
        &self.last.insert(tenant).keys
    }
}
