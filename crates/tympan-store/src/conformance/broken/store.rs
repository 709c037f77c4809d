//! A store with a fault, but its turns and what it loads.

use std::sync::Arc;

use tympan_core::error::Error;
use tympan_core::ids::TenantId;
use tympan_core::queries::{AuditQuery, EntryQuery, UntrackedQuery, UserQuery};
use tympan_core::records::{AuditEvent, AuditText, Entry, EntryText, Untracked, User};
use tympan_core::row::{Cell, Table};
use tympan_core::time::Timestamp;
use tympan_core::view::{ReadSet, View};

use super::turn::BrokenTurn;
use super::{Fault, Shared, lock};
use crate::conformance::samples::TENANT;
use crate::{Report, Snapshot, Stamp, Store, Turn};

pub(super) struct BrokenStore {
    pub(super) fault: Fault,
    pub(super) sound: Box<dyn Store>,
    pub(super) shared: Arc<Shared>,
}

impl Store for BrokenStore {
    fn read(&self, set: &ReadSet, view: &mut View) -> Result<(), Error> {
        self.load(set, view, |set, view| self.sound.read(set, view))
    }

    fn users(&self, query: &UserQuery) -> Result<Vec<User>, Error> {
        let mut query = query.clone();
        match self.fault {
            Fault::IgnoresTheTenant if self.sound.users(&query)?.is_empty() => {
                query.tenant = TENANT
            }
            Fault::RepeatsUsers => {
                if let Some(place) = &mut query.after {
                    place.id.0 -= 1;
                }
            }
            Fault::ExceedsTheLimit => query.limit += 1,
            Fault::IgnoresPatterns => query.pattern = None,
            Fault::IgnoresGroups => query.group = None,
            _ => {}
        }
        let mut users = self.sound.users(&query)?;
        match (self.fault, &query.pattern) {
            (Fault::ReversesUsers, _) => users.reverse(),
            (Fault::SearchesOnlyNames, Some(pattern)) => {
                users.retain(|user| pattern.matches(&user.name_folded));
            }
            _ => {}
        }
        Ok(users)
    }

    fn entries(&self, query: &EntryQuery) -> Result<Vec<(Entry, Option<EntryText>)>, Error> {
        let mut entries = self.sound.entries(query)?;
        match self.fault {
            Fault::ReversesEntries => entries.reverse(),
            Fault::LosesWords => entries.iter_mut().for_each(|(_, text)| *text = None),
            _ => {}
        }
        Ok(entries)
    }

    fn audit_events(
        &self,
        query: &AuditQuery,
    ) -> Result<Vec<(AuditEvent, Option<AuditText>)>, Error> {
        let mut events = self.sound.audit_events(query)?;
        match self.fault {
            Fault::ReversesEvents => events.reverse(),
            Fault::LosesWords => events.iter_mut().for_each(|(_, text)| *text = None),
            _ => {}
        }
        Ok(events)
    }

    fn open_untracked(&self, query: &UntrackedQuery) -> Result<Vec<Untracked>, Error> {
        let mut found = self.sound.open_untracked(query)?;
        if self.fault == Fault::ReversesUntracked {
            found.reverse();
        }
        Ok(found)
    }

    fn scan(
        &self,
        table: &'static Table,
        tenant: Option<TenantId>,
        after: Option<&[Cell<'static>]>,
        limit: u32,
    ) -> Result<Vec<Vec<Cell<'static>>>, Error> {
        let tenant = tenant.filter(|_| self.fault != Fault::ScansEveryTenant);
        let mut rows = self.sound.scan(table, tenant, after, limit)?;
        match (self.fault, after) {
            (Fault::ReversesScans, _) => rows.reverse(),
            (Fault::RepeatsRows, Some(after)) => {
                let all = self.sound.scan(table, tenant, None, u32::MAX)?;
                let from = all.iter().position(|row| row.starts_with(after));
                rows = all.into_iter().skip(from.unwrap_or(0)).collect();
                rows.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
            }
            _ => {}
        }
        Ok(rows)
    }

    fn erase_words(&self, tenant: TenantId, until: Timestamp, limit: u32) -> Result<u32, Error> {
        match self.fault {
            Fault::ErasesNothing => Ok(0),
            Fault::ErasesTooMuch => self.sound.erase_words(tenant, Timestamp::LATEST, limit),
            _ => self.sound.erase_words(tenant, until, limit),
        }
    }

    fn settle(&self, below: Option<i64>) -> Result<i64, Error> {
        self.sound.settle(below)
    }

    fn stamp(&self) -> Result<Stamp, Error> {
        let mut stamp = self.sound.stamp()?;
        match self.fault {
            Fault::KeepsTheStamp => stamp = Stamp::default(),
            Fault::ChangesTheStamp => {
                let mut asked = lock(&self.shared.asked);
                *asked += 1;
                stamp.1 += *asked;
            }
            _ => {}
        }
        Ok(stamp)
    }

    fn snapshot(&self) -> Result<Box<dyn Snapshot + '_>, Error> {
        match self.fault {
            Fault::MovesSnapshots => Ok(Box::new(Moving(&*self.sound))),
            _ => self.sound.snapshot(),
        }
    }

    fn now(&self) -> Result<Option<Timestamp>, Error> {
        match self.fault {
            Fault::HasTwoClocks => Ok(Some(Timestamp::EPOCH)),
            _ => self.sound.now(),
        }
    }

    fn doctor(&self) -> Result<Report, Error> {
        let mut report = self.sound.doctor()?;
        if self.fault == Fault::GivesNoReasons {
            report.why.clear();
        }
        Ok(report)
    }

    fn turn(&self) -> Result<Box<dyn Turn + '_>, Error> {
        Ok(Box::new(BrokenTurn {
            store: self,
            sound: self.sound.turn()?,
        }))
    }
}

/// What is there now, whenever it is asked for.
struct Moving<'a>(&'a dyn Store);

impl Snapshot for Moving<'_> {
    fn read(&self, set: &ReadSet, view: &mut View) -> Result<(), Error> {
        self.0.read(set, view)
    }

    fn scan(
        &self,
        table: &'static Table,
        tenant: Option<TenantId>,
        after: Option<&[Cell<'static>]>,
        limit: u32,
    ) -> Result<Vec<Vec<Cell<'static>>>, Error> {
        self.0.scan(table, tenant, after, limit)
    }
}
