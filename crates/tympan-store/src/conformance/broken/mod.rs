//! Stores with a fault each, to show that the suite has teeth: every fault must fail a case.

mod load;
mod store;
mod turn;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tympan_core::view::{Batch, Key, Record, View};

use self::store::BrokenStore;
use super::Harness;
use crate::Store;

/// Declares the faults, and the list of them.
macro_rules! faults {
    ($($(#[$doc:meta])+ $name:ident,)+) => {
        /// What is wrong with a [`Broken`] store.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Fault {
            $($(#[$doc])+ $name,)+
        }

        impl Fault {
            /// Every fault.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];
        }
    };
}

faults! {
    /// A commit checks no expectations.
    ChecksNothing,
    /// A commit checks expectations only of what it writes.
    ChecksOnlyWhatItWrites,
    /// A commit does not look whether a receipt has come.
    ChecksNoReceipts,
    /// A commit checks of wallets only whether there are any.
    ChecksNoWallets,
    /// A commit writes over whatever is there.
    WritesOver,
    /// A commit writes half of a batch.
    WritesHalf,
    /// A refused commit leaves its entries behind.
    LeavesEntries,
    /// A refused commit is reported as a success.
    HidesConflicts,
    /// A refused commit does not say which keys are in its way.
    NamesNoKeys,
    /// The last batch is gone when the store is opened again.
    LosesTheLastBatch,
    /// Receipts are not found.
    ForgetsReceipts,
    /// Receipts have only their first entry.
    CutsReceipts,
    /// What was read once is read for ever.
    ReadsStale,
    /// A turn reads what was there a moment ago, a commit checks nothing, and all is well.
    ReadsBehind,
    /// Of a tenant that lacks something, another's is read.
    IgnoresTheTenant,
    /// Nothing behind a claim or a hold is loaded.
    FollowsNothing,
    /// Wallets of an absent user are unknown.
    SkipsWalletsOfNobody,
    /// A configuration is loaded though the caller knows it.
    IgnoresKnownConfigs,
    /// A configuration that the caller knows is used whatever its version.
    TrustsKnownConfigs,
    /// What is loaded replaces what the view holds.
    OverwritesViews,
    /// Numbers are rounded as floating-point numbers are.
    RoundsNumbers,
    /// Texts lose the white space around them.
    TrimsTexts,
    /// Users come in the wrong order.
    ReversesUsers,
    /// A page of users begins with the last one of the page before.
    RepeatsUsers,
    /// A page of users has one too many.
    ExceedsTheLimit,
    /// A pattern is ignored.
    IgnoresPatterns,
    /// A pattern is looked for in the name only.
    SearchesOnlyNames,
    /// The group is ignored.
    IgnoresGroups,
    /// Entries come oldest first.
    ReversesEntries,
    /// Audit events come newest first.
    ReversesEvents,
    /// Lists untracked usage the wrong way round.
    ReversesUntracked,
    /// Entries and audit events come without their words.
    LosesWords,
    /// Words whose time is over are not erased.
    ErasesNothing,
    /// Words whose time will be over are erased before.
    ErasesTooMuch,
    /// Rows of a scan come in the wrong order.
    ReversesScans,
    /// A scan of one tenant gives everybody's rows.
    ScansEveryTenant,
    /// A scan goes on at the key instead of behind it.
    RepeatsRows,
    /// The stamp never changes.
    KeepsTheStamp,
    /// The stamp changes by itself.
    ChangesTheStamp,
    /// The floor is always 0.
    KeepsTheFloor,
    /// A snapshot shows what was committed after it.
    MovesSnapshots,
    /// The store has another clock than its turns.
    HasTwoClocks,
    /// The store does not say why it keeps commits as it does.
    GivesNoReasons,
}

/// Makes the harness of a sound store.
pub type Make = fn() -> Box<dyn Harness>;

/// A harness around a sound one, whose stores all have a fault.
pub struct Broken {
    fault: Fault,
    make: Make,
    shared: Arc<Shared>,
}

/// What all handles of one broken database share.
struct Shared {
    /// The sound database of the moment.
    sound: Mutex<Box<dyn Harness>>,
    /// Everything that was committed.
    committed: Mutex<Vec<Batch>>,
    /// What was read first.
    first: Mutex<View>,
    /// What turns found when they looked last.
    last: Mutex<BTreeMap<Key, Option<Record>>>,
    /// How often the stamp was asked for.
    asked: Mutex<u64>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Broken {
    /// A harness with a fault around one that `make` makes.
    #[must_use]
    pub fn new(fault: Fault, make: Make) -> Self {
        let shared = Shared {
            sound: Mutex::new(make()),
            committed: Mutex::default(),
            first: Mutex::default(),
            last: Mutex::default(),
            asked: Mutex::default(),
        };
        Self {
            fault,
            make,
            shared: Arc::new(shared),
        }
    }
}

impl Harness for Broken {
    fn open(&self) -> Box<dyn Store> {
        Box::new(BrokenStore {
            fault: self.fault,
            sound: lock(&self.shared.sound).open(),
            shared: Arc::clone(&self.shared),
        })
    }

    fn reopen(&self, last: Box<dyn Store>) -> Box<dyn Store> {
        drop(last);
        if self.fault == Fault::LosesTheLastBatch {
            // Everything is written again, in another database, but for the last batch.
            let fresh = (self.make)();
            let store = fresh.open();
            let mut committed = lock(&self.shared.committed);
            committed.pop();
            for batch in committed.iter() {
                store.turn().unwrap().commit(batch).unwrap();
            }
            *lock(&self.shared.sound) = fresh;
        }
        self.open()
    }
}
