//! Many at once. Nothing here depends on who is first, and nobody waits for time to pass.

use std::sync::Arc;

use tympan_core::ids::{EntryId, UserId};
use tympan_core::queries::{EntryQuery, UserQuery};
use tympan_core::records::{Entry, User, Uses, Wallets};
use tympan_core::row::{Cell, Row};
use tympan_core::view::{Batch, Change, Follow, Key, ReadSet, Record, View, apply};

use super::Harness;
use super::list::cases;
use super::samples::*;
use super::steps::*;
use crate::{CommitError, Store, Turn};

/// How many run at once.
const THREADS: i64 = 8;
/// How often each has something to do.
const ROUNDS: i64 = 25;
/// Turns that one may need for one thing: each that is refused means that another was not.
const TRIES: i64 = THREADS * ROUNDS * 10;

/// Runs something on every thread, each with a handle of its own, and gives the outcomes.
#[expect(clippy::disallowed_methods, reason = "races need threads")]
fn together<T: Send>(harness: &dyn Harness, run: impl Fn(i64, &dyn Store) -> T + Sync) -> Vec<T> {
    let stores: Vec<Box<dyn Store>> = (0..THREADS).map(|_| harness.open()).collect();
    std::thread::scope(|scope| {
        let run = &run;
        let threads: Vec<_> = (1..)
            .zip(&stores)
            .map(|(nth, store)| scope.spawn(move || run(nth, &**store)))
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    })
}

/// Decides in turn after turn until a decision is committed, or there is nothing to commit.
fn decide(
    store: &dyn Store,
    decide: impl Fn(&mut dyn Turn, &mut View) -> Option<Vec<Change>>,
) -> bool {
    for _ in 0..TRIES {
        let mut turn = match store.turn() {
            Ok(turn) => turn,
            Err(error) if error.retry() => continue,
            Err(error) => panic!("no turn: {error}"),
        };
        let mut view = View::default();
        let Some(changes) = decide(&mut *turn, &mut view) else {
            return false;
        };
        apply(changes, &mut view);
        match turn.commit(&view.into_batch()) {
            Ok(()) => return true,
            Err(CommitError::Conflict(_)) => {}
            Err(CommitError::Failed(error)) if error.retry() => {}
            Err(error) => panic!("the commit failed: {error:?}"),
        }
    }
    panic!("refused {TRIES} times");
}

/// Raises a counter by one.
fn count(store: &dyn Store) {
    let (key, _) = uses(TENANT, 1, 1).slot();
    decide(store, |turn, view| {
        turn.load(&ReadSet::of(key.clone()), view).unwrap();
        let now = match view.get(&key).flatten() {
            Some(Record::Uses(uses)) => Uses::clone(uses),
            _ => uses(TENANT, 1, 0),
        };
        let next = Uses {
            users: now.users + 1,
            version: now.version + 1,
            ..now
        };
        Some(vec![Change::Put(key.clone(), next.slot().1)])
    });
}

/// What was counted.
fn counted(store: &dyn Store) -> i64 {
    match get(store, &uses(TENANT, 1, 1).slot().0) {
        Some(Record::Uses(uses)) => uses.users,
        other => panic!("nothing was counted: {other:?}"),
    }
}

/// Takes one unit from the wallet of owner 1 and writes the entry.
fn charge(store: &dyn Store) {
    let key = Key::Wallets(TENANT, 1);
    decide(store, |turn, view| {
        turn.load(&ReadSet::of(key.clone()), view).unwrap();
        let id = turn.floor().unwrap() + 1;
        let mut all = Wallets::clone(view.wallets(TENANT, 1).unwrap()?);
        let wallet = all.wallets.first_mut()?;
        let entry = Entry {
            id: EntryId(id),
            sequence: wallet.entries + 1,
            previous: wallet.last_entry,
            amount: -1,
            balance_after: wallet.balance - 1,
            ..entry(TENANT, id, wallet.key())
        };
        wallet.balance -= 1;
        wallet.version += 1;
        wallet.entries += 1;
        wallet.last_entry = entry.id;
        Some(vec![
            Change::Put(key.clone(), Record::Wallets(Arc::new(all))),
            Change::from(entry),
        ])
    });
}

/// How many of some batches that were all decided over the same state were committed.
fn committed(outcomes: &[Result<(), CommitError>]) -> usize {
    for outcome in outcomes {
        assert!(
            matches!(outcome, Ok(()) | Err(CommitError::Conflict(_))),
            "{outcome:?}"
        );
    }
    outcomes.iter().filter(|outcome| outcome.is_ok()).count()
}

/// Commits a batch, for as long as the store is merely held by others.
fn insist(store: &dyn Store, batch: &Batch) -> Result<(), CommitError> {
    for _ in 0..TRIES {
        match store.turn() {
            Ok(turn) => return turn.commit(batch),
            Err(error) => assert!(error.retry(), "no turn: {error}"),
        }
    }
    panic!("no turn in {TRIES} tries");
}

cases! {
    __conformance_races;

    /// A value is taken once, however many want it.
    fn a_claim_is_taken_once(harness: &dyn Harness) {
        let (key, _) = claim(TENANT, "a", 1, 1).slot();
        let won = together(harness, |nth, store| {
            decide(store, |turn, view| {
                turn.load(&ReadSet::of(key.clone()), view).unwrap();
                let free = view.get(&key) == Some(None);
                free.then(|| {
                    vec![Change::Put(
                        key.clone(),
                        claim(TENANT, "a", nth, 1).slot().1,
                    )]
                })
            })
        });
        let winners: Vec<i64> = (1..)
            .zip(won)
            .filter(|(_, won)| *won)
            .map(|(nth, _)| nth)
            .collect();
        assert_eq!(winners.len(), 1, "{winners:?}");
        let expected = claim(TENANT, "a", winners[0], 1).slot().1;
        assert_eq!(get(&*harness.open(), &key), Some(expected));
    }

    /// Of decisions that all found a value free, one is committed.
    fn decisions_that_found_a_value_free_are_committed_once(harness: &dyn Harness) {
        let store = harness.open();
        let batches: Vec<Batch> = (1..=THREADS)
            .map(|nth| {
                let (key, record) = claim(TENANT, "a", nth, 1).slot();
                let entry = entry(TENANT, nth, wallet_key(nth, 1));
                batch(
                    &*store,
                    &ReadSet::default(),
                    vec![Change::Put(key, record), Change::from(entry)],
                )
            })
            .collect();
        let outcomes = together(harness, |nth, store| {
            insist(store, &batches[usize::try_from(nth).unwrap() - 1])
        });
        assert_eq!(committed(&outcomes), 1);
        let entries = store.scan(Entry::TABLE, None, None, 100).unwrap();
        assert_eq!(entries.len(), 1);
    }

    /// Two decisions that read the same two records and each write another: one is committed.
    fn two_administrators_do_not_deactivate_each_other(harness: &dyn Harness) {
        let store = harness.open();
        for _ in 0..ROUNDS {
            let version = |user: &User| user.version + 1;
            let now = |id: i64| match get(&*store, &Key::User(TENANT, UserId(id))) {
                Some(Record::User(user)) => User {
                    version: version(&user),
                    active: true,
                    ..User::clone(&user)
                },
                _ => user(TENANT, id, 1),
            };
            put(&*store, (1..=THREADS).map(|id| now(id).slot()));
            let all: Vec<Key> = (1..=THREADS)
                .map(|id| Key::User(TENANT, UserId(id)))
                .collect();
            let batches: Vec<Batch> = (1..=THREADS)
                .map(|id| {
                    let gone = User {
                        active: false,
                        ..now(id)
                    };
                    let (key, record) = gone.slot();
                    batch(&*store, &reads(&all), vec![Change::Put(key, record)])
                })
                .collect();
            let outcomes = together(harness, |nth, store| {
                insist(store, &batches[usize::try_from(nth).unwrap() - 1])
            });
            assert_eq!(committed(&outcomes), 1);
        }
    }

    /// Decisions that rest on a guard which none of them writes do not hinder each other; one that
    /// writes it hinders all.
    fn a_guard_that_is_written_stops_who_read_it(harness: &dyn Harness) {
        let store = harness.open();
        put(&*store, [uses(TENANT, 1, 1).slot()]);
        let guard = uses(TENANT, 1, 1).slot().0;
        let batch = |nth: i64| {
            let (key, record) = user(TENANT, nth, 1).slot();
            batch(
                &*store,
                &ReadSet::of(guard.clone()),
                vec![Change::Put(key, record)],
            )
        };
        let batches: Vec<Batch> = (1..=2 * THREADS).map(batch).collect();
        let (early, late) = batches.split_at(usize::try_from(THREADS).unwrap());
        let at = |nth: i64| usize::try_from(nth).unwrap() - 1;
        let outcomes = together(harness, |nth, store| insist(store, &early[at(nth)]));
        assert_eq!(committed(&outcomes), early.len());
        put(&*store, [uses(TENANT, 1, 2).slot()]);
        let outcomes = together(harness, |nth, store| insist(store, &late[at(nth)]));
        assert_eq!(committed(&outcomes), 0);
    }

    /// No charge to a wallet is lost or made twice, and its entries are in one row.
    fn a_hot_wallet_is_exact(harness: &dyn Harness) {
        let store = harness.open();
        put(&*store, [wallets_slot(TENANT, 1, wallets(TENANT, 1, &[1]))]);
        together(harness, |_, store| {
            for _ in 0..ROUNDS {
                charge(store);
            }
        });
        let view = read(&*store, &ReadSet::of(Key::Wallets(TENANT, 1)));
        let wallet = view.wallets(TENANT, 1).unwrap().unwrap().wallets[0].clone();
        let charges = THREADS * ROUNDS;
        assert_eq!((wallet.balance, wallet.entries), (-charges, charges));
        let query = EntryQuery {
            tenant: TENANT,
            wallet: wallet.key(),
            before: None,
            limit: 1_000,
        };
        let mut entries: Vec<Entry> = store
            .entries(&query)
            .unwrap()
            .into_iter()
            .map(|(entry, _)| entry)
            .collect();
        entries.reverse();
        let mut previous = EntryId(0);
        for (entry, nth) in entries.iter().zip(1..) {
            assert_eq!((entry.sequence, entry.balance_after), (nth, -nth));
            assert_eq!(entry.previous, previous);
            previous = entry.id;
        }
        assert_eq!(i64::try_from(entries.len()).unwrap(), charges);
    }

    /// A counter that everybody raises has every raise in it.
    fn no_raise_of_a_counter_is_lost(harness: &dyn Harness) {
        let store = harness.open();
        together(harness, |_, store| {
            for _ in 0..ROUNDS {
                count(store);
            }
        });
        assert_eq!(counted(&*store), THREADS * ROUNDS);
    }

    /// Handles that many threads share are as good as one for each.
    fn one_handle_is_shared_by_all(harness: &dyn Harness) {
        let store = harness.open();
        together(harness, |_, _| {
            for _ in 0..ROUNDS {
                count(&*store);
            }
        });
        assert_eq!(counted(&*store), THREADS * ROUNDS);
    }

    /// Turns that are dropped in between neither change anything nor hold anybody up.
    fn dropped_turns_hold_nobody_up(harness: &dyn Harness) {
        let store = harness.open();
        together(harness, |nth, store| {
            for _ in 0..ROUNDS {
                if nth % 2 == 0 {
                    count(store);
                } else {
                    decide(store, |turn, view| {
                        turn.load(&ReadSet::of(uses(TENANT, 1, 1).slot().0), view)
                            .unwrap();
                        None
                    });
                }
            }
        });
        assert_eq!(counted(&*store), THREADS / 2 * ROUNDS);
    }

    /// A receipt is written once, however many bring the same key.
    fn a_receipt_is_written_once(harness: &dyn Harness) {
        let store = harness.open();
        let written = together(harness, |_, store| {
            let mut written = 0;
            for round in 0..ROUNDS {
                let digest = [u8::try_from(round).unwrap(); 32];
                let key = Key::Receipt(TENANT, digest);
                let won = decide(store, |turn, view| {
                    turn.load(&ReadSet::of(key.clone()), view).unwrap();
                    let id = turn.floor().unwrap() + 1;
                    (view.get(&key) == Some(None))
                        .then(|| vec![Change::from(keyed(TENANT, id, digest, 1))])
                });
                written += i64::from(won);
            }
            written
        });
        assert_eq!(written.iter().sum::<i64>(), ROUNDS);
        let entries = store.scan(Entry::TABLE, None, None, 1_000).unwrap();
        assert_eq!(i64::try_from(entries.len()).unwrap(), ROUNDS);
    }

    /// Whoever goes through entries from where the last look ended, up to where they stand still, finds
    /// every one.
    fn nothing_comes_in_front_of_what_stands_still(harness: &dyn Harness) {
        let store = harness.open();
        let seen = together(harness, |nth, store| {
            let (mut seen, mut after) = (Vec::new(), None);
            for round in 1..=ROUNDS {
                if nth > 1 {
                    decide(store, |turn, _| {
                        let id = turn.floor().unwrap() + nth;
                        let wallet = wallet_key(nth, round);
                        Some(vec![Change::from(entry(TENANT, id, wallet))])
                    });
                    continue;
                }
                let settled = store.settle(None).unwrap();
                let rows = store.snapshot().unwrap().scan(Entry::TABLE, Some(TENANT), after.as_deref(), 1_000);
                let rows = rows.unwrap().into_iter().map(|mut row| row.swap_remove(0));
                let rows = rows.filter(|id| *id <= Cell::Integer(settled));
                seen.extend(rows);
                after = seen.last().map(|id| vec![id.clone()]);
            }
            (seen, after)
        });
        let (mut seen, after) = seen.into_iter().next().unwrap();
        let id = |mut row: Vec<Cell<'static>>| row.swap_remove(0);
        let rest = store.scan(Entry::TABLE, Some(TENANT), after.as_deref(), 1_000).unwrap();
        seen.extend(rest.into_iter().map(id));
        let all = store.scan(Entry::TABLE, None, None, 1_000).unwrap();
        assert_eq!(seen, all.into_iter().map(id).collect::<Vec<_>>());
        assert_eq!(i64::try_from(seen.len()).unwrap(), (THREADS - 1) * ROUNDS);
    }

    /// Where everything below an id is settled, no turn that began before writes there.
    fn nothing_is_written_below_what_is_settled(harness: &dyn Harness) {
        let store = harness.open();
        change(&*store, vec![Change::from(entry(TENANT, 5, wallet_key(1, 1)))]);
        let settled = store.settle(Some(100)).unwrap();
        assert!(settled >= 99, "{settled}");
        assert!(store.settle(Some(50)).unwrap() >= 49);
        decide(&*store, |turn, _| {
            let id = turn.floor().unwrap() + 1;
            Some(vec![Change::from(entry(TENANT, id.max(100), wallet_key(1, 2)))])
        });
        assert_eq!(store.scan(Entry::TABLE, Some(TENANT), None, 10).unwrap().len(), 2);
    }

    /// Who touches different things gets everything done.
    fn strangers_do_not_lose_each_others_changes(harness: &dyn Harness) {
        let store = harness.open();
        together(harness, |nth, store| {
            for version in 1..=ROUNDS {
                let (key, record) = user(TENANT, nth, version).slot();
                decide(store, |turn, view| {
                    turn.load(&ReadSet::of(key.clone()), view).unwrap();
                    Some(vec![Change::Put(key.clone(), record.clone())])
                });
            }
        });
        for nth in 1..=THREADS {
            let (key, record) = user(TENANT, nth, ROUNDS).slot();
            assert_eq!(get(&*store, &key), Some(record));
        }
    }

    /// What is read together is as of one instant: money on its way is on one side or the other.
    fn reads_are_as_of_one_instant(harness: &dyn Harness) {
        let store = harness.open();
        let slot = |owner: i64, version: i64, balance: i64| {
            let mut all = wallets(TENANT, owner, &[version]);
            all.wallets[0].balance = balance;
            wallets_slot(TENANT, owner, all)
        };
        put(&*store, [slot(1, 1, 1_000), slot(2, 1, 0)]);
        let set = ReadSet::of(Key::Wallets(TENANT, 1)).and(Key::Wallets(TENANT, 2));
        let sum = |view: &View| -> i64 {
            let balance = |owner| view.wallets(TENANT, owner).unwrap().unwrap().wallets[0].balance;
            balance(1) + balance(2)
        };
        together(harness, |nth, store| {
            for round in 2..2 + ROUNDS * 4 {
                if nth == 1 {
                    put(
                        store,
                        [slot(1, round, 1_000 - round), slot(2, round, round)],
                    );
                } else {
                    assert_eq!(sum(&read(store, &set)), 1_000);
                }
            }
        });
    }

    /// What lies behind a key is of the same instant as the key.
    fn what_is_followed_is_of_the_same_instant(harness: &dyn Harness) {
        let store = harness.open();
        let slots = |version: i64| {
            let count = version % 4;
            [
                user(TENANT, 1, version).slot(),
                relations_slot(TENANT, 1, relations(TENANT, 1, count)),
                wallets_slot(TENANT, 1, wallets(TENANT, 1, &[version])),
                claim(TENANT, "a", 1, version).slot(),
            ]
        };
        put(&*store, slots(1));
        let set = ReadSet::default().and_follow(Key::Claim(TENANT, card("a")), Follow::ALL);
        together(harness, |nth, store| {
            for version in 2..2 + ROUNDS * 4 {
                if nth == 1 {
                    put(store, slots(version));
                    continue;
                }
                let view = read(store, &set);
                let found = view.user(TENANT, UserId(1)).unwrap().unwrap().version;
                for (key, record) in slots(found) {
                    assert_eq!(view.get(&key), Some(Some(&record)), "{key:?}");
                }
            }
        });
    }

    /// A list is as of one instant: all of a batch or none of it.
    fn lists_are_as_of_one_instant(harness: &dyn Harness) {
        let store = harness.open();
        let slots = |version: i64| (1..=5).map(move |id| user(TENANT, id, version).slot());
        put(&*store, slots(1));
        let query = UserQuery {
            tenant: TENANT,
            active: None,
            group: None,
            profile: None,
            sharing: None,
            pattern: None,
            after: None,
            limit: 10,
        };
        together(harness, |nth, store| {
            for version in 2..2 + ROUNDS * 4 {
                if nth == 1 {
                    put(store, slots(version));
                    continue;
                }
                let users = store.users(&query).unwrap();
                let versions: Vec<i64> = users.iter().map(|user| user.version).collect();
                assert_eq!(versions, [versions[0]; 5]);
            }
        });
    }
}
