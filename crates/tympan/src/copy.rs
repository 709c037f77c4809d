//! Copying a whole database into another store: from one machine to several, and back.

use std::collections::BTreeSet;
use std::sync::Arc;

use tympan_core::error::{Code, Error};
use tympan_core::records::{
    AuditEvent, AuditText, Claim, Entry, EntryText, Hold, Refunded, Strand, TABLES, Tenant,
    Untracked, User, Uses, Wallet,
};
use tympan_core::row::{Cell, Row, Table};
use tympan_core::view::{Change, Follow, Key, ReadSet, View, apply};
use tympan_store::{CommitError, Snapshot, Store};

use crate::handle::Tympan;
use crate::rows::{Cells, PAGE, Rows, key_of};

/// How far a copy has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CopyProgress {
    /// What is being done: `copy`, then `compare`.
    pub step: &'static str,
    /// The table at hand.
    pub table: &'static str,
    /// Rows done so far, of all tables.
    pub rows: u64,
}

/// What a copy did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Copied {
    /// Rows that were in the other database already, as an earlier attempt had left them.
    pub found: u64,
    /// Rows that both databases hold now, all compared.
    pub rows: u64,
}

impl Tympan {
    /// Copies everything into another database, which must be new, or hold a part of such a copy:
    /// an attempt that was interrupted is taken up where it ended, if nothing was written here
    /// since. In the end every row of both is compared.
    ///
    /// The copy is of the instant in which the call began. Others go on writing here meanwhile, and
    /// what they write is not in the copy: a host that moves stops them first.
    ///
    /// # Errors
    /// `store_keys` if the other one has other keys: then nothing secret would be found in it.
    /// `store_foreign` if it holds anything else, be it a part of a copy of an earlier instant.
    /// Those of both stores.
    pub fn copy_to(
        &self,
        other: &Self,
        progress: &mut dyn FnMut(CopyProgress),
    ) -> Result<Copied, Error> {
        if self.engine.tenants.fingerprint() != other.engine.tenants.fingerprint() {
            return Err(Error::of(Code::StoreKeys));
        }
        let from = self.engine.store.snapshot()?;
        let mut copying = Copying {
            from: &*from,
            into: &*other.engine.store,
            done: Copied::default(),
            progress,
        };
        // What others refer to comes first.
        copying.table::<Tenant>()?;
        copying.table::<User>()?;
        copying.table::<Claim>()?;
        copying.table::<Uses>()?;
        copying.table::<Wallet>()?;
        copying.table::<Hold>()?;
        copying.table::<Entry>()?;
        copying.table::<EntryText>()?;
        copying.table::<Refunded>()?;
        copying.table::<Untracked>()?;
        copying.table::<Strand>()?;
        copying.table::<AuditEvent>()?;
        copying.table::<AuditText>()?;
        copying.compare()?;
        Ok(copying.done)
    }
}

struct Copying<'a> {
    from: &'a dyn Snapshot,
    into: &'a dyn Store,
    done: Copied,
    progress: &'a mut dyn FnMut(CopyProgress),
}

impl Copying<'_> {
    fn tell(&mut self, step: &'static str, table: &'static Table, rows: u64) {
        let table = table.name;
        (self.progress)(CopyProgress { step, table, rows });
    }

    /// Copies the rows of one table, with everything that belongs to their records.
    fn table<T: Row>(&mut self) -> Result<(), Error> {
        let mut after: Option<Cells> = None;
        loop {
            let page = self.from.scan(T::TABLE, None, after.as_deref(), PAGE)?;
            let there = self.into.scan(T::TABLE, None, after.as_deref(), PAGE)?;
            let Some(last) = page.last() else {
                return match there.is_empty() {
                    true => Ok(()),
                    false => Err(foreign(T::TABLE)),
                };
            };
            after = Some(key_of(T::TABLE, last));
            let known: BTreeSet<&Cells> = there.iter().collect();
            let missing: Vec<&Cells> = page.iter().filter(|row| !known.contains(row)).collect();
            let found = page.len() - missing.len();
            let beyond = there
                .iter()
                .filter(|row| after.as_ref().is_some_and(|last| *row > last));
            // What lies between must be what is copied.
            if found + beyond.count() < there.len() {
                return Err(foreign(T::TABLE));
            }
            self.done.found += found as u64;
            let changes = self.changes(T::TABLE, &missing)?;
            self.write(changes)?;
            self.done.rows += page.len() as u64;
            self.tell("copy", T::TABLE, self.done.rows);
        }
    }

    /// The changes that bring missing rows, with the records that they are the roots of.
    fn changes(&self, table: &'static Table, rows: &[&Cells]) -> Result<Vec<Change>, Error> {
        let mut set = ReadSet::default();
        let mut changes = Vec::with_capacity(rows.len());
        for row in rows {
            let mut cells = row.iter().cloned();
            let mut next = || cells.next();
            match table.name {
                name if name == Entry::TABLE.name => {
                    changes.push(Change::Entry(Arc::new(Entry::from_cells(&mut next)?)));
                }
                name if name == EntryText::TABLE.name => {
                    changes.push(Change::EntryText(EntryText::from_cells(&mut next)?));
                }
                name if name == AuditEvent::TABLE.name => {
                    changes.push(Change::Audit(AuditEvent::from_cells(&mut next)?));
                }
                name if name == AuditText::TABLE.name => {
                    changes.push(Change::AuditText(AuditText::from_cells(&mut next)?));
                }
                name if name == User::TABLE.name => {
                    let user = User::from_cells(&mut next)?;
                    set = set.and_follow(Key::User(user.tenant, user.id), Follow::RELATIONS);
                }
                _ => set = set.and(root(table, &mut next)?),
            }
        }
        let mut view = View::default();
        self.from.read(&set, &mut view)?;
        let records = view
            .records()
            .filter_map(|(key, record)| Some((key, record?)));
        changes.extend(records.map(|(key, record)| Change::Put(key.clone(), record.clone())));
        Ok(changes)
    }

    /// Writes changes over whatever is there of them.
    fn write(&self, changes: Vec<Change>) -> Result<(), Error> {
        if changes.is_empty() {
            return Ok(());
        }
        let keys = changes.iter().filter_map(|change| match change {
            Change::Put(key, _) => Some(key.clone()),
            _ => None,
        });
        let set = keys.fold(ReadSet::default(), ReadSet::and);
        let mut turn = self.into.turn()?;
        let mut view = View::default();
        turn.load(&set, &mut view)?;
        apply(changes, &mut view);
        turn.commit(&view.into_batch())
            .map_err(|error| match error {
                CommitError::Conflict(_) => Error::of(Code::StoreForeign),
                CommitError::Failed(error) | CommitError::Unknown(error) => error,
            })
    }

    /// Expects every row of every table to be the same on both sides.
    fn compare(&mut self) -> Result<(), Error> {
        self.done.rows = 0;
        let into = self.into.snapshot()?;
        for table in TABLES {
            let before = self.done.rows;
            let mut copies = Rows::new(&*into, table);
            for row in Rows::new(self.from, table) {
                if copies.next().transpose()? != Some(row?) {
                    return Err(foreign(table));
                }
                self.done.rows += 1;
                if self.done.rows.is_multiple_of(u64::from(PAGE)) {
                    self.tell("compare", table, self.done.rows);
                }
            }
            if copies.next().transpose()?.is_some() {
                return Err(foreign(table));
            }
            if self.done.rows > before {
                self.tell("compare", table, self.done.rows);
            }
        }
        Ok(())
    }
}

/// The key of the record that a row is the root of, or belongs to.
fn root(table: &Table, next: &mut dyn FnMut() -> Option<Cell<'static>>) -> Result<Key, Error> {
    Ok(match table.name {
        name if name == Tenant::TABLE.name => Key::Config(Tenant::from_cells(next)?.id),
        name if name == Claim::TABLE.name => {
            let claim = Claim::from_cells(next)?;
            Key::Claim(claim.tenant, claim.name())
        }
        name if name == Uses::TABLE.name => {
            let uses = Uses::from_cells(next)?;
            Key::Uses(uses.tenant, uses.subject())
        }
        name if name == Wallet::TABLE.name => {
            let wallet = Wallet::from_cells(next)?;
            Key::Wallets(wallet.tenant, wallet.owner)
        }
        name if name == Hold::TABLE.name => {
            let hold = Hold::from_cells(next)?;
            Key::Hold(hold.tenant, hold.id)
        }
        name if name == Refunded::TABLE.name => {
            let refunded = Refunded::from_cells(next)?;
            Key::Refunded(refunded.tenant, refunded.entry)
        }
        name if name == Untracked::TABLE.name => {
            let untracked = Untracked::from_cells(next)?;
            Key::Untracked(untracked.tenant, untracked.key)
        }
        _ => {
            let strand = Strand::from_cells(next)?;
            Key::Strand(strand.tenant, strand.number)
        }
    })
}

fn foreign(table: &Table) -> Error {
    let text = format!(
        "table `{}` of the other database is no copy of this one",
        table.name
    );
    Error::new(Code::StoreForeign, text)
}
