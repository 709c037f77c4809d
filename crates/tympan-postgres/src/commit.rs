//! A batch into rows: all of it, durably, or nothing. One flush: what is checked, what is written
//! and the COMMIT go out together.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use hashbrown::{HashMap, HashSet};
use tympan_core::error::{Code, Error};
use tympan_core::ids::TenantId;
use tympan_core::records::{TABLES, WalletKey};
use tympan_core::row::{Cell, CellKind, Table};
use tympan_core::rows::{RowWrite, Write, rows_of};
use tympan_core::view::{Batch, Key, ReadSet, Record, View};
use tympan_store::{CommitError, Store};

use crate::cells::{list, lists, number, text};
use crate::error;
use crate::expectations::{Expectations, is_met};
use crate::link::{Answer, Step};
use crate::load::{Failure, sound};
use crate::pool::Lent;
use crate::statements;
use crate::store::PostgresStore;
use crate::turn::{BEGIN, PostgresTurn};

/// Ids of so many share a lock while they are taken.
const BLOCK_BITS: u32 = 10;

/// How long a commit may take beyond the turn's own patience before its outcome is unknown: it
/// costs nothing to wait, and much not to know.
const GRACE: Duration = Duration::from_secs(5);

/// What became of a transaction.
enum Outcome {
    Committed,
    /// Something was not as expected; nothing was changed.
    Unexpected,
    /// Others were in the way; nothing was changed.
    Again(Error),
    Failed(Error),
    Unknown(Error),
}

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
        let mark = store.next_mark();
        let mut steps = expectations.steps(store.seed, &mark);
        if let Some(name) = &name {
            steps.push(Step::Query(statements::tell_of_batch(), vec![text(name)]));
        }
        if !rows.is_empty() {
            steps.push(add_commit(store, batch));
        }
        events_last(batch, &mut steps);
        write(&rows, &mut steps);
        let outcome = match (run(turn, steps, &mark), &mut name) {
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
                turn.link = None;
                turn.held.clear();
                if Instant::now() >= turn.until {
                    return Err(CommitError::Failed(error));
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

/// Finds out what became of a batch by taking its name: if that is taken, the batch was committed;
/// if not, it never will be, for it finds its name taken, and may be tried under another.
fn settle(turn: &mut PostgresTurn<'_>, name: &mut String, error: Error) -> Outcome {
    turn.link = None;
    let take = Step::Query(statements::tell_of_batch(), vec![text(name)]);
    match run_marked(turn, take) {
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
    match run_marked(turn, Step::Query(statements::write_nothing(), Vec::new())) {
        Outcome::Committed => Ok(()),
        Outcome::Unexpected => Err(CommitError::Failed(Error::of(Code::Storage))),
        Outcome::Again(error) | Outcome::Failed(error) => Err(CommitError::Failed(error)),
        Outcome::Unknown(error) => Err(CommitError::Unknown(error)),
    }
}

/// Does one thing in a transaction that rests on nothing.
fn run_marked(turn: &mut PostgresTurn<'_>, step: Step) -> Outcome {
    let mark = turn.store.next_mark();
    let begin = Step::Query(statements::begin_commit(), vec![text(&mark)]);
    run(turn, vec![begin, step], &mark)
}

/// Sends the steps of a transaction that bears a mark, with their COMMIT, and finds out what became
/// of it.
fn run(turn: &mut PostgresTurn<'_>, mut steps: Vec<Step>, mark: &str) -> Outcome {
    let link = match &mut turn.link {
        Some(link) => link,
        None => match turn.store.pool.lend(turn.until) {
            Ok(link) => turn.link.insert(link),
            Err(error) => return Outcome::Failed(error),
        },
    };
    if !link.in_transaction
        && let Err(outcome) = begin(link, turn.until)
    {
        return outcome;
    }
    // After an error the server answers COMMIT with success and undoes everything. What it then
    // shows is the mark if it was committed, else that of an earlier transaction. In one text with
    // COMMIT, a cancel that comes while it is made durable would be an error of both.
    steps.push(Step::Plain("COMMIT".to_owned()));
    steps.push(Step::Plain("SHOW tympan.committed".to_owned()));
    link.in_transaction = false;
    outcome(link, steps, mark, turn.until + GRACE)
}

/// Begins a transaction, and knows that it has begun: if it had not, whatever was sent behind would
/// be committed statement by statement.
fn begin(link: &mut Lent<'_>, until: Instant) -> Result<(), Outcome> {
    match sound(link.run(vec![Step::Plain(BEGIN.to_owned())], until)) {
        Ok(_) => Ok(()),
        Err(Failure::Again(error)) => Err(Outcome::Again(error)),
        Err(Failure::Failed(error)) => Err(Outcome::Failed(error)),
    }
}

fn outcome(link: &mut Lent<'_>, steps: Vec<Step>, mark: &str, until: Instant) -> Outcome {
    let Ok(mut answers) = link.run(steps, until) else {
        return Outcome::Unknown(error::timed_out());
    };
    let (shown, commit) = (answers.pop(), answers.pop());
    if let Some(failure) = answers.into_iter().find_map(Result::err) {
        // The first one is the cause of all others; if the server says for sure that it undid the
        // transaction, no COMMIT behind it has an effect.
        return if !error::is_certain(&failure) {
            Outcome::Unknown(error::sql(&failure))
        } else if error::is_unexpected(&failure) {
            Outcome::Unexpected
        } else if error::is_worth_another_try(&failure) {
            Outcome::Again(error::sql(&failure))
        } else {
            Outcome::Failed(error::sql(&failure))
        };
    }
    match commit {
        Some(Err(failure)) if error::is_worth_another_try(&failure) => {
            Outcome::Again(error::sql(&failure))
        }
        Some(Err(failure)) if error::is_certain(&failure) => Outcome::Failed(error::sql(&failure)),
        Some(Err(failure)) => Outcome::Unknown(error::sql(&failure)),
        // A standby did not confirm it: the commit may not outlive this server.
        Some(Ok(_)) if !link.warnings().is_empty() => Outcome::Unknown(Error::new(
            Code::UnknownOutcome,
            format!("postgresql warns with `{}`", link.warnings().join("`, `")),
        )),
        Some(Ok(_)) => match shown {
            Some(Ok(Answer::Last(Some(shown)))) if shown == mark => Outcome::Committed,
            // Nothing failed and yet the mark is another one: this is not the session that
            // committed.
            Some(Ok(_)) => Outcome::Unknown(Error::new(
                Code::UnknownOutcome,
                "each transaction has another session: something between here and postgresql shares them",
            )),
            Some(Err(failure)) => Outcome::Unknown(error::sql(&failure)),
            None => Outcome::Unknown(Error::of(Code::UnknownOutcome)),
        },
        None => Outcome::Unknown(Error::of(Code::UnknownOutcome)),
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
        // Another one than that of configurations, whose numbers would be the same.
        number(store.seed.wrapping_add(1)),
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

fn columns(
    kinds: impl Iterator<Item = CellKind>,
    rows: &[&RowWrite<'_>],
) -> Vec<crate::link::Value> {
    kinds
        .enumerate()
        .map(|(at, kind)| {
            let column: Vec<&Cell<'_>> = rows.iter().filter_map(|row| row.cells.get(at)).collect();
            list(kind, column.into_iter())
        })
        .collect()
}

/// The keys that were in the way of a batch, by what is there now.
fn culprits(store: &PostgresStore, batch: &Batch) -> Result<Vec<Key>, Error> {
    let receipts = batch
        .entries
        .iter()
        .filter_map(|entry| Some(Key::Receipt(entry.tenant, entry.key?)));
    let receipts: BTreeSet<Key> = receipts.collect();
    let mut set = ReadSet::default();
    let expected = batch.expectations.iter().map(|one| owner(&one.key));
    let changed = batch.changes.iter().map(|change| change.key.clone());
    for key in expected.chain(changed).chain(receipts.iter().cloned()) {
        set = set.and(key);
    }
    let mut view = View::default();
    store.read(&set, &mut view)?;
    let stored = |key: &Key| view.get(key).flatten();
    let mut keys: BTreeSet<Key> = receipts
        .into_iter()
        .filter(|key| stored(key).is_some())
        .collect();
    for expectation in &batch.expectations {
        if !is_met(expectation, stored(&owner(&expectation.key))) {
            keys.insert(expectation.key.clone());
        }
    }
    if keys.is_empty() {
        let moved = batch
            .changes
            .iter()
            .filter(|one| is_other(one.before.as_ref(), stored(&one.key)));
        keys.extend(moved.map(|change| change.key.clone()));
    }
    if keys.is_empty() {
        let wallets = batch.entries.iter();
        keys.extend(wallets.map(|entry| Key::Wallets(entry.tenant, entry.owner)));
        let strands = batch.audit_events.iter();
        keys.extend(strands.map(|event| Key::Strand(event.tenant, event.strand)));
    }
    if keys.is_empty() {
        keys.extend(batch.changes.iter().map(|change| change.key.clone()));
    }
    Ok(keys.into_iter().collect())
}

/// Children have no version but their user's.
fn owner(key: &Key) -> Key {
    match key {
        Key::Relations(tenant, user) => Key::User(*tenant, *user),
        key => key.clone(),
    }
}

/// Whether a batch began from something else than what is stored. Wallets are always there, though
/// perhaps none.
fn is_other(before: Option<&Record>, stored: Option<&Record>) -> bool {
    match (before, stored) {
        (None, Some(Record::Wallets(all))) => !all.wallets.is_empty(),
        (before, stored) => before != stored,
    }
}

#[cfg(test)]
mod tests {
    use tympan_core::view::Found;

    use super::*;

    #[test]
    fn a_met_expectation_is_no_culprit() {
        let found = Found::Wallets(Vec::new());
        let key = Key::Wallets(TenantId(1), 1);
        let expectation = tympan_core::view::Expectation { key, found };
        let stored = Record::Wallets(tympan_core::records::Wallets::default().into());
        assert!(is_met(&expectation, Some(&stored)));
    }
}
