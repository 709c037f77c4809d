//! Adding up receipts, in the memory of one page.

use std::collections::BTreeMap;

use tympan_core::error::{Code, Error};
use tympan_core::ids::{TenantId, UserId};
use tympan_core::ledger::{KeptUsage, measure_of};
use tympan_core::measure::Measure;
use tympan_core::records::{Config, Entry, JobKind, Request, Verb};
use tympan_core::schedule::{Schedule, TimeOfDay, Timetable, Weekday};
use tympan_core::time::Timestamp;
use tympan_store::Snapshot;

use super::receipts::{Receipts, since, taken};
use super::subjects::Groups;
use super::{ReportBy, ReportEvery, ReportSubject, ReportTotal, RowPlace, UsageReport};

/// Receipts that are looked at together.
const CHUNK: usize = 1_000;

/// Measures of usage that every job has.
const MEASURES: [Measure; 12] = [
    Measure::TotalPages,
    Measure::ColourPages,
    Measure::MonoPages,
    Measure::Sheets,
    Measure::Impressions,
    Measure::Jobs,
    Measure::Scans,
    Measure::Faxes,
    Measure::Area,
    Measure::Length,
    Measure::Kilobytes,
    Measure::Points,
];

/// What was counted for one row.
pub(super) struct Counted {
    pub(super) place: RowPlace,
    pub(super) until: Option<Timestamp>,
    sums: Sums,
}

impl Counted {
    /// What comes to more than nothing.
    ///
    /// # Errors
    /// `amount_overflow`: a total does not fit into 63 bits.
    pub(super) fn totals(&self) -> Result<Vec<ReportTotal>, Error> {
        let all = self
            .sums
            .0
            .iter()
            .filter(|(_, sum)| **sum != Sum::default());
        all.map(|(measure, sum)| sum.total(*measure)).collect()
    }
}

/// A total under way: what is taken off it later may be what makes it fit.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Sum {
    used: i128,
    charged: i128,
    refunded: i128,
}

impl Sum {
    fn total(&self, measure: Measure) -> Result<ReportTotal, Error> {
        let told = |sum: i128| {
            let overflow =
                |_| Error::new(Code::AmountOverflow, "a total does not fit into 63 bits");
            i64::try_from(sum).map_err(overflow)
        };
        Ok(ReportTotal {
            measure,
            used: told(self.used)?,
            charged: told(self.charged)?,
            refunded: told(self.refunded)?,
        })
    }
}

/// Totals by measure.
#[derive(Clone, Default)]
struct Sums(BTreeMap<Measure, Sum>);

impl Sums {
    fn of(&mut self, measure: Measure) -> &mut Sum {
        self.0.entry(measure).or_default()
    }

    fn add(&mut self, more: &Self) {
        for (measure, more) in &more.0 {
            let sum = self.of(*measure);
            sum.used += more.used;
            sum.charged += more.charged;
            sum.refunded += more.refunded;
        }
    }
}

/// One thing to count: what was taken for a job, or given back of it.
struct Event {
    at: Timestamp,
    user: UserId,
    account_code: Option<String>,
    job_kind: JobKind,
    sums: Sums,
}

/// The stretch of time that an instant lies in.
#[derive(Clone, Copy)]
struct Stretch {
    since: Timestamp,
    until: Option<Timestamp>,
}

/// A report under way.
pub(super) struct Tally<'a> {
    report: &'a UsageReport,
    schedule: Option<Schedule>,
    after: Option<RowPlace>,
    most: usize,
    rows: BTreeMap<RowPlace, (Option<Timestamp>, Sums)>,
    stretch: Option<Stretch>,
}

impl<'a> Tally<'a> {
    /// A report of at most so many rows behind a place.
    pub(super) fn new(report: &'a UsageReport, after: Option<RowPlace>, most: u32) -> Self {
        Self {
            report,
            schedule: match report.every {
                ReportEvery::Period => None,
                ReportEvery::Day => Some(Schedule::Daily),
                ReportEvery::Week => Some(Schedule::Weekly(Weekday::Monday)),
                ReportEvery::Month => Some(Schedule::FIRST_OF_MONTH),
            },
            after,
            most: usize::try_from(most).unwrap_or(usize::MAX),
            rows: BTreeMap::new(),
            stretch: None,
        }
    }

    /// Counts everything, and gives the rows.
    pub(super) fn of(
        mut self,
        snapshot: &dyn Snapshot,
        tenant: TenantId,
        config: &Config,
    ) -> Result<Vec<Counted>, Error> {
        let mut groups = Groups::default();
        let asks_groups = self.report.by == ReportBy::Group || self.report.filter.group.is_some();
        let mut receipts = Receipts::after(snapshot, tenant, since(self.report.period.since));
        loop {
            let mut events = Vec::new();
            let mut seen = 0;
            for receipt in receipts.by_ref().take(CHUNK) {
                seen += 1;
                let receipt = receipt?;
                if self.is_within(&receipt) {
                    events.extend(event(snapshot, tenant, config, &receipt)?);
                }
            }
            if seen == 0 {
                break;
            }
            if asks_groups {
                let users = events.iter().map(|event| event.user);
                groups.learn(snapshot, tenant, users)?;
            }
            for event in events {
                self.count(event, &groups)?;
            }
        }
        let rows = self.rows.into_iter();
        let rows = rows.map(|(place, (until, sums))| Counted { place, until, sums });
        Ok(rows.collect())
    }

    fn is_within(&self, receipt: &[Entry]) -> bool {
        let first = receipt.first();
        first.is_some_and(|first| self.report.period.holds(first.at))
    }

    fn count(&mut self, event: Event, groups: &Groups) -> Result<(), Error> {
        let filter = &self.report.filter;
        let of = groups.of(event.user);
        let counts = filter.user.is_none_or(|user| user == event.user)
            && filter.group.is_none_or(|group| of.contains(&group))
            && filter.job_kind.is_none_or(|kind| kind == event.job_kind)
            && (filter.account_code.is_none() || filter.account_code == event.account_code);
        if !counts {
            return Ok(());
        }
        let stretch = self.stretch_of(event.at);
        let subjects = match self.report.by {
            ReportBy::Nothing => vec![ReportSubject::Everybody],
            ReportBy::User => vec![ReportSubject::User(event.user)],
            ReportBy::AccountCode => vec![ReportSubject::AccountCode(event.account_code)],
            ReportBy::Group if of.is_empty() => vec![ReportSubject::Group(None)],
            ReportBy::Group => {
                let of = of.iter().map(|group| ReportSubject::Group(Some(*group)));
                of.collect()
            }
        };
        for subject in subjects {
            self.add(stretch, subject, &event.sums);
        }
        Ok(())
    }

    /// Adds to a row of the page. A row that others push out of it is behind all of them, and so
    /// never comes back.
    fn add(&mut self, stretch: Stretch, subject: ReportSubject, sums: &Sums) {
        let since = stretch.since;
        let place = RowPlace { since, subject };
        if self.after.as_ref().is_some_and(|after| place <= *after) {
            return;
        }
        let last = self.rows.last_key_value().map(|(last, _)| last);
        if self.rows.len() >= self.most && last.is_some_and(|last| *last < place) {
            return;
        }
        let row = self.rows.entry(place);
        let (_, row) = row.or_insert_with(|| (stretch.until, Sums::default()));
        row.add(sums);
        if self.rows.len() > self.most {
            self.rows.pop_last();
        }
    }

    fn stretch_of(&mut self, at: Timestamp) -> Stretch {
        let Some(schedule) = &self.schedule else {
            return Stretch {
                since: Timestamp::EPOCH,
                until: None,
            };
        };
        let holds =
            |stretch: &Stretch| stretch.since <= at && stretch.until.is_none_or(|until| at < until);
        if let Some(known) = self.stretch.filter(holds) {
            return known;
        }
        let timetable = Timetable {
            schedule,
            time_of_day: TimeOfDay::MIDNIGHT,
            time_zone: self.report.time_zone,
        };
        let stretch = Stretch {
            since: timetable.last(at).unwrap_or_default(),
            until: timetable.next(at).or(Some(Timestamp::LATEST)),
        };
        self.stretch = Some(stretch);
        stretch
    }
}

/// What a receipt counts as, if it is about a job that was charged.
fn event(
    snapshot: &dyn Snapshot,
    tenant: TenantId,
    config: &Config,
    receipt: &[Entry],
) -> Result<Option<Event>, Error> {
    let Some(first) = receipt.first() else {
        return Ok(None);
    };
    let mut sums = Sums::default();
    let job = match (first.request, first.verb) {
        (
            Request::Charge | Request::Settle | Request::AssignUntracked,
            Verb::Charge | Verb::Settle,
        ) => {
            take(&mut sums, config, receipt);
            first.clone()
        }
        (Request::Refund | Request::Void, _) => {
            let job = taken(snapshot, tenant, first)?;
            give_back(&mut sums, config, receipt);
            if first.request == Request::Void {
                use_up(&mut sums, &job, -1);
            }
            match job.into_iter().next() {
                Some(job) => job,
                None => return Ok(None),
            }
        }
        _ => return Ok(None),
    };
    Ok(Some(Event {
        at: first.at,
        user: UserId(first.owner),
        account_code: job.account_code.as_deref().map(str::to_owned),
        job_kind: job.job_kind.unwrap_or(JobKind::Print),
        sums,
    }))
}

fn take(sums: &mut Sums, config: &Config, job: &[Entry]) {
    use_up(sums, job, 1);
    for line in job {
        let taken = i128::from(line.carried.unwrap_or(0)) - i128::from(line.amount);
        sums.of(measure_of(config, line.wallet())).charged += taken;
    }
}

fn give_back(sums: &mut Sums, config: &Config, back: &[Entry]) {
    for line in back {
        let given = i128::from(line.amount) - i128::from(line.carried.unwrap_or(0));
        sums.of(measure_of(config, line.wallet())).refunded += given;
    }
}

/// What a job used and cost, so many times.
fn use_up(sums: &mut Sums, job: &[Entry], times: i128) {
    let Some(first) = job.first() else {
        return;
    };
    let usage = first
        .usage
        .as_ref()
        .map(KeptUsage::usage)
        .unwrap_or_default();
    let own = MEASURES
        .iter()
        .map(|measure| (*measure, usage.of(*measure)));
    let custom = usage.custom_counts();
    let custom = custom.map(|(measure, count)| (Measure::Custom(measure), count));
    let cost = first
        .cost_micros
        .zip(first.currency)
        .map(|(cost, currency)| (Measure::Cost(currency), cost));
    for (measure, count) in own.chain(custom).chain(cost) {
        if count != 0 {
            sums.of(measure).used = i128::from(count) * times;
        }
    }
}
