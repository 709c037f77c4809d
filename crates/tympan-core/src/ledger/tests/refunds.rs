//! What jobs took is given back: whole, in part, or the job never happened.

use super::*;
use crate::records::Refunded;

fn refund(store: &mut TestStore, job: &str, key: &str) -> Result<Receipt, Error> {
    store.run(&Refund::new(job, "smeared", key))
}

fn part(store: &mut TestStore, job: &str, key: &str, micros: i64) -> Result<Receipt, Error> {
    store.run(&Refund::new(job, "smeared", key).part(EUR, micros))
}

fn void(store: &mut TestStore, job: &str, key: &str) -> Result<Receipt, Error> {
    store.run(&Void::new(job, "never printed", key))
}

/// What each line gives back, to which kind of wallet, in order.
fn given(receipt: &Receipt) -> Vec<(WalletKind, i64)> {
    let lines = receipt.lines.iter();
    lines.map(|line| (line.kind, line.amount)).collect()
}

fn wallet(store: &TestStore, kind: WalletKind) -> Wallet {
    let wallets = wallets(store, ANN).wallets;
    wallets
        .into_iter()
        .find(|wallet| wallet.kind == kind)
        .unwrap()
}

use WalletKind::{Allowance, OwnFunds};

/// 5.00 of the allowance and 1.00 of own funds were taken, of 5.00 and 3.00.
fn mixed() -> TestStore {
    let mut store = shop();
    own_funds(&mut store, ANN, "top-up", 3_000_000).unwrap();
    charge(&mut store, ANN, "job", 150).unwrap();
    store
}

#[test]
fn what_was_taken_last_goes_back_first() {
    let mut store = mixed();
    let first = part(&mut store, "job", "r1", 400_000).unwrap();
    assert_eq!(
        (first.verb, given(&first)),
        (Verb::Refund, vec![(OwnFunds, 400_000)])
    );
    let second = part(&mut store, "job", "r2", 1_000_000).unwrap();
    assert_eq!(
        given(&second),
        [(OwnFunds, 600_000), (Allowance, 400_000)],
        "across wallets"
    );
    let rest = refund(&mut store, "job", "r3").unwrap();
    assert_eq!(given(&rest), [(Allowance, 4_600_000)]);
    assert_eq!(balance(&store, ANN, OwnFunds), Some(3_000_000));
    assert_eq!(balance(&store, ANN, Allowance), Some(5_000_000));
    // What a refund gives back is no longer used, but was spent.
    let allowance = wallet(&store, Allowance);
    assert_eq!((allowance.used, allowance.spent), (0, 5_000_000));
    check(&store);
}

#[test]
fn every_line_of_a_receipt_tells_why() {
    let mut store = mixed();
    let receipt = part(&mut store, "job", "r1", 1_400_000).unwrap();
    let last = EntryId(receipt.entry.0 + 1);
    let lines = |entry: &&Arc<crate::records::Entry>| (receipt.entry..=last).contains(&entry.id);
    let told: Vec<_> = store.entries.iter().filter(lines).collect();
    let [first, second] = told.as_slice() else {
        panic!("{told:?}")
    };
    assert_eq!((first.kind, second.kind), (OwnFunds, Allowance));
    assert!(first.text_digest.is_some());
    assert_eq!(first.text_digest, second.text_digest);
}

#[test]
fn each_line_names_what_it_gives_back_and_a_record_says_how_much_came_back() {
    let mut store = mixed();
    let job = charge(&mut store, ANN, "job", 150).unwrap();
    let receipt = part(&mut store, "job", "r1", 1_400_000).unwrap();
    let own = EntryId(job.entry.0 + 1);
    let named: Vec<_> = receipt.lines.iter().map(|line| line.refunds).collect();
    assert_eq!(named, [Some(own), Some(job.entry)]);
    let record = |entry| match store.records.get(&Key::Refunded(TENANT, entry)) {
        Some(Record::Refunded(refunded)) => Refunded::clone(refunded),
        other => panic!("{other:?}"),
    };
    assert_eq!(
        (record(own).amount, record(job.entry).amount),
        (1_000_000, 400_000)
    );
}

#[test]
fn no_more_comes_back_than_was_taken() {
    let mut store = mixed();
    for (micros, left) in [(6_000_001, 6_000_000), (i64::MAX, 6_000_000)] {
        let refused = part(&mut store, "job", "r", micros).unwrap_err();
        assert_eq!(refused.code(), Code::RefundBeyondPaid);
        assert_eq!(refused.detail("left"), Some(left.to_string().as_str()));
    }
    part(&mut store, "job", "r1", 6_000_000).unwrap();
    for again in [
        part(&mut store, "job", "r2", 1),
        refund(&mut store, "job", "r3"),
    ] {
        let refused = again.unwrap_err();
        assert_eq!(
            (refused.code(), refused.detail("left")),
            (Code::RefundBeyondPaid, Some("0"))
        );
    }
    let pages = Refund::new("job", "smeared", "r4").part(Measure::TotalPages, 1);
    assert_eq!(
        store.run(&pages).unwrap_err().code(),
        Code::RefundBeyondPaid
    );
    for micros in [0, -1, i64::MIN] {
        let refused = part(&mut store, "job", "r5", micros).unwrap_err();
        assert_eq!(refused.code(), Code::AmountNotPositive);
    }
}

#[test]
fn a_refund_is_made_once_and_its_key_says_which() {
    let mut store = mixed();
    charge(&mut store, ANN, "other", 1).unwrap();
    let receipt = part(&mut store, "job", "r", 400_000).unwrap();
    assert_eq!(part(&mut store, "job", "r", 400_000).unwrap(), receipt);
    let asked = |job: &str| Refund::new(job, "smeared", "r");
    for (other, field) in [
        (asked("other").part(EUR, 400_000), "job"),
        (asked("nothing").part(EUR, 400_000), "job"),
        (asked("job").part(EUR, 400_001), "amount"),
        (asked("job").part(Measure::Sheets, 400_000), "measure"),
        (asked("job"), "part"),
        (Refund::new("job", "torn", "r").part(EUR, 400_000), "reason"),
    ] {
        let refused = store.run(&other).unwrap_err();
        assert_eq!(
            (refused.code(), refused.detail("field")),
            (Code::KeyReused, Some(field))
        );
    }
    let command = void(&mut store, "job", "r").unwrap_err();
    assert_eq!(command.detail("field"), Some("command"));
    let job_key = refund(&mut store, "job", "job").unwrap_err();
    assert_eq!(job_key.detail("field"), Some("command"));
}

#[test]
fn a_voided_job_was_neither_spent_nor_used() {
    let mut store = mixed();
    charge(&mut store, ANN, "small", 0).unwrap();
    part(&mut store, "job", "r", 1_500_000).unwrap();
    let receipt = void(&mut store, "job", "v").unwrap();
    assert_eq!(receipt.verb, Verb::Void);
    assert_eq!(given(&receipt), [(OwnFunds, 0), (Allowance, 4_500_000)]);
    for kind in [OwnFunds, Allowance] {
        let wallet = wallet(&store, kind);
        assert_eq!((wallet.spent, wallet.used), (0, 0), "{kind:?}");
    }
    assert_eq!(void(&mut store, "job", "v").unwrap(), receipt);
    let refused = [
        void(&mut store, "job", "v2"),
        refund(&mut store, "job", "r2"),
        part(&mut store, "job", "r3", 1),
    ];
    for refused in refused {
        assert_eq!(refused.unwrap_err().code(), Code::JobVoided);
    }
    // A job that took nothing was charged all the same.
    assert_eq!(
        refund(&mut store, "small", "r4")
            .unwrap_err()
            .detail("left"),
        Some("0")
    );
    assert_eq!(given(&void(&mut store, "small", "v3").unwrap()).len(), 1);
    assert_eq!(
        void(&mut store, "small", "v4").unwrap_err().code(),
        Code::JobVoided
    );
    check(&store);
}

#[test]
fn a_debt_is_wiped_before_anything_is_given() {
    let mut store = shop();
    let id = hold(&mut store, "h", 100, 60_000).unwrap().hold.unwrap();
    settle(&mut store, id, "s", 150, Extra::TakeAndOwe).unwrap();
    assert_eq!(balance(&store, ANN, Allowance), Some(-1_000_000));
    // By the key of the hold, of the settlement, and again of the hold.
    let first = part(&mut store, "h", "r1", 700_000).unwrap();
    assert_eq!(
        (first.lines[0].debt, first.lines[0].balance_after),
        (-700_000, -300_000)
    );
    let second = part(&mut store, "s", "r2", 500_000).unwrap();
    assert_eq!(
        (second.lines[0].debt, second.lines[0].balance_after),
        (-300_000, 200_000)
    );
    let rest = void(&mut store, "h", "v").unwrap();
    assert_eq!(
        (rest.lines[0].debt, rest.lines[0].balance_after),
        (0, 5_000_000)
    );
}

#[test]
fn a_refund_goes_to_the_wallet_it_came_from_whatever_happened_since() {
    // The plan gave since, ended, the user is another's or gone.
    let mut store = shop();
    charge(&mut store, ANN, "job", 50).unwrap();
    store.now = at(OCTOBER);
    charge(&mut store, ANN, "later", 25).unwrap();
    let refunded = refund(&mut store, "job", "r").unwrap();
    assert_eq!(refunded.lines[0].balance_after, 6_000_000);
    assert_eq!(
        wallet(&store, Allowance).used,
        1_000_000,
        "the old job counts no more anyway"
    );
    void(&mut store, "later", "v").unwrap();
    assert_eq!(wallet(&store, Allowance).used, 0);
    check(&store);

    let mut store = shop();
    charge(&mut store, ANN, "job", 50).unwrap();
    let mut config = store.config().unwrap().clone();
    let mut ended = plan(2, START + 1, 5_000_000);
    ended.ended = true;
    config.plans.get_mut(&STAFF.into()).unwrap().push(ended);
    store.put(Key::Config(TENANT), Record::Config(Arc::new(config)));
    let Some(Record::User(user)) = store.records.get(&Key::User(TENANT, ANN)) else {
        panic!("no user");
    };
    let gone = User {
        active: false,
        ..User::clone(user)
    };
    store.put(Key::User(TENANT, ANN), Record::User(Arc::new(gone)));
    store.now = at(START + 60_000);
    let refunded = refund(&mut store, "job", "r").unwrap();
    assert_eq!(
        (refunded.lines[0].kind, refunded.lines[0].balance_after),
        (Allowance, 5_000_000)
    );
    check(&store);
}

#[test]
fn days_that_are_looked_back_on_lose_their_newest_first() {
    let mut rolling = plan(1, START, 5_000_000);
    rolling.schedule = Schedule::rolling(3).unwrap();
    rolling.verb = ResetVerb::ZeroUsage;
    let mut store = shop_with(vec![rolling]);
    const DAY_MS: i64 = 86_400_000;
    charge(&mut store, ANN, "first", 10).unwrap();
    store.now = at(START + DAY_MS);
    charge(&mut store, ANN, "second", 20).unwrap();
    assert_eq!(wallet(&store, Allowance).used, 1_200_000);
    part(&mut store, "first", "r", 200_000).unwrap();
    let after = wallet(&store, Allowance);
    assert_eq!((after.used, after.used_by_day.sum()), (1_000_000, 400_000));
    refund(&mut store, "second", "s").unwrap();
    let after = wallet(&store, Allowance);
    assert_eq!((after.used, after.used_by_day.sum()), (200_000, 200_000));
    // Four days on nothing is looked back on, and all is there.
    store.now = at(START + 4 * DAY_MS);
    charge(&mut store, ANN, "third", 0).unwrap();
    assert_eq!(balance(&store, ANN, Allowance), Some(5_000_000));
    check(&store);
}

#[test]
fn what_took_nothing_is_not_given_back() {
    let mut store = shop();
    assert_eq!(
        refund(&mut store, "nobody's", "r").unwrap_err().code(),
        Code::UnknownJob
    );
    charge(&mut store, ANN, "too much", 1_000).unwrap_err();
    let open = hold(&mut store, "open", 10, 60_000).unwrap().hold.unwrap();
    let cancelled = hold(&mut store, "cancelled", 10, 60_000)
        .unwrap()
        .hold
        .unwrap();
    store.run(&Cancel::new(cancelled, "c")).unwrap();
    for (job, state) in [
        ("too much", "refused"),
        ("open", "open"),
        ("cancelled", "cancelled"),
    ] {
        for refused in [refund(&mut store, job, "r"), void(&mut store, job, "v")] {
            let refused = refused.unwrap_err();
            assert_eq!(
                (refused.code(), refused.detail("state")),
                (Code::JobNotCharged, Some(state))
            );
        }
    }
    store.now = store.now.plus_millis(60_000);
    let expired = refund(&mut store, "open", "r").unwrap_err();
    assert_eq!(expired.detail("state"), Some("expired"));
    // A cancellation, a change by hand and a refund are no jobs.
    own_funds(&mut store, ANN, "top-up", 1).unwrap();
    for key in ["c", "top-up"] {
        assert_eq!(
            refund(&mut store, key, "r").unwrap_err().code(),
            Code::UnknownJob
        );
    }
    settle(&mut store, open, "late", 10, Extra::Deny).unwrap();
    assert_eq!(
        given(&refund(&mut store, "open", "r").unwrap()),
        [(Allowance, 400_000)]
    );
    assert_eq!(
        refund(&mut store, "r", "r5").unwrap_err().code(),
        Code::UnknownJob
    );
    let second = Refund::new(IdempotencyKey::from("too much").attempt(2), "x", "r6");
    assert_eq!(store.run(&second).unwrap_err().code(), Code::UnknownJob);
}

#[test]
fn of_pages_and_money_each_comes_back_by_itself() {
    let mut pages = plan(1, START, 500);
    pages.plan = PlanId(13);
    pages.measure = Measure::TotalPages;
    let mut store = shop_with(vec![plan(1, START, 5_000_000), pages]);
    charge(&mut store, ANN, "job", 50).unwrap();
    let pages = Refund::new("job", "smeared", "r").part(Measure::TotalPages, 20);
    let receipt = store.run(&pages).unwrap();
    assert_eq!(
        (receipt.lines.len(), receipt.lines[0].balance_after),
        (1, 470)
    );
    let rest = refund(&mut store, "job", "s").unwrap();
    let mut amounts: Vec<i64> = rest.lines.iter().map(|line| line.amount).collect();
    amounts.sort_unstable();
    assert_eq!(amounts, [30, 2_000_000]);
}
