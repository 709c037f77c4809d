//! Untracked usage from its report to its end: lists, jobs, reports, copies, and what a check finds.

#![cfg(feature = "sqlite")]
#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tempfile::TempDir;
use tympan::core::command::TenantKeys;
use tympan::core::ids::TenantId;
use tympan::core::proof;
use tympan::core::records::{Untracked, UntrackedState};
use tympan::core::row::{Cell, Row};
use tympan::sources::ManualClock;
use tympan::{
    AssignUntracked, Bootstrap, Charge, ChargedOrKept, Code, CreateUser, Currency,
    DismissUntracked, EraseUntrackedName, Error, Handle, JobState, KeyRing, Measure, Options,
    PageRequest, Period, Refund, ReportBy, StatedCost, Timestamp, Tympan, UntrackedId,
    UntrackedUsage, Usage, UsageReport, UserId, UserReference,
};

fn keys() -> KeyRing {
    KeyRing::from_bytes(1, &std::array::from_fn(|at| at as u8 ^ 0x5a)).unwrap()
}

fn open(address: &str) -> Tympan {
    let clock = ManualClock::at(Timestamp::from_millis(1_788_264_000_000));
    let options = Options::default().keys(keys()).clock(Arc::new(clock));
    Tympan::open(address, options).unwrap()
}

fn address(path: &Path) -> String {
    format!("sqlite:{}", path.display())
}

struct Shop {
    tympan: Tympan,
    host: Handle,
    ann: UserId,
    path: PathBuf,
    _folder: TempDir,
}

fn shop() -> Shop {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shop.db");
    let tympan = open(&address(&path));
    let host = tympan.host();
    host.run(Bootstrap::new("Shop", Currency::EUR, "Ada"))
        .unwrap();
    let ann = CreateUser::named("Ann").username("ann");
    let ann = host.run(ann).unwrap().user.id;
    Shop {
        tympan,
        host,
        ann,
        path,
        _folder: folder,
    }
}

fn keep(host: &Handle, name: &str, key: &str, pages: i64) -> UntrackedUsage {
    let job = Charge::new(UserReference::username(name), key, Usage::pages(pages));
    match host.run(job.or_keep()).unwrap() {
        ChargedOrKept::Kept(kept) => kept,
        ChargedOrKept::Charged(receipt) => unreachable!("{receipt:?}"),
    }
}

fn open_ids(host: &Handle, limit: u32) -> Vec<UntrackedId> {
    let (mut all, mut page) = (Vec::new(), PageRequest::of(limit));
    loop {
        let found = host.open_untracked(&page).unwrap();
        assert!(found.rows.len() <= usize::try_from(limit).unwrap());
        all.extend(found.rows.iter().map(|row| row.id));
        match found.next {
            Some(cursor) => page = page.after(cursor),
            None => return all,
        }
    }
}

#[test]
fn what_is_open_is_listed_in_the_order_of_its_reports() {
    let shop = shop();
    let memory = open("memory:");
    memory
        .host()
        .run(Bootstrap::new("Shop", Currency::EUR, "Ada"))
        .unwrap();
    let ann = CreateUser::named("Ann").username("ann");
    let ann = memory.host().run(ann).unwrap().user.id;
    for (host, ann) in [(&shop.host, shop.ann), (&memory.host(), ann)] {
        let kept: Vec<_> = (0..7)
            .map(|at| keep(host, "bob", &format!("job {at}"), at).id)
            .collect();
        for limit in [1, 2, 7, 8] {
            assert_eq!(open_ids(host, limit), kept);
        }
        host.run(AssignUntracked::new(kept[0], ann)).unwrap();
        host.run(DismissUntracked::new(kept[3], "a test page"))
            .unwrap();
        host.run(EraseUntrackedName::of(kept[5])).unwrap();
        let left = [kept[1], kept[2], kept[4], kept[5], kept[6]];
        assert_eq!(open_ids(host, 2), left);
        let page = PageRequest::of(5);
        let shown = host.open_untracked(&page).unwrap().rows;
        let names: Vec<_> = shown.iter().map(|row| row.reported_as.as_deref()).collect();
        let bob = Some("bob");
        assert_eq!(names, [bob, bob, bob, None, bob]);
        let denied = host.as_user(ann).open_untracked(&page).unwrap_err();
        assert_eq!(denied.code(), Code::Denied);
        let event = host.audit_events(&PageRequest::of(1)).unwrap().end.unwrap();
        let wrong = host.open_untracked(&page.clone().after(event)).unwrap_err();
        assert_eq!(wrong.code(), Code::InvalidCursor);
        let cursor = host.open_untracked(&PageRequest::of(1)).unwrap().end;
        let events = host.audit_events(&page.after(cursor.unwrap()));
        assert_eq!(events.unwrap_err().code(), Code::InvalidCursor);
    }
}

#[test]
fn jobs_and_reports_know_of_it_once_it_is_assigned() {
    let shop = shop();
    let host = &shop.host;
    let mut job = Charge::new(UserReference::username("bob"), "job", Usage::pages(5));
    job.cost = Some(StatedCost {
        cost_micros: 70,
        currency: Currency::EUR,
    });
    let ChargedOrKept::Kept(kept) = host.run(job.or_keep()).unwrap() else {
        unreachable!("nobody is called Bob")
    };
    let report = UsageReport {
        by: ReportBy::User,
        ..UsageReport::of(Period::ALL)
    };
    let page = PageRequest::of(9);
    assert!(host.report(&report, &page).unwrap().rows.is_empty());
    assert!(host.jobs(Period::ALL, &page).unwrap().rows.is_empty());
    host.run(AssignUntracked::new(kept.id, shop.ann)).unwrap();
    let rows = host.report(&report, &page).unwrap().rows;
    let jobs = rows.iter().flat_map(|row| &row.totals);
    let jobs = jobs.filter(|total| total.measure == Measure::Jobs);
    assert_eq!(jobs.map(|total| total.used).collect::<Vec<_>>(), [1]);
    let state = || {
        let jobs = host.jobs(Period::ALL, &page).unwrap().rows;
        jobs.iter().find_map(|job| job.state)
    };
    assert_eq!(state(), Some(JobState::Charged));
    let back = host.run(Refund::new("job", "smeared", "r")).unwrap();
    assert_eq!(back.lines[0].amount, 70);
    assert!(shop.tympan.verify().unwrap().is_sound());
}

#[test]
fn a_copy_and_a_backup_carry_it() {
    let shop = shop();
    let host = &shop.host;
    let kept = ["1", "2", "3"].map(|key| keep(host, "bob", key, 5).id);
    host.run(AssignUntracked::new(kept[0], shop.ann)).unwrap();
    host.run(DismissUntracked::new(kept[1], "a test page"))
        .unwrap();
    let copy = open("memory:");
    shop.tympan.copy_to(&copy, &mut |_| {}).unwrap();
    assert!(copy.verify().unwrap().is_sound());
    assert_eq!(open_ids(&copy.host(), 9), [kept[2]]);
    let folder = tempfile::tempdir().unwrap();
    let backup = folder.path().join("backup.db");
    shop.tympan.backup_to(&backup).unwrap();
    let backup = open(&address(&backup));
    assert!(backup.verify().unwrap().is_sound());
    assert_eq!(open_ids(&backup.host(), 9), [kept[2]]);
    // The keys answer there as well.
    let again = AssignUntracked::new(kept[0], shop.ann);
    assert_eq!(backup.host().run(again.clone()), host.run(again));
}

#[test]
fn of_a_batch_the_first_decides_and_the_others_find_it() {
    let shop = shop();
    let host = &shop.host;
    let report = || {
        let bob = UserReference::username("bob");
        Charge::new(bob, "job", Usage::pages(5)).or_keep()
    };
    let kept = host.run_all(vec![report(), report()]);
    assert_eq!(kept[0], kept[1]);
    let id = UntrackedId::of(&"job".into(), host.tenant()).unwrap();
    assert_eq!(open_ids(host, 9), [id]);
    let eve = host.run(CreateUser::named("Eve")).unwrap().user.id;
    let assign = |user: UserId| AssignUntracked::new(id, user);
    let answers = host.run_all(vec![assign(shop.ann), assign(eve), assign(shop.ann)]);
    let code = |place: usize| answers[place].as_ref().map_err(Error::code).err();
    assert_eq!(
        [code(0), code(1), code(2)],
        [None, Some(Code::UntrackedResolved), None]
    );
    assert_eq!(answers[0], answers[2]);
    assert!(shop.tympan.verify().unwrap().is_sound());
}

#[test]
fn of_two_processes_that_assign_at_once_one_comes_second() {
    let shop = shop();
    let eve = shop.host.run(CreateUser::named("Eve")).unwrap().user.id;
    let kept: Vec<UntrackedId> = (0..40)
        .map(|at| keep(&shop.host, "bob", &format!("job {at}"), 1).id)
        .collect();
    let other = open(&address(&shop.path));
    let both = [(&shop.tympan, shop.ann), (&other, eve)];
    let won: Vec<Vec<UntrackedId>> = std::thread::scope(|scope| {
        let threads = both.map(|(tympan, user)| {
            let kept = &kept;
            scope.spawn(move || {
                let host = tympan.host();
                let mine =
                    kept.iter()
                        .filter(|id| match host.run(AssignUntracked::new(**id, user)) {
                            Ok(_) => true,
                            Err(error) if error.code() == Code::UntrackedResolved => false,
                            Err(error) => unreachable!("{error}"),
                        });
                mine.copied().collect()
            })
        });
        threads.map(|thread| thread.join().unwrap()).into()
    });
    let mut all = won.concat();
    all.sort_unstable();
    let mut expected = kept;
    expected.sort_unstable();
    assert_eq!(all, expected, "each once");
    assert!(shop.tympan.verify().unwrap().is_sound());
}

/// One that is assigned, one that is dismissed, and one that is open.
fn three(shop: &Shop) -> [UntrackedId; 3] {
    let kept = ["1", "2", "3"].map(|key| keep(&shop.host, "bob", key, 5).id);
    shop.host
        .run(AssignUntracked::new(kept[0], shop.ann))
        .unwrap();
    shop.host
        .run(DismissUntracked::new(kept[1], "a test page"))
        .unwrap();
    assert!(shop.tympan.verify().unwrap().is_sound());
    kept
}

/// The rules that a check finds broken after a statement was run behind its back.
fn broken_by(shop: &Shop, sql: &str) -> Vec<&'static str> {
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("copy.db");
    shop.tympan.backup_to(&copy).unwrap();
    let connection = rusqlite::Connection::open(&copy).unwrap();
    connection.execute_batch(sql).unwrap();
    drop(connection);
    let found = open(&address(&copy)).verify().unwrap();
    found.faults.iter().map(|fault| fault.rule).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn what_is_changed_or_removed_in_the_file_is_found() {
    let shop = shop();
    let [assigned, _, left] = three(&shop);
    let of = |id: UntrackedId| format!("WHERE key = x'{}'", hex(&id.0));
    assert_eq!(broken_by(&shop, ""), [""; 0]);
    for set in [
        "reported_as = 'eve'",
        "queue = 'A3'",
        "cost_micros = 0",
        "state = 'dismissed'",
        "at = at - 1",
    ] {
        let sql = format!("UPDATE untracked SET {set} {}", of(left));
        assert_eq!(broken_by(&shop, &sql), ["untracked"], "{set}");
    }
    let removed = format!("DELETE FROM untracked {}", of(left));
    assert_eq!(broken_by(&shop, &removed), ["untracked"]);
    let removed = format!("DELETE FROM untracked {}", of(assigned));
    assert_eq!(broken_by(&shop, &removed), ["untracked", "untracked"]);
}

#[test]
fn what_is_put_back_to_what_it_was_is_found_by_its_version() {
    let shop = shop();
    let kept = keep(&shop.host, "bob", "1", 5);
    let folder = tempfile::tempdir().unwrap();
    let old = folder.path().join("old.db");
    shop.tympan.backup_to(&old).unwrap();
    shop.host
        .run(DismissUntracked::new(kept.id, "a test page"))
        .unwrap();
    let old = old.display();
    let sql = format!(
        "ATTACH '{old}' AS old; DELETE FROM untracked;
         INSERT INTO untracked SELECT * FROM old.untracked"
    );
    assert_eq!(broken_by(&shop, &sql), ["version"]);
}

/// The statement that puts a record in its place, with the digest that only the keys can make.
fn forged(shop: &Shop, id: UntrackedId, change: impl Fn(&mut Untracked)) -> String {
    let connection = rusqlite::Connection::open(&shop.path).unwrap();
    let sql = "SELECT * FROM untracked WHERE key = ?1";
    let mut cells = connection
        .query_row(sql, [id.0], |row| {
            let columns = 0..Untracked::TABLE.columns.len();
            columns.map(|at| row.get(at)).collect::<Result<Vec<_>, _>>()
        })
        .unwrap()
        .into_iter()
        .map(|value| match value {
            rusqlite::types::Value::Null => Cell::Null,
            rusqlite::types::Value::Integer(number) => Cell::Integer(number),
            rusqlite::types::Value::Text(text) => Cell::Text(text.into()),
            rusqlite::types::Value::Blob(bytes) => Cell::Bytes(bytes.into()),
            rusqlite::types::Value::Real(_) => unreachable!("there are no reals"),
        });
    let mut untracked = Untracked::from_cells(&mut || cells.next()).unwrap();
    change(&mut untracked);
    let keys = TenantKeys::new(&keys(), TenantId::DEFAULT);
    untracked.digest = proof::of_untracked(&keys.record, &untracked);
    let user = untracked.assigned_to.map(|user| user.0.to_string());
    let at = untracked.resolved_at.map(|at| at.millis().to_string());
    let or_null = |number: Option<String>| number.unwrap_or_else(|| "NULL".to_owned());
    format!(
        "UPDATE untracked SET state = '{}', assigned_to = {}, resolved_at = {}, digest = x'{}'
         WHERE key = x'{}'",
        untracked.state.as_str(),
        or_null(user),
        or_null(at),
        hex(&untracked.digest),
        hex(&id.0),
    )
}

#[test]
fn whoever_has_the_keys_cannot_assign_without_a_charge_or_charge_another() {
    let shop = shop();
    let [assigned, dismissed, _] = three(&shop);
    let same = forged(&shop, assigned, |_| {});
    assert_eq!(broken_by(&shop, &same), [""; 0]);
    let other = forged(&shop, assigned, |one| one.assigned_to = Some(UserId(1)));
    assert_eq!(broken_by(&shop, &other), ["untracked", "untracked"]);
    let open = forged(&shop, assigned, |one| {
        one.state = UntrackedState::Open;
        one.assigned_to = None;
        one.resolved_at = None;
    });
    assert_eq!(broken_by(&shop, &open), ["untracked"]);
    let uncharged = forged(&shop, dismissed, |one| {
        one.state = UntrackedState::Assigned;
        one.assigned_to = Some(shop.ann);
    });
    assert_eq!(broken_by(&shop, &uncharged), ["untracked"]);
}
