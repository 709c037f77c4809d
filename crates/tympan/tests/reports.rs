//! Reports and the history of jobs: pages, clocks that go back, other tenants, totals too large.

#![cfg(feature = "sqlite")]
#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use std::sync::Arc;

use tempfile::TempDir;
use tympan::core::ids::TenantId;
use tympan::sources::ManualClock;
use tympan::{
    Authorise, Bootstrap, Charge, Code, CreateProfile, CreateUser, Currency, Extra, Handle,
    JobLine, Measure, Options, PageRequest, Period, PlanTerms, ProfileId, Refund, ReportBy,
    ReportEvery, ReportRow, ReportSubject, Settle, StatedCost, TimeZoneName, Timestamp, Tympan,
    Usage, UsageReport, UserId, Void,
};

const DAY: i64 = 24 * 3_600_000;

struct Shop {
    clock: Arc<ManualClock>,
    tympan: Tympan,
    host: Handle,
    profile: ProfileId,
    folder: TempDir,
}

fn day(number: i64) -> Timestamp {
    Timestamp::from_millis(1_767_225_600_000 + number * DAY)
}

/// Day 0 is 2026-01-01; users are counted in pages, and pay what the host states.
fn shop() -> Shop {
    let clock = Arc::new(ManualClock::at(day(0)));
    let options = Options::default().clock(clock.clone());
    let folder = tempfile::tempdir().unwrap();
    let address = format!("sqlite:{}", folder.path().join("shop.db").display());
    let tympan = Tympan::open(&address, options).unwrap();
    let host = tympan.host();
    let profile = set_up(&host);
    Shop {
        clock,
        tympan,
        host,
        profile,
        folder,
    }
}

fn set_up(host: &Handle) -> ProfileId {
    host.run(Bootstrap::new("Shop", Currency::EUR, "Ada"))
        .unwrap();
    let plan = PlanTerms::monthly(Measure::TotalPages, 100_000, TimeZoneName::UTC);
    let staff = host.run(CreateProfile::new("Staff").plan(plan)).unwrap();
    staff.id
}

fn user(host: &Handle, profile: ProfileId, name: &str) -> UserId {
    let mut user = CreateUser::named(name).profile(profile);
    user.fields.restricted = Some(false);
    host.run(user).unwrap().user.id
}

fn print(host: &Handle, user: UserId, key: &str, pages: i64) {
    host.run(Charge::new(user, key, Usage::pages(pages)))
        .unwrap();
}

fn pages_used(row: &ReportRow) -> i64 {
    let total = row
        .totals
        .iter()
        .find(|total| total.measure == Measure::TotalPages);
    total.map_or(0, |total| total.used)
}

fn rows(host: &Handle, report: &UsageReport, limit: u32) -> Vec<ReportRow> {
    let (mut all, mut page) = (Vec::new(), PageRequest::of(limit));
    loop {
        let found = host.report(report, &page).unwrap();
        assert!(found.rows.len() <= usize::try_from(limit).unwrap());
        all.extend(found.rows);
        match found.next {
            Some(next) => page = page.after(next),
            None => return all,
        }
    }
}

#[test]
fn pages_of_a_report_join_to_the_whole_in_order() {
    let shop = shop();
    let users: Vec<UserId> = (0..7)
        .map(|number| user(&shop.host, shop.profile, &format!("User {number}")))
        .collect();
    // Later users first, so that rows come in another order than their keys.
    for on in 0..5 {
        shop.clock.set(day(on));
        for (number, user) in users.iter().enumerate().rev() {
            let pages = 1 + on + i64::try_from(number).unwrap();
            print(&shop.host, *user, &format!("{on} {number}"), pages);
        }
    }
    let report = UsageReport::of(Period::ALL)
        .by(ReportBy::User)
        .every(ReportEvery::Day);
    let whole = rows(&shop.host, &report, 999);
    assert_eq!(whole.len(), 35);
    for (place, row) in whole.iter().enumerate() {
        let (on, number) = (place / 7, place % 7);
        assert_eq!(row.subject, ReportSubject::User(users[number]));
        assert_eq!(row.since, Some(day(i64::try_from(on).unwrap())));
        assert_eq!(pages_used(row), i64::try_from(1 + on + number).unwrap());
    }
    for limit in [1, 2, 34, 35, 36] {
        assert_eq!(rows(&shop.host, &report, limit), whole, "{limit}");
    }
}

#[test]
fn jobs_are_counted_for_profiles_that_record_them() {
    let shop = shop();
    for (name, measures, expected) in [
        ("Pages", vec![Measure::TotalPages], (None, Some(3))),
        ("Jobs", vec![Measure::Jobs], (Some(1), None)),
    ] {
        let mut profile = CreateProfile::new(name);
        profile.tracking.measures = Some(measures);
        let profile = shop.host.run(profile).unwrap().id;
        let user = user(&shop.host, profile, name);
        print(&shop.host, user, name, 3);
        let mut report = UsageReport::of(Period::ALL);
        report.filter.user = Some(user);
        let rows = rows(&shop.host, &report, 9);
        let totals = &rows[0].totals;
        let used = |measure: Measure| {
            let total = totals.iter().find(|total| total.measure == measure);
            total.map(|total| total.used)
        };
        assert_eq!(
            (used(Measure::Jobs), used(Measure::TotalPages)),
            expected,
            "{name}"
        );
    }
}

#[test]
fn what_is_given_back_of_nothing_is_no_report() {
    let shop = shop();
    let ann = user(&shop.host, shop.profile, "Ann");
    print(&shop.host, ann, "job", 3);
    shop.host
        .run(Refund::new("job", "back", "smeared"))
        .unwrap();
    let report = UsageReport::of(Period::ALL);
    let whole = rows(&shop.host, &report, 9);
    assert_eq!(whole.iter().map(pages_used).sum::<i64>(), 3);
    let file = rusqlite::Connection::open(shop.folder.path().join("shop.db")).unwrap();
    let gone = "DELETE FROM entry WHERE request = 'charge'";
    assert_eq!(file.execute(gone, []).unwrap(), 1);
    let error = shop.host.report(&report, &PageRequest::of(9)).unwrap_err();
    assert_eq!(error.code(), Code::StoreCorrupt);
}

#[test]
fn what_was_decided_while_the_clock_was_behind_counts_when_it_says() {
    let shop = shop();
    let (ann, bob) = (
        user(&shop.host, shop.profile, "Ann"),
        user(&shop.host, shop.profile, "Bob"),
    );
    shop.clock.set(day(400));
    print(&shop.host, ann, "ahead", 1);
    shop.clock.set(day(10));
    print(&shop.host, bob, "behind", 2);
    let within = |since: i64, until: i64| {
        let period = Period {
            since: Some(day(since)),
            until: Some(day(until)),
        };
        let pages = rows(&shop.host, &UsageReport::of(period), 9);
        let jobs = shop.host.jobs(period, &PageRequest::default()).unwrap();
        (pages.iter().map(pages_used).sum::<i64>(), jobs.rows.len())
    };
    assert_eq!(within(10, 11), (2, 1));
    assert_eq!(within(400, 401), (1, 1));
    assert_eq!(within(11, 400), (0, 0));
    assert_eq!(within(0, 500), (3, 2));
}

#[test]
fn another_tenant_is_not_counted() {
    let shop = shop();
    let other = shop.tympan.tenant(TenantId(7));
    let profile = set_up(&other);
    let theirs = user(&other, profile, "Theirs");
    let ours = user(&shop.host, shop.profile, "Ours");
    for number in 0..20 {
        print(&other, theirs, &format!("{number}"), 5);
        print(&shop.host, ours, &format!("{number}"), 1);
    }
    other.run(Refund::new("3", "blank", "r")).unwrap();
    for (host, used) in [(&shop.host, 20), (&other, 100)] {
        let found = rows(host, &UsageReport::of(Period::ALL), 9);
        assert_eq!(found.iter().map(pages_used).collect::<Vec<_>>(), [used]);
        let jobs = host.jobs(Period::ALL, &PageRequest::of(999)).unwrap();
        assert_eq!(jobs.rows.len(), if used == 20 { 20 } else { 21 });
    }
    let strange = shop
        .host
        .user_jobs(theirs, Period::ALL, &PageRequest::default());
    assert_eq!(strange.unwrap().rows, []);
    let cursor = other
        .jobs(Period::ALL, &PageRequest::of(1))
        .unwrap()
        .next
        .unwrap();
    let page = PageRequest::default().after(cursor);
    let refused = shop.host.jobs(Period::ALL, &page).unwrap_err();
    assert_eq!(refused.code(), Code::InvalidCursor);
}

#[test]
fn a_total_that_does_not_fit_is_refused_and_smaller_ones_are_told() {
    let shop = shop();
    for name in ["Ann", "Bob"] {
        let user = user(&shop.host, shop.profile, name);
        let mut job = Charge::new(user, name, Usage::pages(1));
        job.cost = Some(StatedCost {
            cost_micros: i64::MAX - 1,
            currency: Currency::EUR,
        });
        shop.host.run(job).unwrap();
    }
    let all = UsageReport::of(Period::ALL);
    let refused = shop.host.report(&all, &PageRequest::default()).unwrap_err();
    assert_eq!(refused.code(), Code::AmountOverflow);
    assert_eq!(rows(&shop.host, &all.by(ReportBy::User), 9).len(), 2);
}

#[test]
fn a_total_that_fits_is_told_though_it_did_not_on_the_way() {
    let shop = shop();
    let ann = user(&shop.host, shop.profile, "Ann");
    let cost = |cost_micros| {
        Some(StatedCost {
            cost_micros,
            currency: Currency::EUR,
        })
    };
    for key in ["1", "2"] {
        let mut job = Charge::new(ann, key, Usage::default());
        job.cost = cost(0);
        let hold = shop.host.run(Authorise::new(job)).unwrap().hold.unwrap();
        // What it costs is told, and nothing of it is taken.
        let settle = Settle {
            hold,
            key: format!("settle {key}").into(),
            usage: Usage::default(),
            queue: None,
            cost: cost(i64::MAX - 1),
            extra: Extra::Deny,
        };
        shop.host.run(settle).unwrap();
    }
    shop.host.run(Void::new("settle 1", "jam", "3")).unwrap();
    let found = rows(&shop.host, &UsageReport::of(Period::ALL), 9);
    let totals = found.iter().flat_map(|row| &row.totals);
    let money = totals.filter(|total| total.measure == Measure::Cost(Currency::EUR));
    let used: Vec<i64> = money.map(|total| total.used).collect();
    assert_eq!(used, [i64::MAX - 1]);
}

#[test]
fn pages_of_a_users_jobs_join_to_the_whole_while_more_come() {
    let shop = shop();
    let ann = user(&shop.host, shop.profile, "Ann");
    for number in 0..250 {
        let mut job = Charge::new(ann, format!("{number}"), Usage::pages(1));
        // Some are paid with money as well, some with it alone of another wallet.
        if number % 3 == 0 {
            let currency = if number % 2 == 0 { "EUR" } else { "USD" };
            job.cost = Some(StatedCost {
                cost_micros: 5,
                currency: Currency::parse(currency).unwrap(),
            });
        }
        shop.host.run(job).unwrap();
    }
    let whole = shop.host.user_jobs(ann, Period::ALL, &PageRequest::of(999));
    let whole: Vec<JobLine> = whole.unwrap().rows;
    assert_eq!(whole.len(), 250);
    assert!(whole.is_sorted_by(|newer, older| newer.entry > older.entry));
    for limit in [1, 7, 249] {
        let (mut found, mut page) = (Vec::new(), PageRequest::of(limit));
        loop {
            let next = shop.host.user_jobs(ann, Period::ALL, &page).unwrap();
            found.extend(next.rows);
            print(&shop.host, ann, &format!("{limit} {}", found.len()), 1);
            match next.next {
                Some(next) => page = page.after(next),
                None => break,
            }
        }
        let extra = found.len() - whole.len();
        // Those that came while the pages before were read.
        assert_eq!(found[extra..], whole, "{limit}");
    }
}
