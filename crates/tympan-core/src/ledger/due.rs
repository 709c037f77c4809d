//! Settling what fell due, for commands that do no more, or change what feeds a user's wallets.

use crate::command::{Context, Stop};
use crate::ids::GroupId;
use crate::ledger::book::Book;
use crate::ledger::schedule;
use crate::records::{Config, User};
use crate::time::Timestamp;
use crate::view::{Change, View};

/// Which plans a user keeps who is active again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keeps {
    /// All of them.
    All,
    /// Those of groups: the profile is another one from then on.
    OfGroups,
}

/// Gives back expired holds and runs the schedules of the user's plans, up to the time that is
/// returned: the turn's, but never earlier than the latest on any of the wallets. `resumes`: the user
/// is active from then on; if that is new, what was missed is made up for, of all plans that the user
/// keeps. `leaves`: groups whose
/// member the user is no longer; what is left of what their plans gave is taken back.
///
/// # Errors
/// `amount_overflow`, or what the view lacks.
pub(crate) fn settle(
    view: &View,
    context: &mut Context<'_>,
    config: &Config,
    user: &User,
    resumes: Option<Keeps>,
    leaves: &[GroupId],
) -> Result<(Vec<Change>, Timestamp), Stop> {
    let mut book = Book::open(view, context, config, user)?;
    if let (Some(keeps), false) = (resumes, user.active) {
        schedule::resume(&mut book, context, keeps)?;
    }
    for group in leaves {
        schedule::leave(&mut book, context, *group)?;
    }
    let now = book.now;
    Ok((book.close_due(view, context)?, now))
}
