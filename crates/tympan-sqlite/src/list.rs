//! Lists, page by page; and whole tables.

use std::fmt::Write;

use rusqlite::Connection;
use tympan_core::error::Error;
use tympan_core::ids::{EntryId, TenantId};
use tympan_core::queries::{AuditQuery, EntryQuery, SEARCHED_COLUMNS, UntrackedQuery, UserQuery};
use tympan_core::records::{AuditEvent, AuditText, Entry, EntryText, Untracked, User, Wallet};
use tympan_core::row::{Cell, Field, Row, Table};
use tympan_core::text::{Pattern, PatternPart};
use tympan_core::time::Timestamp;

use crate::statements::{cells, columns, query, query_with, select_one};

/// Up to so many members of a group are sorted by name; of a larger group, the users in order of
/// their names are asked for membership. Either way a page of a million users takes milliseconds.
const SMALL_GROUP: usize = 4_096;

/// A statement that grows with its values.
#[derive(Debug, Default)]
struct Sql<'a> {
    text: String,
    values: Vec<Cell<'a>>,
}

impl<'a> Sql<'a> {
    fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// Adds a value and gives its place.
    fn value(&mut self, value: Cell<'a>) -> String {
        self.values.push(value);
        format!("?{}", self.values.len())
    }
}

/// Users by folded name, then id.
pub(crate) fn users(connection: &Connection, query: &UserQuery) -> Result<Vec<User>, Error> {
    let sql = users_sql(connection, query)?;
    self::query(connection, &sql.text, &sql.values)
}

fn users_sql<'a>(connection: &Connection, query: &'a UserQuery) -> Result<Sql<'a>, Error> {
    let mut sql = Sql::default();
    let tenant = sql.value(query.tenant.cell());
    sql.push("SELECT ");
    sql.push(&columns(User::TABLE, "u."));
    match query.group {
        Some(group) if is_small(connection, query)? => {
            let group = sql.value(Cell::Integer(group.0));
            sql.push(&format!(
                " FROM \"membership\" AS m INDEXED BY \"membership_by_group\"
                 CROSS JOIN \"user\" AS u ON u.\"tenant\" = {tenant} AND u.\"id\" = m.\"user\"
                 WHERE m.\"tenant\" = {tenant} AND m.\"user_group\" = {group}",
            ));
        }
        group => {
            let index = match query.sharing {
                Some(true) => "user_sharing",
                Some(false) | None => "user_by_name",
            };
            sql.push(&format!(
                " FROM \"user\" AS u INDEXED BY \"{index}\" WHERE "
            ));
            sql.push(&format!("u.\"tenant\" = {tenant}"));
            if let Some(group) = group {
                let group = sql.value(Cell::Integer(group.0));
                sql.push(&format!(
                    " AND (SELECT count(*) FROM \"membership\" AS m WHERE m.\"tenant\" = {tenant}
                     AND m.\"user\" = u.\"id\" AND m.\"user_group\" = {group}) > 0",
                ));
            }
        }
    }
    if let Some(active) = query.active {
        let active = sql.value(Cell::Integer(active.into()));
        sql.push(&format!(" AND u.\"active\" = {active}"));
    }
    if let Some(profile) = query.profile {
        let profile = sql.value(Cell::Integer(profile.0));
        sql.push(&format!(" AND u.\"profile\" = {profile}"));
    }
    if let Some(sharing) = query.sharing {
        let not = if sharing { " NOT" } else { "" };
        sql.push(&format!(" AND u.\"shared_with\" IS{not} NULL"));
    }
    if let Some(after) = &query.after {
        let name = sql.value(after.name_folded.cell());
        let id = sql.value(after.id.cell());
        sql.push(&format!(
            " AND (u.\"name_folded\", u.\"id\") > ({name}, {id})"
        ));
    }
    if let Some(pattern) = &query.pattern {
        let glob = sql.value(Cell::Text(glob(pattern).into()));
        let matches = SEARCHED_COLUMNS.iter();
        let matches: Vec<String> = matches
            .map(|column| format!("u.\"{column}\" GLOB {glob}"))
            .collect();
        sql.push(&format!(" AND ({})", matches.join(" OR ")));
    }
    let limit = sql.value(Cell::Integer(query.limit.into()));
    sql.push(&format!(
        " ORDER BY u.\"name_folded\", u.\"id\" LIMIT {limit}"
    ));
    Ok(sql)
}

fn is_small(connection: &Connection, query: &UserQuery) -> Result<bool, Error> {
    let group = query.group.map_or(0, |group| group.0);
    let values = [query.tenant.cell(), Cell::Integer(group)];
    let text = format!(
        "SELECT 1 FROM \"membership\" WHERE \"tenant\" = ?1 AND \"user_group\" = ?2 LIMIT {}",
        SMALL_GROUP + 1
    );
    let members = query_with(connection, &text, &values, |_| Ok(()))?;
    Ok(members.len() <= SMALL_GROUP)
}

/// A pattern as GLOB wants it: what it takes for a sign of its own stands in brackets.
fn glob(pattern: &Pattern) -> String {
    let mut glob = String::new();
    for part in pattern.parts() {
        match part {
            PatternPart::AnyRun => glob.push('*'),
            PatternPart::AnyOne => glob.push('?'),
            PatternPart::Literal(sign @ ('*' | '?' | '[')) => {
                // Writing into a string cannot fail.
                write!(glob, "[{sign}]").unwrap_or_default();
            }
            PatternPart::Literal(letter) => glob.push(*letter),
        }
    }
    glob
}

/// Entries of one wallet, newest first: along the chain that each entry is a part of.
pub(crate) fn entries(
    connection: &Connection,
    query: &EntryQuery,
) -> Result<Vec<(Entry, Option<EntryText>)>, Error> {
    let wallet = query.wallet;
    let key = [
        query.tenant.cell(),
        wallet.owner.cell(),
        wallet.kind.cell(),
        wallet.feed.cell(),
    ];
    let Some(stored) = select_one::<Wallet>(connection, &key)? else {
        return Ok(Vec::new());
    };
    let of_wallet = |entry: &Entry| entry.tenant == query.tenant && entry.wallet() == wallet;
    let mut next = stored.last_entry;
    if let Some(before) = query.before
        && let Some(place) = entry(connection, before)?.filter(of_wallet)
    {
        next = place.previous;
    }
    let mut found = Vec::new();
    let limit = usize::try_from(query.limit).unwrap_or(usize::MAX);
    while found.len() < limit {
        let Some(entry) = entry(connection, next)?.filter(of_wallet) else {
            break;
        };
        // Whatever is stored there, the walk ends: ids fall along a chain.
        next = entry.previous.min(EntryId(entry.id.0.saturating_sub(1)));
        if query.before.is_none_or(|before| entry.id < before) {
            let text = select_one::<EntryText>(connection, &[entry.id.cell()])?;
            found.push((entry, text));
        }
    }
    Ok(found)
}

fn entry(connection: &Connection, id: EntryId) -> Result<Option<Entry>, Error> {
    select_one::<Entry>(connection, &[id.cell()])
}

/// Audit events of one tenant, oldest first.
pub(crate) fn audit_events(
    connection: &Connection,
    query: &AuditQuery,
) -> Result<Vec<(AuditEvent, Option<AuditText>)>, Error> {
    let mut sql = Sql::default();
    let tenant = sql.value(query.tenant.cell());
    sql.push("SELECT ");
    sql.push(&columns(AuditEvent::TABLE, ""));
    sql.push(" FROM \"audit_event\" INDEXED BY \"audit_event_by_tenant\" WHERE ");
    sql.push(&format!("\"tenant\" = {tenant}"));
    if let Some(after) = query.after {
        let after = sql.value(Cell::Integer(after.0));
        sql.push(&format!(" AND \"id\" > {after}"));
    }
    let limit = sql.value(Cell::Integer(query.limit.into()));
    sql.push(&format!(" ORDER BY \"id\" LIMIT {limit}"));
    self::query::<AuditEvent>(connection, &sql.text, &sql.values)?
        .into_iter()
        .map(|event| {
            let text = select_one::<AuditText>(connection, &[event.id.cell()])?;
            Ok((event, text))
        })
        .collect()
}

/// Untracked usage that is open, in the order of its numbers.
pub(crate) fn open_untracked(
    connection: &Connection,
    query: &UntrackedQuery,
) -> Result<Vec<Untracked>, Error> {
    let sql = open_untracked_sql(query);
    self::query(connection, &sql.text, &sql.values)
}

fn open_untracked_sql(query: &UntrackedQuery) -> Sql<'_> {
    let mut sql = Sql::default();
    let tenant = sql.value(query.tenant.cell());
    let columns = columns(Untracked::TABLE, "");
    sql.push(&format!(
        "SELECT {columns} FROM \"untracked\" INDEXED BY \"untracked_by_number\"
         WHERE \"tenant\" = {tenant} AND \"state\" = 'open'"
    ));
    if let Some(after) = query.after {
        let after = sql.value(Cell::Integer(after));
        sql.push(&format!(" AND \"number\" > {after}"));
    }
    let limit = sql.value(Cell::Integer(query.limit.into()));
    sql.push(&format!(" ORDER BY \"number\" LIMIT {limit}"));
    sql
}

/// Erases the words of entries whose time is over; how many.
pub(crate) fn erase_words(
    connection: &Connection,
    tenant: TenantId,
    until: Timestamp,
    limit: u32,
) -> Result<u32, Error> {
    let text = "DELETE FROM \"entry_text\" WHERE \"entry\" IN (
        SELECT \"entry\" FROM \"entry_text\" INDEXED BY \"entry_text_by_end\"
        WHERE \"tenant\" = ?1 AND \"erase_at\" <= ?2 ORDER BY \"erase_at\" LIMIT ?3
    ) RETURNING \"entry\"";
    let values = [tenant.cell(), until.cell(), Cell::Integer(limit.into())];
    let erased = query_with(connection, text, &values, |_| Ok(()))?;
    Ok(u32::try_from(erased.len()).unwrap_or(limit))
}

/// Rows of a whole table in the order of its key, of one tenant or of all. Where a key does not
/// begin with the tenant, what lies between is passed over row by row: an index would cost every
/// charge.
pub(crate) fn scan(
    connection: &Connection,
    table: &'static Table,
    tenant: Option<TenantId>,
    after: Option<&[Cell<'static>]>,
    limit: u32,
) -> Result<Vec<Vec<Cell<'static>>>, Error> {
    let mut sql = Sql::default();
    let key = table.columns.get(..table.key).unwrap_or_default();
    let key: Vec<String> = key
        .iter()
        .map(|column| format!("\"{}\"", column.name))
        .collect();
    sql.push("SELECT ");
    sql.push(&columns(table, ""));
    sql.push(&format!(" FROM \"{}\" WHERE true", table.name));
    if let Some(tenant) = tenant {
        let tenant = sql.value(Cell::Integer(tenant.0));
        sql.push(&format!(" AND \"{}\" = {tenant}", table.tenant_column()));
    }
    if let Some(after) = after.filter(|after| !after.is_empty()) {
        let places: Vec<String> = after.iter().map(|cell| sql.value(cell.clone())).collect();
        let key = key.get(..places.len()).unwrap_or(&key).join(", ");
        sql.push(&format!(" AND ({key}) > ({})", places.join(", ")));
    }
    let limit = sql.value(Cell::Integer(limit.into()));
    sql.push(&format!(" ORDER BY {} LIMIT {limit}", key.join(", ")));
    query_with(connection, &sql.text, &sql.values, |row| {
        let mut next = cells(row, 0);
        table
            .columns
            .iter()
            .map(|column| {
                let cell = next().map(Cell::into_owned);
                cell.ok_or_else(|| tympan_core::row::corrupt(table.name, column.name))
            })
            .collect()
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;
    use tympan_core::ids::{GroupId, ProfileId, UserId};
    use tympan_core::queries::{UserPlace, fold_user};
    use tympan_core::records::{Membership, Relations};
    use tympan_core::view::{Change, Key, Record};
    use tympan_store::Store;

    use super::*;
    use crate::samples::{self, TENANT};
    use crate::{SqliteOptions, SqliteStore};

    const GROUP: GroupId = GroupId(5);

    /// Texts with everything that GLOB could take for a sign of its own.
    fn text() -> impl Strategy<Value = String> {
        "[aAbB\\[\\]^!*?%_\\\\\\-üÜßΣ🖨]{0,6}"
    }

    fn people() -> impl Strategy<Value = Vec<User>> {
        let person = (text(), prop::option::of(text()), any::<bool>(), 1..3_i64);
        prop::collection::vec(person, 0..24).prop_map(|people| {
            let people = people.into_iter().zip(1..);
            people
                .map(|((name, email, active, profile), id)| {
                    let mut user = samples::user(id, &name);
                    user.email = email;
                    user.active = active;
                    user.profile = ProfileId(profile);
                    fold_user(&mut user);
                    user
                })
                .collect()
        })
    }

    fn store_with(people: &[User], members: &[UserId]) -> SqliteStore {
        let store = SqliteStore::in_memory(&SqliteOptions::default()).unwrap();
        let changes = people.iter().flat_map(|user| {
            let membership = members.contains(&user.id).then_some(Membership {
                tenant: user.tenant,
                user: user.id,
                user_group: GROUP,
                since: user.created_at,
            });
            let relations = Relations {
                memberships: membership.into_iter().collect(),
                ..Relations::default()
            };
            [
                Change::Put(
                    Key::User(user.tenant, user.id),
                    Record::User(Arc::new(user.clone())),
                ),
                Change::Put(
                    Key::Relations(user.tenant, user.id),
                    Record::Relations(Arc::new(relations)),
                ),
            ]
        });
        samples::change(&store, changes.collect()).unwrap();
        store
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(192))]

        #[test]
        fn lists_are_what_the_core_admits(
            people in people(),
            pattern in text(),
            active in prop::option::of(any::<bool>()),
            profile in prop::option::of(1..3_i64),
            in_group in any::<bool>(),
            sharing in prop::option::of(any::<bool>()),
            limit in 1..8_u32,
        ) {
            let members: Vec<UserId> = people.iter().map(|user| user.id).step_by(2).collect();
            let store = store_with(&people, &members);
            let mut query = UserQuery {
                tenant: TENANT,
                active,
                group: in_group.then_some(GROUP),
                profile: profile.map(ProfileId),
                sharing,
                pattern: Pattern::parse(&pattern).unwrap(),
                after: None,
                limit,
            };
            let mut expected: Vec<User> = people
                .iter()
                .filter(|user| query.admits(user) && (!in_group || members.contains(&user.id)))
                .cloned()
                .collect();
            expected.sort_by(|one, other| {
                (&one.name_folded, one.id).cmp(&(&other.name_folded, other.id))
            });
            let mut found = Vec::new();
            loop {
                let page = store.users(&query).unwrap();
                query.after = page.last().map(UserPlace::of);
                let full = page.len() == limit as usize;
                found.extend(page);
                if !full {
                    break;
                }
            }
            prop_assert_eq!(found, expected);
        }
    }

    #[test]
    fn large_groups_are_listed_like_small_ones() {
        let people: Vec<User> = (1..=i64::try_from(SMALL_GROUP).unwrap() + 10)
            .map(|id| samples::user(id, &format!("name {:04}", id * 7 % 5_000)))
            .collect();
        let members: Vec<UserId> = people.iter().skip(3).map(|user| user.id).collect();
        let store = store_with(&people, &members);
        let query = UserQuery {
            tenant: TENANT,
            active: None,
            group: Some(GROUP),
            profile: None,
            sharing: None,
            pattern: None,
            after: None,
            limit: 1_000,
        };
        assert!(!is_small(&store.writer().connection, &query).unwrap());
        let mut expected: Vec<&User> = people.iter().skip(3).collect();
        expected.sort_by_key(|user| (&user.name_folded, user.id));
        let found = store.users(&query).unwrap();
        assert!(found.iter().eq(expected.into_iter().take(1_000)));
    }

    #[test]
    fn pages_are_read_along_indexes() {
        let store = SqliteStore::in_memory(&SqliteOptions::default()).unwrap();
        let writer = store.writer();
        let plan_of = |text: &str, values: &[Cell<'_>]| {
            let text = format!("EXPLAIN QUERY PLAN {text}");
            let steps = query_with(&writer.connection, &text, values, |row| {
                Ok(row.get::<_, String>(3).unwrap())
            });
            steps.unwrap().join("; ")
        };
        for (group, sharing, sorted) in [
            (None, None, false),
            (None, Some(false), false),
            (None, Some(true), false),
            (Some(GROUP), None, true),
        ] {
            let query = UserQuery {
                tenant: TENANT,
                active: None,
                group,
                profile: None,
                sharing,
                pattern: None,
                after: Some(UserPlace {
                    tenant: TENANT,
                    name_folded: "m".to_owned(),
                    id: UserId(3),
                }),
                limit: 50,
            };
            let sql = users_sql(&writer.connection, &query).unwrap();
            let plan = plan_of(&sql.text, &sql.values);
            assert!(!plan.contains("SCAN"), "{plan}");
            assert_eq!(plan.contains("TEMP B-TREE"), sorted, "{plan}");
        }
        let sql = open_untracked_sql(&UntrackedQuery {
            tenant: TENANT,
            after: Some(3),
            limit: 50,
        });
        let plan = plan_of(&sql.text, &sql.values);
        assert!(
            !plan.contains("SCAN") && !plan.contains("TEMP B-TREE"),
            "{plan}"
        );
    }
}
