//! Every record comes back as it went in, with extreme values in every column.

use std::collections::BTreeMap;
use std::sync::Arc;

use tympan_core::ids::{
    AccountId, AuditId, EntryId, GroupId, HoldId, IdentityId, PlanId, PriceListId, ProfileId,
    RoleId, RoleRowId, TenantId, UserId,
};
use tympan_core::queries::{AuditQuery, EntryQuery};
use tympan_core::records::{
    Account, AuditEvent, AuditText, Claim, ClaimName, Config, Entry, EntryText, Group, Hold,
    HoldPart, Identity, IdentityKind, Membership, PlanRevision, PriceList, PriceRule, Profile,
    Relations, Role, RolePermission, RoleRow, RoleRowAccount, Strand, Tenant, User, Uses, Wallet,
    WalletKey, WalletKind, Wallets,
};
use tympan_core::row::{Cell, Row};
use tympan_core::view::{Change, Key};

use super::Harness;
use super::list::cases;
use super::samples::*;
use super::steps::*;
use super::variants::{TEXTS, plain, variants};
use crate::Store;

/// All records of a table, read from its rows.
fn scanned<T: Row>(store: &dyn Store) -> Vec<T> {
    let rows = store.scan(T::TABLE, None, u32::MAX).unwrap();
    rows.iter()
        .map(|row| super::variants::record(row))
        .collect()
}

/// Puts records under keys of their own, turns each into the next, and looks each time.
fn comes_back<T: Slotted + Row + Clone + PartialEq + std::fmt::Debug>(
    harness: &dyn Harness,
    number: impl Fn(&mut T, i64),
) {
    let store = harness.open();
    let records = variants(&number);
    let mut turned = records.clone();
    turned.rotate_left(1);
    for (record, nth) in turned.iter_mut().zip(1..) {
        number(record, nth);
    }
    for records in [records, turned] {
        put(&*store, records.iter().cloned().map(Slotted::slot));
        for record in &records {
            let (key, expected) = record.clone().slot();
            assert_eq!(get(&*store, &key), Some(expected));
        }
        assert_eq!(scanned::<T>(&*store), records);
    }
}

/// Puts a record of several rows, changes every row into the next, and looks each time.
fn rows_come_back<T: Row + Clone + PartialEq + std::fmt::Debug>(
    harness: &dyn Harness,
    number: impl Fn(&mut T, i64),
    wrap: impl Fn(Vec<T>) -> Slot,
) {
    let store = harness.open();
    put(&*store, [user(TENANT, 1, 1).slot()]);
    let rows = variants(&number);
    let mut turned = rows.clone();
    turned.rotate_left(1);
    for (row, nth) in turned.iter_mut().zip(1..) {
        number(row, nth);
    }
    for rows in [rows, turned] {
        let (key, record) = wrap(rows.clone());
        put(&*store, [(key.clone(), record.clone())]);
        assert_eq!(get(&*store, &key), Some(record));
        assert_eq!(scanned::<T>(&*store), rows);
    }
}

/// A configuration of these rows, and more than the last time.
fn config_of(add: impl FnOnce(&mut Config)) -> Slot {
    let mut all = config(TENANT, 1);
    all.profiles.clear();
    all.roles.clear();
    add(&mut all);
    all.slot()
}

/// Rows by their parents.
fn grouped<K: Ord, T>(rows: Vec<T>, parent: impl Fn(&T) -> K) -> BTreeMap<K, Vec<T>> {
    let mut groups: BTreeMap<K, Vec<T>> = BTreeMap::new();
    for row in rows {
        groups.entry(parent(&row)).or_default().push(row);
    }
    groups
}

/// Nobody's children but these.
fn children(add: impl FnOnce(&mut Relations)) -> Slot {
    let mut all = Relations::default();
    add(&mut all);
    relations_slot(TENANT, 1, all)
}

/// Writes lines, and expects the table to hold them.
fn lines_come_back<T: Row + Clone + PartialEq + std::fmt::Debug>(
    harness: &dyn Harness,
    number: impl Fn(&mut T, i64),
    wrap: impl Fn(T) -> Change,
) {
    let store = harness.open();
    let lines = variants(number);
    change(&*store, lines.iter().cloned().map(wrap).collect());
    assert_eq!(scanned::<T>(&*store), lines);
}

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
            |rows| config_of(|all| all.plans = grouped(rows, |row| row.profile)),
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

    /// Numbers of users.
    fn uses_come_back(harness: &dyn Harness) {
        comes_back(harness, |uses: &mut Uses, nth| uses.id = nth);
    }

    /// Wallets.
    fn wallets_come_back(harness: &dyn Harness) {
        rows_come_back(
            harness,
            |row: &mut Wallet, nth| row.feed = nth,
            |wallets| {
                wallets_slot(
                    TENANT,
                    1,
                    Wallets {
                        wallets: wallets.into(),
                        ..Wallets::default()
                    },
                )
            },
        );
    }

    /// What holds keep aside.
    fn hold_parts_come_back(harness: &dyn Harness) {
        rows_come_back(
            harness,
            |row: &mut HoldPart, nth| row.hold = HoldId(nth),
            |hold_parts| {
                wallets_slot(
                    TENANT,
                    1,
                    Wallets {
                        hold_parts,
                        ..Wallets::default()
                    },
                )
            },
        );
    }

    /// Holds.
    fn holds_come_back(harness: &dyn Harness) {
        comes_back(harness, |hold: &mut Hold, nth| hold.id = HoldId(nth));
    }

    /// Entries.
    fn entries_come_back(harness: &dyn Harness) {
        lines_come_back(
            harness,
            |entry: &mut Entry, nth| {
                entry.id = EntryId(nth);
                // One digest each: nobody writes a receipt twice.
                let mut digest = entry.key.unwrap_or_default();
                digest[..8].copy_from_slice(&nth.to_be_bytes());
                entry.key = entry.key.map(|_| digest);
            },
            Change::from,
        );
    }

    /// Entries, listed by the wallet they are of.
    fn entries_come_back_by_their_wallet(harness: &dyn Harness) {
        let store = harness.open();
        let mut entries = variants(|entry: &mut Entry, nth| {
            entry.id = EntryId(nth);
            entry.tenant = TENANT;
            entry.key = None;
        });
        let mut newest: BTreeMap<WalletKey, EntryId> = BTreeMap::new();
        for entry in &mut entries {
            let before = newest.insert(entry.wallet(), entry.id);
            entry.previous = before.unwrap_or(EntryId(0));
        }
        let mut owners: BTreeMap<i64, Vec<Wallet>> = BTreeMap::new();
        for (key, last_entry) in &newest {
            let wallet = Wallet {
                last_entry: *last_entry,
                ..wallet(TENANT, *key, 1)
            };
            owners.entry(key.owner).or_default().push(wallet);
        }
        put(
            &*store,
            owners.into_iter().map(|(owner, wallets)| {
                wallets_slot(
                    TENANT,
                    owner,
                    Wallets {
                        wallets: wallets.into(),
                        ..Wallets::default()
                    },
                )
            }),
        );
        change(
            &*store,
            entries.iter().cloned().map(Change::from).collect(),
        );
        for key in newest.into_keys() {
            let query = EntryQuery {
                tenant: TENANT,
                wallet: key,
                before: None,
                limit: 1_000,
            };
            let found = store.entries(&query).unwrap();
            let of_wallet = entries.iter().rev().filter(|entry| entry.wallet() == key);
            let expected: Vec<_> = of_wallet.map(|entry| (entry.clone(), None)).collect();
            assert_eq!(found, expected, "{key:?}");
        }
    }

    /// The words of entries.
    fn entry_texts_come_back(harness: &dyn Harness) {
        let store = harness.open();
        let texts = variants(|text: &mut EntryText, nth| {
            text.entry = EntryId(nth);
            text.tenant = TENANT;
        });
        let wallet = wallet_key(1, 1);
        let ids = texts.iter().map(|text| text.entry.0);
        let mut changes = linked(&*store, TENANT, wallet, ids);
        changes.extend(texts.iter().cloned().map(Change::EntryText));
        change(&*store, changes);
        let query = EntryQuery {
            tenant: TENANT,
            wallet,
            before: None,
            limit: 1_000,
        };
        let mut found = store.entries(&query).unwrap();
        found.reverse();
        let found: Vec<_> = found.into_iter().filter_map(|(_, text)| text).collect();
        assert_eq!(found, texts);
        assert_eq!(scanned::<EntryText>(&*store), texts);
    }

    /// Heads of chains.
    fn strands_come_back(harness: &dyn Harness) {
        comes_back(harness, |strand: &mut Strand, nth| {
            strand.number = i32::try_from(nth).unwrap();
        });
    }

    /// Audit events.
    fn audit_events_come_back(harness: &dyn Harness) {
        lines_come_back(
            harness,
            |event: &mut AuditEvent, nth| event.id = AuditId(nth),
            Change::Audit,
        );
    }

    /// The words of audit events.
    fn audit_texts_come_back(harness: &dyn Harness) {
        let store = harness.open();
        let texts = variants(|text: &mut AuditText, nth| {
            text.audit = AuditId(nth);
            text.tenant = TENANT;
        });
        change(
            &*store,
            texts
                .iter()
                .flat_map(|text| {
                    [
                        Change::Audit(audit(TENANT, text.audit.0)),
                        Change::AuditText(text.clone()),
                    ]
                })
                .collect(),
        );
        let query = AuditQuery {
            tenant: TENANT,
            after: None,
            limit: 1_000,
        };
        let found = store.audit_events(&query).unwrap();
        let found: Vec<_> = found.into_iter().filter_map(|(_, text)| text).collect();
        assert_eq!(found, texts);
        assert_eq!(scanned::<AuditText>(&*store), texts);
    }

    /// The largest ids are ids like others.
    fn the_largest_ids_come_back(harness: &dyn Harness) {
        let store = harness.open();
        let (max, tenant) = (i64::MAX, TenantId(i64::MAX));
        let wallet = wallet_key(max, max);
        let slots = [
            user(tenant, max, max).slot(),
            hold(tenant, max, max, max).slot(),
            uses(tenant, max, max).slot(),
            strand(tenant, i32::MAX, max).slot(),
            relations_slot(
                tenant,
                max,
                Relations {
                    identities: vec![Identity {
                        tenant,
                        user: UserId(max),
                        id: IdentityId(max),
                        ..plain()
                    }],
                    ..Relations::default()
                },
            ),
            wallets_slot(
                tenant,
                max,
                Wallets {
                    wallets: vec![self::wallet(tenant, wallet, max)].into(),
                    hold_parts: vec![hold_part(tenant, wallet, max)],
                },
            ),
        ];
        put(&*store, slots.clone());
        for (key, record) in slots {
            assert_eq!(get(&*store, &key), Some(record), "{key:?}");
        }
        let last = Entry {
            key: Some([255; 32]),
            ..entry(tenant, max, wallet)
        };
        change(
            &*store,
            vec![
                Change::from(last.clone()),
                Change::Audit(audit(tenant, max)),
            ],
        );
        let key = Key::Receipt(tenant, [255; 32]);
        let receipt = tympan_core::view::Record::Receipt(Arc::new(vec![last.into()]));
        assert_eq!(get(&*store, &key), Some(receipt));
        assert_eq!(store.turn().unwrap().floor().unwrap(), max);
    }

    /// Wallets of both kinds are told apart, and come in the order in which they are emptied.
    fn kinds_of_wallets_are_told_apart(harness: &dyn Harness) {
        let store = harness.open();
        let all = super::everything::many_wallets(TENANT, 1);
        let (key, record) = wallets_slot(TENANT, 1, all.clone());
        put(&*store, [(key.clone(), record.clone())]);
        assert_eq!(get(&*store, &key), Some(record));
        let kinds: Vec<WalletKind> = all.wallets.iter().map(|wallet| wallet.kind).collect();
        assert!(kinds.is_sorted());
    }

    /// What a scan gives is what the record's own cells are.
    fn scanned_cells_are_the_records_cells(harness: &dyn Harness) {
        let store = harness.open();
        let users = variants(|user: &mut User, nth| user.id = UserId(nth));
        put(&*store, users.iter().cloned().map(Slotted::slot));
        let cells = |user: &User| user.cells().into_iter().map(Cell::into_owned).collect();
        let expected: Vec<Vec<Cell<'static>>> = users.iter().map(cells).collect();
        assert_eq!(store.scan(User::TABLE, None, u32::MAX).unwrap(), expected);
    }
}
