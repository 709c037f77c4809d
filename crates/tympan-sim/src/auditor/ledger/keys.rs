//! What is wrong with a command by itself, and what was decided under its key.

use tympan_core::error::Code;
use tympan_core::ids::UserId;
use tympan_core::ledger::{Authorise, Charge, IdempotencyKey, Refund, Settle, StatedCost, Usage};
use tympan_core::people::UserReference;

use super::DEFAULT_HOLD_MS;
use super::refunds::paid_under;
use crate::ask::Ask;
use crate::auditor::model::{Done, Tenant};
use crate::auditor::{paper, wrong};

/// What is wrong with the command by itself or with who asks: the first in the documented order.
pub(super) fn first_wrong(tenant: &Tenant, actor: Option<UserId>, ask: &Ask) -> Option<Code> {
    let mut codes = match ask {
        Ask::Charge(charge) => wrong::charge(charge),
        Ask::Authorise(authorise) => {
            let mut codes = wrong::charge(&authorise.job);
            codes.extend(wrong::expiry(authorise.expires_in_ms));
            codes
        }
        Ask::Settle(settle) => {
            let mut codes = wrong::job(&settle.usage, settle.queue.as_deref(), settle.cost);
            codes.extend(wrong::key(&settle.key));
            codes
        }
        Ask::Cancel(cancel) => wrong::key(&cancel.key),
        Ask::Adjust(adjust) => {
            let mut codes = wrong::user(&adjust.user);
            codes.extend(wrong::words(&adjust.reason, 4_000, true));
            codes.extend(wrong::key(&adjust.key));
            codes
        }
        Ask::SetBalance(set) => {
            let mut codes = wrong::user(&set.user);
            codes.extend(wrong::words(&set.reason, 4_000, true));
            codes.extend(wrong::key(&set.key));
            codes
        }
        Ask::ResetAllowance(reset) => {
            let mut codes = wrong::user(&reset.user);
            codes.extend(wrong::words(&reset.reason, 4_000, true));
            codes.extend(wrong::key(&reset.key));
            codes
        }
        Ask::Extend(extend) => {
            let mut codes = wrong::expiry(Some(extend.expires_in_ms));
            codes.extend(wrong::key(&extend.key));
            codes
        }
        Ask::TopUp(paid) => {
            let mut codes = wrong::user(&paid.user);
            codes.extend(wrong::payment(paid.amount_micros, &paid.reason, &paid.key));
            codes
        }
        Ask::PayOut(paid) => {
            let mut codes = wrong::user(&paid.user);
            codes.extend(wrong::payment(paid.amount_micros, &paid.reason, &paid.key));
            codes
        }
        Ask::TransferFunds(asked) => {
            let mut codes = wrong::user(&asked.user);
            codes.extend(wrong::user(&asked.receiver));
            codes.extend(wrong::payment(
                asked.amount_micros,
                &asked.reason,
                &asked.key,
            ));
            codes
        }
        Ask::Refund(refund) => {
            let mut codes = wrong::given_back(&refund.job, &refund.reason, &refund.key);
            codes.extend(refund.part.and_then(|part| wrong::positive(part.amount)));
            codes
        }
        Ask::Void(void) => wrong::given_back(&void.job, &void.reason, &void.key),
        _ => Vec::new(),
    };
    let permission = match ask {
        Ask::Adjust(_) | Ask::SetBalance(_) | Ask::ResetAllowance(_) => "allowance.adjust",
        Ask::Refund(_) | Ask::Void(_) => "job.refund",
        Ask::TopUp(_) => "funds.top_up",
        Ask::PayOut(_) => "funds.pay_out",
        Ask::TransferFunds(_) => "funds.transfer",
        _ => "job.charge",
    };
    if !tenant.may(actor, permission) {
        codes.push(Code::Denied);
    }
    codes.into_iter().min()
}

/// What was decided under the key, or under the attempt before if that one took something.
pub(super) fn answered<'t>(
    tenant: &'t Tenant,
    key: &IdempotencyKey,
) -> Result<Option<&'t Done>, Code> {
    let (text, attempt) = wrong::parts(key);
    let of = |attempt: i32| tenant.done.get(&(text.clone(), attempt));
    if let Some(done) = of(attempt) {
        return Ok(Some(done));
    }
    if attempt == 1 {
        return Ok(None);
    }
    match of(attempt - 1) {
        None => Err(Code::InvalidKey),
        Some(before) if before.refused => Ok(None),
        Some(before) => Ok(Some(before)),
    }
}

/// The first field in which a command differs from the one that was decided under its key.
pub(super) fn differing(
    tenant: &Tenant,
    clock: i64,
    ask: &Ask,
    done: &Done,
) -> Option<&'static str> {
    let is_other = |user: &UserReference, than: i64| match user {
        UserReference::Id(id) => id.0 != than,
        by_value => tenant.find(by_value).is_some_and(|found| found != than),
    };
    let other_user = |user: &UserReference| is_other(user, done.user);
    match (ask, &done.ask) {
        (Ask::Charge(new), Ask::Charge(old)) => {
            if other_user(&new.user) {
                return Some("user");
            }
            differing_shared(new, old, done, &is_other).or_else(|| differing_charge(new, old))
        }
        (Ask::Authorise(new), Ask::Authorise(old)) => {
            if other_user(&new.job.user) {
                return Some("user");
            }
            let ms = |authorise: &Authorise| authorise.expires_in_ms.unwrap_or(DEFAULT_HOLD_MS);
            if ms(new) != ms(old) {
                return Some("expires_in");
            }
            differing_shared(&new.job, &old.job, done, &is_other)
                .or_else(|| differing_charge(&new.job, &old.job))
        }
        (Ask::Settle(new), Ask::Settle(old)) => {
            if new.hold != old.hold {
                return Some("hold");
            }
            if new.extra != old.extra {
                return Some("extra");
            }
            let job = |settle: &Settle| (settle.usage.clone(), settle.queue.clone(), settle.cost);
            differing_job(job(new), job(old))
        }
        (Ask::Cancel(new), Ask::Cancel(old)) => (new.hold != old.hold).then_some("hold"),
        (Ask::Adjust(new), Ask::Adjust(old)) => first_different([
            ("user", other_user(&new.user)),
            ("wallet", new.wallet != old.wallet),
            ("amount", new.amount != old.amount),
            ("may_owe", new.may_owe != old.may_owe),
            ("reason", new.reason.trim() != old.reason.trim()),
        ]),
        (Ask::SetBalance(new), Ask::SetBalance(old)) => first_different([
            ("user", other_user(&new.user)),
            ("wallet", new.wallet != old.wallet),
            ("balance", new.balance != old.balance),
            ("may_owe", new.may_owe != old.may_owe),
            ("reason", new.reason.trim() != old.reason.trim()),
        ]),
        (Ask::ResetAllowance(new), Ask::ResetAllowance(old)) => first_different([
            ("user", other_user(&new.user)),
            ("plan", new.plan != old.plan),
            ("reason", new.reason.trim() != old.reason.trim()),
        ]),
        (Ask::TopUp(new), Ask::TopUp(old)) => first_different([
            ("user", other_user(&new.user)),
            ("currency", new.currency != old.currency),
            ("amount_micros", new.amount_micros != old.amount_micros),
            ("reason", new.reason.trim() != old.reason.trim()),
        ]),
        (Ask::PayOut(new), Ask::PayOut(old)) => first_different([
            ("user", other_user(&new.user)),
            ("currency", new.currency != old.currency),
            ("amount_micros", new.amount_micros != old.amount_micros),
            ("reason", new.reason.trim() != old.reason.trim()),
        ]),
        (Ask::TransferFunds(new), Ask::TransferFunds(old)) => first_different([
            ("user", other_user(&new.user)),
            (
                "receiver",
                done.other.is_some_and(|got| is_other(&new.receiver, got)),
            ),
            ("currency", new.currency != old.currency),
            ("amount_micros", new.amount_micros != old.amount_micros),
            ("reason", new.reason.trim() != old.reason.trim()),
        ]),
        (Ask::Extend(new), Ask::Extend(old)) => first_different([
            ("hold", new.hold != old.hold),
            ("expires_in", new.expires_in_ms != old.expires_in_ms),
        ]),
        (Ask::Refund(new), Ask::Refund(old)) => {
            let part = |refund: &Refund| refund.part.map(|part| (part.measure, part.amount));
            let parts = part(new).zip(part(old));
            first_different([
                ("job", other_job(tenant, clock, &new.job, &old.job)),
                ("part", new.part.is_some() != old.part.is_some()),
                ("measure", parts.is_some_and(|(new, old)| new.0 != old.0)),
                ("amount", parts.is_some_and(|(new, old)| new.1 != old.1)),
                ("reason", new.reason.trim() != old.reason.trim()),
            ])
        }
        (Ask::Void(new), Ask::Void(old)) => first_different([
            ("job", other_job(tenant, clock, &new.job, &old.job)),
            ("reason", new.reason.trim() != old.reason.trim()),
        ]),
        _ => Some("command"),
    }
}

/// Whether two keys are not of one job that took something.
fn other_job(tenant: &Tenant, clock: i64, new: &IdempotencyKey, old: &IdempotencyKey) -> bool {
    let paid = |key| paid_under(tenant, clock, key).ok();
    paid(new).is_none() || paid(new) != paid(old)
}

fn differing_shared(
    new: &Charge,
    old: &Charge,
    done: &Done,
    is_other: &dyn Fn(&UserReference, i64) -> bool,
) -> Option<&'static str> {
    let order = |charge: &Charge| charge.shared.as_ref().map(|shared| shared.order);
    let sharer = new.shared.as_ref().zip(done.other);
    first_different([
        ("shared_order", order(new) != order(old)),
        (
            "shared",
            sharer.is_some_and(|(new, old)| is_other(&new.user, old)),
        ),
    ])
}

fn differing_charge(new: &Charge, old: &Charge) -> Option<&'static str> {
    differing_job(
        (new.usage.clone(), new.queue.clone(), new.cost),
        (old.usage.clone(), old.queue.clone(), old.cost),
    )
}

pub(super) type JobParts = (Usage, Option<String>, Option<StatedCost>);

pub(super) fn differing_job(new: JobParts, old: JobParts) -> Option<&'static str> {
    let queue = |job: &JobParts| {
        let queue = job.1.as_deref().map(str::trim);
        queue.filter(|queue| !queue.is_empty()).map(str::to_owned)
    };
    let micros = |job: &JobParts| job.2.map(|cost| cost.cost_micros);
    let currency = |job: &JobParts| job.2.map(|cost| cost.currency);
    if queue(&new) != queue(&old) {
        return Some("queue");
    }
    if let Some(field) = paper::differing(&new.0, &old.0) {
        return Some(field);
    }
    first_different([
        ("cost_micros", micros(&new) != micros(&old)),
        ("currency", currency(&new) != currency(&old)),
    ])
}

fn first_different<const N: usize>(fields: [(&'static str, bool); N]) -> Option<&'static str> {
    fields
        .into_iter()
        .find_map(|(field, differs)| differs.then_some(field))
}
