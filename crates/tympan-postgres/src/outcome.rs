//! What became of a transaction: never guessed.

use std::time::Duration;

use tympan_core::error::{Code, Error};

use crate::answers::Answers;
use crate::error::Fault;
use crate::statements;
use crate::steps::Step;
use crate::turn::{BEGIN, PostgresTurn};

/// How long a commit may take beyond the turn's own patience before its outcome is unknown: it
/// costs nothing to wait, and much not to know.
const GRACE: Duration = Duration::from_secs(5);

/// What became of a transaction.
pub(crate) enum Outcome {
    Committed,
    /// Something was not as expected; nothing was changed.
    Unexpected,
    /// Others were in the way; nothing was changed.
    Again(Error),
    Failed(Error),
    Unknown(Error),
}

/// Does one thing in a transaction that rests on nothing.
pub(crate) fn run_alone(turn: &mut PostgresTurn<'_>, step: Step) -> Outcome {
    let durable = Step::Query(statements::wait_for_disks(), Vec::new());
    run(turn, vec![durable, step])
}

/// Sends the steps of a transaction with their COMMIT, and finds out what became of it.
pub(crate) fn run(turn: &mut PostgresTurn<'_>, mut steps: Vec<Step>) -> Outcome {
    let link = match &mut turn.link {
        Some(link) => link,
        None => match turn.store.pool.lend(turn.until) {
            Ok(link) => turn.link.insert(link),
            Err(error) => return Outcome::Failed(error),
        },
    };
    // While nothing was sent there is no doubt.
    if link.is_closed() {
        return Outcome::Again(Fault::Broken.error());
    }
    let mut all = link.begin_transaction(BEGIN);
    all.append(&mut steps);
    all.push(Step::plain("COMMIT"));
    let answers = link.run(&all, turn.until + GRACE);
    outcome(&answers, all.len(), link.warnings())
}

/// What became of a transaction of so many steps, the last of which was its COMMIT.
fn outcome(answers: &Answers, steps: usize, warnings: &[String]) -> Outcome {
    let commit = answers.given.get(steps - 1);
    match (commit, &answers.fault) {
        // A standby did not confirm it: the commit may not outlive this server.
        (Some(commit), _) if commit.is_commit && !warnings.is_empty() => {
            let text = format!("postgresql warns with `{}`", warnings.join("`, `"));
            Outcome::Unknown(Error::new(Code::UnknownOutcome, text))
        }
        (Some(commit), _) if commit.is_commit => Outcome::Committed,
        (Some(_), _) => {
            let text = "postgresql undid a transaction in which nothing had failed";
            Outcome::Failed(Error::new(Code::Storage, text))
        }
        // If the server says for sure that it undid the transaction, it passed over the COMMIT.
        (None, Some(fault)) if !fault.is_certain() => Outcome::Unknown(fault.error()),
        (None, Some(fault)) if fault.is_unexpected() => Outcome::Unexpected,
        (None, Some(fault)) if fault.is_worth_another_try() => Outcome::Again(fault.error()),
        (None, Some(fault)) => Outcome::Failed(fault.error()),
        (None, None) => Outcome::Unknown(Error::of(Code::UnknownOutcome)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answers::Answer;
    use crate::error::Notice;

    fn refused(severity: &str, state: &str) -> Fault {
        let content = format!("V{severity}\0C{state}\0\0");
        Fault::Refused(Notice::read(content.as_bytes()))
    }

    /// What became of a transaction of three steps, of which so many were answered, the COMMIT as it
    /// says.
    fn became(answered: usize, is_commit: bool, fault: Option<Fault>) -> &'static str {
        let mut answers = fault.map_or_else(Answers::default, Answers::of);
        for step in 1..=answered {
            answers.given.push(Answer {
                is_commit: is_commit && step == 3,
                ..Answer::default()
            });
        }
        told(outcome(&answers, 3, &[]))
    }

    fn told(outcome: Outcome) -> &'static str {
        match outcome {
            Outcome::Committed => "committed",
            Outcome::Unexpected => "unexpected",
            Outcome::Again(_) => "again",
            Outcome::Failed(_) => "failed",
            Outcome::Unknown(_) => "unknown",
        }
    }

    #[test]
    fn a_commit_is_told_by_its_own_answer_and_never_guessed() {
        assert_eq!(became(3, true, None), "committed");
        assert_eq!(became(3, false, None), "failed");
        // Whatever comes behind its answer.
        for fault in [Fault::Broken, Fault::TimedOut, refused("FATAL", "57P01")] {
            assert_eq!(became(3, true, Some(fault)), "committed");
        }
        for answered in [0, 2] {
            for (fault, expected) in [
                (Fault::TooLong, "failed"),
                (Fault::Broken, "unknown"),
                (Fault::TimedOut, "unknown"),
                (refused("ERROR", "TY001"), "unexpected"),
                (refused("ERROR", "23505"), "unexpected"),
                (refused("ERROR", "40001"), "again"),
                (refused("ERROR", "40P01"), "again"),
                (refused("ERROR", "53100"), "failed"),
                (refused("ERROR", "57014"), "failed"),
                (refused("ERROR", "26000"), "failed"),
                (refused("ERROR", "40003"), "unknown"),
                (refused("ERROR", "08006"), "unknown"),
                (refused("FATAL", "57P01"), "unknown"),
                (refused("FATAL", "57P02"), "unknown"),
                (refused("PANIC", "53100"), "unknown"),
            ] {
                assert_eq!(
                    became(answered, false, Some(fault.clone())),
                    expected,
                    "{fault:?}"
                );
            }
            assert_eq!(became(answered, false, None), "unknown");
        }
    }

    #[test]
    fn a_commit_that_the_server_warns_of_is_unknown() {
        let mut answers = Answers::default();
        answers.given.push(Answer {
            is_commit: true,
            ..Answer::default()
        });
        assert_eq!(told(outcome(&answers, 1, &["01000".to_owned()])), "unknown");
    }
}
