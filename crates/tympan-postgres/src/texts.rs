//! The texts of statements, each from the description of a table.

use tokio_postgres::types::Type;
use tympan_core::records::{
    Claim, Entry, HoldPart, Identity, Membership, RoleRow, RoleRowAccount, Tenant, User, Wallet,
};
use tympan_core::row::{CellKind, Column, Row, Table};

use crate::cells::{array_of, kind_of};
use crate::statements::{By, Lock, Sql};

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

pub(crate) fn insert_sql(table: &Table) -> Sql {
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

pub(crate) fn update_sql(table: &Table) -> Sql {
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

pub(crate) fn delete_sql(table: &Table) -> Sql {
    let write = format!(
        "DELETE FROM \"{}\" AS s USING {} WHERE {}",
        table.name,
        unnested(key(table), ""),
        matching(key(table))
    );
    written(table, &write, key(table))
}

pub(crate) fn by_key_sql(table: &Table, lock: Lock) -> Sql {
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

pub(crate) fn of_tenant_sql(table: &Table) -> Sql {
    let text = format!(
        "SELECT {} FROM unnest($1::int8[]) AS k (\"tenant\") \
         JOIN \"{}\" AS s ON s.\"tenant\" = k.\"tenant\" ORDER BY {}",
        columns(table, "s"),
        table.name,
        key_columns(table, "s")
    );
    sql(text, vec![Type::INT8_ARRAY])
}

/// Users by ids, or by whatever leads to them.
fn people_sql(by: By) -> Sql {
    let ids = "SELECT tenant, id FROM unnest($1::int8[], $2::int8[]) AS k (tenant, id)";
    let mut kinds = vec![Type::INT8_ARRAY; 2];
    if by == By::Id {
        return sql(ids.to_owned(), kinds);
    }
    let text = format!(
        "{ids} UNION SELECT c.\"tenant\", c.\"user\" \
         FROM unnest($3::int8[], $4::text[], $5::text[]) AS k (tenant, kind, value) \
         JOIN \"claim\" AS c ON c.\"tenant\" = k.tenant AND c.\"kind\" = k.kind \
         AND c.\"value\" = k.value \
         UNION SELECT h.\"tenant\", h.\"owner\" \
         FROM unnest($6::int8[], $7::int8[]) AS k (tenant, id) \
         JOIN \"hold\" AS h ON h.\"tenant\" = k.tenant AND h.\"id\" = k.id"
    );
    kinds.extend([Type::INT8_ARRAY, Type::TEXT_ARRAY, Type::TEXT_ARRAY]);
    kinds.extend([Type::INT8_ARRAY, Type::INT8_ARRAY]);
    sql(text, kinds)
}

/// What is wanted of the rows of some people, whom a column names.
fn of_people(table: &Table, user: &str, wanted: &str, people: &str, lock: Lock) -> String {
    format!(
        "SELECT {wanted} FROM {people} AS k JOIN \"{}\" AS s \
         ON s.\"tenant\" = k.tenant AND s.\"{user}\" = k.id ORDER BY {}{}",
        table.name,
        key_columns(table, "s"),
        locking(lock)
    )
}

pub(crate) fn wallets_sql(by: By, lock: Lock) -> Sql {
    let (table, people) = (Wallet::TABLE, people_sql(by));
    let from = format!("({})", people.text);
    let text = of_people(table, "owner", &columns(table, "s"), &from, lock);
    sql(text, people.kinds)
}

pub(crate) fn together_sql(by: By, relations: bool) -> Sql {
    let of_them = |table: &Table, user, wanted: &str| {
        let text = of_people(table, user, wanted, "k", Lock::None);
        sql(text, Vec::new())
    };
    let all_of_them = |table: &Table, user| of_them(table, user, &columns(table, "s"));
    let owners = "s.\"tenant\", s.\"owner\"";
    let mut parts = vec![
        by_key_sql(Tenant::TABLE, Lock::None),
        all_of_them(User::TABLE, "id"),
        all_of_them(HoldPart::TABLE, "owner"),
        of_them(Wallet::TABLE, "owner", owners),
        by_key_sql(Claim::TABLE, Lock::None),
        receipts_sql(),
    ];
    if relations {
        let tables = [
            Identity::TABLE,
            Membership::TABLE,
            RoleRow::TABLE,
            RoleRowAccount::TABLE,
        ];
        parts.extend(tables.map(|table| all_of_them(table, "user")));
    }
    let people = people_sql(by);
    let mut text = format!(
        "WITH k AS MATERIALIZED ({}) \
         SELECT (SELECT coalesce(max(\"highest\"), 0)::int8 FROM \"stamp\"), \
         floor(extract(epoch FROM clock_timestamp()) * 1000)::int8",
        people.text
    );
    let mut kinds = people.kinds;
    for part in parts {
        let part_text = renumbered(&part.text, kinds.len());
        text += &format!(", (SELECT array_agg(t) FROM ({part_text}) AS t)");
        kinds.extend(part.kinds);
    }
    sql(text, kinds)
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

pub(crate) fn version_sql(table: &Table) -> Sql {
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

pub(crate) fn absent_sql(table: &Table) -> Sql {
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
    use crate::statements::prepared;

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
