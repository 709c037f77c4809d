//! What a job took and still has: found by the job's key, and given back line by line.

use std::sync::Arc;

use crate::command::{Context, Stop};
use crate::error::{Code, Error};
use crate::ids::{EntryId, TenantId, UserId};
use crate::ledger::book::Book;
use crate::ledger::receipt::{PreparedKey, measure_of};
use crate::ledger::shared::both;
use crate::measure::Measure;
use crate::records::{Config, Entry, HoldState, Refunded, Request, User, Verb};
use crate::view::{Change, Key, Record, View};

/// The lines of what a job took, by the key of its charge, of its report as untracked usage, of its
/// hold, or of the settlement.
///
/// # Errors
/// `unknown_job`, `job_not_charged`, or what the view lacks.
pub(super) fn lines_of<'v>(
    view: &'v View,
    context: &Context<'_>,
    job: &PreparedKey,
) -> Result<&'v [Arc<Entry>], Stop> {
    let entries = receipt(view, context.tenant, job.digest)?;
    let first = entries.first().ok_or_else(|| Error::of(Code::Internal))?;
    match first.request {
        _ if first.verb == Verb::Refuse => Err(not_charged("refused").into()),
        Request::Charge | Request::Settle | Request::AssignUntracked => Ok(entries),
        Request::Authorise => settled(view, context, first),
        _ => Err(Error::of(Code::UnknownJob).into()),
    }
}

fn receipt(view: &View, tenant: TenantId, digest: [u8; 32]) -> Result<&[Arc<Entry>], Stop> {
    let entries = view.receipt(tenant, digest)?;
    entries.ok_or_else(|| Error::of(Code::UnknownJob).into())
}

/// What was taken for a hold.
fn settled<'v>(
    view: &'v View,
    context: &Context<'_>,
    authorised: &Entry,
) -> Result<&'v [Arc<Entry>], Stop> {
    let id = authorised.hold.ok_or_else(|| Error::of(Code::Internal))?;
    let hold = view
        .hold(context.tenant, id)?
        .ok_or_else(|| Error::of(Code::Internal))?;
    let state = match hold.state {
        HoldState::Settled => {
            let digest = hold.settled_by.ok_or_else(|| Error::of(Code::Internal))?;
            let entries = receipt(view, context.tenant, digest)?;
            let is_of_hold = |entry: &Arc<Entry>| entry.hold == Some(id);
            return if entries.iter().all(is_of_hold) {
                Ok(entries)
            } else {
                Err(Error::of(Code::Internal).into())
            };
        }
        HoldState::Open if hold.expires_at <= context.now => HoldState::Expired,
        state => state,
    };
    Err(not_charged(state.as_str()).with("hold", id).into())
}

fn not_charged(state: &str) -> Error {
    let message = format!("the job is `{state}` and took nothing");
    Error::new(Code::JobNotCharged, message).with("state", state)
}

/// One line of what a job took.
pub(super) struct PaidLine<'v> {
    pub(super) entry: &'v Entry,
    pub(super) measure: Measure,
    /// What it took from the balance, and what it carried into what is given next.
    pub(super) taken: i64,
    /// How much of it came back so far.
    pub(super) back: i64,
    refunded: Refunded,
}

impl PaidLine<'_> {
    fn left(&self) -> i64 {
        self.taken.saturating_sub(self.back).max(0)
    }

    /// How much of what is left was carried: it comes back first of all.
    fn carried(&self) -> i64 {
        let carried = self.entry.carried.unwrap_or(0);
        carried.saturating_sub(self.back).clamp(0, self.left())
    }

    /// How much of what is left was carried, or lies below the limit of the wallet: it comes back
    /// before anything else.
    fn owed(&self) -> i64 {
        let (carried, debt) = (self.entry.carried, self.entry.debt);
        let owed = carried.unwrap_or(0).saturating_add(debt.unwrap_or(0));
        owed.saturating_sub(self.back).clamp(0, self.left())
    }
}

/// What a job took, and what of it came back.
pub(super) struct Paid<'v> {
    /// Whose job it was, and who shares the other wallets that it took from.
    pub(super) users: (&'v User, Option<&'v User>),
    pub(super) lines: Vec<PaidLine<'v>>,
    /// The job's first entry, by which errors name it.
    job: EntryId,
}

/// What one line gives back.
#[derive(Clone, Copy)]
pub(super) struct Given {
    pub(super) line: usize,
    pub(super) amount: i64,
}

impl<'v> Paid<'v> {
    /// # Errors
    /// `job_voided`, or what the view lacks.
    pub(super) fn of(
        view: &'v View,
        config: &Config,
        tenant: TenantId,
        entries: &'v [Arc<Entry>],
    ) -> Result<Self, Stop> {
        let first = entries.first().ok_or_else(|| Error::of(Code::Internal))?;
        let keys = entries.iter().map(|entry| Key::Refunded(tenant, entry.id));
        view.require(keys)?;
        let users = both(view, tenant, (UserId(first.owner), first.counterpart))?;
        let mut lines = Vec::with_capacity(entries.len());
        for entry in entries {
            let stored = view.refunded(tenant, entry.id)?;
            let none = || Refunded::none(tenant, entry.id);
            let refunded = stored.map_or_else(none, |stored| Refunded::clone(stored));
            if refunded.voided {
                return Err(Error::of(Code::JobVoided).with("job", first.id).into());
            }
            lines.push(PaidLine {
                entry,
                measure: measure_of(config, entry.wallet()),
                taken: taken(entry)?,
                back: refunded.amount,
                refunded,
            });
        }
        Ok(Self {
            users,
            lines,
            job: first.id,
        })
    }

    /// All that is left, last taken first.
    pub(super) fn whole(&self) -> Result<Vec<Given>, Error> {
        let all: Vec<Given> = self
            .backwards()
            .map(|(line, paid)| Given {
                line,
                amount: paid.left(),
            })
            .filter(|given| given.amount > 0)
            .collect();
        if all.is_empty() {
            let message = "nothing is left of what the job took";
            return Err(Error::new(Code::RefundBeyondPaid, message)
                .with("job", self.job)
                .with("left", 0));
        }
        Ok(all)
    }

    /// Some of what is left of one measure: debts first, then what was taken last.
    pub(super) fn part(&self, measure: Measure, amount: i64) -> Result<Vec<Given>, Error> {
        let of_measure = || {
            self.backwards()
                .filter(move |(_, paid)| paid.measure == measure)
        };
        let left = of_measure().fold(0_i64, |sum, (_, paid)| sum.saturating_add(paid.left()));
        if amount > left {
            return Err(self.beyond(measure, amount, left));
        }
        let mut missing = amount;
        let mut all: Vec<Given> = Vec::new();
        for (line, paid) in of_measure() {
            let owed = missing.min(paid.owed());
            missing -= owed;
            all.push(Given { line, amount: owed });
        }
        for (given, (_, paid)) in all.iter_mut().zip(of_measure()) {
            let more = missing.min(paid.left() - given.amount);
            missing -= more;
            given.amount += more;
        }
        all.retain(|given| given.amount > 0);
        Ok(all)
    }

    /// Every line that took something, or the first: all of it counts as nothing any more.
    pub(super) fn everything(&self) -> Vec<Given> {
        let given = |(line, paid): (usize, &PaidLine<'_>)| Given {
            line,
            amount: paid.left(),
        };
        let took = |(_, paid): &(usize, &PaidLine<'_>)| paid.taken != 0;
        let all: Vec<Given> = self.backwards().filter(took).map(given).collect();
        match all.is_empty() {
            true => self.lines.iter().enumerate().take(1).map(given).collect(),
            false => all,
        }
    }

    /// The same on wallets of two users, with a line of whose job it was before all others: the head
    /// of a receipt is theirs.
    pub(super) fn own_first(&self, mut given: Vec<Given>) -> Vec<Given> {
        let (user, sharer) = self.users;
        if sharer.is_none() {
            return given;
        }
        let is_own = |given: &Given| {
            let line = self.lines.get(given.line);
            line.is_some_and(|line| line.entry.owner == user.id.0)
        };
        if !given.iter().any(is_own) {
            given.push(Given { line: 0, amount: 0 });
        }
        given.sort_by_key(|given| !is_own(given));
        given
    }

    fn backwards(&self) -> impl Iterator<Item = (usize, &PaidLine<'v>)> {
        self.lines.iter().enumerate().rev()
    }

    fn beyond(&self, measure: Measure, amount: i64, left: i64) -> Error {
        let message = format!(
            "`{}` was asked for, and `{}` is left of what the job took",
            measure.amount(amount),
            measure.amount(left)
        );
        Error::new(Code::RefundBeyondPaid, message)
            .with("job", self.job)
            .with("measure", measure.name())
            .with("needed", amount)
            .with("left", left)
    }
}

fn taken(entry: &Entry) -> Result<i64, Error> {
    let carried = entry.carried.unwrap_or(0);
    Book::checked(carried.checked_sub(entry.amount))
}

/// What giving something back comes to.
pub(super) struct Back {
    /// What is added to the balance.
    pub(super) amount: i64,
    /// What of it wiped a debt.
    pub(super) wiped: i64,
    /// What was carried and need not be paid any more.
    pub(super) uncarried: i64,
    /// What was carried and is paid already: it is in `amount`.
    pub(super) paid: i64,
}

impl PaidLine<'_> {
    /// What giving so much back comes to, where a wallet has so much to carry yet.
    pub(super) fn give(&self, amount: i64, carried: i64) -> Back {
        let of_carried = self.carried().min(amount);
        let uncarried = of_carried.min(carried);
        Back {
            amount: amount - uncarried,
            wiped: self.owed().min(amount) - of_carried,
            uncarried,
            paid: of_carried - uncarried,
        }
    }

    /// What counts as spent no more once the job is voided: what was carried never was before it was
    /// paid.
    pub(super) fn unspent(&self, uncarried: i64) -> i64 {
        self.taken - self.refunded.uncarried - uncarried
    }

    /// What is on record once so much more was given back.
    pub(super) fn after(&self, amount: i64, uncarried: i64, voided: bool) -> Result<Change, Error> {
        let refunded = Refunded {
            version: self.refunded.version + 1,
            amount: Book::checked(self.back.checked_add(amount))?,
            uncarried: Book::checked(self.refunded.uncarried.checked_add(uncarried))?,
            voided,
            ..self.refunded.clone()
        };
        let key = Key::Refunded(refunded.tenant, refunded.entry);
        Ok(Change::Put(key, Record::Refunded(refunded.into())))
    }
}
