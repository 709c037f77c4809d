//! What the configuration becomes.

use tympan_core::configuration::{PlanChange, PriceTerms};
use tympan_core::ids::PlanId;

use super::model::{Person, Prices, Profile, Revision, Tenant, Terms};
use crate::ask::{Ask, Reply};

/// The permissions of the role that a new tenant's administrator holds: every one.
const ALL: &[&str] = &[
    "user.read",
    "user.edit",
    "user.administer",
    "identity.edit",
    "identity.reveal",
    "role.edit",
    "profile.edit",
    "group.edit",
    "account.edit",
    "price.edit",
    "tenant.edit",
    "configuration.read",
    "job.charge",
    "job.refund",
    "job.release.any",
    "allowance.read",
    "allowance.adjust",
    "funds.top_up",
    "funds.pay_out",
    "funds.transfer",
    "untracked.read",
    "untracked.resolve",
    "report.view",
    "audit.read",
];

/// What the role that sees everything permits.
const SEEING: &[&str] = &[
    "user.read",
    "configuration.read",
    "allowance.read",
    "report.view",
    "untracked.read",
    "untracked.resolve",
    "job.refund",
    "funds.top_up",
    "funds.pay_out",
    "funds.transfer",
];

/// What the actor must hold for a command other than those of the ledger; none: only the host may.
pub(super) fn required(ask: &Ask) -> Option<&'static str> {
    Some(match ask {
        Ask::CreateUser(_) | Ask::EditUser(_) | Ask::DeactivateUser(_) | Ask::ReactivateUser(_) => {
            "user.edit"
        }
        Ask::AddIdentity(_)
        | Ask::ReplaceIdentity(_)
        | Ask::RemoveIdentity(_)
        | Ask::EnableIdentity(_)
        | Ask::TransferIdentity(_)
        | Ask::SwapIdentities(_) => "identity.edit",
        Ask::CreateProfile(_)
        | Ask::EditProfile(_)
        | Ask::RenameProfile(_)
        | Ask::RetireProfile(_)
        | Ask::UnretireProfile(_)
        | Ask::DeleteProfile(_) => "profile.edit",
        Ask::CreatePriceList(_) | Ask::EditPriceList(_) | Ask::DeletePriceList(_) => "price.edit",
        Ask::CreateRole(_)
        | Ask::EditRole(_)
        | Ask::RenameRole(_)
        | Ask::RetireRole(_)
        | Ask::UnretireRole(_)
        | Ask::DeleteRole(_) => "role.edit",
        Ask::CreateGroup(_) | Ask::EditGroup(_) | Ask::DeleteGroup(_) => "group.edit",
        Ask::CreateAccount(_) | Ask::DeleteAccount(_) => "account.edit",
        Ask::EditTenant(_) => "tenant.edit",
        Ask::SettleDue(_) => "allowance.adjust",
        _ => return None,
    })
}

/// What the actor must hold besides.
pub(super) fn required_besides(ask: &Ask) -> Option<&'static str> {
    match ask {
        Ask::EditGroup(edit) if !edit.plans.is_empty() => Some("allowance.adjust"),
        _ => None,
    }
}

/// Takes note of what a command did to the configuration.
pub(super) fn learn(tenant: &mut Tenant, clock: i64, ask: &Ask, reply: &Reply) {
    match (ask, reply) {
        (Ask::Bootstrap(bootstrap), Reply::Bootstrapped(made)) => {
            bootstrap.currency.code().clone_into(&mut tenant.currency);
            tenant.default_profile = made.default_profile.0;
            tenant
                .profiles
                .insert(made.default_profile.0, Profile::default());
            for (role, permissions) in [
                (made.roles.administrator, ALL),
                (made.roles.accountant, SEEING),
                (made.roles.regular, &[][..]),
            ] {
                let permissions = permissions.iter().map(|name| (*name).to_owned());
                tenant.roles.insert(role.0, permissions.collect());
            }
            let person = Person {
                active: true,
                was_active: vec![(clock, true)],
                restricted: true,
                percent: 100,
                shares_with: None,
                account_code: None,
                profile: made.default_profile.0,
                profile_since: clock,
                groups: std::collections::BTreeMap::new(),
                role: Some(made.roles.administrator.0),
                rows: std::collections::BTreeMap::new(),
                identities: Vec::new(),
            };
            tenant.people.insert(made.administrator.0, person);
            if let Some(username) = &bootstrap.administrator.username {
                tenant.name_first(made.administrator.0, username);
            }
        }
        (Ask::CreateProfile(create), Reply::Profile(saved)) => {
            let mut profile = Profile {
                prices: create.price_list.map(|list| list.0),
                stacking: create.stacking.as_str().to_owned(),
                ..Profile::default()
            };
            let changes: Vec<PlanChange> =
                create.plans.iter().cloned().map(PlanChange::Add).collect();
            revise(&mut profile, clock, &changes, &saved.added_plans);
            tenant.profiles.insert(saved.id.0, profile);
        }
        (Ask::EditProfile(edit), Reply::Profile(saved)) => {
            if let Some(profile) = tenant.profiles.get_mut(&saved.id.0) {
                revise(profile, clock, &edit.plans, &saved.added_plans);
                if let Some(stacking) = edit.stacking {
                    stacking.as_str().clone_into(&mut profile.stacking);
                }
                if let Some(prices) = edit.price_list {
                    profile.prices = prices.map(|list| list.0);
                }
            }
        }
        (Ask::EditGroup(edit), Reply::GroupPlans(saved)) => {
            let group = tenant.groups.entry(saved.id.0).or_default();
            revise(group, clock, &edit.plans, &saved.added_plans);
        }
        (Ask::CreatePriceList(create), Reply::PriceList(saved)) => {
            let prices = Prices {
                currency: create.currency.code().to_owned(),
                rounding: create.rounding,
                revisions: vec![(clock, create.rules.clone())],
            };
            tenant.prices.insert(saved.id.0, prices);
        }
        (Ask::EditPriceList(edit), Reply::PriceList(saved)) => {
            if let (Some(prices), Some(rounding)) =
                (tenant.prices.get_mut(&saved.id.0), edit.rounding)
            {
                prices.rounding = rounding;
            }
            if let (Some(prices), Some(rules)) = (tenant.prices.get_mut(&saved.id.0), &edit.rules) {
                let from = edit.effective_from.map_or(clock, |from| from.millis());
                reprice(prices, from.max(clock), rules);
            }
        }
        (Ask::CreateRole(create), Reply::Role(saved)) => {
            let permissions = create.permissions.iter().cloned().collect();
            tenant.roles.insert(saved.id.0, permissions);
        }
        (Ask::EditRole(edit), Reply::Role(saved)) => {
            if let Some(permissions) = &edit.permissions {
                let permissions = permissions.iter().cloned().collect();
                tenant.roles.insert(saved.id.0, permissions);
            }
        }
        (Ask::EditTenant(edit), Reply::Tenant(_)) => {
            if let Some(profile) = edit.default_profile {
                tenant.default_profile = profile.0;
            }
        }
        (Ask::DeleteProfile(delete), _) => drop(tenant.profiles.remove(&delete.id.0)),
        (Ask::DeleteGroup(delete), _) => drop(tenant.groups.remove(&delete.id.0)),
        (Ask::DeleteRole(delete), _) => drop(tenant.roles.remove(&delete.id.0)),
        (Ask::DeletePriceList(delete), _) => drop(tenant.prices.remove(&delete.id.0)),
        _ => {}
    }
}

fn revise(profile: &mut Profile, clock: i64, changes: &[PlanChange], added: &[PlanId]) {
    let mut added = added.iter();
    for change in changes {
        match change {
            PlanChange::Add(terms) => {
                if let Some(plan) = added.next() {
                    let first = Revision {
                        from: clock,
                        terms: Terms::of(terms),
                        ended: false,
                    };
                    profile.plans.insert(plan.0, vec![first]);
                }
            }
            PlanChange::Edit {
                plan,
                terms,
                effective_from,
            } => {
                let from = effective_from.map_or(clock, |from| from.millis());
                let next = Revision {
                    from: from.max(clock),
                    terms: Terms::of(terms),
                    ended: false,
                };
                append(profile, plan.0, next);
            }
            PlanChange::End {
                plan,
                effective_from,
            } => {
                let from = effective_from.map_or(clock, |from| from.millis());
                let newest = profile.plans.get(&plan.0).and_then(|all| all.last());
                if let Some(newest) = newest.cloned() {
                    let next = Revision {
                        from: from.max(clock),
                        ended: true,
                        ..newest
                    };
                    append(profile, plan.0, next);
                }
            }
        }
    }
}

/// A revision that changes nothing is none.
fn append(profile: &mut Profile, plan: i64, next: Revision) {
    if let Some(revisions) = profile.plans.get_mut(&plan)
        && revisions
            .last()
            .is_none_or(|newest| (&newest.terms, newest.ended) != (&next.terms, next.ended))
    {
        revisions.push(next);
    }
}

fn reprice(prices: &mut Prices, from: i64, rules: &[PriceTerms]) {
    let newest = prices.revisions.last();
    if newest.is_none_or(|(_, newest)| newest != rules) {
        prices.revisions.push((from, rules.to_vec()));
    }
}
