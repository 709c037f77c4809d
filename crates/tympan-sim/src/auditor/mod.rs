//! The auditor: a second opinion on every answer. It shares no code with the rules: it knows their
//! documentation, plain maps, wide numbers, and a calendar of its own.
//!
//! Of every command of the ledger it says beforehand whether it is refused and why, what the
//! receipt says, what a repeat gets, and what becomes of the hold. Of everything else it follows
//! what was answered, and says what cannot be.

mod configuration;
mod feeds;
mod ledger;
mod model;
mod paper;
mod people;
mod purses;
mod rights;
mod sharing;
mod totals;
mod wrong;

use std::collections::BTreeMap;

use tympan_core::error::{Code, Error};
use tympan_core::ids::{AccountId, UserId};
use tympan_core::ledger::{Charge, Quoted, Standing, UntrackedUsage};
use tympan_core::people::UserReference;
use tympan_core::records::IdentityKind;

use crate::ask::{Answer, Ask};
use crate::calendar::Calendar;
pub use model::Low;
use model::{Feed, Tenant};
use rights::Before;
pub use totals::Figures;

/// Knows what should have happened.
#[derive(Debug, Default)]
pub struct Auditor {
    tenants: BTreeMap<i64, Tenant>,
    calendar: Calendar,
}

impl Auditor {
    /// Checks an answer, and takes note of what the command did. Commands of a batch are prepared
    /// before the first of them is decided, so what one takes from its actor comes too late for
    /// what is wrong with the others by themselves.
    ///
    /// # Errors
    /// What was expected instead.
    pub fn check(
        &mut self,
        tenant: i64,
        actor: Option<UserId>,
        clock: i64,
        (ask, answer): (&Ask, &Answer),
        in_batch: bool,
    ) -> Result<(), String> {
        let tenant = self.tenants.entry(tenant).or_default();
        let calendar = &mut self.calendar;
        if ask.has_key() {
            return ledger::check(tenant, calendar, (actor, clock), ask, answer);
        }
        follow(tenant, calendar, (actor, clock), (ask, answer), in_batch)
    }

    /// Whether a user may do something.
    #[must_use]
    pub fn may(
        &self,
        tenant: i64,
        user: UserId,
        permission: &str,
        account: Option<AccountId>,
    ) -> bool {
        self.tenants
            .get(&tenant)
            .is_some_and(|tenant| tenant.user_may(user, permission, account))
    }

    /// Checks how a user's wallets are said to stand at a time.
    ///
    /// # Errors
    /// How they should.
    pub fn stands(
        &mut self,
        tenant: i64,
        user: &UserReference,
        clock: i64,
        standings: &[Standing],
    ) -> Result<(), String> {
        let tenant = self.tenants.entry(tenant).or_default();
        ledger::stands(tenant, &mut self.calendar, user, clock, standings)
    }

    /// Checks what a job is said to cost and to take.
    ///
    /// # Errors
    /// What it should be.
    pub fn quotes(
        &mut self,
        (tenant, actor): (i64, Option<UserId>),
        charge: &Charge,
        clock: i64,
        quoted: &Result<Quoted, Error>,
    ) -> Result<(), String> {
        let tenant = self.tenants.entry(tenant).or_default();
        ledger::quotes(tenant, &mut self.calendar, (actor, clock), charge, quoted)
    }

    /// Checks the first rows of the list of untracked usage.
    ///
    /// # Errors
    /// What they should be.
    pub fn lists(
        &mut self,
        tenant: i64,
        limit: usize,
        rows: &[UntrackedUsage],
    ) -> Result<(), String> {
        ledger::lists(self.tenants.entry(tenant).or_default(), limit, rows)
    }

    /// What became of all untracked usage, by tenant and number, and whom it was charged to, as a
    /// dump would say it.
    #[must_use]
    pub fn untracked(&self) -> BTreeMap<(i64, i64), (String, Option<i64>)> {
        let tenants = self.tenants.iter();
        let all = tenants.flat_map(|(tenant, known)| {
            let kept = known.untracked.values();
            kept.map(|kept| {
                let state = kept.state.as_str().to_owned();
                ((*tenant, kept.number), (state, kept.assigned_to))
            })
        });
        all.collect()
    }

    /// Every balance and what is held of it, as a dump of wallets would say them.
    #[must_use]
    pub fn wallets(&self) -> BTreeMap<(i64, i64, String, i64), (i64, i64)> {
        let mut all = BTreeMap::new();
        for (tenant, known) in &self.tenants {
            for (user, purses) in &known.purses {
                for (feed, purse) in &purses.purses {
                    let (kind, number) = match *feed {
                        Feed::Plan(plan) | Feed::SharedPlan(plan) => ("allowance", plan),
                        Feed::Own(currency) | Feed::SharedOwn(currency) => ("own_funds", currency),
                    };
                    let figure = |number: i128| i64::try_from(number).unwrap_or(i64::MAX);
                    all.insert(
                        (*tenant, *user, kind.to_owned(), number),
                        (figure(purse.balance), figure(purse.held)),
                    );
                }
            }
        }
        all
    }

    /// Every balance that fell below a threshold: tenant and what fell, in their order.
    #[must_use]
    pub fn low_balances(&self) -> Vec<(i64, Low)> {
        let tenants = self.tenants.iter();
        let low = tenants.flat_map(|(tenant, known)| known.low.iter().map(|low| (*tenant, *low)));
        let mut low: Vec<_> = low.collect();
        low.sort_unstable();
        low
    }

    /// The tenants that it heard of, and what all jobs of each came to by person and unit.
    #[must_use]
    pub fn totals(&self) -> BTreeMap<i64, BTreeMap<(i64, String), Figures>> {
        let tenants = self.tenants.iter();
        tenants
            .map(|(id, tenant)| (*id, totals::totals(tenant)))
            .collect()
    }

    /// How every hold of which something was kept aside stands, as a dump of holds would say it.
    #[must_use]
    pub fn holds(&self) -> BTreeMap<(i64, i64), &'static str> {
        let mut all = BTreeMap::new();
        for (tenant, known) in &self.tenants {
            for (id, hold) in &known.holds {
                let state = match hold.state {
                    model::HoldState::Open => "open",
                    model::HoldState::Settled => "settled",
                    model::HoldState::Cancelled => "cancelled",
                    model::HoldState::Expired => "expired",
                };
                all.insert((*tenant, *id), state);
            }
        }
        all
    }
}

/// Checks what can be said of an answer outside the ledger.
fn follow(
    tenant: &mut Tenant,
    calendar: &mut Calendar,
    (actor, clock): (Option<UserId>, i64),
    (ask, answer): (&Ask, &Answer),
    in_batch: bool,
) -> Result<(), String> {
    let permitted = match configuration::required(ask) {
        Some(permission) => tenant.may(actor, permission),
        None => actor.is_none(),
    };
    let besides = configuration::required_besides(ask);
    let besides = besides.is_none_or(|besides| tenant.may(actor, besides));
    match answer {
        Err(error) => {
            let denied = matches!(error.code(), Code::Denied | Code::GrantBeyondOwn);
            if denied && actor.is_none() {
                return Err("expected the host itself to be permitted everything".to_owned());
            }
            let strange = matches!(
                error.code(),
                Code::Internal | Code::Closed | Code::Busy | Code::UnknownTenant
            );
            if strange || error.code().as_str().starts_with("store") {
                return Err("expected an answer, or a refusal by the rules".to_owned());
            }
            if !permitted && !in_batch && error.code() > Code::Denied {
                return Err("expected `denied`, which goes before".to_owned());
            }
            match (error.code(), actor) {
                (Code::GrantBeyondOwn, Some(actor)) => rights::check_refusal(tenant, actor, ask),
                _ => Ok(()),
            }
        }
        Ok(_) if !(permitted && besides) => Err("expected `denied`".to_owned()),
        Ok(reply) => {
            let before = Before::of(tenant, actor, ask);
            configuration::learn(tenant, clock, ask, reply);
            people::learn(tenant, calendar, clock, ask, reply)?;
            if let Some(before) = before {
                before.check(tenant)?;
            }
            tenant.check_people()
        }
    }
}

impl Tenant {
    /// The first username of the first administrator.
    fn name_first(&mut self, user: i64, username: &str) {
        self.identities += 1;
        let identity = model::Identity {
            number: self.identities,
            id: None,
            kind: IdentityKind::Username.name().into_owned(),
            value: wrong::folded(username),
            enabled: true,
            first: true,
            exclusive: true,
        };
        if let Some(person) = self.people.get_mut(&user) {
            person.identities.push(identity);
        }
    }
}
