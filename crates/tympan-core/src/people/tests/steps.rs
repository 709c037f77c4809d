//! What is done to users in whatever order, for properties.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::store::*;
use crate::error::Code;
use crate::ids::{AccountId, GroupId, ProfileId, RoleId, UserId};
use crate::people::*;
use crate::records::IdentityKind;

pub(super) const KINDS: [IdentityKind; 5] = [
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
pub(super) enum Step {
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

pub(super) fn step() -> impl Strategy<Value = Step> {
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

pub(super) struct World {
    pub(super) store: Store,
    pub(super) users: Vec<UserId>,
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
    pub(super) fn take(&mut self, step: &Step) -> Option<Code> {
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
            Step::Active { user, active } => {
                let user = self.user(user);
                let done = match active {
                    true => self.store.host(&ReactivateUser::of(user, None)).map(drop),
                    false => self.store.host(&DeactivateUser::of(user, None)).map(drop),
                };
                done.err().map(|error| error.code())
            }
            of_identities => self.take_of_identities(of_identities),
        }
    }

    /// Does a step that is about identities only.
    fn take_of_identities(&mut self, step: Step) -> Option<Code> {
        match step {
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
            other => unreachable!("{other:?} is not about identities"),
        }
    }
}
