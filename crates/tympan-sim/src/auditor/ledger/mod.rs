//! What a command of the ledger should be answered, and what it leaves behind.

mod answers;
mod by_hand;
mod funds;
mod holds;
mod jobs;
mod keys;
mod prices;
mod quotes;
mod refunds;
mod untracked;

use tympan_core::error::Code;
use tympan_core::ids::UserId;
use tympan_core::ledger::{IdempotencyKey, Standing, Usage};
use tympan_core::people::UserReference;
use tympan_core::records::{IdentityKind, Verb};
use tympan_core::time::Timestamp;

use self::answers::{compare, feed_of};
use self::by_hand::{by_hand, reset};
use self::funds::{payment, transfer};
use self::holds::{cancellation, extension, settlement};
use self::jobs::job;
use self::keys::{answered, differing, first_wrong};
pub(super) use self::quotes::quotes;
use self::refunds::{Back, refund};
pub(super) use self::untracked::lists;
use crate::ask::{Answer, Ask, Reply};
use crate::auditor::model::{Done, Feed, Hold, HoldState, Paid, PaidLine, Tenant, Unit};
use crate::auditor::purses::{Desk, Take, fits};
use crate::auditor::wrong;
use crate::calendar::Calendar;

const DEFAULT_HOLD_MS: i64 = 7 * 86_400_000;

/// What the auditor expects, and what is so afterwards.
struct Prediction {
    expected: Expected,
    /// Whose purses are as the desk has them.
    effect: Option<(i64, Desk)>,
    /// The same of somebody else.
    other: Option<(i64, Desk)>,
    hold: HoldEffect,
    paid: Effect,
    /// Whether the answer is kept under the key.
    kept: bool,
}

#[derive(Clone, Debug, PartialEq)]
enum Expected {
    /// The same answer as before.
    Again(Box<Answer>),
    /// A refusal with these details.
    Refused(Code, Vec<(&'static str, String)>),
    /// A receipt that says this.
    Receipt(Box<Said>),
}

/// Everything that a receipt says but the ids that are new.
#[derive(Clone, Debug, PartialEq)]
struct Said {
    at: i64,
    verb: Verb,
    user: i64,
    /// Whose purse another line is on.
    other: Option<i64>,
    attempt: i32,
    usage: Option<Usage>,
    cost: Option<(Unit, i128)>,
    hold: Option<i64>,
    expires_at: Option<i64>,
    late: bool,
    lines: Vec<Line>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Line {
    pub(super) feed: Feed,
    unit: String,
    amount: i128,
    held: i128,
    balance_after: i128,
    held_after: i128,
    denied: i128,
    debt: i128,
    carried: i128,
    refunds: Option<i64>,
}

/// What becomes of what jobs took.
enum Effect {
    None,
    /// One more job took what its receipt says.
    Took,
    /// Lines of a job gave something back, and what of that was carried; whether it was voided.
    Back(i64, Vec<(usize, i128, i128)>, bool),
}

enum HoldEffect {
    None,
    New(i64, Vec<(Feed, i128)>),
    Resolved(i64, HoldState),
    Until(i64, i64),
}

/// A refusal that leaves nothing behind.
pub(super) struct Refusal(pub(super) Code, pub(super) Vec<(&'static str, String)>);

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
            other: None,
            hold: HoldEffect::None,
            paid: Effect::None,
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
    let checked = untracked::check(tenant, calendar, (actor, clock), (ask, answer));
    if let Some(checked) = checked {
        return checked;
    }
    let prediction = predict(tenant, calendar, actor, clock, ask);
    compare(tenant, &prediction.expected, answer)?;
    learn(
        tenant,
        prediction,
        key_of(ask).map(wrong::parts),
        (ask, answer),
    );
    Ok(())
}

/// Takes note of what was done under a key.
fn learn(
    tenant: &mut Tenant,
    prediction: Prediction,
    key: Option<(String, i32)>,
    (ask, answer): (&Ask, &Answer),
) {
    let mut owner = None;
    let other = prediction.other.as_ref().map(|(user, _)| *user);
    let sharer = prediction
        .effect
        .as_ref()
        .and_then(|(_, desk)| desk.sharer.as_ref());
    let other = other.or(sharer.map(|(sharer, _)| sharer.user));
    if let Some((user, mut desk)) = prediction.effect {
        owner = Some(user);
        keep_hold(tenant, user, prediction.hold, &mut desk, answer);
        keep_paid(tenant, user, prediction.paid, &desk, answer);
        desk.close(tenant, user);
    }
    if let Some((user, desk)) = prediction.other {
        desk.close(tenant, user);
    }
    if let (true, Some(user), Some(key)) = (prediction.kept, owner, key) {
        let done = Done {
            user,
            other,
            ask: ask.clone(),
            answer: answer.clone(),
            refused: answer.is_err(),
        };
        tenant.done.insert(key, done);
    }
}

fn keep_hold(tenant: &mut Tenant, user: i64, effect: HoldEffect, desk: &mut Desk, answer: &Answer) {
    match effect {
        HoldEffect::None => {}
        HoldEffect::Until(id, expires_at) => {
            if let Some(hold) = tenant.holds.get_mut(&id) {
                hold.expires_at = expires_at;
            }
        }
        HoldEffect::Resolved(id, state) => {
            if let Some(hold) = tenant.holds.get_mut(&id) {
                hold.state = state;
                hold.resolved_at = desk.now;
                hold.settled_by = match answer {
                    Ok(Reply::Receipt(receipt)) if state == HoldState::Settled => {
                        Some(receipt.entry.0)
                    }
                    _ => None,
                };
            }
        }
        HoldEffect::New(expires_at, aside) => {
            if let Ok(Reply::Receipt(receipt)) = answer
                && let Some(id) = receipt.hold
            {
                let sharer = desk.sharer.as_ref();
                let hold = Hold {
                    owner: user,
                    sharer: sharer.map(|(sharer, order)| (sharer.user, *order)),
                    state: HoldState::Open,
                    expires_at,
                    resolved_at: 0,
                    settled_by: None,
                };
                tenant.holds.insert(id.0, hold);
                for (feed, amount) in aside.into_iter().filter(|(_, amount)| *amount > 0) {
                    desk.keep_aside(id.0, feed, amount);
                }
            }
        }
    }
}

fn keep_paid(tenant: &mut Tenant, user: i64, effect: Effect, desk: &Desk, answer: &Answer) {
    match effect {
        Effect::None => {}
        Effect::Took => {
            let Ok(Reply::Receipt(receipt)) = answer else {
                return;
            };
            let lines = receipt.lines.iter().map(|line| {
                let feed = feed_of(line.kind, line.feed);
                let is_own = line.user == receipt.user;
                let feed = if is_own { feed } else { feed.shared() };
                PaidLine {
                    feed,
                    unit: Unit::of(line.measure),
                    taken: i128::from(line.carried) - i128::from(line.amount),
                    debt: i128::from(line.debt),
                    carried: i128::from(line.carried),
                    back: 0,
                    uncarried: 0,
                    period: desk.purse(feed).map_or(0, |purse| purse.period),
                }
            });
            let paid = Paid {
                user,
                sharer: desk.sharer.as_ref().map(|(sharer, _)| sharer.user),
                usage: receipt.usage.clone(),
                cost: answers::cost_of(receipt),
                lines: lines.collect(),
                voided: false,
            };
            tenant.paid.insert(receipt.entry.0, paid);
        }
        Effect::Back(first, parts, voided) => {
            let Some(paid) = tenant.paid.get_mut(&first) else {
                return;
            };
            paid.voided = voided;
            for (place, amount, uncarried) in parts {
                if let Some(line) = paid.lines.get_mut(place) {
                    line.back += amount;
                    line.uncarried += uncarried;
                }
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
        Ask::ResetAllowance(reset) => &reset.key,
        Ask::Extend(extend) => &extend.key,
        Ask::TopUp(paid) => &paid.key,
        Ask::PayOut(paid) => &paid.key,
        Ask::TransferFunds(transfer) => &transfer.key,
        Ask::Refund(refund) => &refund.key,
        Ask::Void(void) => &void.key,
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
            let expected = match differing(tenant, clock, ask, done) {
                Some(field) => {
                    let field = ("field", field.to_owned());
                    Expected::Refused(Code::KeyReused, vec![field])
                }
                None => Expected::Again(Box::new(done.answer.clone())),
            };
            return Prediction {
                expected,
                effect: None,
                other: None,
                hold: HoldEffect::None,
                paid: Effect::None,
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
        Ask::ResetAllowance(asked) => reset(tenant, calendar, clock, asked, attempt),
        Ask::Extend(extend) => extension(tenant, calendar, clock, extend, attempt),
        Ask::TopUp(paid) => payment(
            tenant,
            calendar,
            clock,
            (Verb::TopUp, &paid.user, attempt),
            (paid.currency, paid.amount_micros),
        ),
        Ask::PayOut(paid) => payment(
            tenant,
            calendar,
            clock,
            (Verb::PayOut, &paid.user, attempt),
            (paid.currency, paid.amount_micros),
        ),
        Ask::TransferFunds(asked) => transfer(tenant, calendar, clock, asked, attempt),
        Ask::Refund(asked) => {
            let back = asked.part.map_or(Back::All, Back::Some);
            refund(tenant, calendar, clock, (&asked.job, back), attempt)
        }
        Ask::Void(void) => refund(tenant, calendar, clock, (&void.job, Back::Never), attempt),
        _ => Err(Refusal::from(Code::Internal)),
    };
    told(decided)
}

/// What can be told of a decision: everything but wallets that no number can say.
fn told(decided: Result<Prediction, Refusal>) -> Prediction {
    let can_be_told = |prediction: &Prediction| {
        let desk = prediction.effect.as_ref().map(|(_, desk)| desk);
        desk.is_none_or(|desk| {
            let sharer = desk.sharer.as_ref();
            desk.purses.can_be_emptied()
                && sharer.is_none_or(|(sharer, _)| sharer.purses.can_be_emptied())
        })
    };
    match decided {
        Ok(prediction) if can_be_told(&prediction) => prediction,
        Ok(_) => Refusal::from(Code::AmountOverflow).into(),
        Err(refusal) => refusal.into(),
    }
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
            let figures = (
                purse.balance,
                purse.held,
                available,
                purse.used,
                purse.carried,
            );
            Some((feed, figures, next))
        })
        .collect();
    let found: Vec<_> = standings
        .iter()
        .map(|standing| {
            (
                feed_of(standing.kind, standing.feed),
                (
                    i128::from(standing.balance),
                    i128::from(standing.held),
                    i128::from(standing.available),
                    i128::from(standing.used),
                    i128::from(standing.carried),
                ),
                standing.next_reset_at.map(Timestamp::millis),
            )
        })
        .collect();
    if expected == found {
        return Ok(());
    }
    Err(format!("expected {expected:?}"))
}

fn line(desk: &mut Desk, take: &Take, amount: i128, held: i128, verb: Verb) -> Result<Line, Code> {
    let (balance_after, held_after) = desk.write(take.feed, &take.unit, amount, held)?;
    if let Some(purse) = desk.purse_mut(take.feed)
        && matches!(verb, Verb::Charge | Verb::Settle)
    {
        purse.carried = fits(purse.carried + take.carried)?;
        purse.spent = fits(purse.spent - amount)?;
        if take.feed.is_plan() {
            purse.used -= amount;
        }
    }
    Ok(Line {
        feed: take.feed,
        unit: take.unit.1.clone(),
        amount,
        held,
        balance_after,
        held_after,
        denied: take.denied,
        debt: take.debt,
        carried: take.carried,
        refunds: None,
    })
}

impl Tenant {
    /// Whom a reference means.
    pub(in crate::auditor) fn find(&self, user: &UserReference) -> Option<i64> {
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
