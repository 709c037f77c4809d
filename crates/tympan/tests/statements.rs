//! Statements: a wallet's history over a period, page by page, and as text.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test may stop at the first surprise"
)]

use std::sync::Arc;

use tympan::core::records::Verb;
use tympan::sources::ManualClock;
use tympan::{
    Adjust, Bootstrap, Charge, Code, CreateProfile, CreateUser, Currency, Error, Handle, Measure,
    Options, Page, PageRequest, Period, PlanTerms, Position, SettleDue, TextFormat, TimeZoneName,
    Timestamp, Tympan, Usage, UserId, WalletName,
};

const OWN: WalletName = WalletName::OwnFunds(Currency::EUR);
const DAY: i64 = 24 * 3_600_000;

struct Shop {
    clock: Arc<ManualClock>,
    host: Handle,
    ann: UserId,
    pages: WalletName,
}

/// Day 0 is 2026-01-01; Ann has 100 pages on the first of each month.
fn shop() -> Shop {
    let clock = Arc::new(ManualClock::at(day(0)));
    let options = Options::default().clock(clock.clone());
    let host = Tympan::open("memory:", options).unwrap().host();
    host.run(Bootstrap::new("Shop", Currency::EUR, "Ada"))
        .unwrap();
    let plan = PlanTerms::monthly(Measure::TotalPages, 100, TimeZoneName::UTC);
    let staff = host.run(CreateProfile::new("Staff").plan(plan)).unwrap();
    let ann = host
        .run(CreateUser::named("Ann").profile(staff.id))
        .unwrap();
    Shop {
        clock,
        host,
        ann: ann.user.id,
        pages: WalletName::Allowance(staff.added_plans[0]),
    }
}

fn day(number: i64) -> Timestamp {
    Timestamp::from_millis(1_767_225_600_000 + number * DAY)
}

fn days(since: i64, until: i64) -> Period {
    Period {
        since: Some(day(since)),
        until: Some(day(until)),
    }
}

impl Shop {
    fn pay(&self, on: i64, amount: i64, reason: &str) {
        self.clock.set(day(on));
        let key = format!("{on} {amount} {reason}");
        self.host
            .run(Adjust::new(self.ann, OWN, amount, reason, key))
            .unwrap();
    }

    fn own(&self, period: Period, limit: u32) -> Vec<(Position, Vec<i64>, Position)> {
        let (mut found, mut page) = (Vec::new(), PageRequest::of(limit));
        loop {
            let part = self.host.statement(self.ann, OWN, period, &page).unwrap();
            let amounts = part.lines.rows.iter().map(|line| line.amount).collect();
            found.push((part.closing, amounts, part.opening));
            match part.lines.next {
                Some(next) => page = page.after(next),
                None => return found,
            }
        }
    }
}

fn has(balance: i64) -> Position {
    Position { balance, held: 0 }
}

#[test]
fn a_period_has_what_took_effect_in_it_with_what_was_there_before_and_after() {
    let shop = shop();
    for (on, amount) in [(1, 10), (2, 20), (2, 30), (3, 40), (9, 50)] {
        shop.pay(on, amount, "paid");
    }
    let table = [
        (Period::ALL, has(150), vec![50, 40, 30, 20, 10], has(0)),
        (days(2, 3), has(60), vec![30, 20], has(10)),
        (days(2, 9), has(100), vec![40, 30, 20], has(10)),
        (days(4, 9), has(100), vec![], has(100)),
        (days(2, 2), has(10), vec![], has(10)),
        (days(-9, 1), has(0), vec![], has(0)),
        (days(10, 11), has(150), vec![], has(150)),
    ];
    for (period, closing, amounts, opening) in table {
        assert_eq!(shop.own(period, 999), [(closing, amounts, opening)]);
    }
}

#[test]
fn each_page_brings_forward_what_the_next_one_carries_forward() {
    let shop = shop();
    for on in 0..40 {
        shop.pay(on, on + 1, "paid");
    }
    for limit in [1, 2, 3, 7, 30, 31] {
        let pages = shop.own(days(5, 35), limit);
        for two in pages.windows(2) {
            assert_eq!(two[0].2, two[1].0, "{limit}");
        }
        let amounts: Vec<i64> = pages.iter().flat_map(|page| page.1.clone()).collect();
        assert_eq!(amounts, (6..=35).rev().collect::<Vec<_>>());
        let (first, last) = (pages.first().unwrap(), pages.last().unwrap());
        assert_eq!((last.2, first.0), (has(15), has(630)));
    }
}

#[test]
fn a_reset_belongs_to_the_month_in_which_it_was_due_whenever_it_was_written() {
    let shop = shop();
    let charge = |on: i64, pages| {
        shop.clock.set(day(on));
        let key = format!("job {on}");
        shop.host
            .run(Charge::new(shop.ann, key, Usage::pages(pages)))
            .unwrap();
    };
    charge(3, 10);
    charge(75, 20);
    let verbs = |period| {
        let page = PageRequest::default();
        let found = shop.host.statement(shop.ann, shop.pages, period, &page);
        let lines = found.unwrap().lines.rows;
        let shown = lines.iter().map(|line| (line.verb, line.balance_after));
        shown.collect::<Vec<_>>()
    };
    assert_eq!(verbs(days(0, 31)), [(Verb::Charge, 90), (Verb::Grant, 100)]);
    assert_eq!(verbs(days(31, 59)), [(Verb::Reset, 100)]);
    assert_eq!(verbs(days(59, 90)), [(Verb::Charge, 80)]);
    shop.clock.set(day(91));
    assert_eq!(verbs(days(90, 120)), []);
    shop.host.run(SettleDue::of(shop.ann)).unwrap();
    assert_eq!(verbs(days(90, 120)), [(Verb::Reset, 100)]);
}

#[test]
fn far_beyond_one_page_of_the_store() {
    let shop = shop();
    for number in 0..2_100 {
        shop.pay(number / 100, 1, &number.to_string());
    }
    let [(closing, amounts, opening)] = &shop.own(days(0, 5), 999)[..] else {
        unreachable!("500 lines are one page")
    };
    assert_eq!((amounts.len(), *opening, *closing), (500, has(0), has(500)));
}

#[test]
fn what_is_asked_wrongly_is_refused() {
    let shop = shop();
    shop.pay(1, 10, "paid");
    shop.pay(1, 20, "paid");
    let page = PageRequest::of(1);
    let backwards = days(2, 1);
    let error = shop.host.statement(shop.ann, OWN, backwards, &page).err();
    let error = error.unwrap();
    assert_eq!(error.code(), Code::InvalidValue);
    assert_eq!(error.details().get("field").unwrap(), "until");
    let none = WalletName::Allowance(tympan::PlanId(7));
    let error = text(&shop, none, TextFormat::Csv, &page).err().unwrap();
    assert_eq!(error.code(), Code::UnknownPlan);
    let stranger = shop.host.as_user(UserId(7));
    let csv = TextFormat::Csv;
    let denied = stranger.statement_text(shop.ann, OWN, Period::ALL, csv, &page);
    assert_eq!(denied.err().unwrap().code(), Code::Denied);
}

fn text(
    shop: &Shop,
    wallet: WalletName,
    format: TextFormat,
    page: &PageRequest,
) -> Result<Page<String>, Error> {
    let host = &shop.host;
    host.statement_text(shop.ann, wallet, Period::ALL, format, page)
}

/// All pages of so many lines, one after the other.
fn whole(shop: &Shop, wallet: WalletName, format: TextFormat, limit: u32) -> String {
    let (mut written, mut page) = (String::new(), PageRequest::of(limit));
    loop {
        let part = text(shop, wallet, format, &page).unwrap();
        written.extend(part.rows);
        match part.next {
            Some(next) => page = page.after(next),
            None => return written,
        }
    }
}

const HOSTILE: &str = "=HYPERLINK(\"http://x\", \"a,b\")";

#[test]
fn a_spreadsheet_reads_every_line_and_takes_no_words_for_a_formula() {
    let shop = shop();
    shop.pay(1, 8_000_000, "paid");
    shop.pay(2, -7_032_500, HOSTILE);
    for limit in [1, 2, 50] {
        let csv = whole(&shop, OWN, TextFormat::Csv, limit);
        assert!(csv.ends_with("\r\n") && csv.lines().count() == 5, "{csv}");
        let mut reader = csv::Reader::from_reader(csv.as_bytes());
        let names = reader.headers().unwrap().clone();
        let column = |name: &str| names.iter().position(|other| other == name).unwrap();
        let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
        let of = |name: &str| {
            let column = column(name);
            let cells = rows.iter().map(|row| row.get(column).unwrap());
            cells.collect::<Vec<_>>()
        };
        assert_eq!(of("line"), ["closing", "entry", "entry", "opening"]);
        assert_eq!(of("unit"), ["EUR"; 4]);
        assert_eq!(of("amount"), ["", "-7.0325", "8.00", ""]);
        assert_eq!(of("balance_after"), ["0.9675", "0.9675", "8.00", "0.00"]);
        assert_eq!(of("reason")[1], format!("'{HOSTILE}"));
        assert_eq!(of("decided_at")[2], "2026-01-02T00:00:00.000Z");
    }
}

#[test]
fn a_program_reads_every_line() {
    let shop = shop();
    shop.host
        .run(Charge::new(shop.ann, "job", Usage::pages(3)).queue("=front"))
        .unwrap();
    let json = whole(&shop, shop.pages, TextFormat::JsonLines, 1);
    let lines: Vec<serde_json::Value> = json
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let of = |name: &str| {
        lines
            .iter()
            .map(|line| line[name].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(of("line"), ["closing", "entry", "entry", "opening"]);
    assert_eq!(of("balance_after"), ["97", "97", "100", "0"]);
    assert_eq!(of("unit"), ["total_pages"; 4]);
    assert_eq!(of("queue")[1], "=front");
    assert!(of("reason").iter().all(serde_json::Value::is_null));
}
