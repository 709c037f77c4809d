//! What users may begin to use: it must be there, and must not be retired.

use crate::configuration::{Named, find, show};
use crate::error::{Code, Error};
use crate::people::edit::Edit;
use crate::records::{Account, Config, Group, Profile, Role, SharedWith, Subject, SubjectKind};
use crate::refusals::Refusals;

/// A thing as the configuration has it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known<'a> {
    pub(super) name: &'a str,
    pub(super) retired: bool,
}

/// Calls a function of the kind of a subject.
macro_rules! by_kind {
    ($subject:expr, $function:ident($config:expr)) => {
        match $subject.kind {
            SubjectKind::Profile => $function::<Profile>($config, $subject.id),
            SubjectKind::Role => $function::<Role>($config, $subject.id),
            SubjectKind::Group => $function::<Group>($config, $subject.id),
            SubjectKind::Account => $function::<Account>($config, $subject.id),
        }
    };
}

/// The thing, if it is there.
pub(super) fn known(config: &Config, subject: Subject) -> Option<Known<'_>> {
    by_kind!(subject, known_as(config))
}

fn known_as<T: Named>(config: &Config, number: i64) -> Option<Known<'_>> {
    show::<T>(config, T::id_of(number)).map(|thing| Known {
        name: thing.name(),
        retired: thing.retired(),
    })
}

/// Refuses what the user begins to use if it is not there or retired. What the user used before
/// in the same place stays, whatever has become of it.
pub(super) fn check(config: &Config, edit: &Edit, refusals: &mut Refusals) {
    let before = edit
        .before
        .as_ref()
        .map(|person| person.places())
        .unwrap_or_default();
    for (_, subject) in edit.after.places().difference(&before) {
        refusals.prepared(by_kind!(subject, takes_users(config)));
    }
    let shared_before = edit.before.as_ref();
    let shared_before = shared_before.and_then(|person| person.user.shared_with.as_ref());
    let shared = edit.after.user.shared_with.as_ref();
    if let Some(SharedWith::Group(group)) = shared
        && shared != shared_before
    {
        refusals.prepared(takes_users::<Group>(config, group.0));
    }
}

fn takes_users<T: Named>(config: &Config, number: i64) -> Result<(), Error> {
    let thing = find::<T>(config, T::id_of(number))?;
    if !thing.retired() {
        return Ok(());
    }
    let (kind, name) = (T::KIND, thing.name());
    let message = format!("the {kind} `{name}` is retired and takes no new users");
    Err(Error::new(Code::Retired, message).with(kind, thing.id()))
}
