//! What `verify` finds: every cell that the books rest on is changed in turn, behind its back.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may stop at the first surprise"
)]

use std::sync::Arc;

use tympan::core::ids::TenantId;
use tympan::core::queries::{AuditQuery, EntryQuery, UntrackedQuery, UserQuery};
use tympan::core::records::{
    AuditEvent, AuditText, Claim, Entry, EntryText, HoldPart, Identity, Membership, Refunded,
    RoleRow, RoleRowAccount, Strand, TABLES, Untracked, User, Uses, Wallet,
};
use tympan::core::row::{Cell, CellKind, Row, Table};
use tympan::core::time::Timestamp;
use tympan::core::view::{ReadSet, View};
use tympan::{
    Accounts, Adjust, AssignUntracked, Authorise, Bootstrap, Charge, CreateAccount, CreateGroup,
    CreateProfile, CreateUser, Currency, Error, KeyRing, Measure, NewIdentity, NewRoleRow, Options,
    PlanTerms, Refund, TimeZoneName, Tympan, UntrackedId, Usage, UserReference, Verification, Void,
    WalletName,
};
use tympan_memory::MemoryStore;
use tympan_store::{Report, Snapshot, Stamp, Store, Turn};

/// What becomes of the rows of one table when they are scanned.
type Tamper = Box<dyn Fn(&mut Vec<Vec<Cell<'static>>>) + Send + Sync>;

struct Tampered {
    store: MemoryStore,
    table: &'static str,
    tamper: Arc<Tamper>,
}

impl Store for Tampered {
    fn read(&self, set: &ReadSet, view: &mut View) -> Result<(), Error> {
        self.store.read(set, view)
    }

    fn users(&self, query: &UserQuery) -> Result<Vec<User>, Error> {
        self.store.users(query)
    }

    fn entries(&self, query: &EntryQuery) -> Result<Vec<(Entry, Option<EntryText>)>, Error> {
        self.store.entries(query)
    }

    fn audit_events(
        &self,
        query: &AuditQuery,
    ) -> Result<Vec<(AuditEvent, Option<AuditText>)>, Error> {
        self.store.audit_events(query)
    }

    fn open_untracked(&self, query: &UntrackedQuery) -> Result<Vec<Untracked>, Error> {
        self.store.open_untracked(query)
    }

    fn scan(
        &self,
        table: &'static Table,
        tenant: Option<TenantId>,
        after: Option<&[Cell<'static>]>,
        limit: u32,
    ) -> Result<Vec<Vec<Cell<'static>>>, Error> {
        self.store.scan(table, tenant, after, limit)
    }

    fn erase_words(&self, tenant: TenantId, until: Timestamp, limit: u32) -> Result<u32, Error> {
        self.store.erase_words(tenant, until, limit)
    }

    fn settle(&self, below: Option<i64>) -> Result<i64, Error> {
        self.store.settle(below)
    }

    fn stamp(&self) -> Result<Stamp, Error> {
        self.store.stamp()
    }

    fn snapshot(&self) -> Result<Box<dyn Snapshot + '_>, Error> {
        Ok(Box::new(TamperedSnapshot {
            snapshot: self.store.snapshot()?,
            table: self.table,
            tamper: Arc::clone(&self.tamper),
        }))
    }

    fn now(&self) -> Result<Option<Timestamp>, Error> {
        self.store.now()
    }

    fn doctor(&self) -> Result<Report, Error> {
        self.store.doctor()
    }

    fn turn(&self) -> Result<Box<dyn Turn + '_>, Error> {
        self.store.turn()
    }
}

struct TamperedSnapshot<'a> {
    snapshot: Box<dyn Snapshot + 'a>,
    table: &'static str,
    tamper: Arc<Tamper>,
}

impl Snapshot for TamperedSnapshot<'_> {
    fn read(&self, set: &ReadSet, view: &mut View) -> Result<(), Error> {
        self.snapshot.read(set, view)
    }

    fn scan(
        &self,
        table: &'static Table,
        tenant: Option<TenantId>,
        after: Option<&[Cell<'static>]>,
        limit: u32,
    ) -> Result<Vec<Vec<Cell<'static>>>, Error> {
        let mut rows = self.snapshot.scan(table, tenant, after, limit)?;
        if table.name == self.table && after.is_none() {
            (self.tamper)(&mut rows);
        }
        Ok(rows)
    }
}

fn keys() -> KeyRing {
    KeyRing::from_bytes(1, &std::array::from_fn(|at| at as u8 ^ 0x5a)).unwrap()
}

/// A shop in which every table that is checked has at least two rows of one user or tenant.
fn shop() -> MemoryStore {
    let store = MemoryStore::new();
    let options = Options::default().keys(keys());
    let shop = Tympan::open_store(Box::new(store.reopened()), options).unwrap();
    let host = shop.host();
    let made = host
        .run(Bootstrap::new("Shop", Currency::EUR, "Root").username("root"))
        .unwrap();
    let groups = ["Press", "Office"].map(|name| host.run(CreateGroup::new(name)).unwrap().id);
    let accounts = ["North", "South"].map(|name| host.run(CreateAccount::new(name)).unwrap().id);
    let pages = PlanTerms::monthly(Measure::TotalPages, 100, TimeZoneName::UTC);
    let profile = CreateProfile::new("Staff").plan(pages);
    let profile = host.run(profile).unwrap().id;
    let only = NewRoleRow {
        role: made.roles.accountant,
        accounts: Accounts::Only(accounts.into()),
    };
    let all = NewRoleRow {
        role: made.roles.regular,
        accounts: Accounts::All,
    };
    let mut ann = CreateUser::named("Ann")
        .username("ann")
        .identity(NewIdentity::generated_pin().alone());
    ann.fields.profile = Some(profile);
    ann.groups = groups.to_vec();
    ann.role_rows = vec![only, all];
    ann.reason = Some("hired".to_owned());
    let ann = host.run(ann).unwrap().user.id;
    for (key, amount) in [("a", 70), ("b", 7)] {
        let adjust = Adjust {
            user: ann.into(),
            wallet: WalletName::OwnFunds(Currency::EUR),
            amount,
            reason: "paid in".to_owned(),
            key: key.into(),
            may_owe: false,
        };
        host.run(adjust).unwrap();
    }
    for key in ["h", "i"] {
        let job = Charge::new(ann, key, Usage::pages(2));
        let hold = Authorise {
            job,
            expires_in_ms: None,
        };
        host.run(hold).unwrap();
    }
    for key in ["c", "d"] {
        host.run(Charge::new(ann, key, Usage::pages(3))).unwrap();
    }
    let part = Refund::new("c", "smeared", "r").part(Measure::TotalPages, 1);
    host.run(part).unwrap();
    host.run(Void::new("d", "never printed", "v")).unwrap();
    for key in ["k", "l"] {
        let bob = UserReference::username("bob");
        host.run(Charge::new(bob, key, Usage::pages(1)).or_keep())
            .unwrap();
        let kept = UntrackedId::of(&key.into(), TenantId::DEFAULT).unwrap();
        host.run(AssignUntracked::new(kept, ann)).unwrap();
    }
    store
}

fn verify(store: &MemoryStore, table: &'static str, tamper: Tamper) -> Result<Verification, Error> {
    let tampered = Tampered {
        store: store.reopened(),
        table,
        tamper: Arc::new(tamper),
    };
    let options = Options::default().keys(keys());
    Tympan::open_store(Box::new(tampered), options)?.verify()
}

/// Another value of the same kind.
fn other(cell: &Cell<'static>, kind: CellKind) -> Cell<'static> {
    match cell {
        Cell::Integer(number) => Cell::Integer(number ^ 1),
        Cell::Text(text) => Cell::Text(format!("{text}x").into()),
        Cell::Bytes(bytes) => {
            let mut bytes = bytes.to_vec();
            bytes[0] ^= 1;
            Cell::Bytes(bytes.into())
        }
        Cell::Null => match kind {
            CellKind::Integer => Cell::Integer(1),
            CellKind::Text => Cell::Text("x".into()),
            CellKind::Bytes => Cell::Bytes(vec![1; 32].into()),
        },
    }
}

/// A row that cannot be read any more is found as well.
fn is_found(checked: Result<Verification, Error>) -> bool {
    !checked.is_ok_and(|found| found.is_sound())
}

/// The columns of a table that no other record tells.
fn untold(table: &str) -> &'static [&'static str] {
    match table {
        // When a schedule is due is found anew from up to when it was run.
        "wallet" => &["version", "revision", "next_due_at"],
        "strand" => &["latest_at", "version"],
        "claim" | "uses" => &["version"],
        _ => &[],
    }
}

#[test]
fn every_cell_of_the_books_that_is_changed_is_found() {
    let store = shop();
    let sound = verify(&store, "none", Box::new(|_| {})).unwrap();
    assert!(sound.is_sound(), "{:?}", sound.faults);
    assert_eq!((sound.users, sound.wallets, sound.open_holds), (2, 2, 2));
    for table in [
        Entry::TABLE,
        EntryText::TABLE,
        Wallet::TABLE,
        HoldPart::TABLE,
        Refunded::TABLE,
        Untracked::TABLE,
        Strand::TABLE,
        AuditEvent::TABLE,
        AuditText::TABLE,
        Claim::TABLE,
        Uses::TABLE,
        User::TABLE,
        Identity::TABLE,
        Membership::TABLE,
        RoleRow::TABLE,
        RoleRowAccount::TABLE,
    ] {
        for (at, column) in table.columns.iter().enumerate() {
            if column.name == "settled_at" {
                // Entries tell only what it is not before: see the test of a changed file.
                continue;
            }
            let kind = column.kind;
            let change = move |rows: &mut Vec<Vec<Cell<'static>>>| {
                let cell = &mut rows.last_mut().unwrap()[at];
                *cell = other(cell, kind);
            };
            let found = is_found(verify(&store, table.name, Box::new(change)));
            let told = !untold(table.name).contains(&column.name);
            assert_eq!(found, told, "{} {}", table.name, column.name);
        }
    }
}

#[test]
fn every_row_that_is_lost_or_there_twice_is_found() {
    let store = shop();
    for table in [
        Entry::TABLE,
        Wallet::TABLE,
        HoldPart::TABLE,
        Refunded::TABLE,
        Untracked::TABLE,
        AuditEvent::TABLE,
        Strand::TABLE,
        Claim::TABLE,
        Uses::TABLE,
        User::TABLE,
        Identity::TABLE,
        Membership::TABLE,
        RoleRow::TABLE,
        RoleRowAccount::TABLE,
    ] {
        let rows = store.scan(table, None, None, 1_000).unwrap().len();
        assert!(rows > 1, "{}", table.name);
        for at in [0, rows - 1] {
            let lose = move |rows: &mut Vec<Vec<Cell<'static>>>| drop(rows.remove(at));
            let lost = verify(&store, table.name, Box::new(lose));
            assert!(is_found(lost), "{} without row {at}", table.name);
        }
    }
}

#[test]
fn nothing_that_is_found_stops_the_check() {
    let store = shop();
    for table in TABLES {
        for (at, column) in table.columns.iter().enumerate() {
            for extreme in [i64::MIN, -1, 0, i64::MAX] {
                let change = move |rows: &mut Vec<Vec<Cell<'static>>>| {
                    for row in rows {
                        if let Some(cell @ Cell::Integer(_)) = row.get_mut(at) {
                            *cell = Cell::Integer(extreme);
                        }
                    }
                };
                // Found or not: it comes to an end.
                let checked = verify(&store, table.name, Box::new(change));
                if let Ok(found) = checked {
                    for fault in &found.faults {
                        let rust = fault.what.contains('{') || fault.what.contains("::");
                        assert!(!rust, "{} {}: {}", table.name, column.name, fault.what);
                    }
                }
            }
        }
    }
}
