//! Checks a whole database: every balance, hold, receipt and chain is recomputed from the entries,
//! every claim and count of users from the users.

mod audit;
mod ledger;
mod people;
mod scan;

use std::sync::Arc;

use tympan_core::command::TenantKeys;
use tympan_core::error::Error;
use tympan_core::ids::TenantId;

use crate::engine::{Engine, Tenant};
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
    /// Recomputes every balance, hold, receipt and chain of every tenant from the entries, and from
    /// the users who owns which value and how many use what. Takes about a microsecond per entry
    /// and some hundred bytes of memory per wallet, per identity and per hold that was neither
    /// settled nor cancelled. On a database that others write to meanwhile, a fault may be a change
    /// under way: check again at rest.
    ///
    /// # Errors
    /// Those of the store.
    pub fn verify(&self) -> Result<Verification, Error> {
        verify(&self.engine)
    }
}

fn verify(engine: &Engine) -> Result<Verification, Error> {
    let mut found = Verification::default();
    ledger::check(engine, &mut found)?;
    people::check(engine, &mut found)?;
    audit::check(engine, &mut found)?;
    Ok(found)
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
