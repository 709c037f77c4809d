//! The statements for every table. Each takes whole columns, so that
//! one statement does for any number of rows, and its plan does not depend on how many.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use tokio_postgres::types::Type;
use tympan_core::records::{
    AuditEvent, AuditText, Claim, Entry, EntryText, Hold, HoldPart, Refunded, Strand, TABLES,
    Tenant, Untracked, User, Uses, Wallet,
};
use tympan_core::row::{Row, Table};

use crate::texts::{
    absent_sql, by_key_sql, delete_sql, insert_sql, of_tenant_sql, together_sql, update_sql,
    version_sql, wallets_sql,
};

/// A statement and the types of its values.
#[derive(Clone, Debug)]
pub(crate) struct Sql {
    pub(crate) text: String,
    pub(crate) kinds: Vec<Type>,
    /// Which of the prepared ones it is.
    pub(crate) place: Option<usize>,
}

/// How rows are kept from others while they are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Lock {
    /// They are not.
    None,
    /// Nobody may change them, and nobody else may keep others from it.
    Update,
}

/// How the users are named whose rows are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum By {
    /// By their ids.
    Id,
    /// By ids, by claims that they own, by holds that are theirs.
    Anything,
}

type Name = &'static str;

/// Every statement.
#[derive(Debug, Default)]
struct All {
    prepared: Vec<Sql>,
    insert: BTreeMap<Name, Sql>,
    update: BTreeMap<Name, Sql>,
    delete: BTreeMap<Name, Sql>,
    by_key: BTreeMap<(Name, Lock), Sql>,
    of_tenant: BTreeMap<Name, Sql>,
    wallets: BTreeMap<(By, Lock), Sql>,
    together: BTreeMap<(By, bool), Sql>,
    version: BTreeMap<Name, Sql>,
    absent: BTreeMap<Name, Sql>,
    others: BTreeMap<Name, Sql>,
}

static ALL: LazyLock<All> = LazyLock::new(All::new);

/// What a store without such a statement would say; a test asks for all.
static NONE: Sql = Sql {
    text: String::new(),
    kinds: Vec::new(),
    place: None,
};

/// The statements that every connection prepares.
pub(crate) fn prepared() -> &'static [Sql] {
    &ALL.prepared
}

/// Inserts rows: a list for each column.
pub(crate) fn insert(table: &Table) -> &'static Sql {
    ALL.insert.get(table.name).unwrap_or(&NONE)
}

/// Updates rows, which must all be there: a list for each column, and how many rows.
pub(crate) fn update(table: &Table) -> &'static Sql {
    ALL.update.get(table.name).unwrap_or(&NONE)
}

/// Deletes rows, which must all be there: a list for each column of the key, and how many rows.
pub(crate) fn delete(table: &Table) -> &'static Sql {
    ALL.delete.get(table.name).unwrap_or(&NONE)
}

/// Rows by their keys: a list for each column of the key.
pub(crate) fn by_key(table: &Table, lock: Lock) -> &'static Sql {
    ALL.by_key.get(&(table.name, lock)).unwrap_or(&NONE)
}

/// All rows of tenants, in the order of their keys: a list of tenants.
pub(crate) fn of_tenant(table: &Table) -> &'static Sql {
    ALL.of_tenant.get(table.name).unwrap_or(&NONE)
}

/// All wallets of users, in the order of their keys.
pub(crate) fn wallets(by: By, lock: Lock) -> &'static Sql {
    ALL.wallets.get(&(by, lock)).unwrap_or(&NONE)
}

/// What most loads ask for and keep from nobody, in one row and so as of one instant: the highest id
/// and the server's time in milliseconds; then, each as an array of rows in the order of their keys,
/// tenants, users, parts of holds, the owners of wallets, claims and receipts, and if they are asked
/// for, the relations of users. Its values are those of all these people by what leads to them, of
/// tenants, of claims and of receipts.
pub(crate) fn together(by: By, relations: bool) -> &'static Sql {
    ALL.together.get(&(by, relations)).unwrap_or(&NONE)
}

/// Expects rows to have versions, and keeps them from others: a list for each column of the key, one
/// of the versions, and how many rows.
pub(crate) fn version(table: &Table) -> &'static Sql {
    ALL.version.get(table.name).unwrap_or(&NONE)
}

/// Expects that there are no rows: a list for each column of the key.
pub(crate) fn absent(table: &Table) -> &'static Sql {
    ALL.absent.get(table.name).unwrap_or(&NONE)
}

macro_rules! others {
    ($($(#[$doc:meta])* $name:ident [$($kind:ident),* $(,)?] $text:expr;)*) => {
        $($(#[$doc])* pub(crate) fn $name() -> &'static Sql {
            ALL.others.get(stringify!($name)).unwrap_or(&NONE)
        })*

        fn others() -> Vec<(Name, Sql)> {
            vec![$((stringify!($name), Sql {
                text: $text.to_owned(),
                kinds: vec![$(Type::$kind),*],
                place: None,
            }),)*]
        }
    };
}

others! {
    /// The server's time in milliseconds.
    clock [] "SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::int8";
    /// How many batches were ever committed.
    commits [] "SELECT sum(\"commits\")::int8 FROM \"stamp\"";
    /// Expects the session to be the one that bears a name.
    session [TEXT] "SELECT \"expect\" ((current_setting('tympan.session', true) \
        IS NOT DISTINCT FROM $1::text)::int, 1, 'session')";
    /// Whatever the role or the database say by default.
    wait_for_disks [] "SELECT set_config('synchronous_commit', 'on', true)";
    /// A durable write that leaves nothing behind: what was read is then as durable as it.
    write_nothing [] "SELECT pg_logical_emit_message(true, 'tympan', 'replay')";
    /// Tells of a batch that it was committed, and forgets two old ones: nobody asks after four
    /// times the longest patience, for which a session may be idle.
    tell_of_batch [TEXT] "WITH old AS (DELETE FROM \"batch\" WHERE \"name\" IN (SELECT \"name\" \
        FROM \"batch\" WHERE \"at\" < clock_timestamp() - interval '7 days' ORDER BY \"at\" LIMIT 2 \
        FOR UPDATE SKIP LOCKED)) INSERT INTO \"batch\" (\"name\") VALUES ($1::text)";
    /// Sees to it that disks are waited for, and expects what nearly every batch rests on: the seed,
    /// configurations to take and to share, tables to lock; tenants and versions; users and
    /// versions; claims and versions.
    rest_on [INT8, INT8_ARRAY, INT8_ARRAY, TEXT, INT8_ARRAY, INT8_ARRAY, INT8_ARRAY, INT8_ARRAY,
        INT8_ARRAY, INT8_ARRAY, TEXT_ARRAY, TEXT_ARRAY, INT8_ARRAY]
        "SELECT \"rest_on\" ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
    /// Takes ids and adds a commit: the seed, the blocks they are in, those of entries, those of
    /// events, the highest.
    add_commit [INT8, INT8_ARRAY, INT8_ARRAY, INT8_ARRAY, INT8]
        "SELECT \"add_commit\" ($1, $2, $3, $4, $5)";
    /// Lets no entry be committed any more up to an id, or up to the highest if that is -1, and gives
    /// how far that is so: the seed, the id.
    settle [INT8, INT8] "SELECT \"settle\" ($1, $2)";
    /// Expects events to come behind all of their tenants: tenants, first new ids.
    events_last [INT8_ARRAY, INT8_ARRAY] "SELECT \"expect\" ((SELECT count(*) FROM \
        unnest($1::int8[], $2::int8[]) AS new (tenant, id) WHERE EXISTS (SELECT FROM \
        \"audit_event\" AS old WHERE old.\"tenant\" = new.tenant AND old.\"id\" >= new.id)), 0, \
        'audit_event')";
    /// Expects that keys were never used: tenants, digests.
    unused [INT8_ARRAY, BYTEA_ARRAY] "SELECT \"expect\" ((SELECT count(*) FROM \
        unnest($1::int8[], $2::bytea[]) AS new (tenant, key) JOIN \"entry\" AS old \
        ON old.\"tenant\" = new.tenant AND old.\"key\" = new.key), 0, 'receipt')";
}

impl All {
    fn new() -> Self {
        let mut all = Self::default();
        for table in TABLES {
            all.insert.insert(table.name, insert_sql(table));
            all.update.insert(table.name, update_sql(table));
            all.delete.insert(table.name, delete_sql(table));
            all.of_tenant.insert(table.name, of_tenant_sql(table));
        }
        for table in [
            Tenant::TABLE,
            User::TABLE,
            Claim::TABLE,
            Hold::TABLE,
            Refunded::TABLE,
            Untracked::TABLE,
            Uses::TABLE,
            Strand::TABLE,
            Wallet::TABLE,
        ] {
            for lock in [Lock::None, Lock::Update] {
                all.by_key
                    .insert((table.name, lock), by_key_sql(table, lock));
            }
            all.version.insert(table.name, version_sql(table));
            all.absent.insert(table.name, absent_sql(table));
        }
        for by in [By::Id, By::Anything] {
            for lock in [Lock::None, Lock::Update] {
                all.wallets.insert((by, lock), wallets_sql(by, lock));
            }
            for relations in [false, true] {
                let sql = together_sql(by, relations);
                all.together.insert((by, relations), sql);
            }
        }
        all.others.extend(others());
        all.choose_prepared();
        all
    }

    /// What a charge, a hold and its end need, and looking somebody up. What comes rarely is
    /// planned when it comes.
    fn choose_prepared(&mut self) {
        let prepared = &mut self.prepared;
        let mut choose = |sql: Option<&mut Sql>| {
            if let Some(sql) = sql {
                sql.place = Some(prepared.len());
                prepared.push(sql.clone());
            }
        };
        self.others.values_mut().for_each(|sql| choose(Some(sql)));
        for by in [By::Id, By::Anything] {
            for relations in [false, true] {
                choose(self.together.get_mut(&(by, relations)));
            }
            for lock in [Lock::None, Lock::Update] {
                choose(self.wallets.get_mut(&(by, lock)));
            }
        }
        choose(self.by_key.get_mut(&(Hold::TABLE.name, Lock::None)));
        for table in [Hold::TABLE, Strand::TABLE, Uses::TABLE] {
            choose(self.by_key.get_mut(&(table.name, Lock::Update)));
        }
        for table in [
            Wallet::TABLE,
            Hold::TABLE,
            HoldPart::TABLE,
            Entry::TABLE,
            EntryText::TABLE,
            AuditEvent::TABLE,
            AuditText::TABLE,
        ] {
            choose(self.insert.get_mut(table.name));
        }
        for table in [Wallet::TABLE, Hold::TABLE, Strand::TABLE, Uses::TABLE] {
            choose(self.update.get_mut(table.name));
        }
        choose(self.delete.get_mut(HoldPart::TABLE.name));
    }
}
