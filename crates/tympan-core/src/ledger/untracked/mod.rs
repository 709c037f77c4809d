//! Untracked usage: what a job used that was reported for an unknown or inactive user, kept until
//! somebody says whose it is.

mod assign;
mod dismiss;
mod erase_name;
mod id;
mod keep;
mod shown;

use std::sync::Arc;

use crate::audit::{self, Event};
use crate::command::{Context, Stop};
use crate::error::{Code, Error};
use crate::ids::TenantId;
use crate::proof;
use crate::records::{Untracked, UntrackedState};
use crate::view::{Change, Key, ReadSet, Record, View};

pub use assign::AssignUntracked;
pub use dismiss::DismissUntracked;
pub use erase_name::EraseUntrackedName;
pub use id::UntrackedId;
pub use keep::{ChargeOrKeep, ChargedOrKept};
pub use shown::UntrackedUsage;

/// What reading a piece of untracked usage takes.
fn reads(tenant: TenantId, id: UntrackedId) -> ReadSet {
    ReadSet::of(Key::Untracked(tenant, id.0))
}

/// A piece of untracked usage, whatever became of it.
fn known(view: &View, tenant: TenantId, id: UntrackedId) -> Result<&Arc<Untracked>, Stop> {
    view.untracked(tenant, id.0)?.ok_or_else(|| {
        let message = format!("there is no untracked usage `{id}`");
        let error = Error::new(Code::UnknownUntracked, message);
        error.with("untracked", id).into()
    })
}

/// Says that it is too late, and what became of it.
fn resolved(untracked: &Untracked) -> Error {
    let id = UntrackedId(untracked.key);
    let state = untracked.state.as_str();
    let message = format!("the untracked usage `{id}` is `{state}` already");
    let mut error = Error::new(Code::UntrackedResolved, message)
        .with("untracked", id)
        .with("state", state);
    if let Some(user) = untracked.assigned_to {
        error = error.with("user", user);
    }
    match untracked.resolved_at {
        Some(at) => error.with("resolved_at", at.millis()),
        None => error,
    }
}

/// The changes that put a record back as it is now, with the event that says so.
fn put(
    view: &View,
    context: &mut Context<'_>,
    mut untracked: Untracked,
    (action, reason): (&str, Option<&str>),
    changed: Vec<(String, Option<String>, Option<String>)>,
    changes: &mut Vec<Change>,
) -> Result<(), Stop> {
    let event = Event {
        action,
        subject_kind: audit::UNTRACKED,
        subject: untracked.number,
        changes: changed,
        reason: reason.map(str::to_owned),
    };
    untracked.digest = proof::of_untracked(&context.keys.record, &untracked);
    let key = Key::Untracked(untracked.tenant, untracked.key);
    changes.push(Change::Put(key, Record::Untracked(Arc::new(untracked))));
    audit::record(view, context, vec![event], changes)
}

/// What changed when a piece of untracked usage stopped being open.
fn state_changed(to: UntrackedState) -> (String, Option<String>, Option<String>) {
    let word = |state: UntrackedState| Some(state.as_str().to_owned());
    ("state".to_owned(), word(UntrackedState::Open), word(to))
}
