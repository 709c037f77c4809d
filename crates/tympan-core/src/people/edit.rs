//! The one way in which users change: users before and after become changes, whatever the command.
//!
//! A command edits an owned copy of each user that it is about. From before and after follow the
//! version, the fields shown from identities, who owns which value, how many use what, whether an
//! administrator remains, and the audit events; all or nothing.

use std::sync::Arc;

use crate::audit;
use crate::command::{Context, Stop};
use crate::configuration::{MAX_USER_PLANS, plans_of_user};
use crate::ids::{GroupId, TenantId, UserId};
use crate::ledger::{Keeps, settle_due};
use crate::people::audited::changed_fields;
use crate::people::authority;
use crate::people::claims::ClaimChanges;
use crate::people::person::{Person, joined};
use crate::people::subjects;
use crate::people::uses::UsesChanges;
use crate::proof;
use crate::records::{Config, PlanOwner, User};
use crate::refusals::{Refusals, stale, too_many};
use crate::view::{Change, Key, Record, View};

/// Identities of one user: a user is loaded whole.
pub const MAX_IDENTITIES: usize = 100;
/// Groups of one user.
pub const MAX_MEMBERSHIPS: usize = 1_000;
/// Role rows of one user.
pub const MAX_ROLE_ROWS: usize = 100;
/// Accounts that the role rows of one user name, counted by row.
pub const MAX_ROLE_ROW_ACCOUNTS: usize = 2_000;

/// One user before and after.
#[derive(Debug)]
pub(super) struct Edit {
    /// None for a new user.
    pub(super) before: Option<Person>,
    pub(super) after: Person,
    /// The version that the caller saw, if it matters.
    pub(super) expected_version: Option<i64>,
}

impl Edit {
    /// An edit of a user who is there, with nothing changed yet.
    pub(super) fn of(
        view: &View,
        tenant: TenantId,
        user: UserId,
        expected_version: Option<i64>,
    ) -> Result<Self, Stop> {
        let person = Person::load(view, tenant, user)?;
        Ok(Self {
            before: Some(person.clone()),
            after: person,
            expected_version,
        })
    }

    /// Whoever leaves a group and joins it in one command never left it.
    fn keep_memberships(&mut self) {
        let Some(before) = &self.before else { return };
        for row in &mut self.after.relations.memberships {
            let was = before.relations.memberships.iter();
            if let Some(was) = was.into_iter().find(|was| was.user_group == row.user_group) {
                row.since = was.since;
            }
        }
    }

    fn is_change(&self) -> bool {
        self.before.as_ref() != Some(&self.after)
    }
}

/// Edits of one command.
pub(super) struct Edits<'a> {
    /// The command's name.
    pub(super) action: &'a str,
    /// Why.
    pub(super) reason: Option<String>,
    /// The users, each once.
    pub(super) edits: Vec<Edit>,
    /// What is refused already.
    pub(super) refusals: Refusals,
}

/// What edits come to.
pub(super) struct Outcome {
    pub(super) changes: Vec<Change>,
    /// The users as they are now, in the order of the edits.
    pub(super) people: Vec<Person>,
}

impl Edits<'_> {
    /// The changes, or the refusal that comes first in the documented order.
    pub(super) fn decide(
        mut self,
        view: &View,
        context: &mut Context<'_>,
        config: &Config,
    ) -> Result<Outcome, Stop> {
        for edit in &mut self.edits {
            edit.keep_memberships();
            edit.after.derive();
        }
        let claims = ClaimChanges::of(&self.edits);
        let uses = UsesChanges::of(&self.edits);
        view.require(needed(context, config, &claims, &uses))?;

        let refusals = &mut self.refusals;
        for edit in &self.edits {
            authority::check(view, context, config, edit, refusals)?;
            subjects::check(config, edit, refusals);
            check_limits(edit, refusals);
            check_plans(config, edit, refusals);
            check_version(edit, refusals);
        }
        let mut changes = claims.changes(view, context, refusals)?;
        changes.extend(uses.changes(view, context, config, refusals)?);
        std::mem::take(refusals).finish()?;

        let mut events = Vec::new();
        for edit in &mut self.edits {
            if !edit.is_change() {
                continue;
            }
            changes.extend(settled(view, context, config, edit)?);
            stamp(edit, context);
            let Person { user, relations } = &mut edit.after;
            user.digest = proof::of_user(&context.keys.record, user, relations);
            events.push(audit::Event {
                action: self.action,
                subject_kind: audit::USER,
                subject: edit.after.user.id.0,
                changes: changed_fields(edit.before.as_ref(), &edit.after),
                reason: self.reason.clone(),
            });
            changes.extend(puts(edit));
        }
        if !events.is_empty() {
            audit::record(view, context, events, &mut changes)?;
        }
        let people = self.edits.into_iter().map(|edit| edit.after).collect();
        Ok(Outcome { changes, people })
    }
}

fn needed(
    context: &Context<'_>,
    config: &Config,
    claims: &ClaimChanges,
    uses: &UsesChanges,
) -> Vec<Key> {
    let tenant = context.tenant;
    let claims = claims.names().map(|name| Key::Claim(tenant, name.clone()));
    let uses = uses
        .subjects(config)
        .map(|subject| Key::Uses(tenant, subject));
    let strand = audit::strand_key(tenant);
    claims.chain(uses).chain([strand]).collect()
}

fn check_limits(edit: &Edit, refusals: &mut Refusals) {
    let (before, after) = (
        edit.before.as_ref().map(|person| &person.relations),
        &edit.after.relations,
    );
    let lists = [
        (
            "identities",
            MAX_IDENTITIES,
            before.map(|relations| relations.identities.len()),
            after.identities.len(),
        ),
        (
            "groups",
            MAX_MEMBERSHIPS,
            before.map(|relations| relations.memberships.len()),
            after.memberships.len(),
        ),
        (
            "role_rows",
            MAX_ROLE_ROWS,
            before.map(|relations| relations.role_rows.len()),
            after.role_rows.len(),
        ),
        (
            "accounts",
            MAX_ROLE_ROW_ACCOUNTS,
            before.map(|relations| relations.role_row_accounts.len()),
            after.role_row_accounts.len(),
        ),
    ];
    for (field, limit, before, after) in lists {
        if after > limit && after > before.unwrap_or(0) {
            refusals.note(too_many(field, limit));
        }
    }
}

/// Who gets more plans by an edit gets no more than one may have.
fn check_plans(config: &Config, edit: &Edit, refusals: &mut Refusals) {
    let before = edit.before.as_ref().map(|before| &before.user);
    let user = &edit.after.user;
    let is_same = |before: &User| (before.profile, &before.groups) == (user.profile, &user.groups);
    if before.is_some_and(is_same) {
        return;
    }
    let plans = |user: &User| plans_of_user(config, user);
    let after = plans(user);
    if after > MAX_USER_PLANS && after > before.map_or(0, plans) {
        refusals.note(too_many("plans", MAX_USER_PLANS));
    }
}

fn check_version(edit: &Edit, refusals: &mut Refusals) {
    if let Some(before) = &edit.before
        && let Err(error) = stale(before.user.version, edit.expected_version)
    {
        refusals.note(error.with("user", before.user.id));
    }
}

/// Settles the wallets before what feeds them changes: under the profile that ends, the new one
/// feeds from then on; up to when the user is active, or is so again; and up to when the user is in a
/// group. What the plans gave of one that is left is taken back.
fn settled(
    view: &View,
    context: &mut Context<'_>,
    config: &Config,
    edit: &mut Edit,
) -> Result<Vec<Change>, Stop> {
    let Some(before) = &edit.before else {
        return Ok(Vec::new());
    };
    let (joins, leaves) = memberships_changed(before, &edit.after, config);
    let after = &mut edit.after.user;
    let has_other_profile = before.user.profile != after.profile;
    let has_others = has_other_profile || !joins.is_empty() || !leaves.is_empty();
    if !has_others && before.user.active == after.active {
        return Ok(Vec::new());
    }
    let keeps = match has_other_profile {
        true => Keeps::OfGroups,
        false => Keeps::All,
    };
    let resumes = after.active.then_some(keeps);
    let (changes, now) = settle_due(view, context, config, &before.user, resumes, &leaves)?;
    if has_other_profile {
        after.profile_since = now;
    }
    for row in &mut edit.after.relations.memberships {
        if joins.contains(&row.user_group) {
            row.since = now;
        }
    }
    edit.after.user.groups = joined(&edit.after.relations);
    Ok(changes)
}

/// The groups with plans that the user joins, and those that the user leaves.
fn memberships_changed(
    before: &Person,
    after: &Person,
    config: &Config,
) -> (Vec<GroupId>, Vec<GroupId>) {
    let missing = |from: &Person, of: &Person| -> Vec<GroupId> {
        let groups = of.user.groups.iter().map(|(group, _)| group);
        let carries = |group: &GroupId| config.plans.contains_key(&PlanOwner::Group(*group));
        groups
            .filter(|group| !from.user.groups.contains(*group))
            .filter(carries)
            .collect()
    };
    (missing(before, after), missing(after, before))
}

fn stamp(edit: &mut Edit, context: &Context<'_>) {
    let user = &mut edit.after.user;
    match &edit.before {
        Some(before) => {
            user.version = before.user.version + 1;
            user.updated_at = context.now.max(before.user.updated_at);
        }
        None => {
            user.version = 1;
            user.created_at = context.now;
            user.updated_at = context.now;
            user.profile_since = context.now;
        }
    }
}

fn puts(edit: &Edit) -> Vec<Change> {
    let (tenant, id) = (edit.after.user.tenant, edit.after.user.id);
    let user = Arc::new(edit.after.user.clone());
    let mut changes = vec![Change::Put(Key::User(tenant, id), Record::User(user))];
    let relations = &edit.after.relations;
    if edit.before.as_ref().map(|person| &person.relations) != Some(relations) {
        let relations = Arc::new(relations.clone());
        changes.push(Change::Put(
            Key::Relations(tenant, id),
            Record::Relations(relations),
        ));
    }
    changes
}
