//! Whatever is done in whatever order, refused or not: who owns which value, how many use what and
//! that an administrator remains follow from the users themselves.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::store::*;
use crate::command::Actor;
use crate::error::Code;
use crate::ids::{AccountId, GroupId, ProfileId, RoleId, UserId};
use crate::people::*;
use crate::permissions::{USER_ADMINISTER, role_grants};
use crate::records::{IdentityKind, Relations, Subject, SubjectKind, User};
use crate::view::{Key, Record};

const KINDS: [IdentityKind; 5] = [
    IdentityKind::Username,
    IdentityKind::Email,
    IdentityKind::Alias,
    IdentityKind::Card,
    IdentityKind::Pin,
];
const ROLES: [RoleId; 4] = [ADMINISTRATOR, DEPUTY, OPERATOR, OLD_ROLE];
const GROUPS: [GroupId; 3] = [PRESS, OFFICE, OLD_GROUP];
const PROFILES: [ProfileId; 3] = [STAFF, GUESTS, OLD_PROFILE];
const ACCOUNTS: [AccountId; 3] = [NORTH, SOUTH, OLD_ACCOUNT];

/// What is done. Numbers choose among what there is.
#[derive(Clone, Debug)]
enum Step {
    Create {
        value: usize,
        role: Option<usize>,
        group: usize,
    },
    Fields {
        user: usize,
        value: Option<usize>,
        profile: Option<usize>,
        active: Option<bool>,
    },
    Role {
        user: usize,
        role: Option<usize>,
    },
    AddRow {
        user: usize,
        role: usize,
        accounts: Vec<usize>,
    },
    DropRow {
        user: usize,
    },
    Groups {
        user: usize,
        join: usize,
        leave: usize,
    },
    Add {
        user: usize,
        kind: usize,
        value: usize,
        enabled: bool,
        alone: bool,
    },
    Replace {
        user: usize,
        identity: usize,
        value: usize,
    },
    Enable {
        user: usize,
        identity: usize,
        enabled: bool,
    },
    Remove {
        user: usize,
        identity: usize,
    },
    Whole {
        user: usize,
        identity: usize,
        value: usize,
        role: usize,
    },
    Transfer {
        from: usize,
        identity: usize,
        to: usize,
    },
    TransferValue {
        kind: usize,
        value: usize,
        to: usize,
    },
    Swap {
        first: usize,
        one: usize,
        second: usize,
        other: usize,
    },
    Active {
        user: usize,
        active: bool,
    },
}

fn step() -> impl Strategy<Value = Step> {
    let n = 0_usize..8;
    let v = 0_usize..5;
    let o = prop::option::of(0_usize..4);
    prop_oneof![
        (v.clone(), o.clone(), n.clone()).prop_map(|(value, role, group)| Step::Create {
            value,
            role,
            group
        }),
        (n.clone(), o.clone(), o.clone(), any::<Option<bool>>()).prop_map(
            |(user, value, profile, active)| Step::Fields {
                user,
                value,
                profile,
                active
            }
        ),
        (n.clone(), o).prop_map(|(user, role)| Step::Role { user, role }),
        (n.clone(), n.clone(), prop::collection::vec(n.clone(), 0..3)).prop_map(
            |(user, role, accounts)| Step::AddRow {
                user,
                role,
                accounts
            }
        ),
        n.clone().prop_map(|user| Step::DropRow { user }),
        (n.clone(), n.clone(), n.clone()).prop_map(|(user, join, leave)| Step::Groups {
            user,
            join,
            leave
        }),
        (
            n.clone(),
            n.clone(),
            v.clone(),
            any::<bool>(),
            any::<bool>()
        )
            .prop_map(|(user, kind, value, enabled, alone)| Step::Add {
                user,
                kind,
                value,
                enabled,
                alone
            }),
        (n.clone(), n.clone(), v.clone()).prop_map(|(user, identity, value)| Step::Replace {
            user,
            identity,
            value
        }),
        (n.clone(), n.clone(), any::<bool>()).prop_map(|(user, identity, enabled)| Step::Enable {
            user,
            identity,
            enabled
        }),
        (n.clone(), n.clone()).prop_map(|(user, identity)| Step::Remove { user, identity }),
        (n.clone(), n.clone(), v.clone(), n.clone()).prop_map(|(user, identity, value, role)| {
            Step::Whole {
                user,
                identity,
                value,
                role,
            }
        }),
        (n.clone(), n.clone(), n.clone()).prop_map(|(from, identity, to)| Step::Transfer {
            from,
            identity,
            to
        }),
        (n.clone(), v, n.clone()).prop_map(|(kind, value, to)| Step::TransferValue {
            kind,
            value,
            to
        }),
        (n.clone(), n.clone(), n.clone(), n.clone()).prop_map(|(first, one, second, other)| {
            Step::Swap {
                first,
                one,
                second,
                other,
            }
        }),
        (n, any::<bool>()).prop_map(|(user, active)| Step::Active { user, active }),
    ]
}

/// A value that a kind can have; few, so that they collide.
fn value(kind: &IdentityKind, number: usize) -> String {
    match kind {
        IdentityKind::Email => format!("a{number}@example.org"),
        IdentityKind::Pin => format!("73051{number}82"),
        _ => format!("A{number}"),
    }
}

fn pick<T: Clone>(among: &[T], number: usize) -> T {
    among[number % among.len()].clone()
}

struct World {
    store: Store,
    users: Vec<UserId>,
}

impl World {
    fn user(&self, number: usize) -> UserId {
        pick(&self.users, number)
    }

    /// An identity of a user, if there is any.
    fn identity(
        &self,
        user: UserId,
        number: usize,
    ) -> Option<(crate::ids::IdentityId, IdentityKind)> {
        let identities = self.store.identities(user);
        (!identities.is_empty()).then(|| {
            let identity = pick(&identities, number);
            (identity.id, identity.kind)
        })
    }

    fn reference(&self, user: usize, number: usize) -> Option<IdentityReference> {
        let user = self.user(user);
        let (identity, _) = self.identity(user, number)?;
        Some(IdentityReference::Of {
            user: user.into(),
            identity,
        })
    }

    fn edit(&mut self, edit: &EditUser) -> Option<Code> {
        self.store.host(edit).err().map(|error| error.code())
    }

    /// Does one step; the refusal, if it was refused.
    fn take(&mut self, step: &Step) -> Option<Code> {
        match step.clone() {
            Step::Create {
                value: number,
                role,
                group,
            } => {
                let mut create = CreateUser::named("User")
                    .username(value(&IdentityKind::Username, number))
                    .identity(NewIdentity::generated_pin().alone());
                create.fields.role = role.map(|role| pick(&ROLES, role));
                create.groups = vec![pick(&GROUPS, group)];
                match self.store.host(&create) {
                    Ok(created) => self.users.push(created.user.id),
                    Err(error) => return Some(error.code()),
                }
                None
            }
            Step::Fields {
                user,
                value: number,
                profile,
                active,
            } => {
                let mut edit = EditUser::of(self.user(user), None);
                edit.set.active = active;
                edit.set.profile = profile.map(|profile| pick(&PROFILES, profile));
                match number {
                    Some(number) => {
                        edit.set.username = Some(value(&IdentityKind::Username, number));
                        edit.set.other_emails = Some(vec![
                            value(&IdentityKind::Email, number),
                            value(&IdentityKind::Email, number + 1),
                        ]);
                    }
                    None => edit.clear = vec![UserField::Username, UserField::Email],
                }
                self.edit(&edit)
            }
            Step::Role { user, role } => {
                let mut edit = EditUser::of(self.user(user), None);
                match role {
                    Some(role) => edit.set.role = Some(pick(&ROLES, role)),
                    None => edit.clear = vec![UserField::Role],
                }
                self.edit(&edit)
            }
            Step::AddRow {
                user,
                role,
                accounts,
            } => {
                let mut edit = EditUser::of(self.user(user), None);
                let set: BTreeSet<AccountId> = accounts
                    .iter()
                    .map(|account| pick(&ACCOUNTS, *account))
                    .collect();
                let accounts = if set.is_empty() {
                    Accounts::All
                } else {
                    Accounts::Only(set)
                };
                let role = pick(&ROLES, role);
                edit.role_rows = vec![RoleRowEdit::Add(NewRoleRow { role, accounts })];
                self.edit(&edit)
            }
            Step::DropRow { user } => {
                let user = self.user(user);
                let row = self.store.relations(user).role_rows.first()?.id;
                let mut edit = EditUser::of(user, None);
                edit.role_rows = vec![RoleRowEdit::Remove(row)];
                self.edit(&edit)
            }
            Step::Groups { user, join, leave } => {
                let mut edit = EditUser::of(self.user(user), None);
                edit.leave = vec![pick(&GROUPS, leave)];
                edit.join = vec![pick(&GROUPS, join)];
                self.edit(&edit)
            }
            Step::Add {
                user,
                kind,
                value: number,
                enabled,
                alone,
            } => {
                let kind = pick(&KINDS, kind);
                let identity = NewIdentity {
                    enabled,
                    alone,
                    ..NewIdentity::new(kind.clone(), value(&kind, number))
                };
                let add = AddIdentity {
                    user: self.user(user).into(),
                    expected_version: None,
                    identity,
                    reason: None,
                };
                self.store.host(&add).err().map(|error| error.code())
            }
            Step::Replace {
                user,
                identity,
                value: number,
            } => {
                let user = self.user(user);
                let (identity, kind) = self.identity(user, identity)?;
                let mut edit = EditUser::of(user, None);
                let given = NewValue::Given(value(&kind, number).into());
                edit.identities = vec![IdentityEdit::Replace {
                    identity,
                    kind,
                    value: given,
                }];
                self.edit(&edit)
            }
            Step::Enable {
                user,
                identity,
                enabled,
            } => {
                let user = self.user(user);
                let (identity, _) = self.identity(user, identity)?;
                let mut edit = EditUser::of(user, None);
                edit.identities = vec![IdentityEdit::Enable { identity, enabled }];
                self.edit(&edit)
            }
            Step::Remove { user, identity } => {
                let user = self.user(user);
                let (identity, _) = self.identity(user, identity)?;
                let mut edit = EditUser::of(user, None);
                edit.identities = vec![IdentityEdit::Remove(identity)];
                self.edit(&edit)
            }
            Step::Whole {
                user,
                identity,
                value: number,
                role,
            } => {
                let user = self.user(user);
                let (identity, kind) = self.identity(user, identity)?;
                let mut edit = EditUser::of(user, Some(self.store.user(user).version));
                edit.identities = vec![
                    IdentityEdit::Remove(identity),
                    IdentityEdit::Add(NewIdentity::new(kind.clone(), value(&kind, number))),
                ];
                edit.set.role = Some(pick(&ROLES, role));
                edit.set.email = Some(value(&IdentityKind::Email, number));
                edit.join = GROUPS[..2].to_vec();
                self.edit(&edit)
            }
            Step::Transfer { from, identity, to } => {
                let identity = self.reference(from, identity)?;
                let transfer = TransferIdentity::of(identity, self.user(to));
                self.store.host(&transfer).err().map(|error| error.code())
            }
            Step::TransferValue {
                kind,
                value: number,
                to,
            } => {
                let kind = pick(&KINDS, kind);
                let identity = IdentityReference::value(kind.clone(), value(&kind, number));
                let transfer = TransferIdentity::of(identity, self.user(to));
                self.store.host(&transfer).err().map(|error| error.code())
            }
            Step::Swap {
                first,
                one,
                second,
                other,
            } => {
                let one = self.reference(first, one)?;
                let other = self.reference(second, other)?;
                let swap = SwapIdentities::of(one, other);
                self.store.host(&swap).err().map(|error| error.code())
            }
            Step::Active { user, active } => {
                let user = self.user(user);
                let done = match active {
                    true => self.store.host(&ReactivateUser::of(user, None)).map(drop),
                    false => self.store.host(&DeactivateUser::of(user, None)).map(drop),
                };
                done.err().map(|error| error.code())
            }
        }
    }
}

fn everybody(store: &Store) -> Vec<(User, Relations)> {
    let users = store.records.values().filter_map(|record| match record {
        Record::User(user) => Some(((**user).clone(), store.relations(user.id))),
        _ => None,
    });
    users.collect()
}

/// Claims are exactly the enabled identities that belong to one user at a time.
fn claims_are_right(store: &Store) {
    let mut expected = BTreeMap::new();
    for (user, relations) in everybody(store) {
        for identity in relations.identities {
            assert_eq!(identity.user, user.id);
            let backing = identity.kind == IdentityKind::Pin && !identity.alone;
            if identity.enabled && !backing {
                let name = (identity.kind, identity.value);
                let taken = expected.insert(name.clone(), (user.id, identity.id));
                assert_eq!(taken, None, "{name:?} twice");
            }
        }
    }
    let found: BTreeMap<_, _> = store
        .records
        .iter()
        .filter_map(|(key, record)| match (key, record) {
            (Key::Claim(_, name), Record::Claim(claim)) => {
                assert_eq!(*name, claim.name());
                let name = (claim.kind.clone(), claim.value.to_string());
                Some((name, (claim.user, claim.identity)))
            }
            _ => None,
        })
        .collect();
    assert_eq!(found, expected);
}

/// Counts are exactly what counting gives.
fn counts_are_right(store: &Store) {
    let mut expected: BTreeMap<Subject, (i64, i64)> = BTreeMap::new();
    for (user, relations) in everybody(store) {
        let mut count = |kind, ids: BTreeSet<i64>, active: &dyn Fn(i64) -> bool| {
            for id in ids {
                let sums = expected.entry(Subject { kind, id }).or_default();
                sums.0 += 1;
                sums.1 += i64::from(user.active && active(id));
            }
        };
        let rows = &relations.role_rows;
        let everywhere: BTreeSet<i64> = rows
            .iter()
            .filter(|row| row.all_accounts)
            .map(|row| row.role.0)
            .chain(user.role.map(|role| role.0))
            .collect();
        let held = rows
            .iter()
            .map(|row| row.role.0)
            .chain(user.role.map(|role| role.0));
        count(SubjectKind::Role, held.collect(), &|role| {
            everywhere.contains(&role)
        });
        count(
            SubjectKind::Profile,
            BTreeSet::from([user.profile.0]),
            &|_| true,
        );
        let groups = relations.memberships.iter().map(|row| row.user_group.0);
        count(SubjectKind::Group, groups.collect(), &|_| true);
        let accounts = relations.role_row_accounts.iter().map(|row| row.account.0);
        count(SubjectKind::Account, accounts.collect(), &|_| true);
    }
    let found: BTreeMap<Subject, (i64, i64)> = store
        .records
        .values()
        .filter_map(|record| match record {
            Record::Uses(uses) if (uses.users, uses.active_users) != (0, 0) => {
                Some((uses.subject(), (uses.users, uses.active_users)))
            }
            _ => None,
        })
        .collect();
    assert_eq!(found, expected);
}

fn an_administrator_remains(store: &Store) {
    let config = store.config();
    let administers = |role: RoleId| role_grants(&config, role, USER_ADMINISTER);
    let found = everybody(store).into_iter().any(|(user, relations)| {
        let rows = relations.role_rows.iter().filter(|row| row.all_accounts);
        user.active && rows.map(|row| row.role).chain(user.role).any(administers)
    });
    assert!(found);
}

/// Fields are those of the first enabled identity; each type has exactly one first.
fn fields_are_right(store: &Store) {
    for (user, relations) in everybody(store) {
        let first = |kind: IdentityKind| {
            let mut firsts = relations
                .identities
                .iter()
                .filter(|one| one.is_primary && one.kind == kind);
            let first = firsts.next();
            assert!(firsts.next().is_none(), "two first of {kind:?}");
            let any = relations.identities.iter().any(|one| one.kind == kind);
            assert_eq!(first.is_some(), any);
            first.filter(|one| one.enabled).map(|one| one.shown.clone())
        };
        for kind in KINDS {
            first(kind);
        }
        assert_eq!(user.username, first(IdentityKind::Username));
        assert_eq!(user.email, first(IdentityKind::Email));
    }
}

/// Whoever rests on a count or a claim notices that it changed.
fn guards_rise(before: &BTreeMap<Key, Record>, store: &Store) {
    for (key, record) in &store.records {
        let (old, new) = match (before.get(key), record) {
            (Some(Record::Uses(old)), Record::Uses(new)) => (old.version, new.version),
            (Some(Record::Claim(old)), Record::Claim(new)) => (old.version, new.version),
            _ => continue,
        };
        if before.get(key) != Some(record) {
            assert!(new > old, "{key:?}: {old} {new}");
        }
    }
}

/// What a refused or empty step leaves: everything as it was. What any other leaves: versions that
/// rose by one, with one event for each user.
fn versions_are_right(before: &BTreeMap<Key, Record>, events_before: usize, store: &Store) {
    let mut changed = Vec::new();
    for (key, record) in &store.records {
        let Record::User(user) = record else { continue };
        let old = match before.get(key) {
            Some(Record::User(old)) => old.version,
            _ => 0,
        };
        let relations = Key::Relations(TENANT, user.id);
        let same = before.get(key) == Some(record)
            && before.get(&relations) == store.records.get(&relations);
        assert_eq!(user.version, if same { old } else { old + 1 });
        if !same {
            changed.push(user.id.0);
        }
    }
    let mut told: Vec<i64> = store.events[events_before..]
        .iter()
        .map(|(event, _)| event.subject)
        .collect();
    told.sort_unstable();
    assert_eq!(told, changed);
    if changed.is_empty() {
        assert!(store.records == *before);
    }
}

fn must_hold_after(steps: &[Step]) -> BTreeMap<Option<Code>, usize> {
    let (store, ada) = Store::with_administrator();
    let mut world = World {
        store,
        users: vec![ada],
    };
    let mut outcomes = BTreeMap::new();
    for step in steps {
        let (before, events) = (world.store.records.clone(), world.store.events.len());
        let refused = world.take(step);
        *outcomes.entry(refused).or_default() += 1;
        if refused.is_some() {
            assert!(world.store.records == before, "{step:?}");
        }
        claims_are_right(&world.store);
        counts_are_right(&world.store);
        an_administrator_remains(&world.store);
        fields_are_right(&world.store);
        guards_rise(&before, &world.store);
        versions_are_right(&before, events, &world.store);
    }
    let last = *world.users.last().unwrap();
    assert!(
        world
            .store
            .details(Actor::Host, last, None)
            .unwrap()
            .is_some()
    );
    outcomes
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn users_claims_and_counts_agree(steps in prop::collection::vec(step(), 1..60)) {
        must_hold_after(&steps);
    }
}

/// A test that only ever saw refusals would prove little.
#[test]
fn the_steps_reach_what_they_are_for() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;

    let mut runner = TestRunner::deterministic();
    let mut all: BTreeMap<Option<Code>, usize> = BTreeMap::new();
    for _ in 0..40 {
        let steps = prop::collection::vec(step(), 60)
            .new_tree(&mut runner)
            .unwrap();
        for (outcome, times) in must_hold_after(&steps.current()) {
            *all.entry(outcome).or_default() += times;
        }
    }
    for outcome in [
        None,
        Some(Code::IdentityTaken),
        Some(Code::Retired),
        Some(Code::LastAdministrator),
        Some(Code::UnknownIdentity),
        Some(Code::InvalidValue),
    ] {
        let times = all.get(&outcome).copied().unwrap_or(0);
        assert!(times >= 10, "{outcome:?}: {all:?}");
    }
}
