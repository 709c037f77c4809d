//! Price lists.

use super::*;
use crate::ids::PriceListId;
use crate::ledger::{Rounding, RoundingMode, Usage, price};

const DAY: i64 = 86_400_000;

fn rules(mono: i64) -> Vec<PriceTerms> {
    vec![
        PriceTerms::pages(mono, 4 * mono),
        PriceTerms::pages(2 * mono, 8 * mono).queue("a3"),
    ]
}

fn made(store: &mut TestStore) -> PriceListId {
    store
        .run(&CreatePriceList {
            rules: rules(10),
            ..CreatePriceList::new("Prices", Currency::EUR)
        })
        .unwrap()
        .id
}

fn revise(price_list: PriceListId, mono: i64, effective_from: Option<Timestamp>) -> EditPriceList {
    EditPriceList {
        rules: Some(rules(mono)),
        effective_from,
        ..EditPriceList::new(price_list)
    }
}

#[test]
fn prices_change_from_an_instant_on_and_the_past_keeps_its_own() {
    let (mut store, _) = shop();
    let list = made(&mut store);
    let profile = store
        .run(&CreateProfile::new("Staff").price_list(list))
        .unwrap()
        .id;
    let (today, tomorrow) = (store.now, later(&store, DAY));
    let saved = store.run(&revise(list, 20, Some(tomorrow))).unwrap();
    assert_eq!(saved.version, 2);
    let cost = |store: &TestStore, queue, at| {
        price(config(store), profile, &Usage::pages(1), queue, at)
            .unwrap()
            .map(|price| price.cost_micros)
    };
    assert_eq!(cost(&store, None, today.plus_millis(-1)), None);
    assert_eq!(cost(&store, None, today), Some(10));
    assert_eq!(cost(&store, Some("a3"), today), Some(20));
    assert_eq!(cost(&store, None, tomorrow), Some(20));

    for (asked, code) in [
        (None, Code::InvalidValue),
        (Some(today), Code::InvalidValue),
    ] {
        let result = store.run(&revise(list, 30, asked));
        assert_eq!(
            refusal(result, "not_before"),
            (code, Some(tomorrow.millis().to_string()))
        );
    }
    store.run(&revise(list, 30, Some(tomorrow))).unwrap();
    assert_eq!(cost(&store, None, tomorrow), Some(30));
    let rows = &config(&store).price_rules[&list];
    let places: Vec<(i32, i32)> = rows.iter().map(|row| (row.revision, row.place)).collect();
    assert_eq!(places, [(1, 0), (1, 1), (2, 0), (2, 1), (3, 0), (3, 1)]);
}

#[test]
fn the_same_rules_make_no_revision() {
    let (mut store, _) = shop();
    let list = made(&mut store);
    let before = store.records.clone();
    assert_eq!(store.run(&revise(list, 10, None)).unwrap().version, 1);
    assert_eq!(store.records, before);
}

#[test]
fn rules_are_checked() {
    let good = || PriceTerms::pages(1, 1);
    let job = PriceTerms {
        job_micros: -1,
        ..good()
    };
    let many: Vec<PriceTerms> = (0..=MAX_PRICE_RULES)
        .map(|at| good().queue(format!("q{at}")))
        .collect();
    let table = [
        (vec![], Code::InvalidValue, "rules"),
        (vec![good(), good()], Code::InvalidValue, "rules"),
        (
            vec![good().queue("a3"), good().queue(" a3 ")],
            Code::InvalidValue,
            "rules",
        ),
        (many, Code::TooMany, "rules"),
        (vec![good().queue("a3")], Code::InvalidValue, "rules"),
        (vec![good().media("a3")], Code::InvalidValue, "rules"),
        (
            vec![good(), good().media("a3"), good().media(" a3 ")],
            Code::InvalidValue,
            "rules",
        ),
        (
            vec![
                good(),
                good().queue("q").media("m"),
                good().queue("q").media("m"),
            ],
            Code::InvalidValue,
            "rules",
        ),
        (vec![good().media(" ")], Code::EmptyText, "media"),
        (
            vec![PriceTerms {
                sheet_micros: -1,
                ..good()
            }],
            Code::NegativeAmount,
            "sheet_micros",
        ),
        (
            vec![PriceTerms {
                area_micros: i64::MAX,
                ..good()
            }],
            Code::AmountOverflow,
            "area_micros",
        ),
        (vec![good().queue(" ")], Code::EmptyText, "queue"),
        (
            vec![PriceTerms::pages(-1, 1)],
            Code::NegativeAmount,
            "mono_page_micros",
        ),
        (
            vec![PriceTerms::pages(1, -1)],
            Code::NegativeAmount,
            "colour_page_micros",
        ),
        (vec![job], Code::NegativeAmount, "job_micros"),
        (
            vec![good().two_sided(-1, 2)],
            Code::InvalidValue,
            "two_sided",
        ),
        (
            vec![good().two_sided(1, 0)],
            Code::InvalidValue,
            "two_sided",
        ),
        (
            vec![good().two_sided(1, -2)],
            Code::InvalidValue,
            "two_sided",
        ),
    ];
    for (rules, code, field) in table {
        let (mut store, _) = shop();
        let list = made(&mut store);
        let create = CreatePriceList {
            rules: rules.clone(),
            ..CreatePriceList::new("New", Currency::EUR)
        };
        let edit = EditPriceList {
            rules: Some(rules),
            ..EditPriceList::new(list)
        };
        for result in [store.run(&create), store.run(&edit)] {
            assert_eq!(refusal(result, "field"), (code, Some(field.to_owned())));
        }
    }
    let (mut store, _) = shop();
    let free =
        CreatePriceList::new("Free", Currency::EUR).rule(PriceTerms::pages(0, 0).two_sided(0, 1));
    assert!(store.run(&free).is_ok());
}

#[test]
fn another_rounding_is_in_force_at_once_and_on_record() {
    let (mut store, _) = shop();
    let list = made(&mut store);
    let profile = store
        .run(&CreateProfile::new("Staff").price_list(list))
        .unwrap()
        .id;
    let cost = |store: &TestStore| {
        let usage = Usage::pages(1);
        let price = price(config(store), profile, &usage, None, store.now);
        price.unwrap().unwrap().cost_micros
    };
    assert_eq!(cost(&store), 10);
    let reround = |rounding| EditPriceList {
        rounding: Some(rounding),
        ..EditPriceList::new(list)
    };
    let cents = Rounding::to(10_000, RoundingMode::Up).unwrap();
    assert_eq!(store.run(&reround(cents)).unwrap().version, 2);
    assert_eq!(cost(&store), 10_000);
    let noted = store.audit_texts.last().unwrap();
    assert!(noted.changes.contains("up:10000"), "{}", noted.changes);
    assert_eq!(store.run(&reround(cents)).unwrap().version, 2);
}

#[test]
fn rows_of_a_list_are_bounded() {
    let (mut store, _) = shop();
    let rules = |mono| -> Vec<PriceTerms> {
        (0..MAX_PRICE_RULES)
            .map(|at| match at {
                0 => PriceTerms::pages(mono, 0),
                _ => PriceTerms::pages(mono, 0).queue(format!("q{at}")),
            })
            .collect()
    };
    let list = store
        .run(&CreatePriceList {
            rules: rules(0),
            ..CreatePriceList::new("Long", Currency::EUR)
        })
        .unwrap()
        .id;
    let full = (MAX_PRICE_ROWS / MAX_PRICE_RULES) as i64;
    for mono in 1..=full {
        let result = store.run(&EditPriceList {
            rules: Some(rules(mono)),
            ..EditPriceList::new(list)
        });
        if mono < full {
            assert!(result.is_ok());
        } else {
            assert_eq!(
                refusal(result, "limit"),
                (Code::TooMany, Some(MAX_PRICE_ROWS.to_string()))
            );
        }
    }
}
