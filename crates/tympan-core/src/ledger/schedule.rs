//! Schedules, run lazily: whoever touches a wallet sees it as if its schedule had run on time.
//!
//! Between two runs nothing changes that a schedule rests on: whatever changes whether a user is
//! active, which profile the user has, or in which groups the user is, settles the user's wallets
//! first; plans change by revisions that say from when on. So it does not matter when, how often and by whom a schedule is
//! run: the entries are the same, each with the instant at which it was due.

use crate::command::Context;
use crate::error::Error;
use crate::ids::GroupId;
use crate::ledger::book::{Book, blank};
use crate::ledger::due::Keeps;
use crate::records::{
    Entry, PlanOwner, PlanRevision, PlansInForce, Request, User, Verb, Wallet, WalletKey,
    WalletKind, plan_owners,
};
use crate::schedule::{Fed, Feeding};
use crate::time::Timestamp;

/// Does whatever fell due: feeds the wallets of every plan of a user's profile and groups, opening
/// those that are not there yet, and gives back holds that expired, in each wallet in the order of time.
pub(super) fn run(book: &mut Book<'_>, context: &mut Context<'_>) -> Result<(), Error> {
    let config = book.config;
    let sharer = book.other.as_ref().map(|sharer| sharer.user);
    for user in std::iter::once(book.own.user).chain(sharer) {
        for (owner, since) in plan_owners(user) {
            for revisions in config.plans_of(owner) {
                feed(book, context, revisions, (user, since))?;
            }
        }
    }
    book.give_back_expired(context, None, book.now)
}

/// Makes up for what was missed while a user was inactive who is active from now on: once, if the
/// plan says so.
pub(super) fn resume(
    book: &mut Book<'_>,
    context: &mut Context<'_>,
    keeps: Keeps,
) -> Result<(), Error> {
    let user = book.own.user;
    let is_kept = |plan: &&PlanRevision| match plan.owner {
        PlanOwner::Profile(_) => keeps == Keeps::All,
        PlanOwner::Group(_) => true,
    };
    let plans: PlansInForce<'_> = book.own.all_plans().filter(is_kept).collect();
    for plan in plans {
        let missed = |wallet: &Wallet| wallet.missed && !plan.suspended;
        let Some(index) = book.position(wallet_key(user, plan)) else {
            continue;
        };
        if missed(book.wallet(index)?) {
            make_up(book, context, index, plan, book.now, plan.run_if_missed)?;
        }
    }
    Ok(())
}

/// Takes back what is left in the wallets that the plans of a group feed whose member the user is
/// no longer: what open holds keep aside stays until it is resolved, and nothing is taken that is
/// not there.
pub(super) fn leave(
    book: &mut Book<'_>,
    context: &mut Context<'_>,
    group: GroupId,
) -> Result<(), Error> {
    let user = book.own.user;
    for revisions in book.config.plans_of(group.into()) {
        let key = revisions.first().map(|plan| wallet_key(user, plan));
        let Some(index) = key.and_then(|key| book.position(key)) else {
            continue;
        };
        book.wallet_mut(index)?.taken_back = Some(0);
        take_back(book, context, index, None)?;
    }
    Ok(())
}

/// Takes back what became free in a wallet whose group the user left: since when, if it fell due.
pub(super) fn take_back(
    book: &mut Book<'_>,
    context: &mut Context<'_>,
    index: usize,
    due_at: Option<Timestamp>,
) -> Result<(), Error> {
    let wallet = book.wallet(index)?;
    let (left, free) = (wallet.taken_back, wallet.available(0));
    let Some(before) = left.filter(|_| free > 0) else {
        return Ok(());
    };
    let mut entry = blank(Verb::Leave);
    entry.due_at = due_at;
    entry.amount = Book::checked(free.checked_neg())?;
    book.write(context, index, entry)?;
    book.wallet_mut(index)?.taken_back = Some(Book::checked(before.checked_add(free))?);
    Ok(())
}

/// Gives again what was taken back, to a user who is in the group again.
fn rejoin(
    book: &mut Book<'_>,
    context: &mut Context<'_>,
    index: usize,
    since: Timestamp,
) -> Result<(), Error> {
    let Some(amount) = book.wallet_mut(index)?.taken_back.take() else {
        return Ok(());
    };
    if amount > 0 {
        let mut entry = blank(Verb::Rejoin);
        entry.due_at = Some(since);
        entry.amount = amount;
        book.write(context, index, entry)?;
    }
    Ok(())
}

/// The wallet that a plan feeds for a user.
pub(super) fn wallet_key(user: &User, plan: &PlanRevision) -> WalletKey {
    WalletKey {
        owner: user.id.0,
        kind: WalletKind::Allowance,
        feed: plan.plan.0,
    }
}

/// Feeds a user's wallet of one plan, whose revisions these are, up to now. `since`: when the user came
/// to what carries the plan.
fn feed(
    book: &mut Book<'_>,
    context: &mut Context<'_>,
    revisions: &[PlanRevision],
    (user, since): (&User, Timestamp),
) -> Result<(), Error> {
    let now = book.now;
    let Some(current) = revisions.iter().rfind(|plan| plan.effective_from <= now) else {
        return Ok(());
    };
    let index = match book.position(wallet_key(user, current)) {
        Some(index) => index,
        None => match open(book, context, revisions, (user, since))? {
            Some(index) => index,
            None => return Ok(()),
        },
    };
    rejoin(book, context, index, since)?;
    let wallet = book.wallet(index)?;
    // Whoever is back is seen to now, not when something is due next: what was missed is given, and
    // what comes into force later for the time before is no longer theirs.
    let is_back = wallet.settled_at < since;
    // A plan that is suspended is due next never; what passes by is missed all the same, and by whoever
    // has the plan then.
    let passed = || current.timetable().next(wallet.settled_at);
    let is_missed = || current.suspended && passed().is_some_and(|due| due <= now);
    // Who is active and has the plan has nothing missed; at one instant, that may be new since the
    // wallet was settled.
    let is_made_up_for = wallet.missed && user.active && !current.suspended && !current.ended;
    let is_settled = !is_back
        && !is_missed()
        && !is_made_up_for
        && wallet.revision == current.revision
        && wallet.next_due_at.is_none_or(|due| due > now);
    if is_settled {
        return Ok(());
    }
    walk(book, context, index, revisions, (user, since))?;
    let wallet = book.wallet_mut(index)?;
    // What was done when the clock showed more is not done again.
    let next = match current.ended || current.suspended {
        true => None,
        false => current.timetable().next(now.max(wallet.settled_at)),
    };
    wallet.revision = current.revision;
    wallet.next_due_at = next;
    Ok(())
}

/// Opens a plan's wallet with its first grant, due when the plan began to apply to the user,
/// whatever its schedule; none if it never did.
fn open(
    book: &mut Book<'_>,
    context: &mut Context<'_>,
    revisions: &[PlanRevision],
    (user, came): (&User, Timestamp),
) -> Result<Option<usize>, Error> {
    let Some(first) = revisions.first() else {
        return Ok(None);
    };
    let since = came.max(first.effective_from);
    let begun = |plan: &&PlanRevision| plan.effective_from <= since;
    let plan = revisions.iter().rfind(begun).unwrap_or(first);
    let mut later = revisions
        .iter()
        .filter(|later| (since..=book.now).contains(&later.effective_from));
    if plan.ended && later.all(|later| later.ended) {
        return Ok(None);
    }
    let index = book.open_wallet(wallet_key(user, plan), plan.measure, since);
    let joins = matches!(plan.owner, PlanOwner::Group(_)) && since == came;
    let mut entry = blank(if joins { Verb::Join } else { Verb::Grant });
    entry.due_at = Some(since);
    entry.amount = if plan.ended { 0 } else { plan.amount };
    book.wallet_mut(index)?.given = entry.amount;
    book.write(context, index, entry)?;
    Ok(Some(index))
}

/// Walks what fell due, each instant under the revision in force then.
fn walk(
    book: &mut Book<'_>,
    context: &mut Context<'_>,
    index: usize,
    revisions: &[PlanRevision],
    (user, since): (&User, Timestamp),
) -> Result<(), Error> {
    let mut was_away = false;
    for (place, plan) in revisions.iter().enumerate() {
        let next = revisions.get(place + 1).map(|next| next.effective_from);
        // An instant at which a revision begins is decided by that revision.
        let end = next
            .filter(|next| *next <= book.now)
            .map_or(book.now, |next| next.plus_millis(-1));
        if plan.effective_from <= end && book.wallet(index)?.settled_at <= end {
            let stretch = Stretch {
                index,
                plan,
                active: user.active,
                since,
                end,
            };
            stretch.walk(book, context, &mut was_away)?;
        }
    }
    Ok(())
}

/// The time during which one revision is in force, as far as it is walked.
struct Stretch<'a> {
    index: usize,
    plan: &'a PlanRevision,
    /// Whether the user is.
    active: bool,
    /// When the user came to what carries the plan.
    since: Timestamp,
    /// Its last instant.
    end: Timestamp,
}

impl Stretch<'_> {
    fn walk(
        &self,
        book: &mut Book<'_>,
        context: &mut Context<'_>,
        was_away: &mut bool,
    ) -> Result<(), Error> {
        let (plan, end) = (self.plan, self.end);
        let (settled, seen, missed) = {
            let wallet = book.wallet(self.index)?;
            (wallet.settled_at, wallet.revision, wallet.missed)
        };
        let back = self.since;
        let mut cursor = settled.max(plan.effective_from.plus_millis(-1));
        if cursor < back {
            // The user had another profile, or was not in the group. What was due meanwhile is not the user's; but whoever
            // comes back after it was due is given to as somebody who comes new.
            *was_away |= self.is_due(cursor, back.min(end));
            if end < back {
                return Ok(());
            }
            cursor = back;
            book.wallet_mut(self.index)?.settled_at = back;
        }
        let begins = plan.effective_from.max(back);
        let gives = self.active && !plan.suspended && !plan.ended;
        // Revisions before the one that was seen last had their turn.
        let resumes = settled < back || seen <= plan.revision;
        if *was_away || (missed && resumes) {
            if gives {
                let at = begins.max(settled);
                let gives_once = *was_away || plan.run_if_missed;
                make_up(book, context, self.index, plan, at, gives_once)?;
                cursor = if gives_once { at } else { cursor };
            } else {
                book.wallet_mut(self.index)?.missed = true;
            }
            *was_away = false;
        }
        if gives {
            self.give(book, context, cursor)
        } else {
            self.miss(book, cursor)
        }
    }

    fn is_due(&self, after: Timestamp, until: Timestamp) -> bool {
        let next = self.plan.timetable().next(after);
        !self.plan.ended && next.is_some_and(|due| due <= until)
    }

    /// Gives at every instant at which the plan is due.
    fn give(
        &self,
        book: &mut Book<'_>,
        context: &mut Context<'_>,
        mut cursor: Timestamp,
    ) -> Result<(), Error> {
        let timetable = self.plan.timetable();
        while let Some(due) = timetable.next(cursor).filter(|due| *due <= self.end) {
            let changed = reset(book, context, self.index, self.plan, due)?;
            cursor = due;
            let wallet = book.wallet_mut(self.index)?;
            if !changed && wallet.used_by_day.is_empty() {
                // Then the next one changes nothing either, and so on to the last.
                wallet.settled_at = timetable.last(self.end).unwrap_or(due);
                break;
            }
        }
        Ok(())
    }

    /// Lets pass by what is due.
    fn miss(&self, book: &mut Book<'_>, cursor: Timestamp) -> Result<(), Error> {
        if self.is_due(cursor, self.end) {
            let last = self.plan.timetable().last(self.end);
            let wallet = book.wallet_mut(self.index)?;
            wallet.missed = true;
            wallet.settled_at = last.unwrap_or(self.end);
        }
        Ok(())
    }
}

/// Ends that something was missed; with it, the plan gives once.
fn make_up(
    book: &mut Book<'_>,
    context: &mut Context<'_>,
    index: usize,
    plan: &PlanRevision,
    at: Timestamp,
    gives_once: bool,
) -> Result<(), Error> {
    book.wallet_mut(index)?.missed = false;
    if gives_once {
        reset(book, context, index, plan, at)?;
    }
    Ok(())
}

/// What a plan does to its wallet at one instant; an instant that changes nothing writes no entry.
/// Whether it changed anything.
fn reset(
    book: &mut Book<'_>,
    context: &mut Context<'_>,
    index: usize,
    plan: &PlanRevision,
    due: Timestamp,
) -> Result<bool, Error> {
    let key = book.wallet(index)?.key();
    book.give_back_expired(context, Some(key), due)?;
    let wallet = book.wallet_mut(index)?;
    // A clock that went back since makes up for what it showed; what was due until then is done with.
    wallet.settled_at = wallet.settled_at.max(due);
    let before = wallet.balance;
    let Some(fed) = feeding(wallet).run(plan.timetable(), plan.verb, plan.amount, due) else {
        return Ok(false);
    };
    let mut entry = fed_line(wallet, before, &fed)?;
    entry.due_at = Some(due);
    book.write(context, index, entry)?;
    Ok(true)
}

/// Does what a plan does to its wallet, now and because somebody asks for it. The schedule goes on
/// as if nothing had been asked.
pub(super) fn reset_by_hand(
    book: &mut Book<'_>,
    context: &mut Context<'_>,
    index: usize,
    plan: &PlanRevision,
) -> Result<(), Error> {
    let wallet = book.wallet_mut(index)?;
    let before = wallet.balance;
    let nothing = Fed {
        balance: before,
        paid: 0,
    };
    let fed = feeding(wallet).by_hand(plan.verb, plan.amount);
    let mut entry = fed_line(wallet, before, &fed.unwrap_or(nothing))?;
    entry.request = Request::ResetAllowance;
    book.write(context, index, entry)
}

fn feeding(wallet: &mut Wallet) -> Feeding<'_> {
    Feeding {
        balance: wallet.balance,
        used: &mut wallet.used,
        given: &mut wallet.given,
        window: &mut wallet.used_by_day,
        carried: wallet.carried,
    }
}

/// The line that says what a wallet was fed, which counts what it paid of what was carried.
fn fed_line(wallet: &mut Wallet, before: i64, fed: &Fed) -> Result<Entry, Error> {
    wallet.spent = Book::checked(wallet.spent.checked_add(fed.paid))?;
    let mut entry = blank(Verb::Reset);
    entry.amount = Book::checked(fed.balance.checked_sub(before))?;
    entry.carried = (fed.paid > 0).then_some(-fed.paid);
    Ok(entry)
}
