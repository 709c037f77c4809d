//! Charges: which wallets give, what is refused, what a repeat gets.

use super::*;

#[test]
fn the_allowance_is_emptied_first_then_own_funds_down_to_exactly_nothing() {
    let mut store = shop();
    own_funds(&mut store, ANN, "import", 1_000_000).unwrap();
    let receipt = charge(&mut store, ANN, "a", 150).unwrap();
    let parts: Vec<_> = receipt
        .lines
        .iter()
        .map(|line| (line.kind, line.amount))
        .collect();
    assert_eq!(
        parts,
        [
            (WalletKind::Allowance, -5_000_000),
            (WalletKind::OwnFunds, -1_000_000)
        ]
    );
    let refusal = charge(&mut store, ANN, "b", 1).unwrap_err();
    assert_eq!(refusal.code(), Code::AllowanceExhausted);
    let details = [
        "needed",
        "available",
        "measure",
        "next_reset_at",
        "ipp_status",
    ]
    .map(|name| refusal.detail(name).unwrap_or("").to_owned());
    assert_eq!(
        details,
        ["40000", "0", "cost:EUR", &OCTOBER.to_string(), "0x041e"]
    );
    assert_eq!(
        refusal.message(),
        "the job needs `0.04 EUR`, and from `allowance` on the wallets have `0.00 EUR`"
    );
}

#[test]
fn a_refused_job_changes_no_balance_and_is_remembered_until_the_next_attempt() {
    let mut store = shop();
    let refusal = charge(&mut store, ANN, "big", 126).unwrap_err();
    assert_eq!(balance(&store, ANN, WalletKind::Allowance), Some(5_000_000));
    own_funds(&mut store, ANN, "top-up", 1_000_000).unwrap();
    assert_eq!(
        charge(&mut store, ANN, "big", 126).unwrap_err(),
        refusal,
        "the stored answer"
    );
    let second = |pages| {
        Charge::new(
            ANN,
            IdempotencyKey::from("big").attempt(2),
            Usage::pages(pages),
        )
    };
    let receipt = store.run(&second(126)).unwrap();
    assert_eq!(receipt.attempt, 2);
    let third = Charge::new(
        ANN,
        IdempotencyKey::from("big").attempt(3),
        Usage::pages(126),
    );
    assert_eq!(
        store.run(&third).unwrap(),
        receipt,
        "the job is charged, no attempt charges it again"
    );
    let gap = Charge::new(ANN, IdempotencyKey::from("new").attempt(2), Usage::pages(1));
    assert_eq!(store.run(&gap).unwrap_err().code(), Code::InvalidKey);
}

#[test]
fn a_repeat_returns_the_receipt_and_other_content_is_named() {
    let mut store = shop();
    let receipt = charge(&mut store, ANN, "a", 2).unwrap();
    let before = store.records.clone();
    assert_eq!(charge(&mut store, ANN, "a", 2).unwrap(), receipt);
    let base = || Charge::new(ANN, "a", Usage::pages(2));
    for (other, field) in [
        (Charge::new(FREE, "a", Usage::pages(2)), "user"),
        (Charge::new(UserId(99), "a", Usage::pages(2)), "user"),
        (Charge::new(ANN, "a", Usage::pages(3)), "pages"),
        (
            Charge::new(ANN, "a", Usage::pages(2).two_sided(true)),
            "two_sided",
        ),
        (Charge::new(ANN, "a", Usage::pages(2).sheets(2)), "sheets"),
        (
            Charge::new(ANN, "a", Usage::pages(2).media("iso_a3_297x420mm")),
            "media",
        ),
        (
            Charge::new(ANN, "a", Usage::pages(2).custom(staples(), 1)),
            "custom",
        ),
        (
            Charge::new(ANN, "a", Usage::pages(2).colour(1)),
            "colour_pages",
        ),
        (base().queue("a3"), "queue"),
        (
            Charge {
                cost: Some(StatedCost {
                    cost_micros: 80_000,
                    currency: Currency::EUR,
                }),
                ..base()
            },
            "cost_micros",
        ),
    ] {
        let error = store.run(&other).unwrap_err();
        assert_eq!(
            (error.code(), error.detail("field")),
            (Code::KeyReused, Some(field))
        );
    }
    let error = store
        .run(&Authorise {
            job: base(),
            expires_in_ms: None,
        })
        .unwrap_err();
    assert_eq!(error.detail("field"), Some("command"));
    assert_eq!(store.records, before);
}

#[test]
fn an_unrestricted_user_is_counted_without_limit() {
    let mut store = shop();
    own_funds(&mut store, FREE, "import", 1_000_000).unwrap();
    charge(&mut store, FREE, "a", 200).unwrap();
    assert_eq!(balance(&store, FREE, WalletKind::Allowance), Some(0));
    assert_eq!(
        balance(&store, FREE, WalletKind::OwnFunds),
        Some(-2_000_000)
    );
}

#[test]
fn a_plan_that_warns_lets_the_balance_fall_below_its_limit() {
    let pages = |when_exhausted, overdraft| PlanRevision {
        measure: Measure::TotalPages,
        amount: 10,
        when_exhausted,
        overdraft,
        schedule: Schedule::Never,
        ..plan(1, START, 10)
    };
    let mut store = shop_with(vec![pages(WhenExhausted::Warn, 0)]);
    own_funds(&mut store, ANN, "funds", 1_000_000_000).unwrap();
    charge(&mut store, ANN, "a", 25).unwrap();
    assert_eq!(balance(&store, ANN, WalletKind::Allowance), Some(-15));
    let mut store = shop_with(vec![pages(WhenExhausted::Refuse, 5)]);
    own_funds(&mut store, ANN, "funds", 1_000_000_000).unwrap();
    assert!(charge(&mut store, ANN, "a", 16).is_err());
    charge(&mut store, ANN, "b", 15).unwrap();
    assert_eq!(balance(&store, ANN, WalletKind::Allowance), Some(-5));
}

#[test]
fn a_job_takes_from_all_measures_or_from_none() {
    let pages = PlanRevision {
        plan: PlanId(13),
        measure: Measure::TotalPages,
        ..plan(1, START, 10)
    };
    let mut store = shop_with(vec![plan(1, START, 5_000_000), pages]);
    let receipt = charge(&mut store, ANN, "a", 10).unwrap();
    assert_eq!(receipt.lines.len(), 2);
    let refusal = charge(&mut store, ANN, "b", 1).unwrap_err();
    assert_eq!(refusal.detail("measure"), Some("total_pages"));
    let amounts: Vec<i64> = wallets(&store, ANN)
        .wallets
        .iter()
        .map(|wallet| wallet.balance)
        .collect();
    assert_eq!(amounts, [4_600_000, 0]);
}

#[test]
fn what_is_wrong_is_named_and_changes_nothing() {
    let mut store = shop();
    let before = store.records.clone();
    let job = |usage| Charge::new(ANN, "k", usage);
    let stated = |cost_micros| Charge {
        cost: Some(StatedCost {
            cost_micros,
            currency: Currency::EUR,
        }),
        ..job(Usage::pages(1))
    };
    let long_key = "k".repeat(MAX_KEY_BYTES + 1);
    for (command, code) in [
        (job(Usage::pages(-1)), Code::InvalidUsage),
        (job(Usage::pages(1).colour(2)), Code::InvalidUsage),
        (stated(-1), Code::NegativeAmount),
        (Charge::new(ANN, "", Usage::pages(1)), Code::InvalidKey),
        (
            Charge::new(ANN, long_key.as_str(), Usage::pages(1)),
            Code::InvalidKey,
        ),
        (job(Usage::pages(1)).queue("a\0b"), Code::ControlCharacter),
        (
            job(Usage::pages(1)).queue("q".repeat(300)),
            Code::TextTooLong,
        ),
        (
            Charge::new(UserId(99), "k", Usage::pages(1)),
            Code::UnknownUser,
        ),
        (Charge::new(GONE, "k", Usage::pages(1)), Code::UserInactive),
    ] {
        assert_eq!(store.run(&command).unwrap_err().code(), code, "{command:?}");
    }
    assert_eq!(
        own_funds(&mut store, ANN, "k", -1).unwrap_err().code(),
        Code::BalanceBelowLimit
    );
    assert_eq!(store.records, before);
    own_funds(&mut store, ANN, "rich", i64::MAX).unwrap();
    let more = Adjust {
        user: ANN.into(),
        wallet: WalletName::OwnFunds(Currency::EUR),
        amount: 1,
        reason: "gift".into(),
        key: "more".into(),
        may_owe: false,
    };
    assert_eq!(store.run(&more).unwrap_err().code(), Code::AmountOverflow);
}

#[test]
fn amounts_that_do_not_fit_are_refused_and_leave_the_wallet_usable() {
    let pages = PlanRevision {
        plan: PlanId(13),
        measure: Measure::TotalPages,
        ..plan(1, START, 10)
    };
    let mut store = shop_with(vec![plan(1, START, 5_000_000), pages]);
    let id = hold(&mut store, "h", 1, 60_000).unwrap().hold.unwrap();
    let huge = Settle {
        hold: id,
        key: "o".into(),
        usage: Usage::pages(1_000_000),
        queue: None,
        cost: Some(StatedCost {
            cost_micros: i64::MAX,
            currency: Currency::EUR,
        }),
        extra: Extra::TakeAndOwe,
    };
    assert_eq!(store.run(&huge).unwrap_err().code(), Code::AmountOverflow);
    let mut adjust = Adjust {
        user: ANN.into(),
        wallet: WalletName::Allowance(MONTHLY),
        amount: i64::MIN + 1,
        reason: "a slip".into(),
        key: "slip".into(),
        may_owe: true,
    };
    assert_eq!(store.run(&adjust).unwrap_err().code(), Code::AmountOverflow);
    // The lowest there can be is still made good by the next month.
    adjust.amount = -(1 << 62) - 5_000_000;
    store.run(&adjust).unwrap();
    store.now = at(OCTOBER);
    charge(&mut store, ANN, "a", 1).unwrap();
    assert_eq!(balance(&store, ANN, WalletKind::Allowance), Some(4_960_000));
}
