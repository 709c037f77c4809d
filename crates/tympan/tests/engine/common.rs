//! A small shop, a store that is watched and can be made to fail, and a way to wait for futures.

use std::future::Future;
use std::path::Path;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::Thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;
use tympan::core::command::{Command, Preparation};
use tympan::core::ids::TenantId;
use tympan::core::permissions::Requirement;
use tympan::core::queries::{AuditQuery, EntryQuery, UntrackedQuery, UserQuery};
use tympan::core::records::{AuditEvent, AuditText, Entry, EntryText, Untracked, User};
use tympan::core::row::{Cell, Table};
use tympan::core::view::{Batch, Key, ReadSet, View};
use tympan::{
    Bootstrap, Charge, Code, CreatePriceList, CreateProfile, CreateUser, Currency, Error, Handle,
    Options, PageRequest, Period, PriceTerms, ProfileId, Timestamp, Tympan, Usage, UserId,
    WalletName,
};
use tympan_memory::MemoryStore;
use tympan_sqlite::{SqliteOptions, SqliteStore};
use tympan_store::{CommitError, Report, Snapshot, Stamp, Store, Turn};

pub const PAGE_MICROS: i64 = 10_000;

/// Far longer than anything here takes: it only bounds a test that would hang.
pub const LONG: Duration = Duration::from_secs(60);

/// What becomes of a commit.
pub enum Act {
    Pass,
    Conflict,
    Fail(Code),
    Unknown { committed: bool, code: Code },
}

type OnCommit = dyn Fn(&Batch) -> Act + Send + Sync;
type OnTurn = dyn Fn() + Send + Sync;

/// What a watched store has seen, and what it is to do.
#[derive(Default)]
pub struct Watch {
    commits: AtomicUsize,
    on_commit: Mutex<Option<Arc<OnCommit>>>,
    on_turn: Mutex<Option<Arc<OnTurn>>>,
    on_read: Mutex<Option<Arc<OnTurn>>>,
}

impl Watch {
    /// Commits that were tried since this was asked last.
    pub fn take_commits(&self) -> usize {
        self.commits.swap(0, Ordering::SeqCst)
    }

    pub fn on_commit(&self, script: impl Fn(&Batch) -> Act + Send + Sync + 'static) {
        *held(&self.on_commit) = Some(Arc::new(script));
    }

    pub fn on_turn(&self, script: impl Fn() + Send + Sync + 'static) {
        *held(&self.on_turn) = Some(Arc::new(script));
    }

    /// Before the store is asked for anything, by a question or within a turn.
    pub fn on_read(&self, script: impl Fn() + Send + Sync + 'static) {
        *held(&self.on_read) = Some(Arc::new(script));
    }

    fn read(&self) {
        let script = held(&self.on_read).clone();
        if let Some(script) = script {
            script();
        }
    }

    pub fn pass(&self) {
        *held(&self.on_commit) = None;
        *held(&self.on_turn) = None;
        *held(&self.on_read) = None;
    }
}

pub fn held<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Watched {
    store: Box<dyn Store>,
    watch: Arc<Watch>,
}

struct WatchedTurn<'a> {
    turn: Box<dyn Turn + 'a>,
    watch: &'a Watch,
}

impl Store for Watched {
    fn read(&self, set: &ReadSet, view: &mut View) -> Result<(), Error> {
        self.watch.read();
        self.store.read(set, view)
    }
    fn users(&self, query: &UserQuery) -> Result<Vec<User>, Error> {
        self.store.users(query)
    }
    fn entries(&self, query: &EntryQuery) -> Result<Vec<(Entry, Option<EntryText>)>, Error> {
        self.store.entries(query)
    }
    fn audit_events(
        &self,
        query: &AuditQuery,
    ) -> Result<Vec<(AuditEvent, Option<AuditText>)>, Error> {
        self.store.audit_events(query)
    }

    fn open_untracked(&self, query: &UntrackedQuery) -> Result<Vec<Untracked>, Error> {
        self.store.open_untracked(query)
    }

    fn scan(
        &self,
        table: &'static Table,
        tenant: Option<TenantId>,
        after: Option<&[Cell<'static>]>,
        limit: u32,
    ) -> Result<Vec<Vec<Cell<'static>>>, Error> {
        self.store.scan(table, tenant, after, limit)
    }
    fn erase_words(&self, tenant: TenantId, until: Timestamp, limit: u32) -> Result<u32, Error> {
        self.store.erase_words(tenant, until, limit)
    }

    fn settle(&self, below: Option<i64>) -> Result<i64, Error> {
        self.store.settle(below)
    }

    fn stamp(&self) -> Result<Stamp, Error> {
        self.watch.read();
        self.store.stamp()
    }
    fn snapshot(&self) -> Result<Box<dyn Snapshot + '_>, Error> {
        self.store.snapshot()
    }
    fn now(&self) -> Result<Option<Timestamp>, Error> {
        self.store.now()
    }
    fn doctor(&self) -> Result<Report, Error> {
        self.store.doctor()
    }
    fn turn(&self) -> Result<Box<dyn Turn + '_>, Error> {
        let turn = self.store.turn()?;
        let script = held(&self.watch.on_turn).clone();
        if let Some(script) = script {
            script();
        }
        Ok(Box::new(WatchedTurn {
            turn,
            watch: &self.watch,
        }))
    }
}

impl Turn for WatchedTurn<'_> {
    fn load(&mut self, set: &ReadSet, view: &mut View) -> Result<(), Error> {
        self.watch.read();
        self.turn.load(set, view)
    }
    fn now(&mut self) -> Result<Option<Timestamp>, Error> {
        self.turn.now()
    }
    fn floor(&mut self) -> Result<i64, Error> {
        self.turn.floor()
    }
    fn commit(self: Box<Self>, batch: &Batch) -> Result<(), CommitError> {
        self.watch.commits.fetch_add(1, Ordering::SeqCst);
        let script = held(&self.watch.on_commit).clone();
        match script.map_or(Act::Pass, |script| script(batch)) {
            Act::Pass => self.turn.commit(batch),
            Act::Conflict => Err(CommitError::Conflict(vec![Key::Config(
                tympan::TenantId::DEFAULT,
            )])),
            Act::Fail(code) => Err(CommitError::Failed(Error::of(code))),
            Act::Unknown { committed, code } => {
                if committed {
                    self.turn.commit(batch)?;
                }
                Err(CommitError::Unknown(Error::of(code)))
            }
        }
    }
}

/// An open shop with two users.
pub struct Shop {
    pub tympan: Tympan,
    pub host: Handle,
    pub watch: Arc<Watch>,
    pub administrator: UserId,
    pub profile: ProfileId,
    pub ann: UserId,
    pub bob: UserId,
    _folder: Option<TempDir>,
}

pub fn quick(path: &Path) -> SqliteStore {
    let options = SqliteOptions {
        durability: tympan_sqlite::Durability::Normal,
        ..SqliteOptions::default()
    };
    SqliteStore::open(path, &options).unwrap()
}

/// A shop on each store.
pub fn shops(options: impl Fn() -> Options) -> Vec<Shop> {
    let folder = tempfile::tempdir().unwrap();
    let sqlite = quick(&folder.path().join("shop.db"));
    vec![
        Shop::open(Box::new(MemoryStore::new()), options(), None),
        Shop::open(Box::new(sqlite), options(), Some(folder)),
    ]
}

impl Shop {
    pub fn in_memory(options: Options) -> Self {
        Self::open(Box::new(MemoryStore::new()), options, None)
    }

    fn open(store: Box<dyn Store>, options: Options, folder: Option<TempDir>) -> Self {
        let watch = Arc::new(Watch::default());
        let watched = Watched {
            store,
            watch: watch.clone(),
        };
        let tympan = Tympan::open_store(Box::new(watched), options).unwrap();
        let host = tympan.host();
        let made = host
            .run(Bootstrap::new("Shop", Currency::EUR, "Ada"))
            .unwrap();
        let prices = CreatePriceList::new("House", Currency::EUR)
            .rule(PriceTerms::pages(PAGE_MICROS, 5 * PAGE_MICROS));
        let prices = host.run(prices).unwrap().id;
        let profile = CreateProfile::new("Staff").price_list(prices);
        let profile = host.run(profile).unwrap().id;
        let user = |name: &str| {
            let mut user = CreateUser::named(name).username(name);
            user.fields.profile = Some(profile);
            user.fields.restricted = Some(false);
            host.run(user).unwrap().user.id
        };
        let (ann, bob) = (user("ann"), user("bob"));
        watch.take_commits();
        Self {
            host: tympan.host(),
            tympan,
            watch,
            administrator: made.administrator,
            profile,
            ann,
            bob,
            _folder: folder,
        }
    }

    /// How often a user was charged, and what is left of own funds.
    pub fn charged(&self, user: UserId) -> (usize, i64) {
        let mut lines = Vec::new();
        let mut request = PageRequest::of(500);
        loop {
            let page = self
                .host
                .statement(
                    user,
                    WalletName::OwnFunds(Currency::EUR),
                    Period::ALL,
                    &request,
                )
                .unwrap()
                .lines;
            lines.extend(page.rows);
            match page.next {
                Some(cursor) => request = request.after(cursor),
                None => {
                    let left = lines.first().map_or(0, |line| line.balance_after);
                    return (lines.len(), left);
                }
            }
        }
    }

    pub fn is_sound(&self) {
        let found = self.tympan.verify().unwrap();
        assert!(found.is_sound(), "{:?}", found.faults);
    }

    pub fn dump(&self) -> String {
        dump(&self.tympan)
    }
}

pub fn dump(tympan: &Tympan) -> String {
    let mut out = Vec::new();
    tympan.dump(&mut out).unwrap();
    String::from_utf8(out).unwrap()
}

pub fn page(user: UserId, key: impl Into<String>) -> Charge {
    Charge::new(user, key.into(), Usage::pages(1))
}

pub fn code<T: std::fmt::Debug>(answer: Result<T, Error>) -> Code {
    answer.unwrap_err().code()
}

/// Waits, without a guess how long it takes, until something is so.
pub fn until(what: &str, mut so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !so() {
        assert!(begun.elapsed() < LONG, "never: {what}");
        std::thread::yield_now();
    }
}

/// A command that says when it is about to be queued.
pub struct Announced<C> {
    pub command: C,
    pub announced: Arc<AtomicUsize>,
}

impl<C: Command> Command for Announced<C> {
    type Prepared = C::Prepared;
    const NAME: &'static str = C::NAME;
    const REQUIRES: Requirement = C::REQUIRES;

    fn prepare(&self, preparation: &mut Preparation<'_>) -> Result<C::Prepared, Error> {
        self.announced.fetch_add(1, Ordering::SeqCst);
        self.command.prepare(preparation)
    }
}

/// A gate that holds back whoever comes until it is opened.
#[derive(Default)]
pub struct Gate {
    open: Mutex<bool>,
    arrived: AtomicUsize,
    opened: std::sync::Condvar,
}

impl Gate {
    pub fn pass(&self) {
        self.arrived.fetch_add(1, Ordering::SeqCst);
        let (_open, waited) = self
            .opened
            .wait_timeout_while(held(&self.open), LONG, |open| !*open)
            .unwrap_or_else(PoisonError::into_inner);
        assert!(!waited.timed_out(), "nobody opened the gate");
    }

    pub fn wait_for_arrival(&self) {
        until("somebody at the gate", || {
            self.arrived.load(Ordering::SeqCst) > 0
        });
    }

    pub fn open(&self) {
        *held(&self.open) = true;
        self.opened.notify_all();
    }
}

struct Unpark {
    thread: Thread,
    woken: AtomicUsize,
}

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.woken.fetch_add(1, Ordering::SeqCst);
        self.thread.unpark();
    }
}

/// Waits for a future on this thread; nothing but wakers, and it is polled only when woken.
pub fn block_on<F: Future>(future: F) -> F::Output {
    let unpark = Arc::new(Unpark {
        thread: std::thread::current(),
        woken: AtomicUsize::new(1),
    });
    let waker = Waker::from(unpark.clone());
    let mut future = pin!(future);
    let begun = Instant::now();
    loop {
        if unpark.woken.swap(0, Ordering::SeqCst) > 0
            && let Poll::Ready(answer) = future.as_mut().poll(&mut Context::from_waker(&waker))
        {
            return answer;
        }
        let left = LONG.checked_sub(begun.elapsed());
        std::thread::park_timeout(left.unwrap_or_else(|| panic!("the future was never woken")));
    }
}

/// Counts how often it is woken.
#[derive(Default)]
pub struct Count(pub AtomicUsize);

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// Polls a future once, with a waker that counts.
pub fn poll<F: Future + Unpin>(future: &mut F, count: &Arc<Count>) -> Poll<F::Output> {
    let waker = Waker::from(count.clone());
    std::pin::Pin::new(future).poll(&mut Context::from_waker(&waker))
}
