//! Loading into a view: what is asked for goes out in one flush.

use std::collections::BTreeSet;
use std::time::Instant;

use tympan_core::error::Error;
use tympan_core::view::{Key, ReadSet, Record, View};

use crate::answers::{Answer, Answers};
use crate::error::Fault;
use crate::found::{Found, Part, State, fill};
use crate::pool::Lent;
use crate::reads::Request;
use crate::statements::Lock;
use crate::steps::Step;

/// Why something could not be loaded.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The connection broke, or others were in the way: from the beginning it may work.
    Again(Error),
    /// It does not work.
    Failed(Error),
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Again(error) | Failure::Failed(error) => error,
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// What a load does beside filling the view.
pub(crate) struct Beside<'a> {
    /// How rows are kept from others.
    pub(crate) lock: Lock,
    /// How a transaction begins, if it is for the load to begin one.
    pub(crate) begin: Option<&'static str>,
    /// Is set to what the server says of itself.
    pub(crate) state: &'a mut State,
    /// Is told each key that is loaded, with what it holds.
    pub(crate) loaded: &'a mut dyn FnMut(&Key, Option<&Record>),
}

/// Loads what a set asks for. It takes a second flush only where a configuration that the caller
/// has was changed since, or where a claim passed to another user, or a wallet was added, in that very
/// moment.
pub(crate) fn load(
    link: &mut Lent<'_>,
    set: &ReadSet,
    view: &mut View,
    beside: Beside<'_>,
    until: Instant,
) -> Result<(), Failure> {
    let mut moved = BTreeSet::new();
    let mut is_first = true;
    loop {
        let request = Request::of(set, view, &moved);
        if request.is_empty() && !(is_first && beside.lock == Lock::Update) {
            return Ok(());
        }
        is_first = false;
        let (parts, asked): (Vec<Part>, Vec<Step>) = request.steps(beside.lock).into_iter().unzip();
        let begin = beside.begin.filter(|_| link.is_idle());
        let mut steps = begin.map_or_else(Vec::new, |how| link.begin_transaction(how));
        let begins = steps.len();
        steps.extend(asked);
        let answers = sound(link.run(&steps, until))?.into_iter().skip(begins);
        let found: Vec<(Part, Answer)> = parts.into_iter().zip(answers).collect();
        let mut found = Found::read(&found)?;
        *beside.state = found.state;
        fill(set, &request, &mut found, view, &mut moved, beside.loaded);
    }
}

/// The answers, if all are there.
pub(crate) fn sound(answers: Answers) -> Result<Vec<Answer>, Failure> {
    let Some(fault) = answers.fault else {
        return Ok(answers.given);
    };
    let again = fault != Fault::TimedOut && fault.is_broken();
    Err(if again || fault.is_worth_another_try() {
        Failure::Again(fault.error())
    } else {
        Failure::Failed(fault.error())
    })
}
