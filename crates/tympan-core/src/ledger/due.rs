//! Settling what fell due, for commands that change what feeds a user's wallets.

use crate::command::{Context, Stop};
use crate::ledger::book::Book;
use crate::records::{Config, User};
use crate::time::Timestamp;
use crate::view::{Change, View};

/// Gives back expired holds and runs the schedules of the user's plans; with the time up to which
/// that was done: the turn's, but never earlier than the latest on any of the wallets. A command
/// that settles two users puts the changes of the first into the view before the second: both may
/// open wallets, which one register counts.
///
/// # Errors
/// `amount_overflow`, or what the view lacks.
pub(crate) fn settle_due(
    view: &View,
    context: &mut Context<'_>,
    config: &Config,
    user: &User,
) -> Result<(Vec<Change>, Timestamp), Stop> {
    let book = Book::open(view, context, config, user)?;
    let now = book.now;
    Ok((book.close_due(view, context)?, now))
}
