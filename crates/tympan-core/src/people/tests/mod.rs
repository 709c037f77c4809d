//! Lives of users: tables, and what must hold whatever happens.

mod activation;
mod creating;
mod details;
mod editing;
mod names;
mod pins;
mod profile;
mod properties;
mod rights;
mod roles;
mod schedules;
mod steps;
mod store;
mod transfer;

use std::collections::BTreeSet;

use self::store::{Store, TENANT};
use crate::ids::{AccountId, UserId};
use crate::people::Accounts;
use crate::records::{ClaimName, IdentityKind, Subject, SubjectKind};
use crate::view::{Key, Record};

fn uses(store: &Store, kind: SubjectKind, id: i64) -> (i64, i64) {
    match store.records.get(&Key::Uses(TENANT, Subject { kind, id })) {
        Some(Record::Uses(uses)) => (uses.users, uses.active_users),
        _ => (0, 0),
    }
}

fn owner(store: &Store, kind: IdentityKind, value: &str) -> Option<UserId> {
    let name = ClaimName {
        kind,
        value: value.into(),
    };
    match store.records.get(&Key::Claim(TENANT, name)) {
        Some(Record::Claim(claim)) => Some(claim.user),
        _ => None,
    }
}

fn only(account: AccountId) -> Accounts {
    Accounts::Only(BTreeSet::from([account]))
}
