//! Lines that are only ever added: nearly always at the end, but any order is kept right.

use std::borrow::Borrow;
use std::collections::BTreeSet;
use std::sync::Arc;

use tympan_core::ids::TenantId;
use tympan_core::records::{AuditEvent, AuditText, Entry, EntryText};

/// A line with an id of its own.
pub(crate) trait Line {
    /// The id.
    fn id(&self) -> i64;
    /// Whose it is.
    fn tenant(&self) -> TenantId;
}

macro_rules! lines {
    ($($name:ident . $id:ident),+) => {$(
        impl Line for $name {
            fn id(&self) -> i64 {
                self.$id.0
            }
            fn tenant(&self) -> TenantId {
                self.tenant
            }
        }
    )+};
}

lines!(Entry.id, EntryText.entry, AuditEvent.id, AuditText.audit);

/// Lines in the order of their ids.
#[derive(Debug)]
pub(crate) struct Log<T>(Vec<Arc<T>>);

impl<T> Clone for Log<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T> Default for Log<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Line> Log<T> {
    /// The line with an id.
    pub(crate) fn get(&self, id: i64) -> Option<&Arc<T>> {
        self.after(id.checked_sub(1))
            .first()
            .filter(|line| line.id() == id)
    }

    /// The highest id.
    pub(crate) fn last(&self) -> Option<i64> {
        self.0.last().map(|line| line.id())
    }

    /// The lines behind an id; all without one.
    pub(crate) fn after(&self, id: Option<i64>) -> &[Arc<T>] {
        let from = match id {
            None => 0,
            // The commonest question is for an id that is yet to come.
            Some(id) if self.last().is_none_or(|last| last <= id) => self.0.len(),
            Some(id) => self.0.partition_point(|line| line.id() <= id),
        };
        self.0.get(from..).unwrap_or_default()
    }

    /// Adds a line whose id is free.
    pub(crate) fn add(&mut self, line: Arc<T>) {
        let at = self.0.len() - self.after(Some(line.id())).len();
        self.0.insert(at, line);
    }

    /// Takes lines out, by their ids.
    pub(crate) fn remove(&mut self, ids: &BTreeSet<i64>) {
        self.0.retain(|line| !ids.contains(&line.id()));
    }

    /// The first of new lines whose id is taken, be it by another of them.
    pub(crate) fn taken<'a>(&self, new: &'a [impl Borrow<T>]) -> Option<&'a T> {
        let new = || new.iter().map(Borrow::borrow);
        let by_another = |line: &T| {
            let same = |other: &&T| other.id() == line.id();
            new().filter(same).nth(1).is_some()
        };
        let rising = new().is_sorted_by(|one, other| one.id() < other.id());
        new().find(|line| self.get(line.id()).is_some() || (!rising && by_another(line)))
    }
}
