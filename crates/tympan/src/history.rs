//! What was done, as a screen shows it: without the chains and salts that prove it.

use tympan_core::ids::{AuditId, UserId};
use tympan_core::records::{AuditEvent, AuditText};
use tympan_core::time::Timestamp;

/// One change to anything but a wallet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditLine {
    /// The id of the event.
    pub id: AuditId,
    /// When it was decided.
    pub at: Timestamp,
    /// Who did it; none for the host itself.
    pub actor: Option<UserId>,
    /// What was done: the command's name.
    pub action: String,
    /// What kind of thing it was done to: `user`, `tenant`, `role` and so on.
    pub subject_kind: String,
    /// The number of its id; of a `wallet`, that of its owner's; of `untracked` usage, its number in
    /// the list.
    pub subject: i64,
    /// What changed, from what, to what, as JSON; secrets are masked. None if it was anonymised.
    pub changes: Option<String>,
    /// Why it was done, if somebody said so.
    pub reason: Option<String>,
}

impl AuditLine {
    pub(crate) fn of((event, text): (AuditEvent, Option<AuditText>)) -> Self {
        let (changes, reason) = match text {
            Some(text) => (Some(text.changes), text.reason),
            None => (None, None),
        };
        Self {
            id: event.id,
            at: event.at,
            actor: event.actor,
            action: event.action,
            subject_kind: event.subject_kind,
            subject: event.subject,
            changes,
            reason,
        }
    }
}
