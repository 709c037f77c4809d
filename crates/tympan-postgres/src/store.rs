//! The store: opening it, and everything that is not a turn.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use tympan_core::error::{Code, Error};
use tympan_core::ids::TenantId;
use tympan_core::queries::{AuditQuery, EntryQuery, UntrackedQuery, UserQuery};
use tympan_core::records::{AuditEvent, AuditText, Entry, EntryText, Untracked, User};
use tympan_core::row::{Cell, Table};
use tympan_core::time::Timestamp;
use tympan_core::view::{ReadSet, View};
use tympan_store::{Report, Snapshot, Stamp, Store, Turn};

use crate::address::Address;
use crate::answers::{Answer, Row};
use crate::connect::Way;
use crate::doctor;
use crate::found::State;
use crate::load::{self, Beside, Failure, sound};
use crate::migrate::{self, MIGRATIONS, Migration, quoted};
use crate::options::PostgresOptions;
use crate::pool::{Lent, Pool};
use crate::snapshot::PostgresSnapshot;
use crate::statements::{self, Lock, Sql};
use crate::steps::Step;
use crate::turn::PostgresTurn;
use crate::{cells, list, tls};

/// What is read together is as of one instant, and nothing is written.
pub(crate) const BEGIN_READ: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// Where entries are to stand still if not up to an id.
const UP_TO_THE_HIGHEST: i64 = -1;

/// What the server keeps of a name.
const LONGEST_NAME: usize = 63;

/// A database of PostgreSQL.
#[derive(Debug)]
pub struct PostgresStore {
    pub(crate) options: PostgresOptions,
    pub(crate) pool: Pool,
    /// What tells this schema's advisory locks from another's.
    pub(crate) seed: i64,
    /// What no other open store bears.
    name: String,
    batches: AtomicU64,
}

impl PostgresStore {
    /// Opens a database by its address, `postgres://role:password@host,other/database`. The tables
    /// are made or migrated as the options say.
    ///
    /// `sslrootcert` names the file with the authority that the server's certificate must come
    /// from; the certificate must bear the host's name. `sslmode=disable` turns encryption off; it
    /// is off by itself where nothing leaves the machine. Of several hosts the one that takes
    /// writes is used, and looked for again when it fails.
    ///
    /// # Errors
    /// `invalid_value` for an address of another form, or a schema that the server would not take
    /// or take for another; `store_missing`, `store_foreign`,
    /// `store_newer`, `store_older`, `store_keys`, `store_not_durable`, `storage`;
    /// `store_read_only` names the right that the role lacks.
    pub fn open(address: &str, options: &PostgresOptions) -> Result<Self, Error> {
        Self::open_with(address, options, MIGRATIONS)
    }

    pub(crate) fn open_with(
        address: &str,
        options: &PostgresOptions,
        migrations: &[Migration],
    ) -> Result<Self, Error> {
        check_schema(&options.schema)?;
        let until = options.deadline();
        let address = Address::parse(address, options.patience())?;
        let way = Way {
            config: address.config,
            best: Arc::default(),
            tls: tls::connector(address.authority.as_deref())?,
            settings: settings(options),
            patience: options.patience(),
        };
        let seed = migrate::seed(&options.schema);
        let pool = Pool::new(way, options);
        let mut link = pool.lend_bare(until)?;
        migrate::prepare(&mut link, options, seed, migrations, until)?;
        let name = name(&mut link, until)?;
        drop(link);
        Ok(Self {
            options: options.clone(),
            pool,
            seed,
            name,
            batches: AtomicU64::new(0),
        })
    }

    /// What no other batch bears, of whatever process.
    pub(crate) fn next_batch(&self) -> String {
        let number = self.batches.fetch_add(1, Ordering::Relaxed);
        format!("{} {number}", self.name)
    }

    /// What tells advisory locks of ids from those of configurations, whose numbers would be the same.
    pub(crate) fn seed_of_ids(&self) -> i64 {
        self.seed.wrapping_add(1)
    }

    /// Reads something, and once more if the connection turns out to be broken.
    fn reading<T>(
        &self,
        mut work: impl FnMut(&mut Lent<'_>, Instant) -> Result<T, Failure>,
    ) -> Result<T, Error> {
        let until = self.options.deadline();
        loop {
            let mut link = self.pool.lend(until)?;
            match work(&mut link, until) {
                Err(Failure::Again(_)) if Instant::now() < until => {}
                outcome => return Ok(outcome?),
            }
        }
    }

    /// Asks within one transaction in which nothing changes.
    fn listing<T>(
        &self,
        mut work: impl FnMut(&mut list::Ask<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.reading(|link, until| {
            let mut failure = None;
            let outcome = work(&mut |step| match ask_within(link, step, until) {
                Ok(answer) => Ok(answer),
                Err(Failure::Failed(error)) => Err(error),
                Err(Failure::Again(error)) => {
                    failure = Some(error.clone());
                    Err(error)
                }
            });
            match failure {
                Some(error) => Err(Failure::Again(error)),
                None => Ok(outcome?),
            }
        })
    }
}

fn name(link: &mut Lent<'_>, until: Instant) -> Result<String, Error> {
    let step = Step::plain("SELECT gen_random_uuid()::text");
    let row = row(link, step, until)?;
    let name = row.text(0).ok_or_else(|| Error::of(Code::Storage))?;
    Ok(name.to_owned())
}

/// The one row that answers a step.
fn row(link: &mut Lent<'_>, step: Step, until: Instant) -> Result<Row, Failure> {
    let row = sound(link.run(&[step], until))?.pop();
    let row = row.and_then(|answer| answer.rows.into_iter().next());
    row.ok_or_else(|| Failure::Failed(Error::of(Code::Storage)))
}

/// The one number that answers a statement without values.
fn number(link: &mut Lent<'_>, sql: &'static Sql, until: Instant) -> Result<i64, Failure> {
    let row = row(link, Step::Query(sql, Vec::new()), until)?;
    let number = row.number(0);
    number.ok_or_else(|| Failure::Failed(Error::of(Code::StoreCorrupt)))
}

fn ask_within(link: &mut Lent<'_>, step: Step, until: Instant) -> Result<Answer, Failure> {
    let mut steps = if link.is_idle() {
        link.begin_transaction(BEGIN_READ)
    } else {
        Vec::new()
    };
    steps.push(step);
    let answer = sound(link.run(&steps, until))?.pop();
    answer.ok_or_else(|| Failure::Failed(Error::of(Code::Storage)))
}

/// Locks go by the schema's name: one that the server cuts or resolves would share its tables, but
/// no locks, with the schema that it is then.
fn check_schema(name: &str) -> Result<(), Error> {
    let what = if name.is_empty() || name.contains('\0') {
        "a schema has a name"
    } else if name.len() > LONGEST_NAME {
        "the name of a schema has at most 63 bytes"
    } else if name == "$user" || name.starts_with("pg_") {
        "a schema of this name is the server's"
    } else {
        return Ok(());
    };
    Err(Error::new(Code::InvalidValue, what).with("field", "schema"))
}

/// What every session is to be like, whatever the role or the database say by default. All that turns
/// ask is by key: plans are made once, and never go through a table because it happened to be small.
fn settings(options: &PostgresOptions) -> Vec<(&'static str, String)> {
    let patience = options.patience().as_millis();
    let idle = patience.saturating_mul(4);
    vec![
        ("search_path", quoted(&options.schema)),
        ("application_name", format!("tympan {}", options.schema)),
        ("synchronous_commit", "on".to_owned()),
        ("lock_timeout", patience.to_string()),
        ("statement_timeout", patience.to_string()),
        ("idle_in_transaction_session_timeout", idle.to_string()),
        ("client_min_messages", "warning".to_owned()),
        ("plan_cache_mode", "force_generic_plan".to_owned()),
        ("jit", "off".to_owned()),
        ("enable_seqscan", "off".to_owned()),
        ("enable_hashjoin", "off".to_owned()),
        ("enable_mergejoin", "off".to_owned()),
        ("standard_conforming_strings", "on".to_owned()),
    ]
}

impl Store for PostgresStore {
    fn read(&self, set: &ReadSet, view: &mut View) -> Result<(), Error> {
        self.reading(|link, until| {
            // What a broken attempt has put into the view would be of another instant.
            let mut found = view.clone();
            let beside = Beside {
                lock: Lock::None,
                begin: Some(BEGIN_READ),
                state: &mut State::default(),
                loaded: &mut |_, _| {},
            };
            load::load(link, set, &mut found, beside, until)?;
            *view = found;
            Ok(())
        })
    }

    fn users(&self, query: &UserQuery) -> Result<Vec<User>, Error> {
        self.listing(|ask| list::users(ask, query))
    }

    fn entries(&self, query: &EntryQuery) -> Result<Vec<(Entry, Option<EntryText>)>, Error> {
        self.listing(|ask| list::entries(ask, query))
    }

    fn audit_events(
        &self,
        query: &AuditQuery,
    ) -> Result<Vec<(AuditEvent, Option<AuditText>)>, Error> {
        self.listing(|ask| list::audit_events(ask, query))
    }

    fn open_untracked(&self, query: &UntrackedQuery) -> Result<Vec<Untracked>, Error> {
        self.listing(|ask| list::open_untracked(ask, query))
    }

    fn scan(
        &self,
        table: &'static Table,
        tenant: Option<TenantId>,
        after: Option<&[Cell<'static>]>,
        limit: u32,
    ) -> Result<Vec<Vec<Cell<'static>>>, Error> {
        self.listing(|ask| list::scan(ask, table, tenant, after, limit))
    }

    fn erase_words(&self, tenant: TenantId, until: Timestamp, limit: u32) -> Result<u32, Error> {
        self.reading(|link, deadline| {
            let step = list::erase_words(tenant, until, limit);
            let answer = sound(link.run(&[step], deadline))?.pop();
            let erased = answer.map_or(0, |answer| answer.rows.len());
            Ok(u32::try_from(erased).unwrap_or(limit))
        })
    }

    fn settle(&self, below: Option<i64>) -> Result<i64, Error> {
        self.reading(|link, until| {
            let up_to = below.map_or(UP_TO_THE_HIGHEST, |id| id.saturating_sub(1).max(0));
            let values = vec![cells::number(self.seed_of_ids()), cells::number(up_to)];
            let row = row(link, Step::Query(statements::settle(), values), until)?;
            let settled = row.number(0);
            settled.ok_or_else(|| Failure::Failed(Error::of(Code::StoreCorrupt)))
        })
    }

    fn stamp(&self) -> Result<Stamp, Error> {
        let commits = self.reading(|link, until| number(link, statements::commits(), until))?;
        Ok(Stamp(commits.cast_unsigned(), 0))
    }

    fn snapshot(&self) -> Result<Box<dyn Snapshot + '_>, Error> {
        let until = self.options.deadline();
        loop {
            match PostgresSnapshot::take(self, until) {
                Err(Failure::Again(_)) if Instant::now() < until => {}
                outcome => return Ok(Box::new(outcome?)),
            }
        }
    }

    fn now(&self) -> Result<Option<Timestamp>, Error> {
        let now = self.reading(|link, until| number(link, statements::clock(), until))?;
        Ok(Some(Timestamp::from_millis(now)))
    }

    /// Beside the server's settings it goes by the standbys that are there.
    fn doctor(&self) -> Result<Report, Error> {
        self.reading(doctor::ask)
    }

    fn turn(&self) -> Result<Box<dyn Turn + '_>, Error> {
        Ok(Box::new(PostgresTurn::begin(self)))
    }
}
