//! Committing a batch: everything is checked before anything is changed.

use std::sync::Arc;

use tympan_core::error::{Code, Error};
use tympan_core::ids::TenantId;
use tympan_core::records::{Entry, Relations, Wallets};
use tympan_core::view::{Batch, Expectation, Found, Key, Record, SlotChange};
use tympan_store::CommitError;

use crate::merge::{replaced, tidy};
use crate::state::State;

/// Commits all of a batch or nothing, and says whether it changed anything.
pub(crate) fn commit(state: &mut State, batch: &Batch) -> Result<bool, CommitError> {
    let mut wrong = Vec::new();
    for expectation in &batch.expectations {
        if !is_met(state, expectation) {
            wrong.push(expectation.key.clone());
        }
    }
    let mut outcomes = Vec::with_capacity(batch.changes.len());
    for change in &batch.changes {
        match outcome(state, change) {
            Some(outcome) => outcomes.push(outcome),
            None => wrong.push(change.key.clone()),
        }
    }
    check_lines(state, batch, &mut wrong)?;
    if !wrong.is_empty() {
        wrong.sort_unstable();
        wrong.dedup();
        return Err(CommitError::Conflict(wrong));
    }
    Ok(apply(state, batch, outcomes))
}

fn is_met(state: &State, expectation: &Expectation) -> bool {
    match (&expectation.key, &expectation.found) {
        (Key::Wallets(tenant, owner), Found::Wallets(expected)) => {
            let person = state.person(*tenant, *owner);
            let stored = person.and_then(|person| person.wallets.as_ref());
            expected.iter().all(|(wallet, version)| {
                stored
                    .and_then(|stored| stored.wallets.iter().find(|row| row.key() == *wallet))
                    .is_some_and(|row| row.version == *version)
            })
        }
        (Key::Receipt(tenant, digest), Found::Absent) => {
            state.first_under(*tenant, digest).is_none()
        }
        (Key::Receipt(..) | Key::Wallets(..), _) | (_, Found::Wallets(_)) => false,
        (key, Found::Absent) => state.version(key).is_none(),
        (key, Found::Version(version)) => state.version(key) == Some(*version),
    }
}

/// What a key holds after a change; none if the change does not fit what is stored.
fn outcome(state: &State, change: &SlotChange) -> Option<Option<Record>> {
    let (before, after) = (change.before.as_ref(), change.after.as_ref());
    match (&change.key, after) {
        (Key::Wallets(tenant, owner), _) => {
            let person = state.person(*tenant, *owner);
            let stored = person.and_then(|person| person.wallets.as_ref());
            let outcome = replaced(stored, wallets(before), wallets(after))?;
            Some(after.map(|_| Record::Wallets(outcome)))
        }
        (Key::Relations(tenant, user), _) => {
            let person = state.person(*tenant, user.0);
            let stored = person.and_then(|person| person.relations.as_ref());
            let outcome = replaced(stored, relations(before), relations(after))?;
            Some(after.map(|_| Record::Relations(outcome)))
        }
        // Written as entries.
        (Key::Receipt(..), _) => None,
        (key, _) if state.version(key).is_some() != before.is_some() => None,
        (_, Some(Record::Config(config))) => Some(Some(Record::Config(tidy(config)))),
        (_, after) => Some(after.cloned()),
    }
}

fn wallets(record: Option<&Record>) -> Option<&Arc<Wallets>> {
    match record {
        Some(Record::Wallets(wallets)) => Some(wallets),
        _ => None,
    }
}

fn relations(record: Option<&Record>) -> Option<&Arc<Relations>> {
    match record {
        Some(Record::Relations(relations)) => Some(relations),
        _ => None,
    }
}

/// Lines and receipts that a batch adds must not be there yet.
fn check_lines(state: &State, batch: &Batch, wrong: &mut Vec<Key>) -> Result<(), Error> {
    if let Some(entry) = state.entries.taken(&batch.entries) {
        wrong.push(Key::Wallets(entry.tenant, entry.owner));
    }
    if let Some(event) = state.audit_events.taken(&batch.audit_events) {
        wrong.push(Key::Strand(event.tenant, event.strand));
    }
    let receipts = || batch.entries.iter().filter_map(|entry| receipt(entry));
    wrong.extend(
        receipts()
            .filter(|(tenant, digest)| state.first_under(*tenant, digest).is_some())
            .map(|(tenant, digest)| Key::Receipt(tenant, digest)),
    );
    if receipts().nth(1).is_some() {
        let mut receipts: Vec<_> = receipts().collect();
        receipts.sort_unstable();
        wrong.extend(
            receipts
                .windows(2)
                .filter(|pair| pair.first() == pair.last())
                .filter_map(|pair| pair.first())
                .map(|(tenant, digest)| Key::Receipt(*tenant, *digest)),
        );
    }
    let text = state.entry_texts.taken(&batch.entry_texts).is_some()
        || state.audit_texts.taken(&batch.audit_texts).is_some();
    if text {
        return Err(Error::new(Code::Storage, "there are words for it already"));
    }
    Ok(())
}

fn receipt(entry: &Entry) -> Option<(TenantId, [u8; 32])> {
    entry.key.map(|digest| (entry.tenant, digest))
}

fn apply(state: &mut State, batch: &Batch, outcomes: Vec<Option<Record>>) -> bool {
    for (change, outcome) in batch.changes.iter().zip(outcomes) {
        state.put(&change.key, outcome);
    }
    for entry in &batch.entries {
        state.add_entry(entry);
    }
    for event in &batch.audit_events {
        state.add_audit_event(event);
    }
    for text in &batch.entry_texts {
        state.entry_texts.add(text.clone().into());
    }
    for text in &batch.audit_texts {
        state.audit_texts.add(text.clone().into());
    }
    !batch.is_empty() || !batch.entry_texts.is_empty() || !batch.audit_texts.is_empty()
}
