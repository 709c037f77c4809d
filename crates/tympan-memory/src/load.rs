//! Loading records into a view.

use std::convert::Infallible;

use tympan_core::view::{Key, ReadSet, Record, View};

use crate::state::State;

/// Loads what a set asks for.
pub(crate) fn load(state: &State, set: &ReadSet, view: &mut View) {
    let Ok(()) = view.fill(set, |key| Ok::<_, Infallible>(find(state, set, key)));
}

/// What a key holds; of a configuration the caller's own copy if it is as new as the stored one.
fn find(state: &State, set: &ReadSet, key: &Key) -> Option<Record> {
    let stored = state.get(key)?;
    match (&stored, key) {
        (Record::Config(config), Key::Config(tenant)) => match set.known(*tenant) {
            Some(known) if known.tenant.version == config.tenant.version => {
                Some(Record::Config(known.clone()))
            }
            _ => Some(stored),
        },
        _ => Some(stored),
    }
}
