//! The statements for every table, made from its description. Each takes whole columns, so that
//! one statement does for any number of rows, and its plan does not depend on how many.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use tokio_postgres::types::Type;
use tympan_core::records::{
    AuditEvent, AuditText, Claim, Entry, EntryText, Hold, HoldPart, Identity, Membership, RoleRow,
    RoleRowAccount, Strand, TABLES, Tenant, User, Uses, Wallet,
};
use tympan_core::row::{CellKind, Column, Row, Table};

use crate::cells::{array_of, kind_of};

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
    of_user: BTreeMap<(Name, By, Lock), Sql>,
    together: BTreeMap<By, Sql>,
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

/// All rows of users, in the order of their keys.
pub(crate) fn of_user(table: &Table, by: By, lock: Lock) -> &'static Sql {
    ALL.of_user.get(&(table.name, by, lock)).unwrap_or(&NONE)
}

/// What most loads ask for and keep from nobody, in one row: tenants, users, parts of holds, claims
/// and receipts, each as an array of rows in the order of their keys; then the highest id, and the
/// server's time in milliseconds. Its values are those of the statements for each.
pub(crate) fn together(by: By) -> &'static Sql {
    ALL.together.get(&by).unwrap_or(&NONE)
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
    /// Whatever the role or the database say by default; and a mark that only a COMMIT leaves.
    begin_commit [TEXT] "SELECT set_config('synchronous_commit', 'on', true), \
        set_config('tympan.committed', $1::text, false)";
    /// A durable write that leaves nothing behind: what was read is then as durable as it.
    write_nothing [] "SELECT pg_logical_emit_message(true, 'tympan', 'replay')";
    /// Tells of a batch that it was committed, and forgets two old ones: nobody asks after four
    /// times the longest patience, for which a session may be idle.
    tell_of_batch [TEXT] "WITH old AS (DELETE FROM \"batch\" WHERE \"name\" IN (SELECT \"name\" \
        FROM \"batch\" WHERE \"at\" < clock_timestamp() - interval '7 days' ORDER BY \"at\" LIMIT 2 \
        FOR UPDATE SKIP LOCKED)) INSERT INTO \"batch\" (\"name\") VALUES ($1::text)";
    /// Marks the transaction and expects what nearly every batch rests on: the mark, the seed,
    /// configurations to take and to share, tables to lock; tenants and versions; users and
    /// versions; claims and versions.
    rest_on [TEXT, INT8, INT8_ARRAY, INT8_ARRAY, TEXT, INT8_ARRAY, INT8_ARRAY, INT8_ARRAY,
        INT8_ARRAY, INT8_ARRAY, INT8_ARRAY, TEXT_ARRAY, TEXT_ARRAY, INT8_ARRAY]
        "SELECT \"rest_on\" ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)";
    /// Takes ids and adds a commit: the seed, the blocks they are in, those of entries, those of
    /// events, the highest.
    add_commit [INT8, INT8_ARRAY, INT8_ARRAY, INT8_ARRAY, INT8]
        "SELECT \"add_commit\" ($1, $2, $3, $4, $5)";
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

/// The entries that were written under keys: tenants, digests.
fn receipts_sql() -> Sql {
    let text = format!(
        "SELECT {} FROM unnest($1::int8[], $2::bytea[]) AS k (tenant, key) \
         JOIN \"entry\" AS f ON f.\"tenant\" = k.tenant AND f.\"key\" = k.key \
         JOIN \"entry\" AS s ON s.\"tenant\" = f.\"tenant\" AND s.\"id\" >= f.\"id\" AND s.\"id\" \
         <= f.\"id\" + least(f.\"parts\" - 1, 9223372036854775807 - greatest(f.\"id\", 0)) \
         ORDER BY s.\"tenant\", s.\"id\"",
        columns(Entry::TABLE, "s")
    );
    sql(text, vec![Type::INT8_ARRAY, Type::BYTEA_ARRAY])
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
        for (table, user) in [
            (User::TABLE, "id"),
            (Identity::TABLE, "user"),
            (Membership::TABLE, "user"),
            (RoleRow::TABLE, "user"),
            (RoleRowAccount::TABLE, "user"),
            (Wallet::TABLE, "owner"),
            (HoldPart::TABLE, "owner"),
        ] {
            for by in [By::Id, By::Anything] {
                for lock in [Lock::None, Lock::Update] {
                    let sql = of_user_sql(table, user, by, lock);
                    all.of_user.insert((table.name, by, lock), sql);
                }
            }
        }
        for by in [By::Id, By::Anything] {
            all.together.insert(by, together_sql(by));
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
            choose(self.together.get_mut(&by));
            for lock in [Lock::None, Lock::Update] {
                choose(self.of_user.get_mut(&(Wallet::TABLE.name, by, lock)));
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

/// The columns of a table, each behind the name that the table goes by.
pub(crate) fn columns(table: &Table, prefix: &str) -> String {
    each(table.columns, ", ", |name, _| {
        format!("{prefix}.\"{name}\"")
    })
}

/// The columns of a table's key, each behind the name that the table goes by.
pub(crate) fn key_columns(table: &Table, prefix: &str) -> String {
    each(key(table), ", ", |name, _| format!("{prefix}.\"{name}\""))
}

fn key(table: &Table) -> &[Column] {
    table.columns.get(..table.key).unwrap_or_default()
}

fn each(columns: &[Column], separator: &str, text: impl Fn(&str, usize) -> String) -> String {
    let parts: Vec<String> = (1..)
        .zip(columns)
        .map(|(place, column)| text(column.name, place))
        .collect();
    parts.join(separator)
}

/// Rows made of lists: `(SELECT unnest($1::int8[]) AS "id", …) AS k`. Listed behind FROM, each list
/// would be put aside as a whole before the first row is made: for a wide table that takes as long
/// as writing the rows.
fn unnested(columns: &[Column], more: &str) -> String {
    let wanted = (!more.is_empty()).then_some((more, CellKind::Integer));
    let columns = columns.iter().map(|column| (column.name, column.kind));
    let lists: Vec<String> = (1..)
        .zip(columns.chain(wanted))
        .map(|(place, (name, kind))| {
            format!("unnest(${place}::{}[]) AS \"{name}\"", type_name(kind))
        })
        .collect();
    format!("(SELECT {}) AS k", lists.join(", "))
}

fn type_name(kind: CellKind) -> &'static str {
    match kind {
        CellKind::Integer => "int8",
        CellKind::Text => "text",
        CellKind::Bytes => "bytea",
    }
}

fn matching(columns: &[Column]) -> String {
    each(columns, " AND ", |name, _| {
        format!("s.\"{name}\" = k.\"{name}\"")
    })
}

fn locking(lock: Lock) -> &'static str {
    match lock {
        Lock::None => "",
        Lock::Update => " FOR NO KEY UPDATE OF s",
    }
}

fn arrays(columns: &[Column]) -> Vec<Type> {
    columns.iter().map(|column| array_of(column.kind)).collect()
}

fn sql(text: String, kinds: Vec<Type>) -> Sql {
    Sql {
        text,
        kinds,
        place: None,
    }
}

fn insert_sql(table: &Table) -> Sql {
    let names = each(table.columns, ", ", |name, _| format!("\"{name}\""));
    let rows = unnested(table.columns, "");
    let text = format!(
        "INSERT INTO \"{}\" ({names}) SELECT * FROM {rows}",
        table.name
    );
    sql(text, arrays(table.columns))
}

/// A statement that writes, and expects to have written as many rows as its last value says.
fn written(table: &Table, write: &str, columns: &[Column]) -> Sql {
    let place = columns.len() + 1;
    let text = format!(
        "WITH w AS ({write} RETURNING 1) \
         SELECT \"expect\" ((SELECT count(*) FROM w), ${place}::int8, '{}')",
        table.name
    );
    let mut kinds = arrays(columns);
    kinds.push(kind_of(CellKind::Integer));
    sql(text, kinds)
}

fn update_sql(table: &Table) -> Sql {
    let rest = table.columns.get(table.key..).unwrap_or_default();
    let set = each(rest, ", ", |name, _| format!("\"{name}\" = k.\"{name}\""));
    let write = format!(
        "UPDATE \"{}\" AS s SET {set} FROM {} WHERE {}",
        table.name,
        unnested(table.columns, ""),
        matching(key(table))
    );
    written(table, &write, table.columns)
}

fn delete_sql(table: &Table) -> Sql {
    let write = format!(
        "DELETE FROM \"{}\" AS s USING {} WHERE {}",
        table.name,
        unnested(key(table), ""),
        matching(key(table))
    );
    written(table, &write, key(table))
}

fn by_key_sql(table: &Table, lock: Lock) -> Sql {
    let text = format!(
        "SELECT {} FROM {} JOIN \"{}\" AS s ON {} ORDER BY {}{}",
        columns(table, "s"),
        unnested(key(table), ""),
        table.name,
        matching(key(table)),
        key_columns(table, "s"),
        locking(lock)
    );
    sql(text, arrays(key(table)))
}

fn of_tenant_sql(table: &Table) -> Sql {
    let text = format!(
        "SELECT {} FROM unnest($1::int8[]) AS k (\"tenant\") \
         JOIN \"{}\" AS s ON s.\"tenant\" = k.\"tenant\" ORDER BY {}",
        columns(table, "s"),
        table.name,
        key_columns(table, "s")
    );
    sql(text, vec![Type::INT8_ARRAY])
}

fn of_user_sql(table: &Table, user: &str, by: By, lock: Lock) -> Sql {
    let ids = "unnest($1::int8[], $2::int8[]) AS k (tenant, id)";
    let users = match by {
        By::Id => ids.to_owned(),
        By::Anything => format!(
            "(SELECT tenant, id FROM {ids} \
             UNION SELECT c.\"tenant\", c.\"user\" \
             FROM unnest($3::int8[], $4::text[], $5::text[]) AS k (tenant, kind, value) \
             JOIN \"claim\" AS c ON c.\"tenant\" = k.tenant AND c.\"kind\" = k.kind \
             AND c.\"value\" = k.value \
             UNION SELECT h.\"tenant\", h.\"owner\" \
             FROM unnest($6::int8[], $7::int8[]) AS k (tenant, id) \
             JOIN \"hold\" AS h ON h.\"tenant\" = k.tenant AND h.\"id\" = k.id) AS k"
        ),
    };
    let text = format!(
        "SELECT {} FROM {users} JOIN \"{}\" AS s ON s.\"tenant\" = k.tenant AND s.\"{user}\" = k.id \
         ORDER BY {}{}",
        columns(table, "s"),
        table.name,
        key_columns(table, "s"),
        locking(lock)
    );
    let mut kinds = vec![Type::INT8_ARRAY; 2];
    if by == By::Anything {
        kinds.extend([Type::INT8_ARRAY, Type::TEXT_ARRAY, Type::TEXT_ARRAY]);
        kinds.extend([Type::INT8_ARRAY, Type::INT8_ARRAY]);
    }
    sql(text, kinds)
}

fn together_sql(by: By) -> Sql {
    let parts = [
        by_key_sql(Tenant::TABLE, Lock::None),
        of_user_sql(User::TABLE, "id", by, Lock::None),
        of_user_sql(HoldPart::TABLE, "owner", by, Lock::None),
        by_key_sql(Claim::TABLE, Lock::None),
        receipts_sql(),
    ];
    let mut kinds = Vec::new();
    let mut text = "SELECT ".to_owned();
    for part in parts {
        let part_text = renumbered(&part.text, kinds.len());
        text += &format!("(SELECT array_agg(t) FROM ({part_text}) AS t), ");
        kinds.extend(part.kinds);
    }
    text += "(SELECT coalesce(max(\"highest\"), 0)::int8 FROM \"stamp\"), \
        floor(extract(epoch FROM clock_timestamp()) * 1000)::int8";
    sql(text, kinds)
}

/// A text whose values come behind so many others: `$1` becomes `$4` behind three.
fn renumbered(text: &str, before: usize) -> String {
    let mut parts = text.split('$');
    let mut all = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let rest = part.trim_start_matches(|one: char| one.is_ascii_digit());
        let number = part.strip_suffix(rest).and_then(|place| place.parse().ok());
        all += &format!("${}{rest}", before + number.unwrap_or(0_usize));
    }
    all
}

fn version_sql(table: &Table) -> Sql {
    let text = format!(
        "WITH stored AS MATERIALIZED (SELECT s.\"version\" AS found, k.\"wanted\" AS wanted \
         FROM {} JOIN \"{}\" AS s ON {} ORDER BY {}{}) \
         SELECT \"expect\" ((SELECT count(*) FROM stored WHERE found = wanted), ${}::int8, '{}')",
        unnested(key(table), "wanted"),
        table.name,
        matching(key(table)),
        key_columns(table, "s"),
        locking(Lock::Update),
        table.key + 2,
        table.name
    );
    let mut kinds = arrays(key(table));
    kinds.extend([Type::INT8_ARRAY, Type::INT8]);
    sql(text, kinds)
}

fn absent_sql(table: &Table) -> Sql {
    let text = format!(
        "SELECT \"expect\" ((SELECT count(*) FROM {} JOIN \"{}\" AS s ON {}), 0, '{}')",
        unnested(key(table), ""),
        table.name,
        matching(key(table)),
        table.name
    );
    sql(text, arrays(key(table)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_that_come_behind_others_are_numbered_on() {
        assert_eq!(renumbered("$1, $12::int8", 3), "$4, $15::int8");
        for sql in prepared() {
            let places = sql.text.split('$').skip(1).map(|part| {
                let end = part.find(|one: char| !one.is_ascii_digit());
                part[..end.unwrap_or(part.len())].parse::<usize>().unwrap()
            });
            let highest = places.max().unwrap_or(0);
            assert_eq!(highest, sql.kinds.len(), "{}", sql.text);
        }
    }
}
