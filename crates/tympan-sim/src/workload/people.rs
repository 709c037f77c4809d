//! Commands on users and what they are recognised by.

use std::collections::BTreeSet;

use tympan_core::ids::{IdentityId, RoleRowId, UserId};
use tympan_core::people::{
    Accounts, AddIdentity, CreateUser, DeactivateUser, EditUser, EnableIdentity, IdentityEdit,
    IdentityReference, NewIdentity, NewRoleRow, NewValue, ReactivateUser, RemoveIdentity,
    ReplaceIdentity, RoleRowEdit, SwapIdentities, TransferIdentity, UserField,
};
use tympan_core::records::{IdentityKind, SharedWith};

use crate::ask::Ask;
use crate::workload::Workload;

/// Users of a tenant: enough to mix them up.
const MOST_USERS: usize = 30;

impl Workload {
    pub(super) fn people(&mut self) -> Ask {
        match self.chance.weighted(&[10, 30, 8, 10, 12, 4, 4, 4, 8, 6]) {
            0 if self.world().users.len() < MOST_USERS => self.create_user().into(),
            2 => {
                let (user, version) = (self.user(), self.version());
                DeactivateUser::of(user, version).into()
            }
            3 => {
                let (user, version) = (self.user(), self.version());
                ReactivateUser::of(user, version).into()
            }
            4 => AddIdentity {
                user: self.user(),
                expected_version: self.version(),
                identity: self.new_identity(),
                reason: None,
            }
            .into(),
            5 => {
                let (user, identity, kind) = self.identity();
                ReplaceIdentity {
                    user: user.into(),
                    expected_version: self.version(),
                    identity,
                    value: self.value_of(&kind),
                    kind,
                    reason: None,
                }
                .into()
            }
            6 => {
                let (user, identity, _) = self.identity();
                RemoveIdentity {
                    user: user.into(),
                    expected_version: self.version(),
                    identity,
                    reason: None,
                }
                .into()
            }
            7 => {
                let (user, identity, _) = self.identity();
                EnableIdentity {
                    user: user.into(),
                    expected_version: self.version(),
                    identity,
                    enabled: self.chance.one_in(2),
                    reason: None,
                }
                .into()
            }
            8 => TransferIdentity::of(self.identity_reference(), self.user()).into(),
            9 => SwapIdentities::of(self.identity_reference(), self.identity_reference()).into(),
            _ => self.edit_user().into(),
        }
    }

    pub(super) fn create_user(&mut self) -> CreateUser {
        let mut user = CreateUser::named(self.name("User"));
        if self.chance.below(4) > 0 {
            user.fields.username = Some(self.username());
        }
        if self.chance.one_in(3) {
            user.fields.email = Some(self.email());
        }
        if self.chance.below(5) > 0 {
            user.fields.profile = Some(self.profile_id());
        }
        if self.chance.one_in(4) {
            user.fields.role = Some(self.role_id());
        }
        if self.chance.one_in(4) {
            user.fields.restricted = Some(self.chance.one_in(2));
        }
        if self.chance.one_in(6) {
            user.fields.price_percent = Some(self.percent());
        }
        if self.chance.one_in(2) {
            user.fields.shared_with = Some(self.shared_with());
        }
        if self.chance.below(3) > 0 {
            user.fields.account_code = Some(self.account_code());
        }
        if self.chance.one_in(12) {
            user.fields.active = Some(false);
        }
        if self.chance.one_in(3) {
            user.groups.push(self.group_id());
        }
        if self.chance.one_in(5) {
            user.role_rows.push(self.new_role_row());
        }
        for _ in 0..self.chance.below(3) {
            user.identities.push(self.new_identity());
        }
        if self.is_hostile() {
            user.fields.name = Some(self.hostile_text());
        }
        user
    }

    fn shared_with(&mut self) -> SharedWith {
        match self.chance.below(2) {
            0 => SharedWith::Group(self.group_id()),
            _ => SharedWith::AccountCode(self.account_code()),
        }
    }

    /// Few, so that they are shared often.
    fn account_code(&mut self) -> String {
        let codes = ["4711", "Press:7", "PRESS:7"];
        self.chance.pick_or(&codes, "4711").to_owned()
    }

    fn percent(&mut self) -> i32 {
        match self.chance.below(6) {
            0 => 0,
            1 => 33,
            2 => 50,
            3 => 117,
            4 => 1_000,
            _ => 100,
        }
    }

    pub(super) fn edit_user(&mut self) -> EditUser {
        let mut edit = EditUser::of(self.user(), self.version());
        for _ in 0..self.chance.between(1, 2) {
            self.edit_one(&mut edit);
        }
        edit
    }

    fn edit_one(&mut self, edit: &mut EditUser) {
        match self.chance.below(27) {
            0 => edit.set.username = Some(self.username()),
            1 => edit.clear.push(UserField::Username),
            2 => edit.set.email = Some(self.email()),
            3 => edit.set.active = Some(self.chance.one_in(2)),
            4 => edit.set.restricted = Some(self.chance.one_in(3)),
            5..8 => edit.set.profile = Some(self.profile_id()),
            8 => edit.set.role = Some(self.role_id()),
            9 => edit.clear.push(UserField::Role),
            10 => edit.join.push(self.group_id()),
            11 => edit.leave.push(self.group_id()),
            12 => edit.role_rows.push(RoleRowEdit::Add(self.new_role_row())),
            13 => {
                let edited = self.role_row_edit();
                edit.role_rows.push(edited);
            }
            14 => edit.identities.push(IdentityEdit::Add(self.new_identity())),
            15 => edit.set.price_percent = Some(self.percent()),
            16 => edit.clear.push(UserField::PricePercent),
            17..19 => edit.join.push(self.group_id()),
            19..21 => edit.leave.push(self.group_id()),
            21..23 => edit.set.shared_with = Some(self.shared_with()),
            23 => edit.clear.push(UserField::SharedWith),
            24 => edit.set.account_code = Some(self.account_code()),
            25 => edit.clear.push(UserField::AccountCode),
            _ => {
                edit.set.department = Some(if self.is_hostile() {
                    self.hostile_text()
                } else {
                    self.name("Department")
                });
            }
        }
    }

    fn role_row_edit(&mut self) -> RoleRowEdit {
        let rows: Vec<(UserId, RoleRowId)> = self.world().role_rows.clone();
        let (_, row) = self.chance.pick_or(&rows, (UserId(1), RoleRowId(1)));
        if self.chance.one_in(2) {
            return RoleRowEdit::Remove(row);
        }
        RoleRowEdit::SetAccounts {
            role_row: row,
            accounts: self.accounts(),
        }
    }

    fn new_role_row(&mut self) -> NewRoleRow {
        NewRoleRow {
            role: self.role_id(),
            accounts: self.accounts(),
        }
    }

    fn accounts(&mut self) -> Accounts {
        if self.chance.one_in(2) {
            return Accounts::All;
        }
        let count = self.chance.between(0, 3);
        let accounts: BTreeSet<_> = (0..count).map(|_| self.account_id()).collect();
        Accounts::Only(accounts)
    }

    fn new_identity(&mut self) -> NewIdentity {
        match self.chance.below(10) {
            0..5 => NewIdentity::new(IdentityKind::Card, self.card()),
            5 => NewIdentity::new(IdentityKind::Pin, self.digits(6)),
            6 => NewIdentity::generated_pin(),
            7 => NewIdentity::generated_pin().alone(),
            8 => NewIdentity::new(IdentityKind::IdNumber, self.digits(2)),
            _ => NewIdentity::new(IdentityKind::Alias, self.username()),
        }
    }

    fn value_of(&mut self, kind: &IdentityKind) -> NewValue {
        match kind {
            IdentityKind::Card => NewValue::Given(self.card().into()),
            IdentityKind::Pin => NewValue::Generated,
            _ => NewValue::Given(self.digits(2).into()),
        }
    }

    /// The version that a caller saw, seldom the right one.
    fn version(&mut self) -> Option<i64> {
        match self.chance.below(8) {
            0 => Some(self.chance.between(1, 6)),
            1 => self.world().versions.last().map(|(_, version)| *version),
            _ => None,
        }
    }

    fn identity(&mut self) -> (UserId, IdentityId, IdentityKind) {
        let known = self.world().identities.clone();
        let identity = self.chance.pick(&known).cloned();
        identity.unwrap_or((UserId(1), IdentityId(1), IdentityKind::Card))
    }

    fn identity_reference(&mut self) -> IdentityReference {
        match self.chance.below(3) {
            0 => {
                let (user, identity, _) = self.identity();
                IdentityReference::Of {
                    user: user.into(),
                    identity,
                }
            }
            1 => IdentityReference::value(IdentityKind::Card, self.card()),
            _ => IdentityReference::value(IdentityKind::Username, self.username()),
        }
    }

    /// Few names, so that they are taken often.
    fn username(&mut self) -> String {
        if self.is_hostile() {
            return self.hostile_text();
        }
        format!("user{}", self.chance.below(40))
    }

    fn email(&mut self) -> String {
        format!("Person.{}@example.org", self.chance.below(40))
    }

    fn card(&mut self) -> String {
        format!("0ABC{:02}", self.chance.below(40))
    }

    fn digits(&mut self, count: usize) -> String {
        (0..count)
            .map(|_| char::from(b'0' + u8::try_from(self.chance.below(10)).unwrap_or(0)))
            .collect()
    }
}
