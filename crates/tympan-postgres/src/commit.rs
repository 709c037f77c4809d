//! A batch into rows: all of it, durably, or nothing. One flush: what is checked, what is written
//! and the COMMIT go out together.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use hashbrown::{HashMap, HashSet};
use tympan_core::error::{Code, Error};
use tympan_core::ids::TenantId;
use tympan_core::records::{TABLES, WalletKey};
use tympan_core::row::{Cell, CellKind, Table};
use tympan_core::rows::{RowWrite, Write, rows_of};
use tympan_core::view::{Batch, Key, Record};
use tympan_store::CommitError;

use crate::cells::{list, lists, number, text};
use crate::culprits::culprits;
use crate::expectations::Expectations;
use crate::outcome::{Outcome, run, run_alone};
use crate::statements;
use crate::steps::{Step, Value};
use crate::store::PostgresStore;
use crate::turn::PostgresTurn;

/// Ids of so many share a lock while they are taken.
const BLOCK_BITS: u32 = 10;

/// Commits a batch and so ends the turn.
pub(crate) fn commit(turn: &mut PostgresTurn<'_>, batch: &Batch) -> Result<(), CommitError> {
    let store = turn.store;
    let rows = rows_of(batch);
    let written: HashSet<&'static str> = rows.iter().map(|row| row.table.name).collect();
    let late = late(batch);
    if !late.is_empty() {
        return Err(CommitError::Conflict(late));
    }
    let mut name = needs_telling(batch).then(|| store.next_batch());
    loop {
        let expectations = Expectations::of(batch, written.clone(), &turn.held);
        if !expectations.wrong.is_empty() {
            return Err(CommitError::Conflict(expectations.wrong));
        }
        let mut steps = expectations.steps(store.seed);
        steps.extend(name.as_deref().map(tell_of_batch));
        if !rows.is_empty() {
            steps.push(add_commit(store, batch));
        }
        events_last(batch, &mut steps);
        write(&rows, &mut steps);
        let outcome = match (run(turn, steps), &mut name) {
            (Outcome::Unknown(error), Some(name)) => settle(turn, name, error),
            (outcome, _) => outcome,
        };
        match outcome {
            Outcome::Committed => return Ok(()),
            Outcome::Unexpected => {
                turn.link = None;
                return Err(CommitError::Conflict(culprits(store, batch)?));
            }
            // Once more, and without the rows that the turn had kept from others.
            Outcome::Again(error) => {
                turn.let_go();
                if Instant::now() >= turn.until {
                    return Err(CommitError::Failed(error));
                }
                // Another server may not have what was found done on this one.
                if !turn.replays.is_empty() {
                    let replays = std::mem::take(&mut turn.replays);
                    return Err(CommitError::Conflict(replays.into_iter().collect()));
                }
            }
            Outcome::Failed(error) => return Err(CommitError::Failed(error)),
            Outcome::Unknown(error) => return Err(CommitError::Unknown(error)),
        }
    }
}

/// Whether nothing that a caller could repeat tells of a batch: a receipt does, under its key.
fn needs_telling(batch: &Batch) -> bool {
    !batch.audit_events.is_empty() || batch.entries.iter().all(|entry| entry.key.is_none())
}

fn tell_of_batch(name: &str) -> Step {
    Step::Query(statements::tell_of_batch(), vec![text(name)])
}

/// Finds out what became of a batch by taking its name: if that is taken, the batch was committed;
/// if not, it never will be, for it finds its name taken, and may be tried under another.
fn settle(turn: &mut PostgresTurn<'_>, name: &mut String, error: Error) -> Outcome {
    turn.link = None;
    match run_alone(turn, tell_of_batch(name)) {
        Outcome::Committed => {
            *name = turn.store.next_batch();
            let what = "the connection to postgresql broke before the commit";
            Outcome::Again(Error::new(Code::Storage, what))
        }
        // What was seen must be as durable as what was to be answered.
        Outcome::Unexpected => match confirm(turn) {
            Ok(()) => Outcome::Committed,
            Err(_) => Outcome::Unknown(error),
        },
        _ => Outcome::Unknown(error),
    }
}

/// Makes what a turn has read as durable as a commit, by a commit that changes nothing.
pub(crate) fn confirm(turn: &mut PostgresTurn<'_>) -> Result<(), CommitError> {
    match run_alone(turn, Step::Query(statements::write_nothing(), Vec::new())) {
        Outcome::Committed => Ok(()),
        Outcome::Unexpected => Err(CommitError::Failed(Error::of(Code::Storage))),
        Outcome::Again(error) | Outcome::Failed(error) => Err(CommitError::Failed(error)),
        Outcome::Unknown(error) => Err(CommitError::Unknown(error)),
    }
}

/// Keys whose new lines would not come behind those that are there: their ids were drawn before
/// others drew higher ones. Whoever goes through a wallet's lines, or a tenant's events, by their
/// ids must find them in the order in which they were committed.
fn late(batch: &Batch) -> Vec<Key> {
    let mut last: HashMap<(TenantId, WalletKey), i64> = HashMap::new();
    for change in &batch.changes {
        if let (Key::Wallets(tenant, _), Some(Record::Wallets(all))) = (&change.key, &change.before)
        {
            let wallets = all.wallets.iter();
            last.extend(wallets.map(|one| ((*tenant, one.key()), one.last_entry.0)));
        }
    }
    let is_late = |id: i64, place| last.get(&place).is_some_and(|last| id <= *last);
    let entries = batch.entries.iter();
    let late: BTreeSet<Key> = entries
        .filter(|entry| is_late(entry.id.0, (entry.tenant, entry.wallet())))
        .map(|entry| Key::Wallets(entry.tenant, entry.owner))
        .collect();
    late.into_iter().collect()
}

/// Sees to it that new ids are free in the whole database, and counts the commit.
fn add_commit(store: &PostgresStore, batch: &Batch) -> Step {
    let mut entries: Vec<i64> = batch.entries.iter().map(|entry| entry.id.0).collect();
    let mut events: Vec<i64> = batch.audit_events.iter().map(|event| event.id.0).collect();
    entries.sort_unstable();
    events.sort_unstable();
    let ids = || entries.iter().chain(&events);
    let blocks: BTreeSet<i64> = ids().map(|id| id >> BLOCK_BITS).collect();
    let highest = ids().max().copied().unwrap_or(0);
    let as_list = |ids: &mut dyn Iterator<Item = i64>| {
        let cells: Vec<Cell<'_>> = ids.map(Cell::Integer).collect();
        list(CellKind::Integer, cells.iter())
    };
    let values = vec![
        number(store.seed_of_ids()),
        as_list(&mut blocks.into_iter()),
        as_list(&mut entries.into_iter()),
        as_list(&mut events.into_iter()),
        number(highest),
    ];
    Step::Query(statements::add_commit(), values)
}

/// Expects events to come behind all of their tenants.
fn events_last(batch: &Batch, steps: &mut Vec<Step>) {
    let mut first: BTreeMap<TenantId, i64> = BTreeMap::new();
    for event in &batch.audit_events {
        let lowest = first.entry(event.tenant).or_insert(event.id.0);
        *lowest = event.id.0.min(*lowest);
    }
    // Only who writes the head of a chain keeps others from writing events meanwhile.
    let chained: BTreeSet<TenantId> = batch
        .changes
        .iter()
        .filter_map(|change| match &change.key {
            Key::Strand(tenant, _) if change.before.is_some() => Some(*tenant),
            _ => None,
        })
        .collect();
    first.retain(|tenant, _| chained.contains(tenant));
    if !first.is_empty() {
        let rows: Vec<Vec<Cell<'_>>> = first
            .iter()
            .map(|(tenant, id)| vec![Cell::Integer(tenant.0), Cell::Integer(*id)])
            .collect();
        let values = lists([CellKind::Integer; 2].into_iter(), &rows);
        steps.push(Step::Query(statements::events_last(), values));
    }
}

/// Everything that is written: what goes before what comes, table by table, in the order of keys.
fn write(rows: &[RowWrite<'_>], steps: &mut Vec<Step>) {
    let mut by_place: BTreeMap<(bool, usize, bool), Vec<&RowWrite<'_>>> = BTreeMap::new();
    for row in rows {
        let rank = TABLES.iter().position(|table| table.name == row.table.name);
        let place = (
            row.write != Write::Delete,
            rank.unwrap_or(TABLES.len()),
            row.write == Write::Insert,
        );
        by_place.entry(place).or_default().push(row);
    }
    for mut rows in by_place.into_values() {
        let Some(first) = rows.first() else { continue };
        let (table, write): (&'static Table, Write) = (first.table, first.write);
        rows.sort_by(|one, other| {
            one.cells
                .get(..table.key)
                .cmp(&other.cells.get(..table.key))
        });
        let width = match write {
            Write::Delete => table.key,
            Write::Insert | Write::Update => table.columns.len(),
        };
        let kinds = table.columns.iter().take(width).map(|column| column.kind);
        let mut values = columns(kinds, &rows);
        let count = number(i64::try_from(rows.len()).unwrap_or(i64::MAX));
        let sql = match write {
            Write::Insert => statements::insert(table),
            Write::Update => statements::update(table),
            Write::Delete => statements::delete(table),
        };
        if write != Write::Insert {
            values.push(count);
        }
        steps.push(Step::Query(sql, values));
    }
}

fn columns(kinds: impl Iterator<Item = CellKind>, rows: &[&RowWrite<'_>]) -> Vec<Value> {
    kinds
        .enumerate()
        .map(|(at, kind)| {
            let column: Vec<&Cell<'_>> = rows.iter().filter_map(|row| row.cells.get(at)).collect();
            list(kind, column.into_iter())
        })
        .collect()
}
