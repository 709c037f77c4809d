//! One of the clients: its steps, one after the other, on a thread of its own.

use tympan::{Error, Handle};
use tympan_core::error::{Code, Kind};
use tympan_core::ids::UserId;

use crate::ask::{Answer, Ask, in_full};
use crate::chance::Chance;
use crate::clients::Found;
use crate::interruption::{Interruption, is_interrupted};
use crate::sides::Side;
use crate::simulation::Plan;
use crate::step::Step;
use crate::workload::Workload;

/// How often a command is asked again whose commit was interrupted: one commit in six is.
const MOST_TRIES: usize = 100;

/// Why a command may be refused. Conflicts of commits are not among them: the engine decides again.
const EXPECTED: [Kind; 5] = [
    Kind::Invalid,
    Kind::NotFound,
    Kind::Conflict,
    Kind::Refused,
    Kind::Denied,
];

/// A command in a tenant, and the last answer to it.
pub(super) type Told = (i64, Ask, Answer);

/// One client.
pub(super) struct Client {
    pub(super) workload: Workload,
    /// What it does first in the next round, as another client does.
    pub(super) first: Option<Step>,
    /// Whether it wants the store opened anew.
    pub(super) reopens: bool,
    /// Commands of which nobody is told what became of them.
    pub(super) untold: Vec<(i64, Ask)>,
    interruptions: Option<Chance>,
}

impl Client {
    pub(super) fn new(plan: &Plan, number: usize, begun: &Workload) -> Self {
        let chance = || Chance::of_client(!plan.seed, number);
        Self {
            workload: begun.of_client(plan.seed, number),
            first: None,
            reopens: false,
            untold: Vec::new(),
            interruptions: plan.interrupts.then(chance),
        }
    }

    /// Chooses what it does first in the next round.
    pub(super) fn choose_first(&mut self) -> Option<Step> {
        self.first = Some(self.workload.keyed());
        self.first.clone()
    }

    /// Does some steps, and learns from each answer at once.
    pub(super) fn round(&mut self, side: &Side, steps: usize) -> Result<Vec<Told>, Found> {
        let mut all = Vec::new();
        for _ in 0..steps {
            let step = self.first.take();
            let step = step.unwrap_or_else(|| self.workload.step());
            let told = self.take(side, step)?;
            for (tenant, ask, answer) in &told {
                self.workload.learn(*tenant, ask, answer);
            }
            all.extend(told);
        }
        Ok(all)
    }

    fn take(&mut self, side: &Side, step: Step) -> Result<Vec<Told>, Found> {
        match step {
            Step::Run { tenant, actor, ask } => {
                let handle = handle(side, tenant, actor)?;
                let answer = self.insist(side, (&handle, tenant), &ask, None)?;
                return Ok(vec![(tenant, ask, answer)]);
            }
            Step::Batch {
                tenant,
                actor,
                asks,
            } => {
                let handle = handle(side, tenant, actor)?;
                return self.batch(side, &handle, tenant, asks);
            }
            Step::May {
                tenant,
                user,
                permission,
                account,
            } => {
                let may = handle(side, tenant, None)?.may(user, permission, account);
                expect(may.err().as_ref(), permission)?;
            }
            Step::Look {
                tenant,
                actor,
                question,
            } => {
                let (said, _) = question.ask(&handle(side, tenant, actor)?);
                expect(said.error.as_ref(), &question)?;
            }
            Step::Clock(now) => side.set_clock(now),
            Step::Reopen => self.reopens = true,
            Step::Verify | Step::Dump => {}
        }
        Ok(Vec::new())
    }

    fn batch(
        &mut self,
        side: &Side,
        handle: &Handle,
        tenant: i64,
        asks: Vec<Ask>,
    ) -> Result<Vec<Told>, Found> {
        let answers = Ask::run_all(&asks, handle);
        let mut all = Vec::new();
        for (ask, answer) in asks.into_iter().zip(answers) {
            let answer = if self.is_to_be_asked_again(&ask, &answer) {
                self.insist(side, (handle, tenant), &ask, Some(answer))?
            } else {
                self.check(&ask, &answer)?;
                answer
            };
            all.push((tenant, ask, answer));
        }
        Ok(all)
    }

    /// Asks until there is an answer; `told`: what was answered so far.
    fn insist(
        &mut self,
        side: &Side,
        (handle, tenant): (&Handle, i64),
        ask: &Ask,
        told: Option<Answer>,
    ) -> Result<Answer, Found> {
        let mut may_be_done = told.as_ref().is_some_and(is_unknown);
        for _ in 0..MOST_TRIES {
            let chance = self.interruptions.as_mut();
            let drawn = chance.and_then(|chance| Interruption::drawn(chance, ask));
            if drawn.is_some() {
                side.arrange(drawn);
            }
            let answer = ask.run(handle);
            if !self.is_to_be_asked_again(ask, &answer) {
                self.check(ask, &answer)?;
                if may_be_done && answer.as_ref().is_err_and(keeps_quiet) {
                    self.untold.push((tenant, ask.clone()));
                }
                return Ok(answer);
            }
            may_be_done |= is_unknown(&answer);
        }
        let what = format!("{ask:?}\nis not answered however often it is asked");
        Err(("error", what))
    }

    fn is_to_be_asked_again(&self, ask: &Ask, answer: &Answer) -> bool {
        self.interruptions.is_some() && is_interrupted(answer) && !is_lost(ask, answer)
    }

    fn check(&self, ask: &Ask, answer: &Answer) -> Result<(), Found> {
        if self.interruptions.is_some() && is_lost(ask, answer) {
            return Ok(());
        }
        expect(answer.as_ref().err(), ask)
    }
}

/// Whether nobody will know what became of a command: another's commit was interrupted, and this
/// one was in it and has no key.
fn is_lost(ask: &Ask, answer: &Answer) -> bool {
    !ask.has_key() && is_unknown(answer)
}

/// Whether a command that was carried out may be refused so when it is asked again: its actor may not
/// any more, or whom it names is somebody else now.
fn keeps_quiet(error: &Error) -> bool {
    match error.code() {
        Code::Denied => true,
        Code::KeyReused => error.detail("field") == Some("user"),
        _ => false,
    }
}

fn is_unknown(answer: &Answer) -> bool {
    let is_unknown = |error: &Error| error.code() == Code::UnknownOutcome;
    answer.as_ref().is_err_and(is_unknown)
}

fn handle(side: &Side, tenant: i64, actor: Option<UserId>) -> Result<Handle, Found> {
    side.handle(tenant, actor).map_err(super::error)
}

fn expect(error: Option<&Error>, asked: impl std::fmt::Debug) -> Result<(), Found> {
    match error {
        Some(error) if !EXPECTED.contains(&error.kind()) => {
            let said = in_full(&Err(error.clone()));
            Err(("error", format!("{asked:?}\nwas answered {said}")))
        }
        _ => Ok(()),
    }
}
