//! Own funds are paid in, paid out, and given to others.

use super::*;

const OWN: WalletKind = WalletKind::OwnFunds;

fn euros(micros: i64) -> (i64, Currency) {
    (micros, Currency::EUR)
}

fn top_up(store: &mut TestStore, user: UserId, micros: i64, key: &str) -> Result<Receipt, Error> {
    store.run(&TopUp::new(user, euros(micros), "paid in", key))
}

fn pay_out(store: &mut TestStore, user: UserId, micros: i64, key: &str) -> Result<Receipt, Error> {
    store.run(&PayOut::new(user, euros(micros), "paid out", key))
}

fn transfer(
    store: &mut TestStore,
    users: (UserId, UserId),
    micros: i64,
    key: &str,
) -> Result<Receipt, Error> {
    store.run(&TransferFunds::new(users, euros(micros), "a present", key))
}

#[test]
fn what_is_paid_in_can_be_paid_out_and_no_more() {
    let mut store = shop_with(Vec::new());
    let paid = top_up(&mut store, ANN, 3_000_000, "in").unwrap();
    assert_eq!(
        (paid.verb, paid.lines[0].balance_after),
        (Verb::TopUp, 3_000_000)
    );
    assert_eq!(top_up(&mut store, ANN, 3_000_000, "in").unwrap(), paid);
    hold(&mut store, "h", 25, 60_000).unwrap();
    let refused = pay_out(&mut store, ANN, 2_000_001, "out").unwrap_err();
    assert_eq!(refused.code(), Code::FundsExhausted);
    let detail = |name| refused.detail(name);
    assert_eq!(
        (detail("needed"), detail("available")),
        (Some("2000001"), Some("2000000"))
    );
    let out = pay_out(&mut store, ANN, 2_000_000, "out").unwrap();
    assert_eq!((out.verb, out.lines[0].amount), (Verb::PayOut, -2_000_000));
    // Who is not limited is not paid out more than there is either.
    assert_eq!(
        pay_out(&mut store, FREE, 1, "free").unwrap_err().code(),
        Code::FundsExhausted
    );
    check(&store);
    // Whoever leaves takes along what is left.
    top_up(&mut store, GONE, 5, "gone in").unwrap();
    assert!(pay_out(&mut store, GONE, 5, "gone out").is_ok());
}

#[test]
fn amounts_are_more_than_nothing_and_fit() {
    let mut store = shop();
    for micros in [0, -1, i64::MIN] {
        for refused in [
            top_up(&mut store, ANN, micros, "k"),
            pay_out(&mut store, ANN, micros, "k"),
            transfer(&mut store, (ANN, FREE), micros, "k"),
        ] {
            let refused = refused.unwrap_err();
            assert_eq!(
                (refused.code(), refused.detail("field")),
                (Code::AmountNotPositive, Some("amount_micros"))
            );
        }
    }
    top_up(&mut store, ANN, i64::MAX, "all").unwrap();
    top_up(&mut store, FREE, 1, "one").unwrap();
    assert_eq!(
        top_up(&mut store, ANN, 1, "more").unwrap_err().code(),
        Code::AmountOverflow
    );
    let refused = transfer(&mut store, (ANN, FREE), i64::MAX, "t").unwrap_err();
    assert_eq!(refused.code(), Code::AmountOverflow);
    assert_eq!(balance(&store, ANN, OWN), Some(i64::MAX), "refused whole");
    assert_eq!(balance(&store, FREE, OWN), Some(1));
    check(&store);
}

#[test]
fn a_transfer_lies_in_both_wallets_and_balances() {
    let mut store = shop();
    top_up(&mut store, ANN, 3_000_000, "in").unwrap();
    let receipt = transfer(&mut store, (ANN, FREE), 1_200_000, "t").unwrap();
    assert_eq!((receipt.verb, receipt.user), (Verb::Transfer, ANN));
    let lines: Vec<_> = receipt
        .lines
        .iter()
        .map(|line| (line.user, line.amount, line.balance_after))
        .collect();
    assert_eq!(
        lines,
        [(ANN, -1_200_000, 1_800_000), (FREE, 1_200_000, 1_200_000)]
    );
    assert_eq!(
        transfer(&mut store, (ANN, FREE), 1_200_000, "t").unwrap(),
        receipt
    );
    // Both were fed by their plans first, and both are counted by the register.
    assert_eq!(
        balance(&store, FREE, WalletKind::Allowance),
        Some(5_000_000)
    );
    let register = match store.records.get(&Key::Strand(TENANT, REGISTER)) {
        Some(Record::Strand(strand)) => strand.events,
        other => panic!("{other:?}"),
    };
    assert_eq!(register, 4);
    assert_eq!(
        transfer(&mut store, (ANN, FREE), 1_800_001, "u")
            .unwrap_err()
            .code(),
        Code::FundsExhausted
    );
    let oneself = transfer(&mut store, (ANN, ANN), 1, "u").unwrap_err();
    assert_eq!(
        (oneself.code(), oneself.detail("field")),
        (Code::InvalidValue, Some("receiver"))
    );
    check(&store);
}

#[test]
fn the_same_key_with_other_content_names_the_field() {
    let mut store = shop();
    top_up(&mut store, ANN, 3_000_000, "in").unwrap();
    transfer(&mut store, (ANN, FREE), 1_000_000, "t").unwrap();
    let usd = Currency::parse("USD").unwrap();
    let of = |users: (UserId, UserId), money: (i64, Currency), reason: &str| {
        TransferFunds::new(users, money, reason, "t")
    };
    for (other, field) in [
        (of((GONE, FREE), euros(1_000_000), "a present"), "user"),
        (of((ANN, GONE), euros(1_000_000), "a present"), "receiver"),
        (of((ANN, FREE), (1_000_000, usd), "a present"), "currency"),
        (of((ANN, FREE), euros(1), "a present"), "amount_micros"),
        (of((ANN, FREE), euros(1_000_000), "a loan"), "reason"),
    ] {
        let refused = store.run(&other).unwrap_err();
        assert_eq!(
            (refused.code(), refused.detail("field")),
            (Code::KeyReused, Some(field))
        );
    }
    for (refused, field) in [
        (pay_out(&mut store, ANN, 3_000_000, "in"), "command"),
        (top_up(&mut store, FREE, 3_000_000, "in"), "user"),
        (top_up(&mut store, ANN, 1, "in"), "amount_micros"),
        (top_up(&mut store, ANN, 1, "t"), "command"),
        (transfer(&mut store, (ANN, FREE), 1, "in"), "command"),
    ] {
        let refused = refused.unwrap_err();
        assert_eq!(
            (refused.code(), refused.detail("field")),
            (Code::KeyReused, Some(field))
        );
    }
}
