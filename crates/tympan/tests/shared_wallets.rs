//! Shared wallets in lists, reports, checks and files.

#![cfg(feature = "sqlite")]
#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use std::path::PathBuf;
use std::sync::Arc;

use tempfile::TempDir;
use tympan::sources::ManualClock;
use tympan::{
    Authorise, Bootstrap, Charge, Code, CreateGroup, CreateUser, Currency, EditUser, Extra, Handle,
    Measure, Options, PageRequest, Period, ReportBy, ReportEvery, ReportSubject, Settle, SettleDue,
    SharedOrder, SharedWith, StatedCost, TextFormat, TimeZoneName, Timestamp, TopUp, Tympan, Usage,
    UsageReport, UserId, WalletName,
};

const EURO: i64 = 1_000_000;
const HOUR: i64 = 3_600_000;

struct Press {
    clock: Arc<ManualClock>,
    tympan: Tympan,
    host: Handle,
    ann: UserId,
    budget: UserId,
    path: PathBuf,
    _folder: TempDir,
}

/// Ann has 2.00, and the press, whose member she is, 10.00.
fn press() -> Press {
    let clock = Arc::new(ManualClock::at(Timestamp::from_millis(1_790_000_000_000)));
    let options = Options::default().clock(clock.clone());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shop.db");
    let tympan = Tympan::open(&format!("sqlite:{}", path.display()), options).unwrap();
    let host = tympan.host();
    host.run(Bootstrap::new("Shop", Currency::EUR, "Ada"))
        .unwrap();
    let group = host.run(CreateGroup::new("Press")).unwrap().id;
    let mut ann = CreateUser::named("Ann").username("ann");
    ann.groups.push(group);
    let ann = host.run(ann).unwrap().user.id;
    let mut budget = CreateUser::named("Budget of the press");
    budget.fields.shared_with = Some(SharedWith::Group(group));
    let budget = host.run(budget).unwrap().user.id;
    for (user, amount) in [(ann, 2 * EURO), (budget, 10 * EURO)] {
        let key = format!("cash of {user}");
        let paid = TopUp::new(user, (amount, Currency::EUR), "cash", key);
        host.run(paid).unwrap();
    }
    Press {
        clock,
        tympan,
        host,
        ann,
        budget,
        path,
        _folder: folder,
    }
}

impl Press {
    fn job(&self, key: &str, cost_micros: i64, order: SharedOrder) -> Charge {
        let mut job = Charge::new(self.ann, key, Usage::pages(1)).shared(self.budget, order);
        job.cost = Some(StatedCost {
            cost_micros,
            currency: Currency::EUR,
        });
        job
    }

    fn is_sound(&self) -> bool {
        self.tympan.verify().unwrap().faults.is_empty()
    }
}

#[test]
fn a_job_is_in_the_history_of_whose_it_is_and_statements_name_the_other() {
    let press = press();
    let (host, ann, budget) = (&press.host, press.ann, press.budget);
    host.run(press.job("a", 5 * EURO, SharedOrder::Last))
        .unwrap();
    let refused = host.run(press.job("b", 20 * EURO, SharedOrder::Only));
    assert_eq!(refused.unwrap_err().code(), Code::AllowanceExhausted);

    let page = PageRequest::default();
    let jobs = host.user_jobs(ann, Period::default(), &page).unwrap().rows;
    assert_eq!(jobs.len(), 2);
    let told = (jobs[0].needed, jobs[0].available);
    assert_eq!(told, (Some(20 * EURO), Some(7 * EURO)));
    let whose: Vec<_> = jobs[1].lines.iter().map(|line| line.user).collect();
    assert_eq!(whose, [ann, budget]);
    let of_budget = host.user_jobs(budget, Period::default(), &page).unwrap();
    assert!(of_budget.rows.is_empty());
    let text = host.jobs_text(Period::default(), TextFormat::Csv, &page);
    let text = text.unwrap().rows.concat();
    assert!(text.contains(&format!(
        "own_funds -2.00 EUR; own_funds -3.00 EUR of {budget}"
    )));

    let wallet = WalletName::OwnFunds(Currency::EUR);
    for (user, other) in [(ann, budget), (budget, ann)] {
        let statement = host.statement(user, wallet, Period::default(), &page);
        let lines = statement.unwrap().lines.rows;
        assert_eq!(lines[0].counterpart, Some(other));
    }
}

#[test]
fn reports_count_a_job_once_and_for_whose_it_is() {
    let press = press();
    for order in [SharedOrder::Last, SharedOrder::Only] {
        let key = order.as_str();
        press.host.run(press.job(key, 4 * EURO, order)).unwrap();
    }
    let report = UsageReport {
        by: ReportBy::User,
        every: ReportEvery::Period,
        period: Period::default(),
        filter: tympan::ReportFilter::default(),
        time_zone: TimeZoneName::UTC,
    };
    let rows = press.host.report(&report, &PageRequest::default()).unwrap();
    assert_eq!(rows.rows.len(), 1);
    let row = &rows.rows[0];
    assert_eq!(row.subject, ReportSubject::User(press.ann));
    let total = |measure| {
        let mut totals = row.totals.iter();
        let total = totals.find(|total| total.measure == measure);
        total.map(|total| (total.used, total.charged))
    };
    let cost = Measure::Cost(Currency::EUR);
    assert_eq!(total(cost), Some((8 * EURO, 8 * EURO)));
    assert_eq!(total(Measure::TotalPages), Some((2, 0)));
}

#[test]
fn what_a_job_costs_is_told_in_its_own_money() {
    let press = press();
    let (host, francs) = (&press.host, Currency::parse("CHF").unwrap());
    let paid = TopUp::new(press.budget, (5 * EURO, francs), "cash", "francs");
    host.run(paid).unwrap();
    // Ann's own wallet keeps euros aside, and the budget pays francs.
    let job = press.job("a", 2 * EURO, SharedOrder::Last);
    let hold = host.run(Authorise::new(job)).unwrap().hold.unwrap();
    let settled = host.run(Settle {
        hold,
        key: "b".into(),
        usage: Usage::pages(1),
        queue: None,
        cost: Some(StatedCost {
            cost_micros: 3 * EURO,
            currency: francs,
        }),
        extra: Extra::TakeAvailable,
    });
    assert_eq!(settled.unwrap().currency, Some(francs));
    let page = PageRequest::default();
    let jobs = host.user_jobs(press.ann, Period::default(), &page).unwrap();
    let told: Vec<_> = jobs.rows.iter().map(|job| job.currency).collect();
    assert_eq!(told, [Some(francs), Some(Currency::EUR)]);
    let text = host.jobs_text(Period::default(), TextFormat::Csv, &page);
    let text = text.unwrap().rows.concat();
    assert!(text.contains(",3.00,CHF,") && text.contains(",2.00,EUR,"));
    let euros = WalletName::OwnFunds(Currency::EUR);
    let statement = host.statement(press.ann, euros, Period::default(), &page);
    let newest = statement.unwrap().lines.rows.swap_remove(0);
    assert_eq!(
        (newest.cost_micros, newest.currency, newest.amount),
        (Some(3 * EURO), Some(francs), 0)
    );
    let report = UsageReport::of(Period::default());
    let rows = host.report(&report, &page).unwrap().rows;
    let totals = rows.iter().flat_map(|row| &row.totals);
    let money = totals.filter(|total| matches!(total.measure, Measure::Cost(_)));
    let money: Vec<_> = money
        .map(|total| (total.measure, total.used, total.charged))
        .collect();
    assert_eq!(money, [(Measure::Cost(francs), 3 * EURO, 3 * EURO)]);
}

#[test]
fn a_hold_of_which_one_has_its_part_back_is_sound() {
    let press = press();
    let job = press.job("a", 5 * EURO, SharedOrder::Last);
    let hold = Authorise::new(job).expires_in_ms(HOUR);
    press.host.run(hold).unwrap();
    assert!(press.is_sound());
    let later = Timestamp::from_millis(1_790_000_000_000 + 2 * HOUR);
    press.clock.set(later);
    press.host.run(SettleDue::of(press.ann)).unwrap();
    assert!(press.is_sound());
    press.host.run(SettleDue::of(press.budget)).unwrap();
    assert!(press.is_sound());
}

/// Each is a lie that somebody could write into the file.
#[test]
fn a_check_finds_whose_job_a_line_is_said_to_be() {
    for lie in [
        "UPDATE entry SET counterpart = 1 WHERE verb = 'charge' AND key IS NULL",
        "UPDATE entry SET counterpart = NULL WHERE verb = 'charge' AND key IS NOT NULL",
        "UPDATE entry SET shared_order = 'first' WHERE verb = 'charge'",
        "UPDATE hold SET shared_by = NULL",
        "UPDATE hold SET shared_order = 'only'",
        "UPDATE user SET shared_with = 'account_code:1' WHERE shared_with IS NOT NULL",
    ] {
        let press = press();
        let job = press.job("a", 5 * EURO, SharedOrder::Last);
        press.host.run(job).unwrap();
        let held = press.job("b", 5 * EURO, SharedOrder::Last);
        press.host.run(Authorise::new(held)).unwrap();
        assert!(press.is_sound());
        let file = rusqlite::Connection::open(&press.path).unwrap();
        assert!(file.execute(lie, []).unwrap() > 0, "{lie}");
        assert!(!press.is_sound(), "{lie}");
    }
}

#[test]
fn those_who_share_are_listed_for_whom_they_share_with() {
    let press = press();
    let host = &press.host;
    let names = || -> Vec<String> {
        let sharers = host.sharers(press.ann).unwrap();
        sharers.into_iter().map(|sharer| sharer.name).collect()
    };
    assert_eq!(names(), ["Budget of the press"]);
    for number in 0..1_100 {
        let mut other = CreateUser::named(format!("Another {number}"));
        other.fields.shared_with = Some(SharedWith::AccountCode(format!("code {number}")));
        host.run(other).unwrap();
    }
    assert_eq!(names(), ["Budget of the press"]);
    let mut edit = EditUser::of(press.ann, None);
    edit.set.account_code = Some("CODE 1099".into());
    host.run(edit).unwrap();
    assert_eq!(names(), ["Another 1099", "Budget of the press"]);
    let mut edit = EditUser::of(press.budget, None);
    edit.set.active = Some(false);
    host.run(edit).unwrap();
    assert_eq!(names(), ["Another 1099"]);
    // Everybody may ask for themselves, and nobody for others without a permission.
    let ann = press.tympan.host().as_user(press.ann);
    assert_eq!(ann.sharers(press.ann).unwrap().len(), 1);
    let denied = ann.sharers(press.budget).unwrap_err();
    assert_eq!(denied.code(), Code::Denied);
}
