//! Users, what belongs to them and what is configured come back as they went in, with extreme
//! values in every column.

use tympan_core::ids::{
    AccountId, GroupId, IdentityId, PlanId, PriceListId, ProfileId, RoleId, RoleRowId, TenantId,
    UserId,
};
use tympan_core::records::{
    Account, Claim, ClaimName, Config, Group, Identity, IdentityKind, Membership, PlanRevision,
    PriceList, PriceRule, Profile, Role, RolePermission, RoleRow, RoleRowAccount, Tenant, User,
};
use tympan_core::row::{Cell, Row};
use tympan_core::view::Key;

use super::coming_back::*;
use super::list::cases;
use super::samples::*;
use super::steps::*;
use super::variants::{TEXTS, variants};

cases! {
    __conformance_round_trip;

    /// A tenant's own row.
    fn tenants_come_back(harness: &dyn Harness) {
        let store = harness.open();
        let tenants = variants(|tenant: &mut Tenant, nth| tenant.id = TenantId(nth));
        put(
            &*store,
            tenants
                .iter()
                .cloned()
                .map(|tenant| Config::empty(tenant).slot()),
        );
        for tenant in &tenants {
            let (key, expected) = Config::empty(tenant.clone()).slot();
            assert_eq!(get(&*store, &key), Some(expected));
        }
        assert_eq!(scanned::<Tenant>(&*store), tenants);
    }

    /// Profiles.
    fn profiles_come_back(harness: &dyn Harness) {
        rows_come_back(
            harness,
            |row: &mut Profile, nth| row.id = ProfileId(nth),
            |rows| {
                config_of(|all| all.profiles = rows.into_iter().map(|row| (row.id, row)).collect())
            },
        );
    }

    /// Revisions of plans.
    fn plans_come_back(harness: &dyn Harness) {
        rows_come_back(
            harness,
            |row: &mut PlanRevision, nth| row.plan = PlanId(nth),
            |rows| config_of(|all| all.plans = grouped(rows, |row| row.owner)),
        );
    }

    /// Roles.
    fn roles_come_back(harness: &dyn Harness) {
        rows_come_back(
            harness,
            |row: &mut Role, nth| row.id = RoleId(nth),
            |rows| config_of(|all| all.roles = rows.into_iter().map(|row| (row.id, row)).collect()),
        );
    }

    /// Permissions, by any name.
    fn permissions_come_back(harness: &dyn Harness) {
        let store = harness.open();
        let mut names: Vec<&str> = TEXTS.to_vec();
        names.sort_unstable();
        let row = |permission: &&str| RolePermission {
            permission: (*permission).to_owned(),
            tenant: TENANT,
            role: RoleId(1),
        };
        let rows: Vec<RolePermission> = names.iter().map(row).collect();
        let (key, record) = config_of(|all| {
            all.permissions.insert(RoleId(1), rows.clone());
        });
        put(&*store, [(key.clone(), record.clone())]);
        assert_eq!(get(&*store, &key), Some(record));
        assert_eq!(scanned::<RolePermission>(&*store), rows);
    }

    /// Groups.
    fn groups_come_back(harness: &dyn Harness) {
        rows_come_back(
            harness,
            |row: &mut Group, nth| row.id = GroupId(nth),
            |rows| {
                config_of(|all| all.groups = rows.into_iter().map(|row| (row.id, row)).collect())
            },
        );
    }

    /// Accounts.
    fn accounts_come_back(harness: &dyn Harness) {
        rows_come_back(
            harness,
            |row: &mut Account, nth| row.id = AccountId(nth),
            |rows| {
                config_of(|all| all.accounts = rows.into_iter().map(|row| (row.id, row)).collect())
            },
        );
    }

    /// Price lists.
    fn price_lists_come_back(harness: &dyn Harness) {
        rows_come_back(
            harness,
            |row: &mut PriceList, nth| row.id = PriceListId(nth),
            |rows| {
                config_of(|all| {
                    all.price_lists = rows.into_iter().map(|row| (row.id, row)).collect()
                })
            },
        );
    }

    /// Lines of price lists.
    fn price_rules_come_back(harness: &dyn Harness) {
        rows_come_back(
            harness,
            |row: &mut PriceRule, nth| row.place = i32::try_from(nth).unwrap(),
            |rows| config_of(|all| all.price_rules = grouped(rows, |row| row.price_list)),
        );
    }

    /// Users.
    fn users_come_back(harness: &dyn Harness) {
        comes_back(harness, |user: &mut User, nth| user.id = UserId(nth));
    }

    /// Identities.
    fn identities_come_back(harness: &dyn Harness) {
        rows_come_back(
            harness,
            |row: &mut Identity, nth| row.id = IdentityId(nth),
            |rows| children(|all| all.identities = rows),
        );
    }

    /// Memberships.
    fn memberships_come_back(harness: &dyn Harness) {
        rows_come_back(
            harness,
            |row: &mut Membership, nth| row.user_group = GroupId(nth),
            |rows| children(|all| all.memberships = rows),
        );
    }

    /// Role rows.
    fn role_rows_come_back(harness: &dyn Harness) {
        rows_come_back(
            harness,
            |row: &mut RoleRow, nth| row.id = RoleRowId(nth),
            |rows| children(|all| all.role_rows = rows),
        );
    }

    /// Accounts of role rows.
    fn role_row_accounts_come_back(harness: &dyn Harness) {
        rows_come_back(
            harness,
            |row: &mut RoleRowAccount, nth| row.account = AccountId(nth),
            |rows| children(|all| all.role_row_accounts = rows),
        );
    }

    /// Claims, with extreme owners and versions.
    fn claims_come_back(harness: &dyn Harness) {
        comes_back(harness, |claim: &mut Claim, nth| {
            claim.value = format!("{nth:04}").into()
        });
    }

    /// Claims to any value of any type are told apart.
    fn claims_to_any_value_are_told_apart(harness: &dyn Harness) {
        let store = harness.open();
        let kinds = IdentityKind::OWN.iter().cloned();
        let kinds = kinds.chain(["a", "a_1", "pin"].map(|word| IdentityKind::Custom(word.into())));
        let mut claims = Vec::new();
        for kind in kinds {
            for value in TEXTS {
                let user = i64::try_from(claims.len()).unwrap();
                claims.push(Claim {
                    kind: kind.clone(),
                    ..claim(TENANT, value, user, 1)
                });
            }
        }
        put(&*store, claims.iter().cloned().map(Slotted::slot));
        for claim in claims {
            let (key, record) = claim.slot();
            assert_eq!(get(&*store, &key), Some(record), "{key:?}");
        }
        for value in [
            "Plain", "plain ", " plain", "grüße", "e\u{301}", "\u{e9}", "00", "NULL",
        ] {
            let key = Key::Claim(
                TENANT,
                ClaimName {
                    kind: IdentityKind::Alias,
                    value: value.into(),
                },
            );
            assert_eq!(get(&*store, &key), None, "{key:?}");
        }
    }

    /// What a scan gives is what the record's own cells are.
    fn scanned_cells_are_the_records_cells(harness: &dyn Harness) {
        let store = harness.open();
        let users = variants(|user: &mut User, nth| user.id = UserId(nth));
        put(&*store, users.iter().cloned().map(Slotted::slot));
        let cells = |user: &User| user.cells().into_iter().map(Cell::into_owned).collect();
        let expected: Vec<Vec<Cell<'static>>> = users.iter().map(cells).collect();
        assert_eq!(store.scan(User::TABLE, None, None, u32::MAX).unwrap(), expected);
    }
}
