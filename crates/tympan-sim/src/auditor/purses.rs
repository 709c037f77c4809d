//! What is in purses: what plans fed, what holds keep aside, what a job takes from which.

use tympan_core::error::Code;
use tympan_core::records::SharedOrder;

use super::model::{
    Feed, HoldState, Low, Person, Profile, Purse, Purses, Revision, Tenant, Terms, Unit,
};
use crate::calendar::Calendar;

/// The lowest balance of a plan's purse, so that the plan can always feed it again.
const LOWEST_ALLOWANCE: i128 = -(1 << 62);

/// Everything that one command may look at and change of a person's purses.
pub(super) struct Desk {
    pub(super) person: Person,
    pub(super) now: i64,
    pub(super) purses: Purses,
    /// The plans that apply, in the order in which they are emptied: plan, revision.
    pub(super) plans: Vec<(i64, Revision)>,
    /// The plans in force that others of the same unit push aside.
    pub(super) pushed_aside: Vec<(i64, Revision)>,
    /// Holds whose time was over.
    pub(super) expired: Vec<i64>,
    /// Balances that fell below a threshold.
    pub(super) low: Vec<Low>,
    pub(super) user: i64,
    pub(super) written: bool,
    /// The desk of who shares purses with the person, and when a job takes from them.
    pub(super) sharer: Option<(Box<Desk>, SharedOrder)>,
}

/// One purse's part of a job.
#[derive(Clone, Debug)]
pub(super) struct Take {
    pub(super) feed: Feed,
    pub(super) unit: Unit,
    pub(super) amount: i128,
    pub(super) debt: i128,
    /// What comes off what is fed next.
    pub(super) carried: i128,
    pub(super) denied: i128,
}

/// What a job needs of one unit.
#[derive(Clone, Debug)]
pub(super) struct Need {
    pub(super) unit: Unit,
    pub(super) amount: i128,
    /// What was refused before anybody was asked.
    pub(super) denied: i128,
    pub(super) from: Vec<Giver>,
    /// Who owes what is missing, if nothing else is said.
    pub(super) owes: Option<Feed>,
    /// In which purse, and how, a job finishes that a little is there for.
    pub(super) finish: Option<(Feed, &'static str)>,
    /// Who gives what nobody else has, if nothing limits the job.
    pub(super) without_limit: Option<Feed>,
}

/// A purse that gives: what is promised in any case, and as a rule what else it has.
#[derive(Clone, Copy, Debug)]
pub(super) struct Giver {
    pub(super) feed: Feed,
    pub(super) promised: i128,
    pub(super) only_that: bool,
}

impl Giver {
    pub(super) fn of(feed: Feed) -> Self {
        Self {
            feed,
            promised: 0,
            only_that: false,
        }
    }
}

impl Need {
    pub(super) fn promised(&self) -> i128 {
        self.from.iter().map(|giver| giver.promised).sum()
    }
}

/// What is short.
#[derive(Clone, Debug)]
pub(super) struct Short {
    pub(super) feed: Feed,
    pub(super) unit: Unit,
    pub(super) needed: i128,
    pub(super) available: i128,
    pub(super) next_reset_at: Option<i64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Beyond {
    Refuse,
    Aside,
    Available,
    Owe,
}

/// A number that must fit into 63 bits and a sign.
pub(super) fn fits(number: i128) -> Result<i128, Code> {
    i64::try_from(number)
        .map(i128::from)
        .map_err(|_| Code::AmountOverflow)
}

/// The nearest number that fits.
pub(super) fn nearest(number: i128) -> i128 {
    number.clamp(i128::from(i64::MIN), i128::from(i64::MAX))
}

impl Desk {
    /// Opens a person's purses as they stand at a time: what expired is given back, and every plan
    /// has fed them on time.
    pub(super) fn open(
        tenant: &Tenant,
        user: i64,
        clock: i64,
        calendar: &mut Calendar,
    ) -> Result<Self, Code> {
        let Some(person) = tenant.people.get(&user) else {
            return Err(Code::UnknownUser);
        };
        let purses = tenant.purses.get(&user).cloned().unwrap_or_default();
        let joined = person.groups.values().copied().max().unwrap_or(0);
        let now = clock
            .max(purses.latest)
            .max(person.profile_since)
            .max(joined);
        let fed_by = fed_by(tenant, person);
        let policy = tenant.profiles.get(&person.profile);
        let policy = policy.map_or("sum", |profile| profile.stacking.as_str());
        let (plans, pushed_aside) = stacked(policy, in_force(&fed_by, now));
        let mut desk = Self {
            person: person.clone(),
            now,
            plans,
            pushed_aside,
            purses,
            expired: Vec::new(),
            low: Vec::new(),
            user,
            written: false,
            sharer: None,
        };
        desk.give_back_expired(tenant);
        for (carrier, since) in fed_by {
            for (plan, revisions) in &carrier.plans {
                desk.feed(*plan, revisions, since, calendar)?;
            }
        }
        Ok(desk)
    }

    fn give_back_expired(&mut self, tenant: &Tenant) {
        let over: Vec<(i64, Feed)> = self
            .purses
            .aside
            .keys()
            .filter(|(hold, _)| {
                let hold = tenant.holds.get(hold);
                hold.is_some_and(|hold| hold.expires_at <= self.now)
            })
            .copied()
            .collect();
        for (hold, feed) in over {
            let amount = self.purses.aside.remove(&(hold, feed)).unwrap_or(0);
            if let Some(purse) = self.purses.purses.get_mut(&feed) {
                purse.held -= amount;
            }
            self.expired.push(hold);
            self.written = true;
        }
        self.written |= self.purses.empty_what_was_left();
    }

    /// `balance + overdraft − held`.
    pub(super) fn available(&self, feed: Feed) -> i128 {
        if let (Some(feed), Some((sharer, _))) = (feed.of_sharer(), &self.sharer) {
            return sharer.available(feed);
        }
        let Some(purse) = self.purses.purses.get(&feed) else {
            return 0;
        };
        nearest(nearest(purse.balance + self.overdraft(feed)) - purse.held)
    }

    pub(super) fn overdraft(&self, feed: Feed) -> i128 {
        let mut plans = self.plans.iter().chain(&self.pushed_aside);
        let plan = plans.find(|(plan, _)| Feed::Plan(*plan) == feed);
        plan.map_or(0, |(_, revision)| revision.terms.overdraft)
    }

    /// What a job needs, unit by unit.
    pub(super) fn needs(
        &self,
        counted: &dyn Fn(&Unit) -> i128,
        cost: Option<(Unit, i128)>,
        home: &Unit,
    ) -> Vec<Need> {
        let mut units: Vec<Unit> = self
            .limiting_plans()
            .iter()
            .map(|(_, revision)| revision.terms.unit.clone())
            .chain(cost.iter().map(|(unit, _)| unit.clone()))
            .collect();
        units.sort();
        units.dedup();
        let mut needs = Vec::new();
        for unit in units {
            let amount = match &cost {
                Some((of, amount)) if *of == unit => *amount,
                _ if unit.is_money() => continue,
                _ => counted(&unit),
            };
            needs.push(self.need(unit, amount));
        }
        if needs.is_empty() {
            needs.push(self.need_of_own(home.clone(), 0));
        }
        needs
    }

    /// A need of which the person's own purses give.
    pub(super) fn need_of_own(&self, unit: Unit, amount: i128) -> Need {
        let plans = self
            .plans
            .iter()
            .filter(|(_, plan)| plan.terms.unit == unit);
        let warner = plans.clone().rfind(|(_, plan)| plan.terms.warns);
        let finish = plans.clone().rev().find_map(|(plan, revision)| {
            let how = revision.terms.finishes?;
            Some((Feed::Plan(*plan), how))
        });
        let mut feeds: Vec<Feed> = plans.map(|(plan, _)| Feed::Plan(*plan)).collect();
        let own = Feed::Own(unit.number());
        let free = !self.person.restricted;
        if unit.is_money() && (feeds.is_empty() || free || self.purses.purses.contains_key(&own)) {
            feeds.push(own);
        }
        let without_limit = match warner {
            Some((plan, _)) => Some(Feed::Plan(*plan)),
            None if free => feeds.last().copied(),
            None => None,
        };
        Need {
            unit,
            amount,
            denied: 0,
            owes: feeds.last().copied(),
            from: feeds.into_iter().map(Giver::of).collect(),
            finish,
            without_limit,
        }
    }

    /// Lets purses keep what a hold put aside in them, even those that nothing feeds any more.
    pub(super) fn promise(
        &self,
        needs: &mut Vec<Need>,
        aside: &[(Feed, i128)],
        counted: &dyn Fn(&Unit) -> i128,
    ) {
        for (feed, amount) in aside {
            let Some(purse) = self.purse(*feed) else {
                continue;
            };
            if !needs.iter().any(|need| need.unit == purse.unit) {
                needs.push(Need {
                    unit: purse.unit.clone(),
                    amount: 0,
                    denied: 0,
                    from: Vec::new(),
                    owes: None,
                    finish: None,
                    without_limit: None,
                });
            }
            for need in needs.iter_mut().filter(|need| need.unit == purse.unit) {
                let known = need.from.iter_mut().find(|giver| giver.feed == *feed);
                match known {
                    Some(giver) => giver.promised = *amount,
                    None => need.from.insert(
                        0,
                        Giver {
                            feed: *feed,
                            promised: *amount,
                            only_that: true,
                        },
                    ),
                }
            }
        }
        for need in needs {
            if need.from.iter().all(|giver| giver.only_that) {
                let needed = match need.unit.is_money() {
                    true => need.amount,
                    false => counted(&need.unit),
                };
                need.amount = needed.min(need.promised());
            }
        }
    }

    /// Who gives how much; a need's first line says what nobody gave.
    pub(super) fn share(
        &self,
        needs: &[Need],
        beyond: Beyond,
        calendar: &mut Calendar,
    ) -> Result<Vec<Take>, Short> {
        let mut takes: Vec<Take> = Vec::new();
        for need in needs {
            let mut lines: Vec<Take> = Vec::new();
            let line = |feed: Feed, amount: i128, debt: i128| Take {
                feed,
                unit: need.unit.clone(),
                amount,
                debt,
                carried: 0,
                denied: 0,
            };
            let mut denied = need.denied;
            let mut missing = need.amount;
            for giver in &need.from {
                let free = self.available(giver.feed).max(0);
                let gives = if giver.only_that {
                    giver.promised
                } else {
                    free.max(giver.promised)
                };
                let amount = missing.min(gives);
                if amount > 0 {
                    lines.push(line(giver.feed, amount, (amount - free).max(0)));
                    missing -= amount;
                }
            }
            let started = missing < need.amount;
            let how = match (need.without_limit, need.finish, beyond) {
                _ if missing <= 0 => None,
                (Some(feed), _, _) => Some((feed, "give")),
                (_, _, Beyond::Available) => Some((Feed::Own(0), "forgive")),
                (_, Some(_), Beyond::Aside) if started => Some((Feed::Own(0), "forgive")),
                (_, Some(finish), Beyond::Refuse) if started => Some(finish),
                (_, Some(finish), Beyond::Owe) => Some(finish),
                (_, None, Beyond::Owe) => {
                    let last = need.from.last().map(|giver| giver.feed);
                    let owes = need.owes.or(last);
                    Some(owes.map_or((Feed::Own(0), "forgive"), |feed| (feed, "owe")))
                }
                _ => return Err(self.short(need, calendar)),
            };
            match how {
                None => {}
                Some((_, "forgive")) => denied += missing,
                Some((feed, word)) => {
                    if !lines.iter().any(|line| line.feed == feed) {
                        lines.push(line(feed, 0, 0));
                    }
                    for line in lines.iter_mut().filter(|line| line.feed == feed) {
                        match word {
                            "carry" => line.carried += missing,
                            _ => line.amount += missing,
                        }
                        line.debt += if word == "owe" { missing } else { 0 };
                    }
                }
            }
            if let (true, Some(first)) = (lines.is_empty(), need.from.first()) {
                lines.push(line(first.feed, 0, 0));
            }
            if let Some(first) = lines.first_mut() {
                first.denied = denied;
            }
            takes.extend(lines);
        }
        Ok(takes)
    }

    fn short(&self, need: &Need, calendar: &mut Calendar) -> Short {
        let mut available = 0;
        let mut next_reset_at: Option<i64> = None;
        for giver in &need.from {
            available = nearest(available + self.available(giver.feed).max(0));
            let next = self.next_reset(giver.feed, calendar);
            next_reset_at = [next_reset_at, next].into_iter().flatten().min();
        }
        Short {
            feed: need.from.first().map_or(Feed::Own(0), |giver| giver.feed),
            unit: need.unit.clone(),
            needed: need.amount,
            available,
            next_reset_at,
        }
    }

    pub(super) fn next_reset(&self, feed: Feed, calendar: &mut Calendar) -> Option<i64> {
        if let (Some(feed), Some((sharer, _))) = (feed.of_sharer(), &self.sharer) {
            return sharer.next_reset(feed, calendar);
        }
        let (_, plan) = self
            .plans
            .iter()
            .find(|(plan, _)| Feed::Plan(*plan) == feed)?;
        let purse = self.purses.purses.get(&feed)?;
        if !self.person.active || plan.terms.suspended {
            return None;
        }
        // What was done when the clock showed more is not done again.
        calendar.next(&plan.terms.timetable, self.now.max(purse.due_at))
    }

    /// Writes a line: the purse is opened by its first.
    pub(super) fn write(
        &mut self,
        feed: Feed,
        unit: &Unit,
        amount: i128,
        held: i128,
    ) -> Result<(i128, i128), Code> {
        if let (Some(feed), Some((sharer, _))) = (feed.of_sharer(), &mut self.sharer) {
            return sharer.write(feed, unit, amount, held);
        }
        let since = self.now;
        let purse = self.purses.purses.entry(feed).or_insert_with(|| Purse {
            unit: unit.clone(),
            balance: 0,
            held: 0,
            spent: 0,
            due_at: since,
            fed_until: since,
            missed: false,
            seen: 0,
            used: 0,
            gone: None,
            carried: 0,
            period: 0,
            given: 0,
            by_day: Vec::new(),
        });
        let before = purse.balance;
        purse.balance = fits(before + fits(amount)?)?;
        purse.held = fits(purse.held + held)?;
        if matches!(feed, Feed::Plan(_)) && purse.balance < LOWEST_ALLOWANCE {
            return Err(Code::AmountOverflow);
        }
        self.written = true;
        let (balance, held) = (purse.balance, purse.held);
        self.note_low(feed, before, balance);
        Ok((balance, held))
    }

    /// Takes note of every threshold that a balance falls below, by the terms in force now.
    pub(super) fn note_low(&mut self, feed: Feed, before: i128, balance: i128) {
        let Feed::Plan(plan) = feed else { return };
        let in_force = self.plans.iter().chain(&self.pushed_aside);
        let terms = in_force.filter(|(number, _)| *number == plan);
        for threshold in terms.flat_map(|(_, revision)| &revision.terms.thresholds) {
            let limit = i128::from(*threshold);
            if before >= limit && balance < limit {
                self.low.push(Low {
                    user: self.user,
                    plan,
                    threshold: *threshold,
                    before,
                    balance,
                });
            }
        }
    }

    /// Keeps what was written.
    pub(super) fn close(mut self, tenant: &mut Tenant, user: i64) {
        if let Some((sharer, _)) = self.sharer.take() {
            let of = sharer.user;
            sharer.close(tenant, of);
        }
        self.written |= self.purses.empty_what_was_left();
        if self.written {
            self.purses.latest = self.now;
        }
        tenant.low.append(&mut self.low);
        for hold in self.expired {
            if let Some(hold) = tenant.holds.get_mut(&hold)
                && hold.state == HoldState::Open
            {
                hold.state = HoldState::Expired;
                hold.resolved_at = hold.expires_at;
            }
        }
        if let Some(person) = tenant.people.get_mut(&user) {
            person.was_active = self.person.was_active;
        }
        tenant.purses.insert(user, self.purses);
    }
}

impl Purses {
    /// Takes what is free out of purses whose group their person left; whether there was anything.
    pub(super) fn empty_what_was_left(&mut self) -> bool {
        let mut any = false;
        for purse in self.purses.values_mut() {
            let free = purse.balance - purse.held;
            if let Some(gone) = purse.gone.as_mut().filter(|_| free > 0) {
                *gone += free;
                purse.balance -= free;
                any = true;
            }
        }
        any
    }

    /// Whether what is to be taken out of them can be told in a number at all.
    pub(super) fn can_be_emptied(&self) -> bool {
        self.purses.values().all(|purse| {
            let free = (purse.balance - purse.held).max(0);
            purse.gone.is_none_or(|gone| fits(gone + free).is_ok())
        })
    }
}

/// What has plans for a person, and since when.
fn fed_by<'a>(tenant: &'a Tenant, person: &Person) -> Vec<(&'a Profile, i64)> {
    let profile = tenant.profiles.get(&person.profile);
    let groups = person.groups.iter();
    let groups = groups.filter_map(|(group, since)| Some((tenant.groups.get(group)?, *since)));
    let profile = profile.map(|profile| (profile, person.profile_since));
    profile.into_iter().chain(groups).collect()
}

/// Plans with the revisions in force.
type InForce = Vec<(i64, Revision)>;

/// Which plans apply by a policy, and which do not.
fn stacked(policy: &str, plans: InForce) -> (InForce, InForce) {
    let size = |terms: &Terms| (terms.warns, terms.amount, terms.overdraft);
    let wins = |one: &Revision, place: usize| {
        let mut others = plans.iter().enumerate();
        others.all(|(at, (_, other))| {
            let (mine, theirs) = (size(&one.terms), size(&other.terms));
            let is_first = match policy {
                "max" => mine > theirs || (mine == theirs && place <= at),
                "strictest" => mine < theirs || (mine == theirs && place <= at),
                "priority" => place <= at,
                _ => true,
            };
            other.terms.unit != one.terms.unit || is_first
        })
    };
    let winners: Vec<bool> = plans
        .iter()
        .enumerate()
        .map(|(place, (_, plan))| wins(plan, place))
        .collect();
    let (won, lost): (Vec<_>, Vec<_>) = plans.into_iter().zip(winners).partition(|(_, wins)| *wins);
    let plain =
        |plans: Vec<((i64, Revision), bool)>| plans.into_iter().map(|(plan, _)| plan).collect();
    (plain(won), plain(lost))
}

/// The revisions in force at a time, without those that ended, by priority, then plan.
fn in_force(fed_by: &[(&Profile, i64)], at: i64) -> Vec<(i64, Revision)> {
    let mut plans: Vec<(i64, Revision)> = fed_by
        .iter()
        .flat_map(|(carrier, _)| &carrier.plans)
        .filter_map(|(plan, revisions)| {
            let current = revisions.iter().rfind(|revision| revision.from <= at)?;
            (!current.ended).then(|| (*plan, current.clone()))
        })
        .collect();
    plans.sort_by_key(|(plan, revision)| (revision.terms.priority, *plan));
    plans
}
