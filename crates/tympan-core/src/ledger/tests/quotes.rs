//! A quote says what a charge would do, and does nothing.

use proptest::prelude::*;

use super::*;

/// What a charge did or refused, in the words of a quote.
fn agrees(quoted: &Result<Quoted, Error>, charged: &Result<Receipt, Error>) {
    let quoted = match (quoted, charged) {
        (Ok(quoted), _) => quoted,
        (Err(quoted), Err(charged)) => return assert_eq!(quoted, charged),
        (Err(quoted), Ok(charged)) => panic!("{quoted:?} {charged:?}"),
    };
    match charged {
        Ok(receipt) => {
            assert!(quoted.accepted(), "{quoted:?}");
            assert_eq!(quoted.at, receipt.at);
            assert_eq!(Some(&quoted.usage), receipt.usage.as_ref());
            assert_eq!(
                quoted.price.map(|price| price.cost_micros),
                receipt.cost_micros
            );
            let told: Vec<_> = quoted
                .lines
                .iter()
                .map(|line| {
                    (
                        line.kind,
                        line.feed,
                        line.measure,
                        -line.amount,
                        line.balance_after,
                    )
                })
                .collect();
            let done: Vec<_> = receipt
                .lines
                .iter()
                .map(|line| {
                    (
                        line.kind,
                        line.feed,
                        line.measure,
                        line.amount,
                        line.balance_after,
                    )
                })
                .collect();
            assert_eq!(told, done);
        }
        Err(refused) => {
            assert_eq!(refused.code(), Code::AllowanceExhausted, "{quoted:?}");
            let missing = quoted.missing.as_ref().unwrap();
            assert!(quoted.lines.is_empty());
            let told = |name| refused.detail(name).map(str::to_owned);
            assert_eq!(told("wallet").as_deref(), Some(missing.kind.as_str()));
            assert_eq!(told("measure").as_deref(), Some(&*missing.measure.name()));
            assert_eq!(told("needed"), Some(missing.needed.to_string()));
            assert_eq!(told("available"), Some(missing.available.to_string()));
            let next = missing.next_reset_at.map(|at| at.millis().to_string());
            assert_eq!(told("next_reset_at"), next);
        }
    }
}

/// Asks, then charges: both say the same, and only the charge changes anything.
fn quote_then_charge(store: &mut TestStore, charge: &Charge) {
    let (records, entries) = (store.records.clone(), store.entries.len());
    let quoted = store.quote(&Quote::from(charge));
    assert_eq!(store.records, records);
    assert_eq!(store.entries.len(), entries);
    let charged = store.run(charge);
    agrees(&quoted, &charged);
}

#[test]
fn a_quote_says_the_price_the_wallets_and_what_is_missing() {
    let pages = PlanRevision {
        plan: PlanId(13),
        measure: Measure::TotalPages,
        ..plan(1, START, 130)
    };
    let mut store = shop_with(vec![plan(1, START, 5_000_000), pages]);
    own_funds(&mut store, ANN, "import", 1_000_000).unwrap();
    let quoted = store.quote(&Quote::new(ANN, Usage::pages(126))).unwrap();
    assert_eq!(quoted.price.unwrap().cost_micros, 5_040_000);
    let lines: Vec<_> = quoted
        .lines
        .iter()
        .map(|line| (line.measure, line.kind, line.amount, line.balance_after))
        .collect();
    assert_eq!(
        lines,
        [
            (Measure::TotalPages, WalletKind::Allowance, 126, 4),
            (EUR, WalletKind::Allowance, 5_000_000, 0),
            (EUR, WalletKind::OwnFunds, 40_000, 960_000),
        ]
    );
    let refused = store.quote(&Quote::new(ANN, Usage::pages(131))).unwrap();
    assert!(!refused.accepted());
    let missing = refused.missing.unwrap();
    assert_eq!(
        (missing.measure, missing.needed, missing.available),
        (Measure::TotalPages, 131, 130)
    );
    assert_eq!(missing.next_reset_at, Some(at(OCTOBER)));
    // As if everything due had been done by then.
    store.now = at(OCTOBER);
    let later = store.quote(&Quote::new(ANN, Usage::pages(1))).unwrap();
    assert_eq!(later.at, at(OCTOBER));
}

#[test]
fn what_a_charge_refuses_a_quote_refuses() {
    let mut store = shop();
    let dear = StatedCost {
        cost_micros: i64::MAX,
        currency: Currency::EUR,
    };
    let with = |charge: Charge, cost| Charge {
        cost: Some(cost),
        ..charge
    };
    for charge in [
        Charge::new(UserId(99), "a", Usage::pages(1)),
        Charge::new(GONE, "b", Usage::pages(1)),
        Charge::new(ANN, "c", Usage::pages(-1)),
        Charge::new(ANN, "d", Usage::pages(1)).queue("a\0b"),
        with(Charge::new(ANN, "e", Usage::pages(1)), dear),
        with(Charge::new(FREE, "f", Usage::pages(1)), dear),
        with(Charge::new(FREE, "g", Usage::pages(1)), dear),
        with(Charge::new(FREE, "h", Usage::pages(1)), dear),
    ] {
        quote_then_charge(&mut store, &charge);
    }
    check(&store);
}

#[derive(Clone, Debug)]
enum Step {
    Charge(bool, Usage, Option<i64>),
    Hold(i64, i64),
    Set(bool, i64),
    Pass(i64),
}

fn usage() -> impl Strategy<Value = Usage> {
    (0..90_i64, 0..90_i64, any::<bool>(), 0..4_i64).prop_map(|(pages, colour, two_sided, count)| {
        Usage::pages(pages)
            .colour(colour.min(pages))
            .two_sided(two_sided)
            .custom(staples(), count)
    })
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let cost = proptest::option::weighted(0.2, 0..6_000_000_i64);
    let step = prop_oneof![
        4 => (any::<bool>(), usage(), cost).prop_map(|(who, usage, cost)| Step::Charge(who, usage, cost)),
        1 => (0..80_i64, 1..900_000_000_i64).prop_map(|(pages, ms)| Step::Hold(pages, ms)),
        1 => (any::<bool>(), -3_000_000..9_000_000_i64).prop_map(|(who, micros)| Step::Set(who, micros)),
        1 => (-1_000_000..2_000_000_000_i64).prop_map(Step::Pass),
    ];
    prop::collection::vec(step, 1..40)
}

proptest! {
    #[test]
    fn a_quote_and_the_charge_at_that_instant_agree(steps in steps(), warns: bool) {
        let of = |number, measure, amount| PlanRevision {
            plan: PlanId(number),
            measure,
            ..plan(1, START, amount)
        };
        let mut jobs = of(15, Measure::Jobs, 9);
        jobs.when_exhausted = if warns { WhenExhausted::Warn } else { WhenExhausted::Refuse };
        let mut store = shop_with(vec![
            plan(1, START, 5_000_000),
            of(13, Measure::TotalPages, 300),
            of(14, Measure::Custom(staples()), 9),
            jobs,
        ]);
        let who = |free: bool| if free { FREE } else { ANN };
        for (number, step) in steps.into_iter().enumerate() {
            let key = format!("key {number}");
            match step {
                Step::Charge(free, usage, cost) => {
                    let cost = cost.map(|cost_micros| StatedCost { cost_micros, currency: Currency::EUR });
                    let charge = Charge { cost, ..Charge::new(who(free), key, usage) };
                    quote_then_charge(&mut store, &charge);
                }
                Step::Hold(pages, ms) => drop(hold(&mut store, &key, pages, ms)),
                Step::Set(free, micros) => drop(own_funds(&mut store, who(free), &key, micros)),
                Step::Pass(ms) => store.now = store.now.plus_millis(ms),
            }
            // A plan that warns goes below its limit.
            if !warns {
                check(&store);
            }
        }
    }
}
