//! What users may begin to use: it must be there, and must not be retired.

use crate::error::{Code, Error};
use crate::ids::{AccountId, GroupId, ProfileId, RoleId};
use crate::people::edit::Edit;
use crate::records::{Config, Subject, SubjectKind};
use crate::refusals::Refusals;

/// A thing as the configuration has it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Named<'a> {
    pub(super) name: &'a str,
    pub(super) retired: bool,
}

/// The thing, if it is there.
pub(super) fn named(config: &Config, subject: Subject) -> Option<Named<'_>> {
    macro_rules! find {
        ($map:ident, $id:expr) => {
            config.$map.get(&$id).map(|found| Named {
                name: &found.name,
                retired: found.retired,
            })
        };
    }
    match subject.kind {
        SubjectKind::Profile => find!(profiles, ProfileId(subject.id)),
        SubjectKind::Role => find!(roles, RoleId(subject.id)),
        SubjectKind::Group => find!(groups, GroupId(subject.id)),
        SubjectKind::Account => find!(accounts, AccountId(subject.id)),
    }
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
        match named(config, *subject) {
            None => refusals.note(unknown(*subject)),
            Some(found) if found.retired => refusals.note(retired(*subject, found.name)),
            Some(_) => {}
        }
    }
}

fn unknown(subject: Subject) -> Error {
    let id = id_text(subject);
    let code = match subject.kind {
        SubjectKind::Profile => Code::UnknownProfile,
        SubjectKind::Role => Code::UnknownRole,
        SubjectKind::Group => Code::UnknownGroup,
        SubjectKind::Account => Code::UnknownAccount,
    };
    let kind = subject.kind.as_str();
    Error::new(code, format!("there is no {kind} `{id}`")).with(kind, id)
}

fn retired(subject: Subject, name: &str) -> Error {
    let kind = subject.kind.as_str();
    Error::new(
        Code::Retired,
        format!("the {kind} `{name}` is retired and takes no new users"),
    )
    .with(kind, id_text(subject))
}

/// The text form of the thing's id.
pub(super) fn id_text(subject: Subject) -> String {
    match subject.kind {
        SubjectKind::Profile => ProfileId(subject.id).to_string(),
        SubjectKind::Role => RoleId(subject.id).to_string(),
        SubjectKind::Group => GroupId(subject.id).to_string(),
        SubjectKind::Account => AccountId(subject.id).to_string(),
    }
}
