//! The handle: an open store, one tenant and one actor.

use crate::definition::{TenantId, UserId};
use crate::{Call, Error, Secret, Timestamp, Tympan};

/// How a store is opened. Every field has a default that suits a single machine.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OpenOptions {
    /// The key ring, as text. Without one, a store in memory draws its own, and a database file
    /// keeps one beside itself, readable by its owner only, made when the database is. A
    /// PostgreSQL database must be given one, the same for all processes.
    pub keys: Option<Secret>,
    /// How durable a commit is on SQLite; none: full.
    pub durability: Option<Durability>,
    /// What to do about a database of an older tympan; none: auto.
    pub migrate: Option<Migrate>,
    /// How long a command may wait for its turn, in milliseconds; none: 30,000.
    pub deadline_ms: Option<i32>,
    /// How old what `may` knows of other processes' changes may be, in milliseconds; none: 1,000. 0:
    /// it looks at each call.
    pub freshness_ms: Option<i32>,
    /// How many commands may wait at once before callers wait for room; none: 16,384.
    pub queue_limit: Option<i32>,
    /// The schema of a PostgreSQL database that the tables lie in; none: `tympan`.
    pub schema: Option<String>,
    /// How safely a PostgreSQL server must at least keep what it is given; one that does less is
    /// not opened. None: local.
    pub keeping: Option<Keeping>,
    /// A clock that stands still at this time until [`Tympan::set_clock`] sets it, for tests and
    /// replays; none: the machine's, or the database server's.
    pub clock: Option<Timestamp>,
}

/// How durable a commit is on SQLite.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Durability {
    /// A commit that was answered survives the loss of power.
    Full,
    /// Faster: a commit that was answered survives the end of the process, but the last ones
    /// before a loss of power may be gone. The file stays whole.
    Normal,
}

/// What opening does about a database of an older tympan.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Migrate {
    /// Copies the file beside itself, then migrates it.
    Auto,
    /// Refuses it; creates a new database where there is none.
    Check,
    /// Refuses it, and creates nothing.
    Never,
}

/// How safely a store keeps what it is given, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// How safely commits are kept.
    pub keeping: Keeping,
    /// Why: one sentence for each thing that decides it, in English.
    pub why: Vec<String>,
}

/// How safely commits are kept, from the least to the most.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Keeping {
    /// The loss of power can take commits back that were answered.
    NotDurable,
    /// A commit that was answered is on the disk of one machine; with it, it can be lost.
    Local,
    /// A commit that was answered is on another machine's disk too.
    Replicated,
}

/// What a copy into another store did.
#[derive(Clone, Debug, PartialEq)]
pub struct Copied {
    /// Rows that both stores hold now, all compared.
    pub rows: i64,
    /// Rows that an earlier attempt had left there already.
    pub found: i64,
}

/// Which things with names to list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Listed {
    /// Which; none: current ones.
    pub filter: Option<Filter>,
}

/// Which things with names to list.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Filter {
    /// Those that take new users.
    Current,
    /// Those that were retired.
    Retired,
    /// All of them.
    All,
}

/// Against which version a change is made.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Against {
    /// The version that the change was made against; none: whatever it is.
    pub expected_version: Option<i32>,
}

/// How much a thing with a name is used.
#[derive(Clone, Debug, PartialEq)]
pub struct Uses {
    /// Its users; of a price list, the profiles that name it.
    pub users: i32,
    /// How many of them are active; of a price list, the profiles that are not retired.
    pub active_users: i32,
}

impl Tympan {
    /// Opens a store: `memory:`, which begins empty and is gone with the last handle;
    /// `sqlite:PATH`, a file that is made if it is not there, `sqlite:shop.db`;
    /// `postgres://role:password@host,other/database`, which any number of processes share.
    ///
    /// A new store has no tenant yet: call [`Tympan::bootstrap`], once.
    ///
    /// # Errors
    /// `store_missing`, `store_foreign`, `store_newer`, `store_older`, `store_keys`,
    /// `store_read_only`, `store_full`, `store_locked`, `store_not_durable`, `store_corrupt`,
    /// `storage`; `invalid_value` for an address of another form.
    pub fn open(address: String, options: OpenOptions) -> Call<Tympan> {
        Self::open_call(address, options)
    }

    /// A fresh key ring, as the text that [`Tympan::open`] takes for `keys`. Secrets that were kept
    /// under it cannot be found or read without it, by nobody: put it where the host keeps its
    /// secrets before a store is opened with it.
    ///
    /// # Errors
    /// `internal` if the system gives no random bytes.
    pub fn new_keys() -> Result<Secret, Error> {
        Self::drawn_keys()
    }

    /// The same tenant with a user as actor, whom the host has recognised: each call then checks
    /// what the user may do.
    ///
    /// # Errors
    /// `closed`.
    pub fn as_user(&self, user: UserId) -> Result<Tympan, Error> {
        self.acting_as(user)
    }

    /// Another tenant of the same store, with the host itself as actor. A host with one company
    /// needs this never: it has the default tenant.
    ///
    /// # Errors
    /// `closed`; `denied` to a user.
    pub fn tenant(&self, tenant: TenantId) -> Result<Tympan, Error> {
        self.of_tenant(tenant)
    }

    /// Sets the clock of a store that was opened with one.
    ///
    /// # Errors
    /// `closed`; `invalid_value` if the store was opened without one.
    pub fn set_clock(&self, now: Timestamp) -> Result<(), Error> {
        self.set_manual_clock(now)
    }

    /// Ends the use of this store, through this handle and all that were made from it: later calls
    /// are refused with `closed`. Calls under way are still answered, and the store is closed with
    /// the last of them; whoever awaits the end of this call is told when it is. What was answered
    /// is durable in any case; closing twice does nothing.
    ///
    /// # Errors
    /// Where it is awaited, `busy` if calls still hold the store at the deadline that it was opened
    /// with, 30 seconds if nothing was said: it is closed when they end.
    pub fn close(&self) -> Call<()> {
        self.closed()
    }

    /// How safely the store keeps what it is given, and why.
    ///
    /// # Errors
    /// `denied` to a user; those of the store.
    pub fn doctor(&self) -> Call<Report> {
        self.ask_store(|store| store.doctor().map(Into::into))
    }

    /// Copies everything into another store, from one machine to several or back, and compares
    /// every row in the end. The other store is opened for it with the given options, whose `keys`
    /// must be those of this one, and closed again. It must be new, or hold a part of such a copy:
    /// an attempt that was interrupted is taken up where it ended, if nothing was written here
    /// since.
    ///
    /// The copy is of the instant in which the call began. Others go on writing here meanwhile, and
    /// what they write is not in the copy: a host that moves stops them first.
    ///
    /// # Errors
    /// `denied` to a user; `store_keys` if the other one has other keys; `store_foreign` if it holds
    /// anything else; those of [`Tympan::open`], and of both stores.
    pub fn copy_to(&self, address: String, options: OpenOptions) -> Call<Copied> {
        self.copied_to(address, options)
    }
}
