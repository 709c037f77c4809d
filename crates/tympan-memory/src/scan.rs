//! Whole tables, page by page, in the order of their keys.

use std::borrow::Cow;
use std::cmp::Ordering;

use tympan_core::records::{
    Account, AuditEvent, AuditText, Claim, Config, Entry, EntryText, Group, Hold, HoldPart,
    Identity, Membership, PlanRevision, PriceList, PriceRule, Profile, Role, RolePermission,
    RoleRow, RoleRowAccount, Strand, Tenant, User, Uses, Wallet,
};
use tympan_core::row::{Cell, Row, Table};
use tympan_core::view::{Key, Record};

use crate::list::length;
use crate::log::{Line, Log};
use crate::state::State;

type Cells = Vec<Cell<'static>>;

/// Rows of one table behind a key, at most `limit`.
pub(crate) fn scan(
    state: &State,
    table: &'static Table,
    after: Option<&[Cell<'static>]>,
    limit: u32,
) -> Vec<Cells> {
    let limit = length(limit);
    macro_rules! log {
        ($($name:ident in $log:ident),+) => {$(
            if table.name == $name::TABLE.name {
                return lines(&state.$log, after, limit);
            }
        )+};
    }
    log!(
        Entry in entries,
        EntryText in entry_texts,
        AuditEvent in audit_events,
        AuditText in audit_texts
    );
    let mut found: Vec<(Place<'_>, &Record)> = state
        .records
        .iter()
        .filter(|(_, record)| visit(record, table, None) > 0)
        .map(|(key, record)| (Place::of(key), record))
        .filter(|(place, _)| after.is_none_or(|after| compare(place.cells(), after).is_ge()))
        .collect();
    // The record that `after` points into may have no more rows: one more than the limit.
    if limit < found.len().saturating_sub(1) {
        found.select_nth_unstable_by(limit, |one, other| one.0.cmp(&other.0));
        found.truncate(limit + 1);
    }
    found.sort_unstable_by(|one, other| one.0.cmp(&other.0));
    let mut rows = Vec::new();
    for (_, record) in found {
        let mut more = Vec::new();
        visit(record, table, Some(&mut more));
        more.retain(|row| after.is_none_or(|after| compare(row, after).is_gt()));
        more.sort_unstable();
        rows.append(&mut more);
        if rows.len() >= limit {
            break;
        }
    }
    rows.truncate(limit);
    rows
}

fn lines<T: Line + Row>(log: &Log<T>, after: Option<&[Cell<'static>]>, limit: usize) -> Vec<Cells> {
    let after = match after.and_then(<[_]>::first) {
        Some(Cell::Integer(id)) => Some(*id),
        _ => None,
    };
    log.after(after)
        .iter()
        .take(limit)
        .map(|line| owned(line.cells()))
        .collect()
}

fn owned(cells: Vec<Cell<'_>>) -> Cells {
    cells.into_iter().map(Cell::into_owned).collect()
}

/// Compares by as many cells as both have.
fn compare(cells: &[Cell<'_>], after: &[Cell<'_>]) -> Ordering {
    cells
        .iter()
        .zip(after)
        .map(|(one, other)| one.cmp(other))
        .find(|order| order.is_ne())
        .unwrap_or(Ordering::Equal)
}

/// The cells that the keys of all rows of one record begin with.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Place<'a> {
    cells: [Cell<'a>; 3],
    length: usize,
}

impl<'a> Place<'a> {
    fn of(key: &'a Key) -> Self {
        let number = Cell::Integer;
        let two = |tenant, id| (2, [number(tenant), number(id), Cell::Null]);
        let (length, cells) = match key {
            Key::Config(tenant) => (1, [number(tenant.0), Cell::Null, Cell::Null]),
            Key::User(tenant, user) | Key::Relations(tenant, user) => two(tenant.0, user.0),
            Key::Wallets(tenant, owner) => two(tenant.0, *owner),
            Key::Hold(tenant, hold) => two(tenant.0, hold.0),
            Key::Strand(tenant, strand) => two(tenant.0, i64::from(*strand)),
            Key::Uses(tenant, subject) => {
                let kind = Cell::Text(Cow::Borrowed(subject.kind.as_str()));
                (3, [number(tenant.0), kind, number(subject.id)])
            }
            Key::Claim(tenant, name) => {
                let value = Cell::Text(Cow::Borrowed(name.value.as_str()));
                (3, [number(tenant.0), Cell::Text(name.kind.name()), value])
            }
            Key::Receipt(..) => (0, [Cell::Null, Cell::Null, Cell::Null]),
        };
        Self { cells, length }
    }

    fn cells(&self) -> &[Cell<'a>] {
        self.cells.get(..self.length).unwrap_or_default()
    }
}

/// Counts the rows of a table that a record consists of, and collects them where asked to.
fn visit(record: &Record, table: &'static Table, mut rows: Option<&mut Vec<Cells>>) -> usize {
    let mut count = 0;
    macro_rules! each {
        ($name:ident: $found:expr) => {
            if table.name == $name::TABLE.name {
                for row in $found {
                    let row: &$name = row;
                    count += 1;
                    if let Some(rows) = &mut rows {
                        rows.push(owned(row.cells()));
                    }
                }
            }
        };
    }
    match record {
        Record::Config(config) => {
            let config: &Config = config;
            each!(Tenant: [&config.tenant]);
            each!(PriceList: config.price_lists.values());
            each!(PriceRule: config.price_rules.values().flatten());
            each!(Profile: config.profiles.values());
            each!(PlanRevision: config.plans.values().flatten());
            each!(Role: config.roles.values());
            each!(RolePermission: config.permissions.values().flatten());
            each!(Group: config.groups.values());
            each!(Account: config.accounts.values());
        }
        Record::User(user) => each!(User: [&**user]),
        Record::Relations(relations) => {
            each!(Identity: &relations.identities);
            each!(Membership: &relations.memberships);
            each!(RoleRow: &relations.role_rows);
            each!(RoleRowAccount: &relations.role_row_accounts);
        }
        Record::Wallets(wallets) => {
            each!(Wallet: &wallets.wallets);
            each!(HoldPart: &wallets.hold_parts);
        }
        Record::Hold(hold) => each!(Hold: [&**hold]),
        Record::Uses(uses) => each!(Uses: [uses]),
        Record::Strand(strand) => each!(Strand: [strand]),
        Record::Claim(claim) => each!(Claim: [&**claim]),
        Record::Receipt(_) => {}
    }
    count
}
