//! Which wallets give how much: all of what a job needs, of every measure, or nothing.

use smallvec::SmallVec;

use crate::error::Error;
use crate::ledger::book::{Book, own_funds_key};
use crate::ledger::party::Party;
use crate::ledger::price::Price;
use crate::ledger::schedule::wallet_key;
use crate::ledger::shared::shares;
use crate::ledger::usage::Usage;
use crate::measure::Measure;
use crate::records::{HoldPart, PlanRevision, PlansInForce, SharedOrder, User, WhenExhausted};
use crate::time::Timestamp;

/// How much of a measure a job needs, and the wallets that may give it, in order.
#[derive(Debug)]
pub(super) struct Demand {
    measure: Measure,
    amount: i64,
    /// What was cut off already.
    denied: i64,
    sources: SmallVec<[Source; 4]>,
    /// Where whatever nothing covers is counted, if nothing limits the job.
    without_limit: Option<usize>,
    /// What owes what nothing covers and is taken all the same, if no plan says otherwise.
    owes: Option<usize>,
    /// What becomes of what nothing covers once something of it is there, and in which wallet.
    finish: Option<(usize, WhenExhausted)>,
}

/// A wallet that may give.
#[derive(Clone, Copy, Debug)]
struct Source {
    wallet: usize,
    /// What a hold kept aside in it: that much it gives in any case.
    kept: i64,
    /// Whether it gives more than that.
    in_force: bool,
}

impl Source {
    fn new(wallet: usize) -> Self {
        Self {
            wallet,
            kept: 0,
            in_force: true,
        }
    }
}

impl Demand {
    /// What a hold kept aside for it.
    fn kept(&self) -> Result<i64, Error> {
        let mut kept = 0;
        for source in &self.sources {
            kept = Book::checked(source.kept.checked_add(kept))?;
        }
        Ok(kept)
    }

    /// What becomes of what no wallet covers.
    fn rest(&self, missing: i64, beyond: Beyond) -> Rest {
        if missing <= 0 {
            return Rest::Nothing;
        }
        if let Some(wallet) = self.without_limit {
            return Rest::Taken(wallet);
        }
        // A job may start while something is available.
        let starts = missing < self.amount;
        match (self.finish, beyond) {
            (_, Beyond::TakeAvailable) => Rest::Denied,
            (Some((_, WhenExhausted::FinishAndForgive)), Beyond::Owe) => Rest::Denied,
            (Some((wallet, WhenExhausted::FinishAndCarry)), Beyond::Owe) => Rest::Carried(wallet),
            (Some((wallet, _)), Beyond::Owe) => Rest::Owed(wallet),
            (None, Beyond::Owe) => {
                let last = self.sources.last().map(|source| source.wallet);
                self.owes.or(last).map_or(Rest::Denied, Rest::Owed)
            }
            (Some(_), Beyond::SetAside) if starts => Rest::Denied,
            (Some(_), Beyond::Refuse) if starts => self.rest(missing, Beyond::Owe),
            (_, Beyond::Refuse | Beyond::SetAside) => Rest::Refused,
        }
    }

    /// Cuts the demand down to what a hold kept aside for it.
    pub(super) fn limit_to_kept(&mut self) -> Result<(), Error> {
        let cut = (self.amount - self.kept()?).max(0);
        self.amount -= cut;
        self.denied += cut;
        Ok(())
    }
}

/// What becomes of what no wallet covers.
enum Rest {
    /// There is nothing left.
    Nothing,
    /// The job is refused.
    Refused,
    /// The job does not get it, or does not pay it.
    Denied,
    /// A wallet gives it, for nothing limits the job.
    Taken(usize),
    /// A wallet owes it.
    Owed(usize),
    /// The plan of a wallet takes it off what it gives next.
    Carried(usize),
}

/// What a job needs of each measure.
pub(super) type Demands = SmallVec<[Demand; 2]>;

/// What one wallet gives.
#[derive(Debug)]
pub(super) struct Take {
    pub(super) wallet: usize,
    pub(super) amount: i64,
    /// How much of it lies below the wallet's limit, where the rules set one.
    pub(super) debt: i64,
    /// What is taken off what the wallet's plan gives next.
    pub(super) carried: i64,
    /// What the job needed of the wallet's measure and does not get; told once for each measure.
    pub(super) denied: i64,
}

impl Take {
    /// A line on record that takes nothing.
    pub(super) fn nothing(wallet: usize) -> Self {
        Self {
            wallet,
            amount: 0,
            debt: 0,
            carried: 0,
            denied: 0,
        }
    }
}

/// What the wallets give.
pub(super) type Takes = SmallVec<[Take; 4]>;

/// What is missing.
#[derive(Debug)]
pub(super) struct Shortage {
    pub(super) wallet: usize,
    pub(super) needed: i64,
    pub(super) available: i64,
    pub(super) next_reset_at: Option<Timestamp>,
}

/// What to do about more than there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Beyond {
    /// Nothing is taken, unless a plan lets the job finish.
    Refuse,
    /// Nothing is set aside, unless a plan lets the job finish: then what there is.
    SetAside,
    /// What there is is taken.
    TakeAvailable,
    /// The last wallet owes the rest, or what the plan says becomes of it that lets jobs finish.
    Owe,
}

/// What a job needs of each measure that a plan in force or its price limits, and the user's profile
/// records.
/// On shared wallets alone, their plans limit it, and no others.
pub(super) fn demands(
    book: &mut Book<'_>,
    (usage, price): (&Usage, Option<Price>),
    shared: Option<SharedOrder>,
) -> Result<Demands, Error> {
    let limits = limiting(book, shared);
    let plans = limits.map_or_else(PlansInForce::new, |party| party.plans.clone());
    let cost = price.map(|price| (Measure::Cost(price.currency), price.cost_micros));
    let mut measures: SmallVec<[Measure; 4]> = plans.iter().map(|plan| plan.measure).collect();
    measures.extend(cost.map(|(measure, _)| measure));
    measures.sort_unstable();
    measures.dedup();
    let tracking = book.config.tracking(book.own.user.profile);
    measures.retain(|measure| tracking.records(*measure));
    let mut demands = Demands::new();
    for measure in measures {
        let amount = match (measure, cost) {
            (Measure::Cost(_), Some((of, amount))) if of == measure => amount,
            (Measure::Cost(_), _) => continue,
            (measure, _) => usage.of(measure),
        };
        demands.push(demand(book, measure, amount, shared)?);
    }
    if demands.is_empty() {
        // Nothing limits the job and nothing prices it; its record still needs a wallet.
        let measure = Measure::Cost(book.config.tenant.currency);
        demands.push(demand(book, measure, 0, None)?);
    }
    Ok(demands)
}

/// Whose rules limit a job: those of the user, or on shared wallets alone those of who shares them,
/// if anybody does any more.
fn limiting<'b, 'a>(book: &'b Book<'a>, shared: Option<SharedOrder>) -> Option<&'b Party<'a>> {
    match shared {
        Some(SharedOrder::Only) => book.other.as_ref().filter(|sharer| gives(book, sharer)),
        None | Some(SharedOrder::First | SharedOrder::Last) => Some(&book.own),
    }
}

/// Whether somebody shares wallets with the user still: a hold may be older.
fn gives(book: &Book<'_>, sharer: &Party<'_>) -> bool {
    sharer.user.active && shares(sharer.user, book.own.user)
}

fn demand(
    book: &mut Book<'_>,
    measure: Measure,
    amount: i64,
    shared: Option<SharedOrder>,
) -> Result<Demand, Error> {
    let mut demand = Demand {
        measure,
        amount,
        denied: 0,
        sources: SmallVec::new(),
        without_limit: None,
        owes: None,
        finish: None,
    };
    if let Some(party) = limiting(book, shared) {
        let (user, plans) = (party.user, party.plans.clone());
        limit(&mut demand, book, user, &plans)?;
    }
    let sharer = book.other.as_ref().filter(|sharer| gives(book, sharer));
    if let (Some(order), Some(sharer)) = (shared, sharer) {
        let (user, plans) = (sharer.user, sharer.plans.clone());
        let shared = || sources(book, user, &plans, measure);
        match order {
            SharedOrder::Only => {}
            SharedOrder::First => demand.sources.insert_many(0, shared()),
            SharedOrder::Last => demand.sources.extend(shared()),
        }
    }
    Ok(demand)
}

/// Lets a user's wallets give, and their plans say what becomes of what nothing covers.
fn limit(
    demand: &mut Demand,
    book: &mut Book<'_>,
    user: &User,
    plans: &PlansInForce<'_>,
) -> Result<(), Error> {
    let measure = demand.measure;
    let of_measure = || plans.iter().filter(|plan| plan.measure == measure);
    let warns = |plan: &&&PlanRevision| plan.when_exhausted == WhenExhausted::Warn;
    let finishes = |plan: &&&PlanRevision| plan.when_exhausted.finishes();
    demand.sources = sources(book, user, plans, measure);
    let has_own_funds =
        || -> Result<bool, Error> { Ok(book.position(own_funds_key(user, measure)?).is_some()) };
    if matches!(measure, Measure::Cost(_))
        && (demand.sources.is_empty() || !user.restricted)
        && !has_own_funds()?
    {
        let own_funds = book.own_funds_of(user, measure)?;
        demand.sources.push(Source::new(own_funds));
    }
    let wallet_of = |plan: &PlanRevision| book.position(wallet_key(user, plan));
    // What a plan only counts, it counts itself; what an unrestricted user owes is money to pay,
    // which no schedule may forgive.
    let last = demand.sources.last().map(|source| source.wallet);
    demand.owes = last;
    demand.without_limit = of_measure()
        .rfind(warns)
        .and_then(|plan| wallet_of(plan))
        .or_else(|| last.filter(|_| !user.restricted));
    demand.finish = of_measure()
        .rfind(finishes)
        .and_then(|plan| Some((wallet_of(plan)?, plan.when_exhausted)));
    Ok(())
}

/// The wallets of a user that are there and may give of a measure, in order.
fn sources(
    book: &Book<'_>,
    user: &User,
    plans: &PlansInForce<'_>,
    measure: Measure,
) -> SmallVec<[Source; 4]> {
    let of_measure = plans.iter().filter(|plan| plan.measure == measure);
    let keys = of_measure.map(|plan| wallet_key(user, plan));
    let own_funds = own_funds_key(user, measure).ok();
    let keys = keys.chain(own_funds);
    let found = keys.filter_map(|key| book.position(key));
    found.map(Source::new).collect()
}

/// Puts what the user's own wallets give before what shared ones give: the head of a receipt lies in
/// a wallet of whose job it is, and takes nothing if only others give.
pub(super) fn own_first(book: &mut Book<'_>, takes: Takes) -> Result<Takes, Error> {
    if book.other.is_none() {
        return Ok(takes);
    }
    let own = book.own.user.id.0;
    let (mut first, mut shared) = (Takes::new(), Takes::new());
    for take in takes {
        let is_own = book.wallet(take.wallet)?.owner == own;
        if is_own { &mut first } else { &mut shared }.push(take);
    }
    if first.is_empty() {
        first.push(Take::nothing(book.own_record()?));
    }
    first.extend(shared);
    Ok(first)
}

/// Lets wallets give what a hold kept aside in them, whatever feeds the user now: meanwhile the
/// profile may have been changed, or a plan have ended. A measure that nothing limits any more is
/// taken as far as it was held.
pub(super) fn keep(
    demands: &mut Demands,
    parts: &[HoldPart],
    book: &Book<'_>,
    usage: &Usage,
) -> Result<(), Error> {
    for part in parts {
        let Some(wallet) = book.position(part.wallet()) else {
            continue;
        };
        let measure = book.wallet(wallet)?.measure;
        let of_measure = demands.iter().position(|demand| demand.measure == measure);
        let place = of_measure.unwrap_or(demands.len());
        if of_measure.is_none() {
            demands.push(Demand {
                measure,
                amount: 0,
                denied: 0,
                sources: SmallVec::new(),
                without_limit: None,
                owes: None,
                finish: None,
            });
        }
        let Some(demand) = demands.get_mut(place) else {
            continue;
        };
        match demand
            .sources
            .iter_mut()
            .find(|source| source.wallet == wallet)
        {
            Some(source) => source.kept = part.amount,
            None => demand.sources.insert(
                0,
                Source {
                    wallet,
                    kept: part.amount,
                    in_force: false,
                },
            ),
        }
    }
    for demand in demands {
        if demand.sources.iter().all(|source| !source.in_force) {
            let needed = match demand.measure {
                Measure::Cost(_) => demand.amount,
                measure => usage.of(measure),
            };
            demand.amount = needed.min(demand.kept()?);
        }
    }
    Ok(())
}

/// Takes what is demanded. Each demand yields at least one line, so that it is on record.
pub(super) fn allocate(
    book: &Book<'_>,
    demands: &[Demand],
    beyond: Beyond,
) -> Result<Result<Takes, Shortage>, Error> {
    let mut takes = Takes::new();
    for demand in demands {
        let first = takes.len();
        let mut missing = demand.amount;
        for source in &demand.sources {
            let free = available(book, source.wallet)?.max(0);
            let given = if source.in_force {
                free.max(source.kept)
            } else {
                source.kept
            };
            let amount = missing.min(given);
            if amount > 0 {
                takes.push(Take {
                    amount,
                    // The limit may have moved since the hold was made.
                    debt: (amount - free).max(0),
                    ..Take::nothing(source.wallet)
                });
                missing -= amount;
            }
        }
        let mut denied = 0;
        match demand.rest(missing, beyond) {
            Rest::Nothing => {}
            Rest::Refused => return shortage(book, demand).map(Err),
            Rest::Denied => denied = missing,
            Rest::Taken(wallet) => take_more(&mut takes, first, wallet, missing, 0)?,
            Rest::Owed(wallet) => take_more(&mut takes, first, wallet, missing, missing)?,
            Rest::Carried(wallet) => carry(&mut takes, first, wallet, missing),
        }
        if let (true, Some(source)) = (takes.len() == first, demand.sources.first()) {
            takes.push(Take::nothing(source.wallet));
        }
        if let Some(take) = takes.get_mut(first) {
            take.denied = Book::checked(demand.denied.checked_add(denied))?;
        }
    }
    Ok(Ok(takes))
}

/// Lets a wallet give more than it has.
fn take_more(
    takes: &mut Takes,
    first: usize,
    wallet: usize,
    amount: i64,
    debt: i64,
) -> Result<(), Error> {
    let of_demand = takes.get_mut(first..).into_iter().flatten();
    if let Some(take) = of_demand.into_iter().find(|take| take.wallet == wallet) {
        take.amount = Book::checked(take.amount.checked_add(amount))?;
        take.debt = Book::checked(take.debt.checked_add(debt))?;
    } else {
        takes.push(Take {
            amount,
            debt,
            ..Take::nothing(wallet)
        });
    }
    Ok(())
}

/// Lets the plan of a wallet take something off what it gives next.
fn carry(takes: &mut Takes, first: usize, wallet: usize, amount: i64) {
    let of_demand = takes.get_mut(first..).into_iter().flatten();
    match of_demand.into_iter().find(|take| take.wallet == wallet) {
        Some(take) => take.carried = amount,
        None => takes.push(Take {
            carried: amount,
            ..Take::nothing(wallet)
        }),
    }
}

fn shortage(book: &Book<'_>, demand: &Demand) -> Result<Shortage, Error> {
    let mut sum = 0_i64;
    let mut next_reset_at = None;
    for source in &demand.sources {
        sum = sum.saturating_add(available(book, source.wallet)?.max(0));
        let wallet = book.wallet(source.wallet)?;
        next_reset_at = [next_reset_at, wallet.next_due_at]
            .into_iter()
            .flatten()
            .min();
    }
    let wallet = demand.sources.first().map_or(0, |source| source.wallet);
    Ok(Shortage {
        wallet,
        needed: demand.amount,
        available: sum,
        next_reset_at,
    })
}

/// How much a wallet has to give under the plans in force.
fn available(book: &Book<'_>, index: usize) -> Result<i64, Error> {
    let wallet = book.wallet(index)?;
    Ok(wallet.available(book.overdraft(wallet)))
}
