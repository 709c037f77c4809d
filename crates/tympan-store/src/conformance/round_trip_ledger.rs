//! Wallets, holds, entries and audit events come back as they went in, with extreme values in
//! every column.

use std::collections::BTreeMap;
use std::sync::Arc;

use tympan_core::ids::{AuditId, EntryId, HoldId, IdentityId, TenantId, UserId};
use tympan_core::queries::{AuditQuery, EntryQuery};
use tympan_core::records::{
    AuditEvent, AuditText, Entry, EntryText, Hold, HoldPart, Identity, Refunded, Relations, Strand,
    Untracked, Uses, Wallet, WalletKey, WalletKind, Wallets,
};
use tympan_core::view::{Change, Key};

use super::coming_back::*;
use super::list::cases;
use super::samples::*;
use super::steps::*;
use super::variants::{plain, variants};

cases! {
    __conformance_round_trip_ledger;

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

    /// What was given back.
    fn refunds_come_back(harness: &dyn Harness) {
        comes_back(harness, |refunded: &mut Refunded, nth| refunded.entry = EntryId(nth));
    }

    /// Usage that nobody was charged for.
    fn untracked_usage_comes_back(harness: &dyn Harness) {
        comes_back(harness, |untracked: &mut Untracked, nth| untracked.key = numbered_key(nth));
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
}
