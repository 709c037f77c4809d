//! What becomes of people: who they are, what they may do, and whose value is whose.

use std::collections::{BTreeMap, BTreeSet};

use tympan_core::error::Code;
use tympan_core::ids::{AccountId, UserId};
use tympan_core::people::ShownUser;
use tympan_core::people::{
    Accounts, Changed, CreateUser, EditUser, IdentityEdit, IdentityReference, NewIdentity,
    NewValue, RoleRowEdit, UserField,
};
use tympan_core::records::IdentityKind;

use super::model::{Feed, Identity, Person, Tenant};
use super::purses::Desk;
use super::wrong::folded;
use crate::ask::{Ask, Reply};
use crate::calendar::Calendar;

const USERNAME: &str = "username";
const EMAIL: &str = "email";

impl Tenant {
    /// Whether an actor may do something in the whole tenant.
    pub(super) fn may(&self, actor: Option<UserId>, permission: &str) -> bool {
        actor.is_none_or(|user| self.user_may(user, permission, None))
    }

    /// Whether a user may do something, everywhere or over an account.
    pub(super) fn user_may(
        &self,
        user: UserId,
        permission: &str,
        account: Option<AccountId>,
    ) -> bool {
        let Some(person) = self.people.get(&user.0).filter(|person| person.active) else {
            return false;
        };
        let grants = |role: &i64| {
            let role = self.roles.get(role);
            role.is_some_and(|permissions| permissions.contains(permission))
        };
        person.role.iter().any(grants)
            || person.rows.values().any(|(role, accounts)| {
                let applies = match (accounts, account) {
                    (None, _) => true,
                    (Some(accounts), Some(account)) => accounts.contains(&account.0),
                    (Some(_), None) => false,
                };
                applies && grants(role)
            })
    }

    /// Who owns a value.
    pub(super) fn owner_of(&self, kind: &str, value: &str) -> Option<i64> {
        let owns = |identity: &Identity| {
            identity.enabled
                && identity.exclusive
                && identity.kind == kind
                && identity.value == value
        };
        self.people
            .iter()
            .find(|(_, person)| person.identities.iter().any(owns))
            .map(|(id, _)| *id)
    }

    /// What must hold after every change to people or roles.
    pub(super) fn check_people(&self) -> Result<(), String> {
        let administers = |id: &i64| self.user_may(UserId(*id), "user.administer", None);
        if !self.people.keys().any(administers) {
            return Err("expected an active user with user administration to remain".to_owned());
        }
        let mut seen = BTreeSet::new();
        for person in self.people.values() {
            for identity in &person.identities {
                let counts = identity.enabled && identity.exclusive;
                if counts && !seen.insert((&identity.kind, &identity.value)) {
                    let kind = &identity.kind;
                    return Err(format!("expected every {kind} to belong to one user"));
                }
            }
        }
        Ok(())
    }

    fn identity(
        &mut self,
        kind: &IdentityKind,
        value: &str,
        id: Option<i64>,
        enabled: bool,
        alone: bool,
    ) -> Identity {
        self.identities += 1;
        Identity {
            number: self.identities,
            id,
            kind: kind.name().into_owned(),
            value: value_of(kind, value),
            enabled,
            first: false,
            exclusive: *kind != IdentityKind::Pin || alone,
        }
    }

    /// Makes a person's first username or e-mail address this one.
    fn set_name(&mut self, user: i64, kind: &IdentityKind, text: Option<&str>) {
        let word = kind.name().into_owned();
        let new = text.map(|text| self.identity(kind, text, None, true, false));
        let Some(person) = self.people.get_mut(&user) else {
            return;
        };
        let is_first = |identity: &Identity| identity.kind == word && identity.first;
        let place = person.identities.iter().position(is_first);
        let old = place.map(|place| person.identities.remove(place));
        let Some(mut new) = new else { return };
        let same = |identity: &Identity| identity.kind == word && identity.value == new.value;
        if let Some(place) = person.identities.iter().position(same) {
            // The person had the value already, as another name.
            new = person.identities.remove(place);
        } else if let Some(old) = old {
            (new.number, new.id) = (old.number, old.id);
        }
        new.first = true;
        new.enabled = true;
        person.identities.push(new);
    }
}

fn value_of(kind: &IdentityKind, raw: &str) -> String {
    match kind {
        IdentityKind::Card => raw.to_owned(),
        _ => folded(raw),
    }
}

impl Person {
    /// Leaves and joins groups; those with plans from a time on, others when the clock says.
    fn move_groups(&mut self, moves: &Moves, counting: &Moves, now: i64, clock: i64) {
        self.groups.retain(|group, _| !moves.leaves.contains(group));
        for group in &moves.joins {
            let since = if counting.joins.contains(group) {
                now
            } else {
                clock
            };
            self.groups.insert(*group, since);
        }
    }

    /// Puts identities in order: of each type one is the first.
    fn arrange(&mut self) {
        self.identities.sort_by_key(|identity| identity.number);
        let kinds: BTreeSet<String> = self
            .identities
            .iter()
            .map(|identity| identity.kind.clone())
            .collect();
        for kind in kinds {
            let mine = |identity: &&mut Identity| identity.kind == kind && identity.enabled;
            let chosen = self
                .identities
                .iter()
                .filter(|identity| identity.kind == kind && identity.enabled)
                .find(|identity| identity.first)
                .or_else(|| {
                    self.identities
                        .iter()
                        .find(|identity| identity.kind == kind && identity.enabled)
                })
                .map(|identity| identity.number);
            for identity in self.identities.iter_mut().filter(mine) {
                identity.first = Some(identity.number) == chosen;
            }
        }
    }

    fn shown(&self, kind: &str) -> Option<&str> {
        self.identities
            .iter()
            .find(|identity| identity.kind == kind && identity.first && identity.enabled)
            .map(|identity| identity.value.as_str())
    }
}

/// Takes note of what a command did to people; says what cannot be.
pub(super) fn learn(
    tenant: &mut Tenant,
    calendar: &mut Calendar,
    clock: i64,
    ask: &Ask,
    reply: &Reply,
) -> Result<(), String> {
    match (ask, reply) {
        (Ask::CreateUser(create), Reply::Changed(changed)) => {
            created(tenant, clock, create, changed)?;
            same(tenant, &changed.user)?;
        }
        (Ask::EditUser(edit), Reply::Changed(changed)) => {
            edited(tenant, calendar, clock, edit, changed)?;
            same(tenant, &changed.user)?;
        }
        (Ask::SettleDue(ask), Reply::Settled(entries)) => {
            let user = tenant.find(&ask.user).ok_or("expected no such user")?;
            let desk = Desk::open(tenant, user, clock, calendar);
            let desk = desk.map_err(|code: Code| format!("expected {code}"))?;
            if desk.written != (*entries > 0) {
                return Err(format!("expected entries: {}", desk.written));
            }
            desk.close(tenant, user);
        }
        (Ask::DeactivateUser(_), Reply::Changed(changed)) => {
            settle(
                tenant,
                calendar,
                clock,
                changed.user.id.0,
                (None, Some(false)),
                &Moves::default(),
            )?;
            same(tenant, &changed.user)?;
        }
        (Ask::ReactivateUser(_), Reply::Reactivated(reactivated)) => {
            let id = reactivated.user.user.id.0;
            let moves = Moves::default();
            settle(tenant, calendar, clock, id, (None, Some(true)), &moves)?;
            same(tenant, &reactivated.user.user)?;
        }
        (Ask::AddIdentity(add), Reply::Changed(changed)) => {
            let edits = [IdentityEdit::Add(add.identity.clone())];
            identities(tenant, changed, &edits);
            same(tenant, &changed.user)?;
        }
        (Ask::ReplaceIdentity(replace), Reply::Changed(changed)) => {
            let edits = [IdentityEdit::Replace {
                identity: replace.identity,
                kind: replace.kind.clone(),
                value: replace.value.clone(),
            }];
            identities(tenant, changed, &edits);
            same(tenant, &changed.user)?;
        }
        (Ask::RemoveIdentity(remove), Reply::Changed(changed)) => {
            identities(tenant, changed, &[IdentityEdit::Remove(remove.identity)]);
            same(tenant, &changed.user)?;
        }
        (Ask::EnableIdentity(enable), Reply::Changed(changed)) => {
            let edits = [IdentityEdit::Enable {
                identity: enable.identity,
                enabled: enable.enabled,
            }];
            identities(tenant, changed, &edits);
            same(tenant, &changed.user)?;
        }
        (Ask::TransferIdentity(transfer), Reply::Transferred(moved)) => {
            let (from, to) = (moved.from.id.0, moved.to.id.0);
            let Some((owner, number)) = referred(tenant, &transfer.identity) else {
                return Err("expected an unknown identity not to be transferred".to_owned());
            };
            if owner != from || tenant.find(&transfer.to) != Some(to) {
                return Err(format!("expected a transfer from {owner}"));
            }
            if from != to
                && let Some(mut identity) = take(tenant, from, number)
            {
                identity.first = false;
                give(tenant, to, identity);
            }
            same(tenant, &moved.from)?;
            same(tenant, &moved.to)?;
        }
        (Ask::SwapIdentities(swap), Reply::Transferred(moved)) => {
            let (one, two) = (
                referred(tenant, &swap.first),
                referred(tenant, &swap.second),
            );
            let (Some(one), Some(two)) = (one, two) else {
                return Err("expected an unknown identity not to be swapped".to_owned());
            };
            if one.0 != moved.from.id.0 || two.0 != moved.to.id.0 {
                return Err(format!("expected a swap of {} and {}", one.0, two.0));
            }
            if one.0 != two.0
                && let Some(mut first) = take(tenant, one.0, one.1)
                && let Some(mut second) = take(tenant, two.0, two.1)
            {
                std::mem::swap(&mut first.first, &mut second.first);
                give(tenant, one.0, second);
                give(tenant, two.0, first);
            }
            same(tenant, &moved.from)?;
            same(tenant, &moved.to)?;
        }
        _ => {}
    }
    Ok(())
}

fn created(
    tenant: &mut Tenant,
    clock: i64,
    create: &CreateUser,
    changed: &Changed,
) -> Result<(), String> {
    let id = changed.user.id.0;
    let fields = &create.fields;
    let rows = changed.role_rows.iter().zip(&create.role_rows);
    let person = Person {
        active: fields.active.unwrap_or(true),
        was_active: vec![(clock, fields.active.unwrap_or(true))],
        restricted: fields.restricted.unwrap_or(true),
        percent: fields.price_percent.unwrap_or(100),
        shares_with: fields.shared_with.as_ref().map(|with| with.to_string()),
        account_code: fields.account_code.clone(),
        profile: fields.profile.map_or(tenant.default_profile, |id| id.0),
        profile_since: clock,
        groups: create.groups.iter().map(|id| (id.0, clock)).collect(),
        role: fields.role.map(|role| role.0),
        rows: rows
            .map(|(id, row)| (id.0, (row.role.0, accounts(&row.accounts))))
            .collect(),
        identities: Vec::new(),
    };
    if tenant.people.insert(id, person).is_some() {
        return Err(format!("expected a new id, not {id}"));
    }
    tenant.set_name(id, &IdentityKind::Username, fields.username.as_deref());
    tenant.set_name(id, &IdentityKind::Email, fields.email.as_deref());
    let edits: Vec<IdentityEdit> = create
        .identities
        .iter()
        .cloned()
        .map(IdentityEdit::Add)
        .collect();
    identities(tenant, changed, &edits);
    Ok(())
}

fn edited(
    tenant: &mut Tenant,
    calendar: &mut Calendar,
    clock: i64,
    edit: &EditUser,
    changed: &Changed,
) -> Result<(), String> {
    let id = changed.user.id.0;
    if tenant.find(&edit.user) != Some(id) {
        return Err(format!("expected another user than {id} to be edited"));
    }
    let set = &edit.set;
    let moves = Moves::of(tenant, id, edit);
    settle(
        tenant,
        calendar,
        clock,
        id,
        (set.profile.map(|profile| profile.0), set.active),
        &moves,
    )?;
    if let Some(person) = tenant.people.get_mut(&id) {
        person.restricted = set.restricted.unwrap_or(person.restricted);
        if edit.clear.contains(&UserField::PricePercent) {
            person.percent = 100;
        }
        person.percent = set.price_percent.unwrap_or(person.percent);
        if edit.clear.contains(&UserField::SharedWith) {
            person.shares_with = None;
        }
        if let Some(with) = &set.shared_with {
            person.shares_with = Some(with.to_string());
        }
        if edit.clear.contains(&UserField::AccountCode) {
            person.account_code = None;
        }
        if let Some(code) = &set.account_code {
            person.account_code = Some(code.clone());
        }
        if edit.clear.contains(&UserField::Role) {
            person.role = None;
        }
        person.role = set.role.map(|role| role.0).or(person.role);
        let mut added = changed.role_rows.iter();
        for row in &edit.role_rows {
            match row {
                RoleRowEdit::Add(row) => {
                    if let Some(id) = added.next() {
                        person
                            .rows
                            .insert(id.0, (row.role.0, accounts(&row.accounts)));
                    }
                }
                RoleRowEdit::SetAccounts {
                    role_row,
                    accounts: to,
                } => {
                    if let Some(row) = person.rows.get_mut(&role_row.0) {
                        row.1 = accounts(to);
                    }
                }
                RoleRowEdit::Remove(row) => {
                    person.rows.remove(&row.0);
                }
            }
        }
    }
    for (kind, field, text) in [
        (IdentityKind::Username, UserField::Username, &set.username),
        (IdentityKind::Email, UserField::Email, &set.email),
    ] {
        if text.is_some() || edit.clear.contains(&field) {
            tenant.set_name(id, &kind, text.as_deref());
        }
    }
    identities(tenant, changed, &edit.identities);
    Ok(())
}

fn accounts(accounts: &Accounts) -> Option<BTreeSet<i64>> {
    match accounts {
        Accounts::All => None,
        Accounts::Only(accounts) => Some(accounts.iter().map(|account| account.0).collect()),
    }
}

/// Groups that a person joins and leaves.
#[derive(Default)]
struct Moves {
    joins: BTreeSet<i64>,
    leaves: BTreeSet<i64>,
}

impl Moves {
    fn of(tenant: &Tenant, user: i64, edit: &EditUser) -> Self {
        let nothing = BTreeMap::new();
        let before = tenant
            .people
            .get(&user)
            .map_or(&nothing, |person| &person.groups);
        let joins: BTreeSet<i64> = edit.join.iter().map(|group| group.0).collect();
        let leaves = edit.leave.iter().map(|group| group.0);
        // Who leaves and joins at once never left.
        let leaves = leaves.filter(|group| before.contains_key(group) && !joins.contains(group));
        let leaves = leaves.collect();
        let joins = joins
            .into_iter()
            .filter(|group| !before.contains_key(group));
        Self {
            joins: joins.collect(),
            leaves,
        }
    }

    /// Those of groups that have or had plans.
    fn with_plans(&self, tenant: &Tenant) -> Self {
        let has = |group: &&i64| {
            let group = tenant.groups.get(group);
            group.is_some_and(|group| !group.plans.is_empty())
        };
        Self {
            joins: self.joins.iter().filter(has).copied().collect(),
            leaves: self.leaves.iter().filter(has).copied().collect(),
        }
    }

    fn is_empty(&self) -> bool {
        self.joins.is_empty() && self.leaves.is_empty()
    }

    /// What is left of what the groups gave that are left is taken out.
    fn take_back(&self, tenant: &mut Tenant, user: i64, now: i64) {
        let groups = self
            .leaves
            .iter()
            .filter_map(|group| tenant.groups.get(group));
        let plans: Vec<i64> = groups
            .flat_map(|group| group.plans.keys().copied())
            .collect();
        let Some(purses) = tenant.purses.get_mut(&user) else {
            return;
        };
        for plan in plans {
            if let Some(purse) = purses.purses.get_mut(&Feed::Plan(plan)) {
                purse.gone = Some(0);
            }
        }
        if purses.empty_what_was_left() {
            purses.latest = now;
        }
    }
}

/// An id that no profile has.
const NO_PROFILE: i64 = 0;

/// Settles what plans owe a person before the profile or the groups change, or whether the person is
/// active.
fn settle(
    tenant: &mut Tenant,
    calendar: &mut Calendar,
    clock: i64,
    id: i64,
    (profile, active): (Option<i64>, Option<bool>),
    moves: &Moves,
) -> Result<(), String> {
    let open = |tenant: &Tenant, calendar: &mut Calendar| {
        Desk::open(tenant, id, clock, calendar).map_err(|code: Code| format!("expected {code}"))
    };
    let Some(person) = tenant.people.get(&id) else {
        return Ok(());
    };
    let profile = profile.filter(|profile| *profile != person.profile);
    let active = active.filter(|active| *active != person.active);
    let counting = moves.with_plans(tenant);
    if profile.is_none() && active.is_none() && counting.is_empty() {
        if let Some(person) = tenant.people.get_mut(&id) {
            person.move_groups(moves, &counting, clock, clock);
        }
        return Ok(());
    }
    let desk = open(tenant, calendar)?;
    let now = desk.now;
    desk.close(tenant, id);
    if let Some(person) = tenant.people.get_mut(&id) {
        if profile.is_some() {
            // What the new one gives is given when somebody looks.
            (person.profile, person.profile_since) = (NO_PROFILE, now);
            person.forget_active_after(now);
        }
        person.set_active(now, active.unwrap_or(person.active));
    }
    // What was missed is made up for at once, in the wallets that are there already, be it that a clock
    // had shown more when they were looked at last.
    if active == Some(true) {
        let purses = tenant.purses.get_mut(&id).into_iter();
        for purse in purses.flat_map(|purses| purses.purses.values_mut()) {
            purse.fed_until = purse.fed_until.min(now);
        }
    }
    if active == Some(true) {
        open(tenant, calendar)?.close(tenant, id);
    }
    if let (Some(profile), Some(person)) = (profile, tenant.people.get_mut(&id)) {
        person.profile = profile;
    }
    counting.take_back(tenant, id, now);
    if let Some(person) = tenant.people.get_mut(&id) {
        if !counting.joins.is_empty() {
            person.forget_active_after(now);
        }
        person.move_groups(moves, &counting, now, clock);
    }
    Ok(())
}

/// Changes to the identities of one user; values that were drawn are learned from the answer.
fn identities(tenant: &mut Tenant, changed: &Changed, edits: &[IdentityEdit]) {
    let user = changed.user.id.0;
    let mut stored = changed.identities.iter();
    for edit in edits {
        match edit {
            IdentityEdit::Add(NewIdentity {
                kind,
                value,
                enabled,
                alone,
                ..
            }) => {
                let Some(stored) = stored.next() else {
                    continue;
                };
                let raw = match value {
                    NewValue::Given(raw) => raw.expose(),
                    NewValue::Generated => stored.value.expose(),
                };
                let new = tenant.identity(kind, raw, Some(stored.id.0), *enabled, *alone);
                give(tenant, user, new);
            }
            IdentityEdit::Replace { identity, kind, .. } => {
                let Some(stored) = stored.next() else {
                    continue;
                };
                if let Some(known) = find(tenant, user, identity.0) {
                    known.value = value_of(kind, stored.value.expose());
                }
            }
            IdentityEdit::Remove(identity) => {
                if let Some(person) = tenant.people.get_mut(&user) {
                    person
                        .identities
                        .retain(|known| known.id != Some(identity.0));
                }
            }
            IdentityEdit::Enable { identity, enabled } => {
                if let Some(known) = find(tenant, user, identity.0) {
                    known.enabled = *enabled;
                }
            }
        }
    }
    if let Some(person) = tenant.people.get_mut(&user) {
        person.arrange();
    }
}

fn find(tenant: &mut Tenant, user: i64, id: i64) -> Option<&mut Identity> {
    let person = tenant.people.get_mut(&user)?;
    person
        .identities
        .iter_mut()
        .find(|identity| identity.id == Some(id))
}

/// Whose identity is meant, and which number it has here.
pub(super) fn referred(tenant: &Tenant, reference: &IdentityReference) -> Option<(i64, u64)> {
    match reference {
        IdentityReference::Of { user, identity } => {
            let owner = tenant.find(user)?;
            let known = &tenant.people.get(&owner)?.identities;
            let found = known.iter().find(|known| known.id == Some(identity.0))?;
            Some((owner, found.number))
        }
        IdentityReference::Value { kind, value } => {
            let (word, value) = (kind.name().into_owned(), value_of(kind, value.expose()));
            let owner = tenant.owner_of(&word, &value)?;
            let known = &tenant.people.get(&owner)?.identities;
            let is_it = |known: &&Identity| {
                known.enabled && known.exclusive && known.kind == word && known.value == value
            };
            Some((owner, known.iter().find(is_it)?.number))
        }
    }
}

fn take(tenant: &mut Tenant, user: i64, number: u64) -> Option<Identity> {
    let person = tenant.people.get_mut(&user)?;
    let place = person
        .identities
        .iter()
        .position(|identity| identity.number == number)?;
    Some(person.identities.remove(place))
}

fn give(tenant: &mut Tenant, user: i64, identity: Identity) {
    if let Some(person) = tenant.people.get_mut(&user) {
        person.identities.push(identity);
        person.arrange();
    }
}

/// Whether a user is as the auditor thinks.
fn same(tenant: &mut Tenant, user: &ShownUser) -> Result<(), String> {
    let Some(person) = tenant.people.get_mut(&user.id.0) else {
        return Err("expected no such user".to_owned());
    };
    person.arrange();
    let (expected, found) = (
        (
            person.active,
            (person.restricted, person.percent),
            (person.shares_with.clone(), person.account_code.clone()),
            person.profile,
            person.profile_since,
            person.role,
            person.shown(USERNAME).map(str::to_owned),
            person.shown(EMAIL).map(str::to_owned),
        ),
        (
            user.active,
            (user.restricted, user.price_percent.unwrap_or(100)),
            (
                user.shared_with.as_ref().map(|with| with.to_string()),
                user.account_code.clone(),
            ),
            user.profile.0,
            user.profile_since.millis(),
            user.role.map(|role| role.0),
            user.username.as_deref().map(folded),
            user.email.as_deref().map(folded),
        ),
    );
    if expected == found {
        return Ok(());
    }
    Err(format!("expected the user to be {expected:?}"))
}
