//! Loading records into a view.

use tympan_core::ids::{TenantId, UserId};
use tympan_core::view::{Follow, Key, ReadSet, Record, View};

use crate::state::State;

/// Loads what a set asks for.
pub(crate) fn load(state: &State, set: &ReadSet, view: &mut View) {
    for read in &set.reads {
        let record = match (&read.key, state.get(&read.key)) {
            (Key::Config(tenant), Some(stored)) => Some(known(set, *tenant, stored)),
            (_, stored) => stored,
        };
        view.load(read.key.clone(), record);
        follow(state, &read.key, read.follow, view);
    }
}

/// The caller's copy of a configuration if it is as new as the stored one.
fn known(set: &ReadSet, tenant: TenantId, stored: Record) -> Record {
    match (&stored, set.known(tenant)) {
        (Record::Config(config), Some(known)) if known.tenant.version == config.tenant.version => {
            Record::Config(known.clone())
        }
        _ => stored,
    }
}

/// Loads what lies behind a key, going by what the view holds under it.
fn follow(state: &State, key: &Key, follow: Follow, view: &mut View) {
    let (tenant, user) = match (key, view.get(key)) {
        (Key::User(tenant, user), _) => (*tenant, *user),
        (Key::Claim(tenant, _), Some(Some(Record::Claim(claim)))) => (*tenant, claim.user),
        (Key::Hold(tenant, _), Some(Some(Record::Hold(hold)))) => (*tenant, UserId(hold.owner)),
        _ => return,
    };
    load_one(state, Key::User(tenant, user), view);
    if follow.relations {
        load_one(state, Key::Relations(tenant, user), view);
    }
    if follow.wallets {
        load_one(state, Key::Wallets(tenant, user.0), view);
    }
}

fn load_one(state: &State, key: Key, view: &mut View) {
    if !view.has(&key) {
        let record = state.get(&key);
        view.load(key, record);
    }
}
