//! One simulation: the same steps on every side, every answer compared and audited.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use sha2::{Digest, Sha256};
use tympan::{Code, Error, Handle, PageRequest, Period, ReportBy, ReportSubject, UsageReport};
use tympan_core::ids::UserId;
use tympan_core::ledger::{Counter, Extra, ReceiptLine, Thresholds};
use tympan_core::records::{Stacking, Verb};
use tympan_vault::hex;

use crate::ask::{Answer, Ask, Reply, in_full};
use crate::auditor::{Auditor, Figures};
use crate::chance::Chance;
use crate::clients;
use crate::dumped::Dumped;
use crate::fault::Fault;
use crate::interruption::{Interruption, is_interrupted};
use crate::question::{Heard, Question};
use crate::sides::{Kind, Side};
use crate::step::Step;
use crate::workload::{START_MS, Workload};

/// After so many steps the dumps are compared and everything is verified.
const CHECK_EVERY: usize = 500;

/// What to simulate.
#[derive(Clone, Debug)]
pub struct Plan {
    /// What everything follows from.
    pub seed: u64,
    /// How many steps.
    pub steps: usize,
    /// The stores, and what is wrong with each.
    pub sides: Vec<(Kind, Option<Fault>)>,
    /// How the auditor is misled.
    pub misled: Option<Fault>,
    /// Whether commits are interrupted, stores closed meanwhile, and commands asked again.
    pub interrupts: bool,
    /// How many clients share each store. With more than one, answers depend on which comes first:
    /// neither compared nor audited, they are held against what must be true in any order.
    pub clients: usize,
}

impl Plan {
    /// A simulation on both stores, with nothing wrong.
    #[must_use]
    pub fn new(seed: u64, steps: usize) -> Self {
        Self {
            seed,
            steps,
            sides: vec![(Kind::Memory, None), (Kind::Sqlite, None)],
            misled: None,
            interrupts: false,
            clients: 1,
        }
    }

    /// The same with a fault on the only side there is, but for one: no other store gives it away,
    /// the auditor and what is verified must.
    #[must_use]
    pub fn sabotaged(mut self, fault: Fault) -> Self {
        if fault.is_of_the_auditor() {
            self.misled = Some(fault);
            return self.on(&[Kind::Memory]);
        }
        self.sides = vec![(Kind::Memory, Some(fault))];
        if fault == Fault::ShortensLists {
            // Lists are compared, and nobody audits them.
            self.sides.insert(0, (Kind::Memory, None));
        }
        self
    }

    /// The same with commits that are interrupted.
    #[must_use]
    pub fn interrupting(mut self) -> Self {
        self.interrupts = true;
        self
    }

    /// The same with so many clients at once, which share the steps out among them.
    #[must_use]
    pub fn shared_by(mut self, clients: usize) -> Self {
        self.clients = clients;
        self
    }

    /// The same on these stores only.
    #[must_use]
    pub fn on(mut self, kinds: &[Kind]) -> Self {
        self.sides = kinds.iter().map(|kind| (*kind, None)).collect();
        self
    }
}

/// What came of a simulation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Commands that were answered.
    pub commands: usize,
    /// Those that were not refused.
    pub granted: usize,
    /// Entries at the end.
    pub entries: u64,
    /// The digest of every answer; of several clients none, since no two runs are the same.
    pub answers: String,
    /// The dump at the end.
    pub dump: Vec<u8>,
    /// Commands by name and outcome: how often each was seen.
    pub outcomes: BTreeMap<String, usize>,
}

impl Report {
    /// Counts a command that was answered.
    pub(crate) fn count(&mut self, ask: &Ask, answer: &Answer) {
        self.commands += 1;
        self.granted += usize::from(answer.is_ok());
        let outcome = match answer {
            Ok(_) => "granted",
            Err(error) => error.code().as_str(),
        };
        let shared = if is_shared(answer) { "Shared" } else { "" };
        let name = format!("{shared}{} {outcome}", ask.name());
        *self.outcomes.entry(name).or_default() += 1;
    }
}

/// Something that must not be.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The seed.
    pub seed: u64,
    /// At which step; with several clients the last.
    pub step: usize,
    /// Whether commits were interrupted.
    pub interrupts: bool,
    /// How many clients there were.
    pub clients: usize,
    /// Who found it: `stores`, `auditor`, `verify`, `dump`, `wallets`, `holds`, `untracked`,
    /// `totals`, `low balances` or `error`; with several clients also `receipts`, `repeats` or
    /// `panic`.
    pub by: &'static str,
    /// What was found.
    pub what: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            formatter,
            "seed {}, step {}, found by {}:",
            self.seed, self.step, self.by
        )?;
        writeln!(formatter, "{}", self.what)?;
        write!(
            formatter,
            "again: cargo run --release -p tympan-sim -- --seed {} --steps {}",
            self.seed,
            self.step + 1
        )?;
        if self.clients > 1 {
            write!(formatter, " --clients {}", self.clients)?;
        }
        formatter.write_str(if self.interrupts { " --faults" } else { "" })
    }
}

/// Runs a simulation in a folder of its own.
///
/// # Errors
/// The first thing that must not be.
pub fn simulate(plan: &Plan, folder: &Path) -> Result<Report, Failure> {
    if plan.clients > 1 {
        return clients::simulate(plan, folder);
    }
    let mut simulation = Simulation {
        seed: plan.seed,
        step: 0,
        workload: Workload::new(plan.seed),
        auditor: Auditor::default(),
        misled: plan.misled,
        interruptions: plan.interrupts.then(|| Chance::new(!plan.seed)),
        sides: Vec::new(),
        clock: START_MS,
        answers: Sha256::new(),
        report: Report::default(),
    };
    for (kind, fault) in &plan.sides {
        let side = Side::new(*kind, *fault, plan.seed, START_MS, folder);
        let side = side.map_err(|error| simulation.failure("error", error.to_string()))?;
        simulation.sides.push(side);
    }
    for step in 0..plan.steps {
        simulation.step = step;
        let next = simulation.workload.step();
        simulation.take(&next)?;
        if (step + 1) % CHECK_EVERY == 0 {
            simulation.take(&Step::Verify)?;
            simulation.take(&Step::Dump)?;
        }
    }
    for last in [Step::Verify, Step::Dump, Step::Reopen, Step::Dump] {
        simulation.take(&last)?;
    }
    simulation.end()
}

struct Simulation {
    seed: u64,
    step: usize,
    workload: Workload,
    auditor: Auditor,
    misled: Option<Fault>,
    /// Where interruptions are drawn from, if there are any.
    interruptions: Option<Chance>,
    sides: Vec<Side>,
    clock: i64,
    answers: Sha256,
    report: Report,
}

impl Simulation {
    fn failure(&self, by: &'static str, what: String) -> Failure {
        Failure {
            seed: self.seed,
            step: self.step,
            interrupts: self.interruptions.is_some(),
            clients: 1,
            by,
            what,
        }
    }

    fn error(&self, error: &Error) -> Failure {
        self.failure("error", error.to_string())
    }

    fn take(&mut self, step: &Step) -> Result<(), Failure> {
        match step {
            Step::Run { tenant, actor, ask } => self.run_one(*tenant, *actor, ask),
            Step::Batch {
                tenant,
                actor,
                asks,
            } => {
                let mut all = Vec::new();
                for side in &self.sides {
                    let handle = side.handle(*tenant, *actor);
                    let handle = handle.map_err(|error| self.error(&error))?;
                    all.push(Ask::run_all(asks, &handle));
                }
                self.compare(*tenant, *actor, asks, &all)
            }
            Step::May {
                tenant,
                user,
                permission,
                account,
            } => {
                let expected = self.auditor.may(*tenant, *user, permission, *account);
                for side in &self.sides {
                    let handle = side.handle(*tenant, None);
                    let may = handle.and_then(|handle| handle.may(*user, permission, *account));
                    if may.as_ref().ok() != Some(&expected) {
                        let name = side.name;
                        let what = format!("{step:?}\n{name}: {may:?}\nauditor: {expected}");
                        return Err(self.failure("auditor", what));
                    }
                }
                Ok(())
            }
            Step::Look {
                tenant,
                actor,
                question,
            } => self.look(*tenant, *actor, question),
            Step::Clock(now) => {
                self.clock = *now;
                for side in &self.sides {
                    side.set_clock(*now);
                }
                Ok(())
            }
            Step::Reopen => {
                for side in &mut self.sides {
                    let reopened = side.reopen();
                    if let Err(error) = reopened {
                        return Err(self.error(&error));
                    }
                }
                Ok(())
            }
            Step::Verify => self.verify(),
            Step::Dump => self.dump(),
        }
    }

    /// One command. Where its commit is interrupted and the answer says so, it is asked again, half
    /// of the times of a store that was closed meanwhile: the last answer is the one that counts.
    fn run_one(&mut self, tenant: i64, actor: Option<UserId>, ask: &Ask) -> Result<(), Failure> {
        let drawn = self.interruptions.as_mut().and_then(|chance| {
            let interruption = Interruption::drawn(chance, ask)?;
            Some((interruption, chance.one_in(2)))
        });
        let (mut all, mut first) = (Vec::new(), None);
        for place in 0..self.sides.len() {
            if let Some((interruption, _)) = drawn {
                self.side(place)?.arrange(Some(interruption));
            }
            let mut answer = self.ask(place, tenant, actor, ask)?;
            self.side(place)?.arrange(None);
            let text = in_full(&answer);
            if *first.get_or_insert_with(|| text.clone()) != text {
                let what = format!("{ask:?}\n{drawn:?} was answered otherwise: {text}");
                return Err(self.failure("stores", what));
            }
            if let Some((_, closes)) = drawn.filter(|_| is_interrupted(&answer)) {
                if closes {
                    let reopened = self.side(place)?.reopen();
                    reopened.map_err(|error| self.error(&error))?;
                }
                answer = self.ask(place, tenant, actor, ask)?;
            }
            all.push(vec![answer]);
        }
        self.compare(tenant, actor, std::slice::from_ref(ask), &all)
    }

    fn side(&mut self, place: usize) -> Result<&mut Side, Failure> {
        let failure = self.failure("stores", format!("there is no side {place}"));
        self.sides.get_mut(place).ok_or(failure)
    }

    fn ask(
        &mut self,
        place: usize,
        tenant: i64,
        actor: Option<UserId>,
        ask: &Ask,
    ) -> Result<Answer, Failure> {
        let handle = self.side(place)?.handle(tenant, actor);
        let handle = handle.map_err(|error| self.error(&error))?;
        Ok(ask.run(&handle))
    }

    /// Compares the answers of all sides, and has them audited.
    fn compare(
        &mut self,
        tenant: i64,
        actor: Option<UserId>,
        asks: &[Ask],
        all: &[Vec<Answer>],
    ) -> Result<(), Failure> {
        for (place, ask) in asks.iter().enumerate() {
            let answers: Vec<&Answer> = all.iter().filter_map(|side| side.get(place)).collect();
            let Some((first, others)) = answers.split_first() else {
                return Err(self.failure("stores", format!("no answer to {ask:?}")));
            };
            let text = in_full(first);
            let differ = others.iter().any(|other| in_full(other) != text);
            if differ || answers.len() != self.sides.len() {
                return Err(self.differing("stores", tenant, actor, ask, &answers, None));
            }
            self.answers.update(text.as_bytes());
            self.report.count(ask, first);
            if let Some((told, clock)) = self.told(ask) {
                let in_batch = asks.len() > 1;
                let pair = (&told, *first);
                let checked = self.auditor.check(tenant, actor, clock, pair, in_batch);
                if let Err(expected) = checked {
                    let expected = Some(expected.as_str());
                    return Err(self.differing("auditor", tenant, actor, ask, &answers, expected));
                }
            }
            self.workload.learn(tenant, ask, first);
        }
        Ok(())
    }

    /// Asks every side the same; how a user's wallets stand is audited too.
    fn look(
        &mut self,
        tenant: i64,
        actor: Option<UserId>,
        question: &Question,
    ) -> Result<(), Failure> {
        let mut first: Option<String> = None;
        for side in &self.sides {
            let handle = side.handle(tenant, actor);
            let handle = handle.map_err(|error| self.error(&error))?;
            let (said, heard) = question.ask(&handle);
            let text = said.text;
            let asked = || format!("tenant {tenant}, actor {actor:?}: {question:?}");
            if let Some(first) = first.as_ref().filter(|first| **first != text) {
                let name = side.name;
                let (one, two) = excerpts(first, &text);
                let what = format!("{}\nfirst: {one}\n{name}: {two}", asked());
                return Err(self.failure("stores", what));
            }
            let clock = self.clock;
            let audited = match (question, &heard) {
                (Question::Details(user), Some(Heard::Standings(standings))) => {
                    self.auditor.stands(tenant, user, clock, standings)
                }
                (Question::Quote(charge), Some(Heard::Quote(quoted))) => {
                    self.auditor.quotes((tenant, actor), charge, clock, quoted)
                }
                (Question::Untracked(limit), Some(Heard::Untracked(rows))) => {
                    let limit = usize::try_from(*limit).unwrap_or(usize::MAX);
                    self.auditor.lists(tenant, limit, rows)
                }
                _ => Ok(()),
            };
            if let Err(expected) = audited {
                let what = format!("{}\n{heard:?}\nauditor: {expected}", asked());
                return Err(self.failure("auditor", what));
            }
            first.get_or_insert(text);
        }
        self.answers.update(first.unwrap_or_default().as_bytes());
        Ok(())
    }

    fn differing(
        &self,
        by: &'static str,
        tenant: i64,
        actor: Option<UserId>,
        ask: &Ask,
        answers: &[&Answer],
        expected: Option<&str>,
    ) -> Failure {
        let mut what = format!(
            "tenant {tenant}, actor {actor:?}, clock {}: {ask:?}",
            self.clock
        );
        for (side, answer) in self.sides.iter().zip(answers) {
            what.push_str(&format!("\n{}: {}", side.name, in_full(answer)));
        }
        if let Some(expected) = expected {
            what.push_str(&format!("\nauditor: {expected}"));
        }
        self.failure(by, what)
    }

    /// What the auditor is told of a command, and of the time.
    fn told(&self, ask: &Ask) -> Option<(Ask, i64)> {
        let mut told = ask.clone();
        let mut clock = self.clock;
        match (self.misled, &mut told) {
            (Some(Fault::TellsAnotherPage), Ask::Charge(charge)) => {
                let pages = charge.usage.count(Counter::Pages).unwrap_or(0);
                charge
                    .usage
                    .set(Counter::Pages, Some(pages.saturating_add(1)));
            }
            (Some(Fault::TellsAnotherHour), _) => clock += 3_600_000,
            (Some(Fault::HidesPlanRevisions), Ask::EditProfile(edit)) => edit.plans.clear(),
            (Some(Fault::HidesPriceRevisions), Ask::EditPriceList(edit)) => edit.rules = None,
            (Some(Fault::HidesDeactivations), Ask::DeactivateUser(_)) => return None,
            (Some(Fault::HidesStacking), Ask::CreateProfile(made)) => {
                made.stacking = Stacking::Sum;
            }
            (Some(Fault::HidesStacking), Ask::EditProfile(edit)) => edit.stacking = None,
            (Some(Fault::HidesLeaving), Ask::EditUser(edit)) => edit.leave.clear(),
            (Some(Fault::TellsAnotherMode), Ask::Settle(settle)) => {
                settle.extra = match settle.extra {
                    Extra::Deny => Extra::TakeAndOwe,
                    Extra::TakeAvailable => Extra::Deny,
                    Extra::TakeAndOwe => Extra::TakeAvailable,
                };
            }
            (Some(Fault::HidesThresholds), Ask::CreateProfile(create)) => {
                for terms in &mut create.plans {
                    terms.low_balances = Thresholds::default();
                }
            }
            _ => {}
        }
        Some((told, clock))
    }

    fn verify(&mut self) -> Result<(), Failure> {
        for side in &self.sides {
            let verified = side.tympan().and_then(tympan::Tympan::verify);
            match verified {
                Ok(found) if found.is_sound() => self.report.entries = found.entries,
                Ok(found) => {
                    let what = format!("{}: {:?}", side.name, found.faults);
                    return Err(self.failure("verify", what));
                }
                Err(error) => return Err(self.error(&error)),
            }
        }
        Ok(())
    }

    fn dump(&mut self) -> Result<(), Failure> {
        let mut first: Option<Vec<u8>> = None;
        for side in &self.sides {
            let dump = side.dump().map_err(|error| self.error(&error))?;
            if let Some(first) = first.as_ref().filter(|first| **first != dump) {
                let what = format!("{}", FirstDifference(&self.sides, first, &dump, side.name));
                return Err(self.failure("dump", what));
            }
            first.get_or_insert(dump);
        }
        let dump = first.unwrap_or_default();
        self.audit(&dump)?;
        self.totals()?;
        self.report.dump = dump;
        Ok(())
    }

    /// Compares wallets and holds as they are stored with what the auditor thinks.
    fn audit(&self, dump: &[u8]) -> Result<(), Failure> {
        let dumped = Dumped::of(dump);
        let expected = self.auditor.wallets();
        if let Some(what) = first_difference(&dumped.wallets, &expected) {
            return Err(self.failure("wallets", what));
        }
        let expected = self.auditor.holds();
        let expected = expected
            .into_iter()
            .map(|(hold, state)| (hold, state.to_owned()))
            .collect();
        if let Some(what) = first_difference(&dumped.holds, &expected) {
            return Err(self.failure("holds", what));
        }
        if let Some(what) = first_difference(&dumped.untracked, &self.auditor.untracked()) {
            return Err(self.failure("untracked", what));
        }
        let low = dumped.low.told();
        let expected = self.auditor.low_balances();
        if low != expected {
            let different = low.iter().zip(&expected).find(|(one, other)| one != other);
            let counts = (low.len(), expected.len());
            let what = format!("told, auditor: {counts:?}, first difference {different:?}");
            return Err(self.failure("low balances", what));
        }
        Ok(())
    }

    /// Compares what reports say of all time with what the auditor adds up.
    fn totals(&self) -> Result<(), Failure> {
        for (tenant, expected) in self.auditor.totals() {
            let most = i128::from(i64::MAX);
            let fits = |(used, taken, back): &Figures| used.max(taken).max(back) <= &most;
            for side in &self.sides {
                let found = match side
                    .handle(tenant, None)
                    .and_then(|handle| reported(&handle))
                {
                    Ok(found) => found,
                    // Nothing was ever decided in the tenant, or more than a report can say.
                    Err(error) if error.code() == Code::UnknownTenant && expected.is_empty() => {
                        continue;
                    }
                    Err(error)
                        if error.code() == Code::AmountOverflow && !expected.values().all(fits) =>
                    {
                        continue;
                    }
                    Err(error) => return Err(self.error(&error)),
                };
                if let Some(what) = first_difference(&found, &expected) {
                    let what = format!("tenant {tenant}, {}: {what}", side.name);
                    return Err(self.failure("totals", what));
                }
            }
        }
        Ok(())
    }

    fn end(self) -> Result<Report, Failure> {
        let digest = self.answers.finalize();
        let answers = hex::encode(&digest);
        Ok(Report {
            answers,
            ..self.report
        })
    }
}

/// What a report says of all time, by user and measure, page by page.
fn reported(handle: &Handle) -> Result<BTreeMap<(i64, String), Figures>, Error> {
    let report = UsageReport::of(Period::ALL).by(ReportBy::User);
    let mut all = BTreeMap::new();
    let mut page = PageRequest::of(40);
    loop {
        let found = handle.report(&report, &page)?;
        for row in found.rows {
            let ReportSubject::User(user) = row.subject else {
                continue;
            };
            for total in row.totals {
                let figures = (total.used, total.charged, total.refunded);
                let figures = (figures.0.into(), figures.1.into(), figures.2.into());
                all.insert((user.0, total.measure.name().into_owned()), figures);
            }
        }
        match found.next {
            Some(next) => page = page.after(next),
            None => return Ok(all),
        }
    }
}

/// What two texts say where they begin to differ.
fn excerpts(first: &str, second: &str) -> (String, String) {
    let same = first
        .chars()
        .zip(second.chars())
        .take_while(|(one, two)| one == two)
        .count();
    let excerpt = |text: &str| {
        text.chars()
            .skip(same.saturating_sub(80))
            .take(300)
            .collect()
    };
    (excerpt(first), excerpt(second))
}

pub(crate) fn first_difference<K: Ord + fmt::Debug, V: PartialEq + fmt::Debug>(
    stored: &BTreeMap<K, V>,
    expected: &BTreeMap<K, V>,
) -> Option<String> {
    let mut keys: Vec<&K> = stored.keys().chain(expected.keys()).collect();
    keys.sort();
    let key = keys
        .into_iter()
        .find(|key| stored.get(*key) != expected.get(*key))?;
    let (found, wanted) = (stored.get(key), expected.get(key));
    Some(format!("{key:?}: stored {found:?}, expected: {wanted:?}"))
}

/// The first line in which two dumps differ.
struct FirstDifference<'a>(&'a [Side], &'a [u8], &'a [u8], &'a str);

impl fmt::Display for FirstDifference<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(sides, first, second, name) = self;
        let lines = |dump: &[u8]| -> Vec<String> {
            let text = String::from_utf8_lossy(dump);
            text.lines().map(str::to_owned).collect()
        };
        let (one, two) = (lines(first), lines(second));
        let place = (0..one.len().max(two.len()))
            .find(|at| one.get(*at) != two.get(*at))
            .unwrap_or(0);
        let one_name = sides.first().map_or("first", |side| side.name);
        writeln!(formatter, "the dumps differ in line {}", place + 1)?;
        writeln!(formatter, "{one_name}: {:?}", one.get(place))?;
        write!(formatter, "{name}: {:?}", two.get(place))
    }
}

/// Whether a receipt is on wallets that somebody shares.
fn is_shared(answer: &Answer) -> bool {
    let Ok(Reply::Receipt(receipt)) = answer else {
        return false;
    };
    let is_other = |line: &ReceiptLine| line.user != receipt.user;
    receipt.verb != Verb::Transfer && receipt.lines.iter().any(is_other)
}
