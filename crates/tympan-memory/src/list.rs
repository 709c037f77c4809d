//! Lists: users, entries of a wallet, audit events.

use std::ops::Bound;

use tympan_core::ids::{EntryId, GroupId, UserId};
use tympan_core::queries::{AuditQuery, EntryQuery, UntrackedQuery, UserQuery};
use tympan_core::records::{AuditEvent, AuditText, Entry, EntryText, Untracked, User};

use crate::state::State;

/// A number of rows as a length.
pub(crate) fn length(limit: u32) -> usize {
    usize::try_from(limit).unwrap_or(usize::MAX)
}

/// Users by folded name, then id.
pub(crate) fn users(state: &State, query: &UserQuery) -> Vec<User> {
    let from = match &query.after {
        Some(place) => Bound::Excluded((query.tenant, place.name_folded.clone(), place.id)),
        None => Bound::Included((query.tenant, String::new(), UserId(i64::MIN))),
    };
    state
        .users
        .range((from, Bound::Unbounded))
        .map(|(_, user)| user)
        .take_while(|user| user.tenant == query.tenant)
        .filter(|user| query.admits(user))
        .filter(|user| query.group.is_none_or(|group| is_in(state, user, group)))
        .take(length(query.limit))
        .map(|user| User::clone(user))
        .collect()
}

fn is_in(state: &State, user: &User, group: GroupId) -> bool {
    state
        .person(user.tenant, user.id.0)
        .and_then(|person| person.relations.as_ref())
        .is_some_and(|relations| {
            let mut memberships = relations.memberships.iter();
            memberships.any(|membership| membership.user_group == group)
        })
}

/// Entries of one wallet, newest first: along the chain that each entry is a part of.
pub(crate) fn entries(state: &State, query: &EntryQuery) -> Vec<(Entry, Option<EntryText>)> {
    let of_wallet = |id: EntryId| {
        state
            .entries
            .get(id.0)
            .filter(|entry| entry.tenant == query.tenant && entry.wallet() == query.wallet)
    };
    let Some(newest) = newest(state, query) else {
        return Vec::new();
    };
    let place = query.before.and_then(of_wallet);
    let mut next = place.map_or(newest, |place| place.previous);
    let mut found = Vec::new();
    while found.len() < length(query.limit) {
        let Some(entry) = of_wallet(next) else {
            break;
        };
        // Whatever is stored there, the walk ends: ids fall along a chain.
        next = entry.previous.min(EntryId(entry.id.0.saturating_sub(1)));
        if query.before.is_none_or(|before| entry.id < before) {
            let text = state.entry_texts.get(entry.id.0);
            found.push((Entry::clone(entry), text.map(|text| EntryText::clone(text))));
        }
    }
    found
}

/// The newest entry of a wallet; none if there is no such wallet.
fn newest(state: &State, query: &EntryQuery) -> Option<EntryId> {
    let person = state.person(query.tenant, query.wallet.owner)?;
    let mut wallets = person.wallets.as_ref()?.wallets.iter();
    let wallet = wallets.find(|row| row.key() == query.wallet)?;
    Some(wallet.last_entry)
}

/// Untracked usage that is open, in the order of its numbers.
pub(crate) fn open_untracked(state: &State, query: &UntrackedQuery) -> Vec<Untracked> {
    let behind = (query.tenant, query.after.unwrap_or(i64::MIN), [u8::MAX; 32]);
    let first = (query.tenant, i64::MIN, [0; 32]);
    let from = match query.after {
        Some(_) => Bound::Excluded(behind),
        None => Bound::Included(first),
    };
    let found = state.open_untracked.range((from, Bound::Unbounded));
    found
        .take_while(|(place, _)| place.0 == query.tenant)
        .take(length(query.limit))
        .map(|(_, untracked)| Untracked::clone(untracked))
        .collect()
}

/// Audit events of one tenant, oldest first.
pub(crate) fn audit_events(
    state: &State,
    query: &AuditQuery,
) -> Vec<(AuditEvent, Option<AuditText>)> {
    let Some(log) = state.tenant_events.get(&query.tenant) else {
        return Vec::new();
    };
    log.after(query.after.map(|id| id.0))
        .iter()
        .take(length(query.limit))
        .map(|event| {
            let text = state.audit_texts.get(event.id.0);
            let text = text.map(|text| AuditText::clone(text));
            (AuditEvent::clone(event), text)
        })
        .collect()
}
