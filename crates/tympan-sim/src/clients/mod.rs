//! Several clients at once on one open store. Which command comes first is chance, so that answers
//! cannot be predicted; what must hold in whatever order they came is checked instead.

mod acknowledged;
mod client;

use std::path::Path;
use std::sync::Barrier;
use std::thread;

use tympan::Error;

use crate::clients::acknowledged::Acknowledged;
use crate::clients::client::{Client, Told};
use crate::dumped::Dumped;
use crate::fault::Fault;
use crate::sides::{Kind, Side};
use crate::simulation::{Failure, Plan, Report};
use crate::step::Step;
use crate::workload::{BEGINNING, START_MS, Workload};

/// Steps of each client until all of them hear what the others were answered.
const ROUND: usize = 10;

/// Who found something, and what.
type Found = (&'static str, String);

/// Runs a plan of several clients, on one store after the other.
///
/// # Errors
/// The first thing that must not be.
pub(crate) fn simulate(plan: &Plan, folder: &Path) -> Result<Report, Failure> {
    let mut report = Report::default();
    for (kind, fault) in &plan.sides {
        let found = on_one_store(plan, *kind, *fault, folder, &mut report);
        found.map_err(|(by, what)| Failure {
            seed: plan.seed,
            step: plan.steps.saturating_sub(1),
            interrupts: plan.interrupts,
            clients: plan.clients,
            by,
            what: format!("{kind:?}: {what}"),
        })?;
    }
    Ok(report)
}

fn on_one_store(
    plan: &Plan,
    kind: Kind,
    fault: Option<Fault>,
    folder: &Path,
    report: &mut Report,
) -> Result<(), Found> {
    let mut together = Together {
        side: Side::new(kind, fault, plan.seed, START_MS, folder).map_err(error)?,
        clients: Vec::new(),
        acknowledged: Acknowledged::default(),
        report,
    };
    together.begin(plan)?;
    let rounds = plan.steps.div_ceil(plan.clients.saturating_mul(ROUND));
    for round in 0..rounds {
        together.round(round == rounds / 2)?;
    }
    together.end()
}

struct Together<'r> {
    side: Side,
    clients: Vec<Client>,
    acknowledged: Acknowledged,
    report: &'r mut Report,
}

impl Together<'_> {
    /// What every simulation begins with, before there are clients.
    fn begin(&mut self, plan: &Plan) -> Result<(), Found> {
        let mut workload = Workload::new(plan.seed);
        for _ in 0..BEGINNING {
            let Step::Run { tenant, actor, ask } = workload.step() else {
                continue;
            };
            let answer = ask.run(&self.side.handle(tenant, actor).map_err(error)?);
            workload.learn(tenant, &ask, &answer);
        }
        let clients = 0..plan.clients;
        self.clients
            .extend(clients.map(|number| Client::new(plan, number, &workload)));
        Ok(())
    }

    /// Some steps of every client at the same time. The first step of each second client is the
    /// first one of the client before it.
    fn round(&mut self, verifies: bool) -> Result<(), Found> {
        for pair in self.clients.chunks_exact_mut(2) {
            if let [one, other] = pair {
                other.first = one.choose_first();
            }
        }
        let (side, start) = (&self.side, Barrier::new(self.clients.len()));
        let (all, verified) = thread::scope(|scope| {
            let running: Vec<_> = self
                .clients
                .iter_mut()
                .map(|client| {
                    scope.spawn(|| {
                        start.wait();
                        client.round(side, ROUND)
                    })
                })
                .collect();
            let verified = if verifies { verify(side) } else { Ok(0) };
            let ended: Vec<_> = running.into_iter().map(|client| client.join()).collect();
            (ended, verified)
        });
        self.side.arrange(None);
        verified?;
        let mut told = Vec::new();
        for one in all {
            let panicked = || ("panic", "a client panicked".to_owned());
            told.push(one.map_err(|_| panicked())??);
        }
        self.hear(&told)?;
        self.meet()
    }

    /// Everything that was answered is noted, and made known to the other clients.
    fn hear(&mut self, all: &[Vec<Told>]) -> Result<(), Found> {
        for client in &mut self.clients {
            for (tenant, ask) in client.untold.drain(..) {
                self.acknowledged.note_untold(tenant, &ask);
            }
        }
        for (place, told) in all.iter().enumerate() {
            for (tenant, ask, answer) in told {
                self.report.count(ask, answer);
                let noted = self.acknowledged.note(*tenant, ask, answer);
                noted.map_err(|what| ("receipts", what))?;
                let others = self.clients.iter_mut().enumerate();
                for (_, other) in others.filter(|(at, _)| *at != place) {
                    other.workload.learn(*tenant, ask, answer);
                }
            }
        }
        Ok(())
    }

    /// Between rounds all clients agree on the time, and a store that one wants opened anew is.
    fn meet(&mut self) -> Result<(), Found> {
        if let Some(now) = self.clients.first().map(|client| client.workload.now) {
            self.side.set_clock(now);
            for client in &mut self.clients {
                client.workload.now = now;
            }
        }
        let mut reopens = false;
        for client in &mut self.clients {
            reopens |= std::mem::take(&mut client.reopens);
        }
        if reopens {
            self.side.reopen().map_err(error)?;
        }
        Ok(())
    }

    /// What must hold when all is done.
    fn end(&mut self) -> Result<(), Found> {
        self.report.entries += verify(&self.side)?;
        let before = self.side.dump().map_err(error)?;
        let balances = self.acknowledged.balances(&Dumped::of(&before));
        balances.map_err(|what| ("wallets", what))?;
        for _ in 0..2 {
            let repeated = self.acknowledged.ask_again(&self.side);
            repeated.map_err(|what| ("repeats", what))?;
            if self.side.dump().map_err(error)? != before {
                let what = "another dump after nothing but repeats".to_owned();
                return Err(("dump", what));
            }
            self.side.reopen().map_err(error)?;
        }
        self.report.dump = before;
        Ok(())
    }
}

/// How many entries there are, if nothing is wrong with them.
fn verify(side: &Side) -> Result<u64, Found> {
    let verified = side.tympan().and_then(tympan::Tympan::verify);
    let verified = verified.map_err(error)?;
    if verified.is_sound() {
        return Ok(verified.entries);
    }
    Err(("verify", format!("{:?}", verified.faults)))
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "it is what `map_err` hands over"
)]
fn error(error: Error) -> Found {
    ("error", error.to_string())
}
