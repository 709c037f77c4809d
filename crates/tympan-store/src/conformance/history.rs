//! Entries and audit events: their order, their pages, their words, their ids.

use tympan_core::ids::{AuditId, EntryId, TenantId};
use tympan_core::queries::{AuditQuery, EntryQuery, MAX_PAGE, UntrackedQuery};
use tympan_core::records::{Entry, Untracked, UntrackedState, WalletKey, WalletKind};
use tympan_core::view::{Change, Key, ReadSet};

use super::list::cases;
use super::samples::*;
use super::steps::*;
use crate::Store;

/// The ids of a wallet's entries.
fn listed(store: &dyn Store, wallet: WalletKey, before: Option<i64>, limit: u32) -> Vec<i64> {
    let query = EntryQuery {
        tenant: TENANT,
        wallet,
        before: before.map(EntryId),
        limit,
    };
    let found = store.entries(&query).unwrap();
    found.iter().map(|(entry, _)| entry.id.0).collect()
}

/// Untracked usage that is open, with its number.
fn open(tenant: TenantId, number: i64) -> Untracked {
    Untracked {
        number,
        state: UntrackedState::Open,
        // Keys say nothing about the order.
        ..untracked(tenant, i64::MAX - number, 1)
    }
}

/// The numbers of untracked usage.
fn untracked_numbers(
    store: &dyn Store,
    tenant: TenantId,
    after: Option<i64>,
    limit: u32,
) -> Vec<i64> {
    let query = UntrackedQuery {
        tenant,
        after,
        limit,
    };
    let found = store.open_untracked(&query).unwrap();
    found.iter().map(|one| one.number).collect()
}

/// The ids of audit events.
fn events(store: &dyn Store, after: Option<i64>, limit: u32) -> Vec<i64> {
    let query = AuditQuery {
        tenant: TENANT,
        after: after.map(AuditId),
        limit,
    };
    let found = store.audit_events(&query).unwrap();
    found.iter().map(|(event, _)| event.id.0).collect()
}

/// Adds entries to one wallet.
fn add(store: &dyn Store, wallet: WalletKey, ids: impl IntoIterator<Item = i64>) {
    change(store, linked(store, TENANT, wallet, ids));
}

/// The floor that a turn sees.
fn floor(store: &dyn Store) -> i64 {
    store.turn().unwrap().floor().unwrap()
}

/// The parts of a receipt.
fn receipt(store: &dyn Store, digest: [u8; 32]) -> Option<Vec<Entry>> {
    let view = read(store, &ReadSet::of(Key::Receipt(TENANT, digest)));
    view.receipt(TENANT, digest)
        .unwrap()
        .map(|entries| entries.iter().map(|entry| Entry::clone(entry)).collect())
}

const WALLET: WalletKey = WalletKey {
    owner: 1,
    kind: WalletKind::OwnFunds,
    feed: 978,
};

cases! {
    __conformance_history;

    /// An unknown wallet has no entries.
    fn an_unknown_wallet_has_no_entries(harness: &dyn Harness) {
        let store = harness.open();
        assert_eq!(listed(&*store, WALLET, None, 10), [0_i64; 0]);
        add(&*store, wallet_key(2, 978), 1..=3);
        assert_eq!(listed(&*store, WALLET, None, 10), [0_i64; 0]);
        assert_eq!(listed(&*store, WALLET, Some(2), 10), [0_i64; 0]);
    }

    /// Entries of a wallet that is not stored are not listed.
    fn entries_are_listed_by_the_stored_wallet(harness: &dyn Harness) {
        let store = harness.open();
        change(&*store, vec![Change::from(entry(TENANT, 1, WALLET))]);
        assert_eq!(listed(&*store, WALLET, None, 10), [0_i64; 0]);
        put(
            &*store,
            [wallets_slot(
                TENANT,
                WALLET.owner,
                wallets(TENANT, WALLET.owner, &[1]),
            )],
        );
        assert_eq!(listed(&*store, WALLET, None, 10), [0_i64; 0]);
    }

    /// The newest entry comes first.
    fn entries_are_newest_first(harness: &dyn Harness) {
        let store = harness.open();
        add(&*store, WALLET, [1, 2, 10]);
        add(&*store, WALLET, [11, 100, 1 << 53, i64::MAX]);
        let expected = [i64::MAX, 1 << 53, 100, 11, 10, 2, 1];
        assert_eq!(listed(&*store, WALLET, None, 10), expected);
    }

    /// Pages go back from an entry of the wallet.
    fn entries_go_back_from_an_entry(harness: &dyn Harness) {
        let store = harness.open();
        add(&*store, WALLET, [1, 3, 5, 7]);
        add(&*store, wallet_key(1, 2), [2, 4, 6]);
        for (before, expected) in [
            (7, vec![5, 3, 1]),
            (5, vec![3, 1]),
            (3, vec![1]),
            (1, vec![]),
        ] {
            assert_eq!(
                listed(&*store, WALLET, Some(before), 10),
                expected,
                "before {before}"
            );
        }
    }

    /// A page holds as many entries as were asked for, and pages join to the whole.
    fn pages_of_entries_join_to_the_whole(harness: &dyn Harness) {
        let store = harness.open();
        add(&*store, WALLET, 1..=50);
        let whole: Vec<i64> = (1..=50).rev().collect();
        for limit in [1, 7, 49, 50, 51, MAX_PAGE] {
            let (mut all, mut before) = (Vec::new(), None);
            loop {
                let page = listed(&*store, WALLET, before, limit);
                assert!(page.len() <= usize::try_from(limit).unwrap());
                assert!(all.len() <= whole.len(), "the pages never end");
                before = page.last().copied();
                if page.is_empty() {
                    break;
                }
                all.extend(page);
            }
            assert_eq!(all, whole, "pages of {limit}");
        }
    }

    /// Entries that come between two pages do not move what is yet to come.
    fn new_entries_do_not_move_pages(harness: &dyn Harness) {
        let store = harness.open();
        add(&*store, WALLET, 1..=4);
        assert_eq!(listed(&*store, WALLET, None, 2), [4, 3]);
        add(&*store, WALLET, 5..=9);
        assert_eq!(listed(&*store, WALLET, Some(3), 2), [2, 1]);
    }

    /// Wallets of one owner are told apart by kind and by feed, and those of owners by owner.
    fn wallets_have_their_own_entries(harness: &dyn Harness) {
        let store = harness.open();
        let wallets = [
            WALLET,
            WalletKey {
                kind: WalletKind::Allowance,
                ..WALLET
            },
            WalletKey { feed: 1, ..WALLET },
            WalletKey {
                owner: 978,
                feed: 1,
                ..WALLET
            },
        ];
        for (wallet, id) in wallets.into_iter().zip(1..) {
            add(&*store, wallet, [id, id + 10]);
        }
        for (wallet, id) in wallets.into_iter().zip(1..) {
            assert_eq!(listed(&*store, wallet, None, 10), [id + 10, id]);
        }
    }

    /// Entries come with their words, where they have any.
    fn entries_come_with_their_words(harness: &dyn Harness) {
        let store = harness.open();
        add(&*store, WALLET, 1..=3);
        let mut changes = linked(&*store, TENANT, WALLET, [4]);
        changes.extend([2, 4].map(|id| Change::EntryText(entry_text(TENANT, id))));
        change(&*store, changes);
        let query = EntryQuery {
            tenant: TENANT,
            wallet: WALLET,
            before: None,
            limit: 10,
        };
        let expected: Vec<_> = (1..=4)
            .rev()
            .map(|id| {
                let entry = Entry {
                    previous: EntryId(id - 1),
                    ..entry(TENANT, id, WALLET)
                };
                (entry, (id % 2 == 0).then(|| entry_text(TENANT, id)))
            })
            .collect();
        assert_eq!(store.entries(&query).unwrap(), expected);
    }

    /// Open untracked usage is listed in the order of its numbers, behind the one that was named.
    fn untracked_usage_is_listed_oldest_first(harness: &dyn Harness) {
        let store = harness.open();
        assert_eq!(untracked_numbers(&*store, TENANT, None, 10), [0_i64; 0]);
        let numbers = [1, 2, 10, 11, 100, i64::MAX];
        put(&*store, numbers.map(|number| open(TENANT, number).slot()));
        put(&*store, [open(OTHER, 5).slot()]);
        assert_eq!(untracked_numbers(&*store, TENANT, None, 10), numbers);
        assert_eq!(untracked_numbers(&*store, TENANT, Some(1), 2), [2, 10]);
        assert_eq!(untracked_numbers(&*store, TENANT, Some(5), 1), [10]);
        assert_eq!(untracked_numbers(&*store, TENANT, Some(i64::MAX), 1), [0_i64; 0]);
        assert_eq!(untracked_numbers(&*store, OTHER, None, 10), [5]);
        let query = UntrackedQuery {
            tenant: OTHER,
            after: None,
            limit: 1,
        };
        assert_eq!(store.open_untracked(&query).unwrap(), [open(OTHER, 5)]);
    }

    /// Untracked usage is listed as long as it is open.
    fn untracked_usage_that_was_resolved_is_not_listed(harness: &dyn Harness) {
        let store = harness.open();
        let state = |number, state| Untracked {
            state,
            version: 2,
            ..open(TENANT, number)
        };
        put(&*store, (1..=4).map(|number| open(TENANT, number).slot()));
        put(&*store, [state(2, UntrackedState::Assigned).slot()]);
        put(&*store, [state(3, UntrackedState::Dismissed).slot()]);
        assert_eq!(untracked_numbers(&*store, TENANT, None, 10), [1, 4]);
        put(&*store, [state(2, UntrackedState::Open).slot()]);
        assert_eq!(untracked_numbers(&*store, TENANT, None, 10), [1, 2, 4]);
    }

    /// The oldest audit event comes first, behind the one that was named.
    fn audit_events_are_oldest_first(harness: &dyn Harness) {
        let store = harness.open();
        assert_eq!(events(&*store, None, 10), [0_i64; 0]);
        let ids = [1, 2, 10, 11, 100, i64::MAX];
        for id in ids {
            change(&*store, vec![Change::Audit(audit(TENANT, id))]);
        }
        assert_eq!(events(&*store, None, 10), ids);
        for (after, expected) in [
            (0, &ids[..]),
            (1, &ids[1..]),
            (5, &ids[2..]),
            (11, &ids[4..]),
            (i64::MAX - 1, &ids[5..]),
            (i64::MAX, &[]),
        ] {
            assert_eq!(events(&*store, Some(after), 10), expected, "after {after}");
        }
        assert_eq!(events(&*store, Some(1), 2), [2, 10]);
    }

    /// Events of all chains of a tenant are in one list.
    fn audit_events_of_all_chains_are_listed(harness: &dyn Harness) {
        let store = harness.open();
        let event = |id: i64| tympan_core::records::AuditEvent {
            strand: i32::try_from(id % 3).unwrap(),
            ..audit(TENANT, id)
        };
        change(
            &*store,
            (1..=9).map(|id| Change::Audit(event(id))).collect(),
        );
        assert_eq!(events(&*store, None, 20), (1..=9).collect::<Vec<_>>());
    }

    /// Audit events come with their words, where they have any.
    fn audit_events_come_with_their_words(harness: &dyn Harness) {
        let store = harness.open();
        change(
            &*store,
            vec![
                Change::Audit(audit(TENANT, 1)),
                Change::Audit(audit(TENANT, 2)),
                Change::AuditText(audit_text(TENANT, 2)),
            ],
        );
        let query = AuditQuery {
            tenant: TENANT,
            after: None,
            limit: 10,
        };
        let expected = [
            (audit(TENANT, 1), None),
            (audit(TENANT, 2), Some(audit_text(TENANT, 2))),
        ];
        assert_eq!(store.audit_events(&query).unwrap(), expected);
    }

    /// A receipt is the entries that were written under its key, as many as the first says.
    fn a_receipt_has_all_its_parts(harness: &dyn Harness) {
        let store = harness.open();
        let parts = |first: i64, digest, parts: i32| {
            let mut entries = vec![keyed(TENANT, first, digest, parts)];
            entries.extend(
                (1..i64::from(parts)).map(|at| entry(TENANT, first + at, wallet_key(1, at))),
            );
            entries
        };
        let receipts = [
            ([1; 32], 1, 1),
            ([2; 32], 2, 3),
            ([3; 32], 5, 2),
            ([4; 32], 20, 1),
        ];
        for (digest, first, count) in receipts {
            let entries = parts(first, digest, count);
            change(&*store, entries.into_iter().map(Change::from).collect());
        }
        add(&*store, WALLET, 21..=25);
        for (digest, first, count) in receipts {
            assert_eq!(receipt(&*store, digest), Some(parts(first, digest, count)));
        }
        assert_eq!(receipt(&*store, [5; 32]), None);
    }

    /// Receipts of one batch are told apart.
    fn receipts_of_one_batch_are_told_apart(harness: &dyn Harness) {
        let store = harness.open();
        let digest = |nth: i64| [u8::try_from(nth).unwrap(); 32];
        let first = |nth: i64| keyed(TENANT, 10 * nth, digest(nth), 2);
        let second = |nth: i64| entry(TENANT, 10 * nth + 1, WALLET);
        change(
            &*store,
            (1..=9)
                .flat_map(|nth| [Change::from(first(nth)), Change::from(second(nth))])
                .collect(),
        );
        for nth in 1..=9 {
            assert_eq!(
                receipt(&*store, digest(nth)),
                Some(vec![first(nth), second(nth)])
            );
        }
    }

    /// Digests are compared in full, whatever they begin or end with.
    fn receipts_of_similar_digests_are_told_apart(harness: &dyn Harness) {
        let store = harness.open();
        let mut digests = vec![[0; 32], [255; 32]];
        for at in 0..32 {
            let mut digest = [0; 32];
            digest[at] = 1;
            digests.push(digest);
        }
        let (written, absent) = digests.split_at(digests.len() - 10);
        let entries = written
            .iter()
            .zip(1..)
            .map(|(digest, id)| keyed(TENANT, id, *digest, 1));
        change(&*store, entries.map(Change::from).collect());
        for (digest, id) in written.iter().zip(1..) {
            assert_eq!(
                receipt(&*store, *digest),
                Some(vec![keyed(TENANT, id, *digest, 1)])
            );
        }
        for digest in absent {
            assert_eq!(receipt(&*store, *digest), None);
        }
    }

    /// The floor of an empty store is 0.
    fn the_floor_of_an_empty_store_is_zero(harness: &dyn Harness) {
        assert_eq!(floor(&*harness.open()), 0);
    }

    /// The floor is the highest id among entries and audit events of all tenants, no other's.
    fn the_floor_is_the_highest_id(harness: &dyn Harness) {
        let store = harness.open();
        put(&*store, one_of_each(TENANT));
        put(
            &*store,
            [
                user(TENANT, 1_000, 1).slot(),
                hold(TENANT, 1_001, 1, 1).slot(),
            ],
        );
        assert_eq!(floor(&*store), 0);
        for (change_to, expected) in [
            (Change::from(entry(TENANT, 10, WALLET)), 10),
            (Change::Audit(audit(TENANT, 20)), 20),
            (Change::from(entry(OTHER, 30, WALLET)), 30),
            (Change::Audit(audit(TENANT, 25)), 30),
            (Change::from(entry(OTHER, 28, WALLET)), 30),
            (Change::Audit(audit(OTHER, 40)), 40),
            (
                Change::from(entry(TENANT, i64::MAX - 1, WALLET)),
                i64::MAX - 1,
            ),
        ] {
            change(&*store, vec![change_to]);
            assert_eq!(floor(&*store), expected);
        }
    }

    /// The floor rises with what another handle commits.
    fn the_floor_rises_with_every_handle(harness: &dyn Harness) {
        let (store, second) = (harness.open(), harness.open());
        for id in 1..=6 {
            let (writer, reader) = if id % 2 == 0 {
                (&store, &second)
            } else {
                (&second, &store)
            };
            change(&**writer, vec![Change::from(entry(TENANT, id, WALLET))]);
            assert_eq!(floor(&**reader), id);
        }
    }
}
