//! Wallets that are reset before they are due.

use super::*;

fn reset(store: &mut TestStore, user: UserId, key: &str) -> Result<Receipt, Error> {
    store.run(&ResetAllowance::new(user, MONTHLY, "a new job", key))
}

fn allowance(store: &TestStore) -> Wallet {
    let mut wallets = wallets(store, ANN).wallets.into_iter();
    wallets
        .find(|wallet| wallet.kind == WalletKind::Allowance)
        .unwrap()
}

#[test]
fn the_plan_gives_at_once_and_goes_on_as_ever() {
    let mut store = shop();
    charge(&mut store, ANN, "a", 50).unwrap();
    let before = allowance(&store);
    let receipt = reset(&mut store, ANN, "r").unwrap();
    assert_eq!(
        (receipt.verb, receipt.lines[0].amount),
        (Verb::Reset, 2_000_000)
    );
    let after = allowance(&store);
    assert_eq!(
        (after.balance, after.used, after.spent),
        (5_000_000, 0, 2_000_000)
    );
    assert_eq!(after.next_due_at, before.next_due_at);
    assert_eq!(after.settled_at, before.settled_at);
    assert_eq!(reset(&mut store, ANN, "r").unwrap(), receipt);
    store.now = at(OCTOBER);
    charge(&mut store, ANN, "b", 1).unwrap();
    assert_eq!(allowance(&store).balance, 4_960_000);
    check(&store);
}

#[test]
fn each_verb_does_what_it_does_when_it_is_due() {
    for (verb, balance) in [
        (ResetVerb::SetTo, 5_000_000),
        (ResetVerb::Add, 8_000_000),
        (ResetVerb::AddUpTo(6_000_000), 6_000_000),
        (ResetVerb::RaiseTo, 5_000_000),
        (ResetVerb::ZeroUsage, 5_000_000),
    ] {
        let mut store = shop_with(vec![PlanRevision {
            verb,
            ..plan(1, START, 5_000_000)
        }]);
        charge(&mut store, ANN, "a", 50).unwrap();
        reset(&mut store, ANN, "r").unwrap();
        assert_eq!(allowance(&store).balance, balance, "{verb}");
        check(&store);
    }
}

#[test]
fn a_rolling_plan_forgets_all_its_days() {
    let mut store = shop_with(vec![PlanRevision {
        schedule: Schedule::parse("rolling:7").unwrap(),
        verb: ResetVerb::ZeroUsage,
        ..plan(1, START, 5_000_000)
    }]);
    for day in 0..3 {
        store.now = at(START + day * 86_400_000);
        charge(&mut store, ANN, &format!("{day}"), 25).unwrap();
    }
    assert_eq!(allowance(&store).balance, 2_000_000);
    reset(&mut store, ANN, "r").unwrap();
    let wallet = allowance(&store);
    assert_eq!((wallet.balance, wallet.used), (5_000_000, 0));
    assert!(wallet.used_by_day.is_empty());
    // What is forgotten does not come back a second time.
    store.now = at(START + 12 * 86_400_000);
    store.run(&SettleDue::of(ANN)).unwrap();
    assert_eq!(allowance(&store).balance, 5_000_000);
    check(&store);
}

#[test]
fn what_was_carried_is_paid() {
    let mut store = shop_with(vec![PlanRevision {
        when_exhausted: WhenExhausted::FinishAndCarry,
        ..plan(1, START, 5_000_000)
    }]);
    charge(&mut store, ANN, "a", 150).unwrap();
    reset(&mut store, ANN, "r").unwrap();
    let wallet = allowance(&store);
    assert_eq!(
        (wallet.balance, wallet.carried, wallet.spent),
        (4_000_000, 0, 6_000_000)
    );
    check(&store);
}

#[test]
fn a_reset_that_changes_nothing_is_on_record() {
    let mut store = shop();
    let receipt = reset(&mut store, ANN, "r").unwrap();
    assert_eq!((receipt.lines.len(), receipt.lines[0].amount), (1, 0));
    assert_eq!(reset(&mut store, ANN, "r").unwrap(), receipt);
}

#[test]
fn what_cannot_be_reset_is_refused() {
    let mut store = shop();
    let unknown = store.run(&ResetAllowance::new(ANN, PlanId(1), "why", "u"));
    assert_eq!(unknown.unwrap_err().code(), Code::UnknownPlan);
    let nobody = reset(&mut store, UserId(1), "n").unwrap_err();
    assert_eq!(nobody.code(), Code::UnknownUser);
    let silent = store.run(&ResetAllowance::new(ANN, MONTHLY, " ", "s"));
    assert_eq!(silent.unwrap_err().code(), Code::EmptyText);
    assert!(store.entries.is_empty());
    reset(&mut store, ANN, "r").unwrap();
    for (command, field) in [
        (ResetAllowance::new(FREE, MONTHLY, "a new job", "r"), "user"),
        (
            ResetAllowance::new(ANN, PlanId(1), "a new job", "r"),
            "plan",
        ),
        (ResetAllowance::new(ANN, MONTHLY, "another", "r"), "reason"),
    ] {
        let error = store.run(&command).unwrap_err();
        assert_eq!(
            (error.code(), error.detail("field")),
            (Code::KeyReused, Some(field))
        );
    }
    let job = charge(&mut store, ANN, "r", 1).unwrap_err();
    assert_eq!(
        (job.code(), job.detail("field")),
        (Code::KeyReused, Some("command"))
    );
    // Whoever is inactive has the wallet back before becoming active again.
    assert!(reset(&mut store, GONE, "gone").is_ok());
}
