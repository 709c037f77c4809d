//! Lists, page by page; and whole tables.

use tympan_core::error::Error;
use tympan_core::ids::TenantId;
use tympan_core::queries::{AuditQuery, EntryQuery, SEARCHED_COLUMNS, UntrackedQuery, UserQuery};
use tympan_core::records::{AuditEvent, AuditText, Entry, EntryText, Untracked, User, Wallet};
use tympan_core::row::{Cell, Field, Row, Table};
use tympan_core::text::{Pattern, PatternPart};
use tympan_core::time::Timestamp;

use crate::answers::Answer;
use crate::cells::{cells, records, value};
use crate::steps::{Step, Value};
use crate::texts::{columns, key_columns};

/// A statement that grows with its values.
#[derive(Debug, Default)]
struct Query {
    text: String,
    values: Vec<Value>,
}

impl Query {
    fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// Adds a value and gives its place.
    fn value(&mut self, cell: &Cell<'_>) -> String {
        self.values.push(value(cell));
        format!("${}", self.values.len())
    }

    fn step(self) -> Step {
        Step::Text(self.text, self.values)
    }
}

/// What asks and answers, all as of one instant.
pub(crate) type Ask<'a> = dyn FnMut(Step) -> Result<Answer, Error> + 'a;

/// Users by folded name, then id.
pub(crate) fn users(ask: &mut Ask<'_>, query: &UserQuery) -> Result<Vec<User>, Error> {
    let mut sql = Query::default();
    let tenant = sql.value(&query.tenant.cell());
    sql.push(&format!(
        "SELECT {} FROM \"user\" AS u WHERE u.\"tenant\" = {tenant}",
        columns(User::TABLE, "u")
    ));
    if let Some(group) = query.group {
        let group = sql.value(&group.cell());
        sql.push(&format!(
            " AND EXISTS (SELECT FROM \"membership\" AS m WHERE m.\"tenant\" = u.\"tenant\"
             AND m.\"user\" = u.\"id\" AND m.\"user_group\" = {group})"
        ));
    }
    if let Some(active) = query.active {
        let active = sql.value(&active.cell());
        sql.push(&format!(" AND u.\"active\" = {active}"));
    }
    if let Some(profile) = query.profile {
        let profile = sql.value(&profile.cell());
        sql.push(&format!(" AND u.\"profile\" = {profile}"));
    }
    if let Some(sharing) = query.sharing {
        let not = if sharing { " NOT" } else { "" };
        sql.push(&format!(" AND u.\"shared_with\" IS{not} NULL"));
    }
    if let Some(after) = &query.after {
        let name = sql.value(&after.name_folded.cell());
        let id = sql.value(&after.id.cell());
        sql.push(&format!(
            " AND (u.\"name_folded\", u.\"id\") > ({name}, {id})"
        ));
    }
    if let Some(pattern) = &query.pattern {
        let like = sql.value(&Cell::Text(like(pattern).into()));
        let matches = SEARCHED_COLUMNS.iter();
        let matches: Vec<String> = matches
            .map(|column| format!("u.\"{column}\" LIKE {like}"))
            .collect();
        sql.push(&format!(" AND ({})", matches.join(" OR ")));
    }
    let limit = sql.value(&Cell::Integer(query.limit.into()));
    sql.push(&format!(
        " ORDER BY u.\"name_folded\", u.\"id\" LIMIT {limit}"
    ));
    records(&ask(sql.step())?)
}

/// A pattern as LIKE wants it: what it takes for a sign of its own stands behind a backslash.
fn like(pattern: &Pattern) -> String {
    let mut like = String::new();
    for part in pattern.parts() {
        match part {
            PatternPart::AnyRun => like.push('%'),
            PatternPart::AnyOne => like.push('_'),
            PatternPart::Literal(sign) => {
                if matches!(sign, '%' | '_' | '\\') {
                    like.push('\\');
                }
                like.push(*sign);
            }
        }
    }
    like
}

/// Entries of one wallet, newest first: along the chain that each entry is a part of. Whatever is
/// stored there, the walk ends: ids fall along a chain.
pub(crate) fn entries(
    ask: &mut Ask<'_>,
    query: &EntryQuery,
) -> Result<Vec<(Entry, Option<EntryText>)>, Error> {
    let mut sql = Query::default();
    let wallet = query.wallet;
    let tenant = sql.value(&query.tenant.cell());
    let owner = sql.value(&wallet.owner.cell());
    let kind = sql.value(&wallet.kind.cell());
    let feed = sql.value(&wallet.feed.cell());
    let before = sql.value(
        &query
            .before
            .map_or(Cell::Integer(i64::MAX), |one| Cell::Integer(one.0)),
    );
    let limit = sql.value(&Cell::Integer(query.limit.into()));
    let of_wallet = |name: &str| {
        format!(
            "{name}.\"tenant\" = {tenant} AND {name}.\"owner\" = {owner} AND {name}.\"kind\" = {kind} \
             AND {name}.\"feed\" = {feed}"
        )
    };
    // From the entry that was named if it is the wallet's, else from the newest.
    let start = if query.before.is_some() {
        format!(
            "coalesce((SELECT b.\"previous\" FROM \"entry\" AS b WHERE b.\"id\" = {before} AND {}), \
             w.\"last_entry\")",
            of_wallet("b")
        )
    } else {
        "w.\"last_entry\"".to_owned()
    };
    let within = if query.before.is_some() {
        format!("WHERE l.\"id\" < {before}")
    } else {
        format!("WHERE {before} IS NOT NULL")
    };
    sql.push(&format!(
        "WITH RECURSIVE l AS ( \
            SELECT e.* FROM \"{wallets}\" AS w JOIN \"entry\" AS e ON e.\"id\" = {start} AND {of_entry} \
            WHERE {of_stored} \
            UNION ALL \
            SELECT e.* FROM l JOIN \"entry\" AS e ON e.\"id\" = least(l.\"previous\", l.\"id\" - 1) \
            AND {of_entry} \
         ) SELECT {entry}, {text} FROM (SELECT * FROM l {within} LIMIT {limit}) AS l \
         LEFT JOIN \"entry_text\" AS t ON t.\"tenant\" = l.\"tenant\" AND t.\"entry\" = l.\"id\" \
         ORDER BY l.\"id\" DESC",
        wallets = Wallet::TABLE.name,
        of_entry = of_wallet("e"),
        of_stored = of_wallet("w"),
        entry = columns(Entry::TABLE, "l"),
        text = columns(EntryText::TABLE, "t"),
    ));
    with_words::<Entry, EntryText>(ask, sql)
}

/// Audit events of one tenant, oldest first. No event can come later in front of one that is
/// shown: who writes some waits for the head of the chain, and takes ids above those that are
/// there.
pub(crate) fn audit_events(
    ask: &mut Ask<'_>,
    query: &AuditQuery,
) -> Result<Vec<(AuditEvent, Option<AuditText>)>, Error> {
    let mut sql = Query::default();
    let tenant = sql.value(&query.tenant.cell());
    let limit = sql.value(&Cell::Integer(query.limit.into()));
    sql.push(&format!(
        "SELECT {}, {} FROM \"audit_event\" AS e LEFT JOIN \"audit_text\" AS t \
         ON t.\"tenant\" = e.\"tenant\" AND t.\"audit\" = e.\"id\" WHERE e.\"tenant\" = {tenant}",
        columns(AuditEvent::TABLE, "e"),
        columns(AuditText::TABLE, "t"),
    ));
    if let Some(after) = query.after {
        let after = sql.value(&after.cell());
        sql.push(&format!(" AND e.\"id\" > {after}"));
    }
    sql.push(&format!(" ORDER BY e.\"id\" LIMIT {limit}"));
    with_words::<AuditEvent, AuditText>(ask, sql)
}

/// Untracked usage that is open, in the order of its numbers.
pub(crate) fn open_untracked(
    ask: &mut Ask<'_>,
    query: &UntrackedQuery,
) -> Result<Vec<Untracked>, Error> {
    let mut sql = Query::default();
    let tenant = sql.value(&query.tenant.cell());
    let limit = sql.value(&Cell::Integer(query.limit.into()));
    sql.push(&format!(
        "SELECT {} FROM \"untracked\" AS u WHERE u.\"tenant\" = {tenant} AND u.\"state\" = 'open'",
        columns(Untracked::TABLE, "u"),
    ));
    if let Some(after) = query.after {
        let after = sql.value(&Cell::Integer(after));
        sql.push(&format!(" AND u.\"number\" > {after}"));
    }
    sql.push(&format!(" ORDER BY u.\"number\" LIMIT {limit}"));
    let answer = ask(sql.step())?;
    let rows = answer.rows.iter();
    rows.map(|row| Untracked::from_cells(&mut cells(row, Untracked::TABLE, 0)))
        .collect()
}

/// Rows of two tables side by side, of which the second may be missing.
fn with_words<T: Row, W: Row>(ask: &mut Ask<'_>, sql: Query) -> Result<Vec<(T, Option<W>)>, Error> {
    let answer = ask(sql.step())?;
    answer
        .rows
        .iter()
        .map(|row| {
            let record = T::from_cells(&mut cells(row, T::TABLE, 0))?;
            let behind = T::TABLE.columns.len();
            let is_there = cells(row, W::TABLE, behind)().is_some_and(|cell| cell != Cell::Null);
            let words = is_there
                .then(|| W::from_cells(&mut cells(row, W::TABLE, behind)))
                .transpose()?;
            Ok((record, words))
        })
        .collect()
}

/// Erases the words of entries whose time is over, a row for each. What another is erasing it is
/// left to.
pub(crate) fn erase_words(tenant: TenantId, until: Timestamp, limit: u32) -> Step {
    let mut sql = Query::default();
    let tenant = sql.value(&tenant.cell());
    let until = sql.value(&until.cell());
    let limit = sql.value(&Cell::Integer(limit.into()));
    sql.push(&format!(
        "DELETE FROM \"entry_text\" AS t USING ( \
            SELECT \"tenant\", \"entry\" FROM \"entry_text\" \
            WHERE \"tenant\" = {tenant} AND \"erase_at\" <= {until} \
            ORDER BY \"erase_at\" LIMIT {limit} FOR UPDATE SKIP LOCKED \
         ) AS o WHERE t.\"tenant\" = o.\"tenant\" AND t.\"entry\" = o.\"entry\" RETURNING t.\"entry\""
    ));
    sql.step()
}

/// Rows of a whole table in the order of its key, of one tenant or of all.
pub(crate) fn scan(
    ask: &mut Ask<'_>,
    table: &'static Table,
    tenant: Option<TenantId>,
    after: Option<&[Cell<'static>]>,
    limit: u32,
) -> Result<Vec<Vec<Cell<'static>>>, Error> {
    let mut sql = Query::default();
    let limit = sql.value(&Cell::Integer(limit.into()));
    let behind = after.filter(|after| !after.is_empty()).map(|after| {
        let places: Vec<String> = after.iter().map(|cell| sql.value(cell)).collect();
        format!(
            "({}) > ({})",
            first_columns(table, after.len()),
            places.join(", ")
        )
    });
    let all = columns(table, "s");
    let order = key_columns(table, "s");
    let (name, tenant_column) = (table.name, table.tenant_column());
    let first = table.columns.first();
    let is_by_tenant = first.is_some_and(|column| column.name == tenant_column);
    let behind = behind
        .map(|behind| format!(" AND {behind}"))
        .unwrap_or_default();
    if tenant.is_some() || is_by_tenant {
        sql.push(&format!("SELECT {all} FROM \"{name}\" AS s WHERE true"));
        if let Some(tenant) = tenant {
            let tenant = sql.value(&tenant.cell());
            sql.push(&format!(" AND s.\"{tenant_column}\" = {tenant}"));
        }
        sql.push(&behind);
    } else {
        // The key has no tenant, and every index begins with it: each tenant's part is in order.
        sql.push(&format!(
            "SELECT {all} FROM \"tenants_of_{name}\" () AS k (tenant) CROSS JOIN LATERAL ( \
             SELECT * FROM \"{name}\" AS s WHERE s.\"tenant\" = k.tenant{behind} \
             ORDER BY {order} LIMIT {limit}) AS s"
        ));
    }
    sql.push(&format!(" ORDER BY {order} LIMIT {limit}"));
    let answer = ask(sql.step())?;
    let found = answer.rows.iter().map(|row| {
        let mut next = cells(row, table, 0);
        let all = table.columns.iter().map(|column| {
            next()
                .map(Cell::into_owned)
                .ok_or_else(|| tympan_core::row::corrupt(name, column.name))
        });
        all.collect()
    });
    found.collect()
}

fn first_columns(table: &Table, count: usize) -> String {
    let names: Vec<String> = table
        .columns
        .iter()
        .take(count)
        .map(|column| format!("s.\"{}\"", column.name))
        .collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_of_like_are_letters_in_a_pattern() {
        let pattern = Pattern::parse("100%_\\*?").unwrap().unwrap();
        assert_eq!(like(&pattern), "100\\%\\_\\\\%_");
    }
}
