//! A database with several rows in every table, of two tenants.

use tympan_core::ids::{AccountId, GroupId, PlanId, PriceListId, ProfileId, RoleId, TenantId};
use tympan_core::records::{
    Account, Claim, Config, Group, IdentityKind, PlanOwner, PlanRevision, PriceList, PriceRule,
    Profile, Role, RolePermission, Subject, SubjectKind, Uses, WalletKey, WalletKind, Wallets,
};
use tympan_core::view::{Change, Key};

use super::samples::{
    OTHER, Slotted, TENANT, audit, audit_text, claim, config, entry, entry_text, hold, hold_part,
    keyed, refunded, relations, relations_slot, strand, untracked, user, wallet, wallet_key,
    wallets_slot,
};
use super::variants::plain;

/// A configuration with several rows of every kind.
pub(super) fn full_config(tenant: TenantId, version: i64) -> Config {
    let mut all = config(tenant, version);
    for id in 1..=3 {
        let (profile, list, role) = (ProfileId(id), PriceListId(id), RoleId(id));
        let (group, account) = (GroupId(id), AccountId(id));
        all.profiles.insert(
            profile,
            Profile {
                tenant,
                id: profile,
                ..plain()
            },
        );
        all.price_lists.insert(
            list,
            PriceList {
                tenant,
                id: list,
                ..plain()
            },
        );
        all.roles.insert(
            role,
            Role {
                tenant,
                id: role,
                ..plain()
            },
        );
        all.groups.insert(
            group,
            Group {
                tenant,
                id: group,
                ..plain()
            },
        );
        all.accounts.insert(
            account,
            Account {
                tenant,
                id: account,
                ..plain()
            },
        );
        // What carries plans is one kind or the other.
        let owner = match id {
            1 => PlanOwner::Group(group),
            _ => PlanOwner::Profile(profile),
        };
        let plan = |plan, revision| PlanRevision {
            tenant,
            plan: PlanId(plan),
            revision,
            owner,
            ..plain()
        };
        let plans = vec![plan(10 * id, 1), plan(10 * id, 2), plan(10 * id + 1, 1)];
        all.plans.insert(owner, plans);
        let permission = |permission: &str| RolePermission {
            tenant,
            role,
            permission: permission.to_owned(),
        };
        let permissions = ["", "B", "a", "ä"].map(permission);
        all.permissions.insert(role, permissions.to_vec());
        let rule = |revision, place| PriceRule {
            tenant,
            price_list: list,
            revision,
            place,
            ..plain()
        };
        all.price_rules
            .insert(list, vec![rule(1, 0), rule(1, 1), rule(2, 0)]);
    }
    all
}

/// Several wallets of both kinds with holds in them.
pub(super) fn many_wallets(tenant: TenantId, owner: i64) -> Wallets {
    let mut all = Wallets::default();
    for kind in WalletKind::ALL {
        for feed in 1..=2 {
            let key = WalletKey {
                kind: *kind,
                ..wallet_key(owner, feed)
            };
            all.wallets.push(wallet(tenant, key, 1));
            all.hold_parts
                .extend((1..=2).map(|hold| hold_part(tenant, key, hold)));
        }
    }
    all
}

/// The changes that fill an empty database: two tenants with several rows in every table.
pub(super) fn everything() -> Vec<Change> {
    [TENANT, OTHER].into_iter().flat_map(one_tenant).collect()
}

/// The digest that the receipt of a tenant lies under.
pub(super) fn digest_of(tenant: TenantId) -> [u8; 32] {
    [u8::try_from(tenant.0).unwrap_or(u8::MAX); 32]
}

fn one_tenant(tenant: TenantId) -> Vec<Change> {
    let mut slots = vec![full_config(tenant, 1).slot()];
    for id in 1..=4 {
        slots.push(user(tenant, id, 1).slot());
        slots.push(relations_slot(tenant, id, relations(tenant, id, id)));
        slots.push(wallets_slot(tenant, id, many_wallets(tenant, id)));
        slots.push(hold(tenant, id, id, 1).slot());
        slots.push(refunded(tenant, id, 1).slot());
        slots.push(untracked(tenant, id, 1).slot());
    }
    slots.extend((0..3).map(|number| strand(tenant, number, 1).slot()));
    for kind in SubjectKind::ALL {
        slots.extend((1..=2).map(|id| Uses::none(tenant, Subject { kind: *kind, id }).slot()));
    }
    for kind in IdentityKind::OWN
        .iter()
        .cloned()
        .chain([IdentityKind::Custom("a_1".into())])
    {
        for value in ["", "B", "a", "ä", "\u{10ffff}"] {
            slots.push(
                Claim {
                    kind: kind.clone(),
                    ..claim(tenant, value, 1, 1)
                }
                .slot(),
            );
        }
    }
    let mut changes: Vec<Change> = slots
        .into_iter()
        .map(|(key, record)| Change::Put(key, record))
        .collect();
    let first = tenant.0 * 1_000;
    changes.push(Change::from(keyed(tenant, first, digest_of(tenant), 3)));
    for id in first + 1..first + 6 {
        changes.push(Change::from(entry(tenant, id, wallet_key(1, 1 + id % 2))));
        changes.push(Change::Audit(audit(tenant, id)));
    }
    for id in first + 1..first + 4 {
        changes.push(Change::EntryText(entry_text(tenant, id)));
        changes.push(Change::AuditText(audit_text(tenant, id)));
    }
    changes
}

/// The keys that [`everything`] puts records under, and those of its receipts.
pub(super) fn all_keys() -> Vec<Key> {
    let receipts = [TENANT, OTHER].map(|tenant| Key::Receipt(tenant, digest_of(tenant)));
    let put = everything().into_iter().filter_map(|change| match change {
        Change::Put(key, _) => Some(key),
        _ => None,
    });
    put.chain(receipts).collect()
}
