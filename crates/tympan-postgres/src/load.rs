//! Loading into a view: what is asked for goes out in one flush.

use std::collections::BTreeSet;

use std::time::Instant;

use tympan_core::error::Error;
use tympan_core::view::{Key, ReadSet, Record, View};

use crate::error;
use crate::found::{Found, Part, State, fill};
use crate::line::TimedOut;
use crate::link::{Answer, Answers, Step};
use crate::pool::Lent;
use crate::reads::Request;
use crate::statements::Lock;

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
    /// What goes out in front of the first statement.
    pub(crate) first: Option<&'static str>,
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
    mut beside: Beside<'_>,
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
        let (parts, mut steps): (Vec<Part>, Vec<Step>) =
            request.steps(beside.lock).into_iter().unzip();
        let first = beside.first.take();
        if let Some(text) = first {
            steps.insert(0, Step::Plain(text.to_owned()));
            link.in_transaction = true;
        }
        let mut answers = sound(link.run(steps, until))?.into_iter();
        if first.is_some() {
            answers.next();
        }
        let found: Vec<(Part, Answer)> = parts.into_iter().zip(answers).collect();
        let mut found = Found::read(&found)?;
        *beside.state = found.state;
        fill(set, &request, &mut found, view, &mut moved, beside.loaded);
    }
}

/// The answers, if all are there; else the first failure, which is what the others come from.
pub(crate) fn sound(answers: Result<Answers, TimedOut>) -> Result<Vec<Answer>, Failure> {
    let answers = answers.map_err(|_| Failure::Failed(error::timed_out()))?;
    let mut sound = Vec::with_capacity(answers.len());
    for answer in answers {
        match answer {
            Ok(answer) => sound.push(answer),
            Err(failure) => {
                let again = error::is_broken(&failure) || error::is_worth_another_try(&failure);
                let error = error::sql(&failure);
                return Err(if again {
                    Failure::Again(error)
                } else {
                    Failure::Failed(error)
                });
            }
        }
    }
    Ok(sound)
}
