//! What was shown stays as it was, whatever another process commits late.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test ends at the first surprise"
)]

mod common;
#[path = "common/shop.rs"]
mod shop;

use std::time::Duration;

use common::Schema;
use tympan::{PageRequest, Period, Timestamp, Tympan, UsageReport};
use tympan_core::records::{Entry, EntryText};
use tympan_core::row::Row;
use tympan_core::view::{Change, View, apply};
use tympan_store::{CommitError, Store, Turn};

/// Commits a copy of the newest entry of a wallet of nobody's, under an id.
fn write(store: &dyn Store, turn: Box<dyn Turn + '_>, id: i64) -> Result<(), CommitError> {
    let row = store.scan(Entry::TABLE, None, None, 1).unwrap().remove(0);
    let mut cells = row.into_iter();
    let entry = Entry::from_cells(&mut || cells.next()).unwrap();
    let entry = Entry {
        id: tympan_core::ids::EntryId(id),
        owner: id,
        key: None,
        ..entry
    };
    let mut view = View::default();
    apply(vec![Change::from(entry)], &mut view);
    turn.commit(&view.into_batch())
}

#[test]
fn no_job_comes_in_front_of_one_that_was_listed_or_into_a_period_that_was_reported() {
    let schema = Schema::new();
    let options = shop::options(&shop::keys(), Duration::from_secs(30)).schema(&schema.name);
    let tympan = Tympan::open(&common::address(), options).unwrap();
    shop::set_up(&tympan);
    shop::charge(&tympan, "first").unwrap();
    let other = schema.open();
    assert!(
        other
            .scan(EntryText::TABLE, None, None, 1)
            .unwrap()
            .is_empty()
    );

    // Another process draws its ids before a job is charged, and commits once that was listed.
    let mut early = other.turn().unwrap();
    let id = early.floor().unwrap() + 1;
    shop::charge(&tympan, "second").unwrap();
    let host = tympan.host();
    let jobs = host.jobs(Period::ALL, &PageRequest::of(9)).unwrap();
    assert_eq!(jobs.rows.len(), 2);
    let late = write(&other, early, id);
    assert!(matches!(late, Err(CommitError::Conflict(_))), "{late:?}");
    shop::charge(&tympan, "third").unwrap();
    let page = PageRequest::of(9).after(jobs.end.unwrap());
    assert_eq!(host.jobs(Period::ALL, &page).unwrap().rows.len(), 1);

    // Another one draws its ids before the end of a period, and commits once that was reported.
    let mut early = other.turn().unwrap();
    let id = early.floor().unwrap() + 1;
    let now = other.now().unwrap().unwrap();
    let period = Period {
        since: None,
        until: Some(now),
    };
    host.report(&UsageReport::of(period), &PageRequest::of(9))
        .unwrap();
    let late = write(&other, early, id);
    assert!(matches!(late, Err(CommitError::Conflict(_))), "{late:?}");

    // A period that is not over yet is nobody's concern.
    let mut early = other.turn().unwrap();
    let id = early.floor().unwrap() + 1;
    let period = Period {
        since: None,
        until: Some(Timestamp::LATEST),
    };
    host.report(&UsageReport::of(period), &PageRequest::of(9))
        .unwrap();
    write(&other, early, id).unwrap();
}
