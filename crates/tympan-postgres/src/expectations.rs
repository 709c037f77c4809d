//! The preconditions of a batch, as statements that the server checks before the COMMIT that was
//! sent behind them.
//!
//! Rows are locked in one order by everybody, so that nobody waits in a circle: holds, refunds, uses,
//! strands and wallets by their keys when a turn loads them (here only those that no turn did),
//! then configurations, then whole tables that are written or of which a row is expected to be
//! absent, then users, then claims. What others may only read with us is locked for sharing.

use std::collections::{BTreeMap, BTreeSet};

use hashbrown::{HashMap, HashSet};
use tympan_core::ids::TenantId;
use tympan_core::records::{Claim, Hold, Refunded, Strand, Tenant, Untracked, User, Uses, Wallet};
use tympan_core::row::{Cell, CellKind, Field, Row, Table};
use tympan_core::view::{Batch, Expectation, Found, Key, Record};

use crate::cells::{list, lists, number, text};
use crate::statements;
use crate::steps::Step;

/// Tables of which rows are expected, in the order in which they are locked.
const ORDER: &[&Table] = &[
    Hold::TABLE,
    Refunded::TABLE,
    Untracked::TABLE,
    Uses::TABLE,
    Strand::TABLE,
    Wallet::TABLE,
    Tenant::TABLE,
    User::TABLE,
    Claim::TABLE,
];

/// What a batch expects of the database.
#[derive(Debug, Default)]
pub(crate) struct Expectations<'a> {
    /// By table: rows that must have a version; each ends with it.
    versions: BTreeMap<&'static str, BTreeSet<Vec<Cell<'a>>>>,
    /// By table: rows that must not be there, and that the batch does not write either.
    absent: BTreeMap<&'static str, BTreeSet<Vec<Cell<'a>>>>,
    unused: BTreeSet<(TenantId, [u8; 32])>,
    /// Configurations that the batch rests on, and whether it changes them.
    configs: BTreeMap<TenantId, bool>,
    /// Tables that the batch writes.
    written: HashSet<&'static str>,
    /// Keys that are known already not to be as expected.
    pub(crate) wrong: Vec<Key>,
}

impl<'a> Expectations<'a> {
    /// What a batch expects beyond what a turn holds.
    pub(crate) fn of(
        batch: &'a Batch,
        written: HashSet<&'static str>,
        held: &HashMap<Key, Found>,
    ) -> Self {
        let mut all = Self {
            written,
            ..Self::default()
        };
        // What is inserted is found out by the key itself.
        let inserted: HashSet<&Key> = batch
            .changes
            .iter()
            .filter(|change| change.before.is_none())
            .map(|change| &change.key)
            .collect();
        let receipts: HashSet<(TenantId, [u8; 32])> = batch
            .entries
            .iter()
            .filter_map(|entry| Some((entry.tenant, entry.key?)))
            .collect();
        for expectation in &batch.expectations {
            match held.get(&expectation.key) {
                Some(found) if holds(found, &expectation.found) => {}
                Some(_) => all.wrong.push(expectation.key.clone()),
                None => all.expect(expectation, &inserted, &receipts),
            }
        }
        for change in &batch.changes {
            if let Key::Config(tenant) = &change.key {
                all.configs.insert(*tenant, true);
            }
        }
        all
    }

    fn expect(
        &mut self,
        expectation: &'a Expectation,
        inserted: &HashSet<&Key>,
        receipts: &HashSet<(TenantId, [u8; 32])>,
    ) {
        let key = &expectation.key;
        if let Key::Config(tenant) = key {
            self.configs.entry(*tenant).or_default();
        }
        match (key, &expectation.found) {
            (Key::Receipt(tenant, digest), Found::Absent) => {
                if !receipts.contains(&(*tenant, *digest)) {
                    self.unused.insert((*tenant, *digest));
                }
            }
            // Receipts that are there never change.
            (Key::Receipt(..), _) => {}
            (Key::Wallets(tenant, _), Found::Wallets(all)) => {
                for (wallet, version) in all {
                    let cells = vec![
                        tenant.cell(),
                        Cell::Integer(wallet.owner),
                        Cell::Text(wallet.kind.as_str().into()),
                        Cell::Integer(wallet.feed),
                        Cell::Integer(*version),
                    ];
                    self.versions
                        .entry(Wallet::TABLE.name)
                        .or_default()
                        .insert(cells);
                }
            }
            (key, Found::Version(version)) => {
                if let Some((table, mut cells)) = row_of(key) {
                    cells.push(Cell::Integer(*version));
                    self.versions.entry(table.name).or_default().insert(cells);
                }
            }
            (key, _) => {
                if let Some((table, cells)) = row_of(key).filter(|_| !inserted.contains(key)) {
                    self.absent.entry(table.name).or_default().insert(cells);
                }
            }
        }
    }

    /// Everything that is locked and checked before the batch is written.
    pub(crate) fn steps(&self, seed: i64) -> Vec<Step> {
        let mut steps = Vec::new();
        for table in [
            Hold::TABLE,
            Refunded::TABLE,
            Untracked::TABLE,
            Uses::TABLE,
            Strand::TABLE,
            Wallet::TABLE,
        ] {
            self.versions(table, &mut steps);
        }
        steps.push(self.rest_on(seed));
        for table in [User::TABLE, Claim::TABLE] {
            if self.takes(table) {
                self.versions(table, &mut steps);
            }
        }
        if !self.unused.is_empty() {
            let rows: Vec<Vec<Cell<'_>>> = self
                .unused
                .iter()
                .map(|(tenant, key)| vec![tenant.cell(), key.cell()])
                .collect();
            let kinds = [CellKind::Integer, CellKind::Bytes];
            let values = lists(kinds.into_iter(), &rows);
            steps.push(Step::Query(statements::unused(), values));
        }
        for table in ORDER {
            if let Some(rows) = self.absent.get(table.name) {
                let rows: Vec<Vec<Cell<'_>>> = rows.iter().cloned().collect();
                let values = lists(key_kinds(table), &rows);
                steps.push(Step::Query(statements::absent(table), values));
            }
        }
        steps
    }

    /// Whether rows that the batch rests on are taken and not shared: users if it writes some, and
    /// claims if it writes some or has to take users first.
    fn takes(&self, table: &Table) -> bool {
        let writes = |table: &Table| self.written.contains(table.name);
        writes(table) || (table.name == Claim::TABLE.name && writes(User::TABLE))
    }

    /// What many read with us is locked for sharing here.
    fn rest_on(&self, seed: i64) -> Step {
        let mut values = vec![number(seed)];
        for changes in [true, false] {
            // Configurations are seldom written: a row lock for each reader would be a write for
            // each.
            let tenants = self.configs.iter();
            let tenants = tenants.filter(|(_, changed)| **changed == changes);
            let tenants: Vec<Cell<'_>> = tenants.map(|(tenant, _)| tenant.cell()).collect();
            values.push(list(CellKind::Integer, tenants.iter()));
        }
        values.push(text(&self.locks()));
        for table in [Tenant::TABLE, User::TABLE, Claim::TABLE] {
            let is_shared = table.name == Tenant::TABLE.name || !self.takes(table);
            let rows = self.versions.get(table.name).filter(|_| is_shared);
            let rows: Vec<Vec<Cell<'_>>> = rows.into_iter().flatten().cloned().collect();
            values.extend(lists(key_kinds(table).chain([CellKind::Integer]), &rows));
        }
        Step::Query(statements::rest_on(), values)
    }

    /// Nobody may insert where a decision rests on absence. Whoever writes a table says so now too:
    /// once it has rows that others wait for, it could not wait for those who keep the table.
    fn locks(&self) -> String {
        let locks = ORDER.iter().filter_map(|table| {
            let is_absent = self.absent.contains_key(table.name);
            let mode = match (is_absent, self.written.contains(table.name)) {
                (false, false) => return None,
                (false, true) => "ROW EXCLUSIVE",
                (true, false) => "SHARE",
                (true, true) => "SHARE ROW EXCLUSIVE",
            };
            Some(format!("LOCK TABLE \"{}\" IN {mode} MODE", table.name))
        });
        locks.collect::<Vec<_>>().join("; ")
    }

    fn versions(&self, table: &'static Table, steps: &mut Vec<Step>) {
        let Some(rows) = self.versions.get(table.name) else {
            return;
        };
        let rows: Vec<Vec<Cell<'_>>> = rows.iter().cloned().collect();
        let kinds = key_kinds(table).chain([CellKind::Integer]);
        let mut values = lists(kinds, &rows);
        values.push(number(i64::try_from(rows.len()).unwrap_or(i64::MAX)));
        steps.push(Step::Query(statements::version(table), values));
    }
}

fn key_kinds(table: &Table) -> impl Iterator<Item = CellKind> {
    table
        .columns
        .iter()
        .take(table.key)
        .map(|column| column.kind)
}

/// The row that speaks for a key, by the cells of its own key.
fn row_of(key: &Key) -> Option<(&'static Table, Vec<Cell<'_>>)> {
    Some(match key {
        Key::Config(tenant) => (Tenant::TABLE, vec![tenant.cell()]),
        // Children have no version but their user's.
        Key::User(tenant, id) | Key::Relations(tenant, id) => {
            (User::TABLE, vec![tenant.cell(), id.cell()])
        }
        Key::Hold(tenant, id) => (Hold::TABLE, vec![tenant.cell(), id.cell()]),
        Key::Refunded(tenant, entry) => (Refunded::TABLE, vec![tenant.cell(), entry.cell()]),
        Key::Untracked(tenant, digest) => (Untracked::TABLE, vec![tenant.cell(), digest.cell()]),
        Key::Uses(tenant, subject) => (
            Uses::TABLE,
            vec![tenant.cell(), subject.kind.cell(), subject.id.cell()],
        ),
        Key::Strand(tenant, number) => (Strand::TABLE, vec![tenant.cell(), number.cell()]),
        Key::Claim(tenant, name) => (
            Claim::TABLE,
            vec![tenant.cell(), name.kind.cell(), name.value.cell()],
        ),
        Key::Wallets(..) | Key::Receipt(..) => return None,
    })
}

/// Whether what was found is what was expected.
fn holds(found: &Found, expected: &Found) -> bool {
    match (found, expected) {
        (Found::Wallets(found), Found::Wallets(expected)) => {
            expected.iter().all(|one| found.contains(one))
        }
        (found, expected) => found == expected,
    }
}

/// Whether what is stored under a key is what was expected.
pub(crate) fn is_met(expectation: &Expectation, stored: Option<&Record>) -> bool {
    let expected = &expectation.found;
    match (stored, expected) {
        (Some(Record::Receipt(_)), expected) => *expected != Found::Absent,
        (None, expected) => *expected == Found::Absent,
        (stored, expected) => {
            Found::of(&expectation.key, stored).is_some_and(|found| holds(&found, expected))
        }
    }
}
