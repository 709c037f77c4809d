//! The next snapshot while a command edits it, and how it becomes a decision.

use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;

use crate::audit::{self, Event, strand_key};
use crate::command::{Context, Decision, Stop};
use crate::configuration::limits::MAX_NAMED;
use crate::configuration::named::{Named, unique_name, unknown};
use crate::error::Error;
use crate::ids::TenantId;
use crate::permissions::configured;
use crate::proof;
use crate::records::Config;
use crate::refusals::{stale, too_many};
use crate::time::time_zone_database;
use crate::view::{Change, Key, ReadSet, Record, View};

/// The answer to a command that made or changed a thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Saved<Id> {
    /// The thing.
    pub id: Id,
    /// Its version now.
    pub version: i64,
}

/// What every change of the configuration reads.
pub(super) fn reads(tenant: TenantId) -> ReadSet {
    ReadSet::of(Key::Config(tenant)).and(strand_key(tenant))
}

/// What changed: name of the field, before, after.
pub(super) type Note = (String, Option<String>, Option<String>);

/// What a change is to be recorded as.
pub(super) struct Done {
    /// The command's name.
    pub(super) action: &'static str,
    /// What kind of thing it was done to.
    pub(super) subject_kind: &'static str,
    /// Its id.
    pub(super) subject: i64,
}

/// The next snapshot.
pub(super) struct Draft<'v> {
    /// What the decision rests on.
    pub(super) view: &'v View,
    /// The snapshot as it is.
    pub(super) before: &'v Config,
    /// The snapshot as it is to be.
    pub(super) after: Config,
    /// Changes to other records than the configuration.
    pub(super) changes: Vec<Change>,
    notes: Vec<Note>,
}

impl<'v> Draft<'v> {
    /// A draft that is still the same as the snapshot.
    pub(super) fn open(view: &'v View, tenant: TenantId) -> Result<Self, Stop> {
        let before = configured(view, tenant)?;
        Ok(Self {
            view,
            before,
            after: Config::clone(before),
            changes: Vec::new(),
            notes: Vec::new(),
        })
    }

    /// Notes a field for the audit event, if it changed.
    pub(super) fn note(&mut self, field: String, before: Option<String>, after: Option<String>) {
        if before != after {
            self.notes.push((field, before, after));
        }
    }

    /// Notes every field of a record that changed.
    pub(super) fn note_record<T: Serialize>(
        &mut self,
        prefix: &str,
        before: Option<&T>,
        after: Option<&T>,
    ) {
        self.notes.extend(differences(prefix, before, after));
    }

    /// Gives a thing another name, if no other of its kind has it.
    pub(super) fn rename<T: Named>(&mut self, id: T::Id, name: &str) -> Result<(), Error> {
        unique_name::<T>(self.before, name, Some(id))?;
        if let Some(thing) = T::all_mut(&mut self.after).get_mut(&id) {
            name.clone_into(thing.head_mut().name);
        }
        Ok(())
    }

    /// The changes that make the draft the snapshot; none if it is the same still.
    pub(super) fn close(self, context: &mut Context<'_>, done: &Done) -> Result<Vec<Change>, Stop> {
        if self.after == *self.before {
            return Ok(self.changes);
        }
        let mut config = self.after;
        config.tenant.version = self.before.tenant.version + 1;
        time_zone_database().clone_into(&mut config.tenant.time_zone_database);
        config.tenant.digests = proof::of_config(&context.keys.record, &config);
        let mut changes = self.changes;
        changes.push(Change::Put(
            Key::Config(context.tenant),
            Record::Config(Arc::new(config)),
        ));
        let event = Event {
            action: done.action,
            subject_kind: done.subject_kind,
            subject: done.subject,
            changes: self.notes,
            reason: None,
        };
        audit::record(self.view, context, vec![event], &mut changes)?;
        Ok(changes)
    }
}

/// Makes a thing: `make` gives it for its id, with its children put into the draft.
pub(super) fn create<T: Named>(
    view: &View,
    context: &mut Context<'_>,
    action: &'static str,
    name: &str,
    make: impl FnOnce(&mut Draft<'_>, &mut Context<'_>, T::Id) -> Result<T, Stop>,
) -> Result<Decision<Saved<T::Id>>, Stop> {
    let mut draft = Draft::open(view, context.tenant)?;
    if T::all(draft.before).len() >= MAX_NAMED {
        return Err(too_many(T::KIND, MAX_NAMED).into());
    }
    let id = T::id_of(context.ids.next());
    let made = make(&mut draft, context, id);
    let thing = first_refusal(made, unique_name::<T>(draft.before, name, None))?;
    let saved = Saved {
        id,
        version: thing.version(),
    };
    draft.note_record("", None, Some(&thing));
    T::all_mut(&mut draft.after).insert(id, thing);
    let done = Done {
        action,
        subject_kind: T::KIND,
        subject: T::number(id),
    };
    Ok(Decision::new(draft.close(context, &done)?, saved))
}

/// Changes a thing that is there: `edit` changes it in the draft. Its version rises by one if
/// anything changed.
pub(super) fn change<T: Named>(
    view: &View,
    context: &mut Context<'_>,
    action: &'static str,
    id: T::Id,
    expected_version: Option<i64>,
    edit: impl FnOnce(&mut Draft<'_>, &mut Context<'_>) -> Result<(), Stop>,
) -> Result<Decision<Saved<T::Id>>, Stop> {
    let mut draft = Draft::open(view, context.tenant)?;
    let before = draft.before;
    let thing = find::<T>(before, id)?;
    let edited = edit(&mut draft, context);
    first_refusal(edited, stale(thing.version(), expected_version))?;
    let mut version = thing.version();
    if draft.after != *before
        && let Some(edited) = T::all_mut(&mut draft.after).get_mut(&id)
    {
        version += 1;
        *edited.head_mut().version = version;
        let edited = edited.clone();
        draft.note_record("", Some(thing), Some(&edited));
    }
    let done = Done {
        action,
        subject_kind: T::KIND,
        subject: T::number(id),
    };
    let saved = Saved { id, version };
    Ok(Decision::new(draft.close(context, &done)?, saved))
}

/// When several refusals apply, the one that stands first among the codes is reported.
pub(super) fn first_refusal<T>(
    result: Result<T, Stop>,
    other: Result<(), Error>,
) -> Result<T, Stop> {
    match (result, other) {
        (result, Ok(())) => result,
        (Err(Stop::Needs(set)), Err(_)) => Err(Stop::Needs(set)),
        (Err(Stop::Refused(first)), Err(second)) if first.code() <= second.code() => {
            Err(first.into())
        }
        (_, Err(second)) => Err(second.into()),
    }
}

/// A thing by its id.
pub(crate) fn find<T: Named>(config: &Config, id: T::Id) -> Result<&T, Error> {
    T::all(config).get(&id).ok_or_else(|| unknown::<T>(id))
}

/// Fields that say nothing about a change: whose it is, and what rises with every one.
const UNSAID: &[&str] = &["tenant", "id", "version", "created_at"];

fn differences<T: Serialize>(prefix: &str, before: Option<&T>, after: Option<&T>) -> Vec<Note> {
    let (before, after) = (fields(before), fields(after));
    let names = before
        .keys()
        .chain(after.keys().filter(|name| !before.contains_key(*name)));
    names
        .filter(|name| !UNSAID.contains(&name.as_str()))
        .map(|name| {
            (
                format!("{prefix}{name}"),
                before.get(name).and_then(shown),
                after.get(name).and_then(shown),
            )
        })
        .filter(|(_, before, after)| before != after)
        .collect()
}

fn fields<T: Serialize>(record: Option<&T>) -> serde_json::Map<String, Value> {
    match record.map(serde_json::to_value) {
        Some(Ok(Value::Object(fields))) => fields,
        _ => serde_json::Map::new(),
    }
}

fn shown(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}
