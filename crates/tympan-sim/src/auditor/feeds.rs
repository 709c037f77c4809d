//! What plans did to purses, told from the history of the plan and of the person.

use chrono::TimeDelta;
use tympan_core::error::Code;

use super::model::{Feed, Person, Purse, Revision, Terms};
use super::purses::{Desk, fits};
use crate::calendar::{Calendar, Timetable};

/// The highest balance that is added to.
const HIGHEST: i128 = 1 << 62;

/// What happened to a plan or its person, in the order in which it counts at one instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    /// A revision of the plan began that nobody had looked at.
    Begun,
    /// The plan was due.
    Due,
    /// The person came back to the plan's profile or group.
    Back,
    /// The person was active again.
    Active,
}

impl Person {
    /// Whether the person was active before an instant, or with `after` from it on.
    fn was_active_at(&self, at: i64, after: bool) -> bool {
        let counts = |(from, _): &&(i64, bool)| *from < at || (after && *from == at);
        let last = self.was_active.iter().rfind(counts);
        last.or(self.was_active.first())
            .is_some_and(|(_, active)| *active)
    }

    /// Whether the person was active at an instant at which a plan was due, or began. New terms may be
    /// due before the purse was looked at last, for a clock that went back: then what was so at the last
    /// look counts.
    fn was_active_when_due(&self, at: i64, looked_at: i64) -> bool {
        if at <= looked_at {
            self.was_active_at(looked_at, true)
        } else {
            self.was_active_at(at, false)
        }
    }

    /// Whether the person is active now counts from an instant on: what a clock showed that went
    /// back since counts no longer.
    pub(super) fn forget_active_after(&mut self, at: i64) {
        let before = self.was_active.len();
        self.was_active.retain(|(from, _)| *from <= at);
        if self.was_active.len() < before {
            self.was_active.push((at, self.active));
        }
    }

    /// Takes note of a change.
    pub(super) fn set_active(&mut self, at: i64, active: bool) {
        if self.active != active {
            self.was_active.push((at, active));
        }
        self.active = active;
    }
}

impl Desk {
    /// Tells what a plan did to its purse since it was looked at last; `back`: since when the person
    /// has what the plan belongs to.
    pub(super) fn feed(
        &mut self,
        plan: i64,
        revisions: &[Revision],
        back: i64,
        calendar: &mut Calendar,
    ) -> Result<(), Code> {
        let feed = Feed::Plan(plan);
        let begun = revisions.iter().any(|revision| revision.from <= self.now);
        if !begun || !(self.purses.purses.contains_key(&feed) || self.first(feed, revisions, back))
        {
            return Ok(());
        }
        let Some(purse) = self.purses.purses.get_mut(&feed) else {
            return Ok(());
        };
        let mut balances = vec![purse.balance];
        let (person, now) = (&self.person, self.now);
        if let Some(gone) = purse.gone.take() {
            purse.balance += gone;
            balances.push(purse.balance);
            self.written |= gone > 0;
        }
        let mut away = purse.due_at < back;
        let mut passed = false;
        let mut made_up = None;
        let looked_at = purse.fed_until;
        for (at, event) in events((person, back), revisions, purse, now, calendar) {
            let Some(current) = revisions.iter().rfind(|revision| revision.from <= at) else {
                continue;
            };
            let mut run = |purse: &mut Purse| {
                let changed = reset(purse, current, at, calendar);
                balances.push(purse.balance);
                changed
            };
            if matches!(event, Event::Due | Event::Back) && !(event == Event::Due && away) {
                purse.due_at = at;
            }
            match event {
                Event::Begun if away || !purse.missed => {}
                Event::Begun if current.feeds() && person.was_active_when_due(at, looked_at) => {
                    purse.missed = false;
                    if current.terms.run_if_missed {
                        self.written |= run(purse)?;
                        (purse.due_at, made_up) = (at.max(purse.due_at), Some(at));
                    }
                }
                Event::Begun => {}
                Event::Due if away => passed = true,
                Event::Due
                    if current.terms.suspended || !person.was_active_when_due(at, looked_at) =>
                {
                    purse.missed = true;
                }
                Event::Due if made_up == Some(at) => {}
                Event::Due => self.written |= run(purse)?,
                Event::Active if away || !current.feeds() => {}
                Event::Back | Event::Active => {
                    let returned = event == Event::Back && std::mem::take(&mut passed);
                    away = false;
                    if !current.feeds() || !person.was_active_at(at, true) {
                        purse.missed |= returned;
                    } else {
                        if returned || (purse.missed && current.terms.run_if_missed) {
                            self.written |= run(purse)?;
                            (purse.due_at, made_up) = (at.max(purse.due_at), Some(at));
                        }
                        purse.missed = false;
                    }
                }
            }
        }
        purse.fed_until = now.max(purse.fed_until);
        let begun = revisions.iter().filter(|revision| revision.from <= now);
        purse.seen = begun.count();
        for (before, after) in balances.iter().zip(balances.iter().skip(1)) {
            self.note_low(feed, *before, *after);
        }
        Ok(())
    }

    /// Opens a purse with what its plan gave when it began to apply; false if it never did.
    fn first(&mut self, feed: Feed, revisions: &[Revision], back: i64) -> bool {
        let Some(first) = revisions.first() else {
            return false;
        };
        let since = back.max(first.from);
        let then = revisions.iter().rfind(|revision| revision.from <= since);
        let then = then.unwrap_or(first);
        let revived = |later: &Revision| (since..=self.now).contains(&later.from) && !later.ended;
        if then.ended && !revisions.iter().any(revived) {
            return false;
        }
        let balance = if then.ended { 0 } else { then.terms.amount };
        self.person.forget_active_after(self.now);
        let purse = Purse {
            unit: then.terms.unit.clone(),
            balance,
            held: 0,
            spent: 0,
            due_at: since,
            // A plan may be new since a clock went back: whether its person was active before anybody
            // looked, nobody knows; what is so now counts.
            fed_until: self.now.max(since),
            missed: false,
            seen: 0,
            used: 0,
            gone: None,
            carried: 0,
            period: 0,
            given: balance,
            by_day: Vec::new(),
        };
        self.purses.purses.insert(feed, purse);
        self.written = true;
        true
    }
}

/// Everything that happened since a purse was looked at last, in order.
fn events(
    (person, back): (&Person, i64),
    revisions: &[Revision],
    purse: &Purse,
    now: i64,
    calendar: &mut Calendar,
) -> Vec<(i64, Event)> {
    let mut events = Vec::new();
    for (place, revision) in revisions.iter().enumerate() {
        let until = revisions.get(place + 1).map_or(i64::MAX, |next| next.from);
        let begins = revision.from.max(purse.due_at);
        if place >= purse.seen && begins <= now && begins < until {
            events.push((begins, Event::Begun));
        }
        let mut last = purse.due_at.max(revision.from - 1);
        while let Some(due) = calendar.next(&revision.terms.timetable, last) {
            if due > now || due >= until || revision.ended {
                break;
            }
            events.push((due, Event::Due));
            last = due;
        }
    }
    if purse.due_at < back {
        events.push((back, Event::Back));
    }
    let again = person.was_active.iter().skip(1);
    let again = again.filter(|(at, active)| *active && *at >= purse.fed_until && *at <= now);
    events.extend(again.map(|(at, _)| (*at, Event::Active)));
    events.sort_unstable();
    events
}

/// Feeds a purse; whether that changed anything.
fn reset(
    purse: &mut Purse,
    revision: &Revision,
    at: i64,
    calendar: &mut Calendar,
) -> Result<bool, Code> {
    let terms = &revision.terms;
    let freed = match terms.timetable.schedule.strip_prefix("rolling:") {
        Some(days) => roll(
            purse,
            &terms.timetable,
            days.parse().unwrap_or(0),
            at,
            calendar,
        ),
        None => {
            purse.by_day.clear();
            purse.used
        }
    };
    let changed = give(purse, terms, freed)?;
    purse.period += u64::from(changed);
    Ok(changed)
}

/// Feeds a purse because somebody asks for it: all that jobs took counts, and it is on record
/// whatever it changes.
pub(super) fn reset_by_hand(purse: &mut Purse, revision: &Revision) -> Result<(), Code> {
    purse.by_day.clear();
    give(purse, &revision.terms, purse.used)?;
    purse.period += 1;
    Ok(())
}

fn give(purse: &mut Purse, terms: &Terms, freed: i128) -> Result<bool, Code> {
    let (before, amount) = (purse.balance, terms.amount);
    let up_to = |cap: i128| before.max(cap.min(before + amount));
    let (verb, cap) = terms.verb.split_once(':').unwrap_or((&terms.verb, "0"));
    let after = match verb {
        "set_to" => amount,
        "add" => up_to(HIGHEST),
        "add_up_to" => up_to(cap.parse().unwrap_or(0)),
        "raise_to" => before.max(amount),
        _ => (before + freed + amount - purse.given).min(before.max(HIGHEST)),
    };
    fits(after - before)?;
    let given = if verb == "set_to" {
        amount
    } else {
        after - before
    };
    let off = purse.carried.min(given).max(0);
    let after = after - off;
    purse.carried -= off;
    purse.spent = fits(purse.spent + off)?;
    purse.balance = after;
    purse.used += off - freed;
    purse.given = amount;
    Ok(after != before || freed != 0 || off != 0)
}

/// What jobs took on days that are looked back on no longer.
fn roll(
    purse: &mut Purse,
    timetable: &Timetable,
    days: i64,
    at: i64,
    calendar: &mut Calendar,
) -> i128 {
    let mut day = |at| calendar.day_of_last(timetable, at).unwrap_or_default();
    let (yesterday, today) = (day(at - 1), day(at));
    let known: i128 = purse.by_day.iter().map(|(_, amount)| amount).sum();
    purse.by_day.push((yesterday, purse.used - known));
    let gone = |(day, _): &(chrono::NaiveDate, i128)| *day <= today - TimeDelta::days(days);
    let freed = purse.by_day.iter().filter(|line| gone(line));
    let freed = freed.map(|(_, amount)| amount).sum();
    purse.by_day.retain(|line| !gone(line));
    freed
}
