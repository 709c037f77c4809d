//! What a command of the ledger should be answered, and what it leaves behind.

use tympan_core::configuration::PriceTerms;
use tympan_core::error::Code;
use tympan_core::ids::{HoldId, PlanId, UserId};
use tympan_core::ledger::{
    Authorise, Charge, Extra, IdempotencyKey, Receipt, Settle, Standing, StatedCost, Usage,
    WalletName,
};
use tympan_core::people::UserReference;
use tympan_core::records::{IdentityKind, Verb, WalletKind};
use tympan_core::time::Timestamp;

use super::model::{Done, Feed, Hold, HoldState, Tenant, Unit};
use super::purses::{Beyond, Desk, Take, fits, nearest};
use super::wrong;
use crate::ask::{Answer, Ask, Reply, in_full};
use crate::calendar::Calendar;

const DEFAULT_HOLD_MS: i64 = 7 * 86_400_000;

/// What the auditor expects, and what is so afterwards.
struct Prediction {
    expected: Expected,
    /// Whose purses are as the desk has them.
    effect: Option<(i64, Desk)>,
    hold: HoldEffect,
    /// Whether the answer is kept under the key.
    kept: bool,
}

#[derive(Clone, Debug, PartialEq)]
enum Expected {
    /// The same answer as before.
    Again(Answer),
    /// A refusal with these details.
    Refused(Code, Vec<(&'static str, String)>),
    /// A receipt that says this.
    Receipt(Said),
}

/// Everything that a receipt says but the ids that are new.
#[derive(Clone, Debug, PartialEq)]
struct Said {
    at: i64,
    verb: Verb,
    user: i64,
    attempt: i32,
    cost_micros: Option<i128>,
    hold: Option<i64>,
    expires_at: Option<i64>,
    late: bool,
    denied: i128,
    debt: i128,
    lines: Vec<Line>,
}

#[derive(Clone, Debug, PartialEq)]
struct Line {
    feed: Feed,
    unit: String,
    amount: i128,
    held: i128,
    balance_after: i128,
    held_after: i128,
}

enum HoldEffect {
    None,
    New(i64, Vec<(Feed, i128)>),
    Resolved(i64, HoldState),
}

/// A refusal that leaves nothing behind.
struct Refusal(Code, Vec<(&'static str, String)>);

impl From<Code> for Refusal {
    fn from(code: Code) -> Self {
        Self(code, Vec::new())
    }
}

impl From<Refusal> for Prediction {
    fn from(refusal: Refusal) -> Self {
        Self {
            expected: Expected::Refused(refusal.0, refusal.1),
            effect: None,
            hold: HoldEffect::None,
            kept: false,
        }
    }
}

/// Checks the answer to a command of the ledger, and takes note of what it did.
pub(super) fn check(
    tenant: &mut Tenant,
    calendar: &mut Calendar,
    (actor, clock): (Option<UserId>, i64),
    ask: &Ask,
    answer: &Answer,
) -> Result<(), String> {
    let prediction = predict(tenant, calendar, actor, clock, ask);
    compare(tenant, &prediction.expected, answer)?;
    let mut owner = None;
    if let Some((user, mut desk)) = prediction.effect {
        owner = Some(user);
        keep_hold(tenant, user, prediction.hold, &mut desk, answer);
        desk.close(tenant, user);
    }
    if let (true, Some(user), Some(key)) = (prediction.kept, owner, key_of(ask)) {
        let done = Done {
            user,
            ask: ask.clone(),
            answer: answer.clone(),
            refused: answer.is_err(),
        };
        tenant.done.insert(wrong::parts(key), done);
    }
    Ok(())
}

fn keep_hold(tenant: &mut Tenant, user: i64, effect: HoldEffect, desk: &mut Desk, answer: &Answer) {
    match effect {
        HoldEffect::None => {}
        HoldEffect::Resolved(id, state) => {
            if let Some(hold) = tenant.holds.get_mut(&id) {
                hold.state = state;
                hold.resolved_at = desk.now;
            }
        }
        HoldEffect::New(expires_at, aside) => {
            if let Ok(Reply::Receipt(receipt)) = answer
                && let Some(id) = receipt.hold
            {
                let hold = Hold {
                    owner: user,
                    state: HoldState::Open,
                    expires_at,
                    resolved_at: 0,
                };
                tenant.holds.insert(id.0, hold);
                let aside = aside.into_iter().filter(|(_, amount)| *amount > 0);
                let aside = aside.map(|(feed, amount)| ((id.0, feed), amount));
                desk.purses.aside.extend(aside);
            }
        }
    }
}

fn key_of(ask: &Ask) -> Option<&IdempotencyKey> {
    Some(match ask {
        Ask::Charge(charge) => &charge.key,
        Ask::Authorise(authorise) => &authorise.job.key,
        Ask::Settle(settle) => &settle.key,
        Ask::Cancel(cancel) => &cancel.key,
        Ask::Adjust(adjust) => &adjust.key,
        Ask::SetBalance(set) => &set.key,
        _ => return None,
    })
}

fn predict(
    tenant: &Tenant,
    calendar: &mut Calendar,
    actor: Option<UserId>,
    clock: i64,
    ask: &Ask,
) -> Prediction {
    if let Some(code) = first_wrong(tenant, actor, ask) {
        return Refusal::from(code).into();
    }
    let Some(key) = key_of(ask) else {
        return Refusal::from(Code::Internal).into();
    };
    match answered(tenant, key) {
        Err(code) => return Refusal::from(code).into(),
        Ok(Some(done)) => {
            let expected = match differing(tenant, ask, done) {
                Some(field) => {
                    let field = ("field", field.to_owned());
                    Expected::Refused(Code::KeyReused, vec![field])
                }
                None => Expected::Again(done.answer.clone()),
            };
            return Prediction {
                expected,
                effect: None,
                hold: HoldEffect::None,
                kept: false,
            };
        }
        Ok(None) => {}
    }
    let (_, attempt) = wrong::parts(key);
    let decided = match ask {
        Ask::Charge(charge) => job(tenant, calendar, clock, charge, None, attempt),
        Ask::Authorise(authorise) => {
            let hold_ms = authorise.expires_in_ms.unwrap_or(DEFAULT_HOLD_MS);
            job(
                tenant,
                calendar,
                clock,
                &authorise.job,
                Some(hold_ms),
                attempt,
            )
        }
        Ask::Settle(settle) => settlement(tenant, calendar, clock, settle, attempt),
        Ask::Cancel(cancel) => cancellation(tenant, calendar, clock, cancel.hold, attempt),
        Ask::Adjust(adjust) => by_hand(
            tenant,
            calendar,
            clock,
            (&adjust.user, adjust.wallet, adjust.may_owe),
            (Verb::Adjust, adjust.amount, attempt),
        ),
        Ask::SetBalance(set) => by_hand(
            tenant,
            calendar,
            clock,
            (&set.user, set.wallet, set.may_owe),
            (Verb::Set, set.balance, attempt),
        ),
        _ => Err(Refusal::from(Code::Internal)),
    };
    decided.unwrap_or_else(Prediction::from)
}

/// Whether a user's wallets stand as they should: fed on time, without what expired, and in the
/// order in which they are emptied.
pub(super) fn stands(
    tenant: &Tenant,
    calendar: &mut Calendar,
    user: &UserReference,
    clock: i64,
    standings: &[Standing],
) -> Result<(), String> {
    let user = tenant.find(user).ok_or("expected no such user")?;
    let desk = Desk::open(tenant, user, clock, calendar);
    let desk = desk.map_err(|code| format!("expected {code}"))?;
    let plans = desk.plans.iter().map(|(plan, _)| Feed::Plan(*plan));
    let own = desk.purses.purses.keys().copied();
    let feeds = plans.chain(own.filter(|feed| matches!(feed, Feed::Own(_))));
    let expected: Vec<_> = feeds
        .filter_map(|feed| {
            let purse = desk.purses.purses.get(&feed)?;
            let available = desk.available(feed);
            let next = desk.next_reset(feed, calendar);
            Some((feed, purse.balance, purse.held, available, next))
        })
        .collect();
    let found: Vec<_> = standings
        .iter()
        .map(|standing| {
            (
                feed_of(standing.wallet.kind, standing.wallet.feed),
                i128::from(standing.wallet.balance),
                i128::from(standing.wallet.held),
                i128::from(standing.available),
                standing.next_reset_at.map(Timestamp::millis),
            )
        })
        .collect();
    if expected == found {
        return Ok(());
    }
    Err(format!("expected {expected:?}"))
}

/// What is wrong with the command by itself or with who asks: the first in the documented order.
fn first_wrong(tenant: &Tenant, actor: Option<UserId>, ask: &Ask) -> Option<Code> {
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
        _ => Vec::new(),
    };
    let permission = match ask {
        Ask::Adjust(_) | Ask::SetBalance(_) => "allowance.adjust",
        _ => "job.charge",
    };
    if !tenant.may(actor, permission) {
        codes.push(Code::Denied);
    }
    codes.into_iter().min()
}

/// What was decided under the key, or under the attempt before if that one took something.
fn answered<'t>(tenant: &'t Tenant, key: &IdempotencyKey) -> Result<Option<&'t Done>, Code> {
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
fn differing(tenant: &Tenant, ask: &Ask, done: &Done) -> Option<&'static str> {
    let other_user = |user: &UserReference| match user {
        UserReference::Id(id) => id.0 != done.user,
        by_value => tenant
            .find(by_value)
            .is_some_and(|found| found != done.user),
    };
    match (ask, &done.ask) {
        (Ask::Charge(new), Ask::Charge(old)) => {
            if other_user(&new.user) {
                return Some("user");
            }
            differing_charge(new, old)
        }
        (Ask::Authorise(new), Ask::Authorise(old)) => {
            if other_user(&new.job.user) {
                return Some("user");
            }
            let ms = |authorise: &Authorise| authorise.expires_in_ms.unwrap_or(DEFAULT_HOLD_MS);
            if !done.refused && ms(new) != ms(old) {
                return Some("expires_in_ms");
            }
            differing_charge(&new.job, &old.job)
        }
        (Ask::Settle(new), Ask::Settle(old)) => {
            if new.hold != old.hold {
                return Some("hold");
            }
            if new.extra != old.extra {
                return Some("extra");
            }
            let job = |settle: &Settle| (settle.usage, settle.queue.clone(), settle.cost);
            differing_job(job(new), job(old))
        }
        (Ask::Cancel(new), Ask::Cancel(old)) => (new.hold != old.hold).then_some("hold"),
        (Ask::Adjust(new), Ask::Adjust(old)) => {
            let users = other_user(&new.user);
            by_hand_differs(users, new.wallet != old.wallet, new.amount != old.amount)
        }
        (Ask::SetBalance(new), Ask::SetBalance(old)) => {
            let users = other_user(&new.user);
            by_hand_differs(users, new.wallet != old.wallet, new.balance != old.balance)
        }
        _ => Some("command"),
    }
}

fn differing_charge(new: &Charge, old: &Charge) -> Option<&'static str> {
    differing_job(
        (new.usage, new.queue.clone(), new.cost),
        (old.usage, old.queue.clone(), old.cost),
    )
}

type JobParts = (Usage, Option<String>, Option<StatedCost>);

fn differing_job(new: JobParts, old: JobParts) -> Option<&'static str> {
    let queue = |job: &JobParts| {
        let queue = job.1.as_deref().map(str::trim);
        queue.filter(|queue| !queue.is_empty()).map(str::to_owned)
    };
    let micros = |job: &JobParts| job.2.map(|cost| cost.cost_micros);
    [
        ("queue", queue(&new) != queue(&old)),
        ("pages", new.0.pages != old.0.pages),
        ("colour_pages", new.0.colour_pages != old.0.colour_pages),
        ("sheets", wrong::sheets(&new.0) != wrong::sheets(&old.0)),
        ("two_sided", new.0.two_sided != old.0.two_sided),
        ("cost_micros", micros(&new) != micros(&old)),
    ]
    .into_iter()
    .find_map(|(field, differs)| differs.then_some(field))
}

fn by_hand_differs(user: bool, wallet: bool, amount: bool) -> Option<&'static str> {
    [("user", user), ("wallet", wallet), ("amount", amount)]
        .into_iter()
        .find_map(|(field, differs)| differs.then_some(field))
}

/// A charge, or with a time an authorisation.
fn job(
    tenant: &Tenant,
    calendar: &mut Calendar,
    clock: i64,
    charge: &Charge,
    hold_ms: Option<i64>,
    attempt: i32,
) -> Result<Prediction, Refusal> {
    let user = tenant.find(&charge.user).ok_or(Code::UnknownUser)?;
    let person = tenant.people.get(&user).ok_or(Code::UnknownUser)?;
    if !person.active {
        let who = ("user", UserId(user).to_string());
        return Err(Refusal(Code::UserInactive, vec![who]));
    }
    let mut desk = Desk::open(tenant, user, clock, calendar)?;
    let parts = (charge.usage, charge.queue.clone(), charge.cost);
    let cost = priced(tenant, &desk, &parts)?;
    let home = Unit::money(&tenant.currency);
    let needs = desk.needs(&|unit| counted(&charge.usage, unit), cost.clone(), &home);
    let verb = match hold_ms {
        Some(_) => Verb::Authorise,
        None => Verb::Charge,
    };
    let takes = match desk.share(&needs, Beyond::Refuse, calendar) {
        Ok((takes, _)) => takes,
        Err(short) => {
            desk.write(short.feed, &short.unit, 0, 0)?;
            let mut details = vec![
                ("needed", short.needed.to_string()),
                ("available", short.available.to_string()),
                ("measure", short.unit.1.clone()),
                ("wallet", kind_word(short.feed).to_owned()),
            ];
            details.extend(
                short
                    .next_reset_at
                    .map(|at| ("next_reset_at", at.to_string())),
            );
            return Ok(Prediction {
                expected: Expected::Refused(Code::AllowanceExhausted, details),
                effect: Some((user, desk)),
                hold: HoldEffect::None,
                kept: true,
            });
        }
    };
    let mut lines = Vec::new();
    for take in &takes {
        let (amount, held) = match hold_ms {
            Some(_) => (0, take.amount),
            None => (-take.amount, 0),
        };
        lines.push(line(&mut desk, take, amount, held, verb)?);
    }
    let expires_at = hold_ms.map(|ms| later(desk.now, ms));
    let said = Said {
        at: desk.now,
        verb,
        user,
        attempt,
        cost_micros: cost.map(|(_, micros)| micros),
        hold: None,
        expires_at,
        late: false,
        denied: 0,
        debt: 0,
        lines,
    };
    let aside = takes.iter().map(|take| (take.feed, take.amount)).collect();
    Ok(Prediction {
        expected: Expected::Receipt(said),
        effect: Some((user, desk)),
        hold: expires_at.map_or(HoldEffect::None, |at| HoldEffect::New(at, aside)),
        kept: true,
    })
}

/// Instants end with the year 9999.
fn later(now: i64, ms: i64) -> i64 {
    now.saturating_add(ms).min(Timestamp::LATEST.millis())
}

fn line(desk: &mut Desk, take: &Take, amount: i128, held: i128, verb: Verb) -> Result<Line, Code> {
    let (balance_after, held_after) = desk.write(take.feed, &take.unit, amount, held)?;
    if matches!(verb, Verb::Charge | Verb::Settle)
        && let Some(purse) = desk.purses.purses.get_mut(&take.feed)
    {
        purse.spent = fits(purse.spent - amount)?;
    }
    Ok(Line {
        feed: take.feed,
        unit: take.unit.1.clone(),
        amount,
        held,
        balance_after,
        held_after,
    })
}

fn settlement(
    tenant: &Tenant,
    calendar: &mut Calendar,
    clock: i64,
    settle: &Settle,
    attempt: i32,
) -> Result<Prediction, Refusal> {
    let hold = *tenant.holds.get(&settle.hold.0).ok_or(Code::UnknownHold)?;
    if matches!(hold.state, HoldState::Settled | HoldState::Cancelled) {
        return Err(resolved(&hold));
    }
    let user = hold.owner;
    let mut desk = Desk::open(tenant, user, clock, calendar)?;
    let late = hold.expires_at <= desk.now;
    let parts: Vec<(Feed, i128)> = desk
        .purses
        .aside
        .iter()
        .filter(|((of, _), _)| *of == settle.hold.0)
        .map(|((_, feed), amount)| (*feed, *amount))
        .collect();
    desk.purses.aside.retain(|(of, _), _| *of != settle.hold.0);
    let cost = priced(
        tenant,
        &desk,
        &(settle.usage, settle.queue.clone(), settle.cost),
    )?;
    let home = Unit::money(&tenant.currency);
    let mut needs = desk.needs(&|unit| counted(&settle.usage, unit), cost.clone(), &home);
    let mut denied = 0;
    if settle.extra == Extra::Deny && !late {
        for need in &mut needs {
            let held: i128 = parts
                .iter()
                .filter(|(feed, _)| need.from.contains(feed))
                .map(|(_, amount)| amount)
                .sum();
            let cut = (need.amount - held).max(0);
            need.amount -= cut;
            denied += cut;
        }
    }
    // What the hold kept aside is there for it to take.
    release(&mut desk, &parts, -1);
    let beyond = match settle.extra {
        Extra::TakeAndOwe => Beyond::Owe,
        Extra::Deny | Extra::TakeAvailable => Beyond::Available,
    };
    let shared = desk.share(&needs, beyond, calendar);
    let (mut takes, missing) = shared.map_err(|_| Code::Internal)?;
    release(&mut desk, &parts, 1);
    denied = fits(denied + missing)?;
    for (feed, _) in &parts {
        if !takes.iter().any(|take| take.feed == *feed) {
            let purse = desk.purses.purses.get(feed).ok_or(Code::Internal)?;
            takes.push(Take {
                feed: *feed,
                unit: purse.unit.clone(),
                amount: 0,
                debt: 0,
            });
        }
    }
    let verb = if late { Verb::Charge } else { Verb::Settle };
    let mut lines = Vec::new();
    for take in &takes {
        let held: i128 = parts
            .iter()
            .filter(|(feed, _)| *feed == take.feed)
            .map(|(_, amount)| amount)
            .sum();
        lines.push(line(&mut desk, take, -take.amount, -held, verb)?);
    }
    let said = Said {
        at: desk.now,
        verb,
        user,
        attempt,
        cost_micros: cost.map(|(_, micros)| micros),
        hold: Some(settle.hold.0),
        expires_at: None,
        late,
        denied,
        debt: fits(takes.iter().map(|take| take.debt).sum())?,
        lines,
    };
    Ok(Prediction {
        expected: Expected::Receipt(said),
        effect: Some((user, desk)),
        hold: HoldEffect::Resolved(settle.hold.0, HoldState::Settled),
        kept: true,
    })
}

fn release(desk: &mut Desk, parts: &[(Feed, i128)], sign: i128) {
    for (feed, amount) in parts {
        if let Some(purse) = desk.purses.purses.get_mut(feed) {
            purse.held += sign * amount;
        }
    }
}

fn cancellation(
    tenant: &Tenant,
    calendar: &mut Calendar,
    clock: i64,
    id: HoldId,
    attempt: i32,
) -> Result<Prediction, Refusal> {
    let hold = *tenant.holds.get(&id.0).ok_or(Code::UnknownHold)?;
    if matches!(hold.state, HoldState::Settled | HoldState::Cancelled) {
        return Err(resolved(&hold));
    }
    let user = hold.owner;
    let mut desk = Desk::open(tenant, user, clock, calendar)?;
    if hold.expires_at <= desk.now {
        let expired = Hold {
            state: HoldState::Expired,
            resolved_at: hold.expires_at,
            ..hold
        };
        let Refusal(code, details) = resolved(&expired);
        // What fell due meanwhile stands.
        return Ok(Prediction {
            expected: Expected::Refused(code, details),
            effect: Some((user, desk)),
            hold: HoldEffect::None,
            kept: false,
        });
    }
    let mut parts: Vec<(Feed, i128)> = desk
        .purses
        .aside
        .iter()
        .filter(|((of, _), _)| *of == id.0)
        .map(|((_, feed), amount)| (*feed, *amount))
        .collect();
    desk.purses.aside.retain(|(of, _), _| *of != id.0);
    let mut lines = Vec::new();
    if parts.is_empty() {
        // A hold of nothing is on record where everybody has a purse: at home.
        let home = Unit::money(&tenant.currency);
        parts.push((Feed::Own(home.number()), 0));
    }
    for (feed, amount) in &parts {
        let known = desk.purses.purses.get(feed);
        let home = || Unit::money(&tenant.currency);
        let take = Take {
            feed: *feed,
            unit: known.map_or_else(home, |purse| purse.unit.clone()),
            amount: 0,
            debt: 0,
        };
        lines.push(line(&mut desk, &take, 0, -amount, Verb::Cancel)?);
    }
    let said = Said {
        at: desk.now,
        verb: Verb::Cancel,
        user,
        attempt,
        cost_micros: None,
        hold: Some(id.0),
        expires_at: None,
        late: false,
        denied: 0,
        debt: 0,
        lines,
    };
    Ok(Prediction {
        expected: Expected::Receipt(said),
        effect: Some((user, desk)),
        hold: HoldEffect::Resolved(id.0, HoldState::Cancelled),
        kept: true,
    })
}

fn resolved(hold: &Hold) -> Refusal {
    let state = match hold.state {
        HoldState::Open => "open",
        HoldState::Settled => "settled",
        HoldState::Cancelled => "cancelled",
        HoldState::Expired => "expired",
    };
    let details = vec![
        ("state", state.to_owned()),
        ("resolved_at", hold.resolved_at.to_string()),
    ];
    Refusal(Code::HoldResolved, details)
}

fn by_hand(
    tenant: &Tenant,
    calendar: &mut Calendar,
    clock: i64,
    (user, wallet, may_owe): (&UserReference, WalletName, bool),
    (verb, asked, attempt): (Verb, i64, i32),
) -> Result<Prediction, Refusal> {
    let user = tenant.find(user).ok_or(Code::UnknownUser)?;
    let mut desk = Desk::open(tenant, user, clock, calendar)?;
    let (feed, unit) = match wallet {
        WalletName::OwnFunds(currency) => {
            let unit = Unit::money(currency.code());
            (Feed::Own(unit.number()), unit)
        }
        WalletName::Allowance(PlanId(plan)) => {
            let purse = desk.purses.purses.get(&Feed::Plan(plan));
            (
                Feed::Plan(plan),
                purse.ok_or(Code::UnknownPlan)?.unit.clone(),
            )
        }
    };
    let (balance, held) = desk
        .purses
        .purses
        .get(&feed)
        .map_or((0, 0), |purse| (purse.balance, purse.held));
    let amount = match verb {
        Verb::Set => fits(i128::from(asked) - balance)?,
        _ => i128::from(asked),
    };
    let after = fits(balance + amount)?;
    let limit = held - desk.overdraft(feed);
    let below = nearest(limit - after).max(0);
    let owed = if amount < 0 && desk.person.restricted {
        below
    } else {
        0
    };
    if owed > 0 && !may_owe {
        let details = vec![("balance", after.to_string()), ("limit", limit.to_string())];
        return Err(Refusal(Code::BalanceBelowLimit, details));
    }
    let take = Take {
        feed,
        unit,
        amount,
        debt: owed,
    };
    let lines = vec![line(&mut desk, &take, amount, 0, verb)?];
    let said = Said {
        at: desk.now,
        verb,
        user,
        attempt,
        cost_micros: None,
        hold: None,
        expires_at: None,
        late: false,
        denied: 0,
        debt: owed,
        lines,
    };
    Ok(Prediction {
        expected: Expected::Receipt(said),
        effect: Some((user, desk)),
        hold: HoldEffect::None,
        kept: true,
    })
}

/// How much of something other than money a job is.
fn counted(usage: &Usage, unit: &Unit) -> i128 {
    let (pages, colour) = (i128::from(usage.pages), i128::from(usage.colour_pages));
    match unit.1.as_str() {
        "total_pages" | "impressions" => pages,
        "colour_pages" => colour,
        "mono_pages" => pages - colour,
        "sheets" => wrong::sheets(usage),
        "jobs" => 1,
        _ => 0,
    }
}

/// What a job costs: as stated, or by the prices in force of the profile's list.
fn priced(tenant: &Tenant, desk: &Desk, job: &JobParts) -> Result<Option<(Unit, i128)>, Code> {
    let (usage, queue, stated) = job;
    if let Some(stated) = stated {
        let unit = Unit::money(stated.currency.code());
        return Ok(Some((unit, i128::from(stated.cost_micros))));
    }
    let profile = tenant.profiles.get(&desk.person.profile);
    let list = profile
        .and_then(|profile| profile.prices)
        .and_then(|list| tenant.prices.get(&list));
    let Some(list) = list else { return Ok(None) };
    let in_force = list.revisions.iter().rfind(|(from, _)| *from <= desk.now);
    let Some((_, rules)) = in_force else {
        return Ok(None);
    };
    let queue = queue.as_deref().map(str::trim);
    let queue = queue.filter(|queue| !queue.is_empty());
    let of = |wanted: Option<&str>| rules.iter().find(|rule| rule.queue.as_deref() == wanted);
    let rule = match queue {
        Some(queue) => of(Some(queue)).or_else(|| of(None)),
        None => of(None),
    };
    match rule {
        Some(rule) => Ok(Some((Unit::money(&list.currency), cost(rule, usage)?))),
        None => Ok(None),
    }
}

fn cost(rule: &PriceTerms, usage: &Usage) -> Result<i128, Code> {
    let (pages, colour) = (i128::from(usage.pages), i128::from(usage.colour_pages));
    let full = (pages - colour) * i128::from(rule.mono_page_micros)
        + colour * i128::from(rule.colour_page_micros);
    let (parts, of) = if usage.two_sided {
        (
            i128::from(rule.two_sided.numerator),
            i128::from(rule.two_sided.denominator),
        )
    } else {
        (1, 1)
    };
    let exact = full * parts + i128::from(rule.job_micros) * of;
    // To the nearest, halves upwards.
    let (whole, rest) = (exact.div_euclid(of), exact.rem_euclid(of));
    fits(whole + i128::from(2 * rest >= of))
}

fn kind_word(feed: Feed) -> &'static str {
    match feed {
        Feed::Plan(_) => "allowance",
        Feed::Own(_) => "own_funds",
    }
}

fn feed_of(kind: WalletKind, feed: i64) -> Feed {
    match kind {
        WalletKind::Allowance => Feed::Plan(feed),
        WalletKind::OwnFunds => Feed::Own(feed),
    }
}

fn compare(tenant: &Tenant, expected: &Expected, answer: &Answer) -> Result<(), String> {
    let agrees = match (expected, answer) {
        (Expected::Again(before), now) => in_full(before) == in_full(now),
        (Expected::Refused(code, details), Err(error)) => {
            error.code() == *code
                && details
                    .iter()
                    .all(|(name, value)| error.detail(name) == Some(value))
        }
        (Expected::Receipt(said), Ok(Reply::Receipt(receipt))) => {
            let new_hold = receipt.verb == Verb::Authorise;
            let heard = heard(receipt, new_hold);
            let is_new = receipt
                .hold
                .is_some_and(|id| !tenant.holds.contains_key(&id.0));
            *said == heard && (!new_hold || is_new) && receipt.entry.0 > 0
        }
        _ => false,
    };
    if agrees {
        return Ok(());
    }
    Err(format!("expected {expected:?}"))
}

fn heard(receipt: &Receipt, new_hold: bool) -> Said {
    Said {
        at: receipt.at.millis(),
        verb: receipt.verb,
        user: receipt.user.0,
        attempt: receipt.attempt,
        cost_micros: receipt.cost_micros.map(i128::from),
        hold: receipt.hold.filter(|_| !new_hold).map(|hold| hold.0),
        expires_at: receipt.expires_at.map(Timestamp::millis),
        late: receipt.late,
        denied: i128::from(receipt.denied),
        debt: i128::from(receipt.debt),
        lines: receipt
            .lines
            .iter()
            .map(|line| Line {
                feed: feed_of(line.kind, line.feed),
                unit: line.measure.name().into_owned(),
                amount: i128::from(line.amount),
                held: i128::from(line.held),
                balance_after: i128::from(line.balance_after),
                held_after: i128::from(line.held_after),
            })
            .collect(),
    }
}

impl Tenant {
    /// Whom a reference means.
    pub(super) fn find(&self, user: &UserReference) -> Option<i64> {
        match user {
            UserReference::Id(id) => self.people.contains_key(&id.0).then_some(id.0),
            UserReference::Identity(kind, raw) => {
                let value = match kind {
                    IdentityKind::Card => raw.expose().to_owned(),
                    _ => wrong::folded(raw.expose()),
                };
                self.owner_of(&kind.name(), &value)
            }
        }
    }
}
