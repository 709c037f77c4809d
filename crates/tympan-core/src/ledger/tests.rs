//! The ledger as a whole: lives of charges and holds, and what must hold whatever happens.

mod content;
mod kept;
mod measures;

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;
use tympan_vault::ChainHash;

use super::*;
use crate::error::{Code, Error};
use crate::ids::{HoldId, PlanId, PriceListId, ProfileId, TenantId, UserId};
use crate::measure::{Currency, Measure};
use crate::queries::fold_user;
use crate::records::{
    Config, HoldState, PlanRevision, PriceList, PriceRule, Profile, ResetVerb, Schedule, Tenant,
    User, Verb, Wallet, WalletKind, Wallets, WhenExhausted,
};
use crate::testing::TestStore;
use crate::time::{TimeZoneName, Timestamp};
use crate::view::{Key, Record};

const TENANT: TenantId = TestStore::TENANT;
const STAFF: ProfileId = ProfileId(11);
const MONTHLY: PlanId = PlanId(12);
const ANN: UserId = UserId(21);
const FREE: UserId = UserId(22);
const GONE: UserId = UserId(23);
const EUR: Measure = Measure::Cost(Currency::EUR);
/// 2026-09-01T12:00Z.
const START: i64 = 1_788_264_000_000;
/// 2026-10-01T00:00 in Berlin.
const OCTOBER: i64 = 1_790_805_600_000;

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

fn plan(revision: i32, from: i64, amount: i64) -> PlanRevision {
    PlanRevision {
        tenant: TENANT,
        plan: MONTHLY,
        revision,
        profile: STAFF,
        effective_from: at(from),
        priority: 0,
        measure: EUR,
        amount,
        schedule: Schedule::Monthly,
        time_zone: TimeZoneName::parse("Europe/Berlin").unwrap(),
        verb: ResetVerb::SetTo,
        when_exhausted: WhenExhausted::Refuse,
        overdraft: 0,
        ended: false,
    }
}

fn shop_with(plans: Vec<PlanRevision>) -> TestStore {
    let mut store = TestStore::new();
    store.now = at(START);
    let mut config = Config::empty(Tenant {
        id: TENANT,
        name: "Shop".into(),
        version: 1,
        default_profile: STAFF,
        currency: Currency::EUR,
        card_pipeline: String::new(),
        pin_length: 6,
        pin_alphabet: "numeric".into(),
        pin_floor: "usual".into(),
        time_zone_database: "test".into(),
        created_at: at(START),
    });
    let list = PriceListId(31);
    config.profiles.insert(
        STAFF,
        Profile {
            tenant: TENANT,
            id: STAFF,
            name: "Staff".into(),
            version: 1,
            retired: false,
            price_list: Some(list),
            created_at: at(START),
        },
    );
    config.plans.insert(STAFF, plans);
    config.price_lists.insert(
        list,
        PriceList {
            tenant: TENANT,
            id: list,
            name: "House".into(),
            version: 1,
            retired: false,
            currency: Currency::EUR,
            created_at: at(START),
        },
    );
    config.price_rules.insert(
        list,
        vec![PriceRule {
            tenant: TENANT,
            price_list: list,
            revision: 1,
            place: 0,
            effective_from: at(START),
            queue: None,
            mono_page_micros: 40_000,
            colour_page_micros: 150_000,
            job_micros: 0,
            two_sided_numerator: 3,
            two_sided_denominator: 4,
        }],
    );
    store.put(Key::Config(TENANT), Record::Config(Arc::new(config)));
    for (id, restricted, active) in [(ANN, true, true), (FREE, false, true), (GONE, true, false)] {
        let mut user = User {
            tenant: TENANT,
            id,
            version: 1,
            name: format!("User {}", id.0),
            username: None,
            network_name: None,
            network_domain: None,
            email: None,
            active,
            production: false,
            restricted,
            account_code: None,
            department: None,
            office: None,
            home: None,
            notes: None,
            profile: STAFF,
            profile_since: at(START),
            role: None,
            created_at: at(START),
            updated_at: at(START),
            name_folded: String::new(),
            username_folded: None,
            network_name_folded: None,
            email_folded: None,
            account_code_folded: None,
        };
        fold_user(&mut user);
        store.put(Key::User(TENANT, id), Record::User(Arc::new(user)));
    }
    store
}

/// 5.00 a month, 0.04 a page.
fn shop() -> TestStore {
    shop_with(vec![plan(1, START, 5_000_000)])
}

fn wallets(store: &TestStore, user: UserId) -> Wallets {
    match store.records.get(&Key::Wallets(TENANT, user.0)) {
        Some(Record::Wallets(wallets)) => (**wallets).clone(),
        _ => Wallets::default(),
    }
}

fn balance(store: &TestStore, user: UserId, kind: WalletKind) -> Option<i64> {
    wallets(store, user)
        .wallets
        .iter()
        .find(|wallet| wallet.kind == kind)
        .map(|wallet| wallet.balance)
}

fn charge(store: &mut TestStore, user: UserId, key: &str, pages: i64) -> Result<Receipt, Error> {
    store.run(&Charge::new(user, key, Usage::pages(pages)))
}

fn own_funds(
    store: &mut TestStore,
    user: UserId,
    key: &str,
    micros: i64,
) -> Result<Receipt, Error> {
    store.run(&SetBalance {
        user: user.into(),
        wallet: WalletName::OwnFunds(Currency::EUR),
        balance: micros,
        reason: "top-up".into(),
        key: key.into(),
        may_owe: false,
    })
}

fn hold(store: &mut TestStore, key: &str, pages: i64, ms: i64) -> Result<Receipt, Error> {
    let job = Charge::new(ANN, key, Usage::pages(pages));
    store.run(&Authorise {
        job,
        expires_in_ms: Some(ms),
    })
}

fn settle(
    store: &mut TestStore,
    hold: HoldId,
    key: &str,
    pages: i64,
    extra: Extra,
) -> Result<Receipt, Error> {
    store.run(&Settle {
        hold,
        key: key.into(),
        usage: Usage::pages(pages),
        queue: None,
        cost: None,
        extra,
    })
}

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
            "sheets",
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
fn a_schedule_runs_at_its_instants_whoever_comes_when() {
    let mut store = shop();
    charge(&mut store, ANN, "a", 100).unwrap();
    store.now = at(OCTOBER - 1);
    charge(&mut store, ANN, "b", 25).unwrap();
    assert_eq!(balance(&store, ANN, WalletKind::Allowance), Some(0));
    store.now = at(OCTOBER);
    charge(&mut store, ANN, "c", 25).unwrap();
    assert_eq!(balance(&store, ANN, WalletKind::Allowance), Some(4_000_000));
    let resets: Vec<_> = store
        .entries
        .iter()
        .filter(|entry| entry.verb == Verb::Reset)
        .collect();
    assert_eq!((resets.len(), resets[0].due_at), (1, Some(at(OCTOBER))));
    // A year without a job: one instant changes the balance, the others change nothing.
    store.now = at(OCTOBER + 365 * 86_400_000);
    charge(&mut store, ANN, "d", 0).unwrap();
    let resets = store
        .entries
        .iter()
        .filter(|entry| entry.verb == Verb::Reset);
    assert_eq!(resets.count(), 2);
}

#[test]
fn each_instant_is_decided_by_the_revision_in_force_then() {
    let revisions = vec![
        plan(1, START, 5_000_000),
        plan(2, OCTOBER, 6_000_000),
        plan(3, OCTOBER + 1, 7_000_000),
    ];
    let mut store = shop_with(revisions);
    charge(&mut store, ANN, "a", 1).unwrap();
    store.now = at(OCTOBER + 10);
    charge(&mut store, ANN, "b", 0).unwrap();
    assert_eq!(balance(&store, ANN, WalletKind::Allowance), Some(6_000_000));
    store.now = at(OCTOBER + 40 * 86_400_000);
    charge(&mut store, ANN, "c", 0).unwrap();
    assert_eq!(balance(&store, ANN, WalletKind::Allowance), Some(7_000_000));
}

#[test]
fn holds_are_settled_cancelled_or_given_back() {
    let mut store = shop();
    let first = hold(&mut store, "h1", 100, 60_000).unwrap().hold.unwrap();
    assert!(
        charge(&mut store, ANN, "x", 26).is_err(),
        "what is held is not available"
    );
    let receipt = settle(&mut store, first, "s1", 60, Extra::Deny).unwrap();
    assert_eq!(
        (receipt.verb, receipt.lines[0].denied, receipt.late),
        (Verb::Settle, 0, false)
    );
    assert_eq!(balance(&store, ANN, WalletKind::Allowance), Some(2_600_000));
    let again = settle(&mut store, first, "s2", 60, Extra::Deny).unwrap_err();
    assert_eq!(
        (again.code(), again.detail("state")),
        (Code::HoldResolved, Some("settled"))
    );
    assert_eq!(
        settle(&mut store, first, "s1", 60, Extra::Deny).unwrap(),
        receipt
    );

    let second = hold(&mut store, "h2", 10, 60_000).unwrap().hold.unwrap();
    store
        .run(&Cancel {
            hold: second,
            key: "c2".into(),
        })
        .unwrap();
    assert_eq!(wallets(&store, ANN).wallets[0].held, 0);

    let third = hold(&mut store, "h3", 10, 60_000).unwrap().hold.unwrap();
    store.now = store.now.plus_millis(60_000);
    charge(&mut store, ANN, "y", 65).unwrap();
    let late = settle(&mut store, third, "s3", 10, Extra::TakeAndOwe).unwrap();
    assert_eq!(
        (late.verb, late.late, late.lines[0].debt),
        (Verb::Charge, true, 400_000)
    );
    let unknown = settle(&mut store, HoldId(1), "s4", 1, Extra::Deny).unwrap_err();
    assert_eq!(unknown.code(), Code::UnknownHold);
}

#[test]
fn a_hold_of_nothing_is_cancelled_like_any_other() {
    let mut store = shop();
    let id = hold(&mut store, "h", 0, 60_000).unwrap().hold.unwrap();
    let cancel = |key: &str| Cancel {
        hold: id,
        key: key.into(),
    };
    let receipt = store.run(&cancel("c")).unwrap();
    assert_eq!((receipt.verb, receipt.hold), (Verb::Cancel, Some(id)));
    assert_eq!(store.run(&cancel("c")).unwrap(), receipt);
    let again = store.run(&cancel("d")).unwrap_err();
    assert_eq!(again.detail("state"), Some("cancelled"));
}

#[test]
fn a_job_that_is_settled_late_is_settled_once() {
    for pages in [0, 10] {
        let mut store = shop();
        let id = hold(&mut store, "h", pages, 60_000).unwrap().hold.unwrap();
        store.now = store.now.plus_millis(60_000);
        let late = settle(&mut store, id, "s", 10, Extra::TakeAvailable).unwrap();
        assert!(late.late);
        let again = settle(&mut store, id, "t", 10, Extra::TakeAvailable).unwrap_err();
        assert_eq!(
            (again.code(), again.detail("state")),
            (Code::HoldResolved, Some("settled"))
        );
        let same = settle(&mut store, id, "s", 10, Extra::TakeAvailable).unwrap();
        assert_eq!(same, late, "the same key gets its receipt");
        assert_eq!(balance(&store, ANN, WalletKind::Allowance), Some(4_600_000));
    }
}

#[test]
fn a_settlement_beyond_the_hold_follows_its_mode() {
    for (extra, denied, debt, left) in [
        (Extra::Deny, 4_000_000, 0, 4_000_000),
        (Extra::TakeAvailable, 0, 0, 0),
        (Extra::TakeAndOwe, 0, 0, 0),
    ] {
        let mut store = shop();
        let id = hold(&mut store, "h", 25, 60_000).unwrap().hold.unwrap();
        let receipt = settle(&mut store, id, "s", 125, extra).unwrap();
        let line = &receipt.lines[0];
        assert_eq!((line.denied, line.debt), (denied, debt), "{extra:?}");
        assert_eq!(
            balance(&store, ANN, WalletKind::Allowance),
            Some(left),
            "{extra:?}"
        );
    }
    for (extra, denied, debt, left) in [
        (Extra::TakeAvailable, 1_000_000, 0, 0),
        (Extra::TakeAndOwe, 0, 1_000_000, -1_000_000),
    ] {
        let mut store = shop();
        let id = hold(&mut store, "h", 25, 60_000).unwrap().hold.unwrap();
        let receipt = settle(&mut store, id, "s", 150, extra).unwrap();
        let line = &receipt.lines[0];
        assert_eq!((line.denied, line.debt), (denied, debt), "{extra:?}");
        assert_eq!(
            balance(&store, ANN, WalletKind::Allowance),
            Some(left),
            "{extra:?}"
        );
    }
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
fn time_on_a_wallet_never_goes_back() {
    let mut store = shop();
    charge(&mut store, ANN, "a", 1).unwrap();
    store.now = at(START - 1_000_000);
    let receipt = charge(&mut store, ANN, "b", 1).unwrap();
    assert_eq!(receipt.at, at(START));
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

#[test]
fn nothing_is_fed_before_the_profile_feeds_whatever_the_clock_says() {
    let mut store = shop();
    let since = at(OCTOBER - 1);
    let key = Key::User(TENANT, ANN);
    if let Some(Record::User(user)) = store.records.get_mut(&key) {
        Arc::make_mut(user).profile_since = since;
    }
    let refusal = charge(&mut store, ANN, "a", 126).unwrap_err();
    assert_eq!(
        refusal.detail("next_reset_at"),
        Some(OCTOBER.to_string().as_str())
    );
    let times: Vec<_> = store.entries.iter().map(|entry| entry.at).collect();
    assert_eq!(times, [since, since]);
}

#[test]
fn the_end_of_time_ends_every_schedule() {
    let mut store = shop();
    charge(&mut store, ANN, "a", 1).unwrap();
    store.now = Timestamp::LATEST;
    let refusal = charge(&mut store, ANN, "b", 1_000).unwrap_err();
    assert_eq!(refusal.code(), Code::AllowanceExhausted);
    assert_eq!(refusal.detail("next_reset_at"), None);
    charge(&mut store, ANN, "c", 1).unwrap();
    assert_eq!(balance(&store, ANN, WalletKind::Allowance), Some(4_960_000));
}

/// Every rule that must hold whatever happened.
fn check(store: &TestStore) {
    let mut sums: BTreeMap<_, (i64, i64, [u8; 32])> = BTreeMap::new();
    for entry in &store.entries {
        let sum = sums
            .entry(entry.wallet())
            .or_insert((0, 0, *ChainHash::ZERO.as_bytes()));
        sum.0 += entry.amount;
        sum.1 += entry.held;
        assert_eq!((entry.balance_after, entry.held_after), (sum.0, sum.1));
        assert_eq!(entry.chain, entry_chain(&store.keys.chain, &sum.2, entry));
        sum.2 = entry.chain;
    }
    for user in [ANN, FREE] {
        let all = wallets(store, user);
        for wallet in &all.wallets {
            let (balance, held, chain) = sums.remove(&wallet.key()).unwrap();
            assert_eq!(
                (wallet.balance, wallet.held, wallet.chain),
                (balance, held, chain)
            );
            let open: i64 = all
                .hold_parts
                .iter()
                .filter(|part| part.wallet() == wallet.key())
                .map(|part| part.amount)
                .sum();
            assert_eq!(wallet.held, open);
            limits(store, wallet);
        }
        for part in &all.hold_parts {
            let hold = match store.records.get(&Key::Hold(TENANT, part.hold)) {
                Some(Record::Hold(hold)) => hold,
                other => panic!("{other:?}"),
            };
            assert_eq!(hold.state, HoldState::Open);
        }
    }
    assert!(sums.is_empty());
}

/// No restricted wallet below its limit but by a recorded debt.
fn limits(store: &TestStore, wallet: &Wallet) {
    let owed: i64 = store
        .entries
        .iter()
        .filter(|entry| entry.wallet() == wallet.key())
        .filter_map(|entry| entry.debt)
        .sum();
    if wallet.owner == ANN.0 {
        assert!(wallet.balance - wallet.held >= -owed, "{wallet:?} {owed}");
    }
}

#[derive(Clone, Debug)]
enum Step {
    Charge(bool, u8, i64),
    Hold(u8, i64, i64),
    Settle(u8, u8, i64, u8),
    Cancel(u8, u8),
    Set(bool, u8, i64),
    Pass(i64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        (any::<bool>(), any::<u8>(), 0..80_i64)
            .prop_map(|(who, key, pages)| Step::Charge(who, key, pages)),
        (any::<u8>(), 0..80_i64, 1..10_000_000_i64)
            .prop_map(|(key, pages, ms)| Step::Hold(key, pages, ms)),
        (any::<u8>(), any::<u8>(), 0..120_i64, 0..3_u8)
            .prop_map(|(key, hold, pages, extra)| Step::Settle(key, hold, pages, extra)),
        (any::<u8>(), any::<u8>()).prop_map(|(key, hold)| Step::Cancel(key, hold)),
        (any::<bool>(), any::<u8>(), -3_000_000..9_000_000_i64)
            .prop_map(|(who, key, micros)| Step::Set(who, key, micros)),
        (-1_000_000..2_000_000_000_i64).prop_map(Step::Pass),
    ];
    prop::collection::vec(step, 1..60)
}

proptest! {
    #[test]
    fn whatever_happens_the_books_balance_and_a_repeat_changes_nothing(steps in steps()) {
        let mut store = shop();
        let mut holds: Vec<HoldId> = Vec::new();
        for step in steps {
            let answers: Vec<Result<Receipt, Error>> = (0..2).map(|_| match &step {
                Step::Charge(who, key, pages) => {
                    charge(&mut store, if *who { ANN } else { FREE }, &format!("c{key}"), *pages)
                }
                Step::Hold(key, pages, ms) => hold(&mut store, &format!("h{key}"), *pages, *ms),
                Step::Settle(key, index, pages, extra) => {
                    let id = holds.get(usize::from(*index) % holds.len().max(1)).copied().unwrap_or(HoldId(1));
                    settle(&mut store, id, &format!("s{key}"), *pages, Extra::ALL[usize::from(*extra)])
                }
                Step::Cancel(key, index) => {
                    let id = holds.get(usize::from(*index) % holds.len().max(1)).copied().unwrap_or(HoldId(1));
                    store.run(&Cancel::new(id, format!("x{key}")))
                }
                Step::Set(who, key, micros) => {
                    own_funds(&mut store, if *who { ANN } else { FREE }, &format!("f{key}"), *micros)
                }
                Step::Pass(ms) => {
                    store.now = store.now.plus_millis(*ms);
                    Err(Error::of(Code::Internal))
                }
            }).collect();
            if !matches!(step, Step::Pass(_)) {
                prop_assert_eq!(&answers[0], &answers[1]);
            }
            if let (Step::Hold(..), Ok(receipt)) = (&step, &answers[0]) {
                holds.extend(receipt.hold);
            }
            check(&store);
        }
    }
}
