//! Many threads charging one at a time: how much they gain from sharing commits, and what one
//! busy user costs.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tympan::Handle;
use tympan::core::error::Error;
use tympan::core::ids::TenantId;
use tympan::core::ledger::{Charge, Usage};
use tympan::core::queries::{AuditQuery, EntryQuery, UntrackedQuery, UserQuery};
use tympan::core::records::{AuditEvent, AuditText, Entry, EntryText, Untracked, User};
use tympan::core::row::{Cell, Table};
use tympan::core::time::Timestamp;
use tympan::core::view::{Batch, ReadSet, View};
use tympan_sqlite::{SqliteOptions, SqliteStore};
use tympan_store::{CommitError, Report, Snapshot, Stamp, Store, Turn};

use crate::shop;

const USERS: i64 = 10_000;
const THREADS: u64 = 32;
const SPAN: Duration = Duration::from_millis(700);
const ADDED: Duration = Duration::from_millis(2);

pub struct Measured {
    /// 32 threads beside one.
    pub quiet: Vec<(f64, f64)>,
    /// The same with time added to each commit.
    pub slow: Vec<(f64, f64)>,
    /// One user beside spread users, with time added.
    pub hot: Vec<(f64, f64)>,
}

/// Charges per second.
pub fn rounds(rounds: usize) -> Measured {
    let folder = tempfile::tempdir_in(".").unwrap();
    let open = |name: &str| {
        SqliteStore::open(&folder.path().join(name), &SqliteOptions::default()).unwrap()
    };
    let quiet = shop::open(Box::new(open("quiet.db")), USERS).host();
    let slow = shop::open(Box::new(Slow(open("slow.db"))), USERS).host();
    let keys = AtomicU64::new(0);
    let mut measured = Measured {
        quiet: Vec::new(),
        slow: Vec::new(),
        hot: Vec::new(),
    };
    for _ in 0..rounds {
        let one = rate(&quiet, &keys, 1, false);
        measured
            .quiet
            .push((rate(&quiet, &keys, THREADS, false), one));
        let one = rate(&slow, &keys, 1, false);
        let spread = rate(&slow, &keys, THREADS, false);
        measured.slow.push((spread, one));
        measured
            .hot
            .push((rate(&slow, &keys, THREADS, true), spread));
    }
    measured
}

fn rate(handle: &Handle, keys: &AtomicU64, threads: u64, hot: bool) -> f64 {
    let begun = Instant::now();
    let charged: u64 = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|_| {
                scope.spawn(|| {
                    let mut charged = 0;
                    while begun.elapsed() < SPAN {
                        let key = keys.fetch_add(1, Ordering::Relaxed);
                        let user = if hot {
                            0
                        } else {
                            key.wrapping_mul(48_271) as i64 % USERS
                        };
                        handle
                            .run(Charge::new(
                                shop::user(user),
                                format!("{key}"),
                                Usage::pages(1),
                            ))
                            .unwrap();
                        charged += 1;
                    }
                    charged
                })
            })
            .collect();
        workers
            .into_iter()
            .map(|worker| worker.join().unwrap())
            .sum()
    });
    charged as f64 / begun.elapsed().as_secs_f64()
}

/// A store each of whose commits takes longer, as on a slow disk.
struct Slow(SqliteStore);

struct SlowTurn<'a>(Box<dyn Turn + 'a>);

impl Store for Slow {
    fn read(&self, set: &ReadSet, view: &mut View) -> Result<(), Error> {
        self.0.read(set, view)
    }
    fn users(&self, query: &UserQuery) -> Result<Vec<User>, Error> {
        self.0.users(query)
    }
    fn entries(&self, query: &EntryQuery) -> Result<Vec<(Entry, Option<EntryText>)>, Error> {
        self.0.entries(query)
    }
    fn audit_events(
        &self,
        query: &AuditQuery,
    ) -> Result<Vec<(AuditEvent, Option<AuditText>)>, Error> {
        self.0.audit_events(query)
    }

    fn open_untracked(&self, query: &UntrackedQuery) -> Result<Vec<Untracked>, Error> {
        self.0.open_untracked(query)
    }

    fn scan(
        &self,
        table: &'static Table,
        tenant: Option<TenantId>,
        after: Option<&[Cell<'static>]>,
        limit: u32,
    ) -> Result<Vec<Vec<Cell<'static>>>, Error> {
        self.0.scan(table, tenant, after, limit)
    }
    fn erase_words(&self, tenant: TenantId, until: Timestamp, limit: u32) -> Result<u32, Error> {
        self.0.erase_words(tenant, until, limit)
    }

    fn settle(&self, below: Option<i64>) -> Result<i64, Error> {
        self.0.settle(below)
    }

    fn stamp(&self) -> Result<Stamp, Error> {
        self.0.stamp()
    }
    fn snapshot(&self) -> Result<Box<dyn Snapshot + '_>, Error> {
        self.0.snapshot()
    }
    fn now(&self) -> Result<Option<Timestamp>, Error> {
        self.0.now()
    }
    fn doctor(&self) -> Result<Report, Error> {
        self.0.doctor()
    }
    fn turn(&self) -> Result<Box<dyn Turn + '_>, Error> {
        Ok(Box::new(SlowTurn(self.0.turn()?)))
    }
}

impl Turn for SlowTurn<'_> {
    fn load(&mut self, set: &ReadSet, view: &mut View) -> Result<(), Error> {
        self.0.load(set, view)
    }
    fn now(&mut self) -> Result<Option<Timestamp>, Error> {
        self.0.now()
    }
    fn floor(&mut self) -> Result<i64, Error> {
        self.0.floor()
    }
    fn commit(self: Box<Self>, batch: &Batch) -> Result<(), CommitError> {
        let done = self.0.commit(batch);
        std::thread::sleep(ADDED);
        done
    }
}
