//! Whole tables, page by page, in the order of their keys.

use std::borrow::Cow;
use std::cmp::Ordering;

use tympan_core::ids::TenantId;
use tympan_core::records::{
    Account, AuditEvent, AuditText, Claim, Entry, EntryText, Group, Hold, HoldPart, Identity,
    Membership, PlanRevision, PriceList, PriceRule, Profile, Refunded, Relations, Role,
    RolePermission, RoleRow, RoleRowAccount, Strand, Tenant, Untracked, User, Uses, Wallet,
    Wallets,
};
use tympan_core::row::{Cell, Row, Table};
use tympan_core::view::{Key, Record};

use crate::list::length;
use crate::log::{Line, Log};
use crate::state::{Person, State};

type Cells = Vec<Cell<'static>>;

/// Rows of one table behind a key, of one tenant or of all, at most `limit`.
pub(crate) fn scan(
    state: &State,
    table: &'static Table,
    tenant: Option<TenantId>,
    after: Option<&[Cell<'static>]>,
    limit: u32,
) -> Vec<Cells> {
    let limit = length(limit);
    macro_rules! log {
        ($($name:ident in $log:ident),+) => {$(
            if table.name == $name::TABLE.name {
                return lines(&state.$log, tenant, after, limit);
            }
        )+};
    }
    log!(
        Entry in entries,
        EntryText in entry_texts,
        AuditEvent in audit_events,
        AuditText in audit_texts
    );
    let people = state.people.iter().flat_map(|((tenant, id), person)| {
        let place = move || Place::of_two(tenant.0, *id);
        person.parts().map(move |part| (place(), part))
    });
    let records = state
        .records
        .iter()
        .map(|(key, record)| (Place::of(key), Part::Record(record)));
    let mut found: Vec<(Place<'_>, Part<'_>)> = people
        .chain(records)
        .filter(|(place, _)| tenant.is_none_or(|tenant| place.is_of(tenant)))
        .filter(|(_, part)| visit(*part, table, None) > 0)
        .filter(|(place, _)| after.is_none_or(|after| compare(place.cells(), after).is_ge()))
        .collect();
    // The record that `after` points into may have no more rows: one more than the limit.
    if limit < found.len().saturating_sub(1) {
        found.select_nth_unstable_by(limit, |one, other| one.0.cmp(&other.0));
        found.truncate(limit + 1);
    }
    found.sort_unstable_by(|one, other| one.0.cmp(&other.0));
    let mut rows = Vec::new();
    for (_, part) in found {
        let mut more = Vec::new();
        visit(part, table, Some(&mut more));
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

fn lines<T: Line + Row>(
    log: &Log<T>,
    tenant: Option<TenantId>,
    after: Option<&[Cell<'static>]>,
    limit: usize,
) -> Vec<Cells> {
    let after = match after.and_then(<[_]>::first) {
        Some(Cell::Integer(id)) => Some(*id),
        _ => None,
    };
    log.after(after)
        .iter()
        .filter(|line| tenant.is_none_or(|tenant| line.tenant() == tenant))
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

/// Something that consists of rows.
#[derive(Clone, Copy)]
enum Part<'a> {
    User(&'a User),
    Relations(&'a Relations),
    Wallets(&'a Wallets),
    Record(&'a Record),
}

impl Person {
    fn parts(&self) -> impl Iterator<Item = Part<'_>> {
        let user = self.user.as_deref().map(Part::User);
        let relations = self.relations.as_deref().map(Part::Relations);
        let wallets = self.wallets.as_deref().map(Part::Wallets);
        [user, relations, wallets].into_iter().flatten()
    }
}

/// The cells that the keys of all rows of one part begin with.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Place<'a> {
    cells: [Cell<'a>; 3],
    length: usize,
}

impl<'a> Place<'a> {
    fn of_two(tenant: i64, id: i64) -> Self {
        Self {
            cells: [Cell::Integer(tenant), Cell::Integer(id), Cell::Null],
            length: 2,
        }
    }

    fn of(key: &'a Key) -> Self {
        let number = Cell::Integer;
        let (length, cells) = match key {
            Key::Config(tenant) => (1, [number(tenant.0), Cell::Null, Cell::Null]),
            Key::User(tenant, id) | Key::Relations(tenant, id) => {
                return Self::of_two(tenant.0, id.0);
            }
            Key::Wallets(tenant, id) => return Self::of_two(tenant.0, *id),
            Key::Hold(tenant, hold) => return Self::of_two(tenant.0, hold.0),
            Key::Refunded(tenant, entry) => return Self::of_two(tenant.0, entry.0),
            Key::Untracked(tenant, digest) => {
                let digest = Cell::Bytes(Cow::Borrowed(digest));
                (2, [number(tenant.0), digest, Cell::Null])
            }
            Key::Strand(tenant, strand) => {
                return Self::of_two(tenant.0, i64::from(*strand));
            }
            Key::Uses(tenant, subject) => {
                let kind = Cell::Text(Cow::Borrowed(subject.kind.as_str()));
                (3, [number(tenant.0), kind, number(subject.id)])
            }
            Key::Claim(tenant, name) => {
                let value = Cell::Text(Cow::Borrowed(name.value.as_str()));
                let kind = Cell::Text(name.kind.name());
                (3, [number(tenant.0), kind, value])
            }
            Key::Receipt(..) => (0, [Cell::Null, Cell::Null, Cell::Null]),
        };
        Self { cells, length }
    }

    /// Every key but a receipt's begins with its tenant.
    fn is_of(&self, tenant: TenantId) -> bool {
        self.cells().first() == Some(&Cell::Integer(tenant.0))
    }

    fn cells(&self) -> &[Cell<'a>] {
        self.cells.get(..self.length).unwrap_or_default()
    }
}

/// Counts the rows of a table that something consists of, and collects them where asked to.
fn visit(part: Part<'_>, table: &'static Table, mut rows: Option<&mut Vec<Cells>>) -> usize {
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
    match part {
        Part::User(user) => each!(User: [user]),
        Part::Relations(relations) => {
            each!(Identity: &relations.identities);
            each!(Membership: &relations.memberships);
            each!(RoleRow: &relations.role_rows);
            each!(RoleRowAccount: &relations.role_row_accounts);
        }
        Part::Wallets(wallets) => {
            each!(Wallet: &wallets.wallets);
            each!(HoldPart: &wallets.hold_parts);
        }
        Part::Record(Record::Config(config)) => {
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
        Part::Record(Record::Hold(hold)) => each!(Hold: [&**hold]),
        Part::Record(Record::Refunded(refunded)) => each!(Refunded: [&**refunded]),
        Part::Record(Record::Untracked(untracked)) => each!(Untracked: [&**untracked]),
        Part::Record(Record::Uses(uses)) => each!(Uses: [&**uses]),
        Part::Record(Record::Strand(strand)) => each!(Strand: [&**strand]),
        Part::Record(Record::Claim(claim)) => each!(Claim: [&**claim]),
        Part::Record(
            Record::User(_) | Record::Relations(_) | Record::Wallets(_) | Record::Receipt(_),
        ) => {}
    }
    count
}
