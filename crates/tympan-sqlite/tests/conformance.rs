//! The embedded store keeps the contract, in a file and in memory.
#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

use tempfile::TempDir;
use tympan_sqlite::{SqliteOptions, SqliteStore};
use tympan_store::Store;
use tympan_store::conformance::Harness;

/// A file, which every handle opens anew.
struct InFile(TempDir);

impl Harness for InFile {
    fn open(&self) -> Box<dyn Store> {
        let path = self.0.path().join("conformance.db");
        Box::new(SqliteStore::open(&path, &SqliteOptions::default()).unwrap())
    }
}

tympan_store::conformance!(InFile(tempfile::tempdir().unwrap()));

mod in_memory {
    use std::sync::Arc;

    use tympan_core::error::Error;
    use tympan_core::ids::TenantId;
    use tympan_core::queries::{AuditQuery, EntryQuery, UntrackedQuery, UserQuery};
    use tympan_core::records::{AuditEvent, AuditText, Entry, EntryText, Untracked, User};
    use tympan_core::row::{Cell, Table};
    use tympan_core::time::Timestamp;
    use tympan_core::view::{ReadSet, View};
    use tympan_store::{Report, Snapshot, Stamp, Turn};

    use super::*;

    /// The data lives in one store, which every handle shares.
    struct InMemory(Arc<SqliteStore>);

    struct Handle(Arc<SqliteStore>);

    impl Harness for InMemory {
        fn open(&self) -> Box<dyn Store> {
            Box::new(Handle(Arc::clone(&self.0)))
        }
    }

    impl Store for Handle {
        fn read(&self, set: &ReadSet, view: &mut View) -> Result<(), Error> {
            self.0.read(set, view)
        }
        fn users(&self, query: &UserQuery) -> Result<Vec<User>, Error> {
            self.0.users(query)
        }
        fn entries(&self, query: &EntryQuery) -> Result<Vec<(Entry, Option<EntryText>)>, Error> {
            self.0.entries(query)
        }
        fn audit_events(
            &self,
            query: &AuditQuery,
        ) -> Result<Vec<(AuditEvent, Option<AuditText>)>, Error> {
            self.0.audit_events(query)
        }

        fn open_untracked(&self, query: &UntrackedQuery) -> Result<Vec<Untracked>, Error> {
            self.0.open_untracked(query)
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
        fn erase_words(
            &self,
            tenant: TenantId,
            until: Timestamp,
            limit: u32,
        ) -> Result<u32, Error> {
            self.0.erase_words(tenant, until, limit)
        }

        fn settle(&self, below: Option<i64>) -> Result<i64, Error> {
            self.0.settle(below)
        }
        fn stamp(&self) -> Result<Stamp, Error> {
            self.0.stamp()
        }
        fn snapshot(&self) -> Result<Box<dyn Snapshot + '_>, Error> {
            self.0.snapshot()
        }
        fn now(&self) -> Result<Option<Timestamp>, Error> {
            self.0.now()
        }
        fn doctor(&self) -> Result<Report, Error> {
            self.0.doctor()
        }
        fn turn(&self) -> Result<Box<dyn Turn + '_>, Error> {
            self.0.turn()
        }
    }

    tympan_store::conformance!(InMemory(Arc::new(
        SqliteStore::in_memory(&SqliteOptions::default()).unwrap()
    )));
}
