//! What jobs took, given back.

use tympan_core::error::Code;
use tympan_core::ids::EntryId;
use tympan_core::ledger::{IdempotencyKey, RefundPart};
use tympan_core::records::{SharedOrder, Verb};

use super::{Effect, Expected, HoldEffect, Line, Prediction, Refusal, Said};
use crate::ask::{Ask, Reply};
use crate::auditor::model::{HoldState, Paid, PaidLine, Tenant, Unit};
use crate::auditor::purses::{Desk, fits};
use crate::auditor::sharing::sharer_in;
use crate::auditor::wrong;
use crate::calendar::Calendar;

/// How much is to come back.
#[derive(Clone, Copy)]
pub(super) enum Back {
    All,
    Some(RefundPart),
    Never,
}

/// The first entry of what a job took, by a key of the job.
pub(super) fn paid_under(
    tenant: &Tenant,
    clock: i64,
    job: &IdempotencyKey,
) -> Result<i64, Refusal> {
    let state = |state: &str| Refusal(Code::JobNotCharged, vec![("state", state.to_owned())]);
    let done = tenant.done.get(&wrong::parts(job));
    let done = done.ok_or(Code::UnknownJob)?;
    let is_job = matches!(
        done.ask,
        Ask::Charge(_) | Ask::Authorise(_) | Ask::Settle(_) | Ask::AssignUntracked(_)
    );
    match &done.answer {
        _ if !is_job => Err(Code::UnknownJob.into()),
        Ok(Reply::Receipt(receipt)) if matches!(done.ask, Ask::Authorise(_)) => {
            let hold = receipt.hold.and_then(|id| tenant.holds.get(&id.0));
            let hold = hold.ok_or(Code::Internal)?;
            match hold.state {
                HoldState::Settled => hold.settled_by.ok_or(Code::Internal.into()),
                HoldState::Open if clock < hold.expires_at => Err(state("open")),
                HoldState::Open | HoldState::Expired => Err(state("expired")),
                HoldState::Cancelled => Err(state("cancelled")),
            }
        }
        Ok(Reply::Receipt(receipt)) => Ok(receipt.entry.0),
        _ => Err(state("refused")),
    }
}

pub(super) fn refund(
    tenant: &Tenant,
    calendar: &mut Calendar,
    clock: i64,
    (job, back): (&IdempotencyKey, Back),
    attempt: i32,
) -> Result<Prediction, Refusal> {
    let first = paid_under(tenant, clock, job)?;
    let paid = tenant.paid.get(&first).ok_or(Code::Internal)?;
    let named = ("job", EntryId(first).to_string());
    if paid.voided {
        return Err(Refusal(Code::JobVoided, vec![named]));
    }
    let voids = matches!(back, Back::Never);
    let parts = match back {
        Back::Never => everything(paid),
        Back::All => whole(paid),
        Back::Some(part) => some(paid, part),
    };
    let parts = parts.map_err(|left| {
        let left = ("left", left.to_string());
        Refusal(Code::RefundBeyondPaid, vec![named, left])
    })?;
    // When the job took from them does not matter any more.
    let sharer = paid.sharer.map(|sharer| (sharer, SharedOrder::Last));
    let parts = own_first(paid, parts);
    let mut desk = Desk::open_shared(tenant, paid.user, sharer, clock, calendar)?;
    let (mut lines, mut backs) = (Vec::new(), Vec::new());
    for (place, amount) in &parts {
        let paid = paid.lines.get(*place).ok_or(Code::Internal)?;
        let mut line = give(&mut desk, paid, *amount, voids)?;
        line.refunds = i64::try_from(*place).ok().map(|place| first + place);
        backs.push((*place, *amount, -line.carried));
        lines.push(line);
    }
    let said = Said {
        at: desk.now,
        verb: if voids { Verb::Void } else { Verb::Refund },
        user: paid.user,
        other: sharer_in(&desk, &lines),
        attempt,
        cost: None,
        hold: None,
        expires_at: None,
        late: false,
        usage: None,
        lines,
    };
    Ok(Prediction {
        expected: Expected::Receipt(said.into()),
        effect: Some((paid.user, desk)),
        other: None,
        hold: HoldEffect::None,
        paid: Effect::Back(first, backs, voids),
        kept: true,
    })
}

/// Places of lines, and what each gives back; or how much there is, where that is too little.
type Parts = Result<Vec<(usize, i128)>, i128>;

/// The person's own lines before those of purses that are shared, and one of nothing if there is none.
fn own_first(paid: &Paid, mut parts: Vec<(usize, i128)>) -> Vec<(usize, i128)> {
    if paid.sharer.is_none() {
        return parts;
    }
    let is_own = |(place, _): &(usize, i128)| {
        let line = paid.lines.get(*place);
        line.is_some_and(|line| line.feed.of_sharer().is_none())
    };
    if !parts.iter().any(is_own) {
        parts.push((0, 0));
    }
    parts.sort_by_key(|part| !is_own(part));
    parts
}

fn everything(paid: &Paid) -> Parts {
    let mut all: Vec<(usize, i128)> = places(paid)
        .filter(|(_, line)| line.taken > 0)
        .map(|(place, line)| (place, line.left()))
        .collect();
    if all.is_empty() {
        all.push((0, 0));
    }
    Ok(all)
}

fn whole(paid: &Paid) -> Parts {
    let all: Vec<(usize, i128)> = places(paid)
        .map(|(place, line)| (place, line.left()))
        .filter(|(_, left)| *left > 0)
        .collect();
    if all.is_empty() { Err(0) } else { Ok(all) }
}

/// First what was owed, the last line first, then the rest, the last line first.
fn some(paid: &Paid, part: RefundPart) -> Parts {
    let unit = Unit::of(part.measure);
    let of_unit: Vec<(usize, &PaidLine)> =
        places(paid).filter(|(_, line)| line.unit == unit).collect();
    let left: i128 = of_unit.iter().map(|(_, line)| line.left()).sum();
    let mut wanted = i128::from(part.amount);
    if wanted > left {
        return Err(left);
    }
    let mut back = vec![0; of_unit.len()];
    for owed_only in [true, false] {
        for ((_, line), back) in of_unit.iter().zip(&mut back) {
            let most = if owed_only { line.owed() } else { line.left() };
            let more = wanted.min(most - *back).max(0);
            *back += more;
            wanted -= more;
        }
    }
    let parts = of_unit.iter().zip(back);
    let parts = parts.map(|((place, _), back)| (*place, back));
    Ok(parts.filter(|(_, back)| *back > 0).collect())
}

/// Last taken first.
fn places(paid: &Paid) -> impl Iterator<Item = (usize, &PaidLine)> {
    paid.lines.iter().enumerate().rev()
}

fn give(desk: &mut Desk, paid: &PaidLine, amount: i128, voids: bool) -> Result<Line, Code> {
    // Of what was carried, nothing need be given that was not paid yet.
    let carried = (paid.carried - paid.back)
        .max(0)
        .min(paid.left())
        .min(amount);
    let purse = desk.purse_mut(paid.feed);
    let off = purse.map_or(0, |purse| {
        let off = carried.min(purse.carried);
        purse.carried -= off;
        off
    });
    let debt = carried - paid.owed().min(amount);
    let amount = amount - off;
    let (balance_after, held_after) = desk.write(paid.feed, &paid.unit, amount, 0)?;
    if let Some(purse) = desk.purse_mut(paid.feed) {
        if voids {
            purse.spent = fits(purse.spent - (paid.taken - paid.uncarried - off))?;
        }
        let counts = paid.period == purse.period || purse.by_day.iter().any(|(_, day)| *day != 0);
        if paid.feed.is_plan() {
            let less = if counts { amount } else { carried - off };
            purse.used = (purse.used - less).max(0);
            let mut room = purse.used;
            for (_, day) in &mut purse.by_day {
                *day = room.min(*day);
                room -= *day;
            }
            purse.by_day.retain(|(_, day)| *day != 0);
        }
    }
    Ok(Line {
        feed: paid.feed,
        unit: paid.unit.1.clone(),
        amount,
        held: 0,
        balance_after,
        held_after,
        denied: 0,
        debt,
        carried: -off,
        refunds: None,
    })
}

impl PaidLine {
    fn left(&self) -> i128 {
        self.taken - self.back
    }

    fn owed(&self) -> i128 {
        (self.debt + self.carried - self.back)
            .max(0)
            .min(self.left())
    }
}
