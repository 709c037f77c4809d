//! Purses that somebody shares with the person whose job it is.

use tympan_core::error::Code;
use tympan_core::ids::UserId;
use tympan_core::ledger::Shared;
use tympan_core::records::SharedOrder;

use super::ledger::{Line, Refusal};
use super::model::{Feed, Person, Purse, Revision, Tenant, Unit};
use super::purses::{Desk, Giver, Need, Take};
use crate::calendar::Calendar;

/// Whether somebody shares purses with a person.
fn shares(sharer: &Person, person: &Person) -> bool {
    let with = sharer
        .shares_with
        .as_deref()
        .and_then(|with| with.split_once(':'));
    with.is_some_and(|(word, which)| match word {
        "group" => person.groups.keys().any(|group| group.to_string() == which),
        _ => {
            let code = person.account_code.as_deref();
            code.is_some_and(|code| code.to_lowercase() == which.to_lowercase())
        }
    })
}

/// Whom a job names who shares purses with the person.
pub(super) fn sharer_of(
    tenant: &Tenant,
    user: i64,
    shared: Option<&Shared>,
) -> Result<Option<(i64, SharedOrder)>, Refusal> {
    let Some(shared) = shared else {
        return Ok(None);
    };
    let sharer = tenant.find(&shared.user).ok_or(Code::UnknownUser)?;
    let who = vec![("user", UserId(sharer).to_string())];
    let (person, of) = (tenant.people.get(&user), tenant.people.get(&sharer));
    let (person, of) = person.zip(of).ok_or(Code::UnknownUser)?;
    if !of.active {
        return Err(Refusal(Code::UserInactive, who));
    }
    if sharer == user || !shares(of, person) {
        return Err(Refusal(Code::NotShared, who));
    }
    Ok(Some((sharer, shared.order)))
}

impl Desk {
    /// Opens a person's purses, and those that somebody shares with them: both at one time.
    pub(super) fn open_shared(
        tenant: &Tenant,
        user: i64,
        sharer: Option<(i64, SharedOrder)>,
        clock: i64,
        calendar: &mut Calendar,
    ) -> Result<Self, Code> {
        let Some((sharer, order)) = sharer else {
            return Self::open(tenant, user, clock, calendar);
        };
        let (mut desk, theirs) = Self::open_both(tenant, (user, sharer), clock, calendar)?;
        desk.sharer = Some((Box::new(theirs), order));
        Ok(desk)
    }

    /// The purses of two people, both at one time.
    pub(super) fn open_both(
        tenant: &Tenant,
        (one, other): (i64, i64),
        clock: i64,
        calendar: &mut Calendar,
    ) -> Result<(Self, Self), Code> {
        let first = Self::open(tenant, one, clock, calendar)?;
        let second = Self::open(tenant, other, first.now, calendar)?;
        if second.now == first.now {
            return Ok((first, second));
        }
        let first = Self::open(tenant, one, second.now, calendar)?;
        Ok((first, second))
    }

    /// The desk of who shares purses still, and when a job takes from them.
    fn giving(&self) -> Option<(&Self, SharedOrder)> {
        let (sharer, order) = self.sharer.as_ref()?;
        let gives = sharer.person.active && shares(&sharer.person, &self.person);
        gives.then_some((&**sharer, *order))
    }

    fn is_shared_only(&self) -> bool {
        matches!(self.sharer, Some((_, SharedOrder::Only)))
    }

    /// The plans that limit a job.
    pub(super) fn limiting_plans(&self) -> &[(i64, Revision)] {
        match (self.is_shared_only(), self.giving()) {
            (false, _) => &self.plans,
            (true, Some((sharer, _))) => &sharer.plans,
            (true, None) => &[],
        }
    }

    /// What a job needs of a unit, and who gives it.
    pub(super) fn need(&self, unit: Unit, amount: i128) -> Need {
        let theirs = |sharer: &Self| -> Vec<Giver> {
            let need = sharer.need_of_own(unit.clone(), 0);
            let there = |giver: &Giver| sharer.purses.purses.contains_key(&giver.feed);
            let mut feeds: Vec<Feed> = need
                .from
                .iter()
                .filter(|giver| there(giver))
                .map(|giver| giver.feed)
                .collect();
            let own = Feed::Own(unit.number());
            if unit.is_money() && !feeds.contains(&own) && sharer.purses.purses.contains_key(&own) {
                feeds.push(own);
            }
            feeds
                .into_iter()
                .map(|feed| Giver::of(feed.shared()))
                .collect()
        };
        match self.giving() {
            None if self.is_shared_only() => Need {
                unit,
                amount,
                denied: 0,
                from: Vec::new(),
                owes: None,
                finish: None,
                without_limit: None,
            },
            None => self.need_of_own(unit, amount),
            Some((sharer, SharedOrder::Only)) => {
                let need = sharer.need_of_own(unit, amount);
                Need {
                    from: need
                        .from
                        .iter()
                        .map(|giver| Giver::of(giver.feed.shared()))
                        .collect(),
                    owes: need.owes.map(Feed::shared),
                    finish: need.finish.map(|(feed, how)| (feed.shared(), how)),
                    without_limit: need.without_limit.map(Feed::shared),
                    ..need
                }
            }
            Some((sharer, order)) => {
                let mut from = theirs(sharer);
                let mut need = self.need_of_own(unit, amount);
                match order {
                    SharedOrder::First => {
                        from.append(&mut need.from);
                        need.from = from;
                    }
                    _ => need.from.append(&mut from),
                }
                need
            }
        }
    }

    /// A purse, be it shared.
    pub(super) fn purse(&self, feed: Feed) -> Option<&Purse> {
        match (feed.of_sharer(), &self.sharer) {
            (Some(feed), Some((sharer, _))) => sharer.purses.purses.get(&feed),
            (Some(_), None) => None,
            (None, _) => self.purses.purses.get(&feed),
        }
    }

    pub(super) fn purse_mut(&mut self, feed: Feed) -> Option<&mut Purse> {
        match (feed.of_sharer(), &mut self.sharer) {
            (Some(feed), Some((sharer, _))) => sharer.purses.purses.get_mut(&feed),
            (Some(_), None) => None,
            (None, _) => self.purses.purses.get_mut(&feed),
        }
    }

    /// What a hold keeps aside, the person's own purses first.
    pub(super) fn aside(&self, hold: i64) -> Vec<(Feed, i128)> {
        let of_hold = |desk: &Self| -> Vec<(Feed, i128)> {
            let aside = desk.purses.aside.iter();
            let aside = aside.filter(|((of, _), _)| *of == hold);
            aside.map(|((_, feed), amount)| (*feed, *amount)).collect()
        };
        let mut all = of_hold(self);
        if let Some((sharer, _)) = &self.sharer {
            let theirs = of_hold(sharer).into_iter();
            all.extend(theirs.map(|(feed, amount)| (feed.shared(), amount)));
        }
        all
    }

    /// Keeps nothing aside for a hold any more.
    pub(super) fn forget(&mut self, hold: i64) {
        self.purses.aside.retain(|(of, _), _| *of != hold);
        if let Some((sharer, _)) = &mut self.sharer {
            sharer.forget(hold);
        }
    }

    pub(super) fn keep_aside(&mut self, hold: i64, feed: Feed, amount: i128) {
        match (feed.of_sharer(), &mut self.sharer) {
            (Some(feed), Some((sharer, _))) => sharer.keep_aside(hold, feed, amount),
            _ => {
                self.purses.aside.insert((hold, feed), amount);
            }
        }
    }

    /// Where the person's own line of a receipt is that takes nothing.
    pub(super) fn own_record(&self, home: &Unit) -> (Feed, Unit) {
        match self.purses.purses.first_key_value() {
            Some((feed, purse)) => (*feed, purse.unit.clone()),
            None => (Feed::Own(home.number()), home.clone()),
        }
    }

    /// The lines of a receipt: the person's own first, and one of nothing if there is none.
    pub(super) fn own_first(&self, takes: Vec<Take>, home: &Unit) -> Vec<Take> {
        if self.sharer.is_none() {
            return takes;
        }
        let is_own = |take: &Take| take.feed.of_sharer().is_none();
        let (mut own, shared): (Vec<Take>, Vec<Take>) = takes.into_iter().partition(is_own);
        if own.is_empty() {
            let (feed, unit) = self.own_record(home);
            own.push(Take {
                feed,
                unit,
                amount: 0,
                debt: 0,
                carried: 0,
                denied: 0,
            });
        }
        own.extend(shared);
        own
    }
}

/// Who shares the purses that lines of a receipt are on.
pub(super) fn sharer_in(desk: &Desk, lines: &[Line]) -> Option<i64> {
    let shared = lines.iter().any(|line| line.feed.of_sharer().is_some());
    let sharer = desk.sharer.as_ref().filter(|_| shared);
    sharer.map(|(sharer, _)| sharer.user)
}
