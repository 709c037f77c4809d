//! Jobs that several measures limit, and plans that only warn.

use super::*;

#[test]
fn what_is_denied_is_told_in_the_unit_of_each_measure() {
    let pages = PlanRevision {
        plan: PlanId(13),
        measure: Measure::TotalPages,
        ..plan(1, START, 10)
    };
    let mut store = shop_with(vec![plan(1, START, 400_000), pages]);
    let id = hold(&mut store, "h", 10, 60_000).unwrap().hold.unwrap();
    let receipt = settle(&mut store, id, "s", 13, Extra::TakeAvailable).unwrap();
    let told: Vec<_> = receipt
        .lines
        .iter()
        .map(|line| (line.measure, line.amount, line.denied))
        .collect();
    assert_eq!(told.len(), 2);
    assert!(told.contains(&(EUR, -400_000, 120_000)));
    assert!(told.contains(&(Measure::TotalPages, -10, 3)));
    check(&store);
}

#[test]
fn a_plan_that_warns_counts_what_it_does_not_cover_itself() {
    let mut store = shop_with(vec![PlanRevision {
        when_exhausted: WhenExhausted::Warn,
        ..plan(1, START, 1_000_000)
    }]);
    charge(&mut store, ANN, "a", 30).unwrap();
    assert_eq!(balance(&store, ANN, WalletKind::Allowance), Some(-200_000));
    assert_eq!(balance(&store, ANN, WalletKind::OwnFunds), None);
    own_funds(&mut store, ANN, "import", 40_000).unwrap();
    charge(&mut store, ANN, "b", 2).unwrap();
    assert_eq!(balance(&store, ANN, WalletKind::OwnFunds), Some(0));
    assert_eq!(balance(&store, ANN, WalletKind::Allowance), Some(-240_000));
}

#[test]
fn a_price_of_counters_that_contradict_each_other_is_an_error() {
    let store = shop();
    let Some(Record::Config(config)) = store.records.get(&Key::Config(TENANT)) else {
        panic!("there is a configuration");
    };
    let usage = Usage::pages(i64::MIN).colour(1);
    let refused = price(config, STAFF, &usage, None, at(START)).unwrap_err();
    assert_eq!(refused.code(), Code::InvalidUsage);
    assert_eq!(usage.of(Measure::MonoPages), i64::MIN);
}

/// A plan of a measure, of its own number.
fn limits(number: i64, measure: Measure, amount: i64) -> PlanRevision {
    PlanRevision {
        plan: PlanId(number),
        measure,
        ..plan(1, START, amount)
    }
}

#[test]
fn a_job_takes_from_pages_and_money_and_a_custom_measure_or_from_none() {
    let staples = Measure::Custom(staples());
    let mut store = shop_with(vec![
        plan(1, START, 400_000),
        limits(13, Measure::TotalPages, 10),
        limits(14, staples, 4),
    ]);
    let job = |key: &str, pages, count| {
        Charge::new(
            ANN,
            key,
            Usage::pages(pages).custom(super::staples(), count),
        )
    };
    let receipt = store.run(&job("a", 5, 3)).unwrap();
    let mut told: Vec<_> = receipt
        .lines
        .iter()
        .map(|line| (line.measure, line.amount, line.balance_after))
        .collect();
    told.sort_unstable();
    assert_eq!(
        told,
        [
            (Measure::TotalPages, -5, 5),
            (staples, -3, 1),
            (EUR, -200_000, 200_000)
        ]
    );
    for (key, pages, count, measure) in [
        ("b", 6, 0, Measure::TotalPages),
        ("c", 1, 2, staples),
        ("d", 6, 2, Measure::TotalPages),
    ] {
        let before = wallets(&store, ANN);
        let refused = store.run(&job(key, pages, count)).unwrap_err();
        assert_eq!(refused.code(), Code::AllowanceExhausted);
        assert_eq!(refused.detail("measure"), Some(&*measure.name()));
        let left = |wallets: &Wallets| {
            let wallets = wallets.wallets.iter();
            wallets
                .map(|wallet| (wallet.key(), wallet.balance, wallet.spent))
                .collect::<Vec<_>>()
        };
        assert_eq!(left(&wallets(&store, ANN)), left(&before));
    }
    // What is left is enough for a job of just that.
    store.run(&job("e", 5, 1)).unwrap();
    check(&store);
}

#[test]
fn every_measure_can_be_limited_alone() {
    let usage = Counter::ALL
        .iter()
        .filter(|counter| **counter >= Counter::Kilobytes)
        .fold(
            Usage::pages(7).colour(2).two_sided(true),
            |usage, counter| usage.with(*counter, 3),
        )
        .custom(staples(), 3);
    for (measure, used) in [
        (Measure::TotalPages, 7),
        (Measure::ColourPages, 2),
        (Measure::MonoPages, 5),
        (Measure::Sheets, 4),
        (Measure::Impressions, 7),
        (Measure::Jobs, 1),
        (Measure::Scans, 3),
        (Measure::Faxes, 3),
        (Measure::Area, 3),
        (Measure::Length, 3),
        (Measure::Kilobytes, 3),
        (Measure::Points, 3),
        (Measure::Custom(staples()), 3),
    ] {
        let mut store = shop_with(vec![limits(13, measure, used)]);
        own_funds(&mut store, ANN, "funds", 1_000_000).unwrap();
        let job = Charge::new(ANN, "a", usage.clone());
        let receipt = store.run(&job).unwrap();
        let line = receipt.lines.iter().find(|line| line.measure == measure);
        let line = line.unwrap();
        assert_eq!((line.amount, line.balance_after), (-used, 0));
        assert_eq!(receipt.usage, Some(usage.clone()));
        let more = Charge::new(ANN, "b", usage.clone());
        let refused = store.run(&more).unwrap_err();
        assert_eq!(refused.detail("measure"), Some(&*measure.name()));
        check(&store);
    }
}

#[test]
fn a_job_of_nothing_is_on_record_and_takes_nothing() {
    let mut store = shop();
    for (key, usage) in [
        ("a", Usage::default()),
        ("b", Usage::pages(0)),
        ("c", Usage::default().custom(staples(), 0)),
    ] {
        let receipt = store.run(&Charge::new(ANN, key, usage.clone())).unwrap();
        assert_eq!((receipt.cost_micros, receipt.usage), (Some(0), Some(usage)));
        assert!(receipt.lines.iter().all(|line| line.amount == 0));
    }
    // Nothing counted and a count of nothing are not the same content.
    let other = store.run(&Charge::new(ANN, "a", Usage::pages(0)));
    assert_eq!(other.unwrap_err().detail("field"), Some("pages"));
    check(&store);
}
